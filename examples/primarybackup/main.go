// Program primarybackup tests a register, kept by a primary and its backups, with the whole of simrun. The guide docs/own-protocol.md in the
// repository of simrun is about it.
package main

import (
	"simrun/cli"
	"simrun/node"
	"simrun/scenarios"
)

func main() { cli.Main(register()) }

// register is the scenario: what runs, and what clients ask of it.
func register() scenarios.Scenario {
	return scenarios.Define(scenarios.Spec[Message, *Message]{
		Name:     "register",
		Doc:      "primary and backups: clients get, put and compare-and-set keys",
		Quorums:  func(c *scenarios.Config) (int, int) { return c.Nodes, c.Nodes }, // it takes all of them
		Replica:  func(_ node.ID, c *scenarios.Config) node.Node[Message] { return New(c.Nodes) },
		Files:    []string{"state"}, // whose disk operations, and
		Messages: 2,                 // kinds of messages, at which replicas can be crashed
		Reads:    true,              // clients say which operations only read
		Workload: scenarios.Registers{},
	})
}
