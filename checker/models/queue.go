package models

import (
	"encoding/binary"

	"simrun/checker"
)

// Queue is first in, first out.
var Queue = Model{
	Model: checker.Model{Name: "queue", ByKey: true, Less: lessElements, Settle: settleElements, Space: func(h *checker.History) checker.Space {
		return &queues{h: h, numbers: map[string]int64{"": 0}, contents: []string{""}}
	}},
	Doc:   "a queue, first in, first out: a dequeue takes the element that was enqueued before all others there, or finds the queue empty",
	Kinds: []checker.OpKind{checker.Enqueue, checker.Dequeue}, Keyed: true,
}

// queues is the space of queues. A state is numbered by its elements, 8 bytes each. (Pairs would not do: of a queue both ends change, and one that
// is shared at one end is made anew at the other.)
type queues struct {
	h        *checker.History
	numbers  map[string]int64
	contents []string
	buffer   []byte
}

// number returns the number of the contents in the buffer.
func (s *queues) number() int64 {
	n, known := s.numbers[string(s.buffer)]
	if !known {
		content := string(s.buffer)
		n = int64(len(s.contents))
		s.contents = append(s.contents, content)
		s.numbers[content] = n
	}
	return n
}

func (s *queues) Step(state int64, o *checker.Op) (int64, bool) {
	content := s.contents[state]
	if o.Kind == checker.Enqueue {
		s.buffer = binary.BigEndian.AppendUint64(append(s.buffer[:0], content...), uint64(o.Arg))
		return s.number(), true
	}
	if content == "" {
		return state, o.Outcome != checker.OK || o.Out == 0
	}
	if o.Outcome == checker.OK && o.Out != first(content) {
		return state, false
	}
	s.buffer = append(s.buffer[:0], content[8:]...)
	return s.number(), true
}

func first(content string) (v int64) {
	for i := range 8 {
		v = v<<8 | int64(content[i])
	}
	return v
}

func (s *queues) Describe(state int64) string {
	var elements []int64
	for c := s.contents[state]; c != ""; c = c[8:] {
		elements = append(elements, first(c))
	}
	return values(s.h, elements)
}
