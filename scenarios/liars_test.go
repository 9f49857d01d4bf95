package scenarios

import (
	"testing"

	"github.com/stretchr/testify/require"

	"simrun/checker"
	"simrun/faults"
	"simrun/node"
	"simrun/node/multipaxos"
	"simrun/node/paxos"
)

// Where a replica lies, something is violated before long, by each kind of lie alone, and the verdict says what was assumed. A run of the profile
// without lies passes.
func TestLiars(t *testing.T) {
	byzantine := profile(t, faults.Lying)
	few := uint64(600)
	if testing.Short() {
		few = 200
	}
	for s, seeds := range map[*Scenario]uint64{new(kv()): few, new(singleDecree()): 2000} {
		for kind := faults.Equivocate; kind <= faults.Falsify; kind++ {
			violated, told := 0, uint64(0)
			sweep := Sweep{Scenario: *s, Profile: byzantine, Seeds: SeedRange(1, seeds), Jobs: 2, Adjust: func(in *Input) {
				in.Plan.Faults = withoutLies(in.Plan.Faults, kind)
			}}
			require.NoError(t, sweep.Run(t.Context(), func(r Result) bool {
				told += r.Stats.Struck[kind]
				if r.Verdict.Kind == checker.Violated {
					violated++
					require.Contains(t, r.Verdict.Detail, "The broken assumption: replicas fail by stopping and do not lie, and n", "seed %d", r.Seed)
					require.NotZero(t, r.Stats.Struck[kind])
				}
				return true
			}))
			require.Positive(t, told, "%s, %v", s.Name, kind)
			require.Positive(t, violated, "%s, %v", s.Name, kind)
		}
		sweep := Sweep{Scenario: *s, Profile: byzantine, Seeds: SeedRange(1, 100), Jobs: 2, Adjust: func(in *Input) {
			in.Plan.Faults = withoutLies(in.Plan.Faults, 0)
		}}
		require.NoError(t, sweep.Run(t.Context(), func(r Result) bool {
			require.Equal(t, checker.Pass, r.Verdict.Kind, "%v", r.Verdict)
			return true
		}))
	}
}

// Where clocks go farther wrong than replicas are told, a lease may break, and the verdict says what was assumed. It does not say so where clocks keep to
// the bounds, nor of what must hold whatever clocks do.
func TestClocksBeyond(t *testing.T) {
	// The leader is cut off, and the clocks of two replicas, which may be those that granted its lease, jump past the end of that.
	const ms = faults.Millisecond
	s, violated := kv(), 0
	for seed := uint64(1); seed <= 12; seed++ {
		in := Input{Seed: seed}
		in.Config, _ = s.Draw(seed, profile(t, faults.Calm))
		k := &in.Config
		k.Nodes, k.Spares, k.Clients, k.Keys, k.Operations, k.Think, k.Retry, k.ClockJumpMax, k.Horizon = 3, 0, 8, 1, 3000, ms, 20*ms, 0, faults.Second
		for name, v := range map[string]int64{
			"reads": int64(multipaxos.ReadLease), "checkQuorum": 0, "preVote": 0, "perturb": 0, "phase2": 0, "election": 150_000, "heartbeat": 10_000, "window": 16,
		} {
			k.Knobs[name] = v
		}
		jumping := [][]node.ID{{1, 2}, {1, 3}, {2, 3}}[seed%3]
		in.Plan.Faults = []faults.Fault{
			{At: 500 * ms, For: 400 * ms, Kind: faults.Isolate, Role: faults.Leader, Nodes: []node.ID{1}, To: []node.Addr{1, 2, 3}},
			{At: 501 * ms, For: 100 * ms, Kind: faults.ClockStrobe, Nodes: jumping, Delay: faults.Second, Period: 5 * ms},
		}
		require.NoError(t, s.Check(in))
		if v := Run(s.NewCluster(), in).Verdict; v.Kind != checker.Pass {
			require.Equal(t, checker.Violated, v.Kind)
			require.NotEmpty(t, v.Broken)
			require.Contains(t, v.Detail, "The broken assumption: clocks jump and drift no farther than replicas are told, and the clocks of n")
			violated++
		}
	}
	require.Positive(t, violated)

	c := s.NewCluster().(*cluster[multipaxos.Message, *multipaxos.Message])
	in := Input{Seed: 1}
	in.Config, _ = s.Draw(1, profile(t, faults.Calm))
	in.Config.ClockJumpMax, in.Config.ClockDriftMax = 10*faults.Millisecond, 500
	blamed := func(fingerprint string, leased bool, wrong func()) string {
		c.Reset(in)
		c.leased = leased
		wrong()
		v := checker.Verdict{Kind: checker.Violated, Fingerprint: fingerprint}
		c.blame(&v)
		return v.Detail
	}
	jump := func(by faults.Span) func() { return func() { c.JumpClock(1, by) } }
	drift := func(ppm int64) func() {
		return func() { c.SetCondition(2, faults.Condition{Drifting: true, Drift: ppm}) }
	}
	const stale = "linearizability: not linearizable"
	require.Contains(t, blamed(stale, true, jump(in.Config.ClockJumpMax+1)), "the clocks of n1 jumped by more than 10ms;")
	require.Contains(t, blamed(stale, true, drift(-501)), "the clocks of n2 drifted by more than 500 ppm;")
	require.Empty(t, blamed(stale, true, jump(in.Config.ClockJumpMax)))
	require.Empty(t, blamed(stale, true, drift(-500)))
	require.Empty(t, blamed(stale, false, jump(faults.Second)), "nobody relied on a clock")
	require.Empty(t, blamed("promise: vote below a promise", true, jump(faults.Second)))
	require.Empty(t, blamed("liveness: no progress", true, jump(faults.Second)))
}

