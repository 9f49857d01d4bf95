package faults

import (
	"cmp"
	"fmt"
	"math/bits"
	"slices"

	"simrun/node"
	"simrun/sim/stream"
)

// Profile says how bad the weather is.
type Profile struct {
	Name string
	Doc  string
	on   uint64 // chance that a kind of fault occurs at all, in parts per million

	families []string // the chance of kinds of other families is rare instead; nil for all
	rare     uint64
	destroys bool // disks of any replicas are damaged, more than can be survived
	beyond   bool // clocks go wrong beyond what replicas are told to expect
}

// chance returns how likely a kind occurs at all.
func (p *Profile) chance(k Kind) uint64 {
	switch {
	case p.destroys && kinds[k].damages:
		return p.on
	case p.families != nil && !slices.Contains(p.families, kinds[k].family):
		return p.rare
	case p.families == nil && k != Crash && kinds[k].family != Links:
		return p.rare
	}
	return p.on
}

// The names of the profiles.
const (
	Calm    = "calm"
	Default = "default"

	ClocksBeyond = "clocks-beyond"
	Destruction  = "destruction"
)

// Profiles returns the profiles there are.
func Profiles() []Profile {
	return []Profile{
		{Name: Calm, Doc: "no faults"},
		{Name: Default, Doc: "every kind of fault is on or off by the seed, and every number is drawn", on: 500_000, rare: 150_000},
		{Name: Processes, Doc: "replicas crash at the worst moments, hang and dawdle; other faults are rare", on: 500_000, rare: 50_000, families: []string{Processes}},
		{Name: Disks, Doc: "disks are slow, stuck, full, fail and rot, never on too many replicas; other faults are fewer", on: 500_000, rare: 200_000, families: []string{Disks}},
		{Name: Clocks, Doc: "clocks jump forward and run fast or slow, as far as replicas must expect; other faults are rare", on: 700_000, rare: 50_000, families: []string{Clocks}},
		{Name: ClocksBeyond, Doc: "as clocks, and farther than replicas must expect", on: 700_000, rare: 50_000, families: []string{Clocks}, beyond: true},
		{Name: Destruction, Doc: "durable data of any number of replicas is damaged: the cluster may never recover, but must not return wrong data", on: 500_000, rare: 100_000, families: []string{Processes}, destroys: true},
	}
}

// Always returns the profile with every kind of fault in every plan that has any, as testing at random without a swarm has it.
func (p Profile) Always() Profile {
	if p.on > 0 {
		p.on, p.rare = stream.Million, stream.Million
	}
	return p
}

// FindProfile returns the profile of that name.
func FindProfile(name string) (Profile, error) {
	var names []string
	for _, p := range Profiles() {
		if p.Name == name {
			return p, nil
		}
		names = append(names, p.Name)
	}
	return Profile{}, fmt.Errorf("unknown profile %q: there are %v", name, names)
}

// Draw makes up a plan: which kinds of faults occur, how many, when, for how long, and to whom (swarm testing: Groce et
// al., ISSTA '12: a test that leaves some features out finds more than one that uses all of them a little). Every kind, and every fault of it, has a stream of
// its own, derived from s.
func Draw(s *stream.Stream, p Profile, sh Shape) Plan {
	root := s.Uint64()
	if p.on == 0 || len(sh.Nodes) == 0 || sh.Horizon <= tick {
		return Plan{}
	}
	sh.LatencyMean = max(sh.LatencyMean, Microsecond) // delays are drawn as multiples of it
	sh.victims = shuffledOf(root, sh.Nodes)
	if !p.destroys {
		sh.victims = sh.victims[:max(min(sh.Tolerates, len(sh.victims)), 0)]
	}
	if p.beyond {
		sh.ClockDriftMax = min(max(10*sh.ClockDriftMax, 10_000), MaxDrift)
		sh.ClockJumpMax = 10 * max(sh.ClockJumpMax, Second)
	}
	var plan Plan
	for k := Kind(1); k < NumKinds; k++ {
		info := &kinds[k]
		own := stream.New(root, info.name, 0)
		if !own.Chance(p.chance(k)) || info.can != nil && !info.can(&sh) || len(sh.Nodes)+sh.Clients < info.least {
			continue
		}
		n := own.Int(info.count[0], info.count[1])
		for i := range n {
			one := stream.New(root, info.name, uint64(i)+1)
			f := info.draw(&one, &sh)
			f.Kind = k
			f.At = Span(one.N(uint64(sh.Horizon)))
			f.For = 1 + Span(one.N(share(sh.Horizon, info.long)))
			if one.Chance(200_000) {
				f.For = 1 + f.For/20 // short ones find other bugs than long ones
			}
			f.At, f.For = round(f.At), round(f.For)
			plan.Faults = append(plan.Faults, f)
		}
	}
	slices.SortStableFunc(plan.Faults, func(a, b Fault) int { return cmp.Compare(a.At, b.At) })
	return plan
}

