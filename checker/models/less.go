package models

import (
	"slices"
	"strings"

	"simrun/checker"
)

// How histories are made to say less, so that a witness is small: see checker.Model.Less. Each way has its reason why an order that explains
// a history explains what is left of it, in the same order.

// edit returns a history made of operations of another, which may be changed and left out. What they refer to is copied.
func edit(h *checker.History, change func(o *checker.Op, e *checker.Ext) (keep bool)) *checker.History {
	less := &checker.History{Texts: h.Texts, Nil: h.Nil}
	for _, o := range h.Ops {
		var e checker.Ext
		if o.Ext > 0 {
			e = h.Ext[o.Ext-1]
		}
		if !change(&o, &e) {
			continue
		}
		if o.Ext > 0 {
			less.Ext = append(less.Ext, e)
			o.Ext = uint32(len(less.Ext))
		}
		less.Ops = append(less.Ops, o)
	}
	return less
}

// keep makes a try that puts what it accepts into h.
func keep(h **checker.History, try func(*checker.History) bool) func(*checker.History) bool {
	return func(less *checker.History) bool {
		accepted := try(less)
		if accepted {
			*h = less
		}
		return accepted
	}
}

// forget offers histories without some of the numbers that occur in it: of one that was accepted, those behind it are made.
func forget(h *checker.History, try func(*checker.History) bool, numbers func(o *checker.Op, e *checker.Ext) []int64, without func(h *checker.History, gone map[int64]bool) *checker.History) {
	var all []int64
	seen := map[int64]bool{}
	for i := range h.Ops {
		e := &checker.Ext{}
		if h.Ops[i].Ext > 0 {
			e = &h.Ext[h.Ops[i].Ext-1]
		}
		for _, n := range numbers(&h.Ops[i], e) {
			if !seen[n] {
				seen[n] = true
				all = append(all, n)
			}
		}
	}
	checker.Chunks(all, func(out []int64) bool {
		gone := map[int64]bool{}
		for _, n := range out {
			gone[n] = true
		}
		less := without(h, gone)
		if len(less.Ops) == 0 || !try(less) {
			return false
		}
		h = less
		return true
	})
}

// elements is the values of lists, queues and sets: what is put in, taken out or read.
func elements(o *checker.Op, e *checker.Ext) []int64 {
	if o.Kind == checker.Dequeue {
		return []int64{o.Out}
	}
	if o.Kind == checker.List || o.Kind == checker.Elements {
		return e.Out
	}
	return []int64{o.Arg}
}

// lessElements forgets values of a list, queue or set. What becomes of one value does not depend on others, but for their order, which stays: where all that is
// done with a value is left out and it is left out of what is read, the rest is as it was. A queue that was empty still is. A dequeue of unknown outcome that
// took a forgotten value is left out of the order.
func lessElements(h *checker.History, try func(*checker.History) bool) {
	forget(h, try, elements, func(h *checker.History, gone map[int64]bool) *checker.History {
		return edit(h, func(o *checker.Op, e *checker.Ext) bool {
			switch o.Kind {
			case checker.List, checker.Elements:
				e.Out = slices.DeleteFunc(slices.Clone(e.Out), func(v int64) bool { return gone[v] })
				return true
			case checker.Dequeue:
				return o.Outcome != checker.OK || o.Out == 0 || !gone[o.Out]
			}
			return !gone[o.Arg]
		})
	})
}

