package gallery

import (
	"fmt"

	"simrun/faults"
	"simrun/node"
	"simrun/node/paxos"
	"simrun/scenarios"
	"simrun/sim/stream"
)

// acceptors is how many of the replicas accept; the others only learn.
const acceptors = 3

func learners() scenarios.Scenario {
	s := scenarios.SingleDecree()
	s.Name = "learners"
	s.Doc = "three acceptors and two learners that have no vote: they answer whoever asks for what was chosen, when all acceptors are down"
	s.Quorums = func(*scenarios.Config) (phase1, phase2 int) { return acceptors/2 + 1, acceptors/2 + 1 }
	s.Check = func(c *scenarios.Config) error {
		if c.Nodes < acceptors {
			return fmt.Errorf("nodes is %d, and there must be %d acceptors at least", c.Nodes, acceptors)
		}
		return nil
	}
	s.Voters = func(*scenarios.Config) int { return acceptors }
	s.Replica = func(id node.ID, c *scenarios.Config) node.Node[paxos.Message] {
		p := scenarios.PaxosConfig(c)
		p.Nodes, p.Learners = p.Nodes[:acceptors], p.Nodes[acceptors:]
		p.Phase1, p.Phase2 = acceptors/2+1, acceptors/2+1
		return paxos.New(id, p)
	}
	s.Draw = func(s *stream.Stream, c *scenarios.Config) {
		competing(s, c)
		c.Nodes, c.Knobs["phase2"] = s.Int(4, 6), 0
		c.Clients = min(c.Clients, c.Nodes)
		c.Script = c.Script[:c.Clients]
		c.Operations = c.Clients
	}
	s.Story = &scenarios.Story{
		Look: "n1, n2 and n3 accept, n4 and n5 learn. n5 cannot be reached by n1 at first. c1 has 1 chosen at n1, and n4 is told. From 20ms to 300ms all three acceptors are down. c2 asks " +
			"n4, which knows and answers; learners need no quorum to know. c3 asks n5, which does not, and sends it to acceptors that are down: c3 has to wait. When the acceptors are " +
			"back n5 asks around, as learners do, and learns too.",
		Told: func(c *scenarios.Config) faults.Plan {
			c.Clients, c.Horizon, c.Retry = 3, 500*ms, 50*ms
			c.Patience = 450 * ms
			c.Script = []scenarios.Call{
				{Client: 1, At: 5 * ms, To: 1, Do: "propose", Arg: 1},
				{Client: 2, At: 100 * ms, To: 4, Do: "propose", Arg: 2},
				{Client: 3, At: 100 * ms, To: 5, Do: "propose", Arg: 3},
			}
			return faults.Plan{Faults: []faults.Fault{
				{At: ms, For: 19 * ms, Kind: faults.OneWay, From: addrs(1), To: addrs(5)},
				{At: 20 * ms, For: 280 * ms, Kind: faults.Crash, Nodes: ids(1, 2, 3)},
				{At: 20 * ms, For: 280 * ms, Kind: faults.Partition, Groups: groups(addrs(4), with(addrs(5), 3))},
			}}
		},
	}
	return scenarios.Define(s)
}
