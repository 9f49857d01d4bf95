package faults

import (
	"slices"

	"simrun/node"
	"simrun/sim/stream"
)

// Groups that keep a leader break at the seams between two of them, and few faults drawn each for itself meet there in the right order. A gambit is a
// handful of ordinary faults that aim at such a seam, from whatever is known to have gone wrong there in real systems. What comes of it depends on
// the moment and on everything else in the plan.

// gambit is a way to make trouble for a group that keeps a leader.
type gambit struct {
	name string
	rate uint64 // chance that a plan has it, in parts per million
	most int    // how often a plan that has it has it at most
	size int    // how many faults it is at most
	of   []Kind // that it is made of
	can  func(sh *Shape) bool
	draw func(list []Fault, s *stream.Stream, sh *Shape, at Span) []Fault // appends its faults
}

// moments of gambits are this many to a horizon: about as long as a leader is given to show a sign of life.
const moments = 40

var gambits = []gambit{
	{name: "seesaw", rate: 250_000, most: 2, size: 10, of: []Kind{Isolate, Reorder, Redeliver, Duplicate, Drop}, draw: drawSeesaw},
	{name: "echo", rate: 250_000, most: 2, size: 29, of: []Kind{Crash, Deaf, Rush, FarNode, Reorder, Drop, ReconfigureKnobs}, draw: drawEcho},
	{name: "half-sent", rate: 250_000, most: 3, size: 3, of: []Kind{Drop, Rush, Crash}, draw: drawHalfSent},
	{name: "second-thoughts", rate: 200_000, most: 2, size: 11, of: []Kind{Mute, Crash}, draw: drawSecondThoughts},
	{
		name: "succession", rate: 300_000, most: 1, size: 6, of: []Kind{Mute, Slow, Rush, Drop, ReplaceMember, Transfer}, draw: drawSuccession,
		can: func(sh *Shape) bool { return kinds[ReplaceMember].can(sh) && len(sh.Nodes)-len(sh.Spares) > 2 },
	},
	{
		name: "dismissal", rate: 150_000, most: 1, size: 3, of: []Kind{Isolate, FarNode, RemoveMember}, draw: drawDismissal,
		can: func(sh *Shape) bool { return kinds[RemoveMember].can(sh) && len(sh.Nodes)-len(sh.Spares) > 2 },
	},
}

// move is a gambit that a plan has, a number of times.
type move struct {
	*gambit
	times  int
	stream stream.Stream // its own
}

// chooseGambits chooses those that a plan has, and returns how many faults they come to at most.
func chooseGambits(root uint64, p *Profile, sh *Shape) (moves []move, faults int) {
	if sh.Leads == "" || len(sh.Nodes) < 3 {
		return nil, 0
	}
	for i := range gambits {
		g := &gambits[i]
		s := stream.New(root, "gambit "+g.name, 0)
		if s.Chance(g.rate) && (g.can == nil || g.can(sh)) && p.hasAll(g.of) {
			times := s.Int(1, g.most)
			moves = append(moves, move{g, times, s})
			faults += times * g.size
		}
	}
	return moves, faults
}

// drawGambits adds the faults of gambits to a plan.
func drawGambits(moves []move, sh *Shape, plan *Plan) {
	for i := range moves {
		m := &moves[i]
		for range m.times {
			before := len(plan.Faults)
			plan.Faults = m.draw(plan.Faults, &m.stream, sh, Span(m.stream.N(uint64(sh.Horizon))))
			kept := plan.Faults[:before]
			for _, f := range plan.Faults[before:] {
				f.At, f.For = round(f.At), round(f.For)
				if f.At < sh.Horizon {
					kept = append(kept, f) // where it was, or farther ahead
				}
			}
			plan.Faults = kept
		}
	}
}

// hasAll tells whether plans under the profile have faults of all of these kinds, or had them before families were left out: the others of a gambit
// stay then.
func (p *Profile) hasAll(all []Kind) bool {
	for _, k := range all {
		if !p.had(k) {
			return false
		}
	}
	return true
}

