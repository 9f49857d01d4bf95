package multipaxos

import "simrun/node"

// Request takes a client's request, if this replica leads.
func (r *Replica) Request(env Env, from node.Client, q *node.Request) {
	if r.silent {
		return
	}
	if r.role != leader {
		r.redirect(env, from, q.Seq)
		return
	}
	if q.Op != node.Command && q.Op != node.Read || q.Seq == 0 {
		env.Reply(from, node.Reply{Seq: q.Seq, Status: node.Refused})
		return
	}
	if s := r.sessions.find(from); s != nil && q.Seq <= s.seq {
		r.replyFromSession(env, s, q.Seq)
		return
	}
	if r.queue.len() >= r.config.MaxQueue {
		env.Reply(from, node.Reply{Seq: q.Seq, Status: node.Overloaded})
		return
	}
	r.queue.push(pending{op: q.Op, client: from, session: q.Session, seq: q.Seq, command: q.Command})
	r.propose(env)
}

func (r *Replica) redirect(env Env, to node.Client, seq uint64) {
	env.Reply(to, node.Reply{Seq: seq, Status: node.Redirect, Leader: r.leading.ID()})
}

// propose fills the window: first with what phase 1 reported, then with what clients want.
func (r *Replica) propose(env Env) {
	for r.next <= r.applied+uint64(r.config.Window) {
		value, ok := r.nextValue()
		if !ok {
			return
		}
		slot := r.next
		r.next++
		r.broadcast(env, Message{Kind: Accept, Ballot: r.ballot, Slot: slot, Commit: r.applied, Value: value})
		r.vote(env, r.id, r.ballot, slot, value) // counts once it is durable, as everybody's
	}
}

// nextValue returns the value to propose for the next slot, if there is one. Holes among the reported slots are
// filled with no-ops.
func (r *Replica) nextValue() (value []byte, ok bool) {
	if i := r.next - r.from; i < uint64(len(r.reported)) {
		return r.reported[i].value, true
	}
	r.forgetReports()
	if r.queue.len() == 0 {
		return nil, false
	}
	batch := r.scratch[:0]
	for range min(r.queue.len(), r.config.MaxBatch) {
		batch = appendCommand(batch, r.queue.pop())
	}
	r.scratch = batch
	return r.arena.Copy(batch), true
}

// onAccepted counts a vote. A value that a phase-2 quorum voted for in the own ballot is chosen.
func (r *Replica) onAccepted(env Env, from node.ID, m *Message) {
	if r.role != leader || m.Ballot != r.ballot || m.Slot <= r.applied || m.Slot >= r.next {
		return
	}
	e := r.log.at(m.Slot)
	e.voters |= r.bit(from)
	if e.chosen || !quorum(e.voters, r.phase2) {
		return
	}
	e.chosen = true
	r.observeLearned(env, e)
	r.applyChosen(env)
	r.propose(env)
	if r.next == r.applied+1 { // nothing in flight that would carry the news
		r.broadcast(env, Message{Kind: Learn, Ballot: r.ballot, Commit: r.applied})
	}
}

// applyChosen applies what is chosen without a gap.
func (r *Replica) applyChosen(env Env) {
	for r.applied+1 < r.next {
		e := r.log.at(r.applied + 1)
		if !e.chosen {
			return
		}
		r.apply(env, e)
	}
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

func (r *Replica) onHeartbeatTimer(env Env) {
	r.broadcast(env, Message{Kind: Heartbeat, Ballot: r.ballot, Commit: r.applied})
	env.SetTimer(timerHeartbeat, r.config.Heartbeat)
}

// resendAccepts repeats the proposals that have been in flight for a whole retry interval.
func (r *Replica) resendAccepts(env Env) {
	for slot := r.applied + 1; slot < r.overdue; slot++ {
		e := r.log.at(slot)
		if e.chosen {
			continue
		}
		for _, to := range r.config.Nodes {
			if to != r.id && e.voters&r.bit(to) == 0 {
				env.Send(to, Message{Kind: Accept, Ballot: r.ballot, Slot: slot, Commit: r.applied, Value: e.value})
			}
		}
	}
	r.overdue = r.next
	r.retryLater(env)
}
