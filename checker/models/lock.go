package models

import (
	"fmt"

	"simrun/checker"
)

// Lock is locks with fencing tokens.
var Lock = Model{
	Model: checker.Model{Name: "lock", ByKey: true, Less: lessTokens, Space: func(*checker.History) checker.Space {
		return &locks{pairs: newPairs()}
	}},
	Doc: "a lock with fencing tokens: an acquire gets the lock if nobody holds it, with a token larger than any before, and is told that it is busy if somebody does; " +
		"a release gives it back if it is held with that token, and is refused if not. The service chooses tokens: who does not hear of a token cannot give it back",
	Kinds: []checker.OpKind{checker.Acquire, checker.Release}, Keyed: true,
}

// locks is the space of locks. A state is the pair of how it is held and the smallest number that the next token must exceed.
//
// After an acquire of unknown outcome the token is not known. It is taken to be the smallest that was allowed, which allows most of what may follow, and
// nobody can release it, since nobody heard of it.
type locks struct{ pairs pairs }

const (
	free = iota
	held
	heldUnheard // with a token that nobody heard of
)

func (s *locks) Step(state int64, o *checker.Op) (int64, bool) {
	how, last := s.pairs.split(state)
	known := o.Outcome == checker.OK
	switch {
	case o.Kind == checker.Release:
		if how != held || last != o.Arg {
			return state, !known || o.Out == 0
		}
		return s.pairs.number(free, last), !known || o.Out != 0
	case how != free:
		return state, !known || o.Out == 0
	case !known:
		return s.pairs.number(heldUnheard, last+1), true
	}
	return s.pairs.number(held, o.Out), o.Out > last
}

func (s *locks) Describe(state int64) string {
	how, last := s.pairs.split(state)
	switch how {
	case held:
		return fmt.Sprintf("held with token %d", last)
	case heldUnheard:
		return fmt.Sprintf("held with a token from %d that nobody heard of", last)
	}
	return fmt.Sprintf("free, tokens above %d", last)
}
