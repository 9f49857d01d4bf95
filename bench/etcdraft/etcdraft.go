// Package etcdraft runs go.etcd.io/raft, unmodified, as a replica of the simulator: with the same network, disks, clients and key-value
// machine as Multi-Paxos, so that both can be measured in one run.
//
// Raft is driven as its documentation says for asynchronous storage writes: an append goes to the log on the simulated disk, and the
// messages that wait for it leave when it is durable. Elections are left out: raft draws their timing from the operating system's
// randomness. The first replica stands at its first tick, and nobody else for a very long time.
package etcdraft

import (
	"encoding/binary"
	"fmt"
	"io"
	"log"
	"math"

	"go.etcd.io/raft/v3"
	"go.etcd.io/raft/v3/raftpb"

	"simrun/node"
	"simrun/node/fact"
	"simrun/node/machine"
	"simrun/node/wal"
	"simrun/scenarios"
	"simrun/scenarios/speed"
)

// Message is a message of raft. It is immutable once it was sent.
type Message struct{ *raftpb.Message }

// Site names a message by its kind and index.
func (m *Message) Site() (kind uint8, key uint64) { return uint8(m.Type) + 1, m.Index }

// Append encodes the message.
func (m *Message) Append(dst []byte) []byte {
	b, err := m.Marshal()
	if err != nil {
		panic(err)
	}
	return append(dst, b...)
}

// Decode is the inverse of Append.
func (m *Message) Decode(b []byte) error {
	m.Message = new(raftpb.Message)
	return m.Unmarshal(b)
}

// Facts states nothing: the invariants of a Paxos log are not raft's.
func (m *Message) Facts(func(fact.Fact)) {}

// String describes the message.
func (m *Message) String() string {
	return fmt.Sprintf("%v term %d index %d, %d entries", m.Type, m.Term, m.Index, len(m.Entries))
}

const (
	file = "log"

	recordHardState = iota
	recordEntry
	recordSnapshot

	tick      = 10 * node.Millisecond
	tickTimer = node.TimerID(0)
)

// Replica is one member.
type Replica struct {
	id      node.ID
	window  int
	batch   bool
	peers   []raft.Peer
	raft    *raft.RawNode
	storage *raft.MemoryStorage
	wal     wal.Log
	scratch []byte
	leader  uint64
	leading bool

	machine   machine.KV
	applied   uint64
	compacted uint64
	last      []answer // by client
}

// answer is what a client's last command came to, so that each is executed once.
type answer struct {
	seq, slot uint64
	output    []byte
}

// Start begins with an empty disk: crashes are not part of what is measured.
func (r *Replica) Start(env node.Env[Message]) {
	r.storage = raft.NewMemoryStorage()
	c := &raft.Config{
		ID: uint64(r.id), ElectionTick: 1 << 20, HeartbeatTick: 2, Storage: r.storage, AsyncStorageWrites: true,
		MaxInflightMsgs: r.window, MaxCommittedSizePerReady: math.MaxUint64, MaxSizePerMsg: 0, // one entry in a message
		Logger: &raft.DefaultLogger{Logger: log.New(io.Discard, "", 0)},
	}
	if r.batch {
		c.MaxSizePerMsg = 1 << 20
	}
	var err error
	if r.raft, err = raft.NewRawNode(c); err != nil {
		panic(err)
	}
	if r.wal, _, err = wal.Open(env, file, func(wal.Record) {}); err != nil {
		panic(err)
	}
	if err := r.raft.Bootstrap(r.peers); err != nil {
		panic(err)
	}
	r.goOn(env)
	env.SetTimer(tickTimer, tick)
}

// Timer lets raft's clock tick.
func (r *Replica) Timer(env node.Env[Message], _ node.TimerID) {
	r.raft.Tick()
	if r.id == 1 && r.leader == 0 && r.applied > 0 { // it knows the members
		must(r.raft.Campaign())
	}
	r.goOn(env)
	env.SetTimer(tickTimer, tick)
}

// Receive hands raft a message, which may be the word of its own disk.
func (r *Replica) Receive(env node.Env[Message], _ node.ID, m *Message) {
	_ = r.raft.Step(*m.Message) // a message it refuses is as good as lost
	r.goOn(env)
}

// Request proposes a client's command.
func (r *Replica) Request(env node.Env[Message], from node.Client, q *node.Request) {
	if !r.leading {
		env.Reply(from, node.Reply{Seq: q.Seq, Status: node.Redirect, Leader: node.ID(r.leader)})
		return
	}
	if a := r.answered(from); a.seq >= q.Seq {
		r.reply(env, from, a)
		return
	}
	data := make([]byte, 0, 12+len(q.Command))
	data = binary.LittleEndian.AppendUint32(data, uint32(from))
	data = binary.LittleEndian.AppendUint64(data, q.Seq)
	if err := r.raft.Propose(append(data, q.Command...)); err != nil {
		env.Reply(from, node.Reply{Seq: q.Seq, Status: node.Overloaded})
		return
	}
	r.goOn(env)
}

