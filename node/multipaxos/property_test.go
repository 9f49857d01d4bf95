package multipaxos

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"simrun/node"
)

// Whatever the network, the disks and the crashes do: durable votes agree, what is stated is durable, applied
// prefixes agree, no command is executed twice, and once everything heals every client is answered and all replicas
// reach one state.
func TestAgreementUnderFaults(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 5).Draw(t, "replicas")
		c := newCluster(n, rapid.Uint64().Draw(t, "seed"), func(c *Config) {
			c.Window = rapid.SampledFrom([]int{1, 2, 8}).Draw(t, "window")
			c.MaxBatch = rapid.SampledFrom([]int{1, 3}).Draw(t, "batch")
			c.MaxQueue = rapid.SampledFrom([]int{1, 100}).Draw(t, "queue")
			c.CatchUpBytes = rapid.SampledFrom([]int{1, 60, 1 << 16}).Draw(t, "catch-up bytes")
			c.CheckpointEvery = rapid.SampledFrom([]uint64{0, 1, 5, 20}).Draw(t, "checkpoint every")
			c.Retain = rapid.SampledFrom([]uint64{0, 3, 50}).Draw(t, "retain")
			c.Phase2 = rapid.IntRange(1, n).Draw(t, "phase 2")
			c.Phase1 = n - c.Phase2 + 1
			c.Alpha = rapid.SampledFrom([]int{1, 3, 100}).Draw(t, "alpha")
			c.MaxSessions = rapid.SampledFrom([]int{1, 3, 100}).Draw(t, "sessions")
			c.PreVote = rapid.Bool().Draw(t, "pre-vote")
			c.CheckQuorum = rapid.Bool().Draw(t, "check quorum")
			c.Reads = ReadMode(rapid.IntRange(0, 2).Draw(t, "reads"))
		})
		require.NoError(t, c.config.Validate())
		c.encode = rapid.Bool().Draw(t, "encode")
		c.drop = rapid.SampledFrom([]int{0, 5, 30}).Draw(t, "drop")
		c.dup = rapid.SampledFrom([]int{0, 5, 30}).Draw(t, "dup")
		c.stand = rapid.SampledFrom([]int{10, 30, 100}).Draw(t, "stand")
		clients := rapid.IntRange(1, 4).Draw(t, "clients")
		for range clients {
			c.clients = append(c.clients, &client{id: node.Client(len(c.clients) + 1)})
		}
		for range rapid.IntRange(0, 6000).Draw(t, "steps") {
			c.torment()
			require.Empty(t, c.wrong)
		}
		// More clients than there are sessions may take each other's for ever: as many as there is room for must be answered.
		for _, x := range c.clients[min(len(c.clients), c.config.MaxSessions):] {
			x.waits = false
		}
		ok := c.calm(c.converged, 50_000)
		require.Empty(t, c.wrong)
		require.True(t, ok, "the healed cluster does not converge")
	})
}
