package faults

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"simrun/sim/stream"
)

// Kind is a kind of fault. In text it is its name.
type Kind uint8

const (
	// Drop loses a share (rate) of the messages on some links (from, to).
	Drop Kind = iota + 1
	// Duplicate delivers a share (rate) of them twice, the second time later by delay on average.
	Duplicate
	// Reorder holds up a share (rate) of them by delay on average, so that later ones overtake them.
	Reorder
	// Slow makes all of them take longer by delay.
	Slow
	// Partition blocks everything between addresses in different groups. Addresses in no group are not affected.
	Partition
	// OneWay blocks everything on some links (from, to), and nothing the other way.
	OneWay
	// Crash stops the replicas in nodes, or the one with the role.
	Crash

	// The kinds below are in network.go.

	// Redeliver delivers a share (rate) of the messages on some links (from, to) once more, later by delay at least.
	Redeliver
	// Corrupt damages the bytes of a share (rate) of them, so that their checksum does not match.
	Corrupt
	// Throttle limits those links to bandwidth, with a queue of backlog, if that is set.
	Throttle
	// Flap blocks those links for a share (rate) of every period, at its beginning.
	Flap
	// DropNth loses the nth message on those links, or the nth of one kind (message).
	DropNth
	// Burst holds back everything on those links, and lets it arrive all at once when it ends.
	Burst
	// FarNode makes everything from and to the replicas in nodes, or the one with the role, take longer by delay.
	FarNode
	// Isolate blocks everything between them and others (to).
	Isolate
	// Mute blocks everything from them to others (to), and nothing the other way.
	Mute
	// Deaf blocks everything to them from others (to), and nothing the other way.
	Deaf
	// Ring lets each of the replicas in nodes, which stand in a ring, talk only to its neighbours, which make a majority
	// with it. No two see the same one.
	Ring
	// Swizzle cuts off the replicas in nodes one after the other, a period apart, and lets them back at its end, a period apart too but
	// in another order.
	Swizzle
	// Bridge blocks everything between the first and the third of three groups. The second sees both.
	Bridge
	// ClientCut blocks everything between some clients (from) and some replicas (to), while replicas see one another.
	ClientCut

	// The kinds below are in machines.go. Those that do not destroy anything may happen to the one with the role too.

	// PowerCut stops the replicas in nodes, and what they had not made durable may be lost.
	PowerCut
	// CrashLoop stops them, boots them, stops them, ..., every period.
	CrashLoop
	// CrashAt stops them at a step (on) of theirs: before or after the nth write or sync of a file, or send of a message kind.
	CrashAt
	// ReconfigureKnobs stops them, and boots them with other values of the protocol's switches (knobs).
	ReconfigureKnobs
	// Pause stops their processes where they stand.
	Pause
	// SlowNode makes everything that they do take longer by delay.
	SlowNode
	// SlowDisk makes their group commits take longer by delay.
	SlowDisk
	// StuckDisk makes their group commits hang.
	StuckDisk
	// SyncFail makes their group commits fail.
	SyncFail
	// DiskFull makes those fail that add to a file.
	DiskFull
	// BitRot flips some durable bits of theirs.
	BitRot
	// SectorError makes a durable sector of theirs unreadable.
	SectorError
	// Misdirected puts a durable sector of theirs into the place of another.
	Misdirected
	// Wipe empties their disks.
	Wipe
	// ClockJump makes their clocks jump forward by delay.
	ClockJump
	// ClockStrobe does so every period.
	ClockStrobe
	// ClockDrift makes their clocks run fast or slow by drift.
	ClockDrift

	// The kinds below are in members.go.

	// AddMember makes the replicas in nodes, which are no members yet, voters.
	AddMember
	// RemoveMember takes the replicas in nodes, or the one with the role, out of the group.
	RemoveMember
	// ReplaceMember takes the first of two nodes out of the group, and makes the second a voter.
	ReplaceMember
	// Transfer makes the leader hand over to the replica in nodes.
	Transfer

	// The kinds below are in load.go.

	// HotKey makes a share (rate) of operations be about one key.
	HotKey
	// Rush makes all clients begin an operation at once, and go on without a pause.
	Rush
	// Impatience makes clients turn to another replica after delay.
	Impatience
	// SlowClient makes everything from and to some clients (from) take longer by delay.
	SlowClient
	// SessionFlood makes clients open a session for every operation.
	SessionFlood

	// The kinds below are in liars.go.

	// Equivocate makes the replicas in nodes, or the one with the role, propose one thing to some replicas and another to others.
	Equivocate
	// Forge makes them promise what they may not, and deny what they accepted.
	Forge
	// Falsify makes them pass on other values than they have.
	Falsify

	// NumKinds is one more than the highest kind.
	NumKinds
)

