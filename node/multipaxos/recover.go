package multipaxos

import (
	"simrun/node"
	"simrun/node/fact"
	"simrun/node/wal"
)

// recover rebuilds the replica from its disk, and finds out what part it may take.
func (r *Replica) recover(env Env) {
	vow, lease, vowed := r.readVow(env)
	written, chosen, left, sound := false, uint64(0), false, true
	log, report, err := wal.Open(env, File, func(w wal.Record) {
		d, ok := decodeRecord(w.Kind, w.Payload)
		if !ok || !r.replay(&d) {
			sound = false
			return
		}
		written = true
		left = left || d.kind == recordLeft
		chosen = max(chosen, d.commit)
	})
	r.wal = log
	r.wal.Use(r.memory.records[:])
	r.vow.Use(r.memory.vow[:])
	r.resumeGrant(env) // before anything rewrites the log, which leaves out a grant that is over
	if report.Damage == wal.Tail {
		reached(env, PointTornTail)
	}
	r.promised = max(r.promised, vow)
	switch {
	case left:
		r.standing = silent
	case err != nil || !sound || written && len(r.eras) == 0:
		r.beginRepair(env, vowed, lease)
	case !written && (vow > 0 || lease.ballot > 0 || !vowed): // the log is gone, and there was one
		r.beginRepair(env, vowed, lease)
	// A crash while founding may leave the second copy, which promises nothing, and no log: then it begins anew.
	case !written && r.config.Found:
		r.found(env)
	case !written:
		r.standing = blank
	}
	if r.applied > 0 {
		env.Observe(fact.Fact{Kind: fact.Snapshot, Slot: r.applied, State: r.state()})
	}
	for r.applied < chosen && r.standing != silent && len(r.eras) > 0 {
		e := r.log.at(r.applied + 1)
		if e != nil && r.standing == repairing && e.ballot != learned {
			break // the vote for what was chosen may be the one that is missing
		}
		if e == nil {
			if r.standing == active {
				env.Logf("log lacks slot %d, which it says is chosen", r.applied+1)
				r.beginRepair(env, vowed, lease)
			}
			break
		}
		r.observeLearned(env, e)
		r.apply(env, e)
	}
	if r.standing != silent && r.standing != blank && (vow < r.promised || !vowed || r.vow.Last() == 0) {
		r.writeVow(env)
	}
}

// readVow reads the second copy of the promise, and of the lease granted.
func (r *Replica) readVow(env Env) (b node.Ballot, lease grant, ok bool) {
	ok = true
	log, report, err := wal.Open(env, VowFile, func(w wal.Record) {
		in := reader{rest: w.Payload}
		b = max(b, node.Ballot(in.word()))
		id, ballot, span := in.word(), in.word(), in.word()
		lease = grant{ballot: node.Ballot(ballot), span: node.Local(span)}
		ok = ok && !in.bad && node.ID(id) == r.id && span <= longestLease
	})
	r.vow = log
	return b, lease, ok && err == nil && report.Damage == wal.Clean // it is replaced in one step, so it is never torn
}

// found makes the replica a founding member.
func (r *Replica) found(env Env) {
	r.alpha = uint64(r.config.Alpha)
	r.setEras(eras{newEra(0, r.config.membership())})
	r.rewrite(env)
	r.awaitFounding(env)
}

// awaitFounding keeps the replica from taking part until its first log is durable. Otherwise a crash could leave a promise on the disk,
// and no log: that looks like a log that was lost, with votes in it, though there never were any.
func (r *Replica) awaitFounding(env Env) {
	r.standing, r.syncing = founding, true
	env.SendDurable(r.id, Message{Kind: Synced, Slot: r.wal.Last()})
}

// replay takes one record back into memory. It returns false if that makes no sense.
func (r *Replica) replay(d *record) bool {
	switch d.kind {
	case recordPromise:
		r.promised = max(r.promised, d.ballot)
		return true
	case recordGrant:
		if d.span > longestLease {
			return false
		}
		r.grant = grant{ballot: d.ballot, span: max(r.grant.span, node.Local(d.span)), stored: true}
		return true
	case recordRepairing:
		r.promised = max(r.promised, d.ballot)
		r.standing = repairing
		return true
	case recordLeft:
		return true
	case recordSnapshot:
		if node.ID(d.id) != r.id || !r.restore(d.rest) || d.floor > r.applied {
			return false
		}
		r.log.drop(d.floor)
		return true
	}
	if d.slot > r.log.last+ahead+1 {
		return false
	}
	if d.kind == recordVote {
		r.promised = max(r.promised, d.ballot)
	}
	if d.slot > r.log.floor {
		r.log.put(d.slot, d.ballot, d.rest, fact.Digest(d.rest))
	}
	return true
}

