package checker

// What follows finds the few values that show why a register's history is impossible.

// lastCall returns the last call among the operations that wrote or read a stage.
func (u *unique) lastCall(ops []Op, at int32) uint64 {
	g := &u.stages[at]
	last := g.lastCall
	if g.writer >= 0 {
		last = max(last, ops[g.writer].Call+1)
	}
	return last
}

// firstReturn returns the first return among them.
func (u *unique) firstReturn(ops []Op, at int32) uint64 {
	g := &u.stages[at]
	first := later(g.firstReturn)
	if g.writer < 0 {
		return 0
	}
	return min(first, later(ops[g.writer].Return))
}

// value returns the value of a stage.
func (u *unique) value(ops []Op, at int32) int64 {
	i := u.stages[at].writer
	switch {
	case i < 0:
		return 0
	case ops[i].Kind == CAS:
		return ops[i].Arg2
	}
	return ops[i].Arg
}

// witnesses returns the value of a stage, and of those after it until one was seen by an operation that completed, without which a write
// of unknown outcome need not have happened.
func (u *unique) witnesses(ops []Op, at int32) []int64 {
	values := []int64{u.value(ops, at)}
	for g := &u.stages[at]; g.writer >= 0 && ops[g.writer].Outcome != OK && !g.read && g.next != 0; g = &u.stages[at] {
		at = g.next
		values = append(values, u.value(ops, at))
	}
	return values
}

// segment returns the values of a chain from the last one up to end for which begins is true.
func (u *unique) segment(ops []Op, head, end int32, begins func(at int32) bool) []int64 {
	var values []int64
	for at := head; ; at = u.stages[at].next {
		if begins(at) {
			values = values[:0]
		}
		if at == end {
			return append(values, u.witnesses(ops, at)...)
		}
		values = append(values, u.value(ops, at))
	}
}

// ring returns the values of a ring of compare-and-sets. There is one, since some are not reached from a put.
func (u *unique) ring(ops []Op) []int64 {
	reached := make([]bool, len(u.stages))
	for _, b := range u.blocks {
		for at := b.head; ; {
			reached[at] = true
			if at = u.stages[at].next; at == 0 {
				break
			}
		}
	}
	for at := range u.stages {
		g := &u.stages[at]
		if !g.seen || reached[at] {
			continue
		}
		// What replaced a value leads round the ring, and every one of it is in it: each replaced one value only.
		var values []int64
		start := int32(at)
		for e := start; ; {
			values = append(values, u.value(ops, e))
			if e = u.stages[e].next; e == start || e == 0 {
				return values
			}
		}
	}
	return nil
}

// between returns the values that show that two blocks must each come before the other.
func (u *unique) between(ops []Op, x, y *block) []int64 {
	values, first, last := u.narrow(ops, x, y.firstReturn, y.lastCall)
	more, _, _ := u.narrow(ops, y, first, last)
	return append(values, more...)
}

// narrow returns the values of the shortest part of a block that has a return before lastCall, and a call after firstReturn, with the
// first return and the last call in it.
func (u *unique) narrow(ops []Op, b *block, firstReturn, lastCall uint64) (values []int64, first, last uint64) {
	var chain []int32
	for at := b.head; ; {
		chain = append(chain, at)
		if at = u.stages[at].next; at == 0 {
			break
		}
	}
	returned, called := -1, -1 // the last stage so far that has such a return, such a call
	from, to := 0, len(chain)-1
	for i, at := range chain {
		if u.firstReturn(ops, at) < lastCall {
			returned = i
		}
		if u.lastCall(ops, at) > firstReturn {
			called = i
		}
		if returned >= 0 && called >= 0 && i-min(returned, called) < to-from {
			from, to = min(returned, called), i
		}
	}
	first = Never
	for i, at := range chain[from : to+1] {
		first, last = min(first, u.firstReturn(ops, at)), max(last, u.lastCall(ops, at))
		if i == to-from {
			values = append(values, u.witnesses(ops, at)...)
		} else {
			values = append(values, u.value(ops, at))
		}
	}
	return values, first, last
}
