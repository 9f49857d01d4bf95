package multipaxos

import (
	"encoding/binary"

	"simrun/node"
	"simrun/node/fact"
)

// onNews handles a leader's Learn or Heartbeat.
func (r *Replica) onNews(env Env, from node.ID, m *Message) {
	if m.Ballot < r.promised {
		r.reject(env, from, m.Ballot)
		return
	}
	// A grant needs no promise, so it may be to a later leader than the one promised: to grant a lease to that one, in the place of the other, would
	// take the other back.
	if (m.Ballot > r.promised || m.Ballot < r.grant.ballot) && r.grant.forbids(env.Now(), m.Ballot) {
		return
	}
	r.follow(env, m.Ballot)
	if r.applied < m.Commit {
		r.learn(env, from, m.Ballot, m.Commit)
	}
	if m.Kind == Heartbeat {
		r.answer(env, from, m)
	}
	if r.applied < m.Commit && !r.eras.voter(r.id) { // nobody sends it proposals: it has to ask
		r.fetch(env)
	}
}

// learn takes the word of the leader of ballot b that every slot up to commit is chosen. Where the own vote was cast
// in b the chosen value is the one voted for. Any other may not be, and must be asked for.
func (r *Replica) learn(env Env, from node.ID, b node.Ballot, commit uint64) {
	for r.applied < commit {
		e := r.log.at(r.applied + 1)
		if e == nil || e.ballot != b {
			r.lag(env, from, commit)
			return
		}
		r.observeLearned(env, e)
		r.apply(env, e)
	}
}

// observeLearned states that the entry's value is chosen.
func (r *Replica) observeLearned(env Env, e *entry) {
	env.Observe(fact.Fact{Kind: fact.Learned, Slot: e.slot, Value: e.digest})
}

// apply executes the slot after the last applied one. Everything in here depends on the log alone, except who is
// answered: the leader answers the clients.
func (r *Replica) apply(env Env, e *entry) {
	r.applied = e.slot
	era := r.eras[0].start
	if len(r.eras) > 1 && r.applied+1 >= r.eras[1].start {
		r.setEras(append(eras(nil), r.eras[1:]...))
	}
	list := commands{value: e.value}
	for index := uint32(0); list.next(); index++ {
		switch list.op {
		case node.Command:
			r.execute(env, &list, e.slot, index)
		case node.Read:
			r.reply(env, list.client, node.Reply{
				Seq: list.seq, Status: node.OK, Slot: e.slot, Index: index, Output: r.query(list.command()),
			})
		case node.Register:
			id := place(e.slot, index)
			if evicted := r.sessions.register(id, list.session); evicted {
				r.metrics.Evicted++
				reached(env, PointEvicted)
			}
			r.reply(env, list.client, node.Reply{Seq: list.seq, Status: node.OK, Session: id, Slot: e.slot, Index: index})
		case node.Configure:
			r.reply(env, list.client, node.Reply{Seq: list.seq, Status: r.configure(env, list.command()), Slot: e.slot, Index: index})
		default:
			r.reply(env, list.client, node.Reply{Seq: list.seq, Status: node.Refused})
		}
	}
	if r.eras[0].start != era && e.ballot != learned {
		// Who says from here on that it has applied the slot (Alive waits for the disk) still knows after a crash. Former members rely
		// on that when they leave: see onLeave.
		r.writeLearned(env, e)
	}
	env.Observe(fact.Fact{Kind: fact.Applied, Slot: e.slot, Value: e.digest, State: r.state()})
	if r.standing != active {
		return
	}
	due := r.config.CheckpointEvery > 0 && r.applied-r.checkpoint >= r.config.CheckpointEvery
	if due || env.Perturb(PerturbCheckpoint) {
		r.writeCheckpoint(env)
	}
}

// place is where a command stands in the log, in one word.
func place(slot uint64, index uint32) uint64 { return slot<<batchBits | uint64(index) }

// execute has the machine execute a command, unless it did so before.
func (r *Replica) execute(env Env, c *commands, slot uint64, index uint32) {
	s := r.sessions.find(c.session)
	if s == nil {
		r.reply(env, c.client, node.Reply{Seq: c.seq, Status: node.Expired})
		return
	}
	if c.seq > s.seq {
		output := r.machine.Apply(c.command(), s.output[:0])
		r.sessions.record(s, c.seq, slot, index, output)
		r.metrics.Commands++
		env.Observe(fact.Fact{
			Kind: fact.Executed, Slot: slot, Index: uint16(index),
			Client: uint32(c.client), Seq: c.seq,
		})
	}
	if r.role == leader {
		r.replyFromSession(env, s, c.client, c.seq)
	}
}

// query executes a read that came through the log. A command that would change something has no result.
func (r *Replica) query(command []byte) []byte {
	output, _ := r.machine.Query(command, r.scratch[:0])
	r.scratch = output[:0]
	return output
}

// reply answers, if it is this replica's business.
func (r *Replica) reply(env Env, to node.Client, answer node.Reply) {
	if r.role == leader {
		env.Reply(to, answer)
	}
}

// replyFromSession answers with the recorded result of the client's last command. An older one gets no answer: the
// client has moved on.
func (r *Replica) replyFromSession(env Env, s *session, to node.Client, seq uint64) {
	if seq != s.seq {
		return
	}
	env.Reply(to, node.Reply{Seq: seq, Status: node.OK, Slot: s.slot, Index: s.index, Output: s.output})
}

// state is the digest of everything that the log determines.
func (r *Replica) state() [2]uint64 {
	m := r.machine.Digest()
	return [2]uint64{m[0] ^ r.sessions.digest[0] ^ r.membership, m[1] ^ r.sessions.digest[1]}
}

// configure makes the membership of an encoded change govern the slots from applied + alpha on. It is refused where it makes no sense,
// where it is a change of another membership than the last, and while that has yet to come into force.
func (r *Replica) configure(env Env, command []byte) node.Status {
	change, err := DecodeChange(command)
	if err != nil {
		return node.Refused
	}
	m := change.Membership
	last := &r.eras[len(r.eras)-1]
	switch {
	case last.Membership.equal(&m):
		return node.OK
	case last.start != change.After:
		return node.Refused
	case len(r.eras) > 1:
		return node.Overloaded
	}
	e := newEra(r.applied+r.alpha, m)
	env.Observe(fact.Fact{Kind: fact.Configured, Slot: e.start, Value: fact.Digest(command), Bytes: command})
	env.Logf("will have another membership from slot %d on", e.start)
	if r.applied+1 >= e.start {
		r.setEras(eras{e})
	} else {
		r.setEras(append(append(eras(nil), r.eras...), e))
	}
	return node.OK
}

// appendUvarints appends numbers.
func appendUvarints(dst []byte, numbers ...uint64) []byte {
	for _, v := range numbers {
		dst = binary.AppendUvarint(dst, v)
	}
	return dst
}
