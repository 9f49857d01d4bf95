package gallery

import (
	"simrun/faults"
	"simrun/node"
	"simrun/scenarios"
	"simrun/sim/stream"
)

// Proposals are numbers: 1 is foo, and 2 is bar.
const (
	foo = 1
	bar = 2
)

// mustAdopt is the example of many a lecture: B has accepted foo, C is silent, and whoever comes later with bar must propose foo if it hears of it.
func mustAdopt() scenarios.Scenario {
	s := scenarios.SingleDecree()
	s.Name = "must-adopt"
	s.Doc = "of five nodes B has accepted foo and C is silent: a later proposer that wanted bar must propose foo"
	s.Draw = competing
	s.Story = &scenarios.Story{
		Look: "c1 proposes foo (1) at n2, B of the lecture, whose links break between the two phases: n2 alone has accepted foo. C (n3) is cut off. " +
			"c2 proposes bar (2) at n1, in a higher ballot. n1 hears promises from n2, n4 and n5; that of n2 tells of foo, so n1 asks to accept foo. " +
			"c2, who wanted bar, is told that foo was chosen.",
		Told: func(c *scenarios.Config) faults.Plan {
			return fooBar(c, ids(1, 3, 4, 5), 1, 3)
		},
	}
	return scenarios.Define(s)
}

// fooBar is the script and the plan of the story: n2 proposes foo and cannot tell those in deaf, at proposes bar later, and silent (0: nobody) is cut off before that. Messages
// take a millisecond and commits 100us, so n2 sends its Accepts at 3.2ms.
func fooBar(c *scenarios.Config, deaf []node.ID, at, silent node.ID) faults.Plan {
	c.Nodes, c.Clients = 5, 2
	c.Retry, c.Patience, c.Horizon = 50*ms, 200*ms, 100*ms
	c.Script = []scenarios.Call{
		{Client: 1, At: 0, To: 2, Do: "propose", Arg: foo},
		{Client: 2, At: 10 * ms, To: at, Do: "propose", Arg: bar},
	}
	var p faults.Plan
	if len(deaf) > 0 {
		p.Faults = append(p.Faults, faults.Fault{At: 3 * ms, For: 5 * ms, Kind: faults.OneWay, From: addrs(2), To: addrs(deaf...)})
	}
	if silent != 0 {
		var others []node.ID
		for id := node.ID(1); id <= 5; id++ {
			if id != silent {
				others = append(others, id)
			}
		}
		p.Faults = append(p.Faults, faults.Fault{At: 9 * ms, Kind: faults.Partition, Groups: groups(addrs(silent), addrs(others...))})
	}
	return p
}

// competing makes every seed about clients that propose against each other within a few milliseconds, each at a replica of its own.
func competing(s *stream.Stream, c *scenarios.Config) {
	c.Nodes, c.Keys = 5, 1
	c.Clients = s.Int(2, 5)
	c.Horizon = faults.Span(s.Int(50, 300)) * ms
	for i := range c.Clients {
		c.Script = append(c.Script, scenarios.Call{
			Client: node.Client(i + 1), At: faults.Span(s.Int(0, 20_000)) * us, To: node.ID(i + 1), Do: "propose", Arg: int64(i) + 1,
		})
	}
	c.Operations = len(c.Script)
}
