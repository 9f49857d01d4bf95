package caspaxos

import (
	"bytes"
	"math/bits"
	"slices"

	"simrun/node"
	"simrun/node/machine"
)

// phase is what a round is at.
type phase uint8

const (
	queued    phase = iota // waits for another round on the same key
	preparing              // waits for promises
	accepting              // waits for acceptances
	backing                // was preempted, and waits for its turn
)

// round is the work for one request of a client. None of it is on disk: after a crash a proposer knows nothing of it, and its client asks again.
type round struct {
	key     []byte
	client  node.Client
	seq     uint64
	command []byte

	phase    phase
	ballot   node.Ballot
	quorum   quorum      // who promised, or accepted, in this phase
	adopted  node.Ballot // the highest ballot in which a promise carried a row
	row      []byte      // that row; and in phase 2 the one that is to be accepted
	output   []byte      // what the client will hear
	due      node.Local  // when to send again, or to go on
	attempts uint64      // ballots preempted
}

// onRequest begins a round for a client's command, unless one is at work for it.
func (r *Replica) onRequest(env node.Env[Message], from node.Client, q *node.Request) {
	key, ok := machine.RowOf(q.Command)
	switch {
	case q.Op == node.Configure:
		r.onConfigure(env, from, q)
		return
	case q.Op != node.Command || !ok:
		env.Reply(from, node.Reply{Seq: q.Seq, Status: node.Refused})
		return
	}
	busy := false
	for i := range r.rounds {
		w := &r.rounds[i]
		if w.client == from && w.seq == q.Seq {
			return
		}
		busy = busy || bytes.Equal(w.key, key)
	}
	if len(r.rounds) == r.config.Rounds {
		env.Reply(from, node.Reply{Seq: q.Seq, Status: node.Overloaded})
		return
	}
	r.rounds = append(r.rounds, round{key: key, client: from, seq: q.Seq, command: q.Command})
	if !busy {
		r.prepare(env, &r.rounds[len(r.rounds)-1])
		r.arm(env)
	}
}

// prepare begins phase 1 with a ballot above every one seen on the register. The own acceptor promises first, member or not, so that the ballot is on disk
// before any message carries it, and can never be used again after a crash.
func (r *Replica) prepare(env node.Env[Message], w *round) {
	c := r.cells.of(w.key)
	w.ballot = max(c.promised, c.seen).Next(env.Self())
	c.seen = w.ballot
	w.phase, w.quorum, w.adopted, w.row, w.output = preparing, 0, 0, nil, nil
	if slices.Contains(r.members.Prepare, env.Self()) {
		r.onPrepare(env, env.Self(), c, w.ballot)
	} else {
		c.promised = w.ballot
		r.logPromise(env, c)
	}
	r.sendPrepare(env, w)
	w.due = env.Now() + r.config.Resend
}

func (r *Replica) sendPrepare(env node.Env[Message], w *round) {
	for i, id := range r.members.Prepare {
		if id != env.Self() && !w.quorum.has(i) {
			env.SendDurable(id, Message{Kind: Prepare, Key: w.key, Ballot: w.ballot})
		}
	}
}

// onPromise handles phase 1b. With a quorum of promises the command is applied to the latest row that any of them carried, and what comes out is to be accepted.
func (r *Replica) onPromise(env node.Env[Message], from node.ID, m *Message) {
	w := r.at(m, preparing)
	if w == nil {
		return
	}
	w.quorum.add(slices.Index(r.members.Prepare, from))
	if m.Accepted > w.adopted {
		w.adopted, w.row = m.Accepted, m.Row
	}
	if w.quorum.len() < r.members.Quorum1 {
		return
	}
	var x row
	if !x.cut(w.row) { // nobody writes such a row
		r.finish(env, w, node.Reply{Seq: w.seq, Status: node.Unknown})
		return
	}
	output, wanted := x.apply(w.client, w.seq, w.command)
	if !wanted {
		r.finish(env, w, node.Reply{Seq: w.seq, Status: node.Refused})
		return
	}
	w.output, w.row = output, x.append(nil)
	w.phase, w.quorum = accepting, 0
	r.sendAccept(env, w)
	w.due = env.Now() + r.config.Resend
	r.arm(env)
}

