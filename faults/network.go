package faults

import (
	"cmp"
	"errors"
	"slices"

	"simrun/node"
	"simrun/sim/stream"
)

// networkKinds returns the part of the table that holds the kinds of faults that happen to messages, as far as they are not in kinds.go.
func networkKinds() (t [NumKinds]kindInfo) {
	t[Redeliver] = kindInfo{
		name: "redeliver", doc: "delivers a share of the messages on some links once more, much later", uses: usesLinks | usesRate | usesDelay,
		check: func(f *Fault) error { return cmp.Or(checkRate(f), checkDelay(f)) },
		begin: func(_ *Injector, t Target, id int, f *Fault) {
			t.AddRule(id, Rule{From: f.From, To: f.To, Again: f.Rate, AgainMin: f.Delay})
		},
		end: liftRules,
		draw: func(s *stream.Stream, sh *Shape) Fault {
			f := drawLinks(s, sh)
			f.Rate = pick[uint32](s, 5_000, 20_000, 100_000)
			f.Delay = max(sh.Horizon/pick[Span](s, 3, 10, 30), tick)
			return f
		},
		count: [2]int{1, 2}, long: 1_000_000,
	}
	t[Corrupt] = kindInfo{
		name: "corrupt", doc: "damages the bytes of a share of the messages on some links, so that their checksum does not match",
		uses:  usesLinks | usesRate,
		check: checkRate,
		begin: func(_ *Injector, t Target, id int, f *Fault) {
			t.AddRule(id, Rule{From: f.From, To: f.To, Corrupt: f.Rate})
		},
		end: liftRules,
		draw: func(s *stream.Stream, sh *Shape) Fault {
			f := drawLinks(s, sh)
			f.Rate = pick[uint32](s, 5_000, 50_000, 200_000)
			return f
		},
		count: [2]int{1, 2}, long: 500_000,
	}
	t[Throttle] = kindInfo{
		name: "throttle", doc: "limits the bandwidth of some links, and the bytes that may wait for them", uses: usesLinks | usesBandwidth,
		check: func(f *Fault) error {
			if f.Bandwidth == 0 {
				return errors.New(`it needs a "bandwidth" in bytes a second`)
			}
			return nil
		},
		begin: func(_ *Injector, t Target, id int, f *Fault) {
			t.AddRule(id, Rule{From: f.From, To: f.To, Bandwidth: f.Bandwidth, Backlog: f.Backlog})
		},
		end: liftRules,
		draw: func(s *stream.Stream, sh *Shape) Fault {
			f := drawLinks(s, sh)
			f.Bandwidth = pick[uint64](s, 2_000, 20_000, 200_000)
			f.Backlog = pick[uint64](s, 100, 500, 2_000)
			return f
		},
		count: [2]int{1, 2}, long: 300_000,
	}
	t[Flap] = kindInfo{
		name: "flap", doc: "blocks some links for a share of every period", uses: usesLinks | usesRate | usesPeriod,
		check: func(f *Fault) error {
			if f.Period == 0 {
				return errors.New(`it needs a "period"`)
			}
			return checkRate(f)
		},
		begin: func(_ *Injector, t Target, id int, f *Fault) {
			down := max(Span(share(f.Period, uint64(f.Rate))), 1)
			t.AddRule(id, Rule{From: f.From, To: f.To, Block: true, Period: f.Period, Down: down})
		},
		end: liftRules,
		draw: func(s *stream.Stream, sh *Shape) Fault {
			f := drawLinks(s, sh)
			f.Rate = pick[uint32](s, 100_000, 300_000, 500_000, 800_000)
			f.Period = round(sh.LatencyMean * pick[Span](s, 4, 20, 100))
			return f
		},
		count: [2]int{1, 2}, long: 400_000,
	}
	t[DropNth] = kindInfo{
		name: "drop-nth", doc: "loses one message on some links, by its number", uses: usesLinks | usesNth,
		check: func(f *Fault) error {
			if f.Nth == 0 {
				return errors.New(`it needs "nth": which message to lose, from 1`)
			}
			return nil
		},
		begin: func(_ *Injector, t Target, id int, f *Fault) {
			t.AddRule(id, Rule{From: f.From, To: f.To, Nth: f.Nth, Message: f.Message})
		},
		end: liftRules,
		draw: func(s *stream.Stream, sh *Shape) Fault {
			f := drawLinks(s, sh)
			f.Nth = pick[uint64](s, 1, 1, 1, 2, 3, 10)
			if sh.Messages > 0 && s.Chance(700_000) {
				f.Message = uint8(s.Int(1, int(sh.Messages)))
			}
			return f
		},
		count: [2]int{2, 6}, long: 400_000,
	}
	t[Burst] = kindInfo{
		name: "burst", doc: "holds back everything on some links, and lets it arrive all at once when it ends", uses: usesLinks,
		check: func(*Fault) error { return nil },
		begin: func(_ *Injector, t Target, id int, f *Fault) {
			t.AddRule(id, Rule{From: f.From, To: f.To, HoldBack: true})
		},
		end:   liftRules,
		draw:  func(s *stream.Stream, sh *Shape) Fault { return drawLinks(s, sh) },
		count: [2]int{1, 3}, long: 150_000,
	}
	t[FarNode] = kindInfo{
		name: "far-node", doc: "makes everything from and to some replicas take longer", uses: usesNodes | usesRole | usesDelay,
		check: func(f *Fault) error { return cmp.Or(checkNodes(f), checkDelay(f)) },
		begin: func(j *Injector, t Target, id int, f *Fault) {
			them := ids(j.victims[id])
			if len(them) == 0 {
				return // a rule would take that for everybody
			}
			t.AddRule(id, Rule{From: them, Delay: f.Delay})
			t.AddRule(id, Rule{To: them, Delay: f.Delay})
		},
		end: liftRules,
		draw: func(s *stream.Stream, sh *Shape) Fault {
			f := drawVictim(s, sh)
			f.Delay = sh.LatencyMean * pick[Span](s, 2, 20, 100)
			return f
		},
		count: [2]int{1, 2}, long: 400_000,
	}
	t[Isolate] = cutOff("isolate", "blocks everything between some replicas and others", true, true)
	t[Mute] = cutOff("mute", "blocks everything from some replicas to others, and nothing the other way", true, false)
	t[Deaf] = cutOff("deaf", "blocks everything to some replicas from others, and nothing the other way", false, true)
	t[Ring] = kindInfo{
		name: "ring", doc: "lets each of some replicas talk only to its neighbours in a ring, a majority with it, and no two to the same",
		uses: usesNodes,
		check: func(f *Fault) error {
			if len(f.Nodes) < ringLeast {
				return errors.New(`it needs at least four "nodes": a majority of three is two neighbours, so nothing would be blocked`)
			}
			return checkNodes(f)
		},
		begin: beginRing,
		end:   liftRules,
		nodes: ringLeast,
		draw:  func(s *stream.Stream, sh *Shape) Fault { return Fault{Nodes: shuffled(s, sh.Nodes)} },
		count: [2]int{1, 3}, long: 250_000,
	}
	t[Swizzle] = kindInfo{
		name: "swizzle", doc: "cuts off some replicas one after the other, and lets them back in another order", uses: usesNodes | usesPeriod,
		check: func(f *Fault) error {
			if f.Period == 0 {
				return errors.New(`it needs a "period"`)
			}
			return checkNodes(f)
		},
		begin: beginSwizzle,
		end:   liftRules,
		least: 2,
		draw: func(s *stream.Stream, sh *Shape) Fault {
			f := Fault{Nodes: shuffled(s, sh.Nodes)[:s.Int(1+len(sh.Nodes)/2, len(sh.Nodes))]}
			f.Period = round(sh.LatencyMean * pick[Span](s, 2, 10, 40))
			return f
		},
		count: [2]int{1, 2}, long: 200_000,
	}
	t[Bridge] = kindInfo{
		name: "bridge", doc: "blocks everything between two groups, while a third sees both", uses: usesGroups,
		check: func(f *Fault) error {
			if len(f.Groups) != 3 {
				return errors.New(`it needs three "groups", the bridge between the two others`)
			}
			return kinds[Partition].check(f)
		},
		begin: func(_ *Injector, t Target, id int, f *Fault) {
			t.AddRule(id, Rule{From: f.Groups[0], To: f.Groups[2], Block: true})
			t.AddRule(id, Rule{From: f.Groups[2], To: f.Groups[0], Block: true})
		},
		end:   liftRules,
		nodes: 3,
		draw: func(s *stream.Stream, sh *Shape) Fault {
			order := shuffled(s, sh.Nodes)
			half := (len(order) - 1) / 2
			groups := [][]node.Addr{ids(order[1 : 1+half]), ids(order[:1]), ids(order[1+half:])}
			slices.Sort(groups[0])
			slices.Sort(groups[2])
			return Fault{Groups: groups}
		},
		count: [2]int{1, 3}, long: 250_000,
	}
	t[ClientCut] = kindInfo{
		name: "client-cut", doc: "blocks everything between some clients and some replicas, while replicas see one another", uses: usesLinks,
		check: func(f *Fault) error {
			if len(f.From) == 0 || len(f.To) == 0 {
				return errors.New(`it needs "from", the clients, and "to", the replicas`)
			}
			if slices.ContainsFunc(f.From, func(a node.Addr) bool { return !a.IsClient() }) || slices.ContainsFunc(f.To, node.Addr.IsClient) {
				return errors.New(`only clients may be in "from", and only replicas in "to"`)
			}
			return nil
		},
		begin: func(_ *Injector, t Target, id int, f *Fault) {
			t.AddRule(id, Rule{From: f.From, To: f.To, Block: true})
			t.AddRule(id, Rule{From: f.To, To: f.From, Block: true})
		},
		end:     liftRules,
		clients: 1,
		draw: func(s *stream.Stream, sh *Shape) Fault {
			clients := make([]node.ID, sh.Clients)
			for i := range clients {
				clients[i] = node.ID(i + 1)
			}
			var f Fault
			for _, c := range some(s, clients) {
				f.From = append(f.From, node.Client(c).Addr())
			}
			f.To = ids(some(s, sh.Nodes))
			return f
		},
		count: [2]int{1, 3}, long: 250_000,
	}
	return t
}

