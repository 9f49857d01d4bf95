package checker

import (
	"maps"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// op writes an operation with its interval.
func op(client uint32, kind OpKind, arg, arg2, out int64, call, ret uint64) Op {
	o := Op{Client: client, Kind: kind, Arg: arg, Arg2: arg2, Out: out, Call: call, Return: ret, Outcome: OK}
	if ret == Never {
		o.Outcome = Unknown
	}
	return o
}

func TestLinearizable(t *testing.T) {
	for _, c := range []struct {
		name  string
		model Model
		ops   []Op
		want  Answer
	}{
		{"empty", KV, nil, Linearizable},
		{"read of nothing", KV, []Op{op(1, Get, 0, 0, 0, 1, 2)}, Linearizable},
		{"read of a value never written", KV, []Op{op(1, Get, 0, 0, 7, 1, 2)}, NotLinearizable},
		{"read after write", KV, []Op{op(1, Put, 7, 0, 0, 1, 2), op(2, Get, 0, 0, 7, 3, 4)}, Linearizable},
		{"stale read", KV, []Op{op(1, Put, 7, 0, 0, 1, 2), op(2, Get, 0, 0, 0, 3, 4)}, NotLinearizable},
		{"old value during the write", KV, []Op{op(1, Put, 7, 0, 0, 1, 4), op(2, Get, 0, 0, 0, 2, 3)}, Linearizable},
		{"new value during the write", KV, []Op{op(1, Put, 7, 0, 0, 1, 4), op(2, Get, 0, 0, 7, 2, 3)}, Linearizable},
		{"new, then old value during the write", KV, []Op{op(1, Put, 7, 0, 0, 1, 6), op(2, Get, 0, 0, 7, 2, 3), op(2, Get, 0, 0, 0, 4, 5)}, NotLinearizable},
		{"an unknown write takes effect late", KV, []Op{op(1, Put, 7, 0, 0, 1, Never), op(2, Get, 0, 0, 0, 2, 3), op(2, Get, 0, 0, 7, 4, 5)}, Linearizable},
		{"an unknown write takes no effect", KV, []Op{op(1, Put, 7, 0, 0, 1, Never), op(2, Get, 0, 0, 0, 2, 3)}, Linearizable},
		{"an unknown write takes effect twice", KV, []Op{op(1, Put, 7, 0, 0, 1, Never), op(2, Get, 0, 0, 7, 2, 3), op(2, Put, 8, 0, 0, 4, 5), op(2, Get, 0, 0, 7, 6, 7)}, NotLinearizable},
		{"a failed write is not seen", KV, []Op{{Client: 1, Kind: Put, Arg: 7, Call: 1, Return: 2, Outcome: Fail}, op(2, Get, 0, 0, 7, 3, 4)}, NotLinearizable},
		{"a read of unknown outcome tells nothing", KV, []Op{op(1, Get, 0, 0, 0, 1, Never)}, Linearizable},
		{"cas that hits", KV, []Op{op(1, CAS, 0, 7, 0, 1, 2), op(2, Get, 0, 0, 7, 3, 4)}, Linearizable},
		{"cas that misses", KV, []Op{op(1, CAS, 5, 7, 0, 1, 2), op(2, Get, 0, 0, 7, 3, 4)}, NotLinearizable},
		{"two cas of one value both hit", KV, []Op{op(1, CAS, 0, 7, 0, 1, 3), op(2, CAS, 0, 8, 0, 2, 4)}, NotLinearizable},
		{"keys are apart", KV, []Op{op(1, Put, 7, 0, 0, 1, 2), {Client: 2, Key: 1, Kind: Get, Call: 3, Return: 4, Outcome: OK}}, Linearizable},
		{"one decision", Decree, []Op{op(1, Propose, 5, 0, 6, 1, 3), op(2, Propose, 6, 0, 6, 2, 4)}, Linearizable},
		{"two decisions", Decree, []Op{op(1, Propose, 5, 0, 5, 1, 3), op(2, Propose, 6, 0, 6, 2, 4)}, NotLinearizable},
		{"a decision before its proposal", Decree, []Op{op(1, Propose, 5, 0, 6, 1, 2), op(2, Propose, 6, 0, 6, 3, 4)}, NotLinearizable},
		{"the decision of a proposer that gave up", Decree, []Op{op(1, Propose, 5, 0, 0, 1, Never), op(2, Propose, 6, 0, 5, 2, 3)}, Linearizable},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := &History{Ops: c.ops}
			require.NoError(t, h.Validate())
			var checker Checker
			for _, oracle := range []bool{false, true} {
				r := checker.Check(h, c.model, Options{Oracle: oracle})
				require.Equal(t, c.want, r.Answer, "%v", r)
				if c.want == NotLinearizable {
					require.Equal(t, Violated, r.Verdict().Kind)
					require.NotEmpty(t, r.Witness)
					require.NotEmpty(t, r.Reason)
				} else {
					require.Equal(t, Pass, r.Verdict().Kind)
				}
			}
		})
	}
}

