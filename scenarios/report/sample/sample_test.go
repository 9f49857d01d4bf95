package sample

import (
	"testing"

	"github.com/stretchr/testify/require"

	"simrun/scenarios/timeline"
)

// Made-up runs hold together as real ones do: time and events never go back, a message leaves before it arrives, and is sent once.
func TestRunsHoldTogether(t *testing.T) {
	for _, make := range []func(int, uint64) *timeline.Timeline{Safety, Liveness} {
		for _, records := range []int{200, 2_000, 20_000} {
			run := make(records, 5)
			require.Equal(t, run, make(records, 5), "the same again")
			require.GreaterOrEqual(t, len(run.Records), records)
			var last timeline.Record
			under := map[uint64]bool{}
			for _, r := range run.Records {
				require.GreaterOrEqual(t, r.At, last.At)
				require.GreaterOrEqual(t, r.Event, last.Event)
				last = r
				switch r.Kind {
				case "send", "copy":
					require.False(t, under[r.Message])
					under[r.Message] = true
				case "recv", "deaf", "lost":
					require.True(t, under[r.Message], "%+v", r)
					delete(under, r.Message)
				}
			}
			for _, op := range run.Ops {
				require.Equal(t, op.Return == 0, op.Outcome == "open", "%+v", op)
			}
			for _, at := range run.Witness {
				require.Less(t, at, len(run.Ops))
			}
		}
	}
}
