package checker

import (
	"fmt"
	"slices"
	"strings"
)

// reducer makes a history of one key that is not linearizable smaller, and keeps it so. It never takes out what could make a good history bad, so a
// small bad one proves the whole to be bad:
//
//   - A history stays bad when it goes on: what is left when its end is cut off proves as much.
//   - Operations that changed nothing.
//   - Of a register, a value: see project.
//   - What the model knows: see Model.Less.
type reducer struct {
	checker Checker
	rules   *rules
	budget  uint64
	effort  uint64 // that may still be spent
}

// reduceEffort bounds the work of making a witness small, in operations looked at and configurations visited. What is left then is the witness.
const reduceEffort = 6_000_000

// witnessOfValues returns a small part of the operations on a register that no order explains, of those that have to do with some values,
// which show it.
func witnessOfValues(ops []Op, part []int32, m *rules, values []int64, budget uint64) ([]Op, *rules) {
	r := reducer{rules: m, budget: budget, effort: reduceEffort}
	in := map[int64]bool{0: true}
	for _, v := range values {
		in[v] = true
	}
	var small []Op
	for _, i := range part {
		if o, ok := project(ops[i], in); ok {
			small = append(small, o)
		}
	}
	small = r.reduce(r.cutEnd(small, 0))
	return small, r.rules
}

// witnessFrom returns a small part of the operations of a key, which no order explains, and which are explained before an event.
func witnessFrom(event uint64, ops []Op, m *rules, budget uint64) ([]Op, *rules) {
	r := reducer{rules: m, budget: budget, effort: reduceEffort}
	small := r.reduce(r.cutEnd(ops, event))
	return small, r.rules
}

// reduce makes the operations few. What they say that does not fit into numbers, or in texts, is in the history of the reducer's rules then.
func (r *reducer) reduce(ops []Op) []Op {
	for range 4 {
		before := len(ops)
		// Reads go last: without them more orders are possible, and it takes longer to see that none is right.
		ops = r.dropHarmless(r.sayLess(r.dropValues(ops)))
		if len(ops) == before {
			break
		}
	}
	return ops
}

// sayLess takes out what the model knows to take out.
func (r *reducer) sayLess(ops []Op) []Op {
	if r.rules.Less == nil {
		return ops
	}
	h := *r.rules.history
	h.Ops = ops
	r.rules.Less(&h, func(less *History) bool {
		cost := uint64(0)
		for i := range less.Ops {
			if e := less.ext(&less.Ops[i]); e != nil {
				cost += uint64(len(e.In) + len(e.Out))
			}
		}
		if r.effort < cost {
			return false
		}
		r.effort -= cost
		kept := r.rules
		bound := kept.Model.bind(less)
		if r.rules = &bound; r.bad(less.Ops) {
			ops = less.Ops
			return true
		}
		r.rules = kept
		return false
	})
	return ops
}

// bad tells whether no order explains the operations, so far as the effort allows to tell.
func (r *reducer) bad(ops []Op) bool {
	if r.spent(ops) {
		return false
	}
	r.effort -= uint64(len(ops)) + 1
	rules := r.rules
	if rules.Settle != nil {
		h := *rules.history
		h.Ops = ops
		if settled := rules.Settle(&h); settled != nil {
			bound := rules.Model.bind(settled)
			ops, rules = settled.Ops, &bound
		}
	}
	r.checker.keys.index(ops, false)
	r.checker.keys.split(ops)
	before := r.checker.search.configurations
	var ignored Result
	d, _ := r.checker.decidePart(ops, r.checker.keys.part(0), rules, min(r.budget, r.effort), &ignored)
	r.effort -= min(r.effort, r.checker.search.configurations-before)
	return d == impossible
}

// spent tells whether the effort is too small to look at the operations again.
func (r *reducer) spent(ops []Op) bool { return r.effort < uint64(len(ops))+1 }

// cutEnd finds the earliest bad prefix that ends at an event or later: most often right there, or else by bisection.
func (r *reducer) cutEnd(ops []Op, from uint64) []Op {
	var ends []uint64
	for i := range ops {
		if ops[i].Return != Never && ops[i].Return >= from {
			ends = append(ends, ops[i].Return)
		}
	}
	slices.Sort(ends)
	low, high := 0, len(ends)-1 // up to ends[high] it is bad
	for middle := low; low < high; middle = (low + high) / 2 {
		if r.bad(prefix(ops, ends[middle])) {
			high = middle
		} else {
			low = middle + 1
		}
	}
	if high < 0 {
		return ops
	}
	return prefix(ops, ends[high])
}

