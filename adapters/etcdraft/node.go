package etcdraft

import (
	"encoding/binary"

	"go.etcd.io/raft/v3"
	pb "go.etcd.io/raft/v3/raftpb"

	"simrun/node"
	"simrun/node/fact"
	"simrun/node/machine"
	"simrun/node/wal"
)

// Env is what a replica may do.
type Env = node.Env[Message]

// ReadMode says how reads are answered.
type ReadMode uint8

const (
	ReadLog       ReadMode = iota // by an entry of the log
	ReadLeader                    // by the leader, when it has confirmed that it leads (ReadIndex)
	ReadEverybody                 // by whoever is asked, likewise
)

// Config is what a replica must know.
type Config struct {
	ID              uint64
	Nodes           int        // founding members, with the IDs from 1
	Heartbeat       node.Local // between two signs of life of a leader
	Election        node.Local // how long a follower bears silence at least; the most is twice that
	MaxMessageBytes uint64     // of entries in one message
	MaxInflight     int        // messages with entries on their way to one peer
	CheckpointEvery uint64     // entries between two snapshots; 0 for none
	Retain          uint64     // entries that are kept below a snapshot, for peers that are behind
	MaxSessions     int        // beyond, the one idle for longest is dropped
	Reads           ReadMode
	PreVote         bool
	CheckQuorum     bool
	MaxChanges      uint64     // membership changes and transfers of leadership that leaders make up, over the life of the group
	Churn           node.Local // between two of them
}

// Timers.
const (
	tick node.TimerID = iota
	election
	churn
)

// Node is a replica.
type Node struct {
	config Config
	rn     *raft.RawNode
	store  *raft.MemoryStorage
	log    wal.Log
	hard   pb.HardState
	conf   pb.ConfState
	silent bool // its log is damaged: it takes no part

	state    raft.StateType // as last seen
	term     uint64
	snapshot uint64   // index of the last
	syncing  bool     // a message to itself is on its way
	sent     []uint64 // by peer: tick at which a snapshot was sent to it, of which nothing was heard; 0 for none
	ticks    uint64

	applied  uint64
	machine  machine.KV
	sessions sessions
	changes  uint64

	reads       []read
	asked       uint64
	incarnation uint64
	scratch     []byte
}

// New returns a replica with an empty memory.
func New(c Config) *Node { return &Node{config: c, sent: make([]uint64, c.Nodes+1)} }

// Start recovers from the disk.
func (n *Node) Start(env Env) {
	n.incarnation = env.Rand()
	if !n.recover(env) {
		n.silent = true
		return
	}
	rn, err := raft.NewRawNode(&raft.Config{
		ID: n.config.ID, Storage: n.store, Applied: n.applied, AsyncStorageWrites: true,
		HeartbeatTick: 1, ElectionTick: int(max(n.config.Election/n.config.Heartbeat, 2)),
		MaxSizePerMsg: n.config.MaxMessageBytes, MaxInflightMsgs: n.config.MaxInflight,
		MaxCommittedSizePerReady: 1 << 20, // by default it is MaxSizePerMsg, and with 0 there nothing would ever be applied
		PreVote:                  n.config.PreVote, CheckQuorum: n.config.CheckQuorum,
		DisableProposalForwarding: true, Logger: quiet{},
	})
	if err != nil {
		panic("etcdraft: " + err.Error())
	}
	n.rn = rn
	n.term = n.hard.Term
	env.SetTimer(tick, n.config.Heartbeat)
	if n.config.MaxChanges > 0 {
		env.SetTimer(churn, n.config.Churn)
	}
	n.armElection(env)
	n.ready(env)
}

func (n *Node) armElection(env Env) {
	env.SetTimer(election, n.config.Election+node.Local(env.Rand()%uint64(n.config.Election)))
}

// Timer ticks, or stands for election.
func (n *Node) Timer(env Env, t node.TimerID) {
	if n.silent {
		return
	}
	switch t {
	case tick:
		env.SetTimer(tick, n.config.Heartbeat)
		n.ticks++
		if n.state == raft.StateLeader {
			n.rn.Tick()
			n.giveUpSnapshots()
		} else {
			n.rn.TickQuiesced() // Tick would compare with a span drawn from crypto/rand
		}
	case election:
		n.armElection(env)
		if n.state != raft.StateLeader {
			_ = n.rn.Campaign() // a learner is refused
		}
	case churn:
		env.SetTimer(churn, n.config.Churn)
		n.makeChange(env)
	}
	n.ready(env)
}

