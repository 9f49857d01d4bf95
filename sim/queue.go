package sim

import "math/bits"

// queue holds the events to come, ordered by time and, at one time, by insertion: a hierarchical timing wheel
// (Varghese and Lauck, "Hashed and Hierarchical Timing Wheels", section 6.2) with exact times. A time is a number of 6-bit digits, but for the
// last, which has 3: so messages, which take some hundred microseconds, find themselves alone in a bucket more often. Each digit is a level with a
// bucket for each value. An event lies at the level of the highest digit in which its time differs from the wheel's, so a
// pop either finds it alone or at level 0, or spreads one bucket over the levels below: at most eleven moves for an event, and
// one or two in practice. Nothing is compared and nothing allocated once the slab has grown.
//
// The order is stable because a bucket is spread before anything can be inserted below it: an insertion goes below a
// bucket only when the wheel's time lies in that bucket's span, and it gets there by spreading it.
type queue struct {
	time    uint64                 // of the last pop; nothing is ever inserted before it
	levels  uint32                 // bit l: level l has an occupied bucket
	free    uint32                 // head of the list of free slab entries; 0 ends a list
	len     int                    // events held
	used    [maxLevels]uint64      // bit b of used[l]: bucket b of level l is occupied
	buckets [maxLevels * 64]bucket // level by level
	slab    []Event                // slab[0] is nobody's
}

// bucket is a list in insertion order.
type bucket struct{ head, tail uint32 }

const (
	levelBits  = 6
	levelMask  = 1<<levelBits - 1
	levelShift = 3
	maxLevels  = 16 // of which 11 are used: with a power of two, indices need no check
)

// reset empties the queue and sets its time to 0. The slab is kept; its entries are handed out in the same order as
// in a new queue.
func (q *queue) reset() {
	slab := append(q.slab[:0], Event{})
	*q = queue{slab: slab}
}

// take returns a free entry for the caller to fill, all fields but next: they hold what an earlier event left. It must be placed next.
func (q *queue) take() (i uint32, e *Event) {
	i = q.free
	if i == 0 {
		i = q.extend()
	}
	e = &q.slab[i]
	q.free = e.next
	q.len++
	return i, e
}

// extend returns a slab entry that was never used in this run.
func (q *queue) extend() uint32 {
	if len(q.slab) == 0 {
		q.slab = append(q.slab, Event{})
	}
	if len(q.slab) < cap(q.slab) {
		q.slab = q.slab[:len(q.slab)+1]
	} else {
		q.slab = append(q.slab, Event{})
	}
	i := uint32(len(q.slab) - 1)
	q.slab[i].next = 0
	return i
}

// place puts an entry into the bucket that its time belongs to.
func (q *queue) place(i uint32, e *Event) {
	at := uint64(e.At)
	level := uint(bits.Len64((at^q.time)|1)-1+levelShift) / levelBits % maxLevels
	at = at >> shiftOf(level) & levelMask
	e.next = 0
	b := &q.buckets[level<<levelBits|uint(at)]
	if b.tail != 0 {
		q.slab[b.tail].next = i
	} else {
		b.head = i
		q.used[level] |= 1 << at
		q.levels |= 1 << level
	}
	b.tail = i
}

// pop removes the earliest event and copies it to out. It returns false if there is none.
func (q *queue) pop(out *Event) bool {
	for q.len > 0 {
		level := uint(bits.TrailingZeros32(q.levels)) % maxLevels
		at := uint(bits.TrailingZeros64(q.used[level])) & levelMask
		b := &q.buckets[level<<levelBits|at]
		i := b.head
		if level != 0 && i != b.tail {
			q.spread(level, at, b)
			continue
		}
		e := &q.slab[i]
		b.head = e.next
		if e.next == 0 {
			b.tail = 0
			q.vacate(level, at)
		}
		*out = *e
		q.time = uint64(e.At)
		e.next = q.free
		q.free = i
		q.len--
		return true
	}
	return false
}

// spread moves the events of a bucket to the levels below, in their order, and the wheel's time to the bucket's start.
func (q *queue) spread(level, at uint, b *bucket) {
	i := b.head
	b.head, b.tail = 0, 0
	q.vacate(level, at)
	shift := shiftOf(level)
	if start := uint64(q.slab[i].At) >> shift << shift; start > q.time {
		q.time = start
	}
	for i != 0 {
		e := &q.slab[i]
		next := e.next
		q.place(i, e)
		i = next
	}
}

// shiftOf returns how far a time is shifted to the right for its digit at a level.
func shiftOf(level uint) uint {
	if level == 0 {
		return 0
	}
	return (level*levelBits - levelShift) & 63
}

func (q *queue) vacate(level, at uint) {
	left := q.used[level] &^ (1 << at)
	q.used[level] = left
	if left == 0 {
		q.levels &^= 1 << level
	}
}
