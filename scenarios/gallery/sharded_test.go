package gallery

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"simrun/checker"
	"simrun/faults"
	"simrun/node"
	"simrun/scenarios"
)

// The next leader finishes what the crashed one began. Who wants a locked key waits for that, and who wants another does not.
func TestCoordinatorCrashes(t *testing.T) {
	c := told(t, "two-phase-commit")
	require.Equal(t, []string{
		"c1 txn put k0 1 = -", "c1 txn put k1 1 = -",
		"c1 txn get k0, get k1, put k0 2, put k1 2 = 1 1", "c2 txn get k1 = 2", "c3 txn put k3 3 = -",
		"c2 txn get k0, get k1, get k2, get k3 = 2 2 0 3",
	}, seen(c)[:6])
	crashed, elected := int64(0), int64(0)
	for _, r := range c.Timeline.Records {
		switch {
		case r.Kind == "crash" && r.Who == "n1":
			crashed = r.At
		case r.Name == "leading" && r.Who == "n3" && crashed > 0:
			elected = r.At
		}
	}
	require.True(t, 0 < crashed && crashed < elected, "n1 crashes, and then n3 leads")
	ops := c.Timeline.Ops
	require.Greater(t, ops[2].ReturnAt, elected, "the transaction is finished by the next leader")
	require.Greater(t, ops[3].ReturnAt, ops[2].ReturnAt, "who wants k1 waits for it")
	require.Less(t, ops[4].ReturnAt, elected, "who wants k3 does not")
}

// Wherever in the course of the transaction the leader of the coordinator or of the participant crashes, before or after any event on its host, and whether it comes back soon or
// only when all is over: the transaction is done by both groups or by neither, its client is told so, and nothing stays locked.
func TestCrashAtEveryStep(t *testing.T) {
	undisturbed := run(t, "two-phase-commit", func(in *scenarios.Input) { in.Plan = faults.Plan{} })
	began := undisturbed.Timeline.Ops[2].CallAt
	steps := map[string][]int64{}
	for _, r := range undisturbed.Timeline.Records {
		if at := steps[r.Who]; r.At >= began && r.At < began+18*int64(ms) && (len(at) == 0 || at[len(at)-1] != r.At) {
			steps[r.Who] = append(at, r.At)
		}
	}
	runs, finished := 0, 0
	for _, crash := range []node.ID{1, 4} {
		times := steps[crash.Addr().String()]
		require.Greater(t, len(times), 8, "%v", times)
		for i, at := range times {
			for _, after := range []faults.Span{0, us} {
				for _, back := range []faults.Span{60 * ms, 0} {
					if testing.Short() && i%3 != 0 {
						continue
					}
					what := fmt.Sprintf("n%d crashes at %v for %v", crash, faults.Span(at)+after, back)
					c := run(t, "two-phase-commit", func(in *scenarios.Input) {
						in.Plan = faults.Plan{Faults: []faults.Fault{{At: faults.Span(at) + after, For: back, Kind: faults.Crash, Nodes: ids(crash)}}}
					})
					require.Equal(t, checker.Pass, c.Verdict.Kind, "%s: %v", what, c.Verdict)
					lines := seen(c)
					require.Equal(t, "c1 txn get k0, get k1, put k0 2, put k1 2 = 1 1", lines[2], what)
					require.Equal(t, "c2 txn get k0, get k1, get k2, get k3 = 2 2 0 3", lines[len(lines)-2], what)
					runs++
					if c.Timeline.Ops[2].ReturnAt > undisturbed.Timeline.Ops[2].ReturnAt {
						finished++ // by somebody else, or late
					}
				}
			}
		}
	}
	t.Logf("%d crashes in the course of the transaction", runs)
	require.Greater(t, finished, runs/3, "most crashes come in the way of the transaction")
}
