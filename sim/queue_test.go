package sim

import (
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
				q.push(at).A = id
				model = append(model, entry{at, id})
				id++
				continue
			}
			var e Event
			if !q.pop(&e) {
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
		require.Equal(t, len(model), q.len)
	})
}

// A queue that was used before hands out its memory like a new one: nothing of its past shows.
func TestQueueReset(t *testing.T) {
	var fresh, used queue
	fresh.reset()
	used.reset()
	r := stream.New(1, "test", 0)
	for range 1000 {
		used.push(int64(r.N(1 << 40)))
	}
	var e Event
	for range 500 {
		used.pop(&e)
	}
	used.reset()
	for range 200 {
		at := int64(r.N(1 << 30))
		fresh.push(at).A, used.push(at).A = uint64(at), uint64(at)
	}
	for range 200 {
		var f Event
		require.True(t, fresh.pop(&f))
		require.True(t, used.pop(&e))
		require.Equal(t, f.A, e.A)
	}
	require.False(t, used.pop(&e))
}

// BenchmarkQueue measures the hold model: with n events pending, take one and put one back at a later time.
func BenchmarkQueue(b *testing.B) {
	for _, n := range []int{10, 100, 1000, 10_000} {
		b.Run(itoa(n), func(b *testing.B) {
			var q queue
			q.reset()
			r := stream.New(1, "bench", 0)
			for range n {
				q.push(Exponential(r.Uint64(), 1_000_000))
			}
			var e Event
			b.ReportAllocs()
			for b.Loop() {
				q.pop(&e)
				q.push(e.At + 100_000 + Exponential(r.Uint64(), 1_000_000)).A = e.A
			}
		})
	}
}

// push adds an event at that time.
func (q *queue) push(at int64) *Event {
	i, e := q.take()
	e.At = at
	q.place(i, e)
	return e
}
