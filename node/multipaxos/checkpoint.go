package multipaxos

import (
	"encoding/binary"

	"simrun/node"
	"simrun/node/fact"
)

// An image is everything that the log determined up to a slot: the slot, the digest of the state (two words), the
// sessions, the machine's snapshot.

// writeCheckpoint replaces the log by an image of the state and the slots that are worth keeping, and forgets the others.
func (r *Replica) writeCheckpoint(env Env) {
	r.checkpoint = r.applied
	if r.applied > r.config.Retain {
		r.log.drop(r.applied - r.config.Retain)
	}
	r.rewrite(env)
}

// rewrite makes the log on disk equal to what is in memory, in one step: the image, the promise, and every entry. The
// promise is the same as before.
func (r *Replica) rewrite(env Env) {
	r.wal.Rewriting()
	r.scratch = r.appendImage(appendWord(r.scratch[:0], r.log.floor))
	r.wal.Add(recordSnapshot, r.scratch)
	r.scratch = appendWord(r.scratch[:0], uint64(r.promised))
	r.wal.Add(recordPromise, r.scratch)
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

// onImage installs another replica's state in place of the own, if it is further on. Nothing changes unless all of it
// is sound. The promise, and votes above it, stay.
func (r *Replica) onImage(env Env, from node.ID, m *Message) {
	if r.role == leader || m.Slot <= r.applied {
		return
	}
	before := r.applied
	if !r.restore(m.Value) {
		env.Logf("refuses a damaged image of slot %d", m.Slot)
		return
	}
	r.log.drop(r.applied)
	r.rewrite(env)
	env.Logf("installs an image of slot %d", r.applied)
	env.Observe(fact.Fact{Kind: fact.Snapshot, Slot: r.applied, State: r.state()})
	r.caught(env, from, before, m.Commit)
}

func (r *Replica) appendImage(dst []byte) []byte {
	state := r.state()
	dst = appendWord(appendWord(appendWord(dst, r.applied), state[0]), state[1])
	dst = r.sessions.appendTo(dst)
	return r.machine.Snapshot(dst)
}

// imageHead returns the slot and the digest of an image.
func imageHead(image []byte) (slot uint64, state [2]uint64, ok bool) {
	if len(image) < 24 {
		return 0, state, false
	}
	return binary.LittleEndian.Uint64(image), [2]uint64{binary.LittleEndian.Uint64(image[8:]), binary.LittleEndian.Uint64(image[16:])}, true
}

// restore sets the applied state to that of an image. It returns false, and changes nothing, if the image is damaged.
func (r *Replica) restore(image []byte) bool {
	in := reader{rest: image}
	slot, state := in.word(), [2]uint64{in.word(), in.word()}
	table := readSessions(&in)
	fresh := Replica{machine: r.config.Machine(), sessions: table}
	if in.bad || fresh.machine.Restore(in.rest) != nil || fresh.state() != state {
		return false
	}
	r.machine, r.sessions = fresh.machine, fresh.sessions
	r.applied, r.checkpoint = slot, slot
	return true
}
