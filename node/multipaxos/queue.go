package multipaxos

import "simrun/node"

// pending is a client's request on its way into the log.
type pending struct {
	op      node.Op
	client  node.Client
	session uint64
	seq     uint64
	command []byte // immutable
}

// queue holds what waits its turn, first come first served: requests for room in the window, reads for a round.
type queue[T any] struct {
	items []T
	head  int
}

func (q *queue[T]) len() int { return len(q.items) - q.head }

func (q *queue[T]) push(x T) {
	if len(q.items) == cap(q.items) && q.head >= len(q.items)-q.head {
		kept := copy(q.items, q.items[q.head:])
		clear(q.items[kept:])
		q.items, q.head = q.items[:kept], 0
	}
	q.items = append(q.items, x)
}

// pop takes out the oldest, of which there must be one.
func (q *queue[T]) pop() T {
	x := *q.first()
	q.drop()
	return x
}

// drop takes out the oldest, of which there must be one, and lets go of what it holds.
func (q *queue[T]) drop() {
	var nothing T
	q.items[q.head] = nothing
	q.head++
	if q.head == len(q.items) {
		q.items, q.head = q.items[:0], 0
	}
}

// first returns the oldest, of which there must be one.
func (q *queue[T]) first() *T { return &q.items[q.head] }
