package speed

import (
	"container/heap"

	"simrun/sim"
)

// plain is a kernel as one would write it first: a binary heap of pointers to events, each a time and a closure. It is what the real one is
// held against.
type plain struct {
	now    int64
	number uint64
	queue  plainQueue
}

type plainEvent struct {
	at     int64
	number uint64
	do     func()
}

type plainQueue []*plainEvent

func (q plainQueue) Len() int { return len(q) }
func (q plainQueue) Less(i, j int) bool {
	return q[i].at < q[j].at || q[i].at == q[j].at && q[i].number < q[j].number
}
func (q plainQueue) Swap(i, j int) { q[i], q[j] = q[j], q[i] }
func (q *plainQueue) Push(x any)   { *q = append(*q, x.(*plainEvent)) }
func (q *plainQueue) Pop() any {
	old := *q
	x := old[len(old)-1]
	*q = old[:len(old)-1]
	return x
}

func (k *plain) schedule(at int64, do func()) {
	k.number++
	heap.Push(&k.queue, &plainEvent{at, k.number, do})
}

func (k *plain) run(events uint64) {
	for range events {
		e := heap.Pop(&k.queue).(*plainEvent)
		k.now = e.at
		e.do()
	}
}

// The hold model: so many events are pending, and each that happens schedules another, an exponential span of half a millisecond later on average.

const holdMean = 500_000

// holdPlain returns the cpu nanoseconds that an event takes the plain kernel.
func holdPlain(pending int, events uint64) float64 {
	k := &plain{}
	sum := uint64(0)
	var hold func(key uint64)
	hold = func(key uint64) {
		sum += key
		next := mixed(key)
		k.schedule(k.now+sim.Exponential(next, holdMean), func() { hold(next) })
	}
	for i := range pending {
		hold(uint64(i))
	}
	k.run(uint64(pending))
	from := cpu()
	k.run(events)
	return float64(cpu()-from) / float64(events)
}

// holding returns a kernel with that many events pending.
func holding(pending int) *sim.Kernel {
	k := &sim.Kernel{}
	k.Reset(1)
	k.On(sim.ClientWakes, func(e *sim.Event) {
		next := mixed(e.B)
		k.Schedule(k.Now()+sim.Exponential(next, holdMean), sim.ClientWakes, 0, 0, next, 0)
	})
	for i := range pending {
		next := mixed(uint64(i))
		k.Schedule(sim.Exponential(next, holdMean), sim.ClientWakes, 0, 0, next, 0)
	}
	return k
}

// holdKernel returns the cpu nanoseconds that an event takes the real kernel, hash included.
func holdKernel(pending int, events uint64) float64 {
	k := holding(pending)
	k.Run(uint64(pending))
	from := cpu()
	k.Run(uint64(pending) + events)
	return float64(cpu()-from) / float64(events)
}

// mixed is the finalizer of splitmix64.
func mixed(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
