package models

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/anishathalye/porcupine"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"simrun/checker"
	"simrun/node/machine"
)

// draws draws a number from low to high.
type draws func(low, high int, what string) int

func drawn(t *rapid.T) draws {
	return func(low, high int, what string) int { return rapid.IntRange(low, high).Draw(t, what) }
}

// world is a plain execution, in Go's own maps and slices, that the models know nothing of.
type world struct {
	values map[int64]int64
	lists  map[int64][]int64
	texts  map[int64]string
	sets   map[int64]map[int64]bool
	tokens map[int64]int64 // the last token of a lock
	held   map[int64]bool
	locks  machine.Locks
	h      *checker.History
}

func newWorld() *world {
	return &world{
		values: map[int64]int64{}, lists: map[int64][]int64{}, texts: map[int64]string{}, sets: map[int64]map[int64]bool{},
		tokens: map[int64]int64{}, held: map[int64]bool{},
		h: &checker.History{Texts: []string{"", "a", "b", "ab"}},
	}
}

func truth(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// text returns the number of a text.
func (w *world) text(s string) int64 {
	i := slices.Index(w.h.Texts, s)
	if i < 0 {
		w.h.Texts = append(w.h.Texts, s)
		i = len(w.h.Texts) - 1
	}
	return int64(i) + 1
}

// do executes an operation of the kind, with drawn arguments and the output that it must have.
func (w *world) do(draw draws, m string, kind checker.OpKind) (o checker.Op, e *checker.Ext) {
	key := int64(draw(0, 2, "key"))
	arg := int64(draw(1, 3, "arg"))
	arg2 := int64(draw(1, 3, "arg2"))
	o = checker.Op{Kind: kind, Key: uint32(key), Outcome: checker.OK}
	if m == "sessions" {
		return w.serve(o, int64(arg), int64(arg2)), nil
	}
	switch kind {
	case checker.Get:
		o.Out = w.values[key]
		if m == "text" {
			o.Out = w.text(w.texts[key])
		}
	case checker.Put:
		o.Arg = arg
		w.values[key] = arg
		if m == "text" {
			w.texts[key] = w.h.Texts[arg-1]
		}
	case checker.CAS, checker.TryCAS:
		o.Arg, o.Arg2, o.Out = arg, arg2, w.values[key]
		hit := w.values[key] == arg
		if kind == checker.TryCAS {
			o.Out = truth(hit)
		}
		if hit {
			w.values[key] = arg2
		}
	case checker.Propose:
		o.Key, o.Arg = 0, arg
		if w.values[0] == 0 {
			w.values[0] = arg
		}
		o.Out = w.values[0]
	case checker.Insert:
		o.Arg, o.Out = arg, truth(w.values[key] == 0)
		if w.values[key] == 0 {
			w.values[key] = arg
		}
	case checker.Add, checker.AddGet:
		o.Arg = arg - 2
		w.values[key] += arg - 2
		if kind == checker.AddGet {
			o.Out = w.values[key]
		}
	case checker.Append:
		o.Arg = arg
		w.lists[key] = append(w.lists[key], arg)
		if m == "text" {
			w.texts[key] += w.h.Texts[arg-1]
		}
	case checker.List:
		e = &checker.Ext{Out: slices.Clone(w.lists[key])}
	case checker.Enqueue:
		o.Arg = arg
		w.lists[key] = append(w.lists[key], arg)
	case checker.Dequeue:
		if q := w.lists[key]; len(q) > 0 {
			o.Out, w.lists[key] = q[0], q[1:]
		}
	case checker.Include:
		o.Arg = arg
		if w.sets[key] == nil {
			w.sets[key] = map[int64]bool{}
		}
		w.sets[key][arg] = true
	case checker.Exclude:
		o.Arg = arg
		delete(w.sets[key], arg)
	case checker.Contains:
		o.Arg, o.Out = arg, truth(w.sets[key][arg])
	case checker.Elements:
		e = &checker.Ext{Out: slices.Sorted(maps.Keys(w.sets[key]))}
	case checker.Acquire:
		if !w.held[key] {
			w.held[key] = true
			w.tokens[key] += arg
			o.Out = w.tokens[key]
		}
	case checker.Release:
		o.Arg = w.tokens[key] + arg - 1
		if w.held[key] && o.Arg == w.tokens[key] {
			w.held[key], o.Out = false, 1
		}
	case checker.Transfer:
		o.Arg, o.Arg2 = arg-1, arg2
		if w.values[key] >= arg2 {
			w.values[key] -= arg2
			w.values[arg-1] += arg2
			o.Out = 1
		}
	case checker.Balances:
		e = &checker.Ext{}
		for _, k := range slices.Sorted(maps.Keys(w.values)) {
			e.Out = append(e.Out, k, w.values[k])
		}
	case checker.Total:
		for _, v := range w.values {
			o.Out += v
		}
	case checker.Txn:
		o.Key = 0
		e = &checker.Ext{}
		for range draw(1, 3, "items") {
			item, k, v := int64(draw(1, 4, "item")), int64(draw(0, 2, "k")), int64(draw(0, 2, "v"))
			switch item {
			case checker.TxnRead:
				v = 0
				e.Out = append(e.Out, w.values[k])
			case checker.TxnWrite:
				w.values[k] = v
			case checker.TxnAppend:
				w.lists[k] = append(w.lists[k], v)
			case checker.TxnList:
				v = 0
				e.Out = append(append(e.Out, int64(len(w.lists[k]))), w.lists[k]...)
			}
			e.In = append(e.In, item, k, v)
		}
	default:
		panic(fmt.Sprintf("no such kind: %v", kind))
	}
	return o, e
}

// serve executes an operation on the machine that replicas have.
func (w *world) serve(o checker.Op, arg, arg2 int64) checker.Op {
	var c []byte
	session, token := uint32(arg), arg-1 // tokens are given out from 1
	switch o.Kind {
	case checker.OpenSession:
		c = machine.AppendOpen(nil, session)
	case checker.Renew:
		c = machine.AppendRenew(nil, session)
	case checker.Expire:
		o.Arg2 = arg2
		c = machine.AppendExpire(nil, session, uint64(arg2))
	case checker.Acquire:
		c = machine.AppendAcquire(nil, o.Key, session)
	case checker.Release:
		arg = token
		c = machine.AppendRelease(nil, o.Key, uint64(token))
	case checker.Create:
		o.Arg2 = arg2
		c = machine.AppendCreate(nil, o.Key, session, arg2)
	case checker.CAS:
		arg, o.Arg2 = arg-1, arg2
		c = machine.AppendSwap(nil, o.Key, arg, arg2)
	case checker.Put:
		c = machine.AppendWrite(nil, o.Key, arg)
	case checker.Guard:
		o.Arg2 = arg2 - 1
		c = machine.AppendGuard(nil, o.Key, arg, uint64(o.Arg2))
	case checker.Changes:
		c = machine.AppendWatch(nil, o.Key)
	default:
		c = machine.AppendFile(nil, o.Key)
	}
	switch o.Kind {
	case checker.OpenSession, checker.Renew, checker.Expire:
		o.Key, o.Arg = 0, arg
	case checker.Changes, checker.Get:
	default:
		o.Arg = arg
	}
	out, err := machine.Amount(w.locks.Apply(c, nil))
	if err != nil {
		panic(err)
	}
	if o.Out = out; o.Kind == checker.Put {
		o.Out = 0
	}
	return o
}

// execution draws a sequential execution, as a history of clients that take turns.
func execution(draw draws, m Model, length int) *checker.History {
	w := newWorld()
	if m.Name != "text" {
		w.h.Texts = nil
	}
	for i := range length {
		o, e := w.do(draw, m.Name, m.Kinds[draw(0, len(m.Kinds)-1, "kind")])
		o.Client, o.Call, o.Return = uint32(i), uint64(10*i+1000), uint64(10*i+1005)
		if e != nil {
			w.h.Ext = append(w.h.Ext, *e)
			o.Ext = uint32(len(w.h.Ext))
		}
		w.h.Ops = append(w.h.Ops, o)
	}
	return w.h
}

// spoil changes an output of the history so that no state gives it, and tells whether it found one that can be spoilt.
func spoil(draw draws, h *checker.History) bool {
	i := draw(0, len(h.Ops)-1, "spoilt")
	o := &h.Ops[i]
	switch o.Kind {
	case checker.Put, checker.Add, checker.Append, checker.Enqueue, checker.Include, checker.Exclude:
		return false // their outputs are not looked at
	case checker.TryCAS, checker.Insert, checker.Contains, checker.Transfer, checker.Release:
		o.Out = 1 - o.Out
	case checker.Acquire: // a larger token would do as well
		if o.Out != 0 {
			o.Out = 0
		} else {
			o.Out = 99
		}
	case checker.Get:
		o.Out++
		if n := int64(len(h.Texts)); n > 0 {
			o.Out = o.Out%n + 1 // texts are all different
			if o.Out == 1 {
				o.Out++
			}
		}
	case checker.List, checker.Elements, checker.Balances, checker.Txn:
		e := &h.Ext[o.Ext-1]
		e.Out = slices.Clone(e.Out)
		switch {
		case len(e.Out) == 0 && o.Kind == checker.Txn:
			return false
		case len(e.Out) == 0 && o.Kind == checker.Balances:
			e.Out = []int64{0, 1}
		case len(e.Out) == 0:
			e.Out = []int64{1}
		case o.Kind == checker.Txn:
			at := 0 // the result of the first read: a value, or an element of a list
			for j := 0; j < len(e.In); j += 3 {
				if e.In[j] == checker.TxnRead {
					break
				}
				if e.In[j] == checker.TxnList {
					if e.Out[0] == 0 {
						return false
					}
					at = 1
					break
				}
			}
			e.Out[at] += 7
		default:
			e.Out[len(e.Out)-1] += 7
		}
	default:
		o.Out += 7
	}
	return true
}

// What a plain execution does one after another is accepted, and with one output changed it is not.
func TestSequentialExecutions(t *testing.T) {
	for _, m := range All() {
		t.Run(m.Name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				draw := drawn(t)
				h := execution(draw, m, draw(1, 30, "length"))
				_, err := m.Refuses(h)
				require.NoError(t, err)
				var c checker.Checker
				r := c.Check(h, m.For(h), checker.Options{})
				require.Equal(t, checker.Linearizable, r.Answer, r.Reason)
				if spoil(draw, h) {
					r = c.Check(h, m.For(h), checker.Options{})
					require.Equal(t, checker.NotLinearizable, r.Answer)
					require.NotEmpty(t, r.Witness)
				}
			})
		})
	}
}

