package paxos

import "simrun/node"

// acceptor is the memory of the algorithm. All of it is on disk.
type acceptor struct {
	promised node.Ballot // accepts nothing below this
	accepted node.Ballot // in which value was accepted; 0 if none was
	value    []byte
}

// onPrepare handles phase 1a. A promise holds for its own ballot too, and is given again when asked again: a duplicate of
// a Prepare must not preempt its own ballot.
func (r *Replica) onPrepare(env node.Env[Message], from node.ID, b node.Ballot) {
	a := &r.acceptor
	if b < a.promised {
		r.reject(env, from, b)
		return
	}
	if b > a.promised {
		a.promised = b
		r.logPromise(env, b)
	}
	env.SendDurable(from, Message{Kind: Promise, Ballot: b, Accepted: a.accepted, Value: a.value})
}

// onAccept handles phase 2a.
func (r *Replica) onAccept(env node.Env[Message], from node.ID, b node.Ballot, value []byte) {
	a := &r.acceptor
	if b < a.promised {
		r.reject(env, from, b)
		return
	}
	if b > a.accepted {
		a.promised = b
		a.accepted, a.value = b, value
		r.logVote(env, b, value)
	}
	env.SendDurable(from, Message{Kind: Accepted, Ballot: b, Value: a.value})
}

// reject tells a proposer what it is up against. Even that waits for the disk: the promise it names must be kept.
func (r *Replica) reject(env node.Env[Message], from node.ID, b node.Ballot) {
	env.SendDurable(from, Message{Kind: Reject, Ballot: b, Promised: r.acceptor.promised})
}
