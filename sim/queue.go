package sim

import "math/bits"

// queue holds the events to come, ordered by time and, at one time, by insertion: a hierarchical timing wheel
// (Varghese and Lauck, "Hashed and Hierarchical Timing Wheels", section 6.2) with exact times. A time is a number in the digits that levelStarts
// lays out. Each digit is a level with a bucket for each value, and an event lies at the level of the highest digit in which its time differs from
// the wheel's, which is that of the last pop. So all that lies at one level is earlier than all at the levels above it, and in the order of the buckets: the
// buckets of all levels are numbered in one row, and the first that is occupied has the earliest event. If that is
// alone there, it is taken as it is. If not, the wheel's time becomes that of the earliest, and the others, which differ from it in lower digits only, move
// to levels below (so Ahuja, Mehlhorn, Orlin and Tarjan, "Faster Algorithms for the Shortest Path Problem", section 2). Most events are never moved.
// Nothing is allocated once the slab has grown.
//
// The order is stable because a bucket is emptied before anything can be inserted below it: an insertion goes below a
// bucket only when the wheel's time lies in that bucket's span, and only the pop that empties it gets the time there.
type queue struct {
	time    uint64             // of the last pop; nothing is ever inserted before it
	words   uint64             // bit w: used[w] is not 0
	free    uint32             // head of the list of free slab entries, which is never empty; 0 ends a list
	last    uint32             // the entry of the last pop, which is free from the next one on
	used    [64]uint64         // bit b of used[w]: bucket 64w+b is occupied
	buckets [maxBuckets]bucket // of those that are not occupied, what is in them means nothing
	slab    []Event            // slab[0] is nobody's
}

// bucket is a list in insertion order.
type bucket struct{ head, tail uint32 }

// levelStarts are the lowest bits of the digits. The bits from 10 to 20 are one digit, because messages take some hundred microseconds: they are seldom alone in a bucket
// of a millisecond, and mostly in one of a microsecond.
var levelStarts = [...]uint8{0, 2, 10, 21, 30, 36, 42, 48, 54, 60, 64}

const (
	maxBuckets   = 64 * 64 // of which three quarters are used: with a power of two, indices need no check
	exactBuckets = 1 << 2  // of the lowest level: events in one of them have one time
)

// A digit is where events lie whose time differs from the wheel's in it, and in none that is higher: in bucket number first, plus the digit's value.
type digit struct {
	first uint32
	mask  uint16
	shift uint16
}

// digits has the digit of each bit of a time.
var digits = func() (t [64]digit) {
	first := 0
	for l, from := range levelStarts[:len(levelStarts)-1] {
		to := levelStarts[l+1]
		for b := from; b < to; b++ {
			t[b] = digit{first: uint32(first), mask: 1<<(to-from) - 1, shift: uint16(from)}
		}
		first += 1 << (to - from)
	}
	return t
}()

// reset empties the queue and sets its time to 0. The slab is kept; its entries are handed out in the same order as
// in a new queue.
func (q *queue) reset() {
	q.slab = append(q.slab[:0], Event{}, Event{}) // and one for the last pop, that never was
	q.time, q.words, q.free, q.last = 0, 0, 0, 1
	q.used = [64]uint64{}
	q.extend()
}

// take returns a free entry for the caller to fill, all fields but next, which is 0: they hold what an earlier event left. It must be placed next, and
// replenish called thereafter: the entry may be moved then.
func (q *queue) take() (i uint32, e *Event) {
	i = q.free
	e = &q.slab[i]
	q.free, e.next = e.next, 0
	return i, e
}

// replenish sees to it that there is an entry to take.
func (q *queue) replenish() {
	if q.free == 0 {
		q.extend()
	}
}

// extend makes an entry free that was never used in this run.
func (q *queue) extend() {
	i := len(q.slab)
	if i < cap(q.slab) {
		q.slab = q.slab[:i+1]
	} else {
		q.slab = append(q.slab, Event{})
	}
	q.slab[i].next = 0
	q.free = uint32(i)
}

// bucketOf returns the bucket that a time belongs to.
func (q *queue) bucketOf(at int64) uint {
	d := &digits[(bits.Len64((uint64(at)^q.time)|1)-1)&63]
	return (uint(d.first) + uint(uint64(at)>>(d.shift&63))&uint(d.mask)) % maxBuckets
}

// place puts an entry at the end of a bucket. Its next must be 0.
func (q *queue) place(i uint32, b uint) {
	b %= maxBuckets
	k := &q.buckets[b]
	if bit := uint64(1) << (b % 64); q.used[b/64]&bit == 0 {
		q.used[b/64] |= bit
		q.words |= 1 << (b / 64)
		k.head = i
	} else {
		q.slab[k.tail].next = i
	}
	k.tail = i
}

// pop removes the earliest event; nil if there is none. The event is valid until the next pop.
func (q *queue) pop() *Event {
	words, slab := q.words, q.slab
	if words == 0 {
		return nil
	}
	slab[q.last].next = q.free
	q.free = q.last
	w := uint(bits.TrailingZeros64(words)) % 64
	used := q.used[w]
	b := (w*64 + uint(bits.TrailingZeros64(used))) % maxBuckets
	i := q.buckets[b].head
	e := &slab[i]
	next := e.next
	if next != 0 && b < exactBuckets {
		q.buckets[b].head = next
	} else {
		used &= used - 1
		q.used[w] = used
		if used == 0 {
			q.words = words & (words - 1)
		}
		if next != 0 {
			i = q.spread(i)
			e = &slab[i]
		}
	}
	q.last = i
	q.time = uint64(e.At)
	return e
}

// spread takes the earliest event out of the list of a bucket, which is a bucket no more, and moves the others to the levels below, in their order. It sets
// the wheel's time.
func (q *queue) spread(i uint32) (earliest uint32) {
	earliest = i
	at := q.slab[i].At
	for j := q.slab[i].next; j != 0; {
		e := &q.slab[j]
		if e.At < at {
			earliest, at = j, e.At
		}
		j = e.next
	}
	q.time = uint64(at)
	for i != 0 {
		e := &q.slab[i]
		next := e.next
		if i != earliest {
			e.next = 0
			q.place(i, q.bucketOf(e.At))
		}
		i = next
	}
	return earliest
}