// giveUpSnapshots tells the library of snapshots that must have been lost: it sends a peer nothing else until it hears of them.
func (n *Node) giveUpSnapshots() {
	for id, at := range n.sent {
		if at > 0 && n.ticks > at+10 {
			n.sent[id] = 0
			n.rn.ReportSnapshot(uint64(id), raft.SnapshotFailure)
		}
	}
}

// Receive hands a message to the library.
func (n *Node) Receive(env Env, from node.ID, m *Message) {
	if n.silent {
		return
	}
	if m.Kind == synced {
		n.syncing = false
		n.log.Synced(m.Index)
		return
	}
	var x pb.Message
	if x.Unmarshal(m.Bytes) != nil {
		return
	}
	_ = n.rn.Step(x) // it refuses messages that are none of its business
	switch s := n.rn.BasicStatus(); {
	case s.Term != x.Term:
	case x.Type == pb.MsgApp || x.Type == pb.MsgHeartbeat || x.Type == pb.MsgSnap:
		n.armElection(env)
	case x.Type == pb.MsgVote && s.Vote == x.From:
		n.armElection(env)
	}
	n.ready(env)
}

// Request proposes a client's command, or asks for a read.
func (n *Node) Request(env Env, from node.Client, r *node.Request) {
	if n.silent {
		return
	}
	lead := n.rn.BasicStatus().Lead
	switch {
	case r.Op != node.Command && r.Op != node.Read && r.Op != node.Register:
		env.Reply(from, node.Reply{Seq: r.Seq, Status: node.Refused})
	case lead != 0 && r.Op == node.Read && n.config.Reads == ReadEverybody:
		n.ask(from, r)
	case n.state != raft.StateLeader:
		env.Reply(from, node.Reply{Seq: r.Seq, Status: node.Redirect, Leader: node.ID(lead)})
	case r.Op == node.Read && n.config.Reads == ReadLeader:
		n.ask(from, r)
	case n.rn.Propose(appendCommand(nil, from, r)) != nil:
		env.Reply(from, node.Reply{Seq: r.Seq, Status: node.Overloaded})
	}
	n.ready(env)
}

// ready does everything that the library wants done, until it wants nothing.
func (n *Node) ready(env Env) {
	for n.rn.HasReady() {
		rd := n.rn.Ready()
		n.observe(env)
		for i := range rd.ReadStates {
			n.confirm(rd.ReadStates[i].RequestCtx, rd.ReadStates[i].Index)
		}
		for i := range rd.Messages {
			m := &rd.Messages[i]
			switch m.To {
			case raft.LocalAppendThread:
				n.persist(env, m)
			case raft.LocalApplyThread:
				for j := range m.Entries {
					n.apply(env, &m.Entries[j])
				}
				for j := range m.Responses {
					_ = n.rn.Step(m.Responses[j])
				}
				n.checkpoint(env)
			default:
				if m.Type == pb.MsgSnap {
					n.sent[m.To] = n.ticks + 1
				}
				env.Send(node.ID(m.To), encode(m))
			}
		}
		n.serve(env)
	}
	n.observe(env)
}

// observe tells when the replica takes the lead, and when it lets go.
func (n *Node) observe(env Env) {
	s := n.rn.BasicStatus()
	if s.RaftState == n.state && s.Term == n.term {
		return
	}
	self := node.ID(n.config.ID)
	if n.state == raft.StateLeader {
		env.Observe(fact.Fact{Kind: fact.Following, Ballot: uint64(node.NewBallot(n.term, self))})
	}
	n.state, n.term = s.RaftState, s.Term
	if n.state == raft.StateLeader {
		clear(n.sent)
		own := n.rn.Status().Progress[n.config.ID] // its match is what the log held before the first entry of this term
		env.Observe(fact.Fact{Kind: fact.Leading, Ballot: uint64(node.NewBallot(n.term, self)), Slot: own.Match})
	}
}

// AppendState appends what can be seen of the replica: the library keeps most of its state to itself.
func (n *Node) AppendState(dst []byte) []byte {
	if n.silent {
		return append(dst, 1)
	}
	dst = append(dst, 0, byte(n.state))
	dst = appendHard(dst, &n.hard)
	dst = binary.AppendUvarint(binary.AppendUvarint(dst, n.applied), n.snapshot)
	return n.appendImage(dst)
}