// goOn does what raft asks for.
func (r *Replica) goOn(env node.Env[Message]) {
	for r.raft.HasReady() {
		ready := r.raft.Ready()
		if ready.SoftState != nil {
			r.leader, r.leading = ready.Lead, ready.RaftState == raft.StateLeader
		}
		for i := range ready.Messages {
			m := &ready.Messages[i]
			switch m.To {
			case raft.LocalAppendThread:
				r.persist(env, m)
			case raft.LocalApplyThread:
				for j := range m.Entries {
					r.apply(env, &m.Entries[j])
				}
				r.compact(env)
				for _, response := range m.Responses {
					must(r.raft.Step(response))
				}
			default:
				env.Send(node.ID(m.To), Message{m})
			}
		}
	}
}

// persist appends to the log on disk. The responses leave once that is durable.
func (r *Replica) persist(env node.Env[Message], m *raftpb.Message) {
	if hard := (raftpb.HardState{Term: m.Term, Vote: m.Vote, Commit: m.Commit}); !raft.IsEmptyHardState(hard) {
		must(r.storage.SetHardState(hard))
		r.append(env, recordHardState, &hard)
	}
	for i := range m.Entries {
		r.append(env, recordEntry, &m.Entries[i])
	}
	must(r.storage.Append(m.Entries))
	for i := range m.Responses {
		env.SendDurable(node.ID(m.Responses[i].To), Message{&m.Responses[i]})
	}
}

type marshaler interface {
	Size() int
	MarshalTo([]byte) (int, error)
}

func (r *Replica) encode(x marshaler) []byte {
	if n := x.Size(); cap(r.scratch) < n {
		r.scratch = make([]byte, 2*n)
	}
	n, err := x.MarshalTo(r.scratch[:cap(r.scratch)])
	must(err)
	return r.scratch[:n]
}

func (r *Replica) append(env node.Env[Message], kind uint8, x marshaler) {
	r.wal.Append(env, kind+1, r.encode(x))
}

func (r *Replica) apply(env node.Env[Message], e *raftpb.Entry) {
	r.applied = e.Index
	env.Observe(fact.Fact{Kind: fact.Applied, Slot: e.Index, Value: fact.Digest(e.Data)})
	if e.Type != raftpb.EntryNormal {
		var change raftpb.ConfChange
		must(change.Unmarshal(e.Data))
		r.raft.ApplyConfChange(change)
		return
	}
	if len(e.Data) < 12 {
		return // a new leader's empty entry
	}
	client, seq := node.Client(binary.LittleEndian.Uint32(e.Data)), binary.LittleEndian.Uint64(e.Data[4:])
	a := r.answered(client)
	if seq > a.seq {
		a.seq, a.slot, a.output = seq, e.Index, r.machine.Apply(e.Data[12:], a.output[:0])
	}
	if r.leading {
		r.reply(env, client, a)
	}
}

func (r *Replica) answered(client node.Client) *answer {
	for int(client) >= len(r.last) {
		r.last = append(r.last, answer{})
	}
	return &r.last[client]
}

func (r *Replica) reply(env node.Env[Message], to node.Client, a *answer) {
	env.Reply(to, node.Reply{Seq: a.seq, Status: node.OK, Slot: a.slot, Output: a.output})
}

// compact drops entries from memory and from the log on disk, which begins with the machine's state then.
func (r *Replica) compact(env node.Env[Message]) {
	if r.applied < r.compacted+speed.CompactEvery+speed.Retained {
		return
	}
	r.compacted = r.applied - speed.Retained
	must(r.storage.Compact(r.compacted))
	r.wal.Rewriting()
	r.wal.Add(recordSnapshot+1, r.machine.Snapshot(nil))
	last, err := r.storage.LastIndex()
	must(err)
	entries, err := r.storage.Entries(r.compacted+1, last+1, math.MaxUint64)
	must(err)
	for i := range entries {
		r.wal.Add(recordEntry+1, r.encode(&entries[i]))
	}
	hard, _, err := r.storage.InitialState()
	must(err)
	r.wal.Add(recordHardState+1, r.encode(&hard))
	r.wal.Replace(env)
}

// AppendState appends what the log determined.
func (r *Replica) AppendState(dst []byte) []byte {
	return r.machine.Snapshot(binary.LittleEndian.AppendUint64(dst, r.applied))
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

// Scenario is raft under the loads of package speed. The knob batch, above 1, lets a message carry many entries.
func Scenario() scenarios.Scenario {
	return scenarios.Define(scenarios.Spec[Message, *Message]{
		Name: "etcd-raft", Doc: "go.etcd.io/raft under a load to be measured", Knobs: speed.Knobs(), Quorums: speed.Majority,
		Replica: func(id node.ID, c *scenarios.Config) node.Node[Message] {
			r := &Replica{id: id, window: int(c.Knob("window")), batch: c.Knob("batch") > 1}
			for i := range c.Nodes {
				r.peers = append(r.peers, raft.Peer{ID: uint64(i + 1)})
			}
			return r
		},
		Files: []string{file}, Workload: speed.Writes{}, Observer: speed.Agreement,
	})
}
