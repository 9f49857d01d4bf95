package sim

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"simrun/node"
)

// Whatever happens to a clock, it never goes back, and When is the exact inverse of Read: the first moment at which the clock
// reads that much.
func TestClock(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		drift := rapid.Int64Range(-500_000, 500_000)
		step := rapid.Int64Range(0, 100*3600*1_000_000_000)
		c := Clock{Offset: node.Local(step.Draw(t, "offset")), DriftPPM: drift.Draw(t, "drift")}
		now, read := int64(0), c.Read(0)
		require.Equal(t, c.Offset, read)
		for range rapid.IntRange(1, 20).Draw(t, "steps") {
			now += rapid.OneOf(rapid.Int64Range(0, 3), step).Draw(t, "passes")
			require.GreaterOrEqual(t, c.Read(now), read)
			read = c.Read(now)
			span := node.Local(rapid.OneOf(rapid.Int64Range(-2, 3), step).Draw(t, "span"))
			at := c.After(now, span)
			require.GreaterOrEqual(t, at, now)
			require.GreaterOrEqual(t, c.Read(at), read+span)
			if at > now {
				require.Less(t, c.Read(at-1), read+span)
			}
			require.LessOrEqual(t, c.When(read), now)
			if rapid.Bool().Draw(t, "changes") {
				jump := rapid.Int64Range(-1, 1_000_000_000).Draw(t, "jump")
				c.Change(now, node.Local(jump), drift.Draw(t, "drift"))
				require.Equal(t, read+node.Local(max(jump, 0)), c.Read(now))
				read = c.Read(now)
			}
		}
		far := c.After(now, 1<<62)
		require.Greater(t, far, now, "no overflow")
	})
}

// A clock that is fast by a share gains just that.
func TestClockRate(t *testing.T) {
	c := Clock{DriftPPM: 50_000}
	require.Equal(t, node.Local(1_050_000_000), c.Read(1_000_000_000))
	require.Equal(t, int64(1_000_000_000), c.When(1_050_000_000))
	c.Change(1_000_000_000, 7, -500_000)
	require.Equal(t, node.Local(1_050_000_007), c.Read(1_000_000_001), "half a nanosecond is none yet")
	require.Equal(t, node.Local(1_050_000_008), c.Read(1_000_000_002))
}