// lessTexts forgets words, where texts are put together of them in one way only: then a text is a list of words.
func lessTexts(h *checker.History, try func(*checker.History) bool) {
	defer func() { from(h, begins, try) }()
	s := newTexts(h).(*texts)
	if s.words == nil {
		return
	}
	for i := range h.Ops {
		if o := &h.Ops[i]; o.Kind == checker.Get && o.Outcome == checker.OK && s.of(o.Out) == never {
			return // it is not put together of words
		}
	}
	numbers := func(o *checker.Op, _ *checker.Ext) []int64 {
		switch {
		case o.Kind != checker.Get:
			return []int64{s.piece[s.text(o.Arg)]}
		case o.Outcome == checker.OK:
			return s.pairs.elements(s.of(o.Out))
		}
		return nil
	}
	forget(h, keep(&h, try), numbers, func(h *checker.History, gone map[int64]bool) *checker.History {
		less := edit(h, func(o *checker.Op, _ *checker.Ext) bool {
			// A put of a forgotten word still takes away all that was there.
			return o.Kind != checker.Append || !gone[s.piece[s.text(o.Arg)]]
		})
		less.Texts = slices.Clone(h.Texts)
		number := map[string]int64{}
		for i := range less.Ops {
			o := &less.Ops[i]
			switch {
			case o.Kind == checker.Put && gone[s.piece[s.text(o.Arg)]]:
				o.Arg = 0
			case o.Kind == checker.Get && o.Outcome == checker.OK:
				var t strings.Builder
				for _, w := range newTextsOf(s, h, o.Out) {
					if !gone[w] {
						t.WriteString(s.text(w))
					}
				}
				if number[t.String()] == 0 {
					less.Texts = append(less.Texts, t.String())
					number[t.String()] = int64(len(less.Texts))
				}
				o.Out = number[t.String()]
			}
		}
		return less
	})
}

// newTextsOf returns the words of a text of a history that may have more texts than the one of the space.
func newTextsOf(s *texts, h *checker.History, text int64) []int64 {
	if text <= 0 {
		return nil
	}
	var words []int64
	for t := h.Texts[text-1]; t != ""; {
		i, exact := slices.BinarySearch(s.words, t)
		if !exact {
			i--
		}
		words = append(words, s.piece[s.words[i]])
		t = t[len(s.words[i]):]
	}
	return words
}

// lessTxns forgets keys of transactions, which have nothing to do with each other, and then values of lists.
func lessTxns(h *checker.History, try func(*checker.History) bool) {
	kept := keep(&h, try)
	// each rewrites the items of transactions, with the part of the result that is theirs. It returns whether to keep the item.
	each := func(h *checker.History, item func(what, key int64, value *int64, out []int64) ([]int64, bool)) *checker.History {
		return edit(h, func(o *checker.Op, e *checker.Ext) bool {
			var now checker.Ext
			rest := e.Out
			for j := 0; j+2 < len(e.In); j += 3 {
				n := int64(0)
				if o.Outcome == checker.OK {
					switch e.In[j] {
					case checker.TxnRead:
						n = 1
					case checker.TxnList:
						n = 1 + rest[0]
					}
				}
				value := e.In[j+2]
				out, keep := item(e.In[j], e.In[j+1], &value, rest[:n])
				rest = rest[n:]
				if keep {
					now.In = append(now.In, e.In[j], e.In[j+1], value)
					now.Out = append(now.Out, out...)
				}
			}
			*e = now
			return len(e.In) > 0
		})
	}
	keys := func(_ *checker.Op, e *checker.Ext) (k []int64) {
		for j := 0; j+2 < len(e.In); j += 3 {
			k = append(k, e.In[j+1])
		}
		return k
	}
	forget(h, kept, keys, func(h *checker.History, gone map[int64]bool) *checker.History {
		return each(h, func(_, key int64, _ *int64, out []int64) ([]int64, bool) { return out, !gone[key] })
	})
	values := func(_ *checker.Op, e *checker.Ext) (v []int64) {
		for j := 0; j+2 < len(e.In); j += 3 {
			if e.In[j] == checker.TxnAppend {
				v = append(v, e.In[j+2])
			}
		}
		return v
	}
	forget(h, kept, values, func(h *checker.History, gone map[int64]bool) *checker.History {
		return each(h, func(what, _ int64, value *int64, out []int64) ([]int64, bool) {
			if what == checker.TxnList && len(out) > 0 {
				list := slices.DeleteFunc(slices.Clone(out[1:]), func(v int64) bool { return gone[v] })
				return append([]int64{int64(len(list))}, list...), true
			}
			return out, what != checker.TxnAppend || !gone[*value]
		})
	})
	// A transaction may ask for less than it did: a read of it alone is left out.
	for i := len(h.Ops) - 1; i >= 0 && i < len(h.Ops); i-- {
		reads := 0
		for j, in := 0, h.Ext[h.Ops[i].Ext-1].In; j+2 < len(in); j += 3 {
			if in[j] == checker.TxnRead || in[j] == checker.TxnList {
				reads++
			}
		}
		if reads == 0 {
			continue
		}
		call := h.Ops[i].Call
		less := edit(h, func(o *checker.Op, e *checker.Ext) bool {
			if o.Call != call {
				return true
			}
			var in []int64
			for j := 0; j+2 < len(e.In); j += 3 {
				if e.In[j] == checker.TxnWrite || e.In[j] == checker.TxnAppend {
					in = append(in, e.In[j:j+3]...)
				}
			}
			*e = checker.Ext{In: in}
			return len(in) > 0
		})
		if len(less.Ops) > 0 {
			kept(less)
		}
	}
}