// drawSeesaw cuts whoever leads off from the others, but not from its clients, and soon after that the next one, so that several have proposed
// for the same slots. Meanwhile messages of the earlier reigns come late, twice or not at all.
func drawSeesaw(list []Fault, s *stream.Stream, sh *Shape, at Span) []Fault {
	moment := sh.Horizon / moments
	begin := at
	for range s.Int(2, 6) {
		long := moment/2 + Span(s.N(uint64(4*moment)))
		list = append(list, Fault{Kind: Isolate, At: at, For: long, Role: Leader, Nodes: []node.ID{pick(s, sh.Nodes...)}, To: ids(sh.Nodes)})
		at += long/2 + Span(s.N(uint64(long)))
	}
	among := Fault{At: begin, For: at - begin, From: ids(sh.Nodes), To: ids(sh.Nodes)}
	for _, kind := range []Kind{Reorder, Redeliver, Duplicate, Drop} {
		if !s.Chance(350_000) {
			continue
		}
		f := among
		f.Kind, f.Rate = kind, pick[uint32](s, 100_000, 300_000, 500_000)
		if kind != Drop {
			f.Delay = moment/2 + Span(s.N(uint64(3*moment)))
		}
		list = append(list, f)
	}
	return list
}

// drawEcho leaves no more replicas than a quorum, and makes one of them the least patient, so that who led is likely to lead again, and lets votes of
// one reign come in the next: what the leader and the others tell each other for a while comes much later, and meanwhile it is deposed.
func drawEcho(list []Fault, s *stream.Stream, sh *Shape, at Span) []Fault {
	moment := sh.Horizon / moments
	order := shuffled(s, sh.Nodes)
	rest := ids(order[:len(order)/2+1])
	begin := at
	knob := &sh.Knobs[slices.IndexFunc(sh.Knobs, func(k LocalKnob) bool { return k.Name == sh.Leads })]
	list = append(list,
		Fault{Kind: ReconfigureKnobs, At: at, For: Millisecond, Nodes: order[:1], Knobs: map[string]int64{knob.Name: slices.Min(knob.Draw)}},
		Fault{Kind: ReconfigureKnobs, At: at, For: Millisecond, Nodes: order[1:len(rest)], Knobs: map[string]int64{knob.Name: slices.Max(knob.Draw)}})
	at += 2 * moment
	for range s.Int(3, 8) {
		list = append(list,
			Fault{Kind: Rush, At: at, For: Millisecond},
			Fault{Kind: FarNode, At: at, For: 1 + Span(s.N(uint64(moment/2))), Role: Leader, Nodes: order[:1], Delay: moment + Span(s.N(uint64(6*moment)))})
		fall := Fault{Kind: Crash, At: at + Span(s.N(uint64(moment/2))), For: Millisecond, Role: Leader, Nodes: order[:1]}
		if s.Chance(500_000) {
			fall.Kind, fall.For, fall.To = Deaf, moment/2+Span(s.N(uint64(2*moment))), ids(sh.Nodes)
		}
		list = append(list, fall)
		at += Span(s.Int(2, 5)) * moment
	}
	long := at - begin
	list = append(list, Fault{Kind: Crash, At: begin, For: long, Nodes: order[len(rest):]})
	if s.Chance(500_000) {
		list = append(list, Fault{
			Kind: Reorder, At: begin, For: long, From: rest, To: rest,
			Rate: pick[uint32](s, 300_000, 500_000), Delay: moment/2 + Span(s.N(uint64(2*moment))),
		})
	}
	if s.Chance(500_000) {
		list = append(list, Fault{Kind: Drop, At: begin, For: long, From: rest, To: rest, Rate: pick[uint32](s, 200_000, 400_000, 600_000)})
	}
	return list
}

