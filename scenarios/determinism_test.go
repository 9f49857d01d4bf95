package scenarios

import (
	"context"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"simrun/checker"
	"simrun/faults"
	"simrun/sim"
	"simrun/sim/stream"
)

// hashes runs the seeds 1 to n of every scenario and returns their trace hashes.
func hashes(t testing.TB, n uint64, jobs int) []string {
	t.Helper()
	var out []string
	for _, s := range All() {
		sweep := Sweep{Scenario: s, Profile: profile(t, faults.Default), Seeds: SeedRange(1, n), Jobs: jobs}
		require.NoError(t, sweep.Run(context.Background(), func(r Result) bool {
			require.Equal(t, checker.Pass, r.Verdict.Kind, "%s seed %d: %v", s.Name, r.Seed, r.Verdict)
			out = append(out, s.Name+" "+r.Hash.String())
			return true
		}))
	}
	return out
}

func TestHashDoesNotDependOnWorkers(t *testing.T) {
	require.Equal(t, hashes(t, 60, 1), hashes(t, 60, 3))
}

// TestHashInAnotherProcess runs the same seeds in a process of its own, which also has another map hash seed and other
// addresses.
func TestHashInAnotherProcess(t *testing.T) {
	const ask = "SIMRUN_PRINT_HASHES"
	if os.Getenv(ask) != "" {
		t.Log("\n" + strings.Join(hashes(t, 30, 2), "\n"))
		return
	}
	c := exec.Command(os.Args[0], "-test.run=^TestHashInAnotherProcess$", "-test.v")
	c.Env = append(os.Environ(), ask+"=1")
	out, err := c.CombinedOutput()
	require.NoError(t, err, "%s", out)
	require.Contains(t, string(out), hashes(t, 1, 1)[0])
	for _, h := range hashes(t, 30, 2) {
		require.Contains(t, string(out), h)
	}
}

// A seed hashes the same in a fresh cluster and in one that ran a hundred other seeds before, in shuffled order, its
// memory poisoned.
func TestHashInAReusedCluster(t *testing.T) {
	for _, s := range All() {
		t.Run(s.Name, func(t *testing.T) {
			const n = 100
			input := func(seed uint64) Input {
				c, p := s.Draw(seed, profile(t, faults.Default))
				return Input{Seed: seed, Config: c, Plan: p}
			}
			fresh := map[uint64]Result{}
			for seed := range uint64(n) {
				fresh[seed] = Run(s.NewCluster(), input(seed))
			}
			require.Greater(t, len(fresh), 1)
			order := make([]uint64, 0, 2*n)
			for seed := range uint64(n) {
				order = append(order, seed, seed)
			}
			r := stream.New(1, "order", 0)
			for i := len(order) - 1; i > 0; i-- {
				j := r.N(uint64(i) + 1)
				order[i], order[j] = order[j], order[i]
			}
			c := s.NewCluster()
			for _, seed := range order {
				again := Run(c, input(seed))
				require.Equal(t, fresh[seed].Hash, again.Hash, "seed %d", seed)
				require.Equal(t, fresh[seed].Stats, again.Stats, "seed %d", seed)
				require.Equal(t, fresh[seed].Verdict, again.Verdict, "seed %d", seed)
				c.Poison()
			}
		})
	}
}

// The hash sees what happens: another seed, fault or value gives another one. Tracing gives the same.
func TestHashSees(t *testing.T) {
	s, err := Find("kv")
	require.NoError(t, err)
	var in Input
	in.Seed = 5
	in.Config, in.Plan = s.Draw(in.Seed, profile(t, faults.Default))
	require.NotEmpty(t, in.Plan.Faults)
	was := Run(s.NewCluster(), in).Hash

	other := in
	other.Seed = 6
	require.NotEqual(t, was, Run(s.NewCluster(), other).Hash)
	other = in
	other.Plan.Faults = in.Plan.Faults[1:]
	require.NotEqual(t, was, Run(s.NewCluster(), other).Hash)
	other = in
	other.Config.SyncMin++
	require.NotEqual(t, was, Run(s.NewCluster(), other).Hash)

	c := s.NewCluster()
	c.Reset(in)
	records := 0
	c.Trace(func(sim.Record) { records++ })
	for done, until := false, uint64(0); !done; until += 100 {
		_, done = c.Run(until)
	}
	require.Equal(t, was, c.Hash())
	require.Positive(t, records)
}
