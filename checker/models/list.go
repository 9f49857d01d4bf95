package models

import (
	"fmt"
	"strings"

	"simrun/checker"
)

// Lists is lists that grow at their ends.
var Lists = Model{
	Model: checker.Model{Name: "list", ByKey: true, Space: func(h *checker.History) checker.Space {
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

// Texts is texts that grow at their ends.
var Texts = Model{
	Model: checker.Model{Name: "text", ByKey: true, Space: func(h *checker.History) checker.Space {
		return &texts{h: h, pairs: newPairs(), appended: map[pair]int64{}}
	}},
	Doc:   "texts by key, empty at first: a put replaces the text, an append puts another at its end, and a get returns it",
	Kinds: []checker.OpKind{checker.Get, checker.Put, checker.Append},
	Marks: []checker.OpKind{checker.Append}, Keyed: true,
}

// texts is the space of texts; a state is a list of bytes, so that a text is the same however it was put together.
type texts struct {
	h        *checker.History
	pairs    pairs
	appended map[pair]int64 // (state, text) to the state after it was appended
}

// after returns the state after a text, by its number in the history, was appended.
func (s *texts) after(state, text int64) int64 {
	if text <= 0 || text > int64(len(s.h.Texts)) || s.h.Texts[text-1] == "" {
		return state // 0 is no text, which is the empty one
	}
	n, known := s.appended[pair{state, text}]
	if !known {
		n = state
		for _, b := range []byte(s.h.Texts[text-1]) {
			n = s.pairs.number(n, int64(b))
		}
		s.appended[pair{state, text}] = n
	}
	return n
}

func (s *texts) Step(state int64, o *checker.Op) (int64, bool) {
	switch {
	case o.Kind == checker.Append:
		return s.after(state, o.Arg), true
	case o.Kind == checker.Put:
		return s.after(0, o.Arg), true
	case o.Outcome != checker.OK:
		return state, true
	}
	return state, s.after(0, o.Out) == state
}

func (s *texts) Describe(state int64) string {
	var b []byte
	for _, e := range s.pairs.elements(state) {
		b = append(b, byte(e))
	}
	return fmt.Sprintf("%q", b)
}
