package paxos

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"simrun/node"
)

func group(n, phase2 int) Config {
	var ids []node.ID
	for i := range n {
		ids = append(ids, node.ID(i+1))
	}
	c := Majority(ids...)
	c.Phase1, c.Phase2 = n-phase2+1, phase2
	return c
}

// Whatever the network, the disks and the crashes do: durable votes agree, one ballot has one value, what is stated is
// durable, promises do not fall, and what anybody learns or is told was chosen. Once everything heals, all replicas
// know the decision if there may be one, clients or no clients; and fall quiet.
func TestOneValueUnderFaults(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 5).Draw(t, "replicas")
		config := group(n, rapid.IntRange(1, n).Draw(t, "phase 2"))
		require.NoError(t, config.Validate())
		clients := rapid.IntRange(0, 4).Draw(t, "clients")
		c := newCluster(config, clients, rapid.Uint64().Draw(t, "seed"))
		c.encode = rapid.Bool().Draw(t, "encode")
		c.dropPPM = rapid.SampledFrom([]uint64{0, 50_000, 300_000}).Draw(t, "drop")
		c.dupPPM = rapid.SampledFrom([]uint64{0, 50_000, 300_000}).Draw(t, "dup")
		for range rapid.IntRange(0, 2000).Draw(t, "steps") {
			c.torment()
			require.Empty(t, c.wrong)
		}

		voted := len(c.votes) > 0
		if rapid.Bool().Draw(t, "clients retry") && clients > 0 {
			c.calm(0, c.converged) // everybody is up
			c.ask(0)
			voted = true
		}
		ok := c.calm(20*node.Second, c.converged)
		require.Empty(t, c.wrong)
		if voted {
			require.True(t, ok, "the healed group does not converge")
			c.calm(node.Second, func() bool { return len(c.flight) == 0 })
			quiet := c.ballots
			c.calm(2*c.config.Poll, func() bool { return false })
			require.Empty(t, c.flight)
			require.Equal(t, quiet, c.ballots)
			require.Empty(t, c.wrong)
		}
	})
}

// Quorums that do not intersect, which Validate refuses, lead to two values, and the group notices: the property above is
// not proved by a harness that sees nothing.
func TestDisjointQuorumsDisagree(t *testing.T) {
	for seed := range uint64(50) {
		config := group(3, 1)
		config.Phase1 = 1
		require.Error(t, config.Validate())
		c := newCluster(config, 3, seed)
		for i := 0; i < 1000 && c.wrong == ""; i++ {
			c.torment()
		}
		if c.wrong != "" {
			require.Contains(t, c.wrong, "chosen")
			return
		}
	}
	t.Fatal("nothing went wrong")
}

// Of any number of proposers that begin at once one finishes soon.
func TestDuelEnds(t *testing.T) {
	for seed := range uint64(50) {
		c := newCluster(group(5, 3), 5, seed)
		for i := range c.hosts {
			c.ask(i)
		}
		require.True(t, c.calm(2*node.Second, c.converged))
		require.Empty(t, c.wrong)
	}
}
