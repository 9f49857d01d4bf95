package checker

import (
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"
	"github.com/stretchr/testify/require"
)

// Models for the tests of the search: no layer knows them.
var (
	// adder: a put adds to the number and returns what it was; a compare-and-set adds if the number is as expected.
	adder = Model{Name: "adder", ByKey: true, Step: func(state int64, o *Op) (next, out int64) {
		switch {
		case o.Kind == Put:
			return state + o.Arg, state
		case o.Kind == CAS && o.Arg == state:
			return state + o.Arg2, state
		}
		return state, state
	}}
	// latest: one register for all keys that keeps the largest value put, without ByKey.
	latest = Model{Name: "latest", Step: func(state int64, o *Op) (next, out int64) {
		switch {
		case o.Kind == Put:
			return max(state, o.Arg), o.Out
		case o.Kind == CAS && o.Arg == state:
			return o.Arg2, state
		}
		return state, state
	}}
	// plain is KV with the unique values and the write order left out.
	plain = Model{Name: "plain", ByKey: true, Step: KV.Step}
	// numbered is KV in a Space.
	numbered = Model{Name: "numbered", ByKey: true, Space: func(*History) Space {
		return &numberedSpace{values: []int64{0}, numbers: map[int64]int64{0: 0}}
	}}
)

type numberedSpace struct {
	values  []int64
	numbers map[int64]int64
}

func (s *numberedSpace) Step(state int64, o *Op) (int64, bool) {
	next, out := KV.Step(s.values[state], o)
	if _, known := s.numbers[next]; !known {
		s.numbers[next] = int64(len(s.values))
		s.values = append(s.values, next)
	}
	return s.numbers[next], o.Outcome != OK || out == o.Out
}

func (s *numberedSpace) Describe(state int64) string { return strconv.FormatInt(s.values[state], 10) }

// asked is what porcupine says of the whole history.
func asked(t *testing.T, h *History, m Model) Answer {
	var k keys
	k.index(h.Ops, m.ByKey)
	k.split(h.Ops)
	model := m.Porcupine(h)
	for j := range k.count {
		switch porcupine.CheckOperationsTimeout(model, operations(pick(h.Ops, k.part(j))), time.Minute) {
		case porcupine.Illegal:
			return NotLinearizable
		case porcupine.Unknown:
			t.Fatal("porcupine gave up")
		}
	}
	return Linearizable
}

// Every layer agrees with porcupine on random small histories: as executed, spoiled, and with logs that lie. SIMRUN_HISTORIES says
// on how many.
func TestAgreesWithPorcupine(t *testing.T) {
	count := 200_000
	if testing.Short() {
		count = 10_000
	}
	if s := os.Getenv("SIMRUN_HISTORIES"); s != "" {
		n, err := strconv.Atoi(s)
		require.NoError(t, err)
		count = n
	}
	models := []Model{KV, KV, KV, Decree, adder, latest, plain, numbered}
	answers, methods := map[Answer]int{}, map[string]int{}
	var c Checker
	for n := range count {
		random := rand.New(rand.NewPCG(1, uint64(n)))
		m := models[random.IntN(len(models))]
		w := weather{
			operations: 2 + random.IntN(14), clients: 2 + random.IntN(4), keys: 1 + random.IntN(2),
			unknown: [...]float64{0, 0.15, 0.4}[random.IntN(3)], domain: [...]int64{0, 0, 2, 4}[random.IntN(4)],
			noReads: random.IntN(4) == 0, noLog: random.IntN(4) == 0,
		}
		rule := m
		if m.Space != nil {
			rule = KV
		}
		h := generate(random, rule, w)
		honest := true
		if random.IntN(4) > 0 {
			spoil(random, h, 1+random.IntN(5))
			honest = false
		}
		if random.IntN(3) == 0 {
			lie(random, h, 1+random.IntN(4))
			honest = false
		}
		require.NoError(t, h.Validate())
		want := asked(t, h, m)
		r := c.Check(h, m, Options{})
		require.Equal(t, want, seen(r), "history %d of %s: %v: %+v, refused: %v", n, m.Name, h.Ops, r, r.Refused)
		if honest {
			require.Equal(t, Linearizable, r.Answer, "history %d of %s: %v: %s", n, m.Name, h.Ops, r.Reason)
		}
		if want == NotLinearizable {
			require.Equal(t, NotLinearizable, asked(t, &History{Ops: r.Witness, Ext: h.Ext}, m), "history %d of %s: the witness is linearizable: %v", n, m.Name, r.Witness)
			require.NotEmpty(t, r.Reason)
		}
		answers[r.Answer]++
		methods[r.Method]++
	}
	t.Logf("%d histories: %v, by %v", count, answers, methods)
	for _, a := range []Answer{Linearizable, NotLinearizable, LogDisagrees} {
		require.Greater(t, answers[a], count/100, "%v", answers)
	}
	for _, method := range []string{ByCertificate, ByWriteOrder, ByUniqueValues, BySearch} {
		require.Greater(t, methods[method], count/100, "%v", methods)
	}
}

// Porcupine takes no more steps than it may, and what it did not decide with them it does not take for impossible.
func TestOracleSteps(t *testing.T) {
	var ops []Op
	for i := range uint32(8) { // all at once, and read what nobody wrote: an order for every set of them
		ops = append(ops, Op{Client: i, Kind: Put, Arg: int64(i + 1), Outcome: OK, Call: uint64(i), Return: uint64(100 + i)})
	}
	ops = append(ops, Op{Client: 8, Kind: Get, Out: 1000, Outcome: OK, Call: 200, Return: 201})
	taken := uint64(0)
	model := KV.Porcupine(&History{Ops: ops})
	step := model.Step
	model.Step = func(state, input, output any) (bool, any) {
		taken++
		return step(state, input, output)
	}
	require.Equal(t, porcupine.Illegal, decide(model, ops, DefaultOracleSteps))
	all := taken
	require.Greater(t, all, uint64(1000))
	for _, steps := range []uint64{1, 10, all - 1} {
		taken = 0
		require.Equal(t, porcupine.Unknown, decide(model, ops, steps))
		require.Equal(t, steps, taken)
	}
	require.Equal(t, porcupine.Ok, decide(model, ops[:8], 8))
}
