package netsim

import (
	"simrun/node"
	"simrun/sim"
)

// heldBack is a message that waits for a rule to be taken off.
type heldBack struct {
	rule     int // its id
	from, to node.Addr
	event    sim.Event // its arrival, but for the time
	late     Exception // names it, if strikes are told
	due      int64     // when it would have arrived in good weather
}

// dispatch lets a message arrive when its fate says, or keeps it until what holds it back is over.
func (t *traffic) dispatch(f *fate, delay int64, from, to node.Addr, kind sim.EventKind, host node.ID, a, b, c uint64) {
	if f.heldBy == 0 {
		t.kernel.Schedule(t.kernel.Now()+delay, kind, host, a, b, c)
	} else {
		t.hold(f, delay, from, to, kind, host, a, b, c)
	}
}

// hold keeps a message until what holds it back is over.
func (t *traffic) hold(f *fate, delay int64, from, to node.Addr, kind sim.EventKind, host node.ID, a, b, c uint64) {
	t.held = append(t.held, heldBack{
		rule: int(f.heldBy - 1), from: from, to: to,
		event: sim.Event{Kind: kind, Host: host, A: a, B: b, C: c},
		late:  t.exception(), due: t.kernel.Now() + delay,
	})
}

// release lets everything arrive that rules of that id, or of any if it is below zero, held back: at once, one nanosecond after the other,
// in the order in which it was sent.
func (t *traffic) release(id int) {
	kept := t.held[:0]
	at := t.kernel.Now()
	for _, h := range t.held {
		if id >= 0 && h.rule == id && t.config.Link == FIFO {
			h.rule = t.ahead(kept, &h)
		}
		if id >= 0 && h.rule != id {
			kept = append(kept, h)
			continue
		}
		at++
		if t.config.Link == FIFO {
			l, _ := t.links.at(h.from, h.to)
			at = max(at, l.lastArrival+1)
			l.lastArrival = at
		}
		if t.strikes != nil && at > h.due {
			h.late.Fate, h.late.Delay = Delay, at-h.due
			t.strikes(h.late)
		}
		t.kernel.Schedule(at, h.event.Kind, h.event.Host, h.event.A, h.event.B, h.event.C)
	}
	t.held = kept
}

// ahead returns the rule that holds back what was sent before a message on the same connection, or its own: it cannot overtake.
func (t *traffic) ahead(kept []heldBack, h *heldBack) int {
	for i := range kept {
		if kept[i].from == h.from && kept[i].to == h.to {
			return kept[i].rule
		}
	}
	return h.rule
}