// withoutLies leaves out lies other than those of one kind.
func withoutLies(list []faults.Fault, but faults.Kind) (kept []faults.Fault) {
	for _, f := range list {
		if f.Kind.Family() != faults.Byzantine || f.Kind == but {
			kept = append(kept, f)
		}
	}
	return kept
}

// What liars do to messages.
func TestLies(t *testing.T) {
	const a, b = faults.Equivocate, faults.Forge
	for _, c := range []struct {
		m, lie multipaxos.Message
		to     node.ID
		kind   faults.Kind
	}{
		{multipaxos.Message{Kind: multipaxos.Accept, Slot: 1, Value: []byte{1}}, multipaxos.Message{Kind: multipaxos.Accept, Slot: 1}, 2, a},
		{multipaxos.Message{Kind: multipaxos.Accept, Slot: 1, Value: []byte{1}}, multipaxos.Message{}, 3, a}, // others hear the truth
		{multipaxos.Message{Kind: multipaxos.Promise, Value: []byte{1}}, multipaxos.Message{Kind: multipaxos.Promise}, 3, b},
		{multipaxos.Message{Kind: multipaxos.Promise}, multipaxos.Message{}, 3, b}, // there is nothing to deny
		{multipaxos.Message{Kind: multipaxos.Chosen, Slot: 4}, multipaxos.Message{Kind: multipaxos.Chosen, Slot: 5}, 3, faults.Falsify},
		{multipaxos.Message{Kind: multipaxos.Alive, Commit: 4}, multipaxos.Message{}, 3, faults.Falsify},
	} {
		m := c.m
		told := lieOnLog(&m, c.to, c.kind)
		require.Equal(t, c.lie.Kind != 0, told)
		if told {
			require.Equal(t, c.lie, m)
		} else {
			require.Equal(t, c.m, m)
		}
	}
	one, two := Proposals{}.Command(nil, Operation{Arg: 1}), Proposals{}.Command(nil, Operation{Arg: 2})
	m := paxos.Message{Kind: paxos.Accept, Ballot: 7, Value: one}
	require.True(t, lieOnDecree(&m, 2, a))
	require.Equal(t, two, m.Value)
	m = paxos.Message{Kind: paxos.Reject, Ballot: 7, Promised: 9}
	require.True(t, lieOnDecree(&m, 2, b))
	require.Equal(t, paxos.Message{Kind: paxos.Promise, Ballot: 7}, m)
}
