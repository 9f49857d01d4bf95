package multipaxos

import (
	"simrun/node"
	"simrun/node/fact"
)

// Request takes a client's request, if this replica leads.
func (r *Replica) Request(env Env, from node.Client, q *node.Request) {
	switch {
	case r.standing == silent:
	case r.role != leader:
		r.redirect(env, from, q.Seq)
	case r.successor.to != 0:
		env.Reply(from, node.Reply{Seq: q.Seq, Status: node.Redirect, Leader: r.successor.to})
	case q.Seq == 0 || q.Op == 0 || q.Op > node.Transfer:
		env.Reply(from, node.Reply{Seq: q.Seq, Status: node.Refused})
	case r.queue.len()+r.reads.len() >= r.config.MaxQueue:
		reached(env, PointFlowControl)
		r.overloaded(env, from, q.Seq)
	case q.Op == node.Transfer:
		r.onTransfer(env, from, q)
	case q.Op == node.Configure:
		r.onConfigure(env, from, q)
	case q.Op == node.Read && r.config.Reads != ReadLog && r.ready():
		r.onRead(env, from, q)
	case q.Op == node.Command && r.answered(env, from, q):
	default:
		r.enqueue(env, from, q)
	}
}

// answered deals with a command that was executed before, or whose session is gone.
func (r *Replica) answered(env Env, from node.Client, q *node.Request) bool {
	s := r.sessions.find(q.Session)
	switch {
	case s != nil && q.Seq <= s.seq:
		r.replyFromSession(env, s, from, q.Seq)
		return true
	case s == nil && r.ready():
		env.Reply(from, node.Reply{Seq: q.Seq, Status: node.Expired})
		return true
	}
	return false
}

func (r *Replica) enqueue(env Env, from node.Client, q *node.Request) {
	p := pending{op: q.Op, client: from, session: q.Session, seq: q.Seq, command: q.Command}
	if q.Op == node.Register { // how many sessions there may be is decided in the log
		p.session, p.command = uint64(r.config.MaxSessions), nil
	}
	r.queue.push(p)
	r.metrics.QueueMax = max(r.metrics.QueueMax, r.queue.len()+r.reads.len())
	r.propose(env)
}

func (r *Replica) redirect(env Env, to node.Client, seq uint64) {
	env.Reply(to, node.Reply{Seq: seq, Status: node.Redirect, Leader: r.leading.ID()})
}

func (r *Replica) overloaded(env Env, to node.Client, seq uint64) {
	r.metrics.Overloaded++
	env.Reply(to, node.Reply{Seq: seq, Status: node.Overloaded})
}

// propose fills the window: first with what phase 1 reported, then with what clients want.
func (r *Replica) propose(env Env) {
	if r.role != leader {
		return // it was deposed by its own doing
	}
	window := min(uint64(r.config.Window), r.alpha)
	for r.next <= r.applied+window {
		e := r.eras.of(r.next)
		if e.start != r.cleared && !r.clear(env, e) {
			return
		}
		if len(r.reported) == 0 && r.queue.len() == 0 {
			return
		}
		value, ok := r.nextValue(env)
		if !ok {
			return
		}
		slot := r.next
		r.next++
		m := Message{Kind: Accept, Ballot: r.ballot, Slot: slot, Commit: r.applied, Value: value}
		for _, to := range e.Voters {
			if to != r.id {
				r.send(env, to, m)
			}
		}
		r.vote(env, r.id, r.ballot, slot, value) // counts once it is durable, as everybody's; or not, if it is no voter
	}
}

// clear tells whether phase 1 is complete for an era. If its voters have not promised, they are asked to: from the next slot
// on, since this leader has proposed everything below.
func (r *Replica) clear(env Env, e *era) bool {
	if e.promised(r.promises) {
		r.cleared = e.start
		return true
	}
	if r.from < r.next {
		reached(env, PointEra)
		r.from = r.next
		r.resendPrepare(env)
	}
	return false
}

// nextValue returns the value to propose for the next slot, if there is one. Holes among the reported slots are
// filled with no-ops.
func (r *Replica) nextValue(env Env) (value []byte, ok bool) {
	if i := r.next - r.first; len(r.reported) > 0 && i < uint64(len(r.reported)) {
		if p := r.reported[i]; p.ballot == 0 {
			reached(env, PointHole)
		}
		return r.reported[i].value, true
	}
	r.forgetReports()
	if r.queue.len() == 0 {
		return nil, false
	}
	n := min(r.queue.len(), r.config.MaxBatch)
	if n > 1 && env.Perturb(PerturbBatch) {
		n = 1
	}
	batch := r.scratch[:0]
	for i := range n {
		if i > 0 && (r.queue.first().op == node.Configure) {
			break // a change of the membership has a slot of its own
		}
		q := r.queue.first()
		alone := q.op == node.Configure
		batch = appendCommand(batch, q)
		r.queue.drop()
		if alone {
			break
		}
	}
	r.scratch = batch
	return r.arena.Copy(batch), true
}

// onAccepted counts a vote. A value that a phase-2 quorum voted for in the own ballot is chosen.
func (r *Replica) onAccepted(env Env, from node.ID, m *Message) {
	if r.role != leader || m.Ballot != r.ballot || m.Slot <= r.applied || m.Slot >= r.next {
		return
	}
	env.Observe(fact.Fact{Kind: fact.Counted, Slot: m.Slot, Ballot: uint64(r.ballot), Seq: uint64(from)})
	e := r.log.at(m.Slot)
	era := r.eras.of(m.Slot)
	era.add(&e.voters, from)
	if e.chosen || !quorum(&e.voters, era.phase2) {
		return
	}
	e.chosen = true
	r.metrics.Commits++
	r.observeLearned(env, e)
	r.applyChosen(env)
	r.propose(env)
	if r.role == leader && r.next == r.applied+1 { // nothing in flight that would carry the news
		r.broadcast(env, Message{Kind: Learn, Ballot: r.ballot, Slot: r.madeGood(), Commit: r.applied})
		r.handOver(env)
	}
}

// applyChosen applies what is chosen without a gap.
func (r *Replica) applyChosen(env Env) {
	for r.applied+1 < r.next {
		e := r.log.at(r.applied + 1)
		if !e.chosen {
			break
		}
		r.apply(env, e)
	}
	r.inform()
}

// onSettled learns that a slot was decided behind this leader's back: it was deposed, or missed what an earlier
// leader completed.
func (r *Replica) onSettled(env Env, from node.ID, m *Message) {
	if r.role != leader || m.Ballot != r.ballot || m.Slot <= r.applied {
		return
	}
	r.stepDown(env)
	r.lag(env, from, m.Commit)
	r.fetch(env)
}

// resendAccepts repeats the proposals that have been in flight for a whole retry interval.
func (r *Replica) resendAccepts(env Env) {
	for slot := r.applied + 1; slot < r.overdue; slot++ {
		e := r.log.at(slot)
		if e.chosen {
			continue
		}
		reached(env, PointResent)
		era := r.eras.of(slot)
		for _, to := range era.Voters {
			if to != r.id && !era.in(&e.voters, to) {
				r.send(env, to, Message{Kind: Accept, Ballot: r.ballot, Slot: slot, Commit: r.applied, Value: e.value})
			}
		}
	}
	r.overdue = r.next
	r.retryLater(env)
}
