package paxos

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"simrun/node"
	"simrun/sim/stream"
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
//
// A decision ends all that is of interest, and comes soon: so each check is about many short lives.
func TestOneValueUnderFaults(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 5).Draw(t, "replicas")
		config := group(n, rapid.IntRange(1, n).Draw(t, "phase 2"))
		require.NoError(t, config.Validate())
		seed := rapid.Uint64().Draw(t, "seed")
		encode := rapid.Bool().Draw(t, "encode")
		retry := rapid.Bool().Draw(t, "a client retries")
		p := profile{
			dropPPM: rapid.SampledFrom([]uint64{0, 50_000, 300_000, 600_000}).Draw(t, "drop"),
			dupPPM:  rapid.SampledFrom([]uint64{0, 50_000, 300_000}).Draw(t, "dup"),
			deliver: rapid.SampledFrom([]uint64{10, 30, 100}).Draw(t, "deliver"),
			sync:    rapid.SampledFrom([]uint64{10, 30, 100}).Draw(t, "sync"),
			fire:    rapid.SampledFrom([]uint64{3, 10, 30}).Draw(t, "fire"),
			ask:     rapid.SampledFrom([]uint64{1, 10}).Draw(t, "ask"),
			crash:   rapid.SampledFrom([]uint64{0, 1, 10}).Draw(t, "crash"),
		}
		steps := rapid.IntRange(0, 200).Draw(t, "steps")
		for life := range uint64(rapid.IntRange(1, lives).Draw(t, "lives")) {
			c := newCluster(config, n, stream.Mix(seed, life))
			c.profile, c.encode = p, encode
			for i := 0; i < steps && c.wrong == "" && !c.converged(); i++ {
				c.torment()
			}
			if c.wrong != "" {
				t.Fatal(c.wrong)
			}
			healed(t, c, retry)
		}
	})
}

// lives bounds how many groups one check tries.
const lives = 300

func healed(t *rapid.T, c *cluster, retry bool) {
	bound := len(c.votes) > 0
	c.heal()
	if retry {
		c.ask(0)
		bound = true
	}
	ok := c.calm(20*node.Second, c.converged)
	if c.wrong != "" {
		t.Fatal(c.wrong)
	}
	if !bound {
		return
	}
	require.True(t, ok, "the healed group does not converge")
	c.calm(node.Second, func() bool { return len(c.flight) == 0 })
	ballots := c.ballots
	c.calm(c.config.Poll, func() bool { return len(c.flight) > 0 })
	require.Empty(t, c.flight, "not quiet")
	require.Equal(t, ballots, c.ballots)
	require.Empty(t, c.wrong)
}

// Quorums that do not intersect, which Validate refuses, lead to two values, and the group notices: the property above is
// not proved by a harness that sees nothing.
func TestDisjointQuorumsDisagree(t *testing.T) {
	for seed := range uint64(50) {
		config := group(3, 1)
		config.Phase1 = 1
		require.Error(t, config.Validate())
		c := newCluster(config, 3, seed)
		c.profile = profile{deliver: 10, sync: 10, fire: 3, ask: 3, crash: 1}
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
			c.askAt(c.hosts[i], i)
		}
		require.True(t, c.calm(2*node.Second, c.converged))
		require.Empty(t, c.wrong)
	}
}
