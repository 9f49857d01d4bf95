package netsim

import (
	"fmt"

	"simrun/node"
	"simrun/sim"
	"simrun/sim/stream"
)

// Config is what the network is like in good weather. Spans are in nanoseconds.
type Config struct {
	LatencyMin  int64     // every message takes at least this long
	LatencyMean int64     // and this much longer on average
	Spread      Spread    // how that is distributed
	Drop        uint64    // chance that a message is lost, in parts per million
	Encode      bool      // encode every message and decode it on arrival, as on a real wire
	Link        Transport // what links promise
	Reconnect   int64     // how long a broken connection of a FIFO link stays broken
	Bandwidth   int64     // bytes a second that each link carries, one way; 0 for no limit
	Backlog     int64     // bytes that may wait for a link, what comes on top is lost; 0 for no limit
}

// Ends is where the network delivers, and who watches it.
type Ends[M any] interface {
	// Up tells whether a replica is there to be delivered to.
	Up(id node.ID) bool
	// Message delivers to a replica. It returns false if the replica is not there.
	Message(to, from node.ID, m *M) bool
	// Request delivers to a replica. It returns false if the replica is not there.
	Request(to node.ID, from node.Client, r *node.Request) bool
	// Reply delivers to a client.
	Reply(to node.Client, from node.ID, r *node.Reply)
	// Leaves is told of each message that leaves a replica, but of no lie.
	Leaves(from node.ID, m *M)
}

// Counts is what became of the traffic.
type Counts struct {
	Sent        uint64 `json:"sent"` // messages, requests and replies handed to the network
	Arrived     uint64 `json:"arrived"`
	Dropped     uint64 `json:"dropped"`     // lost by chance, or by number
	Blocked     uint64 `json:"blocked"`     // lost to a partition
	Duplicated  uint64 `json:"duplicated"`  // delivered twice
	Redelivered uint64 `json:"redelivered"` // delivered once more, much later
	Held        uint64 `json:"held"`        // held up by a rule
	Reordered   uint64 `json:"reordered"`   // arrived after one sent later on the same link
	Damaged     uint64 `json:"damaged"`     // had their bytes damaged
	Refused     uint64 `json:"refused"`     // lost because their connection was broken
	Cut         uint64 `json:"cut"`         // lost on the way when their connection broke
	Overflowed  uint64 `json:"overflowed"`  // lost because the queue of their link was full
	Deaf        uint64 `json:"deaf"`        // arrived at a host that was down
	Caught      uint64 `json:"caught"`      // thrown away on arrival because of their checksum
	Undecoded   uint64 `json:"undecoded"`   // did not survive its own encoding
	Resets      uint64 `json:"resets"`      // times a connection broke
	Bytes       uint64 `json:"bytes"`       // that replicas sent each other, frames included; counted where messages are encoded
}

// Net is the network of one cluster.
type Net[M any, PM node.Message[M]] struct {
	traffic
	ends Ends[M]
	lie  func(from, to node.ID, m *M) bool // see Lies

	messages sim.Slab[parcel[M]]
	requests sim.Slab[requestParcel]
	replies  sim.Slab[replyParcel]
	bytes    sim.Bytes // of replies and encoded messages
	scratch  []byte
}

// A parcel is a message under way.
type parcel[M any] struct {
	m       M
	encoded []byte // its frame, instead of m, if the network encodes or its bytes are damaged
	sent    uint64 // its number on its link
	number  uint64 // its number in the trace
	epoch   uint32 // of its connection, on a FIFO link
	from    node.ID
}

type requestParcel struct {
	r       node.Request
	encoded []byte // its frame, if its bytes are damaged
	number  uint64
	epoch   uint32
	from    node.Client
}

type replyParcel struct {
	r       node.Reply
	encoded []byte
	number  uint64
	epoch   uint32
	from    node.ID
	to      node.Client
}

// New returns a network that delivers to ends, and registers its events with the kernel.
func New[M any, PM node.Message[M]](k *sim.Kernel, ends Ends[M]) *Net[M, PM] {
	n := &Net[M, PM]{traffic: traffic{kernel: k}, ends: ends}
	k.On(sim.MessageArrives, n.messageArrives)
	k.On(sim.RequestArrives, n.requestArrives)
	k.On(sim.ReplyArrives, n.replyArrives)
	return n
}

