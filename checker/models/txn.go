package models

import (
	"fmt"
	"slices"
	"strings"

	"simrun/checker"
)

// Txn is transactions on several keys at once.
var Txn = Model{
	Model: checker.Model{Name: "txn", Less: lessTxns, Settle: settleTxns, Space: newTxns},
	Doc: "transactions (strict serializability): all that a transaction does happens at one moment, in its order; it reads and writes registers, and reads and " +
		"appends to lists",
	Kinds: []checker.OpKind{checker.Txn}, Keyed: true,
}

// txns is the space of what all keys have: a table with the value of the register k at 2k, and its list at 2k+1.
type txns struct {
	h *checker.History
	grown
	table table
	seen  [][]int64 // by place in History.Ext: for each read a value or a list; nil until it is asked for
}

func newTxns(h *checker.History) checker.Space {
	s := &txns{h: h, grown: newGrown()}
	var keys []int64
	for i := range h.Ops {
		if e := h.Ops[i].Ext; h.Ops[i].Kind == checker.Txn && e > 0 {
			in := h.Ext[e-1].In
			for j := 0; j+2 < len(in); j += 3 {
				keys = append(keys, slot(in[j], in[j+1]))
			}
		}
	}
	s.table = newTable(&s.pairs, keys)
	return s
}

// slot returns where in the table an item of a transaction has its value.
func slot(item, key int64) int64 {
	if item == checker.TxnAppend || item == checker.TxnList {
		return 2*key + 1
	}
	return 2 * key
}

func (s *txns) Step(state int64, o *checker.Op) (int64, bool) {
	e := &s.h.Ext[o.Ext-1]
	known := o.Outcome == checker.OK
	before := state
	var seen []int64
	if known {
		seen = s.sees(o)
	}
	for j := 0; j+2 < len(e.In); j += 3 {
		at := slot(e.In[j], e.In[j+1])
		switch e.In[j] {
		case checker.TxnWrite:
			state = s.table.set(state, at, e.In[j+2])
		case checker.TxnAppend:
			state = s.table.set(state, at, s.pairs.number(s.table.get(state, at), e.In[j+2]))
		default:
			if known {
				if s.table.get(state, at) != seen[0] {
					return before, false
				}
				seen = seen[1:]
			}
		}
	}
	return state, true
}

// sees returns what the reads of a completed transaction saw, one number each.
func (s *txns) sees(o *checker.Op) []int64 {
	if s.seen == nil {
		s.seen = make([][]int64, len(s.h.Ext))
	}
	seen := &s.seen[o.Ext-1]
	if *seen == nil {
		e := &s.h.Ext[o.Ext-1]
		*seen = []int64{}
		out := e.Out
		for j := 0; j+2 < len(e.In); j += 3 {
			switch e.In[j] {
			case checker.TxnRead:
				*seen = append(*seen, out[0])
				out = out[1:]
			case checker.TxnList:
				n := 1 + out[0]
				*seen = append(*seen, s.pairs.listOf(out[1:n]))
				out = out[n:]
			}
		}
	}
	return *seen
}

// Doomed tells that a list that was read is no longer to be had, since lists only grow.
func (s *txns) Doomed(state int64, o *checker.Op) bool {
	e := &s.h.Ext[o.Ext-1]
	read := 0
	for j := 0; j+2 < len(e.In); j += 3 {
		switch e.In[j] {
		case checker.TxnRead:
			read++
		case checker.TxnList:
			if !s.leads(s.table.get(state, slot(e.In[j], e.In[j+1])), s.sees(o)[read]) {
				return true
			}
			read++
		}
	}
	return false
}

// wellFormed tells whether a transaction has items of known kinds and, if it completed, a result for each read.
func wellFormed(e *checker.Ext, completed bool) bool {
	if len(e.In)%3 != 0 {
		return false
	}
	out := e.Out
	for j := 0; j < len(e.In); j += 3 {
		if e.In[j+1] < 0 || e.In[j+1] > 1<<32-1 {
			return false
		}
		reads := int64(0) // numbers of its result
		switch e.In[j] {
		case checker.TxnWrite, checker.TxnAppend:
			continue
		case checker.TxnRead:
			reads = 1
		case checker.TxnList:
			if completed && len(out) > 0 {
				reads = 1 + out[0]
			}
		default:
			return false
		}
		if !completed {
			continue
		}
		if reads < 1 || reads > int64(len(out)) {
			return false
		}
		out = out[reads:]
	}
	return !completed || len(out) == 0
}

func (s *txns) Describe(state int64) string {
	var parts []string
	s.table.each(state, func(at, value int64) {
		if at%2 == 0 {
			parts = append(parts, fmt.Sprintf("k%d:%s", at/2, s.h.Value(value)))
		} else {
			parts = append(parts, fmt.Sprintf("k%d:%s", at/2, values(s.h, s.pairs.elements(value))))
		}
	})
	slices.Sort(parts)
	return "{" + strings.Join(parts, " ") + "}"
}