// A log that was damaged may lack votes. A replica must not forget a vote: a value might be chosen by it. So it takes no
// part as an acceptor, and learns from others, until what it lost cannot matter any more (compare Protocol-Aware
// Recovery, section 3.3.3, and Liskov and Cowling, "Viewstamped Replication Revisited", section 4.3):
//
// The promise survives in a second copy: call it p. All lost votes are in ballots up to p. Let b be a ballot above p, and let its leader have completed phase 1 in every era in
// force. This replica had no part in that, so each phase-2 quorum that may have chosen a value with one of the lost votes has
// another member, who reported that value; the leader proposes it again. Let T be the last slot that the leader took over in this way, and let it have applied all slots up to T
// and still have its promises for every era in force: then it knows of all that was chosen below b (see ready), and says T in its heartbeats. Once this replica has applied T too,
// nothing that was chosen rests on a lost vote. It then promises b and is as good as before. If the present leader's ballot is not above p, it is asked for a new one.

// beginRepair keeps what is intact, and puts on record that something is missing. Without the second copy of the promise
// nobody knows what was promised: the identity is lost. A lease that was granted binds as it did: what the log has of it may be missing, or an earlier one.
func (r *Replica) beginRepair(env Env, vowed bool, lease grant) {
	if !vowed {
		reached(env, PointVowLost)
		env.Logf("has lost its promise, and falls silent: add a replica with another ID")
		r.standing = silent
		return
	}
	reached(env, PointRepair)
	env.Logf("log is damaged: votes up to ballot %d.%d may be lost, which others have to make up for", r.promised.Round(), uint64(r.promised.ID()))
	r.standing = repairing
	if lease.ballot != 0 {
		r.grant = grant{ballot: lease.ballot, span: lease.span, stored: true}
		r.resumeGrant(env)
	}
	if len(r.eras) > 0 {
		if !r.log.covers(r.applied) { // the image has what is missing, so that it can stand for all of it
			r.log.drop(r.applied)
		}
		r.rewrite(env)
		return
	}
	// The image is gone too. Where it ended is not known, so slots are of use only as far as they go on from it.
	r.wal.Rewriting()
	r.wal.AddBegun(appendWord(r.wal.Begin(recordRepairing), uint64(r.promised)))
	if r.grant.ballot != 0 {
		r.wal.AddBegun(appendGrant(r.wal.Begin(recordGrant), &r.grant))
	}
	for slot := r.log.floor + 1; slot <= r.log.last; slot++ {
		if e := r.log.at(slot); e != nil && e.ballot != learned {
			r.wal.AddBegun(appendVote(r.wal.Begin(recordVote), e, 0))
		}
	}
	r.wal.Replace(env)
}

// receiveAside handles a message at a replica that takes no part yet: it learns, and that is all.
func (r *Replica) receiveAside(env Env, from node.ID, m *Message) {
	switch m.Kind {
	case Heartbeat, Learn, Accept:
		if r.standing == repairing && m.Ballot <= r.promised {
			if m.Kind == Heartbeat {
				r.sendDurable(env, from, Message{Kind: Repair, Ballot: m.Ballot, Promised: r.promised})
			}
			return
		}
		if r.standing == repairing && m.Kind == Heartbeat && len(r.eras) > 0 && r.applied >= m.Slot {
			if !r.grant.forbids(env.Now(), m.Ballot) {
				r.endRepair(env, m.Ballot)
			}
			return
		}
		if m.Commit > r.applied || r.standing == blank {
			r.known = max(r.known, m.Commit)
			if !r.retrying { // otherwise it asks somebody already, and the next one after that
				r.source = from
				r.fetch(env)
			}
		}
	default:
		r.receiveValues(env, from, m)
	}
}

// endRepair takes part again.
func (r *Replica) endRepair(env Env, b node.Ballot) {
	reached(env, PointRepaired)
	env.Logf("is repaired: the leader of ballot %d.%d has made up for what was lost", b.Round(), uint64(b.ID()))
	r.standing = active
	r.promised = b
	r.seen = max(r.seen, b)
	r.writeVow(env)
	r.rewrite(env)
	r.awaitLeader(env)
}

// onRepair opens a ballot above the one whose votes somebody lost.
func (r *Replica) onRepair(env Env, m *Message) {
	if r.role != leader || m.Ballot != r.ballot || m.Promised < r.ballot {
		return
	}
	r.stepDown(env)
	r.stand(env)
}
