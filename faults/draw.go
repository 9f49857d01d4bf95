package faults

import (
	"cmp"
	"fmt"
	"math/bits"
	"slices"
	"strings"

	"simrun/node"
	"simrun/sim/stream"
)

// Profile says how bad the weather is.
type Profile struct {
	Name string
	Doc  string

	on       []uint64 // a seed draws one of these: the chance that a kind of fault occurs at all, in parts per million
	families []string // whose kinds the profile is about; nil for links and crashes
	others   uint64   // the share of that chance that kinds of other families have, in parts per million
	only     []Kind   // the kinds that may occur; all if there are none here
	times    int      // how many times as many faults of each kind there are; 0 is 1
	destroys bool     // disks of any replicas are damaged, more than can be survived
	beyond   bool     // clocks go wrong beyond what replicas are told to expect

	base    string   // the name of the profile that this one is without some families
	without []string // the families
}

// chance returns how likely a kind occurs at all, if it is on for kinds that the profile is about.
func (p *Profile) chance(k Kind, on uint64) uint64 {
	about := slices.Contains(p.families, kinds[k].family) || p.families == nil && (k == Crash || kinds[k].family == Links)
	switch {
	case len(p.only) > 0 && !slices.Contains(p.only, k):
		return 0
	case kinds[k].family == Byzantine && !slices.Contains(p.families, Byzantine): // no protocol here is proof against that
		return 0
	case about, p.destroys && kinds[k].damages:
		return on
	}
	return on * p.others / stream.Million
}

// The names of the profiles.
const (
	Calm    = "calm"
	Default = "default"
	Storm   = "storm"

	Network      = "network"
	Partitions   = "partitions"
	ClocksBeyond = "clocks-beyond"
	Lying        = "byzantine"
	Destruction  = "destruction"
)

// intensities is how much goes wrong in a run of most profiles: from a few kinds of faults to half of them.
var intensities = []uint64{100_000, 200_000, 350_000, 500_000}

// Profiles returns the profiles there are.
func Profiles() []Profile {
	return []Profile{
		{Name: Calm, Doc: "no faults"},
		{Name: Default, Doc: "every kind of fault is on or off by the seed, and every number is drawn", on: intensities, others: 400_000},
		{Name: Storm, Doc: "most kinds of faults at once, and more of each", on: []uint64{500_000, 800_000, stream.Million}, others: 600_000, times: 2},
		{Name: Network, Doc: "faults of the network only: replicas stay up", on: intensities, families: []string{Links}},
		{
			Name: Partitions, Doc: "partitions of all shapes, and nothing else", on: []uint64{300_000, 600_000},
			only: []Kind{Partition, OneWay, Flap, Isolate, Mute, Deaf, Ring, Swizzle, Bridge, ClientCut},
		},
		{Name: Processes, Doc: "replicas crash at the worst moments, hang and dawdle; other faults are rare", on: []uint64{500_000}, others: 100_000, families: []string{Processes}},
		{Name: Disks, Doc: "disks are slow, stuck, full, fail and rot, never on too many replicas; other faults are fewer", on: []uint64{500_000}, others: 150_000, families: []string{Disks}},
		{Name: Clocks, Doc: "clocks jump forward and run fast or slow, as far as replicas must expect; other faults are rare", on: []uint64{700_000}, others: 50_000, families: []string{Clocks}},
		{Name: Members, Doc: "replicas are added, removed and replaced, and leaders hand over; other faults are rare", on: []uint64{800_000}, others: 60_000, families: []string{Members}},
		{Name: Load, Doc: "clients crowd on one key, rush, lose patience, dawdle and flood the group with sessions; other faults are rare", on: []uint64{700_000}, others: 70_000, families: []string{Load}},
		{Name: ClocksBeyond, Doc: "as clocks, and farther than replicas must expect: a lease may break, and the verdict says which assumption was broken", on: []uint64{700_000}, others: 50_000, families: []string{Clocks}, beyond: true},
		{Name: Destruction, Doc: "durable data of any number of replicas is damaged: the cluster may never recover, but must not return wrong data", on: []uint64{500_000}, others: 200_000, families: []string{Processes}, destroys: true},
		{Name: Lying, Doc: "a replica lies, which is beyond what Paxos promises to bear: violations are expected, and say which assumption was broken", on: []uint64{800_000}, others: 250_000, families: []string{Byzantine}},
	}
}

