package checker

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/anishathalye/porcupine"
)

// Answer says whether a history is linearizable.
type Answer uint8

const (
	// Linearizable: there is an order that explains it.
	Linearizable Answer = iota + 1
	// NotLinearizable: there is none.
	NotLinearizable
	// NotDecided: the search did not come to an end.
	NotDecided
)

// Options of a check.
type Options struct {
	// Oracle makes porcupine decide every history, also one that a certificate was accepted for.
	Oracle bool
	// Patience bounds each of porcupine's searches, by the wall clock; 0 means DefaultPatience. What it did not
	// decide by then is NotDecided, which is never a pass.
	Patience time.Duration
}

// DefaultPatience is how long porcupine may search in one partition of a history.
const DefaultPatience = 10 * time.Second

// Result of a check.
type Result struct {
	Answer Answer
	// Method is what decided: "certificate" or "porcupine".
	Method string
	// Witness is a small part of the history that no order explains, if NotLinearizable.
	Witness []Op
	// Reason says in a sentence why it is not linearizable, or not decided.
	Reason string
	// Refused is why the certificate was not accepted, if it was not.
	Refused error
}

// Verdict returns the result as the verdict of a run.
func (r Result) Verdict() Verdict {
	switch r.Answer {
	case Linearizable:
		return Verdict{Kind: Pass}
	case NotDecided:
		return Verdict{Kind: Undecided, Detail: r.Reason}
	}
	v := Violation{Check: "linearizability", Shape: "not linearizable", Detail: r.Reason}
	return v.Verdict()
}

// Checker checks histories. It keeps its memory from one to the next; the zero Checker is ready.
type Checker struct {
	order  []int32
	states []int64
}

// Check decides whether the history is linearizable with respect to the model. It panics on a history that Validate
// refuses in a way that would give a wrong answer.
func (c *Checker) Check(h *History, m Model, o Options) Result {
	refused := c.certify(h.Ops, &m)
	if refused == nil && !o.Oracle {
		return Result{Answer: Linearizable, Method: "certificate"}
	}
	patience := o.Patience
	if patience == 0 {
		patience = DefaultPatience
	}
	r := search(h.Ops, m, patience)
	r.Refused = refused
	if refused == nil && r.Answer == NotLinearizable {
		panic("checker: a certificate was accepted for a history that porcupine finds not to be linearizable")
	}
	return r
}

// search decides by porcupine, partition by partition in the order of keys.
func search(ops []Op, m Model, patience time.Duration) Result {
	result := Result{Answer: Linearizable, Method: "porcupine"}
	model := m.Porcupine()
	for _, part := range partitions(ops, m) {
		switch porcupine.CheckOperationsTimeout(model, operations(part), patience) {
		case porcupine.Unknown:
			result.Answer = NotDecided
			result.Reason = fmt.Sprintf("porcupine did not decide the %d operations on k%d within %v", len(part), part[0].Key, patience)
		case porcupine.Illegal:
			witness := reduce(part, m, patience)
			return Result{Answer: NotLinearizable, Method: "porcupine", Witness: witness, Reason: reason(witness)}
		}
	}
	return result
}

// partitions splits the operations that matter by key, if the model allows it. Operations that failed did nothing, and
// reads of unknown outcome tell nothing.
func partitions(ops []Op, m Model) [][]Op {
	byKey := map[uint32][]Op{}
	for _, o := range ops {
		if o.Outcome == Fail || o.Kind == Get && o.Outcome != OK {
			continue
		}
		key := o.Key
		if !m.ByKey {
			key = 0
		}
		byKey[key] = append(byKey[key], o)
	}
	keys := make([]uint32, 0, len(byKey))
	for k := range byKey {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	parts := make([][]Op, len(keys))
	for i, k := range keys {
		parts[i] = byKey[k]
	}
	return parts
}

// operations translates for porcupine. It orders calls and returns by number, and an operation that never returned must
// be given a return behind all others.
func operations(ops []Op) []porcupine.Operation {
	out := make([]porcupine.Operation, len(ops))
	for i := range ops {
		o := &ops[i]
		end := int64(math.MaxInt64)
		if o.Return != Never {
			end = int64(o.Return)
		}
		out[i] = porcupine.Operation{ClientId: int(o.Client), Input: o, Call: int64(o.Call), Output: o.Out, Return: end}
	}
	return out
}

// reduce makes a partition that is not linearizable smaller, keeping it so. First it cuts off the end: a history stays
// bad when it goes on, so the earliest bad prefix is found by bisection. Then it takes out operations that changed nothing,
// which cannot make a good history bad.
func reduce(part []Op, m Model, patience time.Duration) []Op {
	model := m.Porcupine()
	bad := func(ops []Op) bool {
		return porcupine.CheckOperationsTimeout(model, operations(ops), patience) == porcupine.Illegal
	}
	var ends []uint64
	for _, o := range part {
		if o.Return != Never {
			ends = append(ends, o.Return)
		}
	}
	slices.Sort(ends)
	first, _ := slices.BinarySearchFunc(ends, true, func(end uint64, _ bool) int {
		if bad(prefix(part, end)) {
			return 1
		}
		return -1
	})
	if first == len(ends) {
		return part
	}
	small := prefix(part, ends[first])
	for i := len(small) - 1; i >= 0; i-- {
		o := small[i]
		if o.Return == ends[first] || !harmless(o) {
			continue
		}
		if without := slices.Delete(slices.Clone(small), i, i+1); bad(without) {
			small = without
		}
	}
	return small
}

// harmless tells whether the operation certainly changed nothing, or never has to have happened.
func harmless(o Op) bool {
	return o.Kind == Get || o.Kind == CAS && o.Outcome == OK && o.Out != o.Arg
}

// prefix returns the history up to and including the event: what returned later had not returned, what was called later
// had not been called.
func prefix(ops []Op, event uint64) []Op {
	var out []Op
	for _, o := range ops {
		if o.Call > event {
			continue
		}
		if o.Return > event {
			if o.Kind == Get {
				continue
			}
			o.Return, o.Outcome, o.Out = Never, Unknown, 0
		}
		out = append(out, o)
	}
	return out
}

// reason names the operation with whose return the history went wrong.
func reason(witness []Op) string {
	if len(witness) == 0 {
		return "not linearizable"
	}
	last := slices.MaxFunc(witness, func(a, b Op) int { return compare(a.Return+1, b.Return+1) })
	var others []string
	for _, o := range witness {
		if o != last && len(others) < 8 {
			others = append(others, o.String())
		}
	}
	if len(others) == 0 {
		return fmt.Sprintf("no order explains %v", last)
	}
	more := ""
	if n := len(witness) - 1 - len(others); n > 0 {
		more = fmt.Sprintf(" and %d more", n)
	}
	return fmt.Sprintf("no order explains %v, given %s%s", last, strings.Join(others, "; "), more)
}
