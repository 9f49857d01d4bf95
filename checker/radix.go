package checker

import "math/bits"

// ranked is an operation, by its index, with the number it is sorted by.
type ranked struct {
	key uint64
	op  int32
}

// sorter sorts by numbers that are small once the smallest is subtracted: slots, events. It keeps its memory.
type sorter struct{ spare []ranked }

const (
	digitBits = 11
	digits    = 1 << digitBits
	// shortList is up to how many elements insertion is faster than counting digits.
	shortList = 96
)

// sort sorts list in place, stably, so that equal keys keep their order. Histories come nearly sorted, and often sorted: that
// costs one pass. Otherwise the time is linear in the length, times one pass for every 11 bits between the smallest key and the largest.
func (s *sorter) sort(list []ranked) {
	if len(list) == 0 {
		return
	}
	low, high, sorted := list[0].key, list[0].key, true
	for i := 1; i < len(list); i++ {
		k := list[i].key
		sorted = sorted && list[i-1].key <= k
		low, high = min(low, k), max(high, k)
	}
	switch {
	case sorted:
	case len(list) <= shortList:
		insert(list)
	default:
		s.countDigits(list, low, bits.Len64(high-low))
	}
}

func insert(list []ranked) {
	for i := 1; i < len(list); i++ {
		e, j := list[i], i
		for ; j > 0 && list[j-1].key > e.key; j-- {
			list[j] = list[j-1]
		}
		list[j] = e
	}
}

// countDigits is the least-significant-digit radix sort.
func (s *sorter) countDigits(list []ranked, low uint64, width int) {
	s.spare = resize(s.spare, len(list))
	from, to := list, s.spare
	for shift := 0; shift < width; shift += digitBits {
		var starts [digits]int32
		for i := range from {
			starts[(from[i].key-low)>>shift%digits]++
		}
		sum := int32(0)
		for d := range starts {
			starts[d], sum = sum, sum+starts[d]
		}
		for i := range from {
			d := (from[i].key - low) >> shift % digits
			to[starts[d]] = from[i]
			starts[d]++
		}
		from, to = to, from
	}
	if &from[0] != &list[0] {
		copy(list, from)
	}
}

// empty returns an empty slice with room for n elements, of s's memory if that is enough. Long histories are why it matters: growing step by
// step takes several times the memory.
func empty[T any](s []T, n int) []T { return resize(s, n)[:0] }

// resize returns a slice of n elements, of s's memory if that is enough. Its contents are undefined.
func resize[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n)
	}
	return s[:n]
}
