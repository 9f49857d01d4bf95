package multipaxos

import (
	"math/bits"

	"simrun/node"
	"simrun/node/machine"
	"simrun/node/wal"
)

// Env is what a replica runs in.
type Env = node.Env[Message]

type role uint8

const (
	follower  role = iota
	candidate      // waits for promises
	leader         // proposes
)

const (
	timerElection node.TimerID = iota
	timerHeartbeat
	timerRetry
)

// Replica is one member of the cluster. It implements node.Node.
type Replica struct {
	id     node.ID
	config Config
	phase1 int  // replicas in a quorum
	phase2 int  // replicas in a quorum
	silent bool // the log was corrupt: take no part

	// Acceptor.
	promised node.Ballot // no vote below it
	log      slots
	wal      wal.Log
	syncing  bool // a Synced is on its way

	// Learner. Slots up to applied are chosen, their values are in the log (above its floor), and the machine executed them.
	applied    uint64
	checkpoint uint64 // the last slot in the snapshot on disk
	machine    machine.Machine
	sessions   sessions
	known      uint64  // slots up to it are chosen somewhere
	source     node.ID // who should have them
	missing    uint64  // the first slot not applied when the retry timer was set
	asked      uint64  // the first slot of the last Fetch

	// Election.
	role     role
	seen     node.Ballot // the highest ballot heard of
	leading  node.Ballot // of the leader being followed; 0: none known
	heard    bool        // from that leader, since the election timer was set
	failures uint        // elections in a row that came to nothing
	retrying bool        // the retry timer is armed

	// Candidate and leader.
	ballot   node.Ballot // the own one
	from     uint64      // first slot of phase 1
	promises uint64      // who promised, by place in the configuration
	behind   uint64      // a promise could not report slots up to it: catch up first
	reported []proposal  // the highest vote reported for slot from, from+1, ...
	next     uint64      // first slot not yet proposed
	overdue  uint64      // slots below it were in flight when the retry timer was set
	queue    queue

	arena   node.Arena
	scratch []byte
}

// proposal is a value that the leader may have to propose for a slot. The zero proposal is a no-op.
type proposal struct {
	ballot node.Ballot
	value  []byte
}

// New returns the replica of that ID, with an empty memory: Start reads its disk. The configuration must be valid and
// list the ID.
func New(id node.ID, c Config) *Replica {
	r := &Replica{id: id, config: c, machine: c.Machine()}
	r.phase1, r.phase2 = c.quorums()
	return r
}

// Start recovers what the disk remembers and begins as a follower.
func (r *Replica) Start(env Env) {
	if !r.recover(env) {
		r.silent = true
		return
	}
	r.seen = r.promised
	r.awaitLeader(env)
}

// Receive handles a message.
func (r *Replica) Receive(env Env, from node.ID, m *Message) {
	if r.silent {
		return
	}
	r.seen = max(r.seen, m.Ballot, m.Promised)
	switch m.Kind {
	case Prepare:
		r.onPrepare(env, from, m)
	case Promise:
		r.onPromise(env, from, m)
	case Reject:
		r.onReject(env, m)
	case Accept:
		r.onAccept(env, from, m)
	case Accepted:
		r.onAccepted(env, from, m)
	case Settled:
		r.onSettled(env, from, m)
	case Learn, Heartbeat:
		r.onNews(env, from, m)
	case Fetch:
		r.onFetch(env, from, m)
	case Chosen:
		r.onChosen(env, from, m)
	case Image:
		r.onImage(env, from, m)
	case Synced:
		r.onSynced(m)
	}
}

// Timer handles a timer that fired.
func (r *Replica) Timer(env Env, t node.TimerID) {
	switch t {
	case timerElection:
		r.onElectionTimer(env)
	case timerHeartbeat:
		r.onHeartbeatTimer(env)
	case timerRetry:
		r.onRetryTimer(env)
	}
}

// broadcast sends m to every other replica.
func (r *Replica) broadcast(env Env, m Message) {
	for _, to := range r.config.Nodes {
		if to != r.id {
			env.Send(to, m)
		}
	}
}

// bit returns the set with only the replica in it; the empty set if it is no member.
func (r *Replica) bit(id node.ID) uint64 {
	for i, member := range r.config.Nodes {
		if member == id {
			return 1 << i
		}
	}
	return 0
}

// quorum tells whether the set has at least size members.
func quorum(set uint64, size int) bool { return bits.OnesCount64(set) >= size }

// retryLater arms the retry timer, unless it is.
func (r *Replica) retryLater(env Env) {
	if !r.retrying {
		r.retrying = true
		r.missing = r.applied + 1
		env.SetTimer(timerRetry, r.config.Retry)
	}
}

// onRetryTimer repeats what got no answer since the timer was set.
func (r *Replica) onRetryTimer(env Env) {
	r.retrying = false
	switch r.role {
	case candidate:
		r.resendPrepare(env)
	case leader:
		r.resendAccepts(env)
	}
	r.refetch(env)
}
