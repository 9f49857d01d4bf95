package multipaxos

import (
	"testing"

	"github.com/stretchr/testify/require"

	"simrun/node"
)

// A run whose messages go through their encoding leaves the same states as one whose messages do not, and the states
// in between tell replicas and moments apart.
func TestStateIsCanonical(t *testing.T) {
	states := func(encode bool) (all [][]byte) {
		c := newCluster(3, 7, func(c *Config) { c.CheckpointEvery, c.Retain = 20, 5 })
		c.encode, c.drop, c.dup, c.stand = encode, 5, 5, 100
		for i := range 3 {
			c.clients = append(c.clients, &client{id: node.Client(i + 1)})
		}
		for range 15_000 {
			c.torment()
			for _, h := range c.hosts {
				if h.r != nil {
					all = append(all, h.r.AppendState(nil))
				}
			}
		}
		require.Empty(t, c.wrong)
		require.Greater(t, c.settled, 10)
		require.Greater(t, c.leaders, 2)
		return all
	}
	plain, encoded := states(false), states(true)
	require.Equal(t, plain, encoded)
	distinct := map[string]bool{}
	for _, s := range plain {
		distinct[string(s)] = true
	}
	require.Greater(t, len(distinct), 1000)
}

func TestStateIsPure(t *testing.T) {
	b := newBus(3)
	requests := uint64(0)
	b.load(&requests, 100)
	first := b.replicas[0].AppendState([]byte("prefix"))
	require.Equal(t, first, b.replicas[0].AppendState([]byte("prefix")))
	require.Equal(t, "prefix", string(first[:6]))
}
