package sim

import (
	"testing"

	"github.com/stretchr/testify/require"

	"simrun/node"
	"simrun/sim/stream"
)

// Messages leave in the order in which they came, however long the queue gets, and one that never runs empty stays small.
func TestHeldOrder(t *testing.T) {
	var q held[int]
	r := stream.New(1, "test", 0)
	in, out := 0, 0
	for range 100_000 {
		if in-out < 10 || in-out < 200 && r.Chance(500_000) {
			q.push(node.ID(in%7), uint64(in), &in)
			in++
			continue
		}
		x := q.first()
		require.Equal(t, heldItem[int]{barrier: uint64(out), to: node.ID(out % 7), m: out}, *x)
		q.drop()
		out++
		require.Equal(t, in-out, q.len())
	}
	require.Less(t, cap(q.items), 2000)
}
