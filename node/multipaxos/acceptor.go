package multipaxos

import (
	"bytes"

	"simrun/node"
	"simrun/node/fact"
)

// onPrepare promises not to vote below the ballot, and reports all votes from the slot on that it has, chosen or not.
// The promise is on disk before it is told.
func (r *Replica) onPrepare(env Env, from node.ID, m *Message) {
	switch {
	case m.Ballot < r.promised:
		r.reject(env, from, m.Ballot)
		return
	case r.grant.forbids(env.Now(), m.Ballot): // the candidate will ask again, unless it learns that others chose what it is about to propose
		if r.applied >= m.Slot {
			r.send(env, from, Message{Kind: Behind, Ballot: m.Ballot, Commit: r.applied})
		}
		return
	case !r.acceptor():
		if r.lag(env, from, m.Slot-1); r.applied+1 < m.Slot {
			r.fetch(env)
		}
		return
	case m.Ballot > r.promised: // otherwise the first promise was lost: repeat it
		r.promise(env, m.Ballot)
		r.heard = true // give the candidate time
		if r.role != follower {
			r.preempted(env)
		}
	}
	r.sendDurable(env, from, Message{
		Kind: Promise, Ballot: m.Ballot, Slot: m.Slot, Commit: r.applied, Floor: r.log.floor, Value: r.report(m.Slot),
	})
}

// acceptor tells whether the replica may promise and vote. Who is no voter, by what it knows, and has promised nothing has never been one,
// or has lost its disk and does not know it. If it is one by now, the slots that make it so will tell.
func (r *Replica) acceptor() bool { return r.promised > 0 || r.eras.voter(r.id) }

// promise makes b the promised ballot. It may be told by SendDurable only.
func (r *Replica) promise(env Env, b node.Ballot) {
	r.promised = b
	if r.leading < b {
		r.leading = 0
	}
	r.writePromise(env)
}

// report lists everything held for slots from the one given on.
func (r *Replica) report(from uint64) []byte {
	list := r.scratch[:0]
	from = max(from, r.log.floor+1)
	expected := from
	for slot := from; slot <= r.log.last; slot++ {
		if e := r.log.at(slot); e != nil {
			list = appendReport(list, expected, slot, e.ballot, e.value)
			expected = slot + 1
		}
	}
	r.scratch = list
	return r.arena.Copy(list)
}

// reject tells that a higher ballot than b was promised, once that is durable.
func (r *Replica) reject(env Env, to node.ID, b node.Ballot) {
	r.sendDurable(env, to, Message{Kind: Reject, Ballot: b, Promised: r.promised})
}

// onAccept votes, unless a higher ballot was promised.
func (r *Replica) onAccept(env Env, from node.ID, m *Message) {
	switch {
	case m.Ballot < r.promised:
		r.reject(env, from, m.Ballot)
		return
	case m.Ballot > r.promised && r.grant.forbids(env.Now(), m.Ballot):
		reached(env, PointLeaseBars)
		return
	}
	r.follow(env, m.Ballot)
	r.learn(env, from, m.Ballot, m.Commit)
	if r.settled(m.Slot, m.Value) {
		reached(env, PointSettled)
		r.send(env, from, Message{Kind: Settled, Ballot: m.Ballot, Slot: m.Slot, Floor: r.log.floor, Commit: r.applied})
		return
	}
	if m.Slot > r.applied+ahead || !r.acceptor() {
		return
	}
	r.vote(env, from, m.Ballot, m.Slot, m.Value)
}

// settled tells whether a vote for value would come too late. Below the floor the own votes are gone, and none is cast.
// Where another value is known to be chosen, the proposal comes from a leader who was deposed without having noticed:
// to vote for it would do no harm, but the chosen value must not be overwritten.
func (r *Replica) settled(slot uint64, value []byte) bool {
	if slot <= r.log.floor {
		return true
	}
	return slot <= r.applied && !bytes.Equal(r.log.at(slot).value, value)
}

// vote accepts the value for the slot in ballot b. One record holds the vote and the promise of b; both are durable
// before anybody is told.
func (r *Replica) vote(env Env, to node.ID, b node.Ballot, slot uint64, value []byte) {
	e := r.log.at(slot)
	if e == nil || e.ballot != b { // otherwise the proposal came twice
		if b > r.promised {
			r.promised = b
			r.writeVow(env)
		}
		e = r.log.put(slot, b, value, fact.Digest(value))
		r.writeVote(env, e)
		r.metrics.LogMax = max(r.metrics.LogMax, r.log.last-r.log.floor)
	}
	r.sendDurable(env, to, Message{Kind: Accepted, Ballot: b, Slot: slot, Digest: e.digest})
}