// findOrder returns an order that makes the operations a legal sequential history, by trying all: the definition of
// linearizability, and slow. Operations of unknown outcome may be left out. It returns nil if there is none.
func findOrder(ops []Op, m Model) []int {
	rules := m.bind(&History{Ops: ops})
	var try func(order, left []int, states map[uint32]int64) []int
	try = func(order, left []int, states map[uint32]int64) []int {
		done := true
		for _, i := range left {
			done = done && ops[i].Outcome != OK
		}
		if done {
			return append([]int{}, order...)
		}
		for n, i := range left {
			first := true // nobody left returned before it was called
			for _, j := range left {
				first = first && ops[j].Return > ops[i].Call
			}
			key := ops[i].Key
			if !m.ByKey {
				key = 0
			}
			next, ok := rules.legal(states[key], &ops[i])
			if !first || !ok {
				continue
			}
			after := maps.Clone(states)
			after[key] = next
			if found := try(append(order, i), slices.Delete(slices.Clone(left), n, n+1), after); found != nil {
				return found
			}
		}
		return nil
	}
	var left []int
	for i := range ops {
		if ops[i].Outcome != Fail {
			left = append(left, i)
		}
	}
	return try(nil, left, map[uint32]int64{})
}

func legalOrder(ops []Op, m Model) bool { return findOrder(ops, m) != nil }

// drawHistory draws a small history: operations of up to three clients on one or two keys, with outputs that are
// sometimes right, and hints that sometimes lie.
func drawHistory(t *rapid.T, m Model) *History {
	n := rapid.IntRange(0, 6).Draw(t, "operations")
	h := &History{}
	type open struct {
		op   int
		left bool
	}
	event := uint64(0)
	client := [3]uint32{1, 2, 3}
	busy := [3]open{}
	state := map[uint32]int64{}
	for started, finished := 0, 0; finished < n; {
		c := rapid.IntRange(0, 2).Draw(t, "client")
		event++
		if !busy[c].left {
			if started == n {
				event--
				if !busy[0].left && !busy[1].left && !busy[2].left {
					break
				}
				continue
			}
			kind := Propose
			if m.ByKey {
				kind = rapid.SampledFrom([]OpKind{Get, Put, CAS}).Draw(t, "kind")
			}
			i := h.Call(client[c], kind, uint32(rapid.IntRange(0, 1).Draw(t, "key")), int64(rapid.IntRange(0, 3).Draw(t, "arg")), int64(rapid.IntRange(1, 3).Draw(t, "arg2")), event)
			if !m.ByKey {
				h.Ops[i].Key, h.Ops[i].Arg, h.Ops[i].Arg2 = 0, h.Ops[i].Arg+1, 0
			}
			h.Hint(i, uint64(rapid.IntRange(1, 7).Draw(t, "slot")), uint32(rapid.IntRange(0, 1).Draw(t, "index")))
			busy[c] = open{i, true}
			started++
			continue
		}
		i := busy[c].op
		o := &h.Ops[i]
		busy[c].left = false
		finished++
		next, out := m.Step(state[o.Key], o)
		switch rapid.IntRange(0, 9).Draw(t, "outcome") {
		case 0:
			h.Return(i, event, Unknown, 0)
			client[c] += 3
			if rapid.Bool().Draw(t, "took effect") {
				state[o.Key] = next
			} else if rapid.Bool().Draw(t, "no hint") {
				h.Hint(i, 0, 0)
			}
		case 1:
			h.Return(i, event, Fail, 0)
		case 2:
			h.Return(i, event, OK, int64(rapid.IntRange(0, 4).Draw(t, "out")))
			state[o.Key] = next
		default:
			h.Return(i, event, OK, out)
			state[o.Key] = next
		}
	}
	return h
}

