package checker

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// at gives the operation a place in the log.
func at(slot uint64, o Op) Op {
	o.Slot = slot
	return o
}

// The layer that decides, what it says, and why, in histories made for one layer each.
func TestLayers(t *testing.T) {
	for _, c := range []struct {
		name   string
		ops    []Op
		method string
		answer Answer
		reason string
	}{
		{
			"a log in order", []Op{at(1, op(1, Put, 7, 0, 0, 1, 2)), at(2, op(2, Get, 0, 0, 7, 3, 4))},
			ByCertificate, Linearizable, "",
		},
		{
			"the log has a read before a write that had returned; the read could be behind it",
			[]Op{at(2, op(1, Put, 7, 0, 0, 1, 2)), at(1, op(2, Get, 0, 0, 7, 3, 4))},
			ByUniqueValues, LogDisagrees, "not in the order of the log, in which c2 get k0 = 7 [3,4] does not follow from the log, which makes it 0",
		},
		{
			"nothing but real time speaks against the log",
			[]Op{at(2, op(1, Put, 7, 0, 0, 1, 2)), at(1, op(2, Put, 8, 0, 0, 3, 4))},
			ByUniqueValues, LogDisagrees, "c1 put k0 7 [1,2] returned before an operation was called that lies ahead of it in the log",
		},
		{
			// The log may have executed the put of unknown outcome without anybody saying so, so this is no finding.
			"an effect without a place", []Op{op(1, Put, 7, 0, 0, 1, Never), at(1, op(2, Get, 0, 0, 7, 2, 3))},
			ByUniqueValues, Linearizable, "",
		},
		{
			"no place for some", []Op{at(1, op(1, Put, 7, 0, 0, 1, 2)), op(2, Put, 8, 0, 0, 3, 4)},
			ByUniqueValues, Linearizable, "",
		},
		{
			"reads without places, of a value that was there twice",
			[]Op{at(1, op(1, Put, 7, 0, 0, 1, 2)), op(2, Get, 0, 0, 7, 3, 4), at(2, op(1, Put, 8, 0, 0, 5, 6)), at(3, op(1, Put, 7, 0, 0, 7, 8)), op(2, Get, 0, 0, 7, 9, 10)},
			ByWriteOrder, Linearizable, "",
		},
		{
			"a stale read without a place",
			[]Op{at(1, op(1, Put, 7, 0, 0, 1, 2)), at(2, op(1, Put, 8, 0, 0, 3, 4)), op(2, Get, 0, 0, 7, 5, 6)},
			ByUniqueValues, NotLinearizable, "c2 get k0 = 7 [5,6] is stale: c1 put k0 8 [3,4] had returned before it was called, and replaced 7",
		},
		{
			"a read of a later write, without a place",
			[]Op{at(1, op(1, Put, 7, 0, 0, 1, 2)), op(2, Get, 0, 0, 8, 3, 4), at(2, op(1, Put, 8, 0, 0, 5, 6))},
			ByUniqueValues, NotLinearizable, "c2 get k0 = 8 [3,4] saw 8 before c1 put k0 8 [5,6] was called, which alone wrote it",
		},
		{
			"new, then old, without places",
			[]Op{at(1, op(1, Put, 7, 0, 0, 1, 2)), at(2, op(1, Put, 8, 0, 0, 3, 8)), op(2, Get, 0, 0, 8, 4, 5), op(2, Get, 0, 0, 7, 6, 7)},
			ByUniqueValues, NotLinearizable, "c2 get k0 = 7 [6,7] is stale: c2 get k0 = 8 [4,5] had returned before it was called, and saw 8, a later value",
		},
		{
			"reads without places, and the writes the wrong way round",
			[]Op{at(2, op(1, Put, 7, 0, 0, 1, 2)), at(1, op(1, Put, 8, 0, 0, 3, 4)), op(2, Get, 0, 0, 7, 5, 6)},
			ByUniqueValues, NotLinearizable, "c2 get k0 = 7 [5,6] is stale",
		},
		{
			// That the first compare-and-set hit is known from a read of what replaced what it wrote.
			"two compare-and-sets of one value, one of which is known to have happened from far away",
			[]Op{op(1, Put, 5, 0, 0, 1, 2), op(1, CAS, 5, 6, 0, 3, Never), op(2, CAS, 5, 7, 5, 4, 5), op(3, CAS, 6, 8, 0, 6, Never), op(4, Get, 0, 0, 8, 7, 8)},
			ByUniqueValues, NotLinearizable, "",
		},
		{
			// Each replaced what the other wrote: every value has its writer, and no order has a beginning.
			"a ring of two compare-and-sets", []Op{op(1, CAS, 1, 2, 1, 1, 4), op(2, CAS, 2, 1, 2, 2, 3)},
			ByUniqueValues, NotLinearizable, "no order explains c2 cas k0 2->1 = 2 [2,3], given c1 cas k0 1->2 (unknown) [1,...]",
		},
		{
			"a ring beside operations that are well",
			[]Op{op(1, Put, 9, 0, 0, 1, 2), op(1, CAS, 1, 2, 1, 3, 10), op(2, CAS, 2, 3, 2, 4, 9), op(3, CAS, 3, 1, 3, 5, 8), op(4, Get, 0, 0, 9, 6, 7)},
			ByUniqueValues, NotLinearizable, "",
		},
		{
			"two compare-and-sets of one value", []Op{op(1, Put, 5, 0, 0, 1, 2), op(1, CAS, 5, 6, 5, 3, 6), op(2, CAS, 5, 7, 5, 4, 5)},
			ByUniqueValues, NotLinearizable, "c1 cas k0 5->6 = 5 [3,6] and c2 cas k0 5->7 = 5 [4,5] both replaced 5, which was there once",
		},
		{
			// The first compare-and-set happened, since its value was replaced in turn; so the put of unknown outcome did too.
			"unknown outcomes that were seen, from one to the next",
			[]Op{op(1, Put, 5, 0, 0, 1, Never), op(2, CAS, 5, 6, 0, 2, Never), op(3, CAS, 6, 7, 6, 3, 4), op(4, Get, 0, 0, 5, 5, 6)},
			ByUniqueValues, NotLinearizable, "",
		},
		{
			"a write that failed was seen", []Op{{Client: 1, Kind: Put, Arg: 7, Call: 1, Return: 2, Outcome: Fail}, op(2, Get, 0, 0, 7, 3, 4)},
			ByUniqueValues, NotLinearizable, "c2 get k0 = 7 [3,4] saw 7, which only an operation wrote that failed: c1 put k0 7 (fail) [1,2]",
		},
		{
			"a value written twice needs the search",
			[]Op{op(1, Put, 7, 0, 0, 1, 2), op(1, Put, 7, 0, 0, 3, 4), op(2, Get, 0, 0, 7, 5, 6)},
			BySearch, Linearizable, "",
		},
		{
			// The log has it that the put of unknown outcome took effect before the others. Only when that has failed is the
			// history looked at as it is.
			"the search believes no log",
			[]Op{at(1, op(1, Put, 7, 0, 0, 1, Never)), at(2, op(2, Put, 8, 0, 0, 2, 3)), op(2, Get, 0, 0, 8, 4, 5), op(2, Get, 0, 0, 7, 6, 7), at(3, op(3, Put, 8, 0, 0, 8, 9))},
			BySearch, LogDisagrees, "c2 get k0 = 7 [6,7] fits nowhere between the writes of the log",
		},
		{
			"no history", []Op{op(1, Put, 7, 0, 0, 1, 2), op(2, Get, 0, 0, 7, 2, 3)},
			ByValidation, NotDecided, "this is no history: operation 1: event 2 is also one of operation 0",
		},
		{
			"no history, with events far apart", []Op{op(1, Put, 7, 0, 0, 1, 1<<40), op(2, Get, 0, 0, 7, 2, 1<<40)},
			ByValidation, NotDecided, "is also one of operation",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			var k Checker
			r := k.Check(&History{Ops: c.ops}, KV, Options{Oracle: true})
			require.Equal(t, c.answer, r.Answer, "%+v", r)
			require.Equal(t, c.method, r.Method, "%+v", r)
			require.Equal(t, len(c.ops), r.Operations)
			require.Contains(t, r.Reason, c.reason)
			require.Equal(t, c.answer == Linearizable, r.Verdict().Kind == Pass)
		})
	}
}

