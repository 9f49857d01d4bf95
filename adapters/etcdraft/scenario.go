package etcdraft

import (
	"errors"
	"fmt"

	"simrun/faults"
	"simrun/node"
	"simrun/scenarios"
	"simrun/sim/stream"
)

// MaxNodes is the largest group.
const MaxNodes = 63

// Scenario returns the scenario "etcd-raft": a key-value store on a Raft log, under reads, writes and compare-and-sets.
func Scenario() scenarios.Scenario { return scenarios.Define(spec()) }

func spec() scenarios.Spec[Message, *Message] {
	return scenarios.Spec[Message, *Message]{
		Name: "etcd-raft",
		Doc:  "go.etcd.io/raft: clients get, put and compare-and-set keys of a replicated store, which must be linearizable",
		Knobs: []scenarios.Knob{
			{Name: "heartbeat", Doc: "between two signs of life of a leader, in microseconds", Calm: 20_000, Min: 1_000, Max: 10_000_000, Draw: []int64{10_000, 20_000, 30_000}, Local: true},
			{Name: "election", Doc: "how long a follower bears silence at least, in microseconds; the most is twice that", Calm: 100_000, Min: 2_000, Max: 100_000_000, Draw: []int64{60_000, 100_000, 150_000}, Local: true},
			{Name: "messageBytes", Doc: "of entries in one message; 0 for one entry", Calm: 65_536, Min: 0, Max: 1 << 30, Draw: []int64{0, 200, 65_536}, Local: true},
			{Name: "inflight", Doc: "messages with entries on their way to one peer", Calm: 64, Min: 1, Max: 4096, Draw: []int64{1, 2, 64}, Local: true},
			{Name: "checkpoint", Doc: "entries between two snapshots; 0 for none", Calm: 0, Min: 0, Max: 1 << 40, Draw: []int64{0, 3, 10, 40}, Local: true},
			{Name: "retain", Doc: "entries kept below a snapshot", Calm: 1000, Min: 0, Max: 1 << 40, Draw: []int64{0, 2, 100}, Local: true},
			{Name: "sessions", Doc: "sessions at most; beyond, the one idle for longest is dropped", Calm: 1000, Min: 1, Max: 1 << 20, Draw: []int64{2, 8, 1000, 1000}},
			{Name: "reads", Doc: "how reads are answered: 0 through the log, 1 by the leader's read-index, 2 by anybody's", Calm: 0, Min: 0, Max: 2, Draw: []int64{0, 1, 2}, Local: true},
			// Not for single replicas: one with both off, and a high term from a time when it was alone, is never taken back by a leader with checkQuorum.
			// Shown in TestSettingsMustAgree.
			{Name: "preVote", Doc: "1: ask around before standing for election", Calm: 1, Min: 0, Max: 1, Draw: []int64{0, 1}},
			{Name: "checkQuorum", Doc: "1: a leader that hears of no quorum steps down", Calm: 1, Min: 0, Max: 1, Draw: []int64{0, 1}},
			{Name: "changes", Doc: "membership changes that leaders make up in all", Calm: 0, Min: 0, Max: 1000, Draw: []int64{0, 0, 4, 10}},
		},
		Draw: func(s *stream.Stream, c *scenarios.Config) {
			c.Operations = s.Int(30, 90)
		},
		Check: func(c *scenarios.Config) error {
			switch {
			case c.Nodes > MaxNodes:
				return fmt.Errorf("nodes is %d, and the checks take at most %d", c.Nodes, MaxNodes)
			case c.Nodes < 2 && c.Knob("changes") > 0:
				return errors.New(`the knob "changes" must be 0 where there is one node`)
			case 2*c.Knob("heartbeat") > c.Knob("election"):
				return errors.New(`the knob "heartbeat" must be at most half the knob "election"`)
			}
			return nil
		},
		Quorums:  quorums,
		Replica:  func(id node.ID, c *scenarios.Config) node.Node[Message] { return New(configOf(id, c)) },
		Observer: func() scenarios.Observer { return new(Observer) },
		Sessions: true,
		Reads:    true,
		Files:    []string{File},
		Messages: maxKind,
		Workload: scenarios.Registers{},
	}
}

// quorums returns majorities; all replicas if memberships change: then any replica may be needed, and none may be lost.
func quorums(c *scenarios.Config) (int, int) {
	if c.Knob("changes") > 0 {
		return c.Nodes, c.Nodes
	}
	return c.Nodes/2 + 1, c.Nodes/2 + 1
}

func configOf(id node.ID, c *scenarios.Config) Config {
	micros := func(name string) node.Local { return node.Local(c.Knob(name)) * node.Microsecond }
	return Config{
		ID: uint64(id), Nodes: c.Nodes,
		Heartbeat: micros("heartbeat"), Election: micros("election"),
		MaxMessageBytes: uint64(c.Knob("messageBytes")), MaxInflight: int(c.Knob("inflight")),
		CheckpointEvery: uint64(c.Knob("checkpoint")), Retain: uint64(c.Knob("retain")),
		MaxSessions: int(c.Knob("sessions")), Reads: ReadMode(c.Knob("reads")),
		PreVote: c.Knob("preVote") == 1, CheckQuorum: c.Knob("checkQuorum") == 1,
		MaxChanges: uint64(c.Knob("changes")), Churn: node.Local(200 * faults.Millisecond),
	}
}