// cutOff returns the kind that blocks everything from some replicas to others (to), or the other way, or both.
func cutOff(name, doc string, out, in bool) kindInfo {
	return kindInfo{
		name: name, doc: doc, uses: usesNodes | usesRole | usesTo,
		check: func(f *Fault) error {
			if err := checkNodes(f); err != nil {
				return err
			}
			if f.Vain() {
				return errors.New(`"to" names nobody else`)
			}
			return nil
		},
		begin: func(j *Injector, t Target, id int, f *Fault) {
			them := ids(j.victims[id])
			if len(them) == 0 {
				return // a rule would take that for everybody
			}
			if out {
				t.AddRule(id, Rule{From: them, To: f.To, Block: true})
			}
			if in {
				t.AddRule(id, Rule{From: f.To, To: them, Block: true})
			}
		},
		end:   liftRules,
		least: 2,
		draw: func(s *stream.Stream, sh *Shape) Fault {
			f := drawVictim(s, sh)
			if len(sh.Nodes) > 1 && s.Chance(400_000) { // its clients stay with it
				f.To = ids(sh.Nodes)
			}
			return f
		},
		count: [2]int{1, 3}, long: 250_000,
	}
}

// ringLeast is how many replicas a ring must have to block anything.
const ringLeast = 4

// beginRing blocks what goes from a replica to one that is not its neighbour. On either side are half of those that make a
// majority with it, rounded up (the nemesis of Jepsen known as majorities-ring).
func beginRing(_ *Injector, t Target, id int, f *Fault) {
	n := len(f.Nodes)
	reach := (n/2 + 1) / 2
	for i := range f.Nodes {
		var far []node.Addr
		for away := reach + 1; away < n-reach; away++ {
			far = append(far, f.Nodes[(i+away)%n].Addr())
		}
		t.AddRule(id, Rule{From: ids(f.Nodes[i : i+1]), To: far, Block: true})
	}
}