// lessTokens forgets tokens of a lock: where an acquire and the releases of its token are left out, the lock is free in the time between, and tokens of others are still
// larger than those that are left before them. But who was told that the lock is busy may have been told so because of it.
func lessTokens(h *checker.History, try func(*checker.History) bool) {
	tokens := func(o *checker.Op, _ *checker.Ext) []int64 {
		switch {
		case o.Kind == checker.Release:
			return []int64{o.Arg}
		case o.Outcome == checker.OK && o.Out != 0:
			return []int64{o.Out}
		}
		return nil
	}
	forget(h, try, tokens, func(h *checker.History, gone map[int64]bool) *checker.History {
		return edit(h, func(o *checker.Op, _ *checker.Ext) bool {
			if o.Kind == checker.Release {
				return !gone[o.Arg]
			}
			return o.Outcome != checker.OK || o.Out != 0 && !gone[o.Out]
		})
	})
}

// lessInserts forgets values of a key that is written once, with all that read them. Before that insert nothing was there, and behind it all that is left out.
func lessInserts(h *checker.History, try func(*checker.History) bool) {
	numbers := func(o *checker.Op, _ *checker.Ext) []int64 {
		if o.Kind == checker.Insert {
			return []int64{o.Arg}
		}
		return nil
	}
	forget(h, try, numbers, func(h *checker.History, gone map[int64]bool) *checker.History {
		return edit(h, func(o *checker.Op, _ *checker.Ext) bool {
			if o.Kind == checker.Insert {
				return !gone[o.Arg] && (o.Outcome != checker.OK || o.Out != 0)
			}
			return o.Outcome != checker.OK || !gone[o.Out]
		})
	})
}

// from offers histories that begin with an operation which tells what the state was behind it, the last ones first. It stands as the operation that makes the state this,
// and all that returned before it was called is left out. What was under way at the time may have come before it, and so it is taken to be of unknown outcome: if it did,
// it is left out of the order, and else it stands as it was.
func from(h *checker.History, begins func(o checker.Op) (first checker.Op, ok bool), try func(*checker.History) bool) {
	for i := len(h.Ops) - 1; i > 0; i-- {
		first, ok := begins(h.Ops[i])
		if !ok {
			continue
		}
		stale := staleWrites(h, &first)
		less := edit(h, func(o *checker.Op, _ *checker.Ext) bool {
			switch {
			case o.Call == first.Call:
				*o = first
				return true
			case o.Return < first.Call:
				v, isStale := stale[o.Call]
				o.Kind, o.Arg, o.Arg2, o.Out = checker.Put, v, 0, 0
				return isStale
			case o.Call > first.Return:
				return true
			case o.Kind.ReadsOnly():
				return false
			}
			o.Outcome, o.Return, o.Out = checker.Unknown, checker.Never, 0
			return true
		})
		if len(less.Ops) < len(h.Ops) && try(less) {
			return
		}
	}
}

