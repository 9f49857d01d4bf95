package paxos

import (
	"encoding/binary"
	"slices"

	"simrun/node"
	"simrun/node/wal"
)

// Replica is one member of the group: a proposer, an acceptor and a learner. It implements node.Node.
type Replica struct {
	config Config
	self   node.ID

	acceptor acceptor
	proposer proposer
	learner  learner

	log     wal.Log
	silent  bool   // the log was corrupt
	scratch []byte // for the payload of a record
}

// The timers.
const (
	timerProposer node.TimerID = iota
	timerPoll
)

// New returns the replica id, which must be one of c.Nodes or c.Learners. c must have passed Validate.
func New(id node.ID, c Config) *Replica { return &Replica{self: id, config: c} }

// Start recovers what the acceptor promised and accepted.
func (r *Replica) Start(env node.Env[Message]) {
	if !r.recover(env) {
		r.silent = true
		env.Logf("falls silent: its log is corrupt")
		return
	}
	if r.learner.known {
		r.announce(env, 0)
		return
	}
	env.SetTimer(timerPoll, r.config.Poll)
}

// Receive hands a message to the role that it is for.
func (r *Replica) Receive(env node.Env[Message], from node.ID, m *Message) {
	if r.silent || r.place(from) < 0 && (m.Kind != Query || !slices.Contains(r.config.Learners, from)) {
		return
	}
	if r.place(r.self) < 0 && m.Kind != Chosen && m.Kind != Query && m.Kind != synced {
		return // a learner is no acceptor, whoever takes it for one
	}
	r.proposer.highest = max(r.proposer.highest, m.Ballot)
	switch m.Kind {
	case Prepare:
		r.onPrepare(env, from, m.Ballot)
	case Promise:
		r.onPromise(env, from, m)
	case Accept:
		r.onAccept(env, from, m.Ballot, m.Value)
	case Accepted:
		r.onAccepted(env, from, m.Ballot)
	case Reject:
		r.onReject(env, m)
	case Chosen:
		r.learn(env, m.Value, 0)
	case Query:
		r.onQuery(env, from)
	case synced:
		r.log.Synced(m.Through)
	}
}

// Request hands a client's proposal to the proposer, or answers it.
func (r *Replica) Request(env node.Env[Message], from node.Client, q *node.Request) {
	if !r.silent {
		r.onRequest(env, from, q)
	}
}

// Timer handles the proposer's and the learner's timer.
func (r *Replica) Timer(env node.Env[Message], t node.TimerID) {
	switch t {
	case timerProposer:
		r.onProposerTimer(env)
	case timerPoll:
		r.onPoll(env)
	}
}

// place returns where a member stands in the configuration; -1 if it is none.
func (r *Replica) place(id node.ID) int { return slices.Index(r.config.Nodes, id) }

// AppendState appends a canonical encoding of the state. What is kept only to save work is left out.
func (r *Replica) AppendState(dst []byte) []byte {
	word := func(x uint64) { dst = binary.BigEndian.AppendUint64(dst, x) }
	bytes := func(b []byte) { word(uint64(len(b))); dst = append(dst, b...) }
	flag := func(f bool) {
		if f {
			dst = append(dst, 1)
		} else {
			dst = append(dst, 0)
		}
	}
	flag(r.silent)
	word(uint64(r.acceptor.promised))
	word(uint64(r.acceptor.accepted))
	bytes(r.acceptor.value)
	p := &r.proposer
	dst = append(dst, byte(p.phase))
	word(uint64(p.ballot))
	word(uint64(p.highest))
	bytes(p.own)
	bytes(p.value)
	word(uint64(p.adopted))
	word(p.quorum[0])
	word(p.quorum[1])
	word(p.attempts)
	flag(r.learner.known)
	bytes(r.learner.chosen)
	word(uint64(r.learner.polled))
	word(uint64(len(r.learner.waiting)))
	for _, w := range r.learner.waiting {
		word(uint64(w.client))
		word(w.seq)
	}
	word(r.log.Last())
	return dst
}
