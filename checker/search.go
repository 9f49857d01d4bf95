package checker

import "math/bits"

// search decides any model by trying orders depth first (Wing and Gong, 1993), never coming twice to the same set of operations done and
// state reached (Lowe, 2017). Three things make it end where the plain search does not:
//
//   - It tries first what the log says came first, or without a log what returned first. If that is right, there is no
//     going back: one configuration for each operation.
//   - What certainly only reads, and reads what it should, is done at once and not taken back on its own: it may as well stand here as later, since
//     nothing depends on it.
//   - Operations of unknown outcome stay candidates for ever, which is what makes the search explode. So first they are either taken out, if the log has
//     no place for them, or made to end where the log says they took effect. That narrows what is allowed, so an order found is
//     final; if there is none, the search is made again with the history as it is.
//
// What was done is remembered as a hash of 128 bits over set and state, 16 bytes a configuration however long the history. Two that collide
// could hide an order and so raise a false alarm (once in 2^80 searches of a few million configurations), and never hide a violation.
//
// The budget is in configurations, so the answer does not depend on the machine. The stack is a slice, so length costs no depth of calls.
type search struct {
	sorter   sorter
	events   []ranked // calls, by position among the operations, and returns, as the complement of that
	rank     []int32  // by position: which to try first
	order    []ranked
	callAt   []int32 // by position: where its call stands in the list of events, from 1
	returnAt []int32 // and its return, or 0
	next     []int32 // the list of events not yet done; 0 is its head
	prev     []int32
	stack    []frame
	visited  visited
	furthest int32 // the last return in the list of events that some order came to
	// Configurations visited, over all searches since they were last set to 0.
	configurations uint64
}

// frame is an operation done, and the state before it.
type frame struct {
	state  int64
	op     int32
	forced bool // there was no need to try another
}

// stepsEach bounds the candidates that are looked at for each configuration of the budget.
const stepsEach = 64

// decide looks for an order of the operations, visiting up to budget configurations and one for each operation.
func (s *search) decide(ops []Op, part []int32, m *rules, budget uint64) decision {
	pending, from := false, s.configurations
	for _, i := range part {
		pending = pending || ops[i].Outcome != OK
	}
	if pending {
		s.line(ops, part, true)
		if s.run(ops, part, m, budget) == explained {
			return explained
		}
		budget -= min(budget, s.configurations-from)
	}
	s.line(ops, part, false)
	return s.run(ops, part, m, budget)
}

// line puts the events into a list, in their order, and ranks the operations. If narrow, operations of unknown outcome end at the last call of
// an operation up to their place in the log, and those without a place are left out.
func (s *search) line(ops []Op, part []int32, narrow bool) {
	n := len(part)
	s.rankByLog(ops, part)
	s.events = empty(s.events, 2*n)
	for _, r := range s.order { // in which the key is that last call
		o := &ops[part[r.op]]
		switch {
		case o.Outcome == OK:
			s.events = append(s.events, ranked{2 * o.Return, ^r.op})
		case narrow && o.Slot == 0:
			continue
		case narrow:
			s.events = append(s.events, ranked{2*max(r.key, o.Call) + 1, ^r.op})
		}
		s.events = append(s.events, ranked{2 * o.Call, r.op})
	}
	s.sorter.sort(s.events)
	s.callAt, s.returnAt = resize(s.callAt, n), resize(s.returnAt, n)
	clear(s.returnAt)
	s.next, s.prev = resize(s.next, len(s.events)+2), resize(s.prev, len(s.events)+2)
	for i := range s.next {
		s.next[i], s.prev[i] = int32(i)+1, int32(i)-1
	}
	for i, e := range s.events {
		if e.op >= 0 {
			s.callAt[e.op] = int32(i) + 1
		} else {
			s.returnAt[^e.op] = int32(i) + 1
		}
	}
}

// rankByLog ranks operations with a place in the log by it, and puts the others among them by their returns. For that, a place stands for the last
// call up to it.
func (s *search) rankByLog(ops []Op, part []int32) {
	s.order = empty(s.order, len(part))
	for p, i := range part {
		if ops[i].Slot > 0 {
			s.order = append(s.order, ranked{ops[i].Slot, int32(p)})
		}
	}
	sortByPlace(s.order, &s.sorter, func(p int32) uint64 { return uint64(ops[part[p]].Index) })
	latest := uint64(0)
	for j := range s.order {
		latest = max(latest, ops[part[s.order[j].op]].Call)
		s.order[j].key = latest
	}
	for p, i := range part {
		if ops[i].Slot == 0 {
			s.order = append(s.order, ranked{ops[i].Return, int32(p)})
		}
	}
	s.sorter.sort(s.order)
	s.rank = resize(s.rank, len(part))
	for r := range s.order {
		s.rank[s.order[r].op] = int32(r)
	}
}

// blocked returns the event of the last return that the last search came to. Up to there, there was an order, so the shortest impossible
// history ends there or later: later, if an operation that returns behind it has an output that did not fit already.
func (s *search) blocked() uint64 { return s.events[s.furthest-1].key / 2 }