// Reset makes the network ready for a run with replicas 1 to nodes: nothing under way, no rules, no exceptions.
func (n *Net[M, PM]) Reset(c Config, nodes int) {
	n.lie, n.lies = nil, false
	n.reset(c, nodes)
	n.messages.Reset()
	n.requests.Reset()
	n.replies.Reset()
	n.bytes.Reset()
}

// Lies makes the network hand every message between replicas to f before it does anything else with it: f may change its fields, and tells
// whether it did. What a message states that was changed is held against nobody. nil: nobody lies.
func (n *Net[M, PM]) Lies(f func(from, to node.ID, m *M) bool) {
	n.lie, n.lies = f, f != nil
	n.look()
}

// Send carries a message from one replica to another. Here is the short way, for where no rule covers the link and nothing else could hurt a message: all that
// becomes of it is when it arrives.
func (n *Net[M, PM]) Send(from, to node.ID, m *M) {
	if !n.plain || n.kernel.Tracing() || !n.links.lead(to) {
		n.sendAny(from, to, m)
		return
	}
	link := n.links.between(from, to)
	if !n.calm && !link.forecast.clear(n.edition) {
		n.sendAny(from, to, m)
		return
	}
	n.ends.Leaves(from, m)
	kind, key := PM(m).Site()
	link.sent++
	n.numbered++
	n.counts.Sent++
	site := stream.Mix(link.name, uint64(kind)<<48^key) // see traffic.site
	lot := stream.Mix(site, n.attempts.next(site, place(from.Addr(), to.Addr(), uint64(kind), key)))
	handle := n.messages.Put()
	p := n.messages.At(handle)
	p.m, p.encoded, p.sent, p.number, p.epoch, p.from = *m, nil, link.sent, n.numbered, 0, from
	n.kernel.Schedule(n.kernel.Now()+n.latency(lot), sim.MessageArrives, to, uint64(handle), uint64(from)<<32|uint64(to)<<16|uint64(kind), key)
}

// sendAny is the long way, for all messages.
func (n *Net[M, PM]) sendAny(from, to node.ID, m *M) {
	handle := n.messages.Put()
	p := n.messages.At(handle)
	p.m, p.encoded, p.epoch, p.from = *m, nil, 0, from
	msg := PM(&p.m)
	if n.lie == nil || !n.lie(from, to, &p.m) {
		n.ends.Leaves(from, &p.m)
	}
	kind, key := msg.Site()
	if n.config.Encode {
		p.encoded = n.frame(msg)
		n.kernel.FoldBytes(sim.Carried, p.encoded[frameHead:])
		n.counts.Bytes += uint64(len(p.encoded))
	}
	if !n.links.lead(to) {
		n.messages.Free(handle) // addressed to nobody
		return
	}
	link := n.links.between(from, to)
	link.sent++
	p.sent = link.sent
	site := uint64(from)<<32 | uint64(to)<<16 | uint64(kind)

	lot := n.draw(from.Addr(), to.Addr(), uint64(kind), key)
	if n.calm {
		n.numbered++
		p.number = n.numbered
		if n.kernel.Tracing() {
			n.tell(&fate{number: p.number}, from.Addr(), to.Addr(), msg)
		}
		n.kernel.Schedule(n.kernel.Now()+n.latency(lot), sim.MessageArrives, to, uint64(handle), site, key)
		return
	}
	var f fate
	n.over = n.forecast(link, from.Addr(), to.Addr())
	n.decide(&f, uint64(kind), lot)
	if f.bandwidth > 0 || n.config.Link == FIFO {
		size := uint64(len(p.encoded))
		if f.bandwidth > 0 && size == 0 {
			n.scratch = msg.Append(n.scratch[:0])
			size = uint64(len(n.scratch)) + frameHead
		}
		p.epoch = n.cross(&f, link, n.links.connection(from, to), size)
	}
	n.settle(&f, lot)
	p.number = f.number
	if n.kernel.Tracing() {
		n.tell(&f, from.Addr(), to.Addr(), msg)
	}
	if f.cause != through {
		n.messages.Free(handle)
		return
	}
	copies := p.number
	if f.copyDelay > 0 {
		copies++
		n.copyTo(&f, f.copyDelay, copies, p, to, site, key)
	}
	if f.againDelay > 0 {
		copies++
		n.copyTo(&f, f.againDelay, copies, p, to, site, key)
	}
	if f.damage != 0 {
		p.encoded = damage(n.frame(msg), f.damage)
	}
	if f.heldBy != 0 {
		n.hold(&f, f.delay, from.Addr(), to.Addr(), sim.MessageArrives, to, uint64(handle), site, key)
		return
	}
	n.kernel.Schedule(n.kernel.Now()+f.delay, sim.MessageArrives, to, uint64(handle), site, key)
}

