package sim

import (
	"slices"

	"simrun/node"
)

// held is a queue of messages that wait inside a host. Memory is reused once it has run empty.
type held[M any] struct {
	items []heldItem[M]
	head  int
}

type heldItem[M any] struct {
	barrier uint64 // the disk operation whose durability it waits for
	to      node.ID
	m       M
}

func (q *held[M]) len() int { return len(q.items) - q.head }

func (q *held[M]) first() *heldItem[M] { return &q.items[q.head] }

func (q *held[M]) push(to node.ID, barrier uint64, m *M) {
	if len(q.items) == cap(q.items) {
		q.makeRoom()
	}
	n := len(q.items)
	q.items = q.items[:n+1] // no item is made on the stack and copied
	x := &q.items[n]
	x.barrier, x.to, x.m = barrier, to, *m
}

// makeRoom makes room for another item: where items were that are gone, if these are many. It is called seldom, and kept out of push.
//
//go:noinline
func (q *held[M]) makeRoom() {
	if q.head > len(q.items)/2 {
		q.items = q.items[:copy(q.items, q.items[q.head:])]
		q.head = 0
		return
	}
	q.items = slices.Grow(q.items, 1)
}

// drop takes the first item away. Its memory is used again by a later push.
func (q *held[M]) drop() {
	q.head++
	if q.head == len(q.items) {
		q.items, q.head = q.items[:0], 0
	}
}

func (q *held[M]) clear() { q.items, q.head = q.items[:0], 0 }
