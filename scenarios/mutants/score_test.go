package mutants

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// Searches that found nothing pull a quartile beyond the budget; they are never left out.
func TestQuartiles(t *testing.T) {
	for _, c := range []struct {
		found             []float64
		n                 int
		low, median, high float64
	}{
		{[]float64{30, 10, 20, 50, 40}, 5, 20, 30, 40},
		{[]float64{1, 2, 3, 4}, 4, 1, 2, 3},
		{[]float64{7}, 1, 7, 7, 7},
		{[]float64{10, 20, 30}, 5, 20, 30, Censored},
		{[]float64{10, 20}, 5, 20, Censored, Censored},
		{[]float64{10}, 5, Censored, Censored, Censored},
		{nil, 3, Censored, Censored, Censored},
	} {
		require.Equal(t, Quartiles{c.low, c.median, c.high}, quartiles(c.found, c.n), "%v of %d", c.found, c.n)
	}
}

// Intervals from the tables of Clopper and Pearson.
func TestInterval(t *testing.T) {
	for _, c := range []struct {
		k, n      uint64
		low, high float64
	}{
		{0, 10, 0, 0.3085}, {1, 10, 0.0025, 0.4450}, {5, 10, 0.1871, 0.8129}, {10, 10, 0.6915, 1}, {0, 1000, 0, 0.00368}, {3, 1000, 0.00062, 0.00874},
	} {
		low, high := Interval(c.k, c.n)
		require.InDelta(t, c.low, low, 0.0001, "%d of %d", c.k, c.n)
		require.InDelta(t, c.high, high, 0.0001, "%d of %d", c.k, c.n)
	}
	low, high := Interval(0, 0)
	require.Equal(t, []float64{0, 1}, []float64{low, high})
}

func TestIntervalHoldsTheShare(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.Uint64Range(1, 100_000).Draw(t, "n")
		k := rapid.Uint64Range(0, min(n, 50)).Draw(t, "k")
		low, high := Interval(k, n)
		share := float64(k) / float64(n)
		require.LessOrEqual(t, low, share)
		require.GreaterOrEqual(t, high, share)
	})
}

func board() *Board {
	m := &Mutant{Name: "slip", Family: "ballots", Needs: []string{"crash"}, Expect: []string{"agreement"}}
	trial := func(name, strategy string, found bool, runs uint64, print string) Trial {
		return Trial{Mutant: name, Scenario: "kv", Strategy: strategy, Profile: "default", Budget: 100, Found: found, Runs: runs, Events: 10 * runs, Seconds: 0.5, Fingerprint: print}
	}
	return &Board{
		Tree: "abc", Go: "go1.26", Profile: "default", Budget: 100, Repeat: 3,
		Scores: []Score{
			Sum(nil, false, []Trial{trial(Unchanged, "swarm", false, 100, "")}),
			Sum(m, false, []Trial{
				trial("slip", "swarm", true, 7, "agreement: two values chosen"), trial("slip", "swarm", true, 3, "stated: promise not durable"), trial("slip", "swarm", false, 100, ""),
			}),
			Sum(&Mutant{Name: "easy", Expect: []string{"stated"}}, true, []Trial{trial("easy", "swarm", true, 1, "stated: x")}),
			Sum(m, false, []Trial{trial("slip", "uniform", false, 100, "")}),
		},
	}
}

func TestSum(t *testing.T) {
	s := board().Scores[1]
	require.Equal(t, 2, s.Found)
	require.Equal(t, 1, s.Expected)
	require.EqualValues(t, 110, s.Total)
	require.Equal(t, map[string]int{"agreement": 1, "stated": 1}, s.Checks)
	require.Equal(t, map[string]int{"agreement: two values chosen": 1, "stated: promise not durable": 1}, s.Shapes)
	require.Equal(t, Quartiles{3, 7, Censored}, s.Runs)
	require.Equal(t, Quartiles{30, 70, Censored}, s.Events)
}

// Two digits that count are no power of ten.
func TestTwoDigits(t *testing.T) {
	for v, want := range map[float64]string{0.0069: "0.0069", 0.99: "0.99", 9.96: "10", 48.2: "48", 99.4: "99", 99.6: "100", 100: "100", 12345: "12345"} {
		require.Equal(t, want, twoDigits(v))
	}
	require.Equal(t, "48% to 100%", rate(&Score{Found: 5, Rate: [2]float64{0.478, 1}}))
}

func TestTables(t *testing.T) {
	text := board().Text()
	require.Contains(t, text, "swarm: 2 of 2 bugs found (100%), 1 in every search (50%), half of the 1 that are not trivial within 7 runs; 1 trivial; 0 false alarms in 100 runs of the sources as they are")
	require.Contains(t, text, "uniform: 0 of 1 bugs found (0%), 0 in every search (0%), less than half of the 1")
	require.Contains(t, text, "swarm did not always find slip\n")
	require.Contains(t, text, "uniform did not find slip\n")
	require.Regexp(t, `slip +swarm +2/3 +7 \(3 to >100\) +0.5 +agreement 1, stated 1 +1/2`, text)
	page := board().Markdown("make it")
	require.Contains(t, page, "# How many runs until a bug shows, by strategy\n")
	require.Contains(t, page, "| slip | 7 | >100 |")
	require.Contains(t, page, "| easy | 1 | - |")
	require.Contains(t, page, "| easy (trivial) |")
	require.Contains(t, page, "| none (the sources as they are) | kv | swarm | default | - | 0/1 | >100 | - | - | below 3.6% | - | - |")
}
