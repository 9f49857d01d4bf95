package netsim

import (
	"fmt"
	"math/bits"

	"simrun/node"
)

// Transport is what a link promises of the order of messages. In text it is its name.
type Transport uint8

const (
	// Datagram links promise nothing: any message may be lost, doubled, or overtaken by another.
	Datagram Transport = iota
	// FIFO links are connections, as of TCP: what arrives, arrives once and in order. A message that a datagram link would lose
	// breaks the connection instead. That loses everything under way on it, in both directions, and what is sent
	// before the ends have connected again.
	FIFO

	numTransports
)

var transportNames = [numTransports]string{Datagram: "datagram", FIFO: "fifo"}

// String returns the name.
func (t Transport) String() string {
	if t >= numTransports {
		return "unknown"
	}
	return transportNames[t]
}

// MarshalText writes the name.
func (t Transport) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// UnmarshalText reads a name.
func (t *Transport) UnmarshalText(text []byte) error {
	for i, name := range transportNames {
		if name == string(text) {
			*t = Transport(i)
			return nil
		}
	}
	return fmt.Errorf("%q is no kind of link: there are %v", text, transportNames)
}

// link is one direction of the way between two hosts.
type link struct {
	sent, arrived uint64 // numbers of the last message that was sent, and of the latest that has arrived
	busyUntil     int64  // what was sent so far has left by then, if bandwidth is limited
	lastArrival   int64  // of a FIFO link: later messages arrive after it
	name          uint64 // of the way between the two, for what is drawn: see traffic.way; only between replicas
	forecast      forecast
}

// connection is what the two directions of a FIFO link share.
type connection struct {
	epoch     uint32 // counts the times it broke; a message of an earlier epoch is lost
	downUntil int64
}

// links holds the state of all links and connections. Those between replicas are there from the start, those of clients from
// their first use: calm networks of datagrams need none.
type links struct {
	width       int // replicas and one
	replicas    []link
	connections []connection
	clients     []link // by client and replica, upward and downward
	clientConns []connection
}

func (l *links) reset(nodes int) {
	l.width = nodes + 1
	l.replicas = renewed(l.replicas[:0], l.width*l.width)
	l.connections = zeroed(l.connections, l.width*l.width)
	l.clients = l.clients[:0]
	l.clientConns = l.clientConns[:0]
}

// lead tells whether there are links to a replica of that ID.
func (l *links) lead(to node.ID) bool { return uint(to)-1 < uint(l.width-1) }

// between returns the link from one replica to another.
func (l *links) between(from, to node.ID) *link { return &l.replicas[int(from)*l.width+int(to)] }

// connection returns what a link between replicas shares with the one the other way.
func (l *links) connection(a, b node.ID) *connection {
	return &l.connections[int(min(a, b))*l.width+int(max(a, b))]
}

// at returns the link from one address to another, and its connection.
func (l *links) at(from, to node.Addr) (*link, *connection) {
	if !from.IsClient() && !to.IsClient() {
		a, b := from.ID(), to.ID()
		return l.between(a, b), l.connection(a, b)
	}
	client, replica, down := from.Client(), to.ID(), 0
	if to.IsClient() {
		client, replica, down = to.Client(), from.ID(), 1
	}
	i := int(client)*l.width + int(replica)
	if i >= len(l.clientConns) {
		n := (int(client) + 1) * l.width
		l.clients = renewed(l.clients, 2*n)
		l.clientConns = grown(l.clientConns, n)
	}
	return &l.clients[2*i+down], &l.clientConns[i]
}

// zeroed returns n zero values, in the memory of s if there is enough.
func zeroed[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n)
	}
	s = s[:n]
	clear(s)
	return s
}

// renewed returns s, lengthened to n with new links, which have the memory of those that were there before.
func renewed(s []link, n int) []link {
	if cap(s) < n {
		s = append(make([]link, 0, 2*n), s...)
	}
	old := len(s)
	s = s[:n]
	for i := range s[old:] {
		x := &s[old+i]
		*x = link{forecast: forecast{rules: x.forecast.rules}}
	}
	return s
}

