package paxoslog

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"slices"

	"simrun/node"
	"simrun/node/fact"
	"simrun/node/machine"
	"simrun/node/paxos"
)

// MaxSlots is the length of a log that is full: what comes then is refused.
const MaxSlots = 1 << 14

// file has a byte for each slot that this replica has heard of. The decrees have files of their own.
const file = "slots"

// proposerOf is the address under which a decree answers its own replica.
const proposerOf node.Client = 1_000_000

// Env is what a replica runs in.
type Env = node.Env[Message]

// Replica is a member of the group. It implements node.Node.
type Replica struct {
	self    node.ID
	config  paxos.Config
	decrees []*paxos.Replica // of slot 1, 2, ...
	chosen  [][]byte         // by slot from 1, as far as it is known here: nil is not known
	applied int              // slots
	machine machine.Machine
	clients []client
	queue   []command // that clients want of this replica
	slot    int       // that the first of them is proposed for; 0: none
	inside  inside
}

// client is what the log says of a client: its last command, and what came of it.
type client struct {
	id     node.Client
	seq    uint64
	slot   uint64
	output []byte
}

type command struct {
	client node.Client
	seq    uint64
	value  []byte // as it is proposed
}

// New returns the replica self, one of c.Nodes, with an empty memory. c must have passed Validate.
func New(self node.ID, c paxos.Config, m machine.Machine) *Replica {
	r := &Replica{self: self, config: c, machine: m}
	r.inside.r = r
	return r
}

// Start recovers every decree.
func (r *Replica) Start(env Env) {
	slots, _ := env.Read(file)
	for range slots {
		r.open(env, false)
	}
	r.advance(env)
}

// open makes the decree of the next slot.
func (r *Replica) open(env Env, fresh bool) {
	if fresh {
		env.Append(file, []byte{1})
	}
	r.decrees = append(r.decrees, paxos.New(r.self, r.config))
	r.chosen = append(r.chosen, nil)
	slot := len(r.decrees)
	r.decrees[slot-1].Start(r.at(env, slot))
}

// decree returns the decree of a slot, which exists from now on, as do those before it.
func (r *Replica) decree(env Env, slot int) *paxos.Replica {
	for len(r.decrees) < slot {
		r.open(env, true)
	}
	return r.decrees[slot-1]
}

// at returns the environment of the decree of a slot.
func (r *Replica) at(env Env, slot int) *inside {
	r.inside.env, r.inside.slot = env, slot
	return &r.inside
}

// Receive hands a message to the decree that it is about.
func (r *Replica) Receive(env Env, from node.ID, m *Message) {
	if m.Slot == 0 || m.Slot > MaxSlots {
		return
	}
	d := r.decree(env, int(m.Slot))
	d.Receive(r.at(env, int(m.Slot)), from, &m.Decree)
	r.advance(env)
}

// Timer hands a timer to the decree that set it.
func (r *Replica) Timer(env Env, t node.TimerID) {
	slot := int(t)/timers + 1
	if slot <= len(r.decrees) {
		r.decrees[slot-1].Timer(r.at(env, slot), t%timers)
		r.advance(env)
	}
}

// Request takes a client's command, unless the log has it already.
func (r *Replica) Request(env Env, from node.Client, q *node.Request) {
	if q.Op != node.Command || q.Seq == 0 || from >= proposerOf || len(r.decrees) >= MaxSlots {
		env.Reply(from, node.Reply{Seq: q.Seq, Status: node.Refused})
		return
	}
	if c := r.client(from); c.seq >= q.Seq {
		r.answer(env, c, q.Seq)
		return
	}
	if !slices.ContainsFunc(r.queue, func(c command) bool { return c.client == from && c.seq == q.Seq }) {
		value := binary.AppendUvarint(binary.AppendUvarint(nil, uint64(from)), q.Seq)
		r.queue = append(r.queue, command{from, q.Seq, append(value, q.Command...)})
	}
	r.advance(env)
}

// client returns what the log says of a client; nothing, if it says nothing.
func (r *Replica) client(id node.Client) client {
	if at, found := r.findClient(id); found {
		return r.clients[at]
	}
	return client{id: id}
}

func (r *Replica) findClient(id node.Client) (at int, found bool) {
	return slices.BinarySearchFunc(r.clients, id, func(c client, id node.Client) int { return cmp.Compare(c.id, id) })
}

func (r *Replica) answer(env Env, c client, seq uint64) {
	if c.seq == seq {
		env.Reply(c.id, node.Reply{Seq: seq, Status: node.OK, Slot: c.slot, Output: c.output})
	}
}

