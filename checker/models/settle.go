package models

import "simrun/checker"

// mention is what a history says of a value of a key.
type mention struct {
	puts int    // operations that may put it there
	seen uint64 // the first return of an operation that saw it there
	any  bool   // something else than a put says something of it
}

type keyed struct{ key, value int64 }

// mentions of elements by key, or of elements of the lists in transactions.
func mentions(h *checker.History) map[keyed]*mention {
	all := map[keyed]*mention{}
	of := func(key, value int64) *mention {
		m := all[keyed{key, value}]
		if m == nil {
			m = &mention{seen: checker.Never}
			all[keyed{key, value}] = m
		}
		return m
	}
	sees := func(o *checker.Op, key, value int64) {
		m := of(key, value)
		m.any, m.seen = true, min(m.seen, o.Return)
	}
	for i := range h.Ops {
		o := &h.Ops[i]
		key := int64(o.Key)
		completed := o.Outcome == checker.OK
		switch o.Kind {
		case checker.Append, checker.Enqueue, checker.Include:
			if o.Outcome != checker.Fail {
				of(key, o.Arg).puts++
			}
		case checker.Exclude:
			of(key, o.Arg).any = true
			of(key, o.Arg).puts = 2 // who sees it may see what came later
		case checker.Contains:
			if completed && o.Out != 0 {
				sees(o, key, o.Arg)
			}
			of(key, o.Arg).any = true
		case checker.Dequeue:
			if completed && o.Out != 0 {
				sees(o, key, o.Out)
			}
		case checker.List, checker.Elements:
			if completed {
				for _, v := range h.Ext[o.Ext-1].Out {
					sees(o, key, v)
				}
			}
		case checker.Txn:
			if o.Outcome == checker.Fail {
				continue
			}
			e := &h.Ext[o.Ext-1]
			out := e.Out
			for j := 0; j+2 < len(e.In); j += 3 {
				switch {
				case e.In[j] == checker.TxnAppend:
					of(e.In[j+1], e.In[j+2]).puts++
				case e.In[j] == checker.TxnRead && completed:
					out = out[1:]
				case e.In[j] == checker.TxnList && completed:
					for _, v := range out[1 : 1+out[0]] {
						sees(o, e.In[j+1], v)
					}
					out = out[1+out[0]:]
				}
			}
		}
	}
	return all
}

// unknowns tells whether an operation is of unknown outcome that changes something.
func unknowns(h *checker.History) bool {
	for i := range h.Ops {
		if o := &h.Ops[i]; (o.Outcome == checker.Unknown || o.Outcome == checker.Open) && !o.Kind.ReadsOnly() {
			return true
		}
	}
	return false
}

// settleElements settles who put an element of a list, queue or set there. If nothing else is said of the element, it can be left out with all that is said of it (see lessElements). If
// it was seen, and nobody else put it there, it was put there before.
func settleElements(h *checker.History) *checker.History {
	if !unknowns(h) {
		return nil
	}
	all := mentions(h)
	return edit(h, func(o *checker.Op, _ *checker.Ext) bool {
		switch o.Kind {
		case checker.Append, checker.Enqueue, checker.Include:
		default:
			return true
		}
		if o.Outcome == checker.OK || o.Outcome == checker.Fail {
			return true
		}
		m := all[keyed{int64(o.Key), o.Arg}]
		switch {
		case m.puts == 1 && !m.any:
			return false
		case m.puts == 1 && m.seen != checker.Never && m.seen > o.Call:
			o.Outcome, o.Return = checker.OK, m.seen
		}
		return true
	})
}

// settleTxns does the same for transactions: one whose appends nobody else says anything of, and that writes no register, can be left out. One of whose appends was seen happened
// before; what its own reads saw, nobody knows.
func settleTxns(h *checker.History) *checker.History {
	if !unknowns(h) {
		return nil
	}
	all := mentions(h)
	return edit(h, func(o *checker.Op, e *checker.Ext) bool {
		if o.Outcome == checker.OK || o.Outcome == checker.Fail {
			return true
		}
		var changes []int64
		needless, seen := true, uint64(checker.Never)
		for j := 0; j+2 < len(e.In); j += 3 {
			if e.In[j] != checker.TxnAppend && e.In[j] != checker.TxnWrite {
				continue
			}
			changes = append(changes, e.In[j:j+3]...)
			m := all[keyed{e.In[j+1], e.In[j+2]}]
			if e.In[j] == checker.TxnWrite || m.puts > 1 || m.any {
				needless = false
			}
			if e.In[j] == checker.TxnAppend && m.puts == 1 {
				seen = min(seen, m.seen)
			}
		}
		switch {
		case needless:
			return false
		case seen != checker.Never && seen > o.Call:
			o.Outcome, o.Return = checker.OK, seen
			*e = checker.Ext{In: changes}
		}
		return true
	})
}
