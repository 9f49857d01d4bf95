package checker

import (
	"fmt"
	"math"
)

// LastEvent is the largest event number a history may have.
const LastEvent = math.MaxInt64 - 1

// Validate refuses what is no history: an operation that ends before it begins, two events with one number, a client
// with two operations open, operations that do not lie in order of their calls. The error names the operation by its index.
func (h *History) Validate() error {
	var v validator
	return v.validate(h.Ops)
}

// validator is the first layer. It keeps its memory. All other layers rely on what it holds: calls in order, no two
// events with one number, so that before and after are never in doubt.
type validator struct {
	sorter  sorter
	ends    []ranked
	seen    []uint64          // a bit for each event
	last    []uint64          // by client: the return of its last operation
	clients map[uint32]uint64 // the same, for clients with large numbers
}

func (v *validator) validate(ops []Op) error {
	if len(ops) > math.MaxInt32/2 {
		return fmt.Errorf("%d operations are more than can be checked", len(ops))
	}
	highest := uint64(0)
	for i := range ops {
		o := &ops[i]
		switch {
		case o.Kind == 0 || o.Kind >= numOpKinds:
			return fmt.Errorf("operation %d: no such kind", i)
		case o.Outcome > Unknown:
			return fmt.Errorf("operation %d: no such outcome", i)
		case o.Return <= o.Call:
			return fmt.Errorf("operation %d: it returns at %d and was called at %d", i, o.Return, o.Call)
		case (o.Outcome == OK || o.Outcome == Fail) != (o.Return != Never):
			return fmt.Errorf("operation %d: outcome %v, but its return is %d", i, o.Outcome, o.Return)
		case o.Call > LastEvent || o.Return > LastEvent && o.Return != Never:
			return fmt.Errorf("operation %d: events are numbered up to %d", i, uint64(LastEvent))
		case i > 0 && o.Call < ops[i-1].Call:
			return fmt.Errorf("operation %d: it was called before operation %d, and operations lie in order of their calls", i, i-1)
		}
		highest = max(highest, o.Call)
		if o.Return != Never {
			highest = max(highest, o.Return)
		}
	}
	if i, event := v.twice(ops, highest); i >= 0 {
		return fmt.Errorf("operation %d: event %d is also one of operation %d", i, event, other(ops, i, event))
	}
	return v.oneAtATime(ops)
}

// twice returns an operation that shares an event with another, and the event, or -1. Where event numbers are dense, a bit for each
// is enough.
func (v *validator) twice(ops []Op, highest uint64) (int, uint64) {
	if highest/64 > uint64(len(ops)) {
		return v.twiceSparse(ops)
	}
	v.seen = resize(v.seen, int(highest/64)+1)
	clear(v.seen)
	for i := range ops {
		o := &ops[i]
		word, bit := &v.seen[o.Call/64], uint64(1)<<(o.Call%64)
		if *word&bit != 0 {
			return i, o.Call
		}
		*word |= bit
		if o.Return == Never {
			continue
		}
		word, bit = &v.seen[o.Return/64], uint64(1)<<(o.Return%64)
		if *word&bit != 0 {
			return i, o.Return
		}
		*word |= bit
	}
	return -1, 0
}

func (v *validator) twiceSparse(ops []Op) (int, uint64) {
	v.ends = empty(v.ends, 2*len(ops))
	for i := range ops {
		v.ends = append(v.ends, ranked{ops[i].Call, int32(i)})
		if ops[i].Return != Never {
			v.ends = append(v.ends, ranked{ops[i].Return, int32(i)})
		}
	}
	v.sorter.sort(v.ends)
	for j := 1; j < len(v.ends); j++ {
		if v.ends[j-1].key == v.ends[j].key {
			return int(v.ends[j].op), v.ends[j].key
		}
	}
	return -1, 0
}

// other returns the operation other than i that has the event.
func other(ops []Op, i int, event uint64) int {
	for j := range ops {
		if j != i && (ops[j].Call == event || ops[j].Return == event) {
			return j
		}
	}
	return i
}

// oneAtATime refuses a client that calls while an operation of its own is open. Operations lie in order of their calls, so its last one
// tells.
func (v *validator) oneAtATime(ops []Op) error {
	few := uint64(len(ops))*4 + 1024
	v.last = v.last[:0]
	clear(v.clients)
	for i := range ops {
		o := &ops[i]
		until := uint64(0)
		if uint64(o.Client) < few {
			for len(v.last) <= int(o.Client) {
				v.last = append(v.last, 0)
			}
			until, v.last[o.Client] = v.last[o.Client], o.Return
		} else {
			if v.clients == nil {
				v.clients = map[uint32]uint64{}
			}
			until, v.clients[o.Client] = v.clients[o.Client], o.Return
		}
		if until > o.Call {
			return fmt.Errorf("operation %d: client %d has not finished operation %d", i, o.Client, before(ops, i))
		}
	}
	return nil
}

// before returns the operation of the same client before i.
func before(ops []Op, i int) int {
	for j := i - 1; j >= 0; j-- {
		if ops[j].Client == ops[i].Client {
			return j
		}
	}
	return i
}

func compare(a, b uint64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}
