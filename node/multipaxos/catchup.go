package multipaxos

import (
	"bytes"
	"cmp"

	"simrun/node"
	"simrun/node/fact"
)

// lag notes that slots up to commit are chosen, and that source has them. They may be on their way: the replica asks
// for them when the retry timer fires.
func (r *Replica) lag(env Env, source node.ID, commit uint64) {
	if commit > r.known {
		r.known, r.source = commit, source
	}
	r.retryLater(env)
}

// fetch asks for the first slots that are missing.
func (r *Replica) fetch(env Env) {
	r.asked = r.applied + 1
	first := r.applied + 1
	if len(r.eras) == 0 {
		first = 0 // without a state to build on, an image is needed
	}
	r.send(env, r.source, Message{Kind: Fetch, Slot: first})
	r.retryLater(env)
}

// refetch asks for what was missing already when the retry timer was set, and somebody else if that was in vain
// before.
func (r *Replica) refetch(env Env) {
	switch missing := r.applied + 1; {
	case r.role == leader || missing > r.known:
		return
	case missing > r.missing: // it is coming
		r.retryLater(env)
		return
	case missing == r.asked:
		r.source = r.after(r.source)
	}
	if r.coming.slot > r.applied {
		reached(env, PointImageResumed)
		r.resume(env)
		return
	}
	r.fetch(env)
}

// after returns the replica that follows id in a ring of those to ask: all voters of the memberships in force, since those of the last
// alone may not have what the ones before them chose, and who leads, since all of these may be gone by now.
func (r *Replica) after(id node.ID) node.ID {
	var first, next node.ID
	consider := func(other node.ID) {
		if other == r.id || other == 0 {
			return
		}
		if first == 0 || other < first {
			first = other
		}
		if other > id && (next == 0 || other < next) {
			next = other
		}
	}
	consider(r.speaker)
	for i := range r.eras {
		for _, voter := range r.eras[i].Voters {
			consider(voter)
		}
	}
	return cmp.Or(next, first, id)
}

// onFetch answers with chosen values, as many as fit, or with an image of the state where values are gone.
func (r *Replica) onFetch(env Env, from node.ID, m *Message) {
	switch {
	case r.standing == blank || m.Slot > r.applied || r.applied == 0:
		return
	case m.Slot <= r.log.floor:
		r.sendImage(env, from, 0, 0)
		return
	}
	list := r.scratch[:0]
	for slot := m.Slot; slot <= r.applied; slot++ {
		e := r.log.at(slot)
		if len(list) > 0 && len(list)+len(e.value) > r.config.CatchUpBytes {
			break
		}
		list = appendValue(list, e.value)
	}
	r.scratch = list
	r.send(env, from, Message{Kind: Chosen, Slot: m.Slot, Commit: r.applied, Value: r.arena.Copy(list)})
}

// onChosen learns values that others know to be chosen, and asks for more. A leader does not: what it tells its
// followers about slots that it proposed must rest on votes for its own proposals.
func (r *Replica) onChosen(env Env, from node.ID, m *Message) {
	if len(r.eras) == 0 {
		return
	}
	before := r.applied
	slot := m.Slot
	for list := (values{rest: m.Value}); r.role != leader && list.next(); slot++ {
		if slot == r.applied+1 {
			r.learnValue(env, slot, list.value)
		}
	}
	r.caught(env, from, before, m.Commit)
}

// caught goes on after some slots were learned from another replica.
func (r *Replica) caught(env Env, from node.ID, before, commit uint64) {
	if r.role == leader || r.applied == before {
		return
	}
	r.known = max(r.known, commit)
	if r.applied < r.known {
		r.source = from
		r.fetch(env)
	}
	r.caughtUp(env)
}

// learnValue puts a value that is chosen into the log, on disk too, and applies it. A vote for the same value stands.
func (r *Replica) learnValue(env Env, slot uint64, value []byte) {
	e := r.log.at(slot)
	if e == nil || !bytes.Equal(e.value, value) {
		e = r.log.put(slot, learned, value, fact.Digest(value))
		r.writeLearned(env, e)
	}
	r.observeLearned(env, e)
	r.apply(env, e)
}
