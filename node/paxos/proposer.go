package paxos

import (
	"math/bits"

	"simrun/node"
)

// phase is what a proposer is busy with.
type phase uint8

const (
	idle      phase = iota
	preparing       // waits for promises
	accepting       // waits for acceptances
	backing         // was preempted, and waits for its turn
)

// proposer tries to have a value chosen. None of it is on disk: after a crash a proposer knows nothing, and its
// acceptor's promise keeps it from using a ballot twice.
type proposer struct {
	phase    phase
	ballot   node.Ballot
	highest  node.Ballot // seen anywhere; the next ballot will be above it
	own      []byte      // what a client proposed
	value    []byte      // what is proposed in this ballot: own, unless a promise carried a value
	adopted  node.Ballot // the highest ballot in which a promise carried a value
	quorum   members     // who promised, or accepted, in this phase
	attempts uint64      // ballots preempted in a row
}

// mayPropose tells whether proposing is for this replica.
func (r *Replica) mayPropose() bool {
	if r.place(r.self) < 0 {
		return false
	}
	return r.config.Distinguished == 0 || r.config.Distinguished == r.self
}

// propose makes the proposer work for value, unless it is at work already.
func (r *Replica) propose(env node.Env[Message], value []byte) {
	p := &r.proposer
	if p.phase != idle {
		return
	}
	p.own = value
	r.prepare(env)
}

// prepare begins phase 1 with a ballot above every one seen. The proposer's own acceptor promises first, so that the
// ballot is on disk before any message carries it, and can never be used again after a crash.
func (r *Replica) prepare(env node.Env[Message]) {
	p := &r.proposer
	p.ballot = max(p.highest, r.acceptor.promised).Next(env.Self())
	p.highest = p.ballot
	p.phase = preparing
	p.value, p.adopted = p.own, 0
	p.quorum = members{}
	env.Logf("prepares ballot %d.%d", p.ballot.Round(), uint64(p.ballot.ID()))
	r.onPrepare(env, env.Self(), p.ballot)
	r.sendPrepare(env)
	env.SetTimer(timerProposer, r.config.Resend)
}

func (r *Replica) sendPrepare(env node.Env[Message]) {
	for i, id := range r.config.Nodes {
		if id != env.Self() && !r.proposer.quorum.has(i) {
			env.SendDurable(id, Message{Kind: Prepare, Ballot: r.proposer.ballot})
		}
	}
}

// onPromise handles phase 1b.
func (r *Replica) onPromise(env node.Env[Message], from node.ID, m *Message) {
	p := &r.proposer
	if p.phase != preparing || m.Ballot != p.ballot {
		return
	}
	p.quorum.add(r.place(from))
	if m.Accepted > p.adopted {
		p.adopted, p.value = m.Accepted, m.Value
	}
	if p.quorum.len() < r.config.Phase1 {
		return
	}
	if p.adopted != 0 {
		env.Logf("adopts the value accepted in ballot %d.%d", p.adopted.Round(), uint64(p.adopted.ID()))
	}
	p.phase = accepting
	p.quorum = members{}
	r.onAccept(env, env.Self(), p.ballot, p.value)
	r.sendAccept(env)
	env.SetTimer(timerProposer, r.config.Resend)
}

func (r *Replica) sendAccept(env node.Env[Message]) {
	for i, id := range r.config.Nodes {
		if id != env.Self() && !r.proposer.quorum.has(i) {
			env.Send(id, Message{Kind: Accept, Ballot: r.proposer.ballot, Value: r.proposer.value})
		}
	}
}

// onAccepted handles phase 2b: with a quorum of acceptances in one ballot the value is chosen.
func (r *Replica) onAccepted(env node.Env[Message], from node.ID, b node.Ballot) {
	p := &r.proposer
	if p.phase != accepting || b != p.ballot {
		return
	}
	p.quorum.add(r.place(from))
	if p.quorum.len() < r.config.Phase2 {
		return
	}
	value := p.value
	r.learn(env, value, p.ballot)
	for _, id := range r.config.Nodes {
		if id != env.Self() {
			env.Send(id, Message{Kind: Chosen, Ballot: b, Value: value})
		}
	}
	for _, id := range r.config.Learners {
		env.Send(id, Message{Kind: Chosen, Ballot: b, Value: value})
	}
}

// onReject gives up the ballot if a higher one is in the way, for a random time: of two proposers that keep preempting
// each other, one must be left alone long enough to finish.
func (r *Replica) onReject(env node.Env[Message], m *Message) {
	p := &r.proposer
	p.highest = max(p.highest, m.Promised)
	if (p.phase != preparing && p.phase != accepting) || m.Ballot != p.ballot || m.Promised <= p.ballot {
		return
	}
	p.phase = backing
	env.SetTimer(timerProposer, r.backoff(env))
	p.attempts++
}

// backoff returns a random pause of up to BackoffMin, doubled for each ballot preempted before, up to BackoffMax.
func (r *Replica) backoff(env node.Env[Message]) node.Local {
	span := r.config.BackoffMax
	if n := r.proposer.attempts; r.config.BackoffMin <= span>>n { // the doubling does not overflow
		span = r.config.BackoffMin << n
	}
	hi, _ := bits.Mul64(env.Rand(), uint64(span)+1)
	return node.Local(hi)
}

// onProposerTimer sends again what was not answered, or begins another ballot after a pause.
func (r *Replica) onProposerTimer(env node.Env[Message]) {
	switch r.proposer.phase {
	case preparing:
		r.sendPrepare(env)
	case accepting:
		r.sendAccept(env)
	case backing:
		r.prepare(env)
		return
	default:
		return
	}
	env.SetTimer(timerProposer, r.config.Resend)
}
