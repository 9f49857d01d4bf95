package sharded

import "simrun/node"

// onPrepare promises this group's share of a transaction, by its log, or refuses.
func (r *Replica) onPrepare(env Env, from node.ID, m *Message) {
	for _, i := range m.Items {
		if groupOf(i.Key, r.groups()) != r.group {
			return
		}
	}
	r.submit(&command{op: opPrepare, id: m.id(), try: m.Try, items: m.Items}, from)
}

// onFinish ends a try, by the log.
func (r *Replica) onFinish(env Env, from node.ID, m *Message) {
	l := r.ledger()
	if _, found := l.findShare(m.id()); !found && l.over(m.id(), m.Try) {
		r.say(env, from, Message{Kind: Ack, Client: m.Client, Seq: m.Seq, Try: m.Try})
		return
	}
	r.submit(&command{op: opFinish, id: m.id(), try: m.Try, verdict: m.Verdict}, from)
}

// answerParticipant tells the coordinator what came of its Prepare or Finish.
func (r *Replica) answerParticipant(env Env, c *call, output []byte) {
	m := Message{Kind: Ack, Client: c.id.client, Seq: c.id.seq, Try: c.try}
	if c.op == opPrepare {
		m.Kind, m.Result = Vote, output[0]
		m.Seen, _ = Seen(output[1:])
	}
	r.say(env, c.asks, m)
}

// say sends a message to a replica of another group.
func (r *Replica) say(env Env, to node.ID, m Message) {
	m.Group = r.group
	env.Send(to, m)
}