func TestVerdictsOfAnswers(t *testing.T) {
	for answer, want := range map[Answer]Verdict{
		Linearizable:     {Kind: Pass},
		NotDecided:       {Kind: Undecided, Detail: "why"},
		NotLinearizable:  {Kind: Violated, Fingerprint: "linearizability: not linearizable", Detail: "why"},
		LogDisagrees:     {Kind: Violated, Fingerprint: "log: order disagrees", Detail: "why"},
		CheckersDisagree: {Kind: Violated, Fingerprint: "checker: checkers disagree", Detail: "why"},
	} {
		require.Equal(t, want, Result{Answer: answer, Reason: "why"}.Verdict())
	}
}

// A search that may not go on has not decided, and says so the same way every time; a key that is wrong is found behind one that was given up.
func TestBudget(t *testing.T) {
	h := &History{}
	for i := range 12 { // 12 adders at once, none of which says what another does, and a sum that cannot be
		h.Ops = append(h.Ops, op(uint32(i), Put, int64(1)<<i, 0, -1, uint64(i)+1, uint64(i)+100))
	}
	anyOrder := Model{Name: "sum", ByKey: true, Step: func(state int64, o *Op) (int64, int64) {
		if o.Kind == Get {
			return state, state
		}
		return state + o.Arg, o.Out
	}}
	h.Ops = append(h.Ops, op(20, Get, 0, 0, -7, 50, 200))
	var c Checker
	r := c.Check(h, anyOrder, Options{Budget: 1000})
	require.Equal(t, NotDecided, r.Answer)
	require.Equal(t, "the search did not decide the 13 operations on k0 within its budget of 1000 configurations", r.Reason)
	require.InDelta(t, 1014, r.Configurations, 1)
	require.Equal(t, r, new(Checker).Check(h, anyOrder, Options{Budget: 1000}))
	require.Equal(t, NotLinearizable, c.Check(h, anyOrder, Options{}).Answer)

	wrong := op(21, Get, 0, 0, 5, 60, 201)
	wrong.Key = 9
	h.Ops = append(h.Ops, wrong)
	r = c.Check(h, anyOrder, Options{Budget: 1000})
	require.Equal(t, NotLinearizable, r.Answer)
	require.Equal(t, []Op{wrong}, r.Witness)
}

