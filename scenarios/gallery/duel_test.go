package gallery

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// The verdict says why nobody got anywhere.
func TestDuelNoBackoff(t *testing.T) {
	c := told(t, "duel-no-backoff")
	require.Zero(t, c.Stats.Finished)
	require.Zero(t, c.Stats.Chosen)
	require.Regexp(t, `c1 still waits for n1 to propose 1, .* \d{3,} rounds of ballots went by since, and nothing was chosen in any: proposers preempt each other`, c.Verdict.Detail)
}

// With a random pause, and with a distinguished proposer, everybody hears of one value before 20ms are over.
func TestDuelEnds(t *testing.T) {
	for _, name := range []string{"duel-backoff", "duel-distinguished"} {
		c := told(t, name)
		for _, o := range c.Timeline.Ops[:3] {
			require.Equal(t, "ok", o.Outcome, name)
			require.Less(t, o.ReturnAt, int64(20_000_000), name)
		}
	}
	ballots := map[string]bool{}
	for _, r := range told(t, "duel-distinguished").Timeline.Records {
		if r.Kind == "durable" && r.Name == "promised" {
			ballots[r.Ballot] = true
		}
	}
	require.Len(t, ballots, 1, "one ballot is all it takes")
}
