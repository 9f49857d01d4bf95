package checker

import (
	"fmt"
	"sync"

	"github.com/anishathalye/porcupine"
)

// Model is a sequential specification: what a single copy, executing one operation at a time, would answer. A state is one
// number, 0 at first: the state itself where it fits (Step), or else its number in a Space.
type Model struct {
	Name string
	// ByKey tells that operations on different keys have nothing to do with each other, each key with a state of its own.
	ByKey bool
	// Register tells that the model is exactly that of KV: Get, Put and CAS, on keys that are registers. Such histories are decided
	// without search, if no value is written twice to a key.
	Register bool
	// Step returns the state after the operation, and the output it must have.
	Step func(state int64, o *Op) (next, out int64)
	// Less offers histories of one key that say less than one which is not linearizable, and so are linearizable if it is, to make a witness small. Each is
	// built on the last one that try returned true for, which is that it is not linearizable either. nil: there are none.
	Less func(h *History, try func(less *History) bool)
	// Settle returns a history that is linearizable if and only if this one is, in which fewer operations are of unknown outcome: left out are those that can be, and
	// those that must have happened by some event are taken to have returned at it. nil: there are no such. The operations that are left are the same, by their calls, and in
	// their order.
	Settle func(h *History) *History
	// Space makes, in place of Step, the space of states for one history, of a model whose states do not fit into a number.
	Space func(h *History) Space
}

// Space is the states that a history may lead through. Equal states have equal numbers; 0 is the first. With ByKey it is
// shared by all keys, which begin in 0 each.
type Space interface {
	// Step returns the state after the operation, and whether the operation may have gone this way: with any output, if its
	// outcome is not known.
	Step(state int64, o *Op) (next int64, ok bool)
	// Describe writes a state for a picture.
	Describe(state int64) string
}

// Doomer is a Space that knows more: Doomed tells that from a state none can be reached any more in which a completed operation, which is not legal there, is, such as
// a read of a list that has grown in another way. The search then goes no further.
type Doomer interface {
	Doomed(state int64, o *Op) bool
}

// KV is the key-value store: get, put, compare-and-set. The output of a put is not looked at.
var KV = Model{Name: "kv", ByKey: true, Register: true, Step: func(state int64, o *Op) (next, out int64) {
	switch {
	case o.Kind == Put:
		return o.Arg, o.Out
	case o.Kind == CAS && o.Arg == state:
		return o.Arg2, state
	}
	return state, state
}}

// Decree is a single decision: the first proposal decides, and all get to know.
var Decree = Model{Name: "decree", Less: lessDecrees, Step: func(state int64, o *Op) (next, out int64) {
	if state == 0 {
		state = o.Arg
	}
	return state, state
}}

// lessDecrees offers decisions of which fewer know. If there is an order, all were told one value, so nothing is left of it without those who were told it. Without them,
// who proposed another in vain changed nothing, and of those who proposed it the first to be called may stand for all: it may as well have come first.
func lessDecrees(h *History, try func(*History) bool) {
	told := map[int64]bool{}
	var values []int64
	for i := range h.Ops {
		if o := &h.Ops[i]; o.Outcome == OK && !told[o.Out] {
			told[o.Out] = true
			values = append(values, o.Out)
		}
	}
	without := func(out func(o *Op) bool) bool {
		less := *h
		less.Ops = nil
		for _, o := range h.Ops {
			if !out(&o) {
				less.Ops = append(less.Ops, o)
			}
		}
		if len(less.Ops) == len(h.Ops) || !try(&less) {
			return false
		}
		h = &less
		return true
	}
	without(func(o *Op) bool { return o.Outcome != OK && !told[o.Arg] })
	for i := len(values) - 1; i >= 0; i-- {
		without(func(o *Op) bool { return o.Outcome == OK && o.Out == values[i] })
	}
	for _, v := range values {
		first := true
		without(func(o *Op) bool {
			if o.Arg != v || o.Outcome == OK && o.Out != v {
				return false
			}
			out := !first && o.Outcome == OK
			first = first && o.Outcome != OK
			return out
		})
	}
}

// rules is a model bound to the history that is checked.
type rules struct {
	Model
	space   Space
	doomer  Doomer // nil: the space is none
	history *History
}

func (m Model) bind(h *History) rules {
	r := rules{Model: m, history: h}
	if m.Space != nil {
		r.space = m.Space(h)
		r.doomer, _ = r.space.(Doomer)
	}
	return r
}

// legal applies the operation. An operation whose outcome is not known may have any output.
func (r *rules) legal(state int64, o *Op) (next int64, ok bool) {
	if r.space != nil {
		return r.space.Step(state, o)
	}
	next, out := r.Step(state, o)
	return next, o.Outcome != OK || out == o.Out
}

// describe writes a state.
func (r *rules) describe(state int64) string {
	if r.space != nil {
		return r.space.Describe(state)
	}
	return fmt.Sprint(state)
}

// Porcupine returns the model as porcupine wants it, for a history. Inputs are *Op. It does not split by key: see ByKey.
// States may be shared, so of searches side by side one takes a step at a time.
func (m Model) Porcupine(h *History) porcupine.Model {
	r := m.bind(h)
	model := r.porcupine()
	var turn sync.Mutex
	step := model.Step
	model.Step = func(state, input, output any) (bool, any) {
		turn.Lock()
		defer turn.Unlock()
		return step(state, input, output)
	}
	return model
}

// porcupine returns the same for one search at a time.
func (r *rules) porcupine() porcupine.Model {
	return porcupine.Model{
		Init: func() any { return int64(0) },
		Step: func(state, input, _ any) (bool, any) {
			from := state.(int64)
			next, ok := r.legal(from, input.(*Op))
			if !ok || next == from {
				return ok, state // another would need memory of its own
			}
			return true, next
		},
		Hash:              func(state any) uint64 { return scramble(uint64(state.(int64))) },
		DescribeOperation: func(input, _ any) string { return r.history.Describe(input.(*Op)) },
		DescribeState:     func(state any) string { return r.describe(state.(int64)) },
	}
}
