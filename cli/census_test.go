package cli

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"simrun/checker"
	"simrun/faults"
	"simrun/scenarios"
)

// The tables have a row for each kind of fault, each role and each state, and what never happened in a large sweep ends the command with status 3.
func TestCensusCommand(t *testing.T) {
	got := command(t, "census", "--count", "20")
	require.Equal(t, exitPass, got.status, got.err)
	require.Equal(t, exitUnproved, command(t, "census", "--count", "1").status, "one seed is too few for every kind of fault")
	for k := faults.Kind(1); k < faults.NumKinds; k++ {
		require.Contains(t, got.out, "| "+k.Family()+" | "+k.String()+" | ")
	}
	for s := range scenarios.NumSometimes {
		require.Contains(t, got.out, "| "+s.String()+" | ")
	}
	require.Equal(t, got.out, command(t, "census", "--count", "20", "--jobs", "1").out)
	require.Equal(t, exitUsage, command(t, "census", "--count", "0").status)
}

// Runs that do not pass, and more than one in a hundred that prove nothing, count against a sweep, but not against one with liars.
func TestCensusVerdicts(t *testing.T) {
	var sink strings.Builder
	out := &term{out: &sink, err: &sink}
	of := func(profile string, passed, vacuous, violated uint64) int {
		p, err := faults.FindProfile(profile)
		require.NoError(t, err)
		c := &counted{profile: p, total: scenarios.Stats{Runs: passed + vacuous + violated}}
		c.verdicts[checker.Pass], c.verdicts[checker.Vacuous], c.verdicts[checker.Violated] = passed, vacuous, violated
		return verdictTable(out, []*counted{c})
	}
	require.Zero(t, of(faults.Default, 99, 1, 0))
	require.Equal(t, 1, of(faults.Default, 98, 2, 0))
	require.Equal(t, 1, of(faults.Default, 999, 0, 1))
	require.Zero(t, of(faults.Lying, 50, 0, 50))
}
