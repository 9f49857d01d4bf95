package shrink

import (
	"simrun/faults"
	"simrun/scenarios"
)

// seedsTried is how many other seeds each structural step is tried with, in each weather.
const seedsTried = 100

// otherSeeds tries the structural steps, which take away a fault, an exception, an operation, a replica or a client, together with another seed each:
// what the failure needs may be there by another chance. Where everything takes its fixed time, seeds differ little, so half of them
// get changeable weather, which the passes calm again. It tells whether one was accepted.
func (s *shrinker) otherSeeds() bool {
	in := s.best.Input
	var steps []scenarios.Input
	for i := range in.Plan.Faults {
		steps = append(steps, keepFaults(&in, without(upTo(len(in.Plan.Faults)), i, 1)))
	}
	for i := range in.Fates {
		steps = append(steps, keepFates(&in, without(upTo(len(in.Fates)), i, 1)))
	}
	if numbers := kept(&in); len(numbers) > 1 {
		steps = append(steps, keepOperations(&in, numbers[:len(numbers)-1]))
		fewer := renumberOperations(&in)
		fewer.Config.Operations--
		steps = append(steps, fewer)
	}
	steps = append(steps, dropped(&in)...)
	return s.try(len(steps)*2*seedsTried, func(i int) scenarios.Input {
		out := clone(&steps[i/(2*seedsTried)])
		out.Seed = uint64(i/2%seedsTried) + 1
		if i%2 == 1 {
			out.Config.LatencyMean = max(out.Config.LatencyMean, faults.Millisecond)
			out.Config.SyncMean = max(out.Config.SyncMean, faults.Millisecond)
			out.Config.Think = max(out.Config.Think, faults.Millisecond)
		}
		return out
	}) >= 0
}
