package checker

import "fmt"

// refusal is why a certificate was not accepted.
type refusal struct {
	why string
	// disagrees: the hints are there, and contradict what clients saw. Otherwise they are too few to tell.
	disagrees bool
	// reads: what only read has no place. The order of the writes may do.
	reads bool
}

func (r *refusal) Error() string { return r.why }

// certify verifies that the order given by the hints is a linearization: every completed operation has a place, no two share
// one, no operation returned before one ordered ahead of it was called, and the model, run in that order, gives every
// output. It returns why not, or nil.
//
// Accepting is sound whatever the hints say, because the order itself is the proof: it is a sequential history that the model
// allows, with the same operations and outputs, in which real time is respected. An operation of unknown outcome
// without a hint is taken never to have happened, which is always allowed. A wrong hint can only make certify refuse, which costs
// time: then the layers below decide.
//
// Where there is one state for all keys, operations may share a place, and follow each other in the order of their calls: all
// who hear of one decision have its slot.
func (c *Checker) certify(ops []Op, m *rules) *refusal {
	c.order = empty(c.order, len(ops))
	for i := range ops {
		o := &ops[i]
		switch {
		case o.Outcome == Fail:
		case o.Slot > 0:
			c.order = append(c.order, ranked{o.Slot, int32(i)})
		case o.Outcome == OK:
			return &refusal{why: fmt.Sprintf("%s has no place in the log", m.history.Describe(o)), reads: m.Register && reads(o)}
		}
	}
	sortByPlace(c.order, &c.sorter, func(op int32) uint64 { return uint64(ops[op].Index) })
	c.states = resize(c.states, c.keys.count)
	clear(c.states)
	latest := uint64(0) // call seen so far
	for p := range c.order {
		o := &ops[c.order[p].op]
		if o.Return < latest {
			return &refusal{why: fmt.Sprintf("%s returned before an operation was called that lies ahead of it in the log", m.history.Describe(o)), disagrees: true}
		}
		latest = max(latest, o.Call)
		if p > 0 && m.ByKey {
			if prev := &ops[c.order[p-1].op]; prev.Slot == o.Slot && prev.Index == o.Index {
				return &refusal{why: fmt.Sprintf("%s and %s share a place in the log", m.history.Describe(prev), m.history.Describe(o)), disagrees: true}
			}
		}
		state := &c.states[c.keys.of(o)]
		next, ok := m.legal(*state, o)
		if !ok {
			return &refusal{why: fmt.Sprintf("%s does not follow from the log, which makes it %s", m.history.Describe(o), m.describe(*state)), disagrees: !unplaced(ops, o, m.ByKey)}
		}
		*state = next
	}
	return nil
}

// sortByPlace puts operations, which have slots for keys, into the order of slots, and of indices within a slot.
func sortByPlace(order []ranked, s *sorter, index func(op int32) uint64) {
	s.sort(order)
	for from := 0; from < len(order); {
		to, slot := from+1, order[from].key
		for to < len(order) && order[to].key == slot {
			to++
		}
		if batch := order[from:to]; len(batch) > 1 {
			for j := range batch {
				batch[j].key = index(batch[j].op)
			}
			s.sort(batch)
			for j := range batch {
				batch[j].key = slot
			}
		}
		from = to
	}
}

// unplaced tells whether an operation that may have had a part in the state that o met has no place: one of unknown outcome, which the
// log may have executed without anybody saying so.
func unplaced(ops []Op, o *Op, byKey bool) bool {
	for i := range ops {
		u := &ops[i]
		if u.Slot == 0 && u.Outcome != OK && matters(u) && (!byKey || u.Key == o.Key) {
			return true
		}
	}
	return false
}