// dropHarmless takes out operations that changed nothing.
func (r *reducer) dropHarmless(ops []Op) []Op {
	var candidates []uint64 // by their calls
	for i := range ops {
		if harmless(&ops[i]) {
			candidates = append(candidates, ops[i].Call)
		}
	}
	Chunks(candidates, func(out []uint64) bool {
		if r.spent(ops) {
			return false
		}
		rest := slices.DeleteFunc(slices.Clone(ops), func(o Op) bool {
			_, found := slices.BinarySearch(out, o.Call)
			return found
		})
		if !r.bad(rest) {
			return false
		}
		ops = rest
		return true
	})
	return ops
}

// dropValues takes values of a register out.
func (r *reducer) dropValues(ops []Op) []Op {
	if !r.rules.Register {
		return ops
	}
	in := map[int64]bool{0: true}
	var values []int64
	for i := range ops {
		o := &ops[i]
		for _, v := range [...]int64{o.Arg, o.Arg2, o.Out} {
			if !in[v] {
				in[v] = true
				values = append(values, v)
			}
		}
	}
	Chunks(values, func(out []int64) bool {
		if r.spent(ops) {
			return false
		}
		for _, v := range out {
			in[v] = false
		}
		var rest []Op
		for i := range ops {
			if o, ok := project(ops[i], in); ok {
				rest = append(rest, o)
			}
		}
		if r.bad(rest) {
			ops = rest
			return true
		}
		for _, v := range out {
			in[v] = true
		}
		return false
	})
	return ops
}

// Chunks offers elements to be taken out, many at once and then fewer, the last ones first. Those that try returned true for are not offered again. It
// uses the memory of elements.
func Chunks[T any](elements []T, try func(out []T) bool) {
	for size := len(elements); size > 0; size /= 2 {
		for to := len(elements); to > 0; {
			from := max(to-size, 0)
			if try(elements[from:to]) {
				elements = slices.Delete(elements, from, to)
			}
			to = from
		}
	}
}

// project returns what an operation on a register says about some of its values, of which 0 must be one. Of an order that explains all
// operations, what is left of them in the same order explains what is left: who reads a value that is in still finds its last write right
// ahead of it, since no write that is in has come between. A compare-and-set of unknown outcome that did nothing in that order, and now would,
// is left out of it.
func project(o Op, in map[int64]bool) (Op, bool) {
	switch {
	case o.Kind == Put:
		return o, in[o.Arg]
	case harmless(&o):
		return o, in[o.Out]
	case o.Kind != CAS:
		return o, true
	case in[o.Arg2] && !in[o.Arg]:
		o.Kind, o.Arg, o.Arg2, o.Out = Put, o.Arg2, 0, 0
		return o, true
	case in[o.Arg] && !in[o.Arg2] && o.Outcome == OK:
		o.Kind, o.Arg, o.Arg2 = Get, 0, 0
		return o, true
	}
	return o, in[o.Arg] && in[o.Arg2]
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
			if o.Kind.ReadsOnly() {
				continue
			}
			o.Return, o.Outcome, o.Out = Never, Unknown, 0
		}
		out = append(out, o)
	}
	return out
}

// undecided says that the search gave up.
func undecided(ops []Op, part []int32, m *rules, budget uint64) string {
	on := ""
	if m.ByKey {
		on = fmt.Sprintf(" on k%d", ops[part[0]].Key)
	}
	return fmt.Sprintf("the search did not decide the %d operations%s within its budget of %d configurations", len(part), on, budget)
}

// explain says in a sentence why no order explains the witness.
func explain(ops, witness []Op, m *rules) string {
	if m.Register {
		if s := explainRegister(ops, witness, m.history); s != "" {
			return s
		}
	}
	return explainAny(witness, m.history)
}

