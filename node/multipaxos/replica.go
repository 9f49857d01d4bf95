package multipaxos

import (
	"simrun/node"
	"simrun/node/machine"
	"simrun/node/wal"
)

// Env is what a replica runs in.
type Env = node.Env[Message]

type role uint8

const (
	follower  role = iota
	asking         // whether a candidacy would be welcome
	candidate      // waits for promises
	leader         // proposes
)

// standing is what a replica may do.
type standing uint8

const (
	active    standing = iota
	founding           // its first log is not on the disk yet, where a promise must not come before it
	blank              // its disk is empty: it waits to be told of a cluster that has it as a learner
	repairing          // its log was damaged: it learns, and neither votes nor promises, until its lost votes do not matter
	silent             // it takes no part any more
)

const (
	timerElection node.TimerID = iota
	timerHeartbeat
	timerRetry
)

// Replica is one member of the cluster. It implements node.Node.
type Replica struct {
	id         node.ID
	config     Config
	standing   standing
	eras       eras   // in force: one or two
	alpha      uint64 // see Config.Alpha; the cluster's, from the log
	membership uint64 // digest of the eras

	// Acceptor.
	promised node.Ballot // no vote below it
	log      slots
	wal      wal.Log
	vow      wal.Log // the second copy of promised, and of the lease granted
	syncing  bool    // a Synced is on its way
	grant    grant

	// Learner. Slots up to applied are chosen, their values are in the log (above its floor), and the machine executed them.
	applied    uint64
	checkpoint uint64 // the last slot in the snapshot on disk
	machine    machine.Machine
	sessions   sessions
	spare      sessions // for those of an image; empty
	known      uint64   // slots up to it are chosen somewhere
	source     node.ID  // who should have them
	speaker    node.ID  // whose heartbeat came last
	missing    uint64   // the first slot not applied when the retry timer was set
	asked      uint64   // the first slot of the last Fetch
	coming     image    // that is being received
	offered    image    // that is being sent

	// Election.
	role     role
	seen     node.Ballot // the highest ballot heard of
	leading  node.Ballot // of the leader being followed; 0: none known
	heard    bool        // from that leader, or from a candidate, since the election timer was set
	heardAt  node.Local  // when a leader was heard last
	deaf     bool        // no leader was heard since the replica started, or since it was told to stand
	failures uint        // elections in a row that came to nothing
	retrying bool        // the retry timer is armed

	// Candidate and leader.
	ballot   node.Ballot // the own one
	from     uint64      // first slot of phase 1
	promises []node.ID   // who promised, or would
	behind   uint64      // somebody who promised has applied slots up to it: catch up first
	gone     bool        // and does not have them any more, so its votes for some of them are not known
	first    uint64      // slot of reported[0]
	reported []proposal  // the highest vote reported for slot first, first+1, ...
	taken    uint64      // slots up to it are from earlier ballots
	informed bool        // it has applied everything that was chosen in those: see ready
	next     uint64      // first slot not yet proposed
	cleared  uint64      // phase 1 is complete for the era that starts here
	overdue  uint64      // slots below it were in flight when the retry timer was set
	queue    queue[pending]

	// Leader.
	peers     []peer              // everybody in the eras, itself included
	past      [2]past             // by era; see count
	ranks     []int64             // scratch of ranked
	round     uint64              // of heartbeats
	sentAt    *[rounds]node.Local // when the latest rounds began, by round%rounds
	ledAt     node.Local          // since when it leads
	leaseEnd  node.Local          // it holds a lease until then
	confirmed uint64              // rounds up to it were answered by a quorum
	reads     reads
	successor transfer

	metrics Metrics
	memory  *memory
	arena   node.Arena
	scratch []byte
}

// proposal is a value that the leader may have to propose for a slot. The zero proposal is a no-op.
type proposal struct {
	ballot node.Ballot
	value  []byte
}

// New returns the replica of that ID, with an empty memory: Start reads its disk. The configuration must be valid.
func New(id node.ID, c Config) *Replica {
	return &Replica{id: id, config: c, machine: c.Machine(), deaf: true}
}

// Start recovers what the disk remembers and begins as a follower.
func (r *Replica) Start(env Env) {
	if r.memory == nil {
		r.furnish(new(memory))
	}
	r.recover(env)
	r.seen = r.promised
	r.awaitLeader(env)
}

// Receive handles a message.
func (r *Replica) Receive(env Env, from node.ID, m *Message) {
	if m.Kind == Heartbeat {
		r.speaker = from
	}
	if r.standing != active {
		r.receiveInactive(env, from, m)
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
	case Alive:
		r.onAlive(env, from, m)
	case PreVote:
		r.onPreVote(env, from, m)
	case PreVoted:
		r.onPreVoted(env, from, m)
	case Behind:
		r.onBehind(env, from, m)
	case Stand:
		r.onStand(env, m)
	case Release:
		r.onRelease(env, m)
	case Repair:
		r.onRepair(env, m)
	case Leave:
		r.onLeave(env, from, m)
	case Dismiss:
		r.onDismiss(env, m)
	default:
		r.receiveValues(env, from, m)
	}
}

// receiveInactive handles a message at a replica that takes no part, yet or any more.
func (r *Replica) receiveInactive(env Env, from node.ID, m *Message) {
	switch {
	case r.standing == silent:
	case r.standing != founding:
		r.receiveAside(env, from, m)
	case m.Kind == Synced:
		r.standing = active
		r.onSynced(m)
	}
}

// receiveValues handles the messages by which replicas learn from each other.
func (r *Replica) receiveValues(env Env, from node.ID, m *Message) {
	switch m.Kind {
	case Fetch:
		r.onFetch(env, from, m)
	case Chosen:
		r.onChosen(env, from, m)
	case Resume:
		r.onResume(env, from, m)
	case Image:
		r.onImage(env, from, m)
	case Synced:
		r.onSynced(m)
	}
}

// Timer handles a timer that fired. What was armed before a replica fell silent comes to nothing, and arms none again.
func (r *Replica) Timer(env Env, t node.TimerID) {
	if r.standing == silent {
		return
	}
	switch t {
	case timerElection:
		r.onElectionTimer(env)
	case timerHeartbeat:
		r.observeIdle(env)
		r.onHeartbeatTimer(env)
	case timerRetry:
		r.onRetryTimer(env)
	}
}

// send hands a message to the network, and counts it.
func (r *Replica) send(env Env, to node.ID, m Message) {
	r.metrics.count(&m)
	env.Send(to, m)
}

// sendDurable hands a message to the network once everything written so far is durable.
func (r *Replica) sendDurable(env Env, to node.ID, m Message) {
	if to != r.id {
		r.metrics.count(&m)
	}
	env.SendDurable(to, m)
}

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
		r.resendPrepare(env)
	}
	r.refetch(env)
}