// copyTo sends a copy of a message, that much later than the message itself, with a number of its own.
func (n *Net[M, PM]) copyTo(f *fate, later int64, number uint64, p *parcel[M], to node.ID, site, key uint64) {
	handle := n.messages.Put()
	second := n.messages.At(handle)
	*second = *p
	second.number = number
	n.dispatch(f, f.delay+later, p.from.Addr(), to.Addr(), sim.MessageArrives, to, uint64(handle), site, key)
}

// frame returns a message as it lies on the wire, in memory that lasts until the end of the run.
func (n *Net[M, PM]) frame(msg PM) []byte {
	n.scratch = msg.Append(openFrame(n.scratch[:0]))
	closeFrame(n.scratch)
	return n.bytes.Copy(n.scratch)
}

func (n *Net[M, PM]) messageArrives(e *sim.Event) {
	handle := uint32(e.A)
	p := n.messages.At(handle)
	whole := p.encoded == nil && (n.config.Link != FIFO || n.links.connection(p.from, e.Host).epoch == p.epoch)
	if whole || n.opens(p, e.Host) {
		link := n.links.between(p.from, e.Host)
		if p.sent < link.arrived {
			n.counts.Reordered++
		} else {
			link.arrived = p.sent
		}
		if n.kernel.Tracing() {
			n.tellArrival(e.Host, p.from.Addr(), p.number, PM(&p.m))
		}
		n.arrived(n.ends.Message(e.Host, p.from, &p.m))
	}
	n.messages.Free(handle)
}

// opens tells whether a message comes off the wire as it was put there.
func (n *Net[M, PM]) opens(p *parcel[M], to node.ID) bool {
	body, lost := n.open(p.encoded, p.epoch, p.from.Addr(), to.Addr())
	if lost == "" && p.encoded != nil {
		if err := PM(&p.m).Decode(body); err != nil {
			n.counts.Undecoded++
			lost = undecoded
		}
	}
	if lost != "" && n.kernel.Tracing() {
		n.tellLost(p.from.Addr(), to.Addr(), p.number, PM(&p.m), lost)
	}
	return lost == ""
}

// tellArrival reports an arrival at a replica to the trace, before it is handled.
func (n *Net[M, PM]) tellArrival(at node.ID, from node.Addr, number uint64, what fmt.Stringer) {
	kind := sim.Arrived
	if !n.ends.Up(at) {
		kind = sim.ArrivedOff
	}
	r := sim.Record{Kind: kind, Who: at.Addr(), Peer: from, Message: number}
	label(&r, what)
	n.kernel.Emit(r)
}

// Add adds another network's counts.
func (c *Counts) Add(o Counts) {
	c.Sent += o.Sent
	c.Arrived += o.Arrived
	c.Dropped += o.Dropped
	c.Blocked += o.Blocked
	c.Duplicated += o.Duplicated
	c.Redelivered += o.Redelivered
	c.Held += o.Held
	c.Reordered += o.Reordered
	c.Damaged += o.Damaged
	c.Refused += o.Refused
	c.Cut += o.Cut
	c.Overflowed += o.Overflowed
	c.Deaf += o.Deaf
	c.Caught += o.Caught
	c.Undecoded += o.Undecoded
	c.Resets += o.Resets
	c.Bytes += o.Bytes
}
