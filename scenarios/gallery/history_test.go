package gallery

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"simrun/checker"
	"simrun/checker/format"
	"simrun/checker/models"
	"simrun/faults"
	"simrun/scenarios"
	"simrun/scenarios/timeline"
)

// What clients saw in a run of any scenario is written, read and checked as "simrun check" does it: it is the history of the run, operation for operation, and is judged as the
// run judged it. Contrasts, and answers that are spoiled, give histories that no order explains.
func TestHistoriesAreChecked(t *testing.T) {
	profile, err := faults.FindProfile(faults.Default)
	require.NoError(t, err)
	answers := map[checker.Answer]int{}
	spoiled := 0
	for _, s := range scenarios.All() {
		for seed := range uint64(4) {
			in := scenarios.Input{Seed: seed}
			in.Config, in.Plan = s.Draw(seed, profile)
			in.Config.Operations = min(in.Config.Operations, 60)
			run, err := scenarios.Collect(t.Context(), s, in, scenarios.CollectOptions{MaxRecords: 50})
			require.NoError(t, err)
			got := checked(t, &run.Timeline)
			answers[got]++
			switch {
			case run.Verdict.Kind == checker.Pass:
				require.Equal(t, checker.Linearizable, got, "%s, seed %d", s.Name, seed)
			case strings.HasPrefix(run.Verdict.Fingerprint, "linearizability: "):
				require.Equal(t, checker.NotLinearizable, got, "%s, seed %d", s.Name, seed)
			}
			if spoil(&run.Timeline.History) && checked(t, &run.Timeline) == checker.NotLinearizable {
				spoiled++
			}
		}
	}
	t.Logf("%v, and %d of those spoiled are not linearizable", answers, spoiled)
	require.NotZero(t, answers[checker.NotLinearizable])
	require.Greater(t, spoiled, 2*len(scenarios.All()))
}

// few is a budget: some of what is spoiled is not decided before long, and then neither way.
var few = checker.Options{Budget: 5_000}

// checked writes what clients saw, reads it, and returns the answer, which is that of the history itself.
func checked(t *testing.T, x *timeline.Timeline) checker.Answer {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, timeline.WriteHistory(&b, x))
	text := b.String()
	r, err := format.Read(t.Context(), &b, format.Options{})
	require.NoError(t, err, text)
	require.Equal(t, format.JSON, r.Format)
	m, err := models.Find(r.Model)
	require.NoError(t, err)
	i, err := m.Refuses(&r.History)
	require.NoError(t, err, "operation %d", i)
	require.Equal(t, known(&x.History), known(&r.History))
	scenario, err := scenarios.Find(x.Scenario)
	require.NoError(t, err)
	require.Equal(t, scenario.NewCluster().Model(), r.Model)
	var c checker.Checker
	want := c.Check(&x.History, m.For(&x.History), few)
	wanted := slices.Clone(want.Witness)
	got := c.Check(&r.History, m.For(&r.History), few)
	require.Equal(t, want.Answer, got.Answer, "%s: %s", x.Scenario, got.Reason)
	require.Equal(t, len(wanted), len(got.Witness))
	return got.Answer
}

// plain is an operation with what is known of it.
type plain struct {
	checker.Op
	in, out []int64
}

// known returns what is known of operations: whether one is open or its outcome unknown is all the same.
func known(h *checker.History) (list []plain) {
	for _, o := range h.Ops {
		p := plain{Op: o}
		if o.Ext > 0 { // what an operation is made from does not matter then
			p.Key, p.Arg, p.Arg2 = 0, 0, 0
			p.in, p.out = h.Ext[o.Ext-1].In, append([]int64{}, h.Ext[o.Ext-1].Out...)
		}
		p.Ext = 0
		switch {
		case o.Outcome == checker.Open:
			p.Outcome = checker.Unknown
		case o.Kind == checker.Put || o.Kind == checker.Add:
			p.Out = 0
		}
		list = append(list, p)
	}
	return list
}

// spoil changes the last answer of a history that says something, and tells whether there is one.
func spoil(h *checker.History) bool {
	for i := len(h.Ops) - 1; i >= 0; i-- {
		switch o := &h.Ops[i]; {
		case o.Outcome != checker.OK:
		case o.Kind == checker.Get || o.Kind == checker.Propose || o.Kind == checker.Total:
			o.Out += 1 << 40
			return true
		case o.Kind == checker.Txn && len(h.Ext[o.Ext-1].Out) > 0:
			h.Ext[o.Ext-1].Out[0] += 1 << 40
			return true
		}
	}
	return false
}
