package netsim

import (
	"fmt"

	"simrun/node"
	"simrun/node/fact"
	"simrun/sim"
	"simrun/sim/stream"
)

// Config is what the network is like in good weather. Spans are in nanoseconds.
type Config struct {
	LatencyMin  int64  // every message takes at least this long
	LatencyMean int64  // and this much longer on average, exponentially distributed
	Drop        uint64 // chance that a message is lost, in parts per million
	Encode      bool   // encode every message and decode it on arrival, as on a real wire
}

// Ends is where the network delivers, and who watches it.
type Ends[M any] interface {
	// Up tells whether a replica is there to be delivered to.
	Up(id node.ID) bool
	// Message delivers to a replica.
	Message(to, from node.ID, m *M)
	// Request delivers to a replica.
	Request(to node.ID, from node.Client, r *node.Request)
	// Reply delivers to a client.
	Reply(to node.Client, from node.ID, r *node.Reply)
	// Stated is told each fact in a message that leaves a replica.
	Stated(from node.ID, f fact.Fact)
}

// Counts is what became of the traffic.
type Counts struct {
	Sent       uint64 `json:"sent"` // messages, requests and replies handed to the network
	Arrived    uint64 `json:"arrived"`
	Dropped    uint64 `json:"dropped"`    // lost by chance
	Blocked    uint64 `json:"blocked"`    // lost to a partition
	Duplicated uint64 `json:"duplicated"` // delivered twice
	Held       uint64 `json:"held"`       // held up by a rule
	Reordered  uint64 `json:"reordered"`  // arrived after one sent later on the same link
	Deaf       uint64 `json:"deaf"`       // arrived at a host that was down
	Undecoded  uint64 `json:"undecoded"`  // did not survive its own encoding
}

// Net is the network of one cluster.
type Net[M any, PM node.Message[M]] struct {
	kernel *sim.Kernel
	ends   Ends[M]
	config Config
	seed   uint64
	counts Counts
	rules  []ruleInForce
	salt   uint64 // see Reseed

	exceptions []exemption     // by site and attempt
	strikes    func(Exception) // see Strikes

	attempts attempts
	messages sim.Slab[parcel[M]]
	requests sim.Slab[requestParcel]
	replies  sim.Slab[replyParcel]
	bytes    sim.Bytes // of replies and encoded messages
	scratch  []byte

	order   []linkOrder // by from*width+to, replicas only
	width   int
	speaker node.ID // whose message is stating facts
	state   func(fact.Fact)
}

type ruleInForce struct {
	id int
	Rule
}

// A parcel is a message under way.
type parcel[M any] struct {
	m       M
	encoded []byte // instead of m, if the network encodes
	sent    uint64 // its number on its link
	number  uint64 // its number in the trace
	from    node.ID
}

type requestParcel struct {
	r      node.Request
	from   node.Client
	number uint64
}

type replyParcel struct {
	r      node.Reply
	from   node.ID
	to     node.Client
	number uint64
}

type linkOrder struct{ sent, arrived uint64 }

// New returns a network that delivers to ends, and registers its events with the kernel.
func New[M any, PM node.Message[M]](k *sim.Kernel, ends Ends[M]) *Net[M, PM] {
	n := &Net[M, PM]{kernel: k, ends: ends}
	n.state = func(f fact.Fact) { n.ends.Stated(n.speaker, f) }
	k.On(sim.MessageArrives, n.messageArrives)
	k.On(sim.RequestArrives, n.requestArrives)
	k.On(sim.ReplyArrives, n.replyArrives)
	return n
}

// Reset makes the network ready for a run with replicas 1 to nodes: nothing under way, no rules, no exceptions.
func (n *Net[M, PM]) Reset(c Config, nodes int) {
	n.config, n.counts = c, Counts{}
	n.seed = stream.Mix(n.kernel.Seed(), stream.Name("network"))
	clear(n.rules)
	n.rules = n.rules[:0]
	n.salt, n.exceptions, n.strikes = 0, n.exceptions[:0], nil
	n.attempts.reset()
	n.messages.Reset()
	n.requests.Reset()
	n.replies.Reset()
	n.bytes.Reset()
	n.width = nodes + 1
	if need := n.width * n.width; cap(n.order) < need {
		n.order = make([]linkOrder, need)
	} else {
		n.order = n.order[:need]
		clear(n.order)
	}
}