// spread makes the operations of a sequential history overlap around the moments in which they took effect, and loses the outcomes of some.
func spread(draw draws, h *checker.History) {
	used := map[uint64]bool{}
	free := func(at uint64, step int) uint64 {
		for used[at] {
			at += uint64(step)
		}
		used[at] = true
		return at
	}
	for i := range h.Ops {
		o := &h.Ops[i]
		o.Call = free(o.Call-uint64(draw(0, 25, "before")), -1)
		o.Return = free(o.Return+uint64(draw(0, 25, "after")), 1)
		if draw(0, 7, "lost") == 0 {
			o.Outcome, o.Return, o.Out = checker.Unknown, checker.Never, 0
		}
	}
	inOrder(h)
}

func inOrder(h *checker.History) {
	slices.SortFunc(h.Ops, func(a, b checker.Op) int { return int(int64(a.Call) - int64(b.Call)) })
}

// byPorcupine decides by porcupine alone, with the model as it is, key by key.
func byPorcupine(h *checker.History, m checker.Model) bool {
	parts := map[uint32][]porcupine.Operation{}
	for i := range h.Ops {
		o := &h.Ops[i]
		if o.Outcome == checker.Fail {
			continue
		}
		key := o.Key
		if !m.ByKey {
			key = 0
		}
		end := int64(1) << 40
		if o.Return != checker.Never {
			end = int64(o.Return)
		}
		parts[key] = append(parts[key], porcupine.Operation{ClientId: int(o.Client), Input: o, Call: int64(o.Call), Output: o.Out, Return: end})
	}
	for _, part := range parts {
		if !porcupine.CheckOperations(m.Porcupine(h), part) {
			return false
		}
	}
	return true
}