// grown returns s, lengthened to n with zero values.
func grown[T any](s []T, n int) []T {
	if cap(s) < n {
		s = append(make([]T, 0, 2*n), s...)
	}
	old := len(s)
	s = s[:n]
	clear(s[old:])
	return s
}

// cross takes a message of the given size over its link as it is at the moment: a line that is busy, a queue that is full, a
// connection that is broken. The numbers drawn for the message were drawn before, so that none of this changes them. It returns the
// epoch of the connection.
func (t *traffic) cross(f *fate, l *link, c *connection, size uint64) (epoch uint32) {
	now := t.kernel.Now()
	fifo := t.config.Link == FIFO
	if fifo && f.cause == through && now < c.downUntil {
		f.cause = refused
	}
	if f.bandwidth > 0 && f.cause == through && f.heldBy == 0 {
		t.transmit(f, l, size)
	}
	if !fifo {
		return 0
	}
	switch f.cause {
	case blocked, dropped:
		t.disconnect(c)
	case through:
		if f.heldBy == 0 {
			at := max(now+f.delay, l.lastArrival+1)
			l.lastArrival = at
			f.delay = at - now
		}
	}
	return c.epoch
}

// transmit puts a message into the queue of a link of limited bandwidth, or finds the queue full.
func (t *traffic) transmit(f *fate, l *link, size uint64) {
	const second = 1_000_000_000
	now := t.kernel.Now()
	wait := max(l.busyUntil-now, 0)
	if f.backlog > 0 {
		hi, lo := bits.Mul64(uint64(wait), uint64(f.bandwidth))
		if hi >= second {
			hi, lo = 0, ^uint64(0)
		}
		waiting, _ := bits.Div64(hi, lo, second)
		if waiting+size > uint64(f.backlog) && wait > 0 {
			f.cause = overflowed
			return
		}
	}
	hi, lo := bits.Mul64(size, second)
	span, _ := bits.Div64(hi, lo, uint64(f.bandwidth))
	l.busyUntil = now + min(wait+int64(min(span, longest)), longest)
	f.delay = min(f.delay+l.busyUntil-now, longest)
}

// longest bounds how far a message is put off, in nanoseconds: more than 36 years, and far from overflow.
const longest = 1 << 60

// disconnect breaks a connection, or keeps a broken one from coming back for as long again.
func (t *traffic) disconnect(c *connection) {
	now := t.kernel.Now()
	if now >= c.downUntil {
		t.counts.Resets++
		c.epoch++
	}
	c.downUntil = now + t.config.Reconnect
}

// Disconnect breaks every connection of a replica, as when its host stops. It does nothing to links of datagrams.
func (t *traffic) Disconnect(id node.ID) {
	if t.config.Link != FIFO {
		return
	}
	for other := node.ID(1); int(other) < t.links.width; other++ {
		if other != id {
			_, c := t.links.at(id.Addr(), other.Addr())
			t.disconnect(c)
		}
	}
	for i := int(id); i < len(t.links.clientConns); i += t.links.width {
		t.disconnect(&t.links.clientConns[i])
	}
}

// stale tells whether what was sent in that epoch was lost with its connection.
func (t *traffic) stale(from, to node.Addr, epoch uint32) bool {
	if t.config.Link != FIFO {
		return false
	}
	if _, c := t.links.at(from, to); c.epoch != epoch {
		t.counts.Cut++
		return true
	}
	return false
}

// open takes what has arrived off the wire, and tells to what it was lost, if it was. A frame that is damaged is thrown away, and
// ends its connection.
func (t *traffic) open(frame []byte, epoch uint32, from, to node.Addr) (body []byte, lost string) {
	if frame == nil && t.config.Link != FIFO { // as mostly
		return nil, ""
	}
	return t.unwrap(frame, epoch, from, to)
}

func (t *traffic) unwrap(frame []byte, epoch uint32, from, to node.Addr) (body []byte, lost string) {
	if t.stale(from, to, epoch) {
		return nil, brokenUp
	}
	if frame == nil {
		return nil, ""
	}
	body, ok := unframe(frame)
	if ok {
		return body, ""
	}
	t.counts.Caught++
	if t.config.Link == FIFO {
		_, c := t.links.at(from, to)
		t.disconnect(c)
	}
	return nil, damaged
}
