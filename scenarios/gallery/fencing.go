package gallery

import (
	"cmp"
	"fmt"
	"slices"

	"simrun/checker"
	"simrun/scenarios"
)

// keptOut says in plain words what linearizability would say in general ones: whoever asks for a lock after somebody was told its token gets a larger one, unless it is
// the same session that still has it; and what a token guards does nothing for who comes after a larger token with a smaller one.
//
// Only operations whose results are known count, and only where one was over before the other began. So it needs no order of the log.
func keptOut(_ *scenarios.Config, h *checker.History) *checker.Violation {
	granted, accepted := later{}, later{}
	for _, o := range byReturn(h) {
		switch {
		case o.Kind == checker.Acquire && o.Out != 0:
			granted.add(o, o.Out)
		case o.Kind == checker.Guard && o.Out != 0:
			accepted.add(o, o.Arg2)
		}
	}
	for i := range h.Ops {
		o := &h.Ops[i]
		if o.Outcome != checker.OK || o.Out == 0 {
			continue
		}
		switch o.Kind {
		case checker.Acquire:
			if b := granted.before(o); b != nil && (b.Out > o.Out || b.Out == o.Out && b.Arg != o.Arg) {
				return &checker.Violation{Check: "lock", Shape: "token does not rise",
					Detail: fmt.Sprintf("session %d got lock k%d with token %d, and session %d had got it with %d before", o.Arg, o.Key, o.Out, b.Arg, b.Out)}
			}
		case checker.Guard:
			if b := accepted.before(o); b != nil && b.Arg2 > o.Arg2 {
				return &checker.Violation{Check: "lock", Shape: "older token accepted",
					Detail: fmt.Sprintf("c%d wrote %d to k%d with token %d, after c%d had with token %d", o.Client, o.Arg, o.Key, o.Arg2, b.Client, b.Arg2)}
			}
		}
	}
	return nil
}

// byReturn returns the operations that succeeded, in the order in which they did.
func byReturn(h *checker.History) (list []*checker.Op) {
	for i := range h.Ops {
		if h.Ops[i].Outcome == checker.OK {
			list = append(list, &h.Ops[i])
		}
	}
	slices.SortStableFunc(list, func(a, b *checker.Op) int { return cmp.Compare(a.Return, b.Return) })
	return list
}

// later holds for each key the operations with tokens larger than all before them, in the order in which they returned.
type later map[uint32][]ranked

type ranked struct {
	op    *checker.Op
	token int64
}

func (l later) add(o *checker.Op, token int64) {
	if list := l[o.Key]; len(list) == 0 || list[len(list)-1].token < token {
		l[o.Key] = append(list, ranked{o, token})
	}
}

// before returns the one with the largest token of those that had returned when o was called; nil if there was none.
func (l later) before(o *checker.Op) *checker.Op {
	list := l[o.Key]
	n, _ := slices.BinarySearchFunc(list, o.Call, func(r ranked, call uint64) int { return cmp.Compare(r.op.Return, call) })
	if n == 0 {
		return nil
	}
	return list[n-1].op
}
