package sim

// Slab holds values that wait for an event, addressed by the handle in Event.A. Its memory grows in chunks that never
// move, so a value may be used in place while handlers put in others.
type Slab[T any] struct {
	chunks []*[chunk]T
	free   []uint32
	used   uint32 // handles given out so far: those below it are in use or in free
}

const chunk = 256

// Reset frees everything. Memory is kept, and handles are given out in the same order as by a new Slab.
func (s *Slab[T]) Reset() { s.free, s.used = s.free[:0], 0 }

// Put returns the handle of a free place, with whatever an earlier value left in it.
func (s *Slab[T]) Put() uint32 {
	n := len(s.free) - 1
	if n < 0 {
		return s.grow()
	}
	i := s.free[n]
	s.free = s.free[:n]
	return i
}

// grow returns the handle of a place that was never used in this run.
func (s *Slab[T]) grow() uint32 {
	i := s.used
	if int(i/chunk) == len(s.chunks) {
		s.chunks = append(s.chunks, new([chunk]T))
	}
	s.used++
	return i
}

// At returns the value with the handle.
func (s *Slab[T]) At(i uint32) *T { return &s.chunks[i/chunk][i%chunk] }

// Free gives the place back. The value stays as it is until the place is used again.
func (s *Slab[T]) Free(i uint32) { s.free = append(s.free, i) }

// Each calls f with every place, in use or not: to poison them in a test.
func (s *Slab[T]) Each(f func(*T)) {
	for _, c := range s.chunks {
		for i := range c {
			f(&c[i])
		}
	}
}
