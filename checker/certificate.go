package checker

import (
	"fmt"
	"slices"
)

// certify verifies that the order given by the hints is a linearization: every completed operation has a place, no two share
// one, no operation returned before one ordered ahead of it was called, and the model, run in that order, gives every
// output. It returns why not, or nil.
//
// Accepting is sound whatever the hints say, because the order itself is the proof: it is a sequential history that the model
// allows, with the same operations and outputs, in which real time is respected. An operation of unknown outcome
// without a hint is taken never to have happened, which is always allowed. A wrong hint can only make certify refuse, which costs time: then the
// search decides.
func (c *Checker) certify(ops []Op, m *Model) error {
	c.order = c.order[:0]
	keys := uint32(0)
	for i := range ops {
		o := &ops[i]
		switch {
		case o.Outcome == Fail:
			continue
		case o.Slot > 0:
			c.order = append(c.order, int32(i))
		case o.Outcome == OK:
			return fmt.Errorf("%v has no place in the log", o)
		}
		keys = max(keys, o.Key+1)
	}
	if !m.ByKey {
		keys = 1
	}
	if keys > maxDenseKeys {
		return fmt.Errorf("keys up to %d are too many", keys-1)
	}
	slices.SortFunc(c.order, func(a, b int32) int {
		if x := compare(ops[a].Slot, ops[b].Slot); x != 0 {
			return x
		}
		return compare(uint64(ops[a].Index), uint64(ops[b].Index))
	})
	c.states = append(c.states[:0], make([]int64, keys)...)
	latest := uint64(0) // call seen so far
	for p, i := range c.order {
		o := &ops[i]
		if p > 0 && m.ByKey {
			if prev := &ops[c.order[p-1]]; prev.Slot == o.Slot && prev.Index == o.Index {
				return fmt.Errorf("%v and %v share a place in the log", prev, o)
			}
		}
		if o.Return < latest {
			return fmt.Errorf("%v returned before an operation was called that lies ahead of it in the log", o)
		}
		latest = max(latest, o.Call)
		state := &c.states[0]
		if m.ByKey {
			state = &c.states[o.Key]
		}
		next, ok := m.legal(*state, o)
		if !ok {
			return fmt.Errorf("%v does not follow from the log, which makes it %d", o, *state)
		}
		*state = next
	}
	return nil
}

// maxDenseKeys bounds the table of states by key.
const maxDenseKeys = 1 << 20
