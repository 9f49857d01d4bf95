package models

import (
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"simrun/checker"
)

// phantoms puts copies of operations into the history that nobody executed: some failed, and of others nobody knows.
func phantoms(draw draws, h *checker.History) {
	for range draw(0, 2, "phantoms") {
		o := h.Ops[draw(0, len(h.Ops)-1, "copied")]
		o.Client, o.Slot, o.Out, o.Outcome = uint32(len(h.Ops)), 0, 0, checker.Fail
		o.Return = o.Call + 1
		for has(h, o.Call) || has(h, o.Return) {
			o.Call, o.Return = o.Call+1, o.Return+2
		}
		if draw(0, 2, "failed") > 0 {
			o.Outcome, o.Return = checker.Unknown, checker.Never
		}
		h.Ops = append(h.Ops, o)
	}
	inOrder(h)
}

func has(h *checker.History, event uint64) bool {
	return slices.ContainsFunc(h.Ops, func(o checker.Op) bool { return o.Call == event || o.Return == event })
}

// hint gives operations their places in the log, which may lack those that only read, or lie.
func hint(draw draws, h *checker.History) {
	how := draw(0, 3, "log")
	for i := range h.Ops {
		if o := &h.Ops[i]; how > 0 && (how > 1 || !o.Kind.ReadsOnly()) {
			o.Slot, o.Index = uint64(i/2)+1, uint32(i%2)
		}
	}
	if how == 3 {
		for range draw(1, 3, "lies") {
			o, p := &h.Ops[draw(0, len(h.Ops)-1, "liar")], &h.Ops[draw(0, len(h.Ops)-1, "other")]
			o.Slot, o.Index, p.Slot, p.Index = p.Slot, p.Index, o.Slot, o.Index
		}
	}
}

// With every model, the checker and porcupine agree on random small histories, as executed and spoilt, with operations of unknown outcome that
// happened or did not, with a log, without, and with one that lies. What has no order has a witness that has none either. SIMRUN_HISTORIES says on
// how many.
func TestAgreesWithPorcupine(t *testing.T) {
	count := 204_000
	if testing.Short() {
		count = 6_000
	}
	if s := os.Getenv("SIMRUN_HISTORIES"); s != "" {
		n, err := strconv.Atoi(s)
		require.NoError(t, err)
		count = n
	}
	type seen struct{ good, bad, logs, lengths int }
	answers := make([]seen, len(All()))
	var c checker.Checker
	for n := range count {
		random := rand.New(rand.NewPCG(2, uint64(n)))
		draw := func(low, high int, _ string) int { return low + random.IntN(high-low+1) }
		which := n % len(All())
		m := All()[which]
		h := execution(draw, m, draw(1, 9, "length"))
		hint(draw, h)
		spread(draw, h)
		phantoms(draw, h)
		for range draw(-1, 2, "spoilt") {
			spoil(draw, h)
		}
		require.NoError(t, h.Validate(), "history %d", n)
		model := m.For(h)
		want := byPorcupine(h, model)
		r := c.Check(h, model, checker.Options{})
		require.Equal(t, want, r.Answer == checker.Linearizable || r.Answer == checker.LogDisagrees, "history %d of %s: %v: %v, refused: %v", n, m.Name, h.Ops, r.Reason, r.Refused)
		switch {
		case !want:
			require.Equal(t, checker.NotLinearizable, r.Answer, "history %d of %s: %v", n, m.Name, r.Reason)
			require.NotEmpty(t, r.Reason)
			require.False(t, byPorcupine(r.Shown(), model), "history %d of %s: the witness is linearizable: %v", n, m.Name, r.Witness)
			answers[which].bad++
			answers[which].lengths += len(r.Witness)
		case r.Answer == checker.LogDisagrees:
			answers[which].logs++
		default:
			answers[which].good++
		}
	}
	t.Logf("%d histories of %d models", count, len(All()))
	for i, m := range All() {
		a := answers[i]
		t.Logf("%s: %d linearizable, %d not, %d with a log that disagrees; witnesses of %d operations", m.Name, a.good, a.bad, a.logs, a.lengths/max(a.bad, 1))
		require.Greater(t, a.good, count/len(All())/20, m.Name)
		require.Greater(t, a.bad, count/len(All())/20, m.Name)
		require.Greater(t, a.logs, count/len(All())/200, m.Name)
	}
}
