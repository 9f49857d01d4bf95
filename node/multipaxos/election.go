package multipaxos

import (
	"math/bits"
	"slices"

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
	case r.role == leader:
		return
	case r.standing != active || r.heard:
		r.awaitLeader(env)
	case !r.eras.voter(r.id):
		r.askToLeave(env)
		r.awaitLeader(env)
	case r.role == candidate: // no quorum is in reach: begin again, in the same ballot
		r.prepare(env)
	case r.config.PreVote:
		r.ask(env)
	default:
		r.stand(env)
	}
}

// ask finds out whether others would welcome a new leader (Ongaro's dissertation, section 9.6). A replica that was cut off
// is told that all is well, and its ballot does not depose a leader.
func (r *Replica) ask(env Env) {
	r.role = asking
	r.ballot = max(r.seen, r.promised).Next(r.id)
	r.promises = append(r.promises[:0], r.id)
	for _, e := range r.eras {
		for _, to := range e.Voters {
			if to != r.id {
				r.send(env, to, Message{Kind: PreVote, Ballot: r.ballot, Commit: r.applied})
			}
		}
	}
	r.awaitLeader(env)
	r.tryStand(env)
}

// onPreVote welcomes a candidate if no leader was heard of lately. One that is behind is told what it lacks. Nothing is promised.
func (r *Replica) onPreVote(env Env, from node.ID, m *Message) {
	if r.role == leader || r.heardLately(env) || m.Ballot <= r.promised || r.grant.forbids(env.Now(), m.Ballot) {
		r.send(env, from, Message{Kind: Behind, Ballot: m.Ballot, Commit: r.applied})
		return
	}
	r.send(env, from, Message{Kind: PreVoted, Ballot: m.Ballot, Commit: r.applied})
}

// heardLately tells whether a leader was heard of within the time that a follower must bear silence.
func (r *Replica) heardLately(env Env) bool {
	return r.leading != 0 && !r.deaf && env.Now()-r.heardAt < r.config.ElectionMin
}

func (r *Replica) onPreVoted(env Env, from node.ID, m *Message) {
	r.onBehind(env, from, m)
	if r.role != asking || m.Ballot != r.ballot {
		return
	}
	r.promises = add(r.promises, from)
	r.tryStand(env)
}

// onBehind learns from somebody who knows more. A leader that has yet to hear from the voters of a membership it took over, and to propose what others have chosen already, was
// elected by members of the past: it gives way.
func (r *Replica) onBehind(env Env, from node.ID, m *Message) {
	switch {
	case m.Commit <= r.applied:
		return
	case r.role == leader && (r.informed || m.Commit < r.next):
		return
	case r.role == leader:
		r.stepDown(env)
	}
	r.lag(env, from, m.Commit)
}

func (r *Replica) tryStand(env Env) {
	if r.eras.agreed(r.promises) {
		r.stand(env)
	}
}

// stand opens a ballot of one's own, higher than any heard of, unless a lease was granted to somebody.
func (r *Replica) stand(env Env) {
	b := max(r.seen, r.promised).Next(r.id)
	if r.grant.forbids(env.Now(), b) {
		reached(env, PointLeaseBars)
		r.role = follower
		r.awaitLeader(env)
		return
	}
	r.role = candidate
	r.ballot = b
	r.metrics.Candidacies++
	r.promise(env, b)
	env.Logf("stands for election in ballot %d.%d", b.Round(), uint64(r.id))
	r.prepare(env)
}

// prepare begins phase 1 of the own ballot, for all slots that are not known to be chosen. The own promise is durable
// before the ballot is heard of: after a crash it will not be used again.
func (r *Replica) prepare(env Env) {
	r.from = r.applied + 1
	r.next = r.from
	r.promises, r.behind, r.gone = r.promises[:0], 0, false
	r.taken = 0
	r.forgetReports()
	r.resendPrepare(env)
	r.awaitLeader(env)
}

// resendPrepare has a candidate or leader ask all voters who have not promised, and are needed.
func (r *Replica) resendPrepare(env Env) {
	if r.role == leader && (r.cleared == r.eras[len(r.eras)-1].start || r.eras.agreed(r.promises)) {
		return // a leader that is cleared for the last era was for the one before it, and promises stay
	}
	for i, e := range r.eras {
		for _, to := range e.Voters {
			if !slices.Contains(r.promises, to) && (i == 0 || !r.eras[0].votes(to)) {
				r.sendDurable(env, to, Message{Kind: Prepare, Ballot: r.ballot, Slot: r.from})
			}
		}
	}
	r.retryLater(env)
}

