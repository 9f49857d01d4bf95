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

// queue holds the requests that wait for room in the window, first come first served.
type queue struct {
	items []pending
	head  int
}

func (q *queue) len() int { return len(q.items) - q.head }

func (q *queue) push(p pending) {
	if len(q.items) == cap(q.items) && q.head >= len(q.items)-q.head {
		kept := copy(q.items, q.items[q.head:])
		clear(q.items[kept:])
		q.items, q.head = q.items[:kept], 0
	}
	q.items = append(q.items, p)
}

// pop returns the oldest request, of which there must be one. It is good until the next push.
func (q *queue) pop() *pending {
	p := &q.items[q.head]
	q.head++
	if q.head == len(q.items) {
		q.items, q.head = q.items[:0], 0
	}
	return p
}

// first returns the oldest request, of which there must be one.
func (q *queue) first() *pending { return &q.items[q.head] }