// sendAccept sends what is to be accepted to those who have not. The own acceptor comes first and by itself.
func (r *Replica) sendAccept(env node.Env[Message], w *round) {
	for i, id := range r.members.Accept {
		switch {
		case w.quorum.has(i):
		case id == env.Self():
			r.onAccept(env, id, r.cells.of(w.key), w.ballot, w.row)
		default:
			env.Send(id, Message{Kind: Accept, Key: w.key, Ballot: w.ballot, Row: w.row})
		}
	}
}

// onAccepted handles phase 2b: with a quorum of acceptances the row is chosen, and the client hears of it.
func (r *Replica) onAccepted(env node.Env[Message], from node.ID, m *Message) {
	w := r.at(m, accepting)
	if w == nil {
		return
	}
	w.quorum.add(slices.Index(r.members.Accept, from))
	if w.quorum.len() >= r.members.Quorum2 {
		r.finish(env, w, node.Reply{Seq: w.seq, Status: node.OK, Output: w.output})
	}
}

// onReject gives up the ballot if a higher one is in the way, for a random time. The row may have been accepted by some all the same, and the next
// ballot will see.
func (r *Replica) onReject(env node.Env[Message], m *Message) {
	c := r.cells.of(m.Key)
	c.seen = max(c.seen, m.Promised)
	for i := range r.rounds {
		w := &r.rounds[i]
		if w.ballot == m.Ballot && (w.phase == preparing || w.phase == accepting) && m.Promised > w.ballot && bytes.Equal(w.key, m.Key) {
			w.phase = backing
			w.due = env.Now() + r.backoff(env, w.attempts)
			w.attempts++
			r.arm(env)
			return
		}
	}
}

// backoff returns a random pause of up to BackoffMin, doubled for each ballot preempted before, up to BackoffMax.
func (r *Replica) backoff(env node.Env[Message], attempts uint64) node.Local {
	span := r.config.BackoffMax
	if r.config.BackoffMin <= span>>attempts { // the doubling does not overflow
		span = r.config.BackoffMin << attempts
	}
	hi, _ := bits.Mul64(env.Rand(), uint64(span)+1)
	return node.Local(hi)
}

// at returns the round that an answer is for, or nil.
func (r *Replica) at(m *Message, p phase) *round {
	for i := range r.rounds {
		if w := &r.rounds[i]; w.phase == p && w.ballot == m.Ballot && bytes.Equal(w.key, m.Key) {
			return w
		}
	}
	return nil
}

// finish answers a round's client, and lets the next round on the key begin.
func (r *Replica) finish(env node.Env[Message], w *round, reply node.Reply) {
	env.Reply(w.client, reply)
	key := w.key
	at := slices.IndexFunc(r.rounds, func(x round) bool { return x.client == w.client && x.seq == w.seq })
	r.rounds = slices.Delete(r.rounds, at, at+1)
	for i := range r.rounds {
		if next := &r.rounds[i]; next.phase == queued && bytes.Equal(next.key, key) {
			r.prepare(env, next)
			break
		}
	}
	r.arm(env)
}

// arm sets the timer for what is due first.
func (r *Replica) arm(env node.Env[Message]) {
	first := node.Local(-1)
	for i := range r.rounds {
		if w := &r.rounds[i]; w.phase != queued && (first < 0 || w.due < first) {
			first = w.due
		}
	}
	if first < 0 {
		env.StopTimer(timerRounds)
		return
	}
	env.SetTimer(timerRounds, first-env.Now())
}

// onTimer sends again what was not answered, or begins another ballot after a pause.
func (r *Replica) onTimer(env node.Env[Message]) {
	now := env.Now()
	for i := range r.rounds {
		w := &r.rounds[i]
		if w.phase == queued || w.due > now {
			continue
		}
		switch w.phase {
		case preparing:
			r.sendPrepare(env, w)
		case accepting:
			r.sendAccept(env, w)
		case backing:
			r.prepare(env, w)
		}
		w.due = now + r.config.Resend
	}
	r.arm(env)
}
