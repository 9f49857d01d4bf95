package etcdraft

import (
	"testing"

	"github.com/stretchr/testify/require"

	"simrun/checker"
	"simrun/faults"
	"simrun/scenarios"
)

func input(t testing.TB, seed uint64, name string) scenarios.Input {
	t.Helper()
	p, err := faults.FindProfile(name)
	require.NoError(t, err)
	s := Scenario()
	in := scenarios.Input{Seed: seed}
	in.Config, in.Plan = s.Draw(seed, p)
	require.NoError(t, s.Check(in))
	return in
}

// Seeds pass, and each hashes the same when it is run again: in the cluster that ran others before, its memory poisoned, and in a fresh one.
func TestSeedsTwice(t *testing.T) {
	used := Scenario().NewCluster()
	defer used.Close()
	for seed := uint64(1); seed <= 100; seed++ {
		in := input(t, seed, faults.Default)
		first := scenarios.Run(used, in)
		require.Equal(t, checker.Pass, first.Verdict.Kind, "seed %d: %v", seed, first.Verdict)
		used.Poison()
		require.Equal(t, first.Hash, scenarios.Run(used, in).Hash, "seed %d", seed)
		if seed%10 == 0 {
			fresh := Scenario().NewCluster()
			require.Equal(t, first.Hash, scenarios.Run(fresh, in).Hash, "seed %d in a fresh cluster", seed)
			fresh.Close()
		}
	}
}

// The hashes of some seeds, also on 32 bits. They change with whatever changes a run: with the library, the adapter, the testbed.
func TestGolden(t *testing.T) {
	want := map[uint64]string{
		1: "d605919ee1758e62", 2: "46c2ee3fdd9919f5", 3: "fbbce08d1d098e7b", 7: "6fb3cf8fc06e71f8",
	}
	c := Scenario().NewCluster()
	defer c.Close()
	for seed, hash := range want {
		require.Equal(t, hash, scenarios.Run(c, input(t, seed, faults.Default)).Hash.String(), "seed %d", seed)
	}
}

// What must happen for the checks to mean anything happens, in a few hundred seeds: elections, snapshots that are sent, membership changes,
// damaged logs.
func TestReach(t *testing.T) {
	c := Scenario().NewCluster()
	defer c.Close()
	var total scenarios.Stats
	for seed := uint64(1); seed <= 150; seed++ {
		r := scenarios.Run(c, input(t, seed, faults.Storm))
		require.Equal(t, checker.Pass, r.Verdict.Kind, "seed %d: %v", seed, r.Verdict)
		total.Add(r.Stats)
	}
	require.Greater(t, total.Elections, total.Runs)
	require.Greater(t, total.Crashes, total.Runs)
	require.Greater(t, total.Chosen, 20*total.Runs)
	require.Positive(t, total.Struck[faults.BitRot]+total.Struck[faults.SectorError])
}
