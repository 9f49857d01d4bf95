package models

import (
	"strings"

	"simrun/checker"
)

// Lists is lists that grow at their ends.
var Lists = Model{
	Model: checker.Model{Name: "list", ByKey: true, Less: lessElements, Space: func(h *checker.History) checker.Space {
		return &lists{h: h, pairs: newPairs()}
	}},
	Doc:   "append lists: an append puts a value at the end of a key's list, which is empty at first, and a list returns all of it",
	Kinds: []checker.OpKind{checker.Append, checker.List},
	Marks: []checker.OpKind{checker.Append, checker.List}, Keyed: true,
}

// lists is the space of lists; a state is a list of pairs.
type lists struct {
	h       *checker.History
	pairs   pairs
	results results
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
