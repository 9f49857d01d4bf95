package checker

// unique decides histories of one register in which no value is written twice, without a log and without search, in linear time
// but for sorting by events (Gibbons and Korach, "Testing shared memories", 1997, which has no compare-and-set).
//
// Then a read names the write it follows. A compare-and-set that hit read the value it replaced, so it comes directly behind
// it and its readers: nothing else can write that value again. One that missed only read. So the operations fall into blocks, each a put
// (or the value at first), its readers, the compare-and-set that replaced the value, its readers, and so on, and a block
// stands in every linearization as it is, without anything of another block that writes in between.
//
//   - A write of unknown outcome whose value nobody saw can be left out: whatever order has it, the same order without it is legal.
//     One whose value was seen has happened. A compare-and-set of unknown outcome that has happened saw the value it replaced.
//   - Inside a block, no operation may return before one of an earlier value was called.
//   - Every compare-and-set must be reached from a put: in a ring of them, each would have to come first.
//   - Block X must come before block Y if an operation of X returned before one of Y was called: if the first return in X, f(X), is
//     before the last call in Y, s(Y). An order of blocks exists if there is no cycle, and every cycle has one of two blocks in it: in
//     a shortest cycle of three or more, f of each is not before s of the next but one, which is to say that s falls all the way round.
//     Two blocks are such a cycle if both are forward zones (f before s) and overlap, or if one is forward and
//     holds all of the other, a backward zone [s, f].
//
// These are all the ways to be wrong, so nothing else is looked at, and each is shown by the few values that are part of it.
type unique struct {
	table    valueTable // stage of a value
	stages   []stage
	blocks   []block
	forward  []ranked // blocks by their f
	backward []ranked // blocks by their s
}

// stage is one value of the register with those who saw it. Stage 0 is the value at first.
type stage struct {
	writer int32 // operation, or -1
	next   int32 // stage of the compare-and-set that replaced the value, 0 if none did
	// Of those who only read it: the first return and the last call.
	firstReturn, lastCall uint64
	seen                  bool // it was the register's value for certain
	linked                bool // written by a compare-and-set that has been made the next of another stage
	read                  bool // by an operation that completed
}

// block is a chain of stages. Its events are counted from 1, so that what was there at first is before all of them.
type block struct {
	firstReturn, lastCall uint64
	head                  int32
}

// decision of a layer on one key.
type decision uint8

const (
	explained  decision = iota + 1 // there is an order
	impossible                     // there is none
	open                           // this layer cannot tell
)

// decide answers open if a value is written twice, or is that of a key never written, or if an operation is not one of a register.
// If it is impossible, conflict returns the values that show it.
func (u *unique) decide(ops []Op, part []int32, s *sorter) (d decision, conflict []int64) {
	writes, puts := 1, 1
	for _, i := range part {
		if o := &ops[i]; !reads(o) {
			writes++
			if o.Kind == Put {
				puts++
			}
		}
	}
	u.table.reset(writes)
	u.stages = append(empty(u.stages, writes), stage{writer: -1, seen: true, firstReturn: Never})
	u.table.find(0).number = 0
	for _, i := range part {
		o := &ops[i]
		value := o.Arg
		switch {
		case o.Kind == CAS:
			value = o.Arg2
		case o.Kind != Put && o.Kind != Get:
			return open, nil
		}
		if reads(o) {
			continue
		}
		e := u.table.find(value)
		if e.number >= 0 {
			return open, nil
		}
		*e = valueEntry{value, int32(len(u.stages))}
		u.stages = append(u.stages, stage{writer: i, firstReturn: Never, seen: o.Outcome == OK})
	}
	if conflict = u.see(ops, part); conflict != nil {
		return impossible, conflict
	}
	if conflict = u.seeUnknown(ops); conflict != nil {
		return impossible, conflict
	}
	u.blocks = empty(u.blocks, puts)
	if conflict = u.chain(ops); conflict != nil {
		return impossible, conflict
	}
	if conflict = u.zones(ops, s); conflict != nil {
		return impossible, conflict
	}
	return explained, nil
}

// unwritten returns a value that was seen and that nothing wrote, or nil. This is for histories whose values are not unique: the search
// would try everything else first.
func (u *unique) unwritten(ops []Op, part []int32) []int64 {
	u.table.reset(len(part) + 1)
	*u.table.find(0) = valueEntry{0, 0}
	for _, i := range part {
		switch o := &ops[i]; {
		case o.Kind == Put:
			*u.table.find(o.Arg) = valueEntry{o.Arg, 0}
		case o.Kind == CAS && !reads(o):
			*u.table.find(o.Arg2) = valueEntry{o.Arg2, 0}
		}
	}
	for _, i := range part {
		if o := &ops[i]; o.Outcome == OK && o.Kind != Put && u.table.find(o.Out).number < 0 {
			return []int64{o.Out}
		}
	}
	return nil
}