// hintAnOrder gives the operations hints that explain all outputs, if there are such, without regard to real time: what
// a log would say that executed operations before they were called.
func hintAnOrder(h *History, m Model) {
	timeless := slices.Clone(h.Ops)
	for i := range timeless {
		timeless[i].Call, timeless[i].Return = 0, Never
	}
	if order := findOrder(timeless, m); order != nil {
		for i := range h.Ops {
			h.Ops[i].Slot = 0
		}
		for place, i := range order {
			h.Hint(i, uint64(place+1), 0)
		}
	}
}

// seen returns what the answer says of what clients saw.
func seen(r Result) Answer {
	if r.Answer == LogDisagrees {
		return Linearizable
	}
	return r.Answer
}

// The checker agrees with the definition, and the certificate never accepts what is not linearizable, whatever the hints
// say.
func TestAgreesWithTheDefinition(t *testing.T) {
	answers := map[Answer]int{}
	methods := map[string]int{}
	one := func(t *rapid.T) {
		m := rapid.SampledFrom([]Model{KV, Decree}).Draw(t, "model")
		h := drawHistory(t, m)
		if rapid.Bool().Draw(t, "order found by trying") {
			hintAnOrder(h, m)
		}
		require.NoError(t, h.Validate())
		want := NotLinearizable
		if legalOrder(h.Ops, m) {
			want = Linearizable
		}
		var c Checker
		r := c.Check(h, m, Options{})
		require.Equal(t, want, seen(r), "%v by %s, refused: %v", h.Ops, r.Method, r.Refused)
		r2 := c.Check(h, m, Options{Oracle: true})
		require.Equal(t, r, r2)
		answers[want]++
		methods[r.Method]++
		if want == NotLinearizable {
			require.False(t, legalOrder(r.Witness, m), "the witness is not linearizable by itself: %v", r.Witness)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		for range 20 { // so that the counts below cannot fail by chance
			one(t)
		}
	})
	require.Greater(t, answers[Linearizable], 10, "%v", answers)
	require.Greater(t, answers[NotLinearizable], 5, "%v", answers)
	require.Positive(t, methods["certificate"], "%v", methods)
}

