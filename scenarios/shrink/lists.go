package shrink

import (
	"slices"

	"simrun/scenarios"
)

// list reduces a list of n elements of the best input, of which build makes an input that keeps only some, named by ascending indices.
func (s *shrinker) list(n int, build func(keep []int) scenarios.Input) {
	reduce(n, func(k int, propose func(int) []int) int {
		return s.try(k, func(i int) scenarios.Input { return build(propose(i)) })
	})
}

// reduce looks for a part of a list of n elements from which no single one can go. It asks try, which is offered k ways to keep only some
// elements, and returns the index of the first that will do, or -1. It is delta debugging by complements (Zeller and Hildebrandt, "Simplifying and
// Isolating Failure-Inducing Input", 2002): without all elements at once, then without a half, and so on down to single ones.
func reduce(n int, try func(k int, propose func(int) []int) int) {
	keep := upTo(n)
	if n > 1 && try(1, func(int) []int { return nil }) >= 0 {
		return
	}
	for chunk := max(n/2, 1); n > 0; chunk /= 2 {
		for from, removed := 0, false; ; {
			left := (len(keep) - from + chunk - 1) / chunk
			i := try(left, func(i int) []int { return without(keep, from+i*chunk, chunk) })
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
