package multipaxos

import (
	"math/bits"

	"simrun/node"
	"simrun/node/fact"
)

// maxFailures bounds the doublings of the election jitter.
const maxFailures = 16

// awaitLeader gives a leader time to be heard of: longer after each election that failed, and for a different time at
// each replica, so that they do not depose each other for ever.
func (r *Replica) awaitLeader(env Env) {
	r.heard = false
	spread := r.config.ElectionJitter
	for i := uint(0); i < r.failures && spread < r.config.BackoffMax; i++ {
		spread *= 2
	}
	spread = min(spread, r.config.BackoffMax)
	jitter, _ := bits.Mul64(env.Rand(), uint64(spread)+1)
	env.SetTimer(timerElection, r.config.ElectionMin+node.Local(jitter))
}

func (r *Replica) onElectionTimer(env Env) {
	switch {
	case r.role == candidate: // no quorum is in reach: begin again, in the same ballot
		r.prepare(env)
	case r.role == follower && r.heard:
		r.awaitLeader(env)
	case r.role == follower:
		r.stand(env)
	}
}

// stand opens a ballot of one's own, higher than any heard of.
func (r *Replica) stand(env Env) {
	r.role = candidate
	r.ballot = max(r.seen, r.promised).Next(r.id)
	r.promise(env, r.ballot)
	env.Logf("stands for election in ballot %d.%d", r.ballot.Round(), uint64(r.id))
	r.prepare(env)
}

// prepare begins phase 1 of the own ballot, for all slots that are not known to be chosen. The own promise is durable
// before the ballot is heard of: after a crash it will not be used again.
func (r *Replica) prepare(env Env) {
	r.from = r.applied + 1
	r.promises, r.behind = 0, 0
	r.forgetReports()
	for _, to := range r.config.Nodes {
		env.SendDurable(to, Message{Kind: Prepare, Ballot: r.ballot, Slot: r.from})
	}
	r.awaitLeader(env)
	r.retryLater(env)
}

func (r *Replica) resendPrepare(env Env) {
	for _, to := range r.config.Nodes {
		if r.promises&r.bit(to) == 0 {
			env.SendDurable(to, Message{Kind: Prepare, Ballot: r.ballot, Slot: r.from})
		}
	}
	r.retryLater(env)
}

// onPromise counts a promise of exactly the own ballot and adopts, slot by slot, the value voted for in the highest
// ballot.
func (r *Replica) onPromise(env Env, from node.ID, m *Message) {
	if r.role != candidate || m.Ballot != r.ballot || m.Slot != r.from {
		return
	}
	if m.Floor >= r.from { // its votes for some of the slots are gone: they are chosen
		r.behind = max(r.behind, m.Floor)
		if r.applied < r.behind {
			r.lag(env, from, m.Floor)
			r.fetch(env)
		}
		r.caughtUp(env)
		return
	}
	for list := (report{rest: m.Value, slot: m.Slot}); list.next(); {
		r.adopt(list.slot, list.ballot, list.value)
	}
	r.promises |= r.bit(from)
	r.tryLead(env)
}

func (r *Replica) adopt(slot uint64, b node.Ballot, value []byte) {
	for slot-r.from >= uint64(len(r.reported)) {
		r.reported = append(r.reported, proposal{})
	}
	p := &r.reported[slot-r.from]
	if b > p.ballot {
		*p = proposal{b, value}
	}
}

func (r *Replica) forgetReports() {
	if len(r.reported) == 0 {
		return
	}
	clear(r.reported)
	r.reported = r.reported[:0]
}

// caughtUp goes on with an election that had to wait for chosen slots.
func (r *Replica) caughtUp(env Env) {
	if r.role == candidate && r.behind > 0 && r.applied >= r.behind {
		r.prepare(env)
	}
}

// tryLead takes the lead if a phase-1 quorum promised, and nobody who answered was further on than its report.
func (r *Replica) tryLead(env Env) {
	if !quorum(r.promises, r.phase1) || r.behind > 0 {
		return
	}
	r.role = leader
	r.leading = r.ballot
	r.failures = 0
	r.next = r.applied + 1
	r.overdue = r.next
	inherited := max(r.applied, r.from+uint64(len(r.reported))-1)
	env.Observe(fact.Fact{Kind: fact.Leading, Ballot: uint64(r.ballot), Slot: inherited})
	env.StopTimer(timerElection)
	r.onHeartbeatTimer(env)
	r.retryLater(env)
	r.propose(env)
}

// onReject gives way to a higher ballot.
func (r *Replica) onReject(env Env, m *Message) {
	if r.role == follower || m.Promised <= r.ballot {
		return
	}
	r.stepDown(env)
}

// stepDown returns to following. Requests that were not proposed are handed back to the clients: they must not
// surface later, in another reign.
func (r *Replica) stepDown(env Env) {
	if r.role == leader {
		env.Observe(fact.Fact{Kind: fact.Following, Ballot: uint64(r.ballot)})
		env.StopTimer(timerHeartbeat)
	}
	r.role = follower
	r.failures = min(r.failures+1, maxFailures)
	if r.leading == r.ballot {
		r.leading = 0
	}
	for r.queue.len() > 0 {
		q := r.queue.pop()
		r.redirect(env, q.client, q.seq)
	}
	r.forgetReports()
	r.awaitLeader(env)
}

// follow notes a sign of life from the leader of ballot b, which is not below the promised one.
func (r *Replica) follow(env Env, b node.Ballot) {
	if b < r.leading {
		return
	}
	if b != r.leading {
		r.leading = b
		if r.role != follower {
			r.stepDown(env)
		}
	}
	r.heard = true
	r.failures = 0
}
