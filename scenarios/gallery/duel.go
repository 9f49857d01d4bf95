package gallery

import (
	"simrun/faults"
	"simrun/node"
	"simrun/node/paxos"
	"simrun/scenarios"
	"simrun/sim/stream"
)

// threeDuellers proposes at three replicas in turn, so that the next one always prepares between the two phases of the one before. A ballot takes 2.1ms from
// the moment an acceptor promises to the moment its Accept comes, and 4.2ms from one attempt to the next; a third of that is 1.4ms. (Two proposers are not enough
// where all ways are equally long: each would have to come in the same half of the other's time.)
func threeDuellers(c *scenarios.Config) faults.Plan {
	c.Nodes, c.Clients = 5, 3
	c.Retry, c.Patience, c.Horizon, c.Recovery = 20*faults.Second, 20*faults.Second, 100*ms, 2*faults.Second
	c.Script = []scenarios.Call{
		{Client: 1, At: 0, To: 1, Do: "propose", Arg: 1},
		{Client: 2, At: 1400 * us, To: 2, Do: "propose", Arg: 2},
		{Client: 3, At: 2800 * us, To: 3, Do: "propose", Arg: 3},
	}
	return faults.Plan{}
}

// duel returns a duel in which preempted proposers wait for a random time of up to backoffMin microseconds at first, or in which one
// is distinguished.
func duel(name, doc string, backoffMin int64, distinguished node.ID, story scenarios.Story) scenarios.Scenario {
	s := scenarios.SingleDecree()
	s.Name, s.Doc = name, doc
	s.Draw = func(s *stream.Stream, c *scenarios.Config) {
		competing(s, c)
		c.Knobs["backoffMin"] = backoffMin
		if backoffMin == 0 && distinguished == 0 { // what keeps duellers apart is that nothing is random
			threeDuellers(c)
			c.LatencyMin, c.LatencyMean, c.SyncMin, c.SyncMean = ms, 0, 100*us, 0
			c.Operations, c.Knobs["phase2"], c.Encode = len(c.Script), 0, false
			return
		}
	}
	s.Replica = func(id node.ID, c *scenarios.Config) node.Node[paxos.Message] {
		p := scenarios.PaxosConfig(c)
		p.Distinguished = distinguished
		return paxos.New(id, p)
	}
	if distinguished != 0 { // all are needed in the end: without the distinguished one nothing is ever decided
		s.Voters = func(c *scenarios.Config) int { phase1, phase2 := s.Quorums(c); return max(phase1, phase2) }
	}
	if story.Told == nil {
		story.Told = func(c *scenarios.Config) faults.Plan {
			plan := threeDuellers(c)
			c.Knobs["backoffMin"] = backoffMin
			return plan
		}
	}
	s.Story = &story
	return scenarios.Define(s)
}

func duelNoBackoff() scenarios.Scenario {
	return duel("duel-no-backoff", "contrast: proposers that try again at once preempt each other for ever", 0, 0, scenarios.Story{
		Look: "n1, n2 and n3 propose 1.4ms apart. Whenever one of them comes with its Accept, the acceptors have just promised a higher ballot to the next. " +
			"Nothing is wrong and no message is lost, and ballots rise and rise: Paxos is safe, but by itself not live (Fischer, Lynch and Paterson 1985 say why it cannot be).",
		Expect: "liveness: no progress",
	})
}

func duelBackoff() scenarios.Scenario {
	return duel("duel-backoff", "the same duellers wait for a random time after each preemption, and one of them is through soon", 5000, 0, scenarios.Story{
		Look: "the same beginning as in duel-no-backoff. But a preempted proposer pauses for a random time of up to 5ms, doubled each time, and sooner or later one is " +
			"left alone for the 4.2ms that it needs.",
	})
}

func duelDistinguished() scenarios.Scenario {
	return duel("duel-distinguished", "the same duellers without any pause, but only one replica proposes: the others send clients to it", 0, 1, scenarios.Story{
		Look: "n2 and n3 send their clients to n1, the distinguished proposer, which needs one ballot. Whom to distinguish is left to an election, which may " +
			"be wrong without any harm but delay: that is what Multi-Paxos makes of it.",
	})
}
