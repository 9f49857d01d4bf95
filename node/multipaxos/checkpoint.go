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
	r.wal.AddBegun(r.appendImage(r.appendSnapshot(r.wal.Begin(recordSnapshot))))
	r.wal.AddBegun(appendWord(r.wal.Begin(recordPromise), uint64(r.promised)))
	if r.standing == repairing {
		r.wal.AddBegun(appendWord(r.wal.Begin(recordRepairing), uint64(r.promised)))
	}
	if g := &r.grant; g.ballot != 0 && env.Now() < g.until {
		r.wal.AddBegun(appendGrant(r.wal.Begin(recordGrant), g))
	} else {
		g.stored = false
	}
	for slot := r.log.floor + 1; slot <= r.log.last; slot++ {
		switch e := r.log.at(slot); {
		case e == nil:
		case e.ballot == learned:
			r.wal.AddBegun(appendLearned(r.wal.Begin(recordLearned), e))
		default:
			r.wal.AddBegun(appendVote(r.wal.Begin(recordVote), e, r.applied))
		}
	}
	r.wal.Replace(env)
}
