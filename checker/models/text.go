package models

import (
	"fmt"
	"slices"
	"strings"

	"simrun/checker"
)

// Texts is texts that grow at their ends.
var Texts = Model{
	Model: checker.Model{Name: "text", ByKey: true, Less: lessTexts, Space: newTexts},
	Doc:   "texts by key, empty at first: a put replaces the text, an append puts another at its end, and a get returns it",
	Kinds: []checker.OpKind{checker.Get, checker.Put, checker.Append},
	Marks: []checker.OpKind{checker.Append}, Keyed: true,
}

// texts is the space of texts. A state is a list of pieces, which are the texts that were put and appended, if none of these begins with another: then a text is
// put together of them in one way only. Otherwise pieces are bytes.
type texts struct {
	h     *checker.History
	pairs pairs
	words []string // that were put and appended, ascending; nil if pieces are bytes
	piece map[string]int64
	known []int64 // by text: the state of it alone, or -1
	after map[pair]int64
}

func newTexts(h *checker.History) checker.Space {
	s := &texts{h: h, pairs: newPairs(), piece: map[string]int64{}, known: make([]int64, len(h.Texts)), after: map[pair]int64{}}
	for i := range s.known {
		s.known[i] = -1
	}
	for i := range h.Ops {
		if o := &h.Ops[i]; o.Kind != checker.Get && s.text(o.Arg) != "" {
			s.piece[s.text(o.Arg)] = o.Arg
		}
	}
	for w := range s.piece {
		s.words = append(s.words, w)
	}
	slices.Sort(s.words)
	for i := 1; i < len(s.words); i++ {
		if strings.HasPrefix(s.words[i], s.words[i-1]) { // what begins with a word follows it
			s.words = nil
		}
	}
	return s
}

// text returns a text by its number; 0 is no text, which is the empty one.
func (s *texts) text(n int64) string {
	if n <= 0 || n > int64(len(s.h.Texts)) {
		return ""
	}
	return s.h.Texts[n-1]
}

// append returns the state after a text was appended.
func (s *texts) append(state, text int64) int64 {
	t := s.text(text)
	if t == "" {
		return state
	}
	if s.words != nil {
		return s.pairs.number(state, text)
	}
	n, known := s.after[pair{state, text}]
	if !known {
		n = state
		for i := range len(t) {
			n = s.pairs.number(n, int64(t[i]))
		}
		s.after[pair{state, text}] = n
	}
	return n
}

// of returns the state of a text alone, or never if it is not put together of words.
func (s *texts) of(text int64) int64 {
	t := s.text(text)
	if t == "" {
		return 0
	}
	if n := s.known[text-1]; n >= 0 {
		return n
	}
	state := int64(0)
	if s.words == nil {
		state = s.append(0, text)
		t = ""
	}
	for t != "" {
		i, exact := slices.BinarySearch(s.words, t)
		if !exact {
			i-- // the word that it begins with, if any, is the last that does not follow it
		}
		if i < 0 || !strings.HasPrefix(t, s.words[i]) {
			state = never
			break
		}
		state = s.pairs.number(state, s.piece[s.words[i]])
		t = t[len(s.words[i]):]
	}
	s.known[text-1] = state
	return state
}

func (s *texts) Step(state int64, o *checker.Op) (int64, bool) {
	switch {
	case o.Kind == checker.Append:
		return s.append(state, o.Arg), true
	case o.Kind == checker.Put:
		return s.append(0, o.Arg), true
	case o.Outcome != checker.OK:
		return state, true
	}
	return state, s.of(o.Out) == state
}

func (s *texts) Describe(state int64) string {
	var b strings.Builder
	for _, e := range s.pairs.elements(state) {
		if s.words != nil {
			b.WriteString(s.text(e))
		} else {
			b.WriteByte(byte(e))
		}
	}
	return fmt.Sprintf("%q", b.String())
}
