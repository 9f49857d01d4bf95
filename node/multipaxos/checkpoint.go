package multipaxos

// writeCheckpoint replaces the log by an image of the state and the slots that are worth keeping, and forgets the others.
func (r *Replica) writeCheckpoint(env Env) {
	r.checkpoint = r.applied
	r.metrics.Checkpoints++
	if r.applied > r.config.Retain {
		r.log.drop(r.applied - r.config.Retain)
	}
	r.rewrite(env)
}

// rewrite makes the log on disk equal to what is in memory, in one step: the image, the promise, the lease granted, and every
// entry. The promise is the same as before.
func (r *Replica) rewrite(env Env) {
	r.wal.Rewriting()
	r.scratch = r.appendImage(r.appendSnapshot(r.scratch[:0]))
	r.wal.Add(recordSnapshot, r.scratch)
	r.scratch = appendWord(r.scratch[:0], uint64(r.promised))
	r.wal.Add(recordPromise, r.scratch)
	if r.standing == repairing {
		r.wal.Add(recordRepairing, r.scratch)
	}
	if g := &r.grant; g.ballot != 0 && env.Now() < g.until {
		r.scratch = appendGrant(r.scratch[:0], g)
		r.wal.Add(recordGrant, r.scratch)
	} else {
		g.stored = false
	}
	for slot := r.log.floor + 1; slot <= r.log.last; slot++ {
		switch e := r.log.at(slot); {
		case e == nil:
		case e.ballot == learned:
			r.scratch = appendLearned(r.scratch[:0], e)
			r.wal.Add(recordLearned, r.scratch)
		default:
			r.scratch = appendVote(r.scratch[:0], e, r.applied)
			r.wal.Add(recordVote, r.scratch)
		}
	}
	r.wal.Replace(env)
}
