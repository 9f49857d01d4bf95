package gallery

import (
	"fmt"

	"simrun/checker"
	"simrun/faults"
	"simrun/node"
	"simrun/node/caspaxos"
	"simrun/scenarios"
	"simrun/sim/stream"
)

// rows is the workload of lightweight transactions: INSERT IF NOT EXISTS is a compare-and-set that expects no value, UPDATE IF one that expects a value,
// and a serial read is a get. A condition that fails returns the row, as Cassandra does.
type rows struct{ scenarios.Registers }

// Operation is one of scenarios.Registers, of which what would write without a condition becomes an insert.
func (r rows) Operation(c *scenarios.Config, lot uint64, index int) scenarios.Operation {
	o := r.Registers.Operation(c, lot, index)
	if o.Kind == checker.Put {
		o = scenarios.Operation{Kind: checker.CAS, Key: o.Key, Arg2: o.Arg}
	}
	return o
}

// caspaxosConfig translates the configuration of a run for the protocol.
func caspaxosConfig(c *scenarios.Config) caspaxos.Config {
	p := caspaxos.DefaultConfig(replicas(c)...)
	p.BackoffMin = node.Local(c.Knob("backoffMin")) * node.Microsecond
	p.Resend = node.Local(c.Knob("resend")) * node.Microsecond
	p.Rewrite = int(c.Knob("rewrite"))
	return p
}

func lightweight() scenarios.Scenario {
	return scenarios.Define(scenarios.Spec[caspaxos.Message, *caspaxos.Message]{
		Name: "lightweight",
		Doc:  "CASPaxos, a register for each row and no log: INSERT IF NOT EXISTS and UPDATE IF, and a condition that fails returns the row",
		Knobs: []scenarios.Knob{
			{Name: "backoffMin", Doc: "shortest pause before a preempted round tries again, in microseconds", Calm: 5000, Min: 0, Max: 200_000, Draw: []int64{1000, 5000, 20_000}, Local: true, Time: true},
			{Name: "resend", Doc: "time after which an unanswered message is sent again, in microseconds", Calm: 20_000, Min: 1, Max: 10_000_000, Draw: []int64{5000, 20_000, 50_000}, Local: true, Time: true},
			{Name: "rewrite", Doc: "records that the log may have beyond twice the number of rows before it is written anew", Calm: 1000, Min: 1, Max: 1 << 20, Draw: []int64{1, 10, 1000}, Local: true},
		},
		Draw: func(s *stream.Stream, c *scenarios.Config) { c.Operations = s.Int(20, 60) },
		Check: func(c *scenarios.Config) error {
			if c.Nodes > caspaxos.MaxAcceptors {
				return fmt.Errorf("nodes is %d, and the protocol takes at most %d", c.Nodes, caspaxos.MaxAcceptors)
			}
			return nil
		},
		Quorums: func(c *scenarios.Config) (phase1, phase2 int) {
			return c.Nodes/2 + 1, c.Nodes/2 + 1
		},
		Replica: func(_ node.ID, c *scenarios.Config) node.Node[caspaxos.Message] {
			return caspaxos.New(caspaxosConfig(c))
		},
		Files:       []string{caspaxos.File},
		Messages:    uint8(caspaxos.Reject),
		MessageName: func(kind uint8) string { return caspaxos.Kind(kind).String() },
		Workload:    rows{},
		Story: &scenarios.Story{
			Look: "c1 and c2 INSERT the row k0 IF NOT EXISTS at the same moment, at n1 and n3, while n5 is down. Their ballots meet: one of them is preempted, tries again with a " +
				"higher ballot, finds the other's row, and returns it instead of inserting. There is no leader and no log: k1, which c3 inserts meanwhile, has ballots of its own and is in " +
				"nobody's way. Then c1 and c2 both UPDATE k0 IF it is what they have seen, and again one of them is handed the row.",
			Told: func(c *scenarios.Config) faults.Plan {
				c.Clients, c.Horizon = 3, 400*ms
				c.Keys = 2
				c.Script = []scenarios.Call{
					{Client: 1, At: 10 * ms, To: 1, Do: "cas", Key: 0, Arg2: 1},
					{Client: 2, At: 10 * ms, To: 3, Do: "cas", Key: 0, Arg2: 2},
					{Client: 3, At: 10 * ms, To: 2, Do: "cas", Key: 1, Arg2: 3},
					{Client: 3, At: 100 * ms, To: 2, Do: "get", Key: 0},
					{Client: 1, At: 200 * ms, To: 1, Do: "cas", Key: 0, Arg: 2, Arg2: 4},
					{Client: 2, At: 200 * ms, To: 3, Do: "cas", Key: 0, Arg: 2, Arg2: 5},
				}
				return faults.Plan{Faults: []faults.Fault{{At: ms, For: 300 * ms, Kind: faults.Crash, Nodes: ids(5)}}}
			},
		},
	})
}