// Operations that overlap are accepted where one order explains them; of any history, spoilt or not, porcupine says the same.
func TestConcurrentExecutions(t *testing.T) {
	answers := map[string]int{}
	for _, m := range All() {
		t.Run(m.Name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				draw := drawn(t)
				h := execution(draw, m, draw(1, 9, "length"))
				spread(draw, h)
				require.NoError(t, h.Validate())
				var c checker.Checker
				model := m.For(h)
				r := c.Check(h, model, checker.Options{})
				if m.Name != "lock" { // where a lost acquire got a token of its own choice, nobody can release it any more
					require.Equal(t, checker.Linearizable, r.Answer, r.Reason)
				}
				require.Equal(t, byPorcupine(h, model), r.Answer == checker.Linearizable)
				if spoil(draw, h) {
					r = c.Check(h, model, checker.Options{})
					require.Equal(t, byPorcupine(h, model), r.Answer == checker.Linearizable, r.Reason)
					require.Contains(t, []checker.Answer{checker.Linearizable, checker.NotLinearizable}, r.Answer)
					answers[fmt.Sprint(m.Name, " ", r.Answer == checker.Linearizable)]++
				}
			})
			require.NotZero(t, answers[m.Name+" false"], "nothing was refused")
		})
	}
}

// What says less than a history that is linearizable is linearizable too: a small history that is not proves the whole not to be.
func TestLess(t *testing.T) {
	for _, m := range All() {
		if m.Less == nil {
			continue
		}
		t.Run(m.Name, func(t *testing.T) {
			offered := 0
			for n := range 4000 {
				if testing.Short() && n == 1000 {
					break
				}
				random := rand.New(rand.NewPCG(3, uint64(n)))
				draw := func(low, high int, _ string) int { return low + random.IntN(high-low+1) }
				h := execution(draw, m, draw(2, 12, "length"))
				spread(draw, h)
				phantoms(draw, h)
				if draw(0, 1, "spoilt") == 0 {
					spoil(draw, h)
				}
				if m.ByKey {
					h.Ops = slices.DeleteFunc(h.Ops, func(o checker.Op) bool { return o.Key != h.Ops[0].Key })
				}
				h.Ops = slices.DeleteFunc(h.Ops, func(o checker.Op) bool {
					return o.Outcome == checker.Fail || o.Outcome == checker.Unknown && o.Kind.ReadsOnly()
				})
				model := m.For(h)
				if len(h.Ops) == 0 || !byPorcupine(h, model) {
					continue
				}
				m.Less(h, func(less *checker.History) bool {
					offered++
					require.True(t, byPorcupine(less, m.For(less)), "history %d: %v became %v", n, dump(h), dump(less))
					require.True(t, slices.IsSortedFunc(less.Ops, func(a, b checker.Op) int { return int(int64(a.Call) - int64(b.Call)) }))
					return random.IntN(2) == 0
				})
			}
			require.Greater(t, offered, 500)
		})
	}
}

