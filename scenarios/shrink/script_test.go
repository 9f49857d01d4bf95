package shrink

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"simrun/checker"
	"simrun/faults"
	"simrun/node"
	"simrun/scenarios"
)

// Operations that are written down are the same as they were when they were drawn: who asked whom for what, and when.
func TestCallsAreThoseOfTheRun(t *testing.T) {
	for _, name := range []string{"kv", "single-decree"} {
		s, err := scenarios.Find(name)
		require.NoError(t, err)
		calm, err := faults.FindProfile(faults.Calm)
		require.NoError(t, err)
		for seed := uint64(1); seed <= 5; seed++ {
			in := scenarios.Input{Seed: seed}
			in.Config, in.Plan = s.Draw(seed, calm)
			in.Plan.Faults = nil
			in.Config.Horizon = max(in.Config.Horizon, 100*faults.Millisecond)
			in.Skip = []int{0, 2}
			c := s.NewCluster()
			first := scenarios.Run(c, in)
			drawn := slices.Clone(c.History().Ops)
			sh := &shrinker{scenario: s, best: first}
			calls := sh.calls(in)
			require.NotEmpty(t, calls)
			require.Less(t, len(calls), len(drawn), "the operations of the liveness phase are not in it")

			written := clone(&in)
			written.Config.Script, written.Config.Operations, written.Skip, written.Config.Think = calls, len(calls), nil, 0
			require.NoError(t, s.Check(written))
			require.Equal(t, checker.Pass, scenarios.Run(c, written).Verdict.Kind)
			again := sh.calls(written)
			require.Len(t, again, len(calls))
			byClient := func(list []scenarios.Call) (sorted []scenarios.Call) {
				sorted = slices.Clone(list)
				slices.SortStableFunc(sorted, func(a, b scenarios.Call) int { return int(a.Client) - int(b.Client) })
				for i := range sorted { // a client that still waits begins later
					sorted[i].At = 0
				}
				return sorted
			}
			require.Equal(t, byClient(calls), byClient(again))
			c.Close()
		}
	}
}

func scriptedInput() scenarios.Input {
	in := scenarios.Input{}
	in.Config = scenarios.Config{
		Nodes: 3, Clients: 2, Operations: 3, Horizon: 10 * faults.Second,
		Script: []scenarios.Call{
			{Client: 1, At: 2 * faults.Second, To: 3, Do: "put", Arg: 7}, {Client: 2, At: 5 * faults.Second, To: 2, Do: "get"}, {Client: 1, At: 6 * faults.Second, Do: "get"},
		},
	}
	in.Plan.Faults = []faults.Fault{{At: 3 * faults.Second, Kind: faults.Crash, Nodes: []node.ID{1}}}
	return in
}

// Steps on a script keep it as long as there are operations, and name in it only who is there.
func TestStepsOfAScript(t *testing.T) {
	in := scriptedInput()
	some := keepOperations(&in, []int{0, 2})
	require.Equal(t, []scenarios.Call{in.Config.Script[0], in.Config.Script[2]}, some.Config.Script)
	require.Equal(t, 2, some.Config.Operations)
	none := keepOperations(&in, nil)
	require.Empty(t, none.Config.Script)
	require.Equal(t, []int{0}, none.Skip)
	require.Equal(t, 1, none.Config.Operations)

	fewer := dropClient(&in, 1)
	require.Equal(t, []scenarios.Call{{Client: 1, At: 5 * faults.Second, To: 2, Do: "get"}}, fewer.Config.Script)
	require.Equal(t, 1, fewer.Config.Operations)
	smaller := dropReplica(&in, 2)
	require.Equal(t, []node.ID{2, 0, 0}, []node.ID{smaller.Config.Script[0].To, smaller.Config.Script[1].To, smaller.Config.Script[2].To})
	require.Equal(t, 3, smaller.Config.Operations)
	require.Equal(t, scriptedInput(), in, "what it is taken from stays as it was")
}

// What comes from some time on comes sooner, in its order, and the horizon with it.
func TestSooner(t *testing.T) {
	in := scriptedInput()
	list := sooner(&in)
	require.Len(t, list, 2*5, "two for each pause: before 2 s, 3 s, 5 s, 6 s and the horizon")
	seconds := func(in *scenarios.Input) (at []float64) {
		for _, span := range []faults.Span{in.Config.Script[0].At, in.Plan.Faults[0].At, in.Config.Script[1].At, in.Config.Script[2].At, in.Config.Horizon} {
			at = append(at, float64(span)/float64(faults.Second))
		}
		return at
	}
	require.Equal(t, []float64{0, 1, 3, 4, 8}, seconds(&list[0]))
	require.Equal(t, []float64{1, 2, 4, 5, 9}, seconds(&list[1]))
	require.Equal(t, []float64{2, 3, 3, 4, 8}, seconds(&list[4]))
	require.Equal(t, []float64{2, 3, 5, 6, 8}, seconds(&list[9]))
	require.Equal(t, scriptedInput(), in)
	in.Config.Script = nil
	require.Empty(t, sooner(&in))
}

// Values are numbered from 1 on, and stay different or equal as they were; 0 stays 0.
func TestRenumberValues(t *testing.T) {
	in := scriptedInput()
	k := in.Config.Script
	k[0].Arg, k[1].Arg, k[1].Arg2, k[2].Arg = 40, 38, 40, 0
	out := renumberValues(&in)[0]
	require.Equal(t, []int64{1, 2, 1, 0}, []int64{out.Config.Script[0].Arg, out.Config.Script[1].Arg, out.Config.Script[1].Arg2, out.Config.Script[2].Arg})
	require.EqualValues(t, 40, k[0].Arg, "what it is taken from stays as it was")
	k[2].Arg, k[2].Arg2 = 50, 51
	require.Empty(t, renumberValues(&in), "more values than calls")
	require.Empty(t, renumberValues(&out), "they are numbered so")
}

// Every number of a script can be made calm, and counts until it is.
func TestScriptNumbers(t *testing.T) {
	in := scriptedInput()
	numbers := scriptNumbers(&in)
	require.Len(t, numbers, 2*3)
	for _, n := range append(numbers, scriptValues(&in)...) {
		c := clone(&in)
		v := n.get(&in)
		n.set(&c, 3)
		require.EqualValues(t, 3, n.get(&c))
		require.Equal(t, v, n.get(&in))
	}
	s := counters()
	in.Config.Knobs = map[string]int64{"colour": 3}
	later := clone(&in)
	later.Config.Script[1].At++
	require.Positive(t, sizeOf(s, &later, 3).Compare(sizeOf(s, &in, 3)))
}
