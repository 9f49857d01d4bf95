package gallery

import (
	"fmt"

	"simrun/checker"
	"simrun/faults"
	"simrun/node"
	"simrun/node/machine"
	"simrun/scenarios"
	"simrun/sim/stream"
)

// stock is the workload of a warehouse, on the machine of a bank: account 0 is how many pieces there are, the others are customers.
type stock struct{ accounts }

// Operation delivers a piece now and then, and mostly sells one to a customer.
func (stock) Operation(c *scenarios.Config, lot uint64, index int) scenarios.Operation {
	s := stream.New(lot, "stock", 0)
	switch {
	case index >= c.Operations:
		return scenarios.Operation{Kind: checker.Total}
	case s.N(6) == 0:
		return scenarios.Operation{Kind: checker.Add, Key: 0, Arg: 1}
	case s.N(6) == 0:
		return scenarios.Operation{Kind: checker.Get, Key: 0}
	}
	return scenarios.Operation{Kind: checker.Transfer, Key: 0, Arg: int64(s.N(5)) + 1, Arg2: 1}
}

// neverOversold says in plain words what linearizability would say in general ones.
func neverOversold(c *scenarios.Config, h *checker.History) *checker.Violation {
	delivered, sold := int64(0), int64(0)
	var deliveries, sales []string
	for i := range h.Ops {
		o := &h.Ops[i]
		switch {
		case o.Kind == checker.Add && o.Key == 0:
			delivered += o.Arg
			deliveries = append(deliveries, scenarios.OperationName(c, h, i))
		case o.Kind == checker.Transfer && o.Outcome == checker.OK && o.Out != 0:
			sold += o.Arg2
			sales = append(sales, scenarios.OperationName(c, h, i))
		}
	}
	if sold > delivered {
		return &checker.Violation{Check: "inventory", Shape: "sold twice", Detail: fmt.Sprintf("%d pieces were sold, of %d that were ever delivered: delivered by %s, sold by %s",
			sold, delivered, names(deliveries), names(sales))}
	}
	return nil
}

// lastPiece is the script and the plan: one piece in the store, the network in two, and a customer on each side.
func lastPiece(c *scenarios.Config) faults.Plan {
	c.Nodes, c.Clients = 5, 3
	c.Script = []scenarios.Call{
		{Client: 3, At: 200 * ms, To: 2, Do: "add", Key: 0, Arg: 1},
		{Client: 1, At: 600 * ms, To: 1, Do: "transfer", Key: 0, Arg: 1, Arg2: 1},
		{Client: 2, At: 600 * ms, To: 4, Do: "transfer", Key: 0, Arg: 2, Arg2: 1},
	}
	return faults.Plan{Faults: []faults.Fault{
		{At: split, For: healed - split, Kind: faults.Partition, Groups: groups(with(addrs(1, 2, 3), 1), with(addrs(4, 5), 2))},
	}}
}

func inventory() scenarios.Scenario {
	s := scenarios.OnLog(func() machine.Machine { return new(machine.Bank) })
	s.Name = "inventory"
	s.Doc = "one piece in the store, the network in two, and a customer on each side: it is sold once"
	s.Workload = stock{}
	s.Judge = neverOversold
	s.Story = &scenarios.Story{
		Look: "from 300ms to 800ms n1, n2 and n3 cannot reach n4 and n5. At 600ms c1 buys on the larger side, and c2 on the smaller one. Three of five agree on c1's " +
			"purchase. Two are no majority: c2 has to wait until the network is whole, and is then told that there is nothing left.",
		Told: lastPiece,
	}
	return scenarios.Define(s)
}

func inventoryUncoordinated() scenarios.Scenario {
	s := unordered(func() machine.Machine { return new(machine.Bank) })
	s.Name = "inventory-uncoordinated"
	s.Doc = "contrast: the same store, in which each side sells what it has seen delivered: the last piece is sold twice"
	s.Workload = stock{}
	s.Judge = neverOversold
	s.Story = &scenarios.Story{
		Look: "both sides have heard of the delivery before the network broke. Both answer at once, which is what makes such systems pleasant, and both have " +
			"sold the one piece. When the network is whole again nothing can be done but to apologise.",
		Told:   lastPiece,
		Expect: "inventory: sold twice",
	}
	return scenarios.Define(s)
}

// Byzantine is a replica that answers some messages in its own way. Answer returns false for those that Node shall see.
type Byzantine[M any] struct {
	node.Node[M]
	Answer func(env node.Env[M], from node.ID, m *M) bool
}

// Receive lies, or hands the message on.
func (b Byzantine[M]) Receive(env node.Env[M], from node.ID, m *M) {
	if !b.Answer(env, from, m) {
		b.Node.Receive(env, from, m)
	}
}
