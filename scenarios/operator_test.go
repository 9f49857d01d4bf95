package scenarios

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"simrun/faults"
	"simrun/node"
	"simrun/sim"
)

// An operator that wants two things at once takes the answer to one request for nothing but that: leadership counts as handed over when somebody was
// told to stand for election.
func TestOperatorWithTwoGoals(t *testing.T) {
	s, err := Find("kv")
	require.NoError(t, err)
	handed, added := uint64(0), uint64(0)
	for seed := uint64(1); seed <= 20; seed++ {
		in := inputOf(t, s, seed, faults.Calm)
		in.Config.Nodes, in.Config.Spares, in.Config.Knobs["alpha"] = 4, 1, 1
		in.Plan.Faults = []faults.Fault{
			{At: 500 * faults.Millisecond, For: 1500 * faults.Millisecond, Kind: faults.AddMember, Nodes: []node.ID{4}},
			{At: 501 * faults.Millisecond, For: 1500 * faults.Millisecond, Kind: faults.Transfer, Nodes: []node.ID{1, 2}},
		}
		told, r := tracedRun(t, s, in, func(r sim.Record) bool { return r.Kind == sim.Sent && strings.HasPrefix(r.Text, "Stand") })
		require.Empty(t, r.Verdict.Fingerprint)
		require.LessOrEqual(t, r.Stats.Struck[faults.Transfer], uint64(len(told)+1), "seed %d: one of the two may lead already", seed)
		handed += r.Stats.Struck[faults.Transfer]
		added += r.Stats.Struck[faults.AddMember]
	}
	require.Greater(t, added, uint64(15))
	require.Greater(t, handed, uint64(30))
}
