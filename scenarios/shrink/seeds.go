package shrink

import (
	"simrun/faults"
	"simrun/scenarios"
	"simrun/sim/stream"
)

// Each structural step is tried with so many other seeds, in each of the ways below: as many as can be had for that many events in all.
const (
	minSeeds   = 2
	maxSeeds   = 100
	seedEvents = 50_000_000
)

// The ways in which another seed is tried.
const (
	sameWeather = iota // nothing else changes
	changeable         // where everything takes its fixed time, seeds differ little: delays vary again
	otherTimes         // and faults happen at other times
	numWays
)

// otherSeeds tries the structural steps, which take away a fault, an exception, operations, a replica or a client, together with another seed each:
// what the failure needs may be there by another chance. What is added by the way, the passes calm again. It tells whether one was accepted.
func (s *shrinker) otherSeeds() bool {
	in := s.best.Input
	var steps []scenarios.Input
	for i := range in.Plan.Faults {
		steps = append(steps, keepFaults(&in, without(upTo(len(in.Plan.Faults)), i, 1)))
	}
	for i := range in.Fates {
		steps = append(steps, keepFates(&in, without(upTo(len(in.Fates)), i, 1)))
	}
	steps = append(steps, dropped(&in)...)
	for _, n := range fewer(int(s.size[called])) {
		few := renumberOperations(&in)
		few.Config.Operations = n
		few.Config.Script = few.Config.Script[:min(n, len(few.Config.Script))]
		steps = append(steps, few)
	}
	runs := seedEvents / max(s.best.Stats.Events, 1) / uint64(max(len(steps), 1))
	seeds := int(min(max(runs/numWays, minSeeds), maxSeeds))
	each := numWays * seeds
	return s.try(len(steps)*each, func(i int) scenarios.Input {
		return s.otherwise(&steps[i/each], uint64(i/numWays%seeds)+1, i%numWays)
	}) >= 0
}

// fewer returns numbers below n to try: the smallest, some in between, and the one below it.
func fewer(n int) (list []int) {
	for _, m := range []int{1, 2, 3, 5, n / 4, n / 2, n - 1} {
		if m > 0 && m < n && (len(list) == 0 || m > list[len(list)-1]) {
			list = append(list, m)
		}
	}
	return list
}

// otherwise changes an input to another seed, in one of the ways.
func (s *shrinker) otherwise(in *scenarios.Input, seed uint64, way int) scenarios.Input {
	out := clone(in)
	out.Seed = seed
	if way == sameWeather {
		return out
	}
	out.Config.LatencyMean = max(out.Config.LatencyMean, faults.Millisecond)
	out.Config.SyncMean = max(out.Config.SyncMean, faults.Millisecond)
	out.Config.Think = max(out.Config.Think, faults.Millisecond)
	if way == otherTimes {
		times := stream.New(seed, "times", 0)
		for i := range out.Plan.Faults {
			out.Plan.Faults[i].At = faults.Span(times.N(uint64(s.best.Stats.Simulated)+1)) / grain * grain
		}
	}
	return out
}

// grain is what drawn times are multiples of.
const grain = 100 * faults.Microsecond
