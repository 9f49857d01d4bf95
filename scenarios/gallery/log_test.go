package gallery

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// Two replicas want slot 1: one has it, and the other the next one. Both commands are done, in the order of the slots.
func TestPaxosLog(t *testing.T) {
	c := told(t, "paxos-log")
	require.Equal(t, []string{"c1 put k0 1 = 0", "c2 put k0 2 = 0", "c1 get k0 = 1"}, seen(c)[:3])
	ops := c.Timeline.Ops
	require.Equal(t, []uint64{2, 1, 3}, []uint64{ops[0].Slot, ops[1].Slot, ops[2].Slot})
	require.EqualValues(t, 2*2*ms+2*ms+300*us, ops[1].ReturnAt-ops[1].CallAt, "two round trips, the client's way, and three group commits")
}