// Has tells whether plans under the profile may have faults of the kind.
func (p Profile) Has(k Kind) bool { return p.had(k) && !p.Lacks(kinds[k].family) }

// had tells so of the profile with all its families.
func (p *Profile) had(k Kind) bool { return len(p.on) > 0 && p.chance(k, stream.Million) > 0 }

// Always returns the profile with every kind of fault in every plan that has any, as testing at random without a swarm has it.
func (p Profile) Always() Profile {
	if len(p.on) > 0 {
		p.on, p.others = []uint64{stream.Million}, stream.Million
	}
	return p
}

// FindProfile returns the profile of that name. One that ends in ",no-FAMILY", as in "default,no-disks", is without a family of faults, or without several.
func FindProfile(name string) (Profile, error) {
	base, rest, _ := strings.Cut(name, ",")
	var names []string
	for _, p := range Profiles() {
		if p.Name != base {
			names = append(names, p.Name)
			continue
		}
		if base == name {
			return p, nil
		}
		var families []string
		for _, word := range strings.Split(rest, ",") {
			family, ok := strings.CutPrefix(word, "no-")
			if !ok {
				return Profile{}, fmt.Errorf("profile %q: after a comma comes no-FAMILY, as in %s,no-%s", name, base, Links)
			}
			families = append(families, family)
		}
		return p.Without(families...)
	}
	return Profile{}, fmt.Errorf("unknown profile %q: there are %v", name, names)
}

// Draw makes up a plan: which kinds of faults occur, how many, when, for how long, and to whom (swarm testing: Groce et
// al., ISSTA '12: a test that leaves some features out finds more than one that uses all of them a little). Every kind, and every fault of it, has a stream of
// its own, derived from s.
func Draw(s *stream.Stream, p Profile, sh Shape) Plan {
	root := s.Uint64()
	if len(p.on) == 0 || len(sh.Nodes) == 0 || sh.Horizon <= tick {
		return Plan{}
	}
	sh.LatencyMean = max(sh.LatencyMean, Microsecond) // delays are drawn as multiples of it
	whole := stream.New(root, "plan", 0)
	on := pick(&whole, p.on...)
	hot := drawMoments(&whole, sh.Horizon)
	sh.victims = shuffledOf(root, sh.Nodes)
	if !p.destroys {
		sh.victims = sh.victims[:max(min(sh.Tolerates, len(sh.victims)), 0)]
	}
	if p.beyond {
		sh.ClockDriftMax = min(max(10*sh.ClockDriftMax, 10_000), MaxDrift)
		sh.ClockJumpMax = 10 * max(sh.ClockJumpMax, Second)
	}
	liar := stream.New(root, "liar", 0)
	sh.liar = pick(&liar, sh.Nodes...)
	var counts [NumKinds]int
	all := 0
	for k := Kind(1); k < NumKinds; k++ {
		info := &kinds[k]
		own := stream.Named(root, info.stream, 0)
		if own.Chance(p.chance(k, on)) && info.fits(&sh) {
			counts[k] = own.Int(info.count[0], info.count[1]) * max(p.times, 1)
			all += counts[k]
		}
	}
	moves, more := chooseGambits(root, &p, &sh)
	var plan Plan
	if all+more > 0 { // faults are large: there is room for them from the start, so that they need not move
		plan.Faults = make([]Fault, 0, all+more)
	}
	for k := Kind(1); k < NumKinds; k++ {
		info := &kinds[k]
		for i := range counts[k] {
			one := stream.Named(root, info.stream, uint64(i)+1)
			f := info.draw(&one, &sh)
			f.Kind = k
			f.At = Span(one.N(uint64(sh.Horizon)))
			f.For = 1 + Span(one.N(share(sh.Horizon, info.long)))
			if one.Chance(200_000) {
				f.For = 1 + f.For/20 // short ones find other bugs than long ones
			}
			f.At, f.For = round(f.At), round(f.For)
			attract(&one, hot, &f, &sh)
			plan.Faults = append(plan.Faults, f)
		}
	}
	drawGambits(moves, &sh, &plan)
	drawStaying(root, &p, &sh, &plan)
	if len(p.without) > 0 {
		plan.Faults = slices.DeleteFunc(plan.Faults, func(f Fault) bool { return p.Lacks(kinds[f.Kind].family) })
	}
	sortByTime(plan.Faults)
	return plan
}

