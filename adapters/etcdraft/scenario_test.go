package etcdraft

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"simrun/checker"
	"simrun/faults"
	"simrun/node"
	"simrun/node/fact"
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
	c := Scenario().NewCluster()
	defer c.Close()
	for _, g := range []struct {
		profile string
		seed    uint64
		hash    string
	}{
		{faults.Default, 1, "cae789bb119b4d85"},
		{faults.Default, 2, "996c7d1ae892ab51"},
		{faults.Default, 3, "2de1bfb93609c2a0"},
		{faults.Default, 7, "23ba197eb0b8a3ad"},
		{faults.Storm, 1, "1230ce6260a77cdd"},
		{faults.Processes, 463, "f447026335ca9445"},
		{faults.Disks, 1, "11044d9156d1b02d"},
	} {
		assert.Equal(t, g.hash, scenarios.Run(c, input(t, g.seed, g.profile)).Hash.String(), "profile %s, seed %d", g.profile, g.seed)
	}
}

// counting is an observer that counts what is rare.
type counting struct {
	Observer
	started                     [MaxNodes + 1]bool // and has not said anything yet
	boots, recovered, installed int
}

func (o *counting) Started(id node.ID) {
	o.boots++
	o.started[id] = true
	o.Observer.Started(id)
}

func (o *counting) Observed(id node.ID, f fact.Fact) {
	if f.Kind == fact.Snapshot {
		if o.started[id] {
			o.recovered++
		} else {
			o.installed++
		}
	}
	o.started[id] = false
	o.Observer.Observed(id, f)
}

// What must happen for the checks to mean anything happens, in a few hundred seeds: elections, snapshots that are sent, membership changes,
// replicas that fall silent, faults that find their victims by role.
func TestReach(t *testing.T) {
	o, changes := &counting{}, uint64(0)
	replicas := map[node.ID]*Node{}
	s := spec()
	s.Observer = func() scenarios.Observer { return o }
	s.Replica = func(id node.ID, c *scenarios.Config) node.Node[Message] {
		n := New(configOf(id, c))
		replicas[id] = n
		return n
	}
	c := scenarios.Define(s).NewCluster()
	defer c.Close()
	var total scenarios.Stats
	for seed := uint64(1); seed <= 150; seed++ {
		r := scenarios.Run(c, input(t, seed, faults.Storm))
		require.Equal(t, checker.Pass, r.Verdict.Kind, "seed %d: %v", seed, r.Verdict)
		total.Add(r.Stats)
		changes += replicas[1].changes
		clear(replicas)
	}
	require.Greater(t, total.Elections, total.Runs)
	require.Greater(t, total.Crashes, total.Runs)
	require.Greater(t, total.Chosen, 20*total.Runs)
	require.Positive(t, total.Struck[faults.BitRot]+total.Struck[faults.SectorError])
	for role, n := range total.Roles[faults.Leader:] {
		require.Positive(t, n, "role %d", role)
	}
	require.Greater(t, changes, total.Runs/2, "membership changes")
	require.Greater(t, o.installed, 20, "snapshots that came from a leader")
	require.Greater(t, o.boots-o.recovered, 10, "replicas that fell silent")
}
