package sharded

import (
	"math/bits"
	"slices"

	"simrun/node"
)

// pursuit is what the leader of a coordinator does about a transaction. It is lost with the leader, and made anew from the group's log by the next.
type pursuit struct {
	id      id
	items   []Item
	try     uint64 // that the following is about; 0: it has not begun
	votes   uint64 // the groups that voted for it
	acks    uint64 // the groups that know how it ended
	seen    []int64
	refusal byte       // resultBusy or resultStale: somebody voted against it
	failed  uint       // tries in a row that met a lock
	asked   bool       // the others were asked, or told: the next time all of a group are
	at      node.Local // when it is looked at again
	rest    node.Local // and not tried again before
}

// onTransaction takes a client's transaction.
func (r *Replica) onTransaction(env Env, x id, items []Item) {
	l := r.ledger()
	_, known := l.findTransaction(x)
	switch {
	case known || r.pursuit(x) != nil: // its client is answered when it is done
	case l.past(x.client).settled >= x.seq:
		r.reply(env, x, l.outcome(x, nil))
	default:
		r.pursue(env, pursuit{id: x, items: items, at: env.Now()})
	}
}

// pursuit returns what this leader does about a transaction, or nil.
func (r *Replica) pursuit(x id) *pursuit {
	at := slices.IndexFunc(r.pursued, func(p pursuit) bool { return p.id == x })
	if at < 0 {
		return nil
	}
	return &r.pursued[at]
}

func (r *Replica) pursue(env Env, p pursuit) {
	r.pursued = append(r.pursued, p)
	r.step(env, &r.pursued[len(r.pursued)-1])
	r.alarm(env)
}

// adopt makes a leader go on with all that was begun and that it does not know of: what its predecessors began, and what they left
// in the log's way, which may be chosen later than anything of its own.
func (r *Replica) adopt(env Env) {
	if !r.ready() {
		return
	}
	for _, t := range r.ledger().transactions {
		if r.pursuit(t.id) == nil {
			r.pursue(env, pursuit{id: t.id, items: t.items, at: env.Now()})
		}
	}
}

// act does what is due for every transaction.
func (r *Replica) act(env Env) {
	if r.leads && r.session == 0 {
		r.openSession()
		env.SetTimer(timerAct, r.config.Retry)
		return
	}
	for i := 0; r.ready() && i < len(r.pursued); i++ {
		r.step(env, &r.pursued[i])
	}
	r.alarm(env)
}

// alarm sets the timer for what is due first.
func (r *Replica) alarm(env Env) {
	if !r.ready() || len(r.pursued) == 0 {
		return
	}
	first := r.pursued[0].at
	for i := range r.pursued {
		first = min(first, r.pursued[i].at)
	}
	env.SetTimer(timerAct, max(first-env.Now(), 0))
}

// step takes the next step of a transaction, if it is due. What the step is depends on the log alone, and on votes.
func (r *Replica) step(env Env, p *pursuit) {
	now := env.Now()
	due := now >= p.at
	if due {
		p.at = now + r.config.Retry
	}
	at, known := r.ledger().findTransaction(p.id)
	if !known {
		if now < p.rest {
			p.at = p.rest
		} else if due {
			r.submit(&command{op: opBegin, id: p.id, try: 1, groups: r.groups(), group: r.group, items: p.items}, 0)
		}
		return
	}
	t := &r.ledger().transactions[at]
	if p.try != t.try {
		p.try, p.votes, p.acks, p.refusal, p.asked = t.try, 0, 0, 0, false
		p.seen = r.merge(make([]int64, reads(t.items)), t.items, r.group, r.ledger().look(sharesOf(t.items, r.group, r.groups())))
		due = true
	}
	others := r.others(t.items)
	switch {
	case t.stage == begun && p.refusal != 0:
		v := abort
		if p.refusal == resultStale {
			v = abandon
		}
		r.submit(&command{op: opDecide, id: p.id, try: t.try, verdict: v}, 0)
	case t.stage == begun && p.votes == others:
		r.submit(&command{op: opDecide, id: p.id, try: t.try, verdict: commit, seen: p.seen}, 0)
	case t.stage == begun:
		if due {
			r.tell(env, p, others&^p.votes, Message{Kind: Prepare, Client: t.client, Seq: t.seq, Try: t.try, Items: t.items})
		}
	case p.acks != others:
		if due {
			v := commit
			if t.stage != committed {
				v = abort
			}
			r.tell(env, p, others&^p.acks, Message{Kind: Finish, Client: t.client, Seq: t.seq, Try: t.try, Verdict: v})
		}
	case t.stage == aborted && now < p.rest:
		p.at = p.rest
	case t.stage == aborted:
		r.submit(&command{op: opBegin, id: p.id, try: t.try + 1, groups: r.groups(), group: r.group, items: t.items}, 0)
	default:
		r.submit(&command{op: opForget, id: p.id, try: t.try}, 0)
	}
}