// The certificate accepts the order of a log, with unknown outcomes in and out of it, and refuses each way to lie about it.
func TestCertificate(t *testing.T) {
	honest := func() []Op {
		ops := []Op{
			op(1, Put, 7, 0, 0, 1, 4), op(2, Get, 0, 0, 7, 2, 6), op(3, CAS, 7, 8, 7, 3, 8), op(1, Put, 9, 0, 0, 5, Never),
			op(2, Get, 0, 0, 9, 9, 10), op(3, Put, 5, 0, 0, 11, Never),
		}
		for i := range ops[:5] {
			ops[i].Slot, ops[i].Index = uint64(i/2+1), uint32(i%2)
		}
		return ops
	}
	certify := func(ops []Op) error {
		var c Checker
		rules := KV.bind(&History{Ops: ops})
		c.keys.index(ops, true)
		if r := c.certify(ops, &rules); r != nil {
			return r
		}
		return nil
	}
	require.NoError(t, certify(honest()))
	for name, lie := range map[string]func([]Op){
		"a completed operation without a place": func(ops []Op) { ops[1].Slot = 0 },
		"two in one place":                      func(ops []Op) { ops[1].Index = 0 },
		"an output that does not follow":        func(ops []Op) { ops[1].Out = 8 },
		"an effect left out":                    func(ops []Op) { ops[3].Slot = 0 },
		"a cas that missed":                     func(ops []Op) { ops[2].Out = 6 },
	} {
		ops := honest()
		lie(ops)
		require.Error(t, certify(ops), name)
	}

	// A stale read, explained by a log that has it before the write: only real time speaks against it.
	stale := []Op{op(1, Put, 7, 0, 0, 1, 2), op(2, Get, 0, 0, 0, 3, 4)}
	stale[0].Slot, stale[1].Slot = 2, 1
	require.ErrorContains(t, certify(stale), "returned before")
}

func TestValidate(t *testing.T) {
	for want, ops := range map[string][]Op{
		"returns at 1 and was called at 2": {op(1, Get, 0, 0, 0, 2, 1)},
		"is also one of operation":         {op(1, Get, 0, 0, 0, 1, 2), op(2, Get, 0, 0, 0, 2, 3)},
		"client 1 has not finished":        {op(1, Get, 0, 0, 0, 1, 4), op(1, Get, 0, 0, 0, 2, 5)},
		"client 1 has not finished oper":   {op(1, Put, 0, 0, 0, 1, Never), op(1, Get, 0, 0, 0, 2, 5)},
		"no such kind":                     {op(1, 99, 0, 0, 0, 1, 2)},
		"no such outcome":                  {{Client: 1, Kind: Get, Call: 1, Return: 2, Outcome: 77}},
		"outcome ok, but its return":       {{Client: 1, Kind: Get, Call: 1, Return: Never, Outcome: OK}},
		"outcome unknown, but its return":  {{Client: 1, Kind: Get, Call: 1, Return: 2, Outcome: Unknown}},
	} {
		require.ErrorContains(t, (&History{Ops: ops}).Validate(), want)
	}
}

// A witness is small: the operations that changed nothing and came before are left out of it.
func TestWitnessIsSmall(t *testing.T) {
	h := &History{}
	event := uint64(0)
	do := func(client uint32, kind OpKind, arg, out int64) {
		event++
		i := h.Call(client, kind, 0, arg, 0, event)
		event++
		h.Return(i, event, OK, out)
	}
	for range 50 {
		do(1, Get, 0, 0)
	}
	do(1, Put, 7, 0)
	for range 50 {
		do(1, Get, 0, 7)
	}
	do(2, Get, 0, 0) // stale
	do(2, Put, 8, 0)
	var c Checker
	r := c.Check(h, KV, Options{})
	require.Equal(t, NotLinearizable, r.Answer)
	require.Len(t, r.Witness, 2)
	require.Equal(t, "c2 get k0 = 0 [203,204] is stale: c1 put k0 7 [101,102] had returned before it was called, and replaced 0", r.Reason)
}

func TestCertificateDoesNotAllocate(t *testing.T) {
	if underRace {
		t.Skip("the race detector allocates")
	}
	h := &History{}
	for i := range uint64(1000) {
		n := h.Call(1, Put, uint32(i%10), int64(i+1), 0, 2*i+1)
		h.Return(n, 2*i+2, OK, 0)
		h.Hint(n, i+1, 0)
	}
	var c Checker
	c.Check(h, KV, Options{})
	require.Zero(t, testing.AllocsPerRun(20, func() {
		if c.Check(h, KV, Options{}).Method != "certificate" {
			t.Fatal("not by certificate")
		}
	}))
}
