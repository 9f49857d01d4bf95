package models

import (
	"fmt"
	"maps"

	"simrun/checker"
)

// Sessions is a lock service in the manner of Chubby (Burrows, 2006): locks and files that go with the session of who holds them.
var Sessions = Model{
	Model: checker.Model{Name: "sessions", Space: func(*checker.History) checker.Space {
		return &services{known: map[string]int64{service{}.text(): 0}, list: []service{{}}}
	}},
	Doc: "a lock service: a session is opened, renewed, which counts, and expires if it has been renewed as often as is said; a key has a lock, which an open session acquires with " +
		"the next token of all, and a file, a register, which a session may create that is to live as long as it does; a guard writes the file unless a larger token was there " +
		"before; changes tells how often lock and file have changed. What a session has ends with it",
	Kinds: []checker.OpKind{
		checker.OpenSession, checker.Renew, checker.Expire, checker.Acquire, checker.Release, checker.Create, checker.Get, checker.Put, checker.CAS, checker.Guard,
		checker.Changes,
	},
	Marks: []checker.OpKind{checker.OpenSession, checker.Renew, checker.Expire, checker.Create, checker.Guard, checker.Changes},
	Keyed: true,
}

// services numbers the states of a lock service that came up.
type services struct {
	known map[string]int64
	list  []service
}

// service is a state: sessions by how often they were renewed, and what is behind each key.
type service struct {
	Tokens   int64
	Sessions map[int64]int64
	Files    map[uint32]file
}

type file struct{ Holder, Token, Fence, Value, Owner, Changes int64 }

func (s service) text() string {
	return fmt.Sprintf("%d %v %v", s.Tokens, s.Sessions, s.Files) // maps are written in the order of their keys
}

// Step executes an operation on one copy of everything.
func (v *services) Step(state int64, o *checker.Op) (next int64, ok bool) {
	before := v.list[state]
	s := service{before.Tokens, maps.Clone(before.Sessions), maps.Clone(before.Files)}
	if s.Sessions == nil {
		s.Sessions, s.Files = map[int64]int64{}, map[uint32]file{}
	}
	out := s.step(o)
	if o.Outcome == checker.OK && o.Out != out && o.Kind != checker.Put {
		return state, false
	}
	text := s.text()
	number, known := v.known[text]
	if !known {
		number = int64(len(v.list))
		v.known[text] = number
		v.list = append(v.list, s)
	}
	return number, true
}

func (s *service) step(o *checker.Op) (out int64) {
	f := s.Files[o.Key]
	was := f
	_, open := s.Sessions[o.Arg]
	switch o.Kind {
	case checker.OpenSession:
		if open {
			return 0
		}
		s.Sessions[o.Arg] = 1
		return 1
	case checker.Renew:
		if open {
			s.Sessions[o.Arg]++
		}
		return s.Sessions[o.Arg]
	case checker.Expire:
		if !open || s.Sessions[o.Arg] != o.Arg2 {
			return 0
		}
		s.end(o.Arg)
		return 1
	case checker.Acquire:
		if open && f.Holder == 0 {
			s.Tokens++
			f.Holder, f.Token = o.Arg, s.Tokens
		}
		if open && f.Holder == o.Arg {
			out = f.Token
		}
	case checker.Release:
		if f.Holder != 0 && f.Token == o.Arg {
			f.Holder, out = 0, 1
		}
	case checker.Create:
		if open && f.Value == 0 {
			f.Value, f.Owner, out = o.Arg2, o.Arg, 1
		}
	case checker.CAS:
		out = f.Value
		if out == o.Arg {
			f.Value, f.Owner = o.Arg2, 0
		}
	case checker.Put:
		f.Value, f.Owner = o.Arg, 0
	case checker.Guard:
		if o.Arg2 >= f.Fence {
			f.Value, f.Owner, f.Fence, out = o.Arg, 0, o.Arg2, 1
		}
	case checker.Changes:
		return f.Changes
	default:
		return f.Value
	}
	if f != was {
		f.Changes++
		s.Files[o.Key] = f
	}
	return out
}

// end ends a session: its locks are free, and its files are gone.
func (s *service) end(session int64) {
	delete(s.Sessions, session)
	for k, f := range s.Files {
		was := f
		if f.Holder == session {
			f.Holder = 0
		}
		if f.Owner == session {
			f.Value, f.Owner = 0, 0
		}
		if f != was {
			f.Changes++
			s.Files[k] = f
		}
	}
}

// Describe writes a state.
func (v *services) Describe(state int64) string { return v.list[state].text() }