// fields says which fields of a Fault a kind uses.
type fields uint32

const (
	usesNodes fields = 1 << iota
	usesLinks
	usesGroups
	usesRate
	usesDelay
	usesPeriod
	usesDrift
	usesTrigger
	usesKnobs
	usesRole
	usesTo // but not from
	usesBandwidth
	usesNth
)

// Families of kinds.
const (
	Links     = "links" // the zero family of a kind is this one
	Processes = "processes"
	Disks     = "disks"
	Clocks    = "clocks"
	Members   = "members"
	Load      = "load"
	Byzantine = "byzantine"
)

type kindInfo struct {
	name    string
	doc     string
	uses    fields
	check   func(f *Fault) error // beyond what uses says
	begin   func(j *Injector, t Target, id int, f *Fault)
	beat    func(j *Injector, t Target, id int, f *Fault) // again, every period; nil if the kind has none
	end     func(j *Injector, t Target, id int, f *Fault) // undoes begin
	can     func(sh *Shape) bool                          // whether a cluster of that shape can suffer it; nil if any can
	least   int                                           // a cluster with fewer replicas and clients than this cannot suffer it
	nodes   int                                           // nor can one with fewer replicas than this
	clients int                                           // or with fewer clients than this
	draw    func(s *stream.Stream, sh *Shape) Fault       // all but At, For and Kind
	count   [2]int                                        // how many are drawn for a run, from and to
	long    uint64                                        // how long one lasts at most, in parts per million of the horizon

	family  string
	stream  uint64 // its name, hashed
	damages bool   // destroys what was durable
}

// kinds is the table of all kinds of faults. It is filled in by init because the entries refer to it.
var kinds [NumKinds]kindInfo

