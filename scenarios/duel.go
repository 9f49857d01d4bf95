package scenarios

import (
	"fmt"

	"simrun/node"
)

// mark is how far the replicas had come at some moment.
type mark struct {
	round  uint64 // highest that any voted in
	chosen uint64 // slots
}

func (c *cluster[M, PM]) mark() mark {
	m := mark{chosen: c.chosen()}
	for i := range c.sights.nodes {
		m.round = max(m.round, node.Ballot(c.sights.nodes[i].voted).Round())
	}
	return m
}

// duelRounds is in how many rounds somebody must have voted for nothing to speak of a duel.
const duelRounds = 10

// duelling says so if replicas keep preempting each other since the cluster was healed, and "" if not: proposers get promises and some votes, in ever higher
// ballots of several, and never enough. (Elections that fail for another reason, such as promises that nobody hears, get no votes.)
func (c *cluster[M, PM]) duelling() string {
	now := c.mark()
	if !c.healed || now.chosen > c.healedAt.chosen || now.round < c.healedAt.round+duelRounds {
		return ""
	}
	several, first := false, node.ID(0)
	for i := range c.sights.nodes {
		if b := node.Ballot(c.sights.nodes[i].voted); b.Round()+duelRounds > now.round {
			if first == 0 {
				first = b.ID()
			}
			several = several || b.ID() != first
		}
	}
	if !several {
		return ""
	}
	return fmt.Sprintf("%d rounds of ballots went by since, and nothing was chosen in any: proposers preempt each other before one of them can finish, "+
		"which a random pause after a preemption, or a single proposer, would end", now.round-c.healedAt.round)
}
