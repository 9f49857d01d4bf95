package faults

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"simrun/sim/stream"
)

// Groups that keep a leader are met by every gambit, in plans that they can suffer. Others see none, and their plans are as they were.
func TestGambits(t *testing.T) {
	leads := five
	leads.Leads = "batch"
	more := 0
	for seed := range uint64(500) {
		with, without := draw(t, seed, leads), draw(t, seed, five)
		require.NoError(t, with.Validate(leads), "seed %d", seed)
		if slices.ContainsFunc(with.Faults, func(f Fault) bool { return f.Stays }) { // whether faults may stay depends on the others
			continue
		}
		for _, f := range without.Faults {
			require.True(t, f.Stays || slices.ContainsFunc(with.Faults, func(g Fault) bool { return g.Describe(nil) == f.Describe(nil) }), "seed %d: %s", seed, f.Describe(nil))
		}
		if len(with.Faults) > len(without.Faults) {
			more++
		}
	}
	require.Greater(t, more, 200)
	for i := range gambits {
		s, longest := stream.New(1, "gambit", 0), 0
		for range 2000 {
			list := gambits[i].draw(nil, &s, &leads, Second)
			require.NotEmpty(t, list, gambits[i].name)
			for _, f := range list {
				require.Contains(t, gambits[i].of, f.Kind, gambits[i].name)
			}
			longest = max(longest, len(list))
		}
		require.Equal(t, gambits[i].size, longest, gambits[i].name)
	}
}
