package cli

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"simrun/faults"
	"simrun/scenarios"
	"simrun/scenarios/strategies"
)

// The estimate is written as seeds for one new state, or where there are several in a seed, as states for one seed.
func TestEnough(t *testing.T) {
	for _, c := range []struct {
		states func(seed uint64) []uint64 // that a seed shows
		ends   string
	}{
		{func(uint64) []uint64 { return []uint64{1} }, "1 kinds seen, at least 0 not yet"},
		{func(seed uint64) []uint64 { return []uint64{3 * seed, 3*seed + 1, 3*seed + 2} }, "; 3.0 new ones a seed"},
		{func(seed uint64) []uint64 { return []uint64{seed} }, "; a new one every 1.0 seeds"},
		{func(seed uint64) []uint64 { return []uint64{seed / 5 * (seed % 5 / 4)} }, "; a new one every 5.2 seeds"},
	} {
		var s strategies.Species
		for seed := range uint64(100) {
			s.Add(c.states(seed + 1))
		}
		require.True(t, strings.HasSuffix(enough(&s), c.ends), enough(&s))
	}
}

// A kind that never began is not counted; one that began and struck nothing is.
func TestFaultCounts(t *testing.T) {
	stats := scenarios.Stats{}
	stats.Faults[faults.Crash], stats.Struck[faults.Crash] = 2, 1
	stats.Faults[faults.Drop] = 3
	profile, err := faults.FindProfile(faults.Default)
	require.NoError(t, err)
	kv, err := scenarios.Find("kv")
	require.NoError(t, err)
	require.Equal(t, []string{"begun/struck: drop 3/0", "crash 2/1", "by role: the leader 0", "the candidate 0", "the decider 0"}, faultCounts(kv, profile, &stats))
}
