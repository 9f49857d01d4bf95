package models

import (
	"strings"

	"simrun/checker"
)

// Lists is lists that grow at their ends.
var Lists = Model{
	Model: checker.Model{Name: "list", ByKey: true, Less: lessElements, Settle: settleElements, Space: func(h *checker.History) checker.Space {
		return &lists{h: h, grown: newGrown()}
	}},
	Doc:   "append lists: an append puts a value at the end of a key's list, which is empty at first, and a list returns all of it",
	Kinds: []checker.OpKind{checker.Append, checker.List},
	Marks: []checker.OpKind{checker.Append, checker.List}, Keyed: true,
}

// lists is the space of lists; a state is a list of pairs.
type lists struct {
	h *checker.History
	grown
	results results
}

// grown is pairs that are lists which grow.
type grown struct {
	pairs   pairs
	lengths map[int64]int
}

func newGrown() grown { return grown{pairs: newPairs(), lengths: map[int64]int{}} }

// leads tells whether a list may become another by growing.
func (g *grown) leads(from, to int64) bool {
	for n := g.length(to) - g.length(from); n > 0; n-- {
		to, _ = g.pairs.split(to)
	}
	return from == to
}

// length returns the length of a list. What was asked for before is known.
func (g *grown) length(list int64) int {
	var chain []int64
	n := 0
	for at := list; at != 0; at, _ = g.pairs.split(at) {
		known, ok := g.lengths[at]
		if ok {
			n = known
			break
		}
		chain = append(chain, at)
	}
	for i := len(chain) - 1; i >= 0; i-- {
		n++
		g.lengths[chain[i]] = n
	}
	return n
}

func (s *lists) Step(state int64, o *checker.Op) (int64, bool) {
	switch {
	case o.Kind == checker.Append:
		return s.pairs.number(state, o.Arg), true
	case o.Outcome != checker.OK:
		return state, true
	}
	return state, s.results.of(s.h, o, s.pairs.listOf) == state
}

// Doomed tells that what was read is no longer to be had, since lists only grow.
func (s *lists) Doomed(state int64, o *checker.Op) bool {
	return o.Kind == checker.List && !s.leads(state, s.results.of(s.h, o, s.pairs.listOf))
}

func (s *lists) Describe(state int64) string {
	return values(s.h, s.pairs.elements(state))
}

// values writes a list of values.
func values(h *checker.History, list []int64) string {
	var parts []string
	for _, v := range list {
		parts = append(parts, h.Value(v))
	}
	return "[" + strings.Join(parts, " ") + "]"
}