func init() {
	kinds = [NumKinds]kindInfo{
		Drop: {
			name: "drop", doc: "loses a share of the messages on some links", uses: usesLinks | usesRate,
			check: checkRate,
			begin: func(_ *Injector, t Target, id int, f *Fault) {
				t.AddRule(id, Rule{From: f.From, To: f.To, Drop: f.Rate})
			},
			end: liftRules,
			draw: func(s *stream.Stream, sh *Shape) Fault {
				f := drawLinks(s, sh)
				f.Rate = pick[uint32](s, 10_000, 50_000, 200_000, 500_000)
				return f
			},
			count: [2]int{1, 3}, long: 500_000,
		},
		Duplicate: {
			name: "duplicate", doc: "delivers a share of the messages on some links twice, the second time later", uses: usesLinks | usesRate | usesDelay,
			check: checkRate,
			begin: func(_ *Injector, t Target, id int, f *Fault) {
				t.AddRule(id, Rule{From: f.From, To: f.To, Duplicate: f.Rate, CopyMean: f.Delay})
			},
			end: liftRules,
			draw: func(s *stream.Stream, sh *Shape) Fault {
				f := drawLinks(s, sh)
				f.Rate = pick[uint32](s, 20_000, 100_000, 500_000)
				f.Delay = sh.LatencyMean * pick[Span](s, 1, 20, 400)
				return f
			},
			count: [2]int{1, 3}, long: 1_000_000,
		},
		Reorder: {
			name: "reorder", doc: "holds up a share of the messages on some links", uses: usesLinks | usesRate | usesDelay,
			check: func(f *Fault) error { return cmp.Or(checkRate(f), checkDelay(f)) },
			begin: func(_ *Injector, t Target, id int, f *Fault) {
				t.AddRule(id, Rule{From: f.From, To: f.To, Reorder: f.Rate, HoldMean: f.Delay})
			},
			end: liftRules,
			draw: func(s *stream.Stream, sh *Shape) Fault {
				f := drawLinks(s, sh)
				f.Rate = pick[uint32](s, 20_000, 100_000, 300_000)
				f.Delay = sh.LatencyMean * pick[Span](s, 4, 40, 300)
				return f
			},
			count: [2]int{1, 3}, long: 1_000_000,
		},
		Slow: {
			name: "slow", doc: "makes all messages on some links take longer", uses: usesLinks | usesDelay,
			check: checkDelay,
			begin: func(_ *Injector, t Target, id int, f *Fault) {
				t.AddRule(id, Rule{From: f.From, To: f.To, Delay: f.Delay})
			},
			end: liftRules,
			draw: func(s *stream.Stream, sh *Shape) Fault {
				f := drawLinks(s, sh)
				f.Delay = sh.LatencyMean * pick[Span](s, 2, 20, 100)
				return f
			},
			count: [2]int{1, 2}, long: 300_000,
		},
		Partition: {
			name: "partition", doc: "blocks everything between groups of replicas and clients", uses: usesGroups,
			check: func(f *Fault) error {
				if len(f.Groups) < 2 {
					return errors.New(`it needs at least two "groups"`)
				}
				for _, g := range f.Groups {
					if len(g) == 0 {
						return errors.New("a group of it is empty")
					}
				}
				all := slices.Concat(f.Groups...)
				if slices.Sort(all); len(slices.Compact(slices.Clone(all))) != len(all) {
					return errors.New("an address is in two groups")
				}
				return nil
			},
			begin: func(_ *Injector, t Target, id int, f *Fault) {
				for i, from := range f.Groups {
					for j, to := range f.Groups {
						if i != j {
							t.AddRule(id, Rule{From: from, To: to, Block: true})
						}
					}
				}
			},
			end:   liftRules,
			least: 2,
			draw:  drawPartition,
			count: [2]int{1, 4}, long: 250_000,
		},
		OneWay: {
			name: "one-way", doc: "blocks everything on some links, and nothing the other way", uses: usesLinks,
			check: func(f *Fault) error {
				if len(f.From) == 0 && len(f.To) == 0 {
					return errors.New(`it needs "from" or "to"`)
				}
				return nil
			},
			begin: func(_ *Injector, t Target, id int, f *Fault) {
				t.AddRule(id, Rule{From: f.From, To: f.To, Block: true})
			},
			end: liftRules,
			draw: func(s *stream.Stream, sh *Shape) Fault {
				switch f := drawPair(s, sh); s.N(3) {
				case 0:
					return Fault{From: f.From}
				case 1:
					return Fault{To: f.From}
				default:
					return f
				}
			},
			count: [2]int{1, 3}, long: 250_000,
		},
		Crash: {
			name: "crash", doc: "stops replicas, which lose their memory and what their disks had not made durable", uses: usesNodes | usesRole,
			check: checkNodes,
			begin: crashAll,
			end:   restartAll,
			draw:  drawCrash,
			count: [2]int{1, 6}, long: 200_000, family: Processes,
		},
	}
	network, machines, members, load, liars := networkKinds(), machineKinds(), memberKinds(), loadKinds(), liarKinds()
	for k := range kinds {
		for _, info := range []kindInfo{network[k], machines[k], members[k], load[k], liars[k]} {
			if info.name != "" {
				kinds[k] = info
			}
		}
		if kinds[k].family == "" {
			kinds[k].family = Links
		}
		kinds[k].stream = stream.Name(kinds[k].name)
	}
}