// staleWrites returns, by their calls, the last operations that wrote values which are seen in a history that begins with the first operation, and which nothing writes in
// it. They had returned when it begins.
func staleWrites(h *checker.History, first *checker.Op) map[uint64]int64 {
	seen := map[int64]bool{}
	for i := range h.Ops {
		if v, ok := saw(&h.Ops[i]); ok && h.Ops[i].Call > first.Return {
			seen[v] = true
		}
	}
	if len(seen) == 0 {
		return nil
	}
	if first.Kind == checker.Put {
		delete(seen, first.Arg)
	}
	for i := range h.Ops {
		if v, ok := wrote(&h.Ops[i]); ok && h.Ops[i].Return >= first.Call {
			delete(seen, v)
		}
	}
	stale := map[uint64]int64{}
	for i := len(h.Ops) - 1; i >= 0 && len(seen) > 0; i-- {
		o := &h.Ops[i]
		if v, ok := wrote(o); ok && o.Outcome == checker.OK && seen[v] {
			stale[o.Call] = v
			delete(seen, v)
		}
	}
	return stale
}

// saw returns the value that a completed operation on a register saw in it, if it tells.
func saw(o *checker.Op) (int64, bool) {
	switch {
	case o.Outcome != checker.OK:
	case o.Kind == checker.Get, o.Kind == checker.CAS:
		return o.Out, true
	case o.Kind == checker.TryCAS && o.Out != 0:
		return o.Arg, true
	}
	return 0, false
}

// wrote returns the value that an operation wrote to a register, or may have written.
func wrote(o *checker.Op) (int64, bool) {
	done := o.Outcome == checker.OK
	switch {
	case o.Outcome == checker.Fail:
	case o.Kind == checker.Put:
		return o.Arg, true
	case o.Kind == checker.CAS && (!done || o.Out == o.Arg), o.Kind == checker.TryCAS && (!done || o.Out != 0):
		return o.Arg2, true
	}
	return 0, false
}

// begins returns an operation that makes the state what a completed one tells that it was behind it, if it does.
func begins(o checker.Op) (checker.Op, bool) {
	if o.Outcome != checker.OK {
		return o, false
	}
	switch o.Kind {
	case checker.Put:
		return o, true
	case checker.Get:
		o.Kind, o.Arg, o.Out = checker.Put, o.Out, 0
		return o, true
	case checker.CAS:
		v := o.Out
		if v == o.Arg {
			v = o.Arg2
		}
		o.Kind, o.Arg, o.Arg2, o.Out = checker.Put, v, 0, 0
		return o, true
	case checker.TryCAS:
		if o.Out != 0 {
			o.Kind, o.Arg, o.Arg2, o.Out = checker.Put, o.Arg2, 0, 0
			return o, true
		}
	}
	return o, false
}

// lessRegisters begins late. Values are forgotten by the checker, which knows registers.
func lessRegisters(h *checker.History, try func(*checker.History) bool) {
	from(h, begins, keep(&h, try))
	values := func(o *checker.Op, _ *checker.Ext) []int64 {
		if o.Kind == checker.Get {
			return []int64{o.Out}
		}
		return []int64{o.Arg, o.Arg2}
	}
	for i := range h.Ops {
		if h.Ops[i].Kind == checker.CAS {
			return
		}
	}
	// The same where compare-and-sets do not tell what they saw: one that hit stands as a read of the one value or a put of the other.
	forget(h, try, values, func(h *checker.History, gone map[int64]bool) *checker.History {
		return edit(h, func(o *checker.Op, _ *checker.Ext) bool {
			switch {
			case o.Kind == checker.Put:
				return !gone[o.Arg]
			case o.Kind == checker.Get:
				return o.Outcome != checker.OK || !gone[o.Out]
			case o.Outcome == checker.OK && o.Out == 0:
				return false
			case gone[o.Arg] && !gone[o.Arg2]:
				o.Kind, o.Arg, o.Arg2, o.Out = checker.Put, o.Arg2, 0, 0
				return true
			case gone[o.Arg2] && !gone[o.Arg] && o.Outcome == checker.OK:
				o.Kind, o.Out, o.Arg, o.Arg2 = checker.Get, o.Arg, 0, 0
				return true
			}
			return !gone[o.Arg] && !gone[o.Arg2]
		})
	})
}