func dump(h *checker.History) (lines []string) {
	for i := range h.Ops {
		lines = append(lines, h.Describe(&h.Ops[i]))
	}
	return lines
}

// A violation late in a long history is shown by few operations.
func TestWitnessesAreSmall(t *testing.T) {
	for _, m := range All() {
		if m.Less == nil {
			continue
		}
		t.Run(m.Name, func(t *testing.T) {
			longest, sum, count := 0, 0, 0
			for n := range 40 {
				random := rand.New(rand.NewPCG(4, uint64(n)))
				draw := func(low, high int, _ string) int { return low + random.IntN(high-low+1) }
				h := execution(draw, m, 60)
				spread(draw, h)
				late := &checker.History{Ops: h.Ops[50:], Ext: h.Ext, Texts: h.Texts}
				spoil(draw, late)
				h.Texts = late.Texts
				var c checker.Checker
				r := c.Check(h, m.For(h), checker.Options{})
				if r.Answer != checker.NotLinearizable {
					continue
				}
				count++
				sum += len(r.Witness)
				longest = max(longest, len(r.Witness))
			}
			require.NotZero(t, count)
			require.LessOrEqual(t, sum, 10*count)
			t.Logf("%d witnesses, of %d operations on average, at most %d", count, sum/count, longest)
		})
	}
}