// onPromise counts a promise of exactly the own ballot and adopts, slot by slot, the value voted for in the highest
// ballot. A candidate first catches up with everybody who promised: then it knows all memberships that they know.
func (r *Replica) onPromise(env Env, from node.ID, m *Message) {
	if r.role != candidate && r.role != leader || m.Ballot != r.ballot || m.Slot != r.from {
		return
	}
	if r.role == leader && m.Floor >= r.next { // others chose what this leader has yet to propose: it was deposed
		r.stepDown(env)
		r.lag(env, from, m.Commit)
		return
	}
	if m.Commit > r.applied && r.role == candidate {
		r.behind = max(r.behind, m.Commit)
		reached(env, PointBehind)
		r.gone = r.gone || m.Floor >= r.from // its votes for some of the slots are gone: they are chosen
		r.lag(env, from, m.Commit)
		r.fetch(env)
	}
	if r.role == candidate && m.Floor >= r.from && m.Commit <= r.applied { // by now the phase 1 begun can start higher up
		r.prepare(env)
		return
	}
	if m.Floor < r.from || r.role == leader {
		for list := m.report(); list.next(); {
			r.adopt(list.slot, list.ballot, list.value)
		}
		r.promises = add(r.promises, from)
	}
	if r.role == leader {
		r.inform()
		r.propose(env)
		return
	}
	r.tryLead(env)
}

func add(set []node.ID, id node.ID) []node.ID {
	if slices.Contains(set, id) {
		return set
	}
	return append(set, id)
}

func (r *Replica) adopt(slot uint64, b node.Ballot, value []byte) {
	if slot < r.next {
		return
	}
	if len(r.reported) == 0 {
		r.first = r.next
	}
	for slot-r.first >= uint64(len(r.reported)) {
		r.reported = append(r.reported, proposal{})
	}
	if p := &r.reported[slot-r.first]; b > p.ballot {
		*p = proposal{b, value}
	}
	r.taken = max(r.taken, slot)
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
	if r.role != candidate || r.behind == 0 || r.applied < r.behind {
		return
	}
	if r.gone {
		reached(env, PointGone)
		r.prepare(env)
		return
	}
	r.tryLead(env)
}

// tryLead takes the lead if a phase-1 quorum promised, in every era that may matter, and nobody who answered was further on.
func (r *Replica) tryLead(env Env) {
	if r.applied < r.behind || r.gone {
		return
	}
	if !r.eras.agreed(r.promises) {
		r.retryLater(env) // whoever was not asked yet, for want of knowing the era, is then
		return
	}
	r.role = leader
	r.leading = r.ballot
	r.failures = 0
	r.metrics.Elections++
	r.next = r.applied + 1
	r.taken = max(r.taken, r.applied)
	r.overdue = r.next
	r.cleared = r.eras[len(r.eras)-1].start
	r.ledAt = env.Now()
	r.leaseEnd, r.confirmed, r.successor = 0, r.round, transfer{}
	r.peers = r.peers[:0]
	r.enlist()
	r.informed = false
	r.inform()
	if len(r.reported) > 0 {
		reached(env, PointAdopted)
	}
	env.Observe(fact.Fact{Kind: fact.Leading, Ballot: uint64(r.ballot), Slot: r.taken})
	env.StopTimer(timerElection)
	r.onHeartbeatTimer(env)
	r.retryLater(env)
	r.propose(env)
	if r.role == leader && r.next == r.applied+1 { // it may have learned, as a candidate, that it is no member any more
		r.handOver(env)
	}
}

// ready tells whether the leader has applied everything that was chosen before its time. Only then may it answer from its
// state, and change the membership: that one slot was chosen in its ballot says nothing about lower ones.
func (r *Replica) ready() bool { return r.role == leader && r.informed }

// inform finds out whether it has. Among the slots that the leader took over may be a change of the membership, and what was chosen behind that only its voters know: phase 1 must
// be complete in every era in force. An earlier leader that went beyond these eras had all slots chosen up to where a later one was decided, so this one would have taken some of
// them over. From then on its own ballot decides all slots that are left.
func (r *Replica) inform() {
	r.informed = r.informed || r.applied >= r.taken && r.eras.agreed(r.promises)
}

// onReject gives way to a higher ballot.
func (r *Replica) onReject(env Env, m *Message) {
	if r.role != candidate && r.role != leader || m.Promised <= r.ballot {
		return
	}
	r.preempted(env)
}

func (r *Replica) preempted(env Env) {
	r.metrics.Preemptions++
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
	r.reads.handBack(env, r)
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
		if r.role == candidate || r.role == leader {
			r.preempted(env)
		}
	}
	if r.role == asking {
		r.role = follower
	}
	r.heard, r.deaf = true, false
	r.heardAt = env.Now()
	r.failures = 0
}