// Counts returns what became of the traffic so far.
func (n *Net[M, PM]) Counts() Counts { return n.counts }

// AddRule puts a rule in force, until RemoveRule of the same id.
func (n *Net[M, PM]) AddRule(id int, r Rule) { n.rules = append(n.rules, ruleInForce{id, r}) }

// RemoveRule takes the rules with that id out of force.
func (n *Net[M, PM]) RemoveRule(id int) {
	kept := n.rules[:0]
	for _, r := range n.rules {
		if r.id != id {
			kept = append(kept, r)
		}
	}
	clear(n.rules[len(kept):])
	n.rules = kept
}

// Calm takes every rule and exception out of force and sets the good-weather loss to zero.
func (n *Net[M, PM]) Calm() {
	clear(n.rules)
	n.rules = n.rules[:0]
	n.exceptions = n.exceptions[:0]
	n.config.Drop = 0
}

// Send carries a message from one replica to another.
func (n *Net[M, PM]) Send(from, to node.ID, m M) {
	p, handle := n.messages.Put()
	p.m, p.from = m, from
	msg := PM(&p.m)
	n.speaker = from
	msg.Facts(n.state)
	kind, key := msg.Site()
	p.encoded = nil
	if n.config.Encode {
		n.scratch = msg.Append(n.scratch[:0])
		n.kernel.Hash().Bytes(n.scratch)
		p.encoded = n.bytes.Copy(n.scratch)
	}
	if int(to) >= n.width || to == 0 {
		n.messages.Free(handle) // addressed to nobody
		return
	}
	link := &n.order[int(from)*n.width+int(to)]
	link.sent++
	p.sent = link.sent
	site := uint64(from)<<32 | uint64(to)<<16 | uint64(kind)

	f := n.fate(from.Addr(), to.Addr(), uint64(kind), key)
	if n.kernel.Tracing() {
		n.tell(f, from.Addr(), to.Addr(), msg)
	}
	if f.lost {
		n.messages.Free(handle)
		return
	}
	p.number = n.number(f)
	now := n.kernel.Now()
	if f.copied {
		copied, second := n.messages.Put()
		*copied = *p
		copied.number++
		n.kernel.Schedule(now+f.delay+f.copyDelay, sim.MessageArrives, to, uint64(second), site, key)
	}
	n.kernel.Schedule(now+f.delay, sim.MessageArrives, to, uint64(handle), site, key)
}

func (n *Net[M, PM]) messageArrives(e *sim.Event) {
	handle := uint32(e.A)
	p := n.messages.At(handle)
	if p.encoded != nil {
		if err := PM(&p.m).Decode(p.encoded); err != nil {
			n.counts.Undecoded++
			if n.kernel.Tracing() {
				n.kernel.Emit(sim.Record{Kind: sim.Lost, Who: p.from.Addr(), Peer: e.Host.Addr(), Message: p.number, Text: "(did not survive its encoding)"})
			}
			n.messages.Free(handle)
			return
		}
	}
	link := &n.order[int(p.from)*n.width+int(e.Host)]
	if p.sent < link.arrived {
		n.counts.Reordered++
	} else {
		link.arrived = p.sent
	}
	if n.arrives(e.Host, p.from.Addr(), p.number, PM(&p.m)) {
		n.ends.Message(e.Host, p.from, &p.m)
	}
	n.messages.Free(handle)
}

// arrives counts an arrival at a replica and tells whether anybody is there to hear it.
func (n *Net[M, PM]) arrives(at node.ID, from node.Addr, number uint64, what fmt.Stringer) bool {
	kind := sim.Arrived
	if n.ends.Up(at) {
		n.counts.Arrived++
	} else {
		n.counts.Deaf++
		kind = sim.ArrivedOff
	}
	if n.kernel.Tracing() {
		r := sim.Record{Kind: kind, Who: at.Addr(), Peer: from, Message: number}
		label(&r, what)
		n.kernel.Emit(r)
	}
	return kind == sim.Arrived
}

// Add adds another network's counts.
func (c *Counts) Add(o Counts) {
	c.Sent += o.Sent
	c.Arrived += o.Arrived
	c.Dropped += o.Dropped
	c.Blocked += o.Blocked
	c.Duplicated += o.Duplicated
	c.Held += o.Held
	c.Reordered += o.Reordered
	c.Deaf += o.Deaf
	c.Undecoded += o.Undecoded
}