// explainRegister knows the usual ways of a register to be wrong.
func explainRegister(ops, witness []Op, h *History) string {
	wrote := func(o *Op) (int64, bool) {
		switch {
		case o.Kind == Put:
			return o.Arg, true
		case o.Kind == CAS && (o.Outcome != OK || o.Out == o.Arg):
			return o.Arg2, true
		}
		return 0, false
	}
	for i := range witness {
		r := &witness[i]
		if r.Outcome != OK || r.Kind == Put {
			continue
		}
		writers := 0
		var writer *Op
		for j := range witness {
			if v, ok := wrote(&witness[j]); ok && v == r.Out && i != j {
				writers++
				writer = &witness[j]
			}
		}
		switch {
		case writers == 0 && r.Out != 0:
			if why := unwritten(ops, r, h, wrote); why != "" {
				return why
			}
			continue
		case writers == 1 && r.Return < writer.Call:
			return fmt.Sprintf("%s saw %s before %s was called, which alone wrote it", h.Describe(r), h.Value(r.Out), h.Describe(writer))
		case writers > 1 || writers == 1 && r.Out == 0:
			continue
		}
		for j := range witness {
			o := &witness[j]
			if o == r || o == writer || o.Return >= r.Call {
				continue
			}
			v, changed := wrote(o)
			behind := writer == nil || writer.Return < o.Call // o, if it wrote, wrote later than the writer
			if changed && v != r.Out && (behind || o.Kind == CAS && o.Arg == r.Out) {
				return fmt.Sprintf("%s is stale: %s had returned before it was called, and replaced %s", h.Describe(r), h.Describe(o), h.Value(r.Out))
			}
		}
		for j := range witness {
			o := &witness[j]
			if o.Outcome == OK && o != r && o.Kind == CAS && o.Out == o.Arg && r.Kind == CAS && r.Out == r.Arg && r.Arg == o.Arg {
				return fmt.Sprintf("%s and %s both replaced %s, which was there once", h.Describe(r), h.Describe(o), h.Value(r.Arg))
			}
		}
		for j := range witness {
			o := &witness[j]
			if o.Return < r.Call && o != writer && harmless(o) && o.Out != r.Out && (writer == nil || writtenLater(witness, o.Out, writer)) {
				return fmt.Sprintf("%s is stale: %s had returned before it was called, and saw %s, a later value", h.Describe(r), h.Describe(o), h.Value(o.Out))
			}
		}
	}
	return ""
}

// unwritten says why an operation cannot have seen what it saw, and nothing in the witness wrote. "" if something in the history did in time.
func unwritten(ops []Op, r *Op, h *History, wrote func(o *Op) (int64, bool)) string {
	var failed, later *Op
	writers := 0
	for j := range ops {
		o := &ops[j]
		switch v, ok := wrote(o); {
		case !ok || v != r.Out || o.Key != r.Key || o.Call == r.Call:
		case o.Outcome == Fail:
			failed = o
		case o.Call < r.Return:
			return ""
		default:
			writers++
			if later == nil || o.Call < later.Call {
				later = o
			}
		}
	}
	saw := h.Describe(r) + " saw " + h.Value(r.Out)
	switch {
	case writers == 1:
		return fmt.Sprintf("%s before %s was called, which alone wrote it", saw, h.Describe(later))
	case later != nil:
		return fmt.Sprintf("%s before %s was called, the first to write it", saw, h.Describe(later))
	case failed != nil:
		return fmt.Sprintf("%s, which only an operation wrote that failed: %s", saw, h.Describe(failed))
	}
	return saw + ", which nothing wrote"
}

// writtenLater tells whether the value was written for certain after another write.
func writtenLater(witness []Op, value int64, than *Op) bool {
	found := false
	for i := range witness {
		o := &witness[i]
		if o.Kind == Put && o.Arg == value || o.Kind == CAS && o.Arg2 == value {
			if found || o.Call < than.Return {
				return false
			}
			found = true
		}
	}
	return found
}

// explainAny names the operation with whose return the history went wrong.
func explainAny(witness []Op, h *History) string {
	if len(witness) == 0 {
		return "not linearizable"
	}
	last := slices.MaxFunc(witness, func(a, b Op) int { return compare(a.Return+1, b.Return+1) })
	var others []string
	for _, o := range witness {
		if o != last && len(others) < 8 {
			others = append(others, h.Describe(&o))
		}
	}
	if len(others) == 0 {
		return fmt.Sprintf("no order explains %s", h.Describe(&last))
	}
	more := ""
	if n := len(witness) - 1 - len(others); n > 0 {
		more = fmt.Sprintf(" and %d more", n)
	}
	return fmt.Sprintf("no order explains %s, given %s%s", h.Describe(&last), strings.Join(others, "; "), more)
}