// advance applies what is chosen without a gap, and proposes the first command that waits for the first slot that is free, as far as is known here.
func (r *Replica) advance(env Env) {
	for {
		for r.applied < len(r.chosen) && r.chosen[r.applied] != nil {
			r.applied++
			r.apply(env, r.chosen[r.applied-1])
		}
		r.queue = slices.DeleteFunc(r.queue, func(c command) bool { return r.client(c.client).seq >= c.seq })
		if r.slot > r.applied || len(r.queue) == 0 {
			return // it is under way
		}
		r.slot = r.applied + 1
		if r.slot > MaxSlots {
			return
		}
		d := r.decree(env, r.slot)
		d.Request(r.at(env, r.slot), proposerOf, &node.Request{Op: node.Command, Seq: 1, Command: r.queue[0].value})
		if r.chosen[r.slot-1] == nil {
			return
		}
	}
}

// apply executes the value of the slot after the last one, unless it was executed in an earlier slot: a client that got no answer asks another replica.
func (r *Replica) apply(env Env, value []byte) {
	id, n := binary.Uvarint(value)
	seq, m := binary.Uvarint(value[max(n, 0):])
	if n <= 0 || m <= 0 || id == 0 || id >= uint64(proposerOf) {
		return
	}
	at, found := r.findClient(node.Client(id))
	if !found {
		r.clients = slices.Insert(r.clients, at, client{id: node.Client(id)})
	}
	c := &r.clients[at]
	if seq <= c.seq {
		return
	}
	c.seq, c.slot = seq, uint64(r.applied)
	c.output = r.machine.Apply(value[n+m:], c.output[:0])
	if slices.ContainsFunc(r.queue, func(q command) bool { return q.client == c.id && q.seq == seq }) {
		r.answer(env, *c, seq)
	}
}

// AppendState appends the state of every decree, what the log says of clients, and what waits. What is chosen the decrees know.
func (r *Replica) AppendState(dst []byte) []byte {
	number := func(x uint64) { dst = binary.AppendUvarint(dst, x) }
	text := func(b []byte) {
		number(uint64(len(b)))
		dst = append(dst, b...)
	}
	number(uint64(len(r.decrees)))
	for _, d := range r.decrees {
		dst = d.AppendState(dst)
	}
	number(uint64(r.applied))
	number(uint64(r.slot))
	number(uint64(len(r.clients)))
	for i := range r.clients {
		c := &r.clients[i]
		number(uint64(c.id))
		number(c.seq)
		number(c.slot)
		text(c.output)
	}
	number(uint64(len(r.queue)))
	for _, q := range r.queue { // whose it is, its value says
		text(q.value)
	}
	return r.machine.Snapshot(dst)
}

// timers is how many timers a decree may have.
const timers = 2

// inside is the environment of one slot's decree.
type inside struct {
	env  Env
	r    *Replica
	slot int
}

// name returns the name of a decree's file.
func (e *inside) name(file string) string { return fmt.Sprintf("%s-%d", file, e.slot) }

func (e *inside) timer(t node.TimerID) node.TimerID { return node.TimerID(e.slot-1)*timers + t }

func (e *inside) message(m paxos.Message) Message { return Message{Slot: uint64(e.slot), Decree: m} }

func (e *inside) Append(file string, b []byte)              { e.env.Append(e.name(file), b) }
func (e *inside) Replace(file string, b []byte)             { e.env.Replace(e.name(file), b) }
func (e *inside) Truncate(file string, size int)            { e.env.Truncate(e.name(file), size) }
func (e *inside) Read(file string) ([]byte, error)          { return e.env.Read(e.name(file)) }
func (e *inside) Self() node.ID                             { return e.env.Self() }
func (e *inside) Now() node.Local                           { return e.env.Now() }
func (e *inside) Rand() uint64                              { return e.env.Rand() }
func (e *inside) SetTimer(t node.TimerID, after node.Local) { e.env.SetTimer(e.timer(t), after) }
func (e *inside) StopTimer(t node.TimerID)                  { e.env.StopTimer(e.timer(t)) }
func (e *inside) Send(to node.ID, m paxos.Message)          { e.env.Send(to, e.message(m)) }
func (e *inside) SendDurable(to node.ID, m paxos.Message)   { e.env.SendDurable(to, e.message(m)) }
func (e *inside) Perturb(point uint16) bool                 { return e.env.Perturb(point) }
func (e *inside) Logf(format string, args ...uint64)        { e.env.Logf(format, args...) }

// Reply is for the replica itself, which hears of the decision by Observe.
func (e *inside) Reply(node.Client, node.Reply) {}

// Observe takes note of what was chosen.
func (e *inside) Observe(f fact.Fact) {
	if f.Kind == fact.Learned {
		e.r.chosen[e.slot-1] = append([]byte{}, f.Bytes...)
	}
}
