package gallery

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"simrun/checker"
	"simrun/node"
	"simrun/scenarios"
)

// c2 wanted bar and hears of foo.
func TestMustAdopt(t *testing.T) {
	c := told(t, "must-adopt")
	require.Equal(t, "c2 propose 2 = 1", seen(c)[1])
	voted, _ := voters(c, "c1#1", 30) // before n1's Accept is on its way
	require.Equal(t, []string{"n2"}, voted)
}

// Every combination of who accepted foo besides n2, who is silent, and who proposes bar: 16 x 6 x 5 runs. If three accepted foo it is chosen, and all hear of foo;
// if nobody whom the later proposer can reach has, it is bar; in between either may be, and each must occur. No run may violate anything.
func TestMustAdoptExhaustively(t *testing.T) {
	s, err := scenarios.Find("must-adopt")
	require.NoError(t, err)
	cluster := s.NewCluster()
	defer cluster.Close()
	runs, adopted, free := 0, 0, 0
	for holders := range 1 << 5 {
		if holders&2 == 0 {
			continue // n2 always accepts its own
		}
		var deaf []node.ID
		count := 0
		for id := node.ID(1); id <= 5; id++ {
			if holders>>(id-1)&1 == 0 {
				deaf = append(deaf, id)
			} else {
				count++
			}
		}
		for silent := node.ID(0); silent <= 5; silent++ {
			for at := node.ID(1); at <= 5; at++ {
				in := scenarios.Input{Seed: scenarios.StoryTold}
				in.Config, in.Plan = s.Draw(in.Seed, noFaults)
				in.Plan = fooBar(&in.Config, deaf, at, silent)
				require.NoError(t, s.Check(in))
				what := fmt.Sprintf("accepted by %05b, n%d silent, bar at n%d", holders, silent, at)
				r := scenarios.Run(cluster, in)
				require.Equal(t, checker.Pass, r.Verdict.Kind, "%s: %v", what, r.Verdict)
				decided := cluster.History().Ops[1].Out
				reachable := holders
				switch {
				case silent == at:
					reachable = holders & (1 << (at - 1)) // of the others it hears when all is healed
				case silent != 0:
					reachable &^= 1 << (silent - 1)
				}
				switch {
				case count >= 3:
					require.Equal(t, int64(foo), decided, what)
				case reachable == 0 && silent != at:
					require.Equal(t, int64(bar), decided, what)
					free++
				case decided == foo:
					adopted++
				}
				runs++
			}
		}
	}
	t.Logf("%d runs: in %d foo was adopted although it was not chosen, in %d nobody who could be reached had accepted it", runs, adopted, free)
	require.Equal(t, 16*6*5, runs)
	require.Positive(t, adopted)
	require.Positive(t, free)
}