// Of what is of unknown outcome, what was seen happened before, and what nobody saw can be left out: so a history of many such operations is decided, good or bad.
func TestSettle(t *testing.T) {
	for _, name := range []string{"list", "set", "queue", "txn"} {
		m, err := Find(name)
		require.NoError(t, err)
		for _, bad := range []bool{false, true} {
			if bad && (name == "set" || name == "queue") {
				continue // all ways for these to come about must be tried
			}
			h := &checker.History{}
			event := uint64(0)
			call := func(o checker.Op, e *checker.Ext, completes bool) {
				o.Call, o.Return, o.Client = event, checker.Never, uint32(len(h.Ops))
				o.Outcome = checker.Unknown
				if event++; completes {
					o.Outcome, o.Return = checker.OK, event
					event++
				}
				if e != nil {
					h.Ext = append(h.Ext, *e)
					o.Ext = uint32(len(h.Ext))
				}
				h.Ops = append(h.Ops, o)
			}
			put := func(v int64) {
				switch name {
				case "list":
					call(checker.Op{Kind: checker.Append, Arg: v}, nil, false)
				case "set":
					call(checker.Op{Kind: checker.Include, Arg: v}, nil, false)
				case "queue":
					call(checker.Op{Kind: checker.Enqueue, Arg: v}, nil, false)
				case "txn":
					call(checker.Op{Kind: checker.Txn}, &checker.Ext{In: []int64{checker.TxnAppend, 1, v, checker.TxnList, 1, 0}}, false)
				}
			}
			see := func(vs ...int64) {
				switch name {
				case "list":
					call(checker.Op{Kind: checker.List}, &checker.Ext{Out: vs}, true)
				case "set":
					call(checker.Op{Kind: checker.Elements}, &checker.Ext{Out: vs}, true)
				case "queue":
					call(checker.Op{Kind: checker.Dequeue, Out: vs[len(vs)-1]}, nil, true)
				case "txn":
					call(checker.Op{Kind: checker.Txn}, &checker.Ext{In: []int64{checker.TxnList, 1, 0}, Out: append([]int64{int64(len(vs))}, vs...)}, true)
				}
			}
			for v := range int64(60) {
				put(v + 1)
			}
			var seen []int64
			for v := int64(1); v < 60; v += 2 { // half of them happened
				seen = append(seen, v)
				see(slices.Clone(seen)...)
			}
			if bad {
				put(100)
				see(slices.Clone(seen[:20])...)
			}
			require.NoError(t, h.Validate())
			var c checker.Checker
			r := c.Check(h, m.For(h), checker.Options{Budget: 1000})
			if !bad {
				require.Equal(t, checker.Linearizable, r.Answer, "%s: %s", name, r.Reason)
				continue
			}
			require.Equal(t, checker.NotLinearizable, r.Answer, "%s: %s", name, r.Reason)
			require.LessOrEqual(t, len(r.Witness), 4, "%s: %v", name, dump(r.Shown()))
			for i := range r.Witness {
				require.True(t, r.Witness[i].Outcome == checker.Unknown || r.Witness[i].Kind != checker.Append, "%v", dump(r.Shown()))
			}
		}
	}
}
