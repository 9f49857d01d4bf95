package sim

import (
	"math/bits"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"simrun/sim/stream"
)

// The queue is a stable sort by time, whatever is pushed when.
func TestQueueOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		type entry struct {
			at int64
			id uint64
		}
		var q queue
		q.reset()
		var model []entry
		var now int64
		id := uint64(0)
		for range rapid.IntRange(1, 300).Draw(t, "steps") {
			if rapid.IntRange(0, 2).Draw(t, "push") > 0 {
				shift := rapid.IntRange(0, 50).Draw(t, "shift")
				at := now + rapid.Int64Range(0, 70).Draw(t, "span")<<shift
				q.push(at, id)
				model = append(model, entry{at, id})
				id++
				continue
			}
			e := q.pop()
			if e == nil {
				require.Empty(t, model)
				continue
			}
			first := 0
			for i, m := range model {
				if m.at < model[first].at {
					first = i
				}
			}
			require.Equal(t, model[first], entry{e.At, e.A})
			model = slices.Delete(model, first, first+1)
			now = e.At
		}
		for range model {
			require.NotNil(t, q.pop())
		}
		require.Nil(t, q.pop())
	})
}

// Every bit of a time is in one digit, and every digit has buckets of its own, in order.
func TestQueueDigits(t *testing.T) {
	next := uint32(0)
	for b := 0; b < 64; {
		d := digits[b]
		require.Equal(t, next, d.first)
		require.Equal(t, uint16(b), d.shift)
		for n := bits.Len16(d.mask); n > 0; n-- {
			require.Equal(t, d, digits[b])
			b++
		}
		next += uint32(d.mask) + 1
	}
	require.LessOrEqual(t, next, uint32(maxBuckets))
	require.Equal(t, uint32(exactBuckets), uint32(digits[0].mask)+1)
}

// A queue that was used before hands out its memory like a new one: nothing of its past shows.
func TestQueueReset(t *testing.T) {
	var fresh, used queue
	fresh.reset()
	used.reset()
	r := stream.New(1, "test", 0)
	for range 1000 {
		used.push(int64(r.N(1<<40)), 0)
	}
	for range 500 {
		used.pop()
	}
	used.reset()
	for range 200 {
		at := int64(r.N(1 << 30))
		fresh.push(at, uint64(at))
		used.push(at, uint64(at))
	}
	for range 200 {
		require.Equal(t, fresh.pop().A, used.pop().A)
	}
	require.Nil(t, used.pop())
}

// BenchmarkQueue measures the hold model: with n events pending, take one and put one back at a later time.
func BenchmarkQueue(b *testing.B) {
	for _, n := range []int{10, 100, 1000, 10_000} {
		b.Run(itoa(n), func(b *testing.B) {
			var q queue
			q.reset()
			r := stream.New(1, "bench", 0)
			for range n {
				q.push(Exponential(r.Uint64(), 1_000_000), 0)
			}
			b.ReportAllocs()
			for b.Loop() {
				e := q.pop()
				q.push(e.At+100_000+Exponential(r.Uint64(), 1_000_000), e.A)
			}
		})
	}
}

// push adds an event at that time.
func (q *queue) push(at int64, a uint64) {
	i, e := q.take()
	e.At, e.A = at, a
	q.place(i, q.bucketOf(at))
	q.replenish()
}
