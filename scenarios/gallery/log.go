package gallery

import (
	"simrun/faults"
	"simrun/node"
	"simrun/node/machine"
	"simrun/node/paxos"
	"simrun/node/paxoslog"
	"simrun/scenarios"
	"simrun/sim/stream"
)

func paxosLog() scenarios.Scenario {
	single := scenarios.SingleDecree()
	return scenarios.Define(scenarios.Spec[paxoslog.Message, *paxoslog.Message]{
		Name:  "paxos-log",
		Doc:   "a log whose every slot is a single decree of its own, without a leader: who loses a slot takes the next one",
		Knobs: single.Knobs,
		Draw: func(s *stream.Stream, c *scenarios.Config) {
			c.Operations = s.Int(10, 30)
		},
		Quorums: single.Quorums,
		Replica: func(id node.ID, c *scenarios.Config) node.Node[paxoslog.Message] {
			return paxoslog.New(id, scenarios.PaxosConfig(c), new(machine.KV))
		},
		Files:       []string{"slots", "paxos-1", "paxos-2", "paxos-3"},
		Messages:    uint8(paxos.Query),
		MessageName: func(kind uint8) string { return paxos.Kind(kind).String() },
		Workload:    scenarios.Registers{},
		Story: &scenarios.Story{
			Look: "c1 asks n1 to put 1, and c2 asks n3 to put 2. Both replicas propose for slot 1, the first that they know to be free. n3's ballot is the higher one: n1 is preempted and pauses. While it " +
				"tries again with a higher ballot still, it is told that slot 1 is n3's, and proposes c1's command for slot 2. Every command takes two round trips, and quarrels cost more of them: " +
				"what a leader spares is the first of the two, and the quarrels.",
			Told: func(c *scenarios.Config) faults.Plan {
				c.Nodes, c.Clients, c.Keys, c.Horizon = 3, 2, 1, 400*ms
				c.Script = []scenarios.Call{
					{Client: 1, At: 10 * ms, To: 1, Do: "put", Key: 0, Arg: 1},
					{Client: 2, At: 10 * ms, To: 3, Do: "put", Key: 0, Arg: 2},
					{Client: 1, At: 200 * ms, To: 1, Do: "get", Key: 0},
				}
				return faults.Plan{}
			},
		},
	})
}