// lessSums makes one addition of two between which nobody read, such as all that returned before the first read was called: at the later of their two places, nobody
// can tell. A sum that was returned with an addition may be left unsaid. The history begins late, where a read tells the sum.
func lessSums(h *checker.History, try func(*checker.History) bool) {
	kept := keep(&h, try)
	from(h, func(o checker.Op) (checker.Op, bool) {
		ok := o.Outcome == checker.OK && (o.Kind == checker.Get || o.Kind == checker.AddGet)
		o.Kind, o.Arg, o.Out = checker.Add, o.Out, 0
		return o, ok
	}, kept)
	for i := range h.Ops {
		if o := h.Ops[i]; o.Kind == checker.AddGet && o.Outcome == checker.OK {
			kept(edit(h, func(p *checker.Op, _ *checker.Ext) bool {
				if p.Call == o.Call {
					p.Kind, p.Out = checker.Add, 0
				}
				return true
			}))
		}
	}
	merge(h, kept)
}

// merge makes one of completed additions between which no read can be.
func merge(h *checker.History, try func(*checker.History) bool) {
	apart := func(a, b *checker.Op) bool { // an operation that tells a sum may stand between them
		for i := range h.Ops {
			r := &h.Ops[i]
			if r.Kind == checker.Add {
				continue
			}
			before := a.Return < r.Call && b.Return < r.Call
			behind := a.Call > r.Return && b.Call > r.Return
			if !before && !behind {
				return true
			}
		}
		return false
	}
	less := &checker.History{Texts: h.Texts, Nil: h.Nil, Ext: h.Ext}
	for _, o := range h.Ops {
		merged := false
		for j := range less.Ops {
			p := &less.Ops[j]
			if o.Kind != checker.Add || p.Kind != checker.Add || o.Outcome != checker.OK || p.Outcome != checker.OK || o.Key != p.Key || apart(&o, p) {
				continue
			}
			last := o // operations are in order of their calls, so it has the later one
			if p.Return > o.Return {
				last.Return, last.Client = p.Return, p.Client
			}
			last.Arg = o.Arg + p.Arg
			less.Ops = append(slices.Delete(less.Ops, j, j+1), last)
			merged = true
			break
		}
		if !merged {
			less.Ops = append(less.Ops, o)
		}
	}
	if len(less.Ops) < len(h.Ops) {
		try(less)
	}
}

// lessAccounts forgets accounts. A transfer between one that is left and one that is not stands as paying in or taking out. Where nobody asks for single accounts, only
// the sum is left of what all of them had, and transfers change nothing.
func lessAccounts(h *checker.History, try func(*checker.History) bool) {
	kept := keep(&h, try)
	kept(edit(h, func(o *checker.Op, e *checker.Ext) bool {
		if o.Kind == checker.Balances && o.Outcome == checker.OK {
			o.Kind, o.Ext = checker.Total, 0
			for i := 1; i < len(e.Out); i += 2 {
				o.Out += e.Out[i]
			}
		}
		return true
	}))
	single, all := false, false
	for i := range h.Ops {
		single = single || h.Ops[i].Kind == checker.Get || h.Ops[i].Kind == checker.Balances
		all = all || h.Ops[i].Kind == checker.Balances || h.Ops[i].Kind == checker.Total
	}
	switch {
	case !single:
		kept(edit(h, func(o *checker.Op, _ *checker.Ext) bool {
			o.Key = 0
			return o.Kind != checker.Transfer
		}))
	case !all:
		accounts := func(o *checker.Op, _ *checker.Ext) []int64 {
			if o.Kind == checker.Transfer {
				return []int64{int64(o.Key), o.Arg}
			}
			return []int64{int64(o.Key)}
		}
		forget(h, kept, accounts, func(h *checker.History, gone map[int64]bool) *checker.History {
			return edit(h, func(o *checker.Op, _ *checker.Ext) bool {
				from := gone[int64(o.Key)]
				if o.Kind != checker.Transfer {
					return !from
				}
				to := gone[o.Arg]
				switch {
				case !from && !to:
					return true
				case from && to, o.Outcome == checker.OK && o.Out == 0, o.Arg2 < 0:
					return false
				case from:
					o.Kind, o.Key, o.Arg, o.Arg2, o.Out = checker.Add, uint32(o.Arg), o.Arg2, 0, 0
				default:
					o.Kind, o.Arg, o.Arg2, o.Out = checker.Add, -o.Arg2, 0, 0
				}
				return true
			})
		})
	}
	merge(h, kept)
}
