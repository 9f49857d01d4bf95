package checker

import "math/rand/v2"

// weather says what histories generate makes.
type weather struct {
	operations int
	clients    int
	keys       int
	unknown    float64 // fraction of the operations whose client gives up
	domain     int64   // values are drawn from 1 to this; 0: no value is written twice
	noReads    bool    // what only read has no place in the log
	noLog      bool    // nothing has
}

// generate executes operations of concurrent clients on one copy of the model, each at some instant between its call and its return,
// and records what they see. An operation whose client gives up may be executed before that, later, or never. So the history is linearizable, and
// the order of execution is its log.
func generate(random *rand.Rand, m Model, w weather) *History {
	h := &History{Ops: make([]Op, 0, w.operations)}
	keys := w.keys
	if !m.ByKey {
		keys = 1
	}
	states := make([]int64, keys)
	type client struct {
		id              uint32
		op              int
		busy, done, bad bool
	}
	clients := make([]client, w.clients)
	for i := range clients {
		clients[i].id = uint32(i)
	}
	processes := uint32(w.clients)
	event, slot, fresh := uint64(0), uint64(0), int64(0)
	var late []int // given up, and still to be executed
	value := func() int64 {
		if w.domain > 0 {
			return 1 + random.Int64N(w.domain)
		}
		fresh++
		return fresh
	}
	execute := func(i int) {
		h.Hint(i, slot/3+1, uint32(slot%3)) // batches of three
		slot++
		o := &h.Ops[i]
		state := &states[0]
		if m.ByKey {
			state = &states[o.Key]
		}
		*state, o.Out = m.Step(*state, o)
	}
	for started, idle := 0, w.clients; started < w.operations || idle < w.clients; {
		if len(late) > 0 && random.IntN(4*w.clients) == 0 {
			j := random.IntN(len(late))
			execute(late[j])
			late[j] = late[len(late)-1]
			late = late[:len(late)-1]
		}
		c := &clients[random.IntN(w.clients)]
		switch {
		case !c.busy && started == w.operations:
		case !c.busy:
			started++
			idle--
			event++
			kind, key, arg, arg2 := Propose, uint32(random.IntN(keys)), int64(0), int64(0)
			if m.Name != "decree" {
				kind = [...]OpKind{Get, Get, Put, Put, CAS}[random.IntN(5)]
			}
			switch kind {
			case Put, Propose:
				arg = value()
			case CAS:
				arg2 = value()
				if arg = states[key]; random.IntN(3) == 0 && w.domain > 0 {
					arg = 1 + random.Int64N(w.domain)
				}
			}
			*c = client{id: c.id, op: h.Call(c.id, kind, key, arg, arg2, event), busy: true, bad: random.Float64() < w.unknown}
		case c.bad && random.IntN(3) == 0: // given up
			h.Return(c.op, 0, Unknown, 0)
			if !c.done && random.IntN(2) == 0 {
				late = append(late, c.op)
			}
			*c = client{id: processes}
			processes++
			idle++
		case !c.done:
			execute(c.op)
			c.done = true
		case !c.bad:
			event++
			o := &h.Ops[c.op]
			h.Return(c.op, event, OK, o.Out)
			c.busy, c.done = false, false
			idle++
		}
	}
	for i := range h.Ops {
		if o := &h.Ops[i]; o.Outcome == Unknown {
			o.Out = 0
		}
		if w.noLog || w.noReads && harmless(&h.Ops[i]) {
			h.Hint(i, 0, 0)
		}
	}
	return h
}

// spoil changes the history in up to n places, so that it may be linearizable no more: other outputs, shorter intervals, lost
// and found outcomes, effects denied. It stays a history.
func spoil(random *rand.Rand, h *History, n int) {
	if len(h.Ops) == 0 {
		return
	}
	for range n {
		o := &h.Ops[random.IntN(len(h.Ops))]
		p := &h.Ops[random.IntN(len(h.Ops))]
		switch random.IntN(8) {
		case 0, 1, 2: // an output from elsewhere
			if o.Outcome == OK {
				o.Out = [...]int64{p.Arg, p.Arg2, p.Out}[random.IntN(3)]
			}
		case 3: // a value that was never there
			if o.Outcome == OK && random.IntN(4) == 0 {
				o.Out = 1000
			}
		case 4: // a compare-and-set that hits, or that expects something else
			if o.Kind == CAS {
				if o.Arg = p.Arg; random.IntN(2) == 0 && o.Outcome == OK {
					o.Out = o.Arg
				}
			}
		case 5: // the interval gets shorter, or a little longer where nothing is
			if o.Outcome == OK && o.Return > o.Call+1 {
				e := o.Call + 1 + random.Uint64N(o.Return-o.Call-1)
				if !h.has(e) {
					o.Return = e
				}
			}
		case 6:
			if o.Outcome == OK {
				client := o.Client
				*o = Op{Call: o.Call, Return: Never, Slot: o.Slot, Index: o.Index, Client: client, Key: o.Key, Kind: o.Kind, Outcome: Unknown, Arg: o.Arg, Arg2: o.Arg2}
				for i := range h.Ops { // its client goes on as another
					if q := &h.Ops[i]; q.Client == client && q.Call > o.Call {
						q.Client = 1000 + uint32(o.Call)
					}
				}
			}
		case 7:
			if o.Outcome == OK && random.IntN(3) == 0 {
				o.Outcome = Fail
			}
		}
	}
}

func (h *History) has(event uint64) bool {
	for i := range h.Ops {
		if h.Ops[i].Call == event || h.Ops[i].Return == event {
			return true
		}
	}
	return false
}

// lie gives operations wrong places in the log.
func lie(random *rand.Rand, h *History, n int) {
	if len(h.Ops) == 0 {
		return
	}
	for range n {
		o, p := &h.Ops[random.IntN(len(h.Ops))], &h.Ops[random.IntN(len(h.Ops))]
		switch random.IntN(3) {
		case 0, 1:
			o.Slot, p.Slot = p.Slot, o.Slot
		case 2:
			o.Slot = 0
		}
	}
}