// others returns the groups that a transaction is on, besides this one.
func (r *Replica) others(items []Item) (set uint64) {
	for _, i := range items {
		set |= 1 << groupOf(i.Key, r.groups())
	}
	return set &^ (1 << r.group)
}

// merge puts what one group's share saw in its places.
func (r *Replica) merge(seen []int64, items []Item, group uint64, share []int64) []int64 {
	at := 0
	for _, i := range items {
		if i.Write {
			continue
		}
		if groupOf(i.Key, r.groups()) == group && len(share) > 0 {
			seen[at], share = share[0], share[1:]
		}
		at++
	}
	return seen
}

// tell sends a message to some groups: to whoever spoke for them last, or when that gave no answer, to all their replicas.
func (r *Replica) tell(env Env, p *pursuit, groups uint64, m Message) {
	items := m.Items
	for ; groups != 0; groups &= groups - 1 {
		g := uint64(bits.TrailingZeros64(groups))
		if items != nil {
			m.Items = sharesOf(items, g, r.groups())
		}
		if hint := r.hints[g]; hint != 0 && !p.asked {
			r.say(env, hint, m)
			continue
		}
		for _, to := range r.config.Groups[g] {
			r.say(env, to, m)
		}
	}
	p.asked = true
}

// onVote counts a vote.
func (r *Replica) onVote(env Env, m *Message) {
	p := r.pursuit(m.id())
	if p == nil || p.try != m.Try || p.refusal != 0 {
		return
	}
	switch m.Result {
	case resultBusy, resultStale:
		p.refusal = m.Result
	case resultVote:
		p.votes |= 1 << m.Group & r.others(p.items)
		r.merge(p.seen, p.items, m.Group, m.Seen)
	}
	r.step(env, p)
	r.alarm(env)
}

// onAck counts who knows of the decision.
func (r *Replica) onAck(env Env, m *Message) {
	p := r.pursuit(m.id())
	if p == nil || p.try != m.Try {
		return
	}
	if at, known := r.ledger().findTransaction(m.id()); known && r.ledger().transactions[at].stage != begun {
		p.acks |= 1 << m.Group & r.others(p.items)
		r.step(env, p)
		r.alarm(env)
	}
}

// onProgress goes on with a transaction after a command of it has gone through the log, and did what output says.
func (r *Replica) onProgress(env Env, c *call, output []byte) {
	p := r.pursuit(c.id)
	if p == nil {
		return
	}
	p.at, p.asked = env.Now(), false
	switch output[0] {
	case resultBusy, resultAborted:
		p.rest = p.at + r.pause(env, p.failed)
		p.failed++
	case resultDone:
		r.reply(env, c.id, output)
	}
	if _, known := r.ledger().findTransaction(c.id); !known && output[0] != resultBusy {
		at := slices.IndexFunc(r.pursued, func(p pursuit) bool { return p.id == c.id })
		r.pursued = slices.Delete(r.pursued, at, at+1)
	} else {
		r.step(env, p)
	}
	r.alarm(env)
}

// pause returns how long to wait after a lock was met, at random, so that two who met each other do not meet again.
func (r *Replica) pause(env Env, failed uint) node.Local {
	hi, _ := bits.Mul64(env.Rand(), uint64(r.config.Pause)<<min(failed, 3))
	return node.Local(hi)
}

// reply tells a client what its transaction saw. Who does not wait for it any more takes no notice.
func (r *Replica) reply(env Env, x id, output []byte) {
	if output[0] == resultDone {
		env.Reply(x.client, node.Reply{Seq: x.seq, Status: node.OK, Output: output[1:]})
	}
}