// beginSwizzle cuts replicas off in their order. Those at odd places come back first, so that others than before are together on the
// way back (after the clogging of FoundationDB's simulator that is called swizzled).
func beginSwizzle(_ *Injector, t Target, id int, f *Fault) {
	n := len(f.Nodes)
	for i := range f.Nodes {
		r := Rule{Block: true, After: Span(i) * f.Period}
		if f.For > 0 {
			back := n - 1 - i/2 // how many come back later
			if i%2 == 0 {
				back = n - 1 - n/2 - i/2
			}
			r.Until = max(f.For-Span(back)*f.Period, 1)
		}
		one := ids(f.Nodes[i : i+1])
		r.From, r.To = one, nil
		t.AddRule(id, r)
		r.From, r.To = nil, one
		t.AddRule(id, r)
	}
}

// drawVictim chooses one replica, or half the time a role, with that replica to take its place.
func drawVictim(s *stream.Stream, sh *Shape) Fault {
	f := Fault{Nodes: []node.ID{pick(s, sh.Nodes...)}}
	if s.Chance(500_000) {
		f.Role = pick(s, Leader, Leader, Candidate, Decider)
	}
	return f
}

// some chooses at least one of them, in their order.
func some(s *stream.Stream, all []node.ID) []node.ID {
	chosen := shuffled(s, all)[:s.Int(1, len(all))]
	slices.Sort(chosen)
	return chosen
}
