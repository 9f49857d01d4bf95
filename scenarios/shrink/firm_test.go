package shrink

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"simrun/faults"
	"simrun/node"
	"simrun/scenarios"
)

// crashed is a case of the counters in which no message is lost, but a replica that forgets what it heard: it fails if it crashes after the first of four
// operations and before the last.
func crashed(t *testing.T, s scenarios.Scenario) scenarios.Result {
	t.Helper()
	in := failing(t, s, 1, faults.Drop)[0]
	in.Config.Nodes, in.Config.Spares, in.Config.Clients, in.Config.Operations = 2, 0, 1, 4
	in.Config.Think, in.Config.Script = 0, nil
	for i := range 4 {
		in.Config.Script = append(in.Config.Script, scenarios.Call{Client: 1, At: faults.Span(50+10*i) * faults.Millisecond, To: 1, Do: "put", Arg: int64(i + 1)})
	}
	in.Plan.Faults = []faults.Fault{{At: 50_150 * faults.Microsecond, For: faults.Millisecond, Kind: faults.Crash, Nodes: []node.ID{2}}}
	require.NoError(t, s.Check(in))
	c := s.NewCluster()
	defer c.Close()
	r := scenarios.Run(c, in)
	require.True(t, lossFound(r), r.Verdict)
	return r
}

func shrinkerOf(t *testing.T, s scenarios.Scenario, jobs int, best scenarios.Result) *shrinker {
	t.Helper()
	p := newPool(s, jobs, 0)
	t.Cleanup(p.close)
	return &shrinker{
		ctx: context.Background(), scenario: s, pool: p, options: Options{Budget: DefaultBudget}, tried: map[string]bool{},
		first: best.Input, best: best, size: SizeOf(s, &best),
	}
}

// A case that fails by a hair fails by more when it was made firm, with as many faults and operations; whatever the number of workers, it is the same one.
func TestFirm(t *testing.T) {
	s := counters()
	var inputs []string
	for _, jobs := range []int{1, 3} {
		sh := shrinkerOf(t, s, jobs, crashed(t, s))
		before, all := sh.shaken([]scenarios.Result{sh.best})
		require.True(t, all)
		require.Positive(t, before[0], "nothing is to be learned from a case that is firm already")
		size := sh.size
		sh.firm()
		after, _ := sh.shaken([]scenarios.Result{sh.best})
		require.Zero(t, after[0])
		require.Equal(t, size[:planned], sh.size[:planned])
		inputs = append(inputs, sh.best.Input.Hash())

		firm := sh.best
		sh.firm()
		require.Equal(t, firm, sh.best, "what is firm stays as it is")
	}
	require.Equal(t, inputs[0], inputs[1])
}

// What is disturbed differs from what it is made of, is legal, and shares nothing with it.
func TestDisturbed(t *testing.T) {
	s := counters()
	in := crashed(t, s).Input
	sh := &shrinker{scenario: s}
	before := in.Hash()
	seen := map[string]bool{before: true}
	drifts, faultsMoved, callsMoved := 0, 0, 0
	for _, d := range sh.disturbed(&in) {
		require.NoError(t, s.Check(d))
		require.False(t, seen[d.Hash()], "one comes twice, or is no other")
		seen[d.Hash()] = true
		switch {
		case len(d.Plan.Faults) == 2:
			drifts++
		case d.Plan.Faults[0].At != in.Plan.Faults[0].At:
			faultsMoved++
		case d.Config.Script[0].At != in.Config.Script[0].At:
			callsMoved++
		}
		spoil(&d)
		require.Equal(t, before, in.Hash())
	}
	require.Equal(t, []int{4, 4, 4}, []int{drifts, faultsMoved, callsMoved})
}

// Proposals for a firmer case are legal and share nothing with what they are made of.
func TestFirmer(t *testing.T) {
	s := counters()
	sh := shrinkerOf(t, s, 1, crashed(t, s))
	before := sh.best.Input.Hash()
	list := sh.firmer()
	require.Greater(t, len(list), 50)
	for _, in := range list {
		require.NoError(t, s.Check(in))
		require.NotEqual(t, before, in.Hash())
		spoil(&in)
		require.Equal(t, before, sh.best.Input.Hash())
	}
}

// A crash that comes at a time can be tied to the last message that its replica sent by then, or the next one.
func TestAnchored(t *testing.T) {
	s, err := scenarios.Find("kv")
	require.NoError(t, err)
	in := scenarios.Input{Seed: 5}
	weather, err := faults.FindProfile(faults.Calm)
	require.NoError(t, err)
	in.Config, in.Plan = s.Draw(5, weather)
	in.Plan.Faults = []faults.Fault{{At: 400 * faults.Millisecond, For: 5 * faults.Millisecond, Kind: faults.Crash, Nodes: []node.ID{1}}}
	in.Config.Horizon = faults.Second
	require.NoError(t, s.Check(in))
	c := s.NewCluster()
	defer c.Close()
	sh := shrinkerOf(t, s, 1, scenarios.Run(c, in))
	down := func(in scenarios.Input) scenarios.Result { return scenarios.Run(c, in) }
	list := sh.anchored()
	require.NotEmpty(t, list)
	for _, in := range list {
		f := in.Plan.Faults[0]
		require.Equal(t, faults.CrashAt, f.Kind)
		require.Equal(t, 405*faults.Millisecond, f.At+f.For, "it comes back when it did")
		if f.After {
			require.EqualValues(t, 1, down(in).Stats.Crashes, "that message was sent")
		}
	}
}
