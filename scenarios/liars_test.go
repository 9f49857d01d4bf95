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