// run searches.
func (s *search) run(ops []Op, part []int32, m *rules, budget uint64) decision {
	left := 0 // returns in the list
	for _, e := range s.events {
		if e.op < 0 {
			left++
		}
	}
	allowed := budget + uint64(len(part))
	steps := allowed * stepsEach
	s.furthest = 0
	s.visited.reset(len(part))
	s.stack = empty(s.stack, len(part))
	state, done := int64(0), digest{}
	last := int32(-1) // rank of the candidate tried before at this place
	for left > 0 {
		p, forced, looked := s.candidate(ops, part, m, state, last)
		if steps < looked {
			return open
		}
		steps -= looked
		if p < 0 { // none is left here: take the last one back
			back := true
			for back {
				if len(s.stack) == 0 {
					return impossible
				}
				f := s.stack[len(s.stack)-1]
				s.stack = s.stack[:len(s.stack)-1]
				if s.putBack(f.op) {
					left++
				}
				state, last, back = f.state, s.rank[f.op], f.forced
				done = done.with(f.op)
			}
			continue
		}
		last = s.rank[p]
		next, ok := m.legal(state, &ops[part[p]])
		if !ok || next == state && s.returnAt[p] == 0 { // where it changes nothing and need not have happened, it can be left out
			continue
		}
		after := done.with(p)
		if !s.visited.add(after.and(next)) {
			if forced { // what it leads to has been tried, and nothing else is needed here
				last = int32(len(part))
			}
			continue
		}
		if s.configurations++; uint64(s.visited.count) > allowed {
			return open
		}
		s.stack = append(s.stack, frame{state, p, forced})
		if s.takeOut(p) {
			left--
		}
		state, done, last = next, after, -1
	}
	return explained
}

// candidate returns the operation to do next: one that was called before anything in the list returned, and of those a read that can be done, or else the
// one of the lowest rank above last. It returns -1 if there is none, or no use in any, and how many it looked at.
func (s *search) candidate(ops []Op, part []int32, m *rules, state int64, last int32) (best int32, forced bool, looked uint64) {
	best = -1
	low := int32(len(part))
	if last == low {
		return -1, false, 1
	}
	for at := s.next[0]; int(at) <= len(s.events); at = s.next[at] {
		looked++
		p := s.events[at-1].op
		if p < 0 {
			s.furthest = max(s.furthest, at)
			break
		}
		if last < 0 && harmless(&ops[part[p]]) {
			if _, ok := m.legal(state, &ops[part[p]]); ok {
				return p, true, looked
			}
		}
		if last < 0 && m.doomer != nil && ops[part[p]].Outcome == OK && m.doomer.Doomed(state, &ops[part[p]]) {
			return -1, false, looked
		}
		if r := s.rank[p]; r > last && r < low {
			best, low = p, r
		}
	}
	return best, false, looked
}

// takeOut takes an operation out of the list of events. It tells whether it has a return in it.
func (s *search) takeOut(p int32) bool {
	s.unlink(s.callAt[p])
	if s.returnAt[p] == 0 {
		return false
	}
	s.unlink(s.returnAt[p])
	return true
}

// putBack undoes the last takeOut that was not undone.
func (s *search) putBack(p int32) bool {
	if at := s.returnAt[p]; at != 0 {
		s.relink(at)
	}
	s.relink(s.callAt[p])
	return s.returnAt[p] != 0
}

func (s *search) unlink(at int32) {
	s.next[s.prev[at]], s.prev[s.next[at]] = s.next[at], s.prev[at]
}

func (s *search) relink(at int32) { s.next[s.prev[at]], s.prev[s.next[at]] = at, at }

// harmless tells whether the operation certainly changed nothing. Gets and puts are most, and told at a glance.
func harmless(o *Op) bool {
	return o.Kind == Get || o.Kind != Put && changedNothing(o)
}

// digest is a hash of a set of operations, so far as the parts of it are hashes: they are combined by exclusive or.
type digest struct{ a, b uint64 }

// with puts an operation into the set, or takes it out again.
func (d digest) with(op int32) digest {
	x := uint64(uint32(op)) + 1
	return digest{d.a ^ scramble(x*0x9e3779b97f4a7c15), d.b ^ scramble(x*0xd1b54a32d192ed03+0x8cb92ba72f3d8dd7)}
}

// and adds the state.
func (d digest) and(state int64) digest {
	x := uint64(state)
	return digest{scramble(d.a + scramble(x^0xa0761d6478bd642f)), scramble(d.b ^ bits.RotateLeft64(scramble(x+0xe7037ed1a0b428db), 32))}
}

// scramble is the finalizer of SplitMix64 (Steele, Lea and Flood, 2014), a bijection.
func scramble(x uint64) uint64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// visited is a set of configurations: open addressing in a table that is at most three quarters full.
type visited struct {
	table []digest // the zero digest is a free place
	count int
}

// reset empties the set, and makes room for n configurations.
func (v *visited) reset(n int) {
	size := 64
	for size/4*3 < n+1 {
		size *= 2
	}
	v.table = resize(v.table, size)
	clear(v.table)
	v.count = 0
}

// add tells whether the configuration is new.
func (v *visited) add(d digest) bool {
	if d == (digest{}) {
		d.a = 1
	}
	if v.count >= len(v.table)/4*3 {
		old := v.table
		v.table = make([]digest, 2*len(old))
		for _, e := range old {
			if e != (digest{}) {
				*v.place(e) = e
			}
		}
	}
	at := v.place(d)
	if *at == d {
		return false
	}
	*at = d
	v.count++
	return true
}

func (v *visited) place(d digest) *digest {
	mask := uint64(len(v.table) - 1)
	for at := d.b & mask; ; at = (at + 1) & mask {
		if e := &v.table[at]; *e == d || *e == (digest{}) {
			return e
		}
	}
}
