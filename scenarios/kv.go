package scenarios

import (
	"errors"
	"fmt"

	"simrun/node"
	"simrun/node/machine"
	"simrun/node/multipaxos"
	"simrun/sim/stream"
)

// kv is the scenario "kv": a key-value store on a Multi-Paxos log, under reads, writes and compare-and-sets.
func kv() Scenario {
	return Define(Spec[multipaxos.Message, *multipaxos.Message]{
		Name: "kv",
		Doc:  "Multi-Paxos: clients get, put and compare-and-set keys of a replicated store, which must be linearizable",
		Knobs: []Knob{
			{Name: "heartbeat", Doc: "between two signs of life of a leader, in microseconds", Calm: 20_000, Min: 1, Max: 10_000_000, Draw: []int64{10_000, 20_000, 30_000}},
			{Name: "election", Doc: "how long a follower bears silence at least, in microseconds; the most is twice that", Calm: 100_000, Min: 2, Max: 100_000_000, Draw: []int64{50_000, 100_000, 150_000}},
			{Name: "window", Doc: "slots in flight", Calm: 16, Min: 1, Max: 4096, Draw: []int64{1, 2, 16, 64}},
			{Name: "batch", Doc: "commands in a slot", Calm: 1, Min: 1, Max: 4096, Draw: []int64{1, 1, 2, 64}},
			{Name: "queue", Doc: "commands that a leader lets wait", Calm: 1024, Min: 1, Max: 1 << 20, Draw: []int64{1, 4, 1024}},
			{Name: "catchUpBytes", Doc: "of values in one answer to a replica that is behind", Calm: 65_536, Min: 1, Max: 1 << 30, Draw: []int64{1, 256, 65_536}},
			{Name: "checkpoint", Doc: "slots between two checkpoints; 0 for none", Calm: 0, Min: 0, Max: 1 << 40, Draw: []int64{0, 3, 10, 1000}},
			{Name: "retain", Doc: "slots kept below a checkpoint", Calm: 1000, Min: 0, Max: 1 << 40, Draw: []int64{0, 2, 100}},
			{Name: "phase2", Doc: "how far the phase-2 quorum is below a majority; phase 1 makes up for it", Calm: 0, Min: 0, Max: MaxNodes, Draw: []int64{0, 0, 0, 1}},
		},
		Messages: int(multipaxos.Image),
		Draw:     func(s *stream.Stream, c *Config) { c.Operations = s.Int(30, 90) },
		Check: func(c *Config) error {
			if c.Nodes > multipaxos.MaxNodes {
				return fmt.Errorf("nodes is %d, and the protocol takes at most %d", c.Nodes, multipaxos.MaxNodes)
			}
			if c.Knob("heartbeat") >= c.Knob("election") {
				return errors.New(`the knob "heartbeat" must be below the knob "election"`)
			}
			return nil
		},
		Quorums: flexibleQuorums,
		Replica: func(id node.ID, c *Config) node.Node[multipaxos.Message] {
			return multipaxos.New(id, multipaxosConfig(c))
		},
		Facts:    multipaxos.DurableFacts,
		Commands: multipaxos.Commands,
		Workload: Registers{},
	})
}

// multipaxosConfig translates the configuration of a run for the protocol.
func multipaxosConfig(c *Config) multipaxos.Config {
	m := multipaxos.DefaultConfig(shape(c).Nodes, func() machine.Machine { return new(machine.KV) })
	if c.Knob("phase2") > 0 { // otherwise the protocol's own majorities
		m.Phase1, m.Phase2 = flexibleQuorums(c)
	}
	m.Heartbeat = node.Local(c.Knob("heartbeat")) * node.Microsecond
	m.ElectionMin = node.Local(c.Knob("election")) * node.Microsecond
	m.ElectionJitter = m.ElectionMin
	m.Window, m.MaxBatch, m.MaxQueue = int(c.Knob("window")), int(c.Knob("batch")), int(c.Knob("queue"))
	m.CatchUpBytes = int(c.Knob("catchUpBytes"))
	m.CheckpointEvery, m.Retain = uint64(c.Knob("checkpoint")), uint64(c.Knob("retain"))
	return m
}
