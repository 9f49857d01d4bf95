package multipaxos

import (
	"encoding/binary"

	"simrun/node"
	"simrun/node/fact"
)

// onConfigure puts a change of the membership into the log. A membership that could not go on working is refused, or put
// off: new voters must have caught up as learners, and quorums of the new membership must be there.
func (r *Replica) onConfigure(env Env, from node.Client, q *node.Request) {
	change, err := DecodeChange(q.Command)
	switch {
	case err != nil:
		env.Reply(from, node.Reply{Seq: q.Seq, Status: node.Refused})
	case !r.ready() || len(r.eras) > 1 || !r.capable(env, &change.Membership):
		r.overloaded(env, from, q.Seq)
	default:
		r.enqueue(env, from, q)
	}
}

// capable tells whether every new voter has caught up, and enough of all voters were heard of lately to go on.
func (r *Replica) capable(env Env, m *Membership) bool {
	e := newEra(0, *m)
	var present voterSet
	for _, id := range m.Voters {
		p := r.peer(id)
		there := p != nil && (id == r.id || p.heard && env.Now()-p.heardAt < r.config.ElectionMin && p.applied+r.alpha > r.applied)
		if there {
			e.add(&present, id)
		} else if !r.eras.voter(id) {
			return false
		}
	}
	return quorum(&present, e.phase1) && quorum(&present, e.phase2)
}

// handOver steps down when the slots to come are no more this leader's business, and makes room for the voter who is
// furthest.
func (r *Replica) handOver(env Env) {
	if len(r.eras) > 1 || r.eras[0].votes(r.id) {
		return
	}
	var best *peer
	for i := range r.peers {
		if p := &r.peers[i]; r.eras.voter(p.id) && (best == nil || p.applied > best.applied) {
			best = p
		}
	}
	reached(env, PointOut)
	r.send(env, best.id, Message{Kind: Stand, Ballot: r.ballot, Mark: r.round})
	r.stepDown(env)
}

// A replica that was removed goes on answering until a phase-2 quorum of those who come after it holds every slot that was
// its business: then any phase-1 quorum of theirs knows them. It asks for that whenever it hears of no leader.

func (r *Replica) askToLeave(env Env) {
	if len(r.eras) == 0 || r.eras.has(r.id) {
		return // a learner
	}
	for _, to := range r.eras[len(r.eras)-1].Voters {
		r.send(env, to, Message{Kind: Leave, Slot: r.eras[len(r.eras)-1].start, Commit: r.applied})
	}
}

// onLeave lets a former member go. Only the leader knows how far the others are. Where there is none, those who come after may not know yet that it is their turn: who leaves does.
func (r *Replica) onLeave(env Env, from node.ID, m *Message) {
	r.onBehind(env, from, m)
	if !r.ready() || r.eras.has(from) || r.eras[0].start > r.applied+1 {
		return
	}
	e := &r.eras[0]
	var holds voterSet
	for _, id := range e.Voters {
		if p := r.peer(id); p.applied+1 >= max(e.start, m.Slot) {
			e.add(&holds, id)
		}
	}
	if quorum(&holds, e.phase2) {
		r.send(env, from, Message{Kind: Dismiss, Slot: m.Slot})
	}
}

// onDismiss falls silent for good.
func (r *Replica) onDismiss(env Env, m *Message) {
	if r.eras.has(r.id) || m.Slot < r.eras[len(r.eras)-1].start {
		return
	}
	reached(env, PointDismissed)
	env.Logf("is no member from slot %d on and leaves", m.Slot)
	r.append(env, r.wal.Begin(recordLeft))
	if r.role != follower { // it may have won an election since it asked, and its heartbeats would keep the others from electing one of theirs
		r.stepDown(env)
	}
	r.standing = silent
}

// transfer is leadership on its way to another replica.
type transfer struct {
	to         node.ID // 0: none
	since      node.Local
	told       bool        // to stand
	client     node.Client // who asked for it
	seq        uint64
	leasesFrom uint64 // leases count if granted in answer to this round of heartbeats or a later one
}

// onTransfer begins to make room for another leader: nothing new is proposed, and leases are given back.
func (r *Replica) onTransfer(env Env, from node.Client, q *node.Request) {
	to, n := binary.Uvarint(q.Command)
	id := node.ID(to)
	switch {
	case n != len(q.Command) || n <= 0 || to > 1<<16-1:
		env.Reply(from, node.Reply{Seq: q.Seq, Status: node.Refused})
	case id == r.id:
		env.Reply(from, node.Reply{Seq: q.Seq, Status: node.OK})
	case !r.ready() || len(r.eras) > 1 || r.peer(id) == nil || !r.eras.voter(id) || r.peer(id).applied+r.alpha <= r.applied:
		r.overloaded(env, from, q.Seq)
	default:
		r.successor = transfer{to: id, since: env.Now(), client: from, seq: q.Seq, leasesFrom: r.round + 1}
		r.giveBackLeases(env)
		r.reads.handBack(env, r)
		if r.config.Reads == ReadLease {
			env.Observe(fact.Fact{Kind: fact.Leased, Ballot: uint64(r.ballot), Slot: r.applied})
		}
		r.goOnWithTransfer(env)
	}
}

// giveBackLeases lets go of the leases granted so far, also for the time after a transfer that came to nothing.
func (r *Replica) giveBackLeases(env Env) {
	r.broadcast(env, Message{Kind: Release, Ballot: r.ballot, Mark: r.round})
	r.releaseGrant(env, r.ballot, r.round) // its own
	for i := range r.peers {
		r.peers[i].granted = 0
	}
	r.count()
}

// goOnWithTransfer tells the successor to stand once it has everything, and gives up if nothing comes of it.
func (r *Replica) goOnWithTransfer(env Env) {
	t := &r.successor
	if r.role != leader || t.to == 0 {
		return
	}
	p := r.peer(t.to)
	if p == nil || env.Now()-t.since > r.config.ElectionMin+r.config.ElectionJitter {
		reached(env, PointGaveUp)
		env.Logf("gives up the transfer to n%d", uint64(t.to))
		*t = transfer{leasesFrom: r.round + 1}
		r.propose(env)
		return
	}
	if !t.told && r.queue.len() == 0 && r.next == r.applied+1 && p.applied >= r.applied {
		t.told = true
		reached(env, PointHandedOver)
		r.send(env, t.to, Message{Kind: Stand, Ballot: r.ballot, Mark: r.round})
		env.Reply(t.client, node.Reply{Seq: t.seq, Status: node.OK})
	}
}

// onStand stands for election without asking around, since the leader of this ballot wants it. One that has given the transfer up, and relies on leases
// again, does not: those of later rounds stay.
func (r *Replica) onStand(env Env, m *Message) {
	if r.role == leader || r.role == candidate || m.Ballot < r.promised || !r.eras.voter(r.id) {
		return
	}
	r.releaseGrant(env, m.Ballot, m.Mark)
	r.stand(env)
}
