package main

import (
	"encoding/json"
	"fmt"
	"slices"

	"simrun/node"
	"simrun/node/fact"
	"simrun/node/machine"
)

// Message is the one message type of the protocol: an update from the primary to a replica, or its answer.
type Message struct {
	Ack     bool
	Version uint64
	State   []byte // of an update
}

func (m *Message) Append(dst []byte) []byte { b, _ := json.Marshal(m); return append(dst, b...) }
func (m *Message) Decode(b []byte) error    { *m = Message{}; return json.Unmarshal(b, m) }
func (m *Message) Facts(func(fact.Fact))    {} // it neither promises nor votes

// Site names the message, also in other runs.
func (m *Message) Site() (kind uint8, key uint64) {
	if m.Ack {
		return 2, m.Version
	}
	return 1, m.Version
}

func (m *Message) String() string {
	if m.Ack {
		return fmt.Sprintf("Ack %d", m.Version)
	}
	return fmt.Sprintf("Update %d", m.Version)
}

// Replica is one replica of the register: n1 is the primary, the others are backups.
type Replica struct {
	state
	store   machine.KV
	acked   []uint64 // primary: by replica, the version that is on its disk
	waiting []waiting
}

// state is what replicas keep and pass on.
type state struct {
	Version uint64                 // one more with every command
	Done    map[node.Client]answer // the last command of every client: none is executed twice
	Store   []byte                 // snapshot of the store
}

type answer struct {
	Seq    uint64
	Output []byte
}

// waiting is a client that is answered when every replica has the version on its disk.
type waiting struct {
	client  node.Client
	version uint64
	answer
}

const (
	primary = node.ID(1)
	resend  = node.TimerID(1)
)

// New makes a replica with an empty memory, as at every boot.
func New(nodes int) *Replica {
	return &Replica{state: state{Done: map[node.Client]answer{}}, acked: make([]uint64, nodes+1)}
}

// Start reads what the disk remembers.
func (r *Replica) Start(env node.Env[Message]) {
	if b, _ := env.Read("state"); len(b) > 0 {
		r.install(b)
	}
	if env.Self() == primary {
		r.update(env)
	}
}

// Request executes a command at the primary. The client is answered when every replica has it on its disk.
func (r *Replica) Request(env node.Env[Message], from node.Client, q *node.Request) {
	if env.Self() != primary {
		env.Reply(from, node.Reply{Seq: q.Seq, Status: node.Redirect, Leader: primary})
		return
	}
	last := r.Done[from]
	if q.Seq < last.Seq {
		return
	}
	if q.Seq > last.Seq {
		last = answer{q.Seq, r.store.Apply(q.Command, nil)}
		r.Done[from] = last
		r.Version++
		env.Replace("state", r.AppendState(nil))
		r.update(env)
	}
	r.waiting = append(r.waiting, waiting{from, r.Version, last})
	r.answer(env)
}

// update sends the state, once it is on the disk, to every replica that does not have it yet, and again after a while.
func (r *Replica) update(env node.Env[Message]) {
	state := r.AppendState(nil)
	for id := primary + 1; int(id) < len(r.acked); id++ {
		if r.acked[id] < r.Version {
			env.SendDurable(id, Message{Version: r.Version, State: state})
		}
	}
	env.SendDurable(primary, Message{Ack: true, Version: r.Version}) // to itself, when the state is on its disk
	env.SetTimer(resend, 20*node.Millisecond)
}

// Receive installs a newer state, or counts an answer.
func (r *Replica) Receive(env node.Env[Message], from node.ID, m *Message) {
	if !m.Ack {
		if m.Version > r.Version {
			r.install(m.State)
			env.Replace("state", m.State)
		}
		env.SendDurable(from, Message{Ack: true, Version: m.Version})
		return
	}
	r.acked[from] = max(r.acked[from], m.Version)
	r.answer(env)
}

// answer answers whoever waits no longer.
func (r *Replica) answer(env node.Env[Message]) {
	safe := slices.Min(r.acked[1:])
	r.waiting = slices.DeleteFunc(r.waiting, func(w waiting) bool {
		if w.version <= safe {
			env.Reply(w.client, node.Reply{Seq: w.Seq, Status: node.OK, Output: w.Output})
		}
		return w.version <= safe
	})
}

// Timer sends again what was not answered.
func (r *Replica) Timer(env node.Env[Message], _ node.TimerID) {
	if slices.Min(r.acked[1:]) < r.Version {
		r.update(env)
	}
}

// AppendState writes the state in one way only: equal states, equal bytes.
func (r *Replica) AppendState(dst []byte) []byte {
	s := r.state
	s.Store = r.store.Snapshot(nil)
	b, _ := json.Marshal(s)
	return append(dst, b...)
}

// install takes a state over.
func (r *Replica) install(b []byte) {
	r.state = state{}
	if err := json.Unmarshal(b, &r.state); err != nil {
		panic(err) // a replica whose disk lies had better stop
	}
	if err := r.store.Restore(r.Store); err != nil {
		panic(err)
	}
}
