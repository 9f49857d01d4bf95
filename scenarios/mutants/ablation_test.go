package mutants

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

// searches returns a score of so many searches, the found ones of which took that many runs each.
func searches(name, without string, n int, budget uint64, runs ...uint64) Score {
	var trials []Trial
	for i := range n {
		t := Trial{Mutant: name, Strategy: "swarm", Profile: "default", Budget: budget, Runs: budget}
		if i < len(runs) {
			t.Found, t.Runs, t.Fingerprint = true, runs[i], "liveness: no rest"
		}
		trials = append(trials, t)
	}
	s := Sum(&Mutant{Name: name, Expect: []string{"liveness"}}, false, trials)
	s.Without = without
	return s
}

// The budget without a family is a multiple of the median with all, and never more than the whole one.
func TestCutBudget(t *testing.T) {
	for _, c := range []struct {
		whole Score
		cut   uint64
		ok    bool
	}{
		{searches("a", "", 3, 1000, 3, 5, 9), 100, true},
		{searches("a", "", 3, 1000, 300, 500, 900), 1000, true},
		{searches("a", "", 3, 1000, 300), 0, false},
	} {
		cut, ok := CutBudget(&c.whole)
		require.Equal(t, c.ok, ok)
		require.Equal(t, c.cut, cut)
	}
}

// A family without which a bug is not found in twenty times as many runs is needed; one without which the median doubles by five finds against five is
// maybe; one without which all stays as it was is redundant.
func TestFamilies(t *testing.T) {
	b := board()
	b.Scores = []Score{searches("a", "", 5, 1000, 8, 9, 10, 11, 12), searches("b", "", 5, 1000, 10, 10, 10, 10, 10), searches("lost", "", 5, 1000, 7)}
	b.Ablated = []Score{
		searches("a", "disks", 5, 200), searches("b", "disks", 5, 200, 4, 5, 5, 7, 8),
		searches("a", "load", 5, 200, 8, 9, 25, 26, 27), searches("b", "load", 5, 200, 10, 10, 10, 10, 10),
		searches("a", "clocks", 5, 200, 12, 12, 12, 12, 12), searches("b", "clocks", 5, 200, 10, 10, 10, 10, 10),
	}
	list := b.Families()
	require.Len(t, list, 3)
	require.Equal(t, "needed", list[0].verdict())
	require.Equal(t, []string{"a"}, list[0].Surely)
	require.Equal(t, 1, list[0].Halved)
	require.Equal(t, []string{"a"}, list[1].Doubled)
	require.Contains(t, list[1].verdict(), "maybe redundant")
	require.Contains(t, list[2].verdict(), "redundant: no bug")
	page := b.Markdown("make it")
	require.Contains(t, page, "| disks | swarm | 2 | 1 | 1 | 1 | a >20 | needed |")
	require.Contains(t, page, "| a | swarm | **>20** | 2.5 | 1.2 |")
	require.NotContains(t, page, "| lost | swarm | -")
	require.Contains(t, b.Text(), "swarm without disks: 1 of 2 bugs take twice as many runs, 1 of them not by chance: needed")
}

// With the same share of finds the chance is large, with none of many it is small.
func TestChance(t *testing.T) {
	whole := searches("a", "", 5, 1000, 10, 10, 10, 10, 10)
	same, none := searches("a", "x", 5, 1000, 10, 10, 10, 10, 10), searches("a", "x", 5, 200)
	require.Greater(t, Chance(&whole, &same), 0.5)
	require.InDelta(t, math.Pow(50.0/1050, 5), Chance(&whole, &none), 1e-9) // all five finds are among the first 50 of 1050 runs
}

// Each check is told with the bugs on which it was the first; what fired and is in no list is told too.
func TestFirings(t *testing.T) {
	b := board()
	b.Checks = []Check{{Name: "agreement"}, {Name: "liveness: no rest"}, {Name: "liveness: no progress"}, {Name: "checker", Guard: true}}
	b.Scores = append(b.Scores, searches("slow", "", 3, 100, 1, 2))
	list := b.Firings()
	require.Len(t, list, 6)
	require.Equal(t, map[string]int{"slip": 1}, list[0].Mutants)
	require.Empty(t, list[0].Alone)
	require.Equal(t, []string{"slow"}, list[1].Alone)
	require.Empty(t, list[2].Mutants)
	require.Equal(t, "stated: promise not durable", list[4].Name)
	require.Contains(t, b.Text(), "4 of 5 checks fired first on some bug; not liveness: no progress\n")
	page := b.Markdown("make it")
	require.Contains(t, page, "| liveness: no rest |  | 1 | 1 | slow 2 |")
	require.Contains(t, page, "| liveness: no progress |  | 0 | 0 | none: redundant, as far as these bugs tell |")
	require.Contains(t, page, "none: it guards the testbed itself")
}
