package checker

import (
	"fmt"
	"slices"

	"simrun/node/fact"
)

// Members is who takes part in the decisions about some slots.
type Members struct {
	Voters   []uint16
	Learners []uint16
	Phase1   int    // voters in a phase-1 quorum
	Phase2   int    // voters in a phase-2 quorum
	After    uint64 // the first slot of the membership that this one is to replace; of no meaning for founders
}

// ChangeRule says how the membership of a group changes: a membership found in the value chosen for slot s governs slots from
// s + Alpha on. One that equals the last changes nothing, and one that is to replace another than the last, or comes before the last is in
// force, is refused.
type ChangeRule struct {
	Alpha uint64
	// Find hands out every membership in a value, encoded. It is pure.
	Find func(value []byte, emit func(encoded []byte))
	// Decode reads one; ok is false for one that every replica refuses.
	Decode func(encoded []byte) (m Members, ok bool)
}

// era is a membership and the slots that it governs: from start on, until another does.
type era struct {
	start   uint64
	voters  nodeSet
	members nodeSet // voters and learners
	phase1  int
	phase2  int
	digest  uint64 // of the encoding; 0: the founding one
}

func newEra(start uint64, m Members, digest uint64) era {
	e := era{start: start, phase1: m.Phase1, phase2: m.Phase2, digest: digest}
	for _, n := range m.Voters {
		e.voters.add(n)
		e.members.add(n)
	}
	for _, n := range m.Learners {
		e.members.add(n)
	}
	return e
}

// change is a membership in a slot that is chosen while a slot below is not yet.
type change struct {
	slot   uint64
	digest uint64
	m      Members
}

// found makes the founding membership the only one.
func (w *Watch) found() {
	m := w.config.Founders
	m.Phase1, m.Phase2 = w.config.Phase1, w.config.Phase2
	e := newEra(0, m, 0)
	if len(m.Voters) == 0 {
		for n := range w.config.Nodes {
			e.voters.add(uint16(n + 1))
		}
		e.members = e.voters
	}
	w.eras = append(w.eras[:0], e)
	w.changes = w.changes[:0]
	w.prefix = 0
}

// governing returns the era of a slot.
func (w *Watch) governing(slot uint64) *era {
	i := len(w.eras) - 1
	for i > 0 && w.eras[i].start > slot {
		i--
	}
	return &w.eras[i]
}

// chose takes note that a slot is chosen, and of a membership in its value. Memberships come into force in the order of their slots,
// whatever the order in which these were chosen.
func (w *Watch) chose(slot uint64, value []byte) {
	if w.config.Change == nil {
		return
	}
	w.checking = slot
	w.config.Change.Find(value, w.encoded)
	for {
		next := w.known(w.prefix + 1)
		if w.prefix+1 > w.base && (next == nil || !next.chosen) {
			return
		}
		w.prefix++
		for len(w.changes) > 0 {
			i := slices.IndexFunc(w.changes, func(c change) bool { return c.slot == w.prefix })
			if i < 0 {
				break
			}
			w.comeIntoForce(w.changes[i])
			w.changes = slices.Delete(w.changes, i, i+1)
		}
	}
}

// changeFound takes note of a membership in the slot that is being checked.
func (w *Watch) changeFound(encoded []byte) {
	if m, ok := w.config.Change.Decode(encoded); ok {
		w.changes = append(w.changes, change{w.checking, fact.Digest(encoded), m})
	}
}

func (w *Watch) comeIntoForce(c change) {
	last := &w.eras[len(w.eras)-1]
	e := newEra(c.slot+w.config.Change.Alpha, c.m, c.digest)
	if last.start != c.m.After || last.start > c.slot+1 || last.voters == e.voters && last.members == e.members && last.phase1 == e.phase1 && last.phase2 == e.phase2 {
		return
	}
	if e.phase1 > 0 && e.phase2 > 0 && e.phase1+e.phase2 <= len(c.m.Voters) {
		w.violate(0, c.slot, "configuration", "quorums need not meet", fmt.Sprintf(
			"the membership chosen at slot %d has %d voters and quorums of %d and %d, which need have nobody in common", c.slot, len(c.m.Voters), e.phase1, e.phase2))
		return
	}
	w.eras = append(w.eras, e)
	for s := max(e.start, w.base+1); s <= w.base+uint64(len(w.slots)); s++ {
		if w.slot(s).ballots > 0 {
			w.violate(0, s, "configuration", "vote before its membership was chosen", fmt.Sprintf(
				"slot %d has votes, and the membership that governs it was chosen only now, at slot %d", s, c.slot))
			return
		}
	}
}

// configured holds the membership that a replica believes in against the chosen one: all compute the same for a slot.
func (w *Watch) configured(n uint16, f *fact.Fact) {
	for i := range w.eras {
		if e := &w.eras[i]; e.start == f.Slot && e.digest == f.Value {
			return
		}
	}
	w.violate(n, f.Slot, "configuration", "another membership than was chosen", fmt.Sprintf(
		"n%d holds another membership to govern slots from %d on than the log has", n, f.Slot))
}

// presides holds a leader with nothing in flight against the memberships in force: one that is no voter finishes what it has begun, and leads no longer.
func (w *Watch) presides(n uint16, f *fact.Fact) {
	if last := &w.eras[len(w.eras)-1]; last.start <= f.Slot+1 && !last.voters.has(n) {
		w.violate(n, f.Slot, "configuration", "led by a former member", fmt.Sprintf(
			"n%d leads in ballot %s with nothing left to do, and is no voter from slot %d on", n, name(f.Ballot), last.start))
	}
}

// Members calls each with every member of the latest membership, voters and learners.
func (w *Watch) Members(each func(n uint16, voter bool)) {
	e := &w.eras[len(w.eras)-1]
	for n := uint16(1); int(n) < len(w.nodes); n++ {
		if e.members.has(n) {
			each(n, e.voters.has(n))
		}
	}
}

// Latest returns the first slot of the latest membership.
func (w *Watch) Latest() uint64 { return w.eras[len(w.eras)-1].start }

// Pending tells whether the latest membership has yet to come into force.
func (w *Watch) Pending() bool { return w.eras[len(w.eras)-1].start > w.prefix+1 }
