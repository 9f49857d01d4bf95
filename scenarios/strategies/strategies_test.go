package strategies

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"simrun/faults"
	"simrun/scenarios"
)

func find(t require.TestingT, name string) (scenarios.Scenario, faults.Profile) {
	s, err := scenarios.Find(name)
	require.NoError(t, err)
	p, err := faults.FindProfile(faults.Default)
	require.NoError(t, err)
	return s, p
}

// Every strategy makes inputs that can be run.
func TestInputsCanBeRun(t *testing.T) {
	for _, name := range Names() {
		t.Run(name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				s, p := find(t, rapid.SampledFrom([]string{"kv", "single-decree"}).Draw(t, "scenario"))
				strategy, err := New(name, s, p)
				require.NoError(t, err)
				seed := rapid.Uint64Range(0, 1<<63).Draw(t, "seed")
				for i := range uint64(40) {
					require.NoError(t, s.Check(strategy.Next(seed+i)))
				}
			})
		})
	}
}

// What a search comes to does not depend on the number of workers.
func TestSearchDoesNotDependOnJobs(t *testing.T) {
	s, p := find(t, "single-decree")
	for _, name := range Names() {
		var outcomes []Outcome
		for _, jobs := range []int{1, 3} {
			o, err := Search{Scenario: s, Strategy: name, Profile: p, First: 5, Budget: 200, Jobs: jobs}.Run(t.Context())
			require.NoError(t, err)
			require.False(t, o.Found)
			require.EqualValues(t, 200, o.Runs)
			outcomes = append(outcomes, o)
		}
		require.Equal(t, outcomes[0], outcomes[1], name)
		require.Greater(t, outcomes[0].Species.Distinct(), uint64(20), name)
	}
}

// Strategies differ: none makes the inputs of another.
func TestStrategiesDiffer(t *testing.T) {
	s, p := find(t, "single-decree")
	events := map[uint64]string{}
	for _, name := range Names() {
		o, err := Search{Scenario: s, Strategy: name, Profile: p, First: 1, Budget: 130, Jobs: 1}.Run(t.Context())
		require.NoError(t, err)
		require.Empty(t, events[o.Events], name)
		events[o.Events] = name
	}
}

// The swarm runs what the seed draws, so that what it finds is found again by "simrun replay --seed".
func TestSwarmIsTheSeeds(t *testing.T) {
	s, p := find(t, "kv")
	strategy, err := New(Swarm, s, p)
	require.NoError(t, err)
	in := strategy.Next(1234)
	c, plan := s.Draw(1234, p)
	require.Equal(t, scenarios.Input{Seed: 1234, Config: c, Plan: plan}, in)
}

func TestUniformHasEveryKind(t *testing.T) {
	s, p := find(t, "kv")
	strategy, err := New("uniform", s, p)
	require.NoError(t, err)
	for seed := range uint64(20) {
		kinds := map[faults.Kind]bool{}
		for _, f := range strategy.Next(seed).Plan.Faults {
			kinds[f.Kind] = true
		}
		require.GreaterOrEqual(t, len(kinds), int(faults.Crash), "seed %d", seed)
	}
}

func TestUnknownStrategy(t *testing.T) {
	s, p := find(t, "kv")
	_, err := New("luck", s, p)
	require.ErrorContains(t, err, "there are uniform, swarm, priority")
}

func TestInterruptedSearch(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	s, p := find(t, "single-decree")
	_, err := Search{Scenario: s, Strategy: Swarm, Profile: p, Budget: 1000, Jobs: 1}.Run(ctx)
	require.ErrorIs(t, err, context.Canceled)
}

// Three runs: a is in all, b in two, c and d in one each.
func TestSpecies(t *testing.T) {
	const a, b, c, d = 1, 2, 3, 4
	var s Species
	require.Equal(t, 0, s.Add(nil))
	s = Species{}
	require.Equal(t, 2, s.Add([]uint64{a, b}))
	require.Equal(t, 1, s.Add([]uint64{a, b, c}))
	require.Equal(t, 1, s.Add([]uint64{d, a}))
	require.EqualValues(t, 4, s.Distinct())
	require.EqualValues(t, 2, s.Once())
	require.EqualValues(t, 666_666, s.Discovery(), "two in three runs")
	require.EqualValues(t, 714_286, s.Coverage(), "five of seven")
	require.EqualValues(t, 2, s.Missing(), "2*2/(2*1)")
}

// The estimate of what the next run shows is right on average: it is compared with what it does show.
func TestDiscoveryFits(t *testing.T) {
	s, p := find(t, "single-decree")
	strategy, err := New(Swarm, s, p)
	require.NoError(t, err)
	c := s.NewCluster()
	defer c.Close()
	var seen Species
	run := func(seed uint64) int { return seen.Add(scenarios.Run(c, strategy.Next(seed)).States) }
	for seed := range uint64(1000) {
		run(seed)
	}
	expected, shown := float64(seen.Discovery())/1e6*300, 0
	for seed := range uint64(300) {
		shown += run(1000 + seed)
	}
	require.Greater(t, shown, 0)
	require.InEpsilon(t, expected, float64(shown), 0.35)
}