func checkRate(f *Fault) error {
	if f.Rate == 0 || f.Rate > stream.Million {
		return fmt.Errorf(`it needs a "rate" from 1 to %d parts per million`, stream.Million)
	}
	return nil
}

func checkDelay(f *Fault) error {
	if f.Delay == 0 {
		return errors.New(`it needs a "delay"`)
	}
	return nil
}

// checkNodes refuses a fault that names no replica, or one twice.
func checkNodes(f *Fault) error {
	if len(f.Nodes) == 0 && (f.Role == 0 || kinds[f.Kind].uses&usesRole == 0) {
		if kinds[f.Kind].uses&usesRole != 0 {
			return errors.New(`it needs "nodes" or a "role"`)
		}
		return errors.New(`it needs "nodes"`)
	}
	sorted := slices.Sorted(slices.Values(f.Nodes))
	if len(slices.Compact(sorted)) != len(f.Nodes) {
		return errors.New("a replica of it is named twice")
	}
	return nil
}

// liftRules ends a fault that put rules in force.
func liftRules(_ *Injector, t Target, id int, _ *Fault) { t.RemoveRule(id) }

// String returns the kind's name.
func (k Kind) String() string {
	if k == 0 || k >= NumKinds {
		return "unknown"
	}
	return kinds[k].name
}

// Doc says in a phrase what the kind does.
func (k Kind) Doc() string { return kinds[k].doc }

// Parameters returns the names of the fields of a Fault that the kind uses, besides at and for.
func (k Kind) Parameters() (names []string) {
	u := kinds[k].uses
	for _, f := range []struct {
		name string
		used bool
	}{
		{"nodes", u&usesNodes != 0}, {"role", u&usesRole != 0}, {"from", u&usesLinks != 0}, {"to", u&(usesLinks|usesTo) != 0}, {"groups", u&usesGroups != 0},
		{"rate", u&usesRate != 0}, {"delay", u&usesDelay != 0}, {"period", u&usesPeriod != 0}, {"bandwidth", u&usesBandwidth != 0}, {"backlog", u&usesBandwidth != 0},
		{"nth", u&(usesNth|usesTrigger) != 0}, {"message", u&(usesNth|usesTrigger) != 0}, {"drift", u&usesDrift != 0},
		{"on", u&usesTrigger != 0}, {"file", u&usesTrigger != 0}, {"after", u&usesTrigger != 0}, {"knobs", u&usesKnobs != 0},
	} {
		if f.used {
			names = append(names, f.name)
		}
	}
	if slices.Contains(staying, k) {
		names = append(names, "stays")
	}
	return names
}

// Family returns the family of the kind: Links, Processes, Disks, Clocks, Members, Load or Byzantine.
func (k Kind) Family() string { return kinds[k].family }

// Damages tells whether faults of the kind destroy what was durable.
func (k Kind) Damages() bool { return kinds[k].damages }

// NodesLeast returns how many replicas a fault of the kind must name, unless it names a role.
func (k Kind) NodesLeast() int {
	if kinds[k].uses&(usesNodes|usesRole) == usesNodes {
		return max(kinds[k].nodes, 1)
	}
	return 0
}

// MarshalText writes the kind's name.
func (k Kind) MarshalText() ([]byte, error) {
	if k == 0 || k >= NumKinds {
		return nil, fmt.Errorf("there is no kind of fault %d", k)
	}
	return []byte(k.String()), nil
}

// UnmarshalText reads a kind's name.
func (k *Kind) UnmarshalText(text []byte) error {
	var names []string
	for i := Kind(1); i < NumKinds; i++ {
		if kinds[i].name == string(text) {
			*k = i
			return nil
		}
		names = append(names, kinds[i].name)
	}
	return fmt.Errorf("there is no kind of fault %q: there are %v", text, names)
}
