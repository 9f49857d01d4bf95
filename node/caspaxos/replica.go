package caspaxos

import (
	"encoding/binary"
	"errors"
	"fmt"

	"simrun/node"
	"simrun/node/wal"
)

// Config is the settings of a replica.
type Config struct {
	Members    Membership // that a new group begins with; later ones are on disk
	Resend     node.Local // an unanswered message is sent again after this time
	BackoffMin node.Local // a preempted round pauses for a random time, up to this at first,
	BackoffMax node.Local // and up to this in the end
	Rounds     int        // requests that are at work or wait, at most
	Rewrite    int        // records that the log may have beyond twice the number of registers before it is written anew
}

// DefaultConfig returns majorities of the nodes, and times for links of about a millisecond.
func DefaultConfig(nodes ...node.ID) Config {
	return Config{
		Members: Majority(nodes...), Resend: 20 * node.Millisecond,
		BackoffMin: 5 * node.Millisecond, BackoffMax: 200 * node.Millisecond,
		Rounds: 1024, Rewrite: 1000,
	}
}

// Validate refuses settings that make no sense.
func (c Config) Validate() error {
	switch {
	case c.Resend <= 0:
		return errors.New("caspaxos: Resend must be positive")
	case c.BackoffMin < 0 || c.BackoffMax < c.BackoffMin:
		return errors.New("caspaxos: BackoffMax must be at least BackoffMin, which must not be negative")
	case c.Rounds < 1 || c.Rewrite < 1:
		return errors.New("caspaxos: Rounds and Rewrite must be at least 1")
	}
	return c.Members.Validate()
}

// Replica is a proposer and an acceptor. It implements node.Node.
type Replica struct {
	config  Config
	members Membership
	cells   cells
	rounds  []round // in the order of their requests
	told    []told

	log       wal.Log
	rewritten uint64 // last record of the log when it was last written anew
	durable   uint64 // record through which the log is known to be durable
	silent    bool   // the log was corrupt
	scratch   []byte // for the payload of a record
}

const timerRounds node.TimerID = 0

// New returns a replica with an empty memory. c must have passed Validate.
func New(c Config) *Replica { return &Replica{config: c, members: c.Members} }

// Start recovers what was promised and accepted.
func (r *Replica) Start(env node.Env[Message]) {
	if !r.recover(env) {
		r.silent = true
		env.Logf("falls silent: its log is corrupt")
	}
}

// Receive hands a message to the role that it is for.
func (r *Replica) Receive(env node.Env[Message], from node.ID, m *Message) {
	if r.silent {
		return
	}
	if m.Kind == synced {
		r.durable = max(r.durable, m.Through)
		r.log.Synced(m.Through)
		r.tell(env)
		return
	}
	c := r.cells.of(m.Key)
	c.seen = max(c.seen, m.Ballot)
	switch m.Kind {
	case Prepare:
		r.onPrepare(env, from, c, m.Ballot)
	case Promise:
		r.onPromise(env, from, m)
	case Accept:
		r.onAccept(env, from, c, m.Ballot, m.Row)
	case Accepted:
		r.onAccepted(env, from, m)
	case Reject:
		r.onReject(env, m)
	}
}

// Request hands a client's request to the proposer.
func (r *Replica) Request(env node.Env[Message], from node.Client, q *node.Request) {
	if !r.silent {
		r.onRequest(env, from, q)
	}
}

// Timer handles the timer of the rounds.
func (r *Replica) Timer(env node.Env[Message], _ node.TimerID) { r.onTimer(env) }

// AppendState appends a canonical encoding of the state.
func (r *Replica) AppendState(dst []byte) []byte {
	word := func(x uint64) { dst = binary.BigEndian.AppendUint64(dst, x) }
	silent := byte(0)
	if r.silent {
		silent = 1
	}
	dst = r.members.Append(append(dst, silent))
	word(uint64(len(r.cells.keys)))
	for _, key := range r.cells.keys {
		c := r.cells.byKey[key]
		dst = appendLong(dst, c.key)
		word(uint64(c.promised))
		word(uint64(c.accepted))
		word(uint64(c.seen))
		dst = appendLong(dst, c.row)
	}
	word(uint64(len(r.rounds)))
	for i := range r.rounds {
		w := &r.rounds[i]
		dst = append(appendLong(dst, w.key), byte(w.phase))
		word(uint64(w.client))
		word(w.seq)
		word(uint64(w.ballot))
		word(uint64(w.quorum))
		word(uint64(w.adopted))
		word(uint64(w.due))
		word(w.attempts)
		dst = appendLong(appendLong(appendLong(dst, w.command), w.row), w.output)
	}
	word(uint64(len(r.told)))
	for _, t := range r.told {
		word(uint64(t.client))
		word(t.seq)
		word(t.through)
	}
	word(r.log.Last())
	word(r.rewritten)
	word(r.durable)
	return dst
}

// Describe puts the state in words: each register, and what is at work.
func (r *Replica) Describe() []string {
	var lines []string
	for _, key := range r.cells.keys {
		c := r.cells.byKey[key]
		line := fmt.Sprintf("row-%x promised %v", c.key, c.promised)
		if c.accepted != 0 {
			line += fmt.Sprintf(", accepted %s in %v", rowText(c.row), c.accepted)
		}
		lines = append(lines, line)
	}
	names := [...]string{queued: "waits", preparing: "prepares", accepting: "proposes", backing: "backs off"}
	for i := range r.rounds {
		w := &r.rounds[i]
		lines = append(lines, fmt.Sprintf("c%d#%d %s ballot %v of %x, %d answers", w.client, w.seq, names[w.phase], w.ballot, w.key, w.quorum.len()))
	}
	if r.silent {
		lines = append(lines, "silent its log is corrupt")
	}
	return lines
}
