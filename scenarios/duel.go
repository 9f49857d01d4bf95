package scenarios

import (
	"fmt"

	"simrun/node"
)

// mark is how far the replicas had come at some moment.
type mark struct {
	round  uint64 // highest that any promised
	chosen uint64 // slots
}

func (c *cluster[M, PM]) mark() mark {
	m := mark{chosen: c.watch.Chosen()}
	for i := range c.sights.nodes {
		m.round = max(m.round, node.Ballot(c.sights.nodes[i].promised).Round())
	}
	return m
}

// duelRounds is how many ballots without anything chosen are called a duel.
const duelRounds = 10

// duelling says so if replicas keep preempting each other since the cluster was healed, and "" if not.
func (c *cluster[M, PM]) duelling() string {
	now := c.mark()
	if !c.healed || now.chosen > c.healedAt.chosen || now.round < c.healedAt.round+duelRounds {
		return ""
	}
	return fmt.Sprintf("%d rounds of ballots were begun since and nothing was chosen in any: proposers preempt each other before one of them can finish, "+
		"which a random pause after a preemption, or a single proposer, would end", now.round-c.healedAt.round)
}