// see tells each value who saw it.
func (u *unique) see(ops []Op, part []int32) (conflict []int64) {
	writes := int32(0)
	for _, i := range part {
		o := &ops[i]
		if !reads(o) {
			writes++
			if o.Kind == CAS && o.Outcome == OK {
				if conflict = u.replace(ops, writes); conflict != nil {
					return conflict
				}
			}
			continue
		}
		e := u.table.find(o.Out)
		if e.number < 0 {
			return []int64{o.Out}
		}
		g := &u.stages[e.number]
		g.seen, g.read = true, true
		g.firstReturn, g.lastCall = min(g.firstReturn, o.Return), max(g.lastCall, o.Call+1)
	}
	return nil
}

// replace notes that the compare-and-set of a stage hit.
func (u *unique) replace(ops []Op, at int32) (conflict []int64) {
	o := &ops[u.stages[at].writer]
	u.stages[at].linked = true
	e := u.table.find(o.Arg)
	if e.number < 0 {
		return append(u.witnesses(ops, at), o.Arg)
	}
	g := &u.stages[e.number]
	if g.next != 0 {
		return append(append(u.witnesses(ops, g.next), u.witnesses(ops, at)...), o.Arg)
	}
	g.next, g.seen = at, true
	g.read = g.read || o.Outcome == OK
	return nil
}

// seeUnknown goes through the compare-and-sets of unknown outcome whose value was seen, and back along what they saw.
func (u *unique) seeUnknown(ops []Op) (conflict []int64) {
	for from := 1; from < len(u.stages); from++ {
		for at := int32(from); u.stages[at].seen && !u.stages[at].linked; {
			o := &ops[u.stages[at].writer]
			if o.Kind != CAS {
				break
			}
			if conflict = u.replace(ops, at); conflict != nil {
				return conflict
			}
			if at = u.table.find(o.Arg).number; at == 0 {
				break
			}
		}
	}
	return nil
}

// chain follows the compare-and-sets from every put, and makes blocks.
func (u *unique) chain(ops []Op) (conflict []int64) {
	covered, seen := 0, 0
	for head := range u.stages {
		g := &u.stages[head]
		if !g.seen {
			continue
		}
		seen++
		if g.writer >= 0 && ops[g.writer].Kind != Put {
			continue
		}
		b := block{firstReturn: Never, head: int32(head)}
		for at := int32(head); ; {
			g = &u.stages[at]
			covered++
			if g.writer < 0 {
				b.firstReturn = 0
			} else {
				o := &ops[g.writer]
				returned := later(o.Return)
				if returned < b.lastCall {
					return u.segment(ops, b.head, at, func(e int32) bool { return e != at && u.lastCall(ops, e) > returned })
				}
				b.firstReturn, b.lastCall = min(b.firstReturn, returned), max(b.lastCall, o.Call+1)
			}
			if returned := later(g.firstReturn); returned < b.lastCall {
				return u.segment(ops, b.head, at, func(e int32) bool {
					return e != at && u.lastCall(ops, e) > returned || e == at && g.writer >= 0 && ops[g.writer].Call+1 > returned
				})
			}
			b.firstReturn, b.lastCall = min(b.firstReturn, later(g.firstReturn)), max(b.lastCall, g.lastCall)
			if at = g.next; at == 0 {
				break
			}
		}
		u.blocks = append(u.blocks, b)
	}
	if covered != seen {
		return u.ring(ops)
	}
	return nil
}

// later counts an event from 1, and leaves Never as it is.
func later(event uint64) uint64 {
	if event == Never {
		return Never
	}
	return event + 1
}

// zones looks for two blocks that must each come before the other.
func (u *unique) zones(ops []Op, s *sorter) (conflict []int64) {
	forward := 0
	for i := range u.blocks {
		if b := &u.blocks[i]; b.firstReturn < b.lastCall {
			forward++
		}
	}
	u.forward, u.backward = empty(u.forward, forward), empty(u.backward, len(u.blocks)-forward)
	for i := range u.blocks {
		if b := &u.blocks[i]; b.firstReturn < b.lastCall {
			u.forward = append(u.forward, ranked{b.firstReturn, int32(i)})
		} else {
			u.backward = append(u.backward, ranked{b.lastCall, int32(i)})
		}
	}
	s.sort(u.forward)
	for j := 1; j < len(u.forward); j++ {
		x, y := &u.blocks[u.forward[j-1].op], &u.blocks[u.forward[j].op]
		if y.firstReturn < x.lastCall {
			return u.between(ops, x, y)
		}
	}
	s.sort(u.backward)
	j := 0 // the first forward zone that does not begin before the backward one
	for _, r := range u.backward {
		for j < len(u.forward) && u.forward[j].key < r.key {
			j++
		}
		if j == 0 {
			continue
		}
		x, y := &u.blocks[u.forward[j-1].op], &u.blocks[r.op]
		if y.firstReturn < x.lastCall {
			return u.between(ops, x, y)
		}
	}
	return nil
}
