package models

import (
	"slices"

	"simrun/checker"
)

// Set is sets of values.
var Set = Model{
	Model: checker.Model{Name: "set", ByKey: true, Less: lessElements, Settle: settleElements, Space: newSets},
	Doc:   "a set: an include puts a value in, an exclude takes it out, contains tells whether it is in, and elements returns all that are",
	Kinds: []checker.OpKind{checker.Include, checker.Exclude, checker.Contains, checker.Elements}, Keyed: true,
}

// sets is the space of sets; a state is a table in which what is in the set has 1.
type sets struct {
	h       *checker.History
	pairs   pairs
	table   table
	results results
}

func newSets(h *checker.History) checker.Space {
	s := &sets{h: h, pairs: newPairs()}
	var elements []int64
	for i := range h.Ops {
		if k := h.Ops[i].Kind; k == checker.Include || k == checker.Exclude || k == checker.Contains {
			elements = append(elements, h.Ops[i].Arg)
		}
	}
	s.table = newTable(&s.pairs, elements)
	return s
}

func (s *sets) Step(state int64, o *checker.Op) (int64, bool) {
	switch o.Kind {
	case checker.Include:
		return s.table.set(state, o.Arg, 1), true
	case checker.Exclude:
		return s.table.set(state, o.Arg, 0), true
	}
	if o.Outcome != checker.OK {
		return state, true
	}
	if o.Kind == checker.Contains {
		return state, s.table.get(state, o.Arg) == o.Out
	}
	return state, s.results.of(s.h, o, s.of) == state
}

// never is the number of a set that cannot come about, since nobody ever put in what is in it.
const never = 1 << 62

// of returns the number of a set.
func (s *sets) of(members []int64) int64 {
	state := int64(0)
	for _, v := range members {
		if _, known := s.table.place[v]; !known {
			return never
		}
		state = s.table.set(state, v, 1)
	}
	return state
}

func (s *sets) Describe(state int64) string {
	var members []int64
	s.table.each(state, func(v, _ int64) { members = append(members, v) })
	slices.Sort(members)
	return values(s.h, members)
}