// sortByTime puts faults in the order in which they begin, and leaves those that begin together as they were. Faults are large, so each is moved once, when it is
// known where to.
func sortByTime(faults []Fault) {
	order := make([]int, len(faults))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(faults[a].At, faults[b].At) })
	for start := range order { // places that change in a circle, of which start is one: each gets what the next one has
		if order[start] == start {
			continue
		}
		first, to := faults[start], start
		for from := order[to]; from != start; from = order[to] {
			faults[to] = faults[from]
			order[to], to = to, from // it is done
		}
		faults[to], order[to] = first, to
	}
}

// fits tells whether a cluster is large enough to suffer a kind of fault.
func (k *kindInfo) fits(sh *Shape) bool {
	return (k.can == nil || k.can(sh)) && len(sh.Nodes)+sh.Clients >= k.least && len(sh.Nodes) >= k.nodes && sh.Clients >= k.clients
}

// drawMoments chooses the moments of a run about which faults crowd. All kinds of faults share them, and none knows of another: so
// faults begin while others begin or end, and a plan without one of them has the rest in their places.
func drawMoments(s *stream.Stream, horizon Span) []Span {
	moments := make([]Span, s.Int(1, 4))
	for i := range moments {
		moments[i] = Span(s.N(uint64(horizon)))
	}
	return moments
}

// attract moves a fault, with some chance, so that it begins or ends about one of the moments.
func attract(s *stream.Stream, moments []Span, f *Fault, sh *Shape) {
	moment := pick(s, moments...)
	moment += Span(s.N(uint64(4 * sh.LatencyMean)))
	switch s.N(10) {
	case 0, 1, 2:
	case 3:
		moment -= f.For // it ends then
	default:
		return
	}
	if moment = round(moment); moment < sh.Horizon {
		f.At = moment
	}
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

// drawLinks chooses all links, those from or to one replica, or those between two hosts.
func drawLinks(s *stream.Stream, sh *Shape) Fault {
	f := drawPair(s, sh)
	switch s.N(5) {
	case 0:
		return Fault{From: f.From}
	case 1:
		return Fault{To: f.From}
	case 2:
		return f
	}
	return Fault{}
}

// drawPair chooses a link between two replicas, or between a replica and a client if there is but one. Where there is no link
// at all, it chooses that replica, both ways.
func drawPair(s *stream.Stream, sh *Shape) Fault {
	from := s.N(uint64(len(sh.Nodes)))
	f := Fault{From: ids(sh.Nodes[from : from+1])}
	switch n := uint64(len(sh.Nodes)); {
	case n > 1:
		to := (from + 1 + s.N(n-1)) % n
		f.To = ids(sh.Nodes[to : to+1])
	case sh.Clients > 0:
		f.To = []node.Addr{node.Client(1 + s.N(uint64(sh.Clients))).Addr()}
	}
	return f
}

// drawPartition isolates one replica, or splits the cluster in halves or at random. Clients go along with either side, or see all replicas.
func drawPartition(s *stream.Stream, sh *Shape) Fault {
	order := shuffled(s, sh.Nodes)
	cut := 1
	switch {
	case len(order) > 2 && s.Chance(500_000):
		cut = 1 + int(s.N(uint64(len(order)-1)))
	case s.Chance(400_000):
		cut = max(len(order)/2, 1)
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

// drawCrash stops one replica mostly, or one with a role, and sometimes several or all at once.
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
	f := Fault{Nodes: nodes}
	if n == 1 && s.Chance(400_000) {
		f.Role = pick(s, Leader, Leader, Candidate, Decider)
	}
	return f
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
