package checker

import (
	"fmt"

	"simrun/node/fact"
)

// learned holds what a replica takes to be chosen against what is: learned(s, v) implies chosen(s) = v. If it says in which ballot it saw that, there must be a
// quorum of votes in that ballot.
func (w *Watch) learned(n uint16, f *fact.Fact) {
	s := w.known(f.Slot)
	switch {
	case s == nil && f.Slot <= w.base:
	case s == nil || !s.chosen:
		w.violate(n, f.Slot, "learned", "value not chosen", fmt.Sprintf(
			"n%d learned %08x for slot %d, for which no value has the durable votes of a quorum", n, uint32(f.Value), f.Slot))
	case s.value != f.Value:
		w.violate(n, f.Slot, "learned", "another value was chosen", fmt.Sprintf(
			"n%d learned %08x for slot %d, and %08x was chosen", n, uint32(f.Value), f.Slot, uint32(s.value)))
	case f.Ballot != 0:
		if e, v := w.governing(f.Slot), s.ballot(f.Ballot); v == nil || v.voters.common(&e.voters) < e.phase2 {
			w.violate(n, f.Slot, "learned", "ballot without a quorum of votes", fmt.Sprintf(
				"n%d learned %08x for slot %d from votes in ballot %s, in which there are too few", n, uint32(f.Value), f.Slot, name(f.Ballot)))
		}
	}
}

// applied holds a replica's state against the others': replicas apply what is chosen, slot by slot, and come to
// equal states at equal slots. After a boot a replica may begin at any slot, from its snapshot or log.
func (w *Watch) applied(n uint16, f *fact.Fact) {
	l := &w.nodes[n]
	s := w.known(f.Slot)
	if s == nil {
		if f.Slot > w.base {
			w.misapplied(n, f, &slotLedger{})
		}
		l.applied, l.state = f.Slot, f.State
		return
	}
	next := f.Slot == l.applied+1 || l.applied == 0
	if !next || !s.chosen || s.value != f.Value || s.applied && s.state != f.State {
		w.misapplied(n, f, s)
	}
	w.frontier = max(w.frontier, f.Slot)
	s.applied, s.state = true, f.State
	l.applied, l.state = f.Slot, f.State
}

// misapplied says what is wrong with the slot that a replica applied.
func (w *Watch) misapplied(n uint16, f *fact.Fact, s *slotLedger) {
	l := &w.nodes[n]
	switch {
	case !s.chosen:
		w.violate(n, f.Slot, "applied", "value not chosen", fmt.Sprintf("n%d applied slot %d, which is not chosen", n, f.Slot))
	case s.value != f.Value:
		w.violate(n, f.Slot, "applied", "another value was chosen", fmt.Sprintf(
			"n%d applied %08x at slot %d, and %08x was chosen", n, uint32(f.Value), f.Slot, uint32(s.value)))
	case f.Slot <= l.applied:
		w.violate(n, f.Slot, "applied", "slot applied again", fmt.Sprintf("n%d applied slot %d after slot %d", n, f.Slot, l.applied))
	case l.applied > 0 && f.Slot > l.applied+1:
		w.violate(n, f.Slot, "applied", "slot left out", fmt.Sprintf("n%d applied slot %d right after slot %d", n, f.Slot, l.applied))
	default:
		w.violate(n, f.Slot, "applied", "states differ", fmt.Sprintf(
			"n%d has state %08x after slot %d, and another replica had %08x", n, uint32(f.State[0]), f.Slot, uint32(s.state[0])))
	}
}

// restored takes note that a replica's state is now that of a snapshot, its own after a boot or another's. It is held
// against the state that others had after that slot.
func (w *Watch) restored(n uint16, f *fact.Fact) {
	l := &w.nodes[n]
	if f.Slot <= w.base {
		l.applied, l.state = f.Slot, f.State
		return
	}
	s := w.slot(f.Slot)
	switch {
	case f.Slot < l.applied:
		w.violate(n, f.Slot, "applied", "went back to a snapshot", fmt.Sprintf("n%d restored slot %d after slot %d", n, f.Slot, l.applied))
	case !s.chosen:
		w.violate(n, f.Slot, "applied", "snapshot not chosen", fmt.Sprintf("n%d restored a snapshot through slot %d, which is not chosen", n, f.Slot))
	case s.applied && s.state != f.State:
		w.violate(n, f.Slot, "applied", "states differ", fmt.Sprintf(
			"n%d restored state %08x at slot %d, where another replica had %08x", n, uint32(f.State[0]), f.Slot, uint32(s.state[0])))
	}
	l.applied, l.state = f.Slot, f.State
}