// drawHalfSent loses many messages between replicas while clients rush, and then stops the leader: of what it had begun, some replicas have one
// part and some another.
func drawHalfSent(list []Fault, s *stream.Stream, sh *Shape, at Span) []Fault {
	moment := sh.Horizon / moments
	lossy := Millisecond + Span(s.N(uint64(10*sh.LatencyMean)))
	rate := pick[uint32](s, 300_000, 500_000, 700_000)
	return append(list,
		Fault{Kind: Rush, At: at, For: lossy},
		Fault{Kind: Drop, At: at, For: lossy, Rate: rate, From: ids(sh.Nodes), To: ids(sh.Nodes)},
		Fault{Kind: Crash, At: at + lossy, For: Span(s.Int(3, 15)) * moment, Role: Leader, Nodes: []node.ID{pick(s, sh.Nodes...)}})
}

// drawSecondThoughts keeps one replica from hearing the leader, so that it asks the others for their support again and again, and restarts the
// others for an instant each: what they forget of their word to the leader, they give to the candidate.
func drawSecondThoughts(list []Fault, s *stream.Stream, sh *Shape, at Span) []Fault {
	moment := sh.Horizon / moments
	order := shuffled(s, sh.Nodes)
	long := Span(s.Int(4, 12)) * moment
	list = append(list, Fault{Kind: Mute, At: at, For: long, Role: Leader, Nodes: order[1:2], To: ids(order[:1])})
	for range s.Int(3, 10) {
		list = append(list, Fault{
			Kind: Crash, At: at + moment + Span(s.N(uint64(long-moment))), For: 1 + Span(s.N(uint64(moment/8))),
			Nodes: []node.ID{pick(s, order[1:]...)},
		})
	}
	return list
}

// drawDismissal takes a replica out of the group that is cut off while it happens, and far away afterwards: it stands for election in a group that
// it does not belong to any more, and learns that late.
func drawDismissal(list []Fault, s *stream.Stream, sh *Shape, at Span) []Fault {
	moment := sh.Horizon / moments
	x := []node.ID{pick(s, founders(sh)...)}
	long := Span(s.Int(3, 9)) * moment
	return append(list,
		Fault{Kind: Isolate, At: at, For: long, Nodes: x, To: ids(sh.Nodes)},
		Fault{Kind: RemoveMember, At: at + Span(s.N(uint64(long/2))), For: long * 2, Nodes: x},
		Fault{Kind: FarNode, At: at + long - moment, For: Span(s.Int(3, 12)) * moment, Nodes: x, Delay: moment/8 + Span(s.N(uint64(moment)))})
}

// drawSuccession has a replica take another's place while what the leader tells a majority of the old members comes late, and then not at all: they vote for the change, do not
// hear that it is chosen, and elect another leader, who has to find out what the new members have chosen meanwhile, and hardly reaches the one that came.
func drawSuccession(list []Fault, s *stream.Stream, sh *Shape, at Span) []Fault {
	moment := sh.Horizon / moments
	order := shuffled(s, founders(sh))
	leader, old, comes := order[:1], order[1:len(order)/2+2], []node.ID{pick(s, sh.Spares...)}
	late := moment/4 + Span(s.N(uint64(3*moment/4)))
	cut := at + Span(s.N(uint64(6*moment)))
	long := Span(s.Int(3, 8)) * moment
	return append(list,
		Fault{Kind: Transfer, At: at - min(at, 4*moment), For: 4 * moment, Nodes: leader},
		Fault{Kind: ReplaceMember, At: at, For: 20 * moment, Nodes: []node.ID{old[0], comes[0]}},
		Fault{Kind: Slow, At: at, For: 12 * moment, From: ids(leader), To: ids(old), Delay: late},
		Fault{Kind: Mute, At: cut, For: long, Nodes: leader, To: ids(old)},
		Fault{Kind: Drop, At: cut, For: long, From: ids(old), To: ids(comes), Rate: pick[uint32](s, 300_000, 500_000, 700_000)},
		Fault{Kind: Rush, At: cut + late, For: long})
}
