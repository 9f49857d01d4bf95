package models

import (
	"fmt"
	"slices"
	"strings"

	"simrun/checker"
)

// Bank is accounts and transfers among them.
var Bank = Model{
	Model: checker.Model{Name: "bank", Less: lessAccounts, Space: newAccounts},
	Doc: "accounts, empty at first: an add pays in or takes out, a transfer moves an amount if the account has that much and is refused if not, a get returns what is " +
		"in one account, balances what is in all, and total their sum",
	Kinds: []checker.OpKind{checker.Get, checker.Add, checker.Transfer, checker.Balances, checker.Total},
	Marks: []checker.OpKind{checker.Transfer, checker.Balances, checker.Total}, Keyed: true,
}

// accounts is the space of balances. A state is the pair of a table of what is in each account, and the sum.
type accounts struct {
	h       *checker.History
	pairs   pairs
	table   table
	results results
}

func newAccounts(h *checker.History) checker.Space {
	a := &accounts{h: h, pairs: newPairs()}
	var keys []int64
	for i := range h.Ops {
		keys = append(keys, int64(h.Ops[i].Key))
		if h.Ops[i].Kind == checker.Transfer {
			keys = append(keys, h.Ops[i].Arg)
		}
	}
	a.table = newTable(&a.pairs, keys)
	return a
}

// state makes a state; nothing in any account is 0.
func (a *accounts) state(root, sum int64) int64 {
	if root == 0 && sum == 0 {
		return 0
	}
	return a.pairs.number(root, sum)
}

func (a *accounts) Step(state int64, o *checker.Op) (int64, bool) {
	root, sum := a.pairs.split(state)
	from := a.table.get(root, int64(o.Key))
	known := o.Outcome == checker.OK
	switch o.Kind {
	case checker.Add:
		return a.state(a.table.set(root, int64(o.Key), from+o.Arg), sum+o.Arg), true
	case checker.Transfer:
		if o.Arg2 < 0 || from < o.Arg2 {
			return state, !known || o.Out == 0
		}
		root = a.table.set(root, int64(o.Key), from-o.Arg2)
		root = a.table.set(root, o.Arg, a.table.get(root, o.Arg)+o.Arg2)
		return a.state(root, sum), !known || o.Out != 0
	}
	switch {
	case !known:
		return state, true
	case o.Kind == checker.Get:
		return state, from == o.Out
	case o.Kind == checker.Total:
		return state, sum == o.Out
	}
	return state, a.results.of(a.h, o, a.of) == state
}

// of returns the state of the balances that were read.
func (a *accounts) of(out []int64) int64 {
	root, sum := int64(0), int64(0)
	for i := 0; i+1 < len(out); i += 2 {
		if out[i+1] == 0 {
			continue
		}
		if _, known := a.table.place[out[i]]; !known {
			return never
		}
		root = a.table.set(root, out[i], out[i+1])
		sum += out[i+1]
	}
	return a.state(root, sum)
}

func (a *accounts) Describe(state int64) string {
	root, sum := a.pairs.split(state)
	var parts []string
	a.table.each(root, func(key, balance int64) { parts = append(parts, fmt.Sprintf("k%d:%d", key, balance)) })
	slices.Sort(parts)
	return fmt.Sprintf("{%s} in all %d", strings.Join(parts, " "), sum)
}
