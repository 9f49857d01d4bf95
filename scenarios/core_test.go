package scenarios

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"simrun/checker"
	"simrun/faults"
	"simrun/node"
	"simrun/node/multipaxos"
	"simrun/sim"
)

// A minority out of order for good, in each way there is, does not keep the others from working: only its own state may lag behind.
func TestCore(t *testing.T) {
	for _, kind := range []faults.Kind{faults.Crash, faults.Pause, faults.Isolate, faults.Mute, faults.Deaf} {
		for _, scenario := range []string{"kv", "single-decree"} {
			if kind == faults.Deaf && scenario == "single-decree" {
				continue
			}
			for id := node.ID(1); id <= 3; id++ {
				results, total := sweepOf(t, scenario, faults.Calm, 10, func(in *Input) {
					calmly(faults.Fault{Kind: kind, At: in.Config.Horizon / 3, Stays: true, Nodes: []node.ID{id}})(in)
					in.Config.Recovery = 20 * faults.Second
					if kind == faults.Deaf {
						in.Config.Knobs["checkQuorum"] = 1 // see TestDeafLeader
					}
				})
				for _, r := range results {
					require.Equal(t, checker.Pass, r.Verdict.Kind, "%v of n%d, %s, seed %d: %v", kind, id, scenario, r.Seed, r.Verdict)
				}
				require.Equal(t, total.Runs, total.Sometimes[CoreOnly])
			}
		}
	}
}

// Without a quorum nothing goes on, which is no fault of the protocol: such a plan is refused.
func TestNoCore(t *testing.T) {
	s := kv()
	in := Input{Seed: 1}
	in.Config, _ = s.Draw(1, profile(t, faults.Calm))
	calmly(faults.Fault{Kind: faults.Crash, Stays: true, Nodes: []node.ID{1, 2}})(&in)
	require.EqualError(t, s.Check(in), "plan: faults that stay have 2 replicas, and the group goes on without 1 at most")
	in.Plan.Faults[0].Nodes, in.Plan.Faults[0].For = []node.ID{1}, 5
	require.ErrorContains(t, s.Check(in), `it cannot be one that "stays"`)
	in.Plan.Faults[0] = faults.Fault{Kind: faults.BitRot, Stays: true, Nodes: []node.ID{1}}
	require.ErrorContains(t, s.Check(in), `it cannot be one that "stays"`)
	in.Plan.Faults[0] = faults.Fault{Kind: faults.Crash, At: in.Config.Horizon, Stays: true, Nodes: []node.ID{1}}
	require.EqualError(t, s.Check(in), "plan: fault 1 (crash): it stays, and never begins: at 3s the cluster is healed, and faults begin no more")
}

// Nor is it one if a replica that hears nobody keeps leading, since no other asks that leaders step down: not at first, or from some moment on.
func TestNoDeafLeader(t *testing.T) {
	s := kv()
	in := inputOf(t, s, 1, faults.Calm)
	calmly(faults.Fault{Kind: faults.Deaf, Stays: true, Nodes: []node.ID{1}})(&in)
	in.Config.Knobs["checkQuorum"] = 1
	require.NoError(t, s.Check(in))
	in.Config.Knobs["checkQuorum"] = 0
	require.ErrorContains(t, s.Check(in), "plan: no replica can be deaf for good where")
	in.Config.Knobs["checkQuorum"] = 1
	in.Plan.Faults = append(in.Plan.Faults, faults.Fault{
		Kind: faults.ReconfigureKnobs, At: 1, For: 1, Nodes: []node.ID{1, 2, 3}, Knobs: map[string]int64{"checkQuorum": 0},
	})
	require.ErrorContains(t, s.Check(in), "plan: no replica can be deaf for good where")
	in.Plan.Faults[0].Kind = faults.Mute
	require.NoError(t, s.Check(in))
}

// A leader that hears nobody, and does not step down for that, keeps the others from working, for good: the verdict says who waits for what, and who is out of order.
func TestDeafLeader(t *testing.T) {
	spec := OnLog(newKV)
	spec.Workload = Registers{}
	spec.BearsDeaf = func(*Config) bool { return true } // which is not so
	s := Define(spec)
	stuck, results := 0, make([]Result, 20)
	for i := range results {
		in := inputOf(t, s, uint64(i+1), faults.Calm)
		calmly(faults.Fault{Kind: faults.Deaf, At: 500 * faults.Millisecond, Stays: true, Nodes: []node.ID{3}})(&in)
		in.Config.Knobs["checkQuorum"] = 0
		_, results[i] = tracedRun(t, s, in, func(sim.Record) bool { return false })
	}
	for _, r := range results {
		if r.Verdict.Kind != checker.Pass {
			stuck++
			require.Equal(t, "liveness: no progress", r.Verdict.Fingerprint)
			require.Contains(t, r.Verdict.Detail, "still waits for n")
			require.Contains(t, r.Verdict.Detail, "n3 is out of order for good")
		}
	}
	require.Positive(t, stuck)
	require.Less(t, stuck, len(results), "another replica leads now and then")
}