// share returns ppm parts per million of a span.
func share(s Span, ppm uint64) uint64 {
	hi, lo := bits.Mul64(uint64(s), ppm)
	q, _ := bits.Div64(hi, lo, stream.Million)
	return q
}

// tick is what drawn times are multiples of, to be readable.
const tick = 10 * Microsecond

// round rounds a span down to ticks, and to one at least.
func round(s Span) Span { return max(s/tick, 1) * tick }

// drawLinks chooses all links, those from or to one replica, or those between two.
func drawLinks(s *stream.Stream, sh *Shape) Fault {
	one := func() []node.Addr { return []node.Addr{pick(s, sh.Nodes...).Addr()} }
	switch s.N(5) {
	case 0:
		return Fault{From: one()}
	case 1:
		return Fault{To: one()}
	case 2:
		return Fault{From: one(), To: one()}
	}
	return Fault{}
}

// drawPartition isolates one replica, or splits the cluster at random. Clients go along with either side, or see all replicas.
func drawPartition(s *stream.Stream, sh *Shape) Fault {
	order := shuffled(s, sh.Nodes)
	cut := 1
	if len(order) > 2 && s.Chance(600_000) {
		cut = 1 + int(s.N(uint64(len(order)-1)))
	}
	var groups [2][]node.Addr
	for i, id := range order {
		side := 0
		if i >= cut {
			side = 1
		}
		groups[side] = append(groups[side], id.Addr())
	}
	switch {
	case len(groups[1]) == 0: // a single replica can only be cut off from the clients
		for c := range sh.Clients {
			groups[1] = append(groups[1], node.Client(c+1).Addr())
		}
	case s.Chance(400_000):
		for c := range sh.Clients {
			side := s.N(2)
			groups[side] = append(groups[side], node.Client(c+1).Addr())
		}
	}
	slices.Sort(groups[0])
	slices.Sort(groups[1])
	return Fault{Groups: groups[:]}
}

// drawCrash stops one replica mostly, and sometimes several or all at once.
func drawCrash(s *stream.Stream, sh *Shape) Fault {
	order := shuffled(s, sh.Nodes)
	n := 1
	switch {
	case s.Chance(100_000):
		n = len(order)
	case s.Chance(200_000):
		n = 1 + int(s.N(uint64(len(order))))
	}
	nodes := order[:n]
	slices.Sort(nodes)
	return Fault{Nodes: nodes}
}

// shuffledOf returns the replicas in the order in which they are damaged.
func shuffledOf(root uint64, nodes []node.ID) []node.ID {
	s := stream.New(root, "victims", 0)
	return shuffled(&s, nodes)
}

func shuffled(s *stream.Stream, nodes []node.ID) []node.ID {
	order := slices.Clone(nodes)
	for i := len(order) - 1; i > 0; i-- {
		j := s.N(uint64(i) + 1)
		order[i], order[j] = order[j], order[i]
	}
	return order
}

// pick returns one of the choices.
func pick[T any](s *stream.Stream, choices ...T) T { return choices[s.N(uint64(len(choices)))] }