// Where porcupine says otherwise, that is the answer.
func TestOracleSpeaksUp(t *testing.T) {
	stale := &History{Ops: []Op{op(1, Put, 7, 0, 0, 1, 2), op(2, Get, 0, 0, 0, 3, 4)}}
	fine := []Op{op(1, Put, 7, 0, 0, 1, 2)}
	for _, r := range []Result{{Answer: Linearizable, Method: ByCertificate}, {Answer: LogDisagrees}, {Answer: NotLinearizable, Witness: fine}} {
		var c Checker
		c.keys.index(stale.Ops, true)
		c.keys.split(stale.Ops)
		m := KV.bind(stale)
		c.ask(stale.Ops, &m, 100*DefaultOracleSteps, &r)
		require.Equal(t, CheckersDisagree, r.Answer)
		require.Contains(t, r.Reason, "porcupine finds")
	}
}

// The witness in a long history is of few operations, whatever layer finds it, and is the same every time.
func TestWitnessInALongHistory(t *testing.T) {
	for _, domain := range []int64{0, 50} {
		h := generate(rand.New(rand.NewPCG(5, 6)), KV, weather{operations: 3000, clients: 8, keys: 3, domain: domain})
		for i := 2900; ; i++ { // a value of long ago; with few values, one that came back is none
			if o := &h.Ops[i]; o.Kind == Get && o.Outcome == OK && o.Key == 1 {
				if o.Out = 20; domain > 0 {
					h.Ops[i] = op(o.Client, CAS, 51, 52, 51, o.Call, o.Return)
					h.Ops[i].Key = 1
				}
				break
			}
		}
		for i := range h.Ops {
			h.Ops[i].Slot = 0
		}
		var c Checker
		r := c.Check(h, KV, Options{})
		require.Equal(t, NotLinearizable, r.Answer)
		require.LessOrEqual(t, len(r.Witness), 4, "%v", r.Witness)
		require.False(t, legalOrder(r.Witness, KV))
		c = Checker{}
		require.Equal(t, r, c.Check(h, KV, Options{Oracle: true}))
	}
}

func TestVisualization(t *testing.T) {
	h := generate(rand.New(rand.NewPCG(5, 6)), KV, weather{operations: 300, clients: 4, keys: 1, noLog: true})
	var c Checker
	var page bytes.Buffer
	require.NoError(t, WriteVisualization(&page, c.Check(h, KV, Options{}), KV))
	require.Contains(t, page.String(), h.Ops[3].String())

	h.Ops[299].Kind, h.Ops[299].Out = Get, 12345
	r := c.Check(h, KV, Options{})
	require.Equal(t, NotLinearizable, r.Answer)
	page.Reset()
	require.NoError(t, WriteVisualization(&page, r, KV))
	require.Contains(t, page.String(), "get k0 = 12345")
	require.Contains(t, page.String(), "#e4e4e4", "what went on around the witness")
	require.NotContains(t, page.String(), h.Ops[3].String())

	require.ErrorContains(t, WriteVisualization(&page, Result{}, KV), "nothing to show")
}

// sort agrees with insertion, on lists of every kind of order.
func TestSorter(t *testing.T) {
	var s sorter
	for n := range 400 {
		random := rand.New(rand.NewPCG(9, uint64(n)))
		list := make([]ranked, n*3)
		for i := range list {
			list[i] = ranked{[...]uint64{uint64(i) + random.Uint64N(5), random.Uint64N(40), random.Uint64(), 1 << 60}[n%4], int32(i)}
		}
		want := append([]ranked{}, list...)
		insert(want)
		s.sort(list)
		require.Equal(t, want, list)
	}
}