// Seeds draw plans that leave a core.
func TestStayingIsDrawn(t *testing.T) {
	kinds := map[faults.Kind]int{}
	for seed := range uint64(2000) {
		s := kv()
		c, plan := s.Draw(seed, profile(t, faults.Default))
		require.LessOrEqual(t, len(plan.Outsiders()), c.Nodes/2)
		for _, f := range plan.Faults {
			if f.Stays {
				kinds[f.Kind]++
			}
			if f.Stays && f.Kind == faults.Deaf {
				require.Equal(t, int64(1), c.Knob("checkQuorum"))
				require.False(t, slices.ContainsFunc(plan.Faults, func(f faults.Fault) bool { return f.Kind == faults.ReconfigureKnobs }), "it could be switched off")
			}
		}
	}
	require.Len(t, kinds, 5)
}

// Seeds aim at whoever leads by way of a knob: a Spec whose knob is not there, or the same for all, is wrong, and says so at once.
func TestLeadsNamesAKnob(t *testing.T) {
	for _, name := range []string{"elections", "alpha"} {
		spec := OnLog(newKV)
		spec.Name, spec.Workload, spec.Leads = "wrong", Registers{}, name
		require.PanicsWithValue(t, `scenarios: the Spec of wrong says that "`+name+`" is how long a leader's silence is borne, and has no knob of that name that is Local`, func() { Define(spec) })
	}
}

// The healed cluster is at rest when the ballot and the only leader stayed the same between two looks; between ten where somebody may come back.
func TestRest(t *testing.T) {
	spec := OnLog(newKV)
	spec.Workload = Registers{}
	c := newCluster(&spec).(*cluster[multipaxos.Message, *multipaxos.Message])
	in := inputOf(t, kv(), 1, faults.Calm)
	c.Reset(in)
	require.False(t, c.settledDown(), "one look is not enough")
	require.True(t, c.settledDown(), "a protocol without leaders")
	c.stats.Elections = 1
	require.False(t, c.settledDown(), "nobody leads")
	c.roles.leads(1, 7)
	require.False(t, c.settledDown(), "the leader is new")
	require.True(t, c.settledDown())
	c.roles.leads(2, 8)
	require.False(t, c.settledDown(), "two lead")
	c.rest = c.quiet
	require.Equal(t, []string{"n1 n2 all take themselves for the leader", "the highest ballot is 0.8, and does not stay the same"}, c.unrest())
	c.rest = c.regard(c.rest)
	require.Equal(t, []string{"n1 n2 all take themselves for the leader"}, c.unrest(), "it stays the same")
	c.roles.leads(2, 0)
	c.roles.leads(3, 8)
	c.roles.leads(1, 0)
	c.rest = c.regard(c.rest)
	require.Equal(t, []string{"who leads does not stay the same"}, c.unrest())
	c.roles.leads(3, 0)
	c.roles.leads(1, 7)
	c.plan.Faults = []faults.Fault{{Kind: faults.Crash, Stays: true, Nodes: []node.ID{3}}}
	require.False(t, c.settledDown())
	for range quietLooks - 2 {
		require.False(t, c.settledDown())
	}
	require.True(t, c.settledDown())
}

// A cluster that is done with everything only at the last look need not be looked at again, if it was at rest before: a client that asks once waits for what was lost
// until its patience is over.
func TestRestAtTheEnd(t *testing.T) {
	spec := OnLog(newKV)
	spec.Workload, spec.SendOnce = Registers{}, true
	s, late := Define(spec), 0
	for seed := range uint64(20) {
		in := Input{Seed: seed}
		in.Config, _ = s.Draw(seed, profile(t, faults.Calm))
		calmly(faults.Fault{Kind: faults.Drop, At: in.Config.Horizon / 2, Rate: 1_000_000, From: []node.Addr{node.Client(1).Addr()}})(&in)
		in.Config.Patience, in.Config.Recovery = faults.Second, 10*faults.Second
		require.NoError(t, s.Check(in))
		c := s.NewCluster()
		r := Run(c, in)
		require.Equal(t, checker.Pass, r.Verdict.Kind, r.Verdict.Detail)
		took := faults.Span(r.Stats.Simulated) - in.Config.Horizon
		if took < 4*faults.Span(restPeriod) {
			continue
		}
		late++
		in.Config.Recovery = took - faults.Span(restPeriod)
		r = Run(c, in)
		require.Equal(t, checker.Pass, r.Verdict.Kind, "seed %d, which was done with all when it had been healed for %v: %s", seed, in.Config.Recovery, r.Verdict.Detail)
	}
	require.Positive(t, late)
}
