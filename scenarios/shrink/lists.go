package shrink

import (
	"slices"

	"simrun/scenarios"
)

// list reduces a list of n elements, of which build makes an input that keeps only some, named by ascending indices. It is delta
// debugging by complements (Zeller and Hildebrandt, "Simplifying and Isolating Failure-Inducing Input", 2002): all elements at once, then halves,
// and so on down to single ones, until no single one can go.
func (s *shrinker) list(n int, build func(keep []int) scenarios.Input) {
	keep := make([]int, n)
	for i := range keep {
		keep[i] = i
	}
	if n > 1 && s.try(1, func(int) scenarios.Input { return build(nil) }) >= 0 {
		return
	}
	for chunk := max(n/2, 1); n > 0; chunk /= 2 {
		for from, removed := 0, false; ; {
			left := (len(keep) - from + chunk - 1) / chunk
			i := s.try(left, func(i int) scenarios.Input { return build(without(keep, from+i*chunk, chunk)) })
			if i >= 0 {
				from += i * chunk
				keep, removed = without(keep, from, chunk), true
				continue
			}
			if chunk > 1 || !removed {
				break
			}
			from, removed = 0, false // what was needed before may not be needed any more
		}
		if chunk == 1 {
			return
		}
	}
}

// without returns the list without n elements from an index on.
func without(list []int, from, n int) []int {
	return slices.Concat(list[:from], list[min(from+n, len(list)):])
}
