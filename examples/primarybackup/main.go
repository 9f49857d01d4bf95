// Program primarybackup tests a primary-backup register with the whole of simrun.
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
		Files:    []string{"state"}, // where disks can fail, and
		Messages: 2,                 // kinds of messages, where replicas can be stopped
		Reads:    true,              // clients send reads as such
		Workload: scenarios.Registers{},
	})
}
