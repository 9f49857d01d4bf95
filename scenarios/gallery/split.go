package gallery

import (
	"fmt"

	"simrun/faults"
	"simrun/node/machine"
	"simrun/node/multipaxos"
	"simrun/scenarios"
	"simrun/sim/stream"
)

// split is when the network of the story breaks, and healed when it is whole again.
const (
	split  = 300 * ms
	healed = 800 * ms
)

// splitBrain is the script and the plan: n4 leads when the network breaks in two. The old leader is on the smaller side, with n5 and c1; the others have c2. c1
// asks the old leader for k0 again and again, while c2 changes k0 on the other side.
func splitBrain(mode multipaxos.ReadMode) func(c *scenarios.Config) faults.Plan {
	return func(c *scenarios.Config) faults.Plan {
		c.Nodes, c.Clients = 5, 3
		c.Patience = 700 * ms
		c.Knobs["reads"] = int64(mode)
		c.Knobs["checkQuorum"] = 0 // the old leader goes on believing
		c.Script = []scenarios.Call{
			{Client: 1, At: 200 * ms, To: 4, Do: "put", Key: 0, Arg: 1},
			{Client: 1, At: 250 * ms, To: 4, Do: "get", Key: 0},
			{Client: 2, At: 550 * ms, To: 1, Do: "put", Key: 0, Arg: 2},
			{Client: 1, At: 600 * ms, To: 4, Do: "get", Key: 0},
			{Client: 3, At: 610 * ms, To: 5, Do: "put", Key: 0, Arg: 3},
			{Client: 2, At: 700 * ms, To: 1, Do: "get", Key: 0},
		}
		return faults.Plan{Faults: []faults.Fault{
			{At: split, For: healed - split, Kind: faults.Partition, Groups: groups(with(addrs(1, 2, 3), 2), with(addrs(4, 5), 1, 3))},
		}}
	}
}

func splitBrainBy(mode multipaxos.ReadMode, name, how string) scenarios.Scenario {
	s := scenarios.OnLog(func() machine.Machine { return new(machine.KV) })
	s.Name = name
	s.Doc = fmt.Sprintf("two replicas with the old leader, three without: the two do nothing, and their leader returns no stale value (reads %s)", how)
	s.Workload = scenarios.Registers{}
	s.Reads = true
	draw := s.Draw
	s.Draw = func(s *stream.Stream, c *scenarios.Config) {
		c.Nodes = 5
		c.Knobs["reads"] = int64(mode)
		draw(s, c)
	}
	s.Story = &scenarios.Story{
		Look: "n4 leads, and at 300ms it is cut off with n5 and the clients c1 and c3. Nobody tells it. The other three elect a leader and c2 changes k0 from 1 to 2. " +
			"At 600ms c1 asks n4, which still takes itself for the leader and still has k0 = 1: it must not answer, and neither can it have c3's write accepted by three. " +
			"Both are answered when the network is whole again, by the new leader.",
		Told: splitBrain(mode),
	}
	return scenarios.Define(s)
}
