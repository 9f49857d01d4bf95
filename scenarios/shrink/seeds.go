package shrink

import (
	"simrun/scenarios"
)

// otherSeedsTried is how many other seeds each structural step is tried with.
const otherSeedsTried = 100

// otherSeeds tries the structural steps, which take away a fault, an exception, an operation, a replica or a client, together with another seed each:
// what the failure needs may be there by another chance. It tells whether one was accepted.
func (s *shrinker) otherSeeds() bool {
	in := s.best.Input
	var steps []scenarios.Input
	if n := len(in.Plan.Faults); n > 0 {
		for i := range n {
			steps = append(steps, keepFaults(&in, without(upTo(n), i, 1)))
		}
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
	return s.try(len(steps)*otherSeedsTried, func(i int) scenarios.Input {
		out := steps[i/otherSeedsTried]
		out.Seed = uint64(i%otherSeedsTried) + 1
		return out
	}) >= 0
}
