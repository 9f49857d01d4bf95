package shrink

import (
	"testing"

	"github.com/stretchr/testify/require"

	"simrun/faults"
	"simrun/node"
	"simrun/scenarios"
)

// What a fault did becomes exceptions that an input may have, also where it struck the operator's messages.
func TestStrikesOnTheOperator(t *testing.T) {
	const ms = faults.Millisecond
	s, err := scenarios.Find("kv")
	require.NoError(t, err)
	calm, err := faults.FindProfile(faults.Calm)
	require.NoError(t, err)
	in := scenarios.Input{Seed: 3}
	in.Config, _ = s.Draw(3, calm)
	in.Config.Nodes, in.Config.Spares, in.Config.Knobs["alpha"] = 4, 1, 1
	in.Plan.Faults = []faults.Fault{
		{At: 400 * ms, For: 800 * ms, Kind: faults.Drop, Rate: 500_000},
		{At: 500 * ms, For: 800 * ms, Kind: faults.AddMember, Nodes: []node.ID{4}},
	}
	require.NoError(t, s.Check(in))
	shrinker := shrinkerOf(t, s, 1, scenarios.Run(s.NewCluster(), in))

	operators := 0
	shrinker.struck(in, func(_ faults.Span, e scenarios.Exception) {
		if e.From == node.Client(in.Config.Clients+1).Addr() {
			operators++
		}
	})
	require.Positive(t, operators, "the fault must strike the operator, too")
	with := in
	with.Fates = shrinker.strikes(in, &in.Plan.Faults[0])
	require.NotEmpty(t, with.Fates)
	require.NoError(t, s.Check(with))
}
