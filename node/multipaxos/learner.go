package multipaxos

import (
	"simrun/node"
	"simrun/node/fact"
)

// onNews handles a leader's Learn or Heartbeat.
func (r *Replica) onNews(env Env, from node.ID, m *Message) {
	if m.Ballot < r.promised {
		r.reject(env, from, m.Ballot)
		return
	}
	r.follow(env, m.Ballot)
	r.learn(env, from, m.Ballot, m.Commit)
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
	index := uint32(0)
	for list := (commands{rest: e.value}); list.next(); index++ {
		s := r.sessions.open(list.client)
		if list.seq > s.seq {
			output := r.machine.Apply(list.command, s.output[:0])
			r.sessions.record(s, list.seq, e.slot, index, output)
			env.Observe(fact.Fact{
				Kind: fact.Executed, Slot: e.slot, Index: uint16(index),
				Client: uint32(list.client), Seq: list.seq, Value: fact.Digest(list.command),
			})
		}
		if r.role == leader {
			r.replyFromSession(env, s, list.seq)
		}
	}
	env.Observe(fact.Fact{Kind: fact.Applied, Slot: e.slot, Value: e.digest, State: r.state()})
	if r.config.CheckpointEvery > 0 && r.applied-r.checkpoint >= r.config.CheckpointEvery {
		r.writeCheckpoint(env)
	}
}

// replyFromSession answers with the recorded result of the client's last command. An older one gets no answer: the
// client has moved on.
func (r *Replica) replyFromSession(env Env, s *session, seq uint64) {
	if seq != s.seq {
		return
	}
	env.Reply(s.client, node.Reply{Seq: seq, Status: node.OK, Slot: s.slot, Index: s.index, Output: s.output})
}

// state is the digest of everything that the log determines.
func (r *Replica) state() [2]uint64 {
	m := r.machine.Digest()
	return [2]uint64{m[0] ^ r.sessions.digest[0], m[1] ^ r.sessions.digest[1]}
}
