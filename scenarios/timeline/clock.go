package timeline

import (
	"slices"
	"strconv"
)

// Clocks gives records their logical times, in the order in which they come: a Lamport clock, and on request a vector
// clock (Lamport, "Time, Clocks, and the Ordering of Events in a Distributed System"; Mattern, Fidge). Every record of a replica or
// client is an event of its own; the arrival of a message happens after it was sent, a crash or a boot after the
// fault that brought it about, and a fault after everything until then.
type Clocks struct {
	nodes  int
	vector bool
	lanes  []lane // replicas, clients, and last the testbed, which has no place in vectors
	sent   map[uint64]stamp
}

type lane struct {
	lamport uint64
	vector  []uint64
}

type stamp struct {
	lamport uint64
	vector  []uint64
}

// NewClocks returns the clocks of a run with that many replicas and clients, all at zero.
func NewClocks(nodes, clients int, vector bool) *Clocks {
	c := &Clocks{nodes: nodes, vector: vector, lanes: make([]lane, nodes+clients+1), sent: map[uint64]stamp{}}
	for i := range c.lanes {
		c.lanes[i].vector = make([]uint64, nodes+clients)
	}
	return c
}

// Stamp sets the record's Lamport clock, and its vector clock if that was asked for.
func (c *Clocks) Stamp(r *Record) {
	at := c.place(r.Who)
	l := &c.lanes[at]
	if at == len(c.lanes)-1 { // what the testbed does happens to all: it comes after what they did
		for i := range c.lanes {
			l.lamport = max(l.lamport, c.lanes[i].lamport)
		}
	}
	l.lamport++
	if at < len(l.vector) {
		l.vector[at]++
	}
	switch r.Kind {
	case "recv":
		c.join(l, c.sent[r.Message])
	case "crash", "start":
		testbed := &c.lanes[len(c.lanes)-1]
		c.join(l, stamp{lamport: testbed.lamport})
	}
	r.Lamport = l.lamport
	if c.vector && at < len(l.vector) {
		r.Clock = slices.Clone(l.vector)
	}
	switch r.Kind {
	case "send", "copy":
		c.sent[r.Message] = stamp{l.lamport, r.Clock}
	case "lost", "recv", "deaf":
		delete(c.sent, r.Message)
	}
}

func (c *Clocks) join(l *lane, s stamp) {
	l.lamport = max(l.lamport, s.lamport+1)
	for i, x := range s.vector {
		l.vector[i] = max(l.vector[i], x)
	}
}

// place returns where the lane of a replica or client is; what is neither belongs to the testbed.
func (c *Clocks) place(who string) int {
	testbed := len(c.lanes) - 1
	if len(who) < 2 {
		return testbed
	}
	n, err := strconv.Atoi(who[1:])
	switch {
	case err != nil || n < 1:
		return testbed
	case who[0] == 'n' && n <= c.nodes:
		return n - 1
	case who[0] == 'c' && n <= testbed-c.nodes:
		return c.nodes + n - 1
	}
	return testbed
}

// Causal sorts records by their Lamport clocks, and where those are equal by the order in which they happened: an order
// in which every record comes after all that may have led to it.
func Causal(records []Record) {
	slices.SortStableFunc(records, func(a, b Record) int {
		switch {
		case a.Lamport < b.Lamport:
			return -1
		case a.Lamport > b.Lamport:
			return 1
		}
		return 0
	})
}
