package multipaxos

import (
	"encoding/binary"

	"simrun/node"
	"simrun/node/fact"
)

// An image is everything that the log determined up to a slot: the slot, the digest of the state (two words), alpha, the eras, the
// sessions, the machine's snapshot. It is canonical: two replicas that applied the same slots have the same image.
// It travels in parts, each asked for by the one who wants it, who goes on with another replica's parts if that has the
// same image.
type image struct {
	slot  uint64 // the last slot it contains; 0: there is none
	size  uint64
	bytes []byte
}

// sendImage sends an image's part from a place on. An offer stands until it is of no use any more, so that whoever is at it
// finds the rest. Who began a later image, at a replica that is gone perhaps, takes no earlier one: it gets a new offer.
func (r *Replica) sendImage(env Env, to node.ID, slot, from uint64) {
	if r.offered.slot == 0 || r.offered.slot < max(slot, r.log.floor) {
		r.offered = image{slot: r.applied, bytes: r.appendImage(nil)}
	}
	o := &r.offered
	if slot != o.slot || from > uint64(len(o.bytes)) {
		from = 0 // another image than the one begun
	}
	chunk := r.config.CatchUpBytes
	if env.Perturb(PerturbChunk) {
		chunk = min(chunk, 16)
	}
	part := o.bytes[from:min(from+uint64(chunk), uint64(len(o.bytes)))]
	r.send(env, to, Message{
		Kind: Image, Slot: o.slot, Mark: from, Span: uint64(len(o.bytes)), Commit: r.applied, Value: part,
	})
}

// onResume sends the next part.
func (r *Replica) onResume(env Env, from node.ID, m *Message) {
	if r.applied > 0 && r.standing != blank && m.Slot <= r.applied {
		r.sendImage(env, from, m.Slot, m.Mark)
	}
}

// onImage takes a part of another replica's image, and installs the image in place of the own state once it is whole, if it is
// further on. Nothing changes unless all of it is sound. The promise, and votes above it, stay.
func (r *Replica) onImage(env Env, from node.ID, m *Message) {
	if r.role == leader || m.Slot <= r.applied || m.Span > maxImage {
		return
	}
	c := &r.coming
	if m.Slot != c.slot || m.Span != c.size {
		if m.Mark != 0 || m.Slot < c.slot {
			return
		}
		if len(c.bytes) > 0 {
			reached(env, PointImageReplaced)
		}
		*c = image{slot: m.Slot, size: m.Span, bytes: c.bytes[:0]}
	}
	if m.Mark != uint64(len(c.bytes)) || m.Mark+uint64(len(m.Value)) > c.size {
		return // a part that came twice, or out of order
	}
	c.bytes = append(c.bytes, m.Value...)
	r.known, r.source = max(r.known, m.Commit), from
	if uint64(len(c.bytes)) < c.size {
		r.missing = r.applied + 1
		r.resume(env)
		return
	}
	r.install(env, from, m.Commit)
}

// maxImage bounds what is taken for an image, in bytes.
const maxImage = 1 << 31

// resume asks for the rest of the image that is coming.
func (r *Replica) resume(env Env) {
	r.asked = r.applied + 1
	r.send(env, r.source, Message{Kind: Resume, Slot: r.coming.slot, Mark: uint64(len(r.coming.bytes))})
	r.retryLater(env)
}

func (r *Replica) install(env Env, from node.ID, commit uint64) {
	before := r.applied
	whole := r.coming.bytes
	r.coming = image{bytes: whole[:0]}
	if r.standing == blank && foreign(whole, r.id) { // it may have been a voter until a while ago, and some may still count on what it has forgotten
		env.Logf("is not in the cluster of an image, and waits")
		return
	}
	if !r.restore(whole) {
		env.Logf("refuses a damaged image")
		return
	}
	if r.standing == blank && r.eras.voter(r.id) { // a voter whose disk is empty has lost promises
		env.Logf("is a voter and has an empty disk: this ID must not be used again")
		r.standing = silent
		return
	}
	first := r.standing == blank
	if first {
		r.standing = active
		r.writeVow(env)
	}
	r.log.drop(r.applied)
	r.rewrite(env)
	if first {
		r.awaitFounding(env)
	}
	r.metrics.Installed++
	reached(env, PointImage)
	env.Logf("installs an image of slot %d", r.applied)
	env.Observe(fact.Fact{Kind: fact.Snapshot, Slot: r.applied, State: r.state()})
	r.caught(env, from, before, commit)
}

func (r *Replica) appendImage(dst []byte) []byte {
	state := r.state()
	dst = appendWord(appendWord(appendWord(dst, r.applied), state[0]), state[1])
	dst = binary.AppendUvarint(dst, r.alpha)
	dst = r.eras.appendTo(dst)
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

// foreign tells whether an image is of a cluster that the replica does not belong to.
func foreign(image []byte, id node.ID) bool {
	in := reader{rest: image}
	in.word()
	in.word()
	in.word()
	in.upTo(ahead / 2)
	eras := in.eras()
	return !in.bad && !eras.has(id)
}

// restore sets the applied state to that of an image. It returns false, and changes nothing, if the image is damaged.
func (r *Replica) restore(image []byte) bool {
	defer r.spare.forget() // those that were in force, or could not be
	in := reader{rest: image}
	slot, state := in.word(), [2]uint64{in.word(), in.word()}
	alpha, eras := in.upTo(ahead/2), in.eras()
	r.spare.read(&in)
	if in.bad || alpha == 0 {
		return false
	}
	fresh := Replica{machine: r.config.Machine(), sessions: r.spare, scratch: r.scratch}
	fresh.setEras(eras)
	if fresh.machine.Restore(in.rest) != nil || fresh.state() != state {
		return false
	}
	r.machine, r.alpha, r.scratch = fresh.machine, alpha, fresh.scratch
	r.sessions, r.spare = r.spare, r.sessions
	r.setEras(eras)
	r.applied, r.checkpoint = slot, slot
	return true
}
