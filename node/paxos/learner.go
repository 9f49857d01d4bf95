package paxos

import (
	"math/bits"

	"simrun/node"
	"simrun/node/fact"
)

// learner knows the chosen value, or waits for it on behalf of clients.
type learner struct {
	known   bool
	chosen  []byte
	polled  node.Ballot // in which the acceptor had voted at the last poll
	waiting []waiter
}

// waiter is a client that waits for an answer.
type waiter struct {
	client node.Client
	seq    uint64
}

// maxWaiting bounds how many clients a replica lets wait.
const maxWaiting = 1024

// onRequest handles a client's proposal. Whoever proposes what, the answer is the one value that was chosen.
func (r *Replica) onRequest(env node.Env[Message], from node.Client, q *node.Request) {
	l := &r.learner
	switch {
	case q.Op != node.Command:
		env.Reply(from, node.Reply{Seq: q.Seq, Status: node.Refused})
	case l.known:
		r.answer(env, from, q.Seq)
	case !r.mayPropose():
		env.Reply(from, node.Reply{Seq: q.Seq, Status: node.Redirect, Leader: r.proposerToTry(env)})
	case !l.enlist(from, q.Seq):
		env.Reply(from, node.Reply{Seq: q.Seq, Status: node.Overloaded})
	default:
		r.propose(env, q.Command)
	}
}

// enlist makes a client wait for its latest request. It returns false if there is no room.
func (l *learner) enlist(c node.Client, seq uint64) bool {
	for i := range l.waiting {
		if l.waiting[i].client == c {
			l.waiting[i].seq = max(l.waiting[i].seq, seq)
			return true
		}
	}
	if len(l.waiting) == maxWaiting {
		return false
	}
	l.waiting = append(l.waiting, waiter{c, seq})
	return true
}

func (r *Replica) answer(env node.Env[Message], to node.Client, seq uint64) {
	env.Reply(to, node.Reply{Seq: seq, Status: node.OK, Slot: slot, Output: r.learner.chosen})
}

// learn takes note of the chosen value, and of the ballot in which this replica saw it chosen; 0 if it was told. That is the end of proposing.
func (r *Replica) learn(env node.Env[Message], value []byte, b node.Ballot) {
	l := &r.learner
	if l.known {
		return
	}
	l.known, l.chosen = true, value
	r.logChosen(env, value)
	r.proposer = proposer{highest: r.proposer.highest}
	env.StopTimer(timerProposer)
	env.StopTimer(timerPoll)
	r.announce(env, b)
	for _, w := range l.waiting {
		r.answer(env, w.client, w.seq)
	}
	l.waiting, l.polled = nil, 0
}

// announce states what was learned, as evidence.
func (r *Replica) announce(env node.Env[Message], b node.Ballot) {
	d := fact.Digest(r.learner.chosen)
	env.Observe(fact.Fact{Kind: fact.Learned, Slot: slot, Ballot: uint64(b), Value: d, Bytes: r.learner.chosen})
	env.Observe(fact.Fact{Kind: fact.Applied, Slot: slot, Value: d, State: [2]uint64{d, 0}})
}

// onQuery tells a replica that asks what was chosen, if it is known here.
func (r *Replica) onQuery(env node.Env[Message], from node.ID) {
	if r.learner.known {
		env.Send(from, Message{Kind: Chosen, Value: r.learner.chosen})
	}
}

// onPoll looks for the chosen value as long as it is not known. It asks another replica, and if the acceptor here holds
// a vote that is as old as the last poll, it takes over: whoever proposed the value may be gone, and the value may have
// been chosen without any learner knowing. Only a proposal of its own can tell ("Paxos Made Simple", section 2.3).
func (r *Replica) onPoll(env node.Env[Message]) {
	l, a := &r.learner, &r.acceptor
	if l.known {
		return
	}
	r.query(env)
	if a.accepted != 0 && a.accepted == l.polled && r.mayPropose() {
		r.propose(env, a.value)
	}
	l.polled = a.accepted
	env.SetTimer(timerPoll, r.config.Poll)
}

// query asks one of the other replicas, at random, what was chosen.
func (r *Replica) query(env node.Env[Message]) {
	if id := r.another(env); id != 0 {
		env.Send(id, Message{Kind: Query})
	}
}

// another returns one of the other members, at random, or 0 if there is none.
func (r *Replica) another(env node.Env[Message]) node.ID {
	self, others := r.place(env.Self()), len(r.config.Nodes)
	if self >= 0 {
		others--
	}
	if others == 0 {
		return 0
	}
	draw, _ := bits.Mul64(env.Rand(), uint64(others))
	i := int(draw)
	if self >= 0 && i >= self {
		i++
	}
	return r.config.Nodes[i]
}

// proposerToTry returns whom a client should turn to that came to a replica which does not propose.
func (r *Replica) proposerToTry(env node.Env[Message]) node.ID {
	if r.config.Distinguished != 0 {
		return r.config.Distinguished
	}
	return r.another(env)
}
