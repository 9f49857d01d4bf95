package simtest_test

import (
	"simrun/faults"
	"simrun/node"
	"simrun/node/fact"
	"simrun/node/machine"
	"simrun/scenarios"
	"simrun/sim/stream"
)

// toy is a replica that shares nothing with the others: with one of them it is a register, with three it is torn.
type toy struct{ store machine.KV }

// nothing is the message of a protocol that sends none.
type nothing struct{}

func (*nothing) Site() (uint8, uint64)    { return 1, 0 }
func (*nothing) Append(dst []byte) []byte { return dst }
func (*nothing) Decode([]byte) error      { return nil }
func (*nothing) Facts(func(fact.Fact))    {}
func (*nothing) String() string           { return "nothing" }

func (*toy) Start(node.Env[nothing])                      {}
func (*toy) Receive(node.Env[nothing], node.ID, *nothing) {}
func (*toy) Timer(node.Env[nothing], node.TimerID)        {}
func (y *toy) AppendState(dst []byte) []byte              { return y.store.Snapshot(dst) }
func (y *toy) Request(env node.Env[nothing], from node.Client, q *node.Request) {
	env.Reply(from, node.Reply{Seq: q.Seq, Status: node.OK, Output: y.store.Apply(q.Command, nil)})
}

func toys(name string, nodes int) scenarios.Scenario {
	return scenarios.Define(scenarios.Spec[nothing, *nothing]{
		Name: name, Doc: "a toy",
		Draw: func(_ *stream.Stream, c *scenarios.Config) {
			c.Nodes, c.Clients, c.Operations, c.Keys = nodes, 3, 30, 1
			c.Horizon, c.Recovery = 100*faults.Millisecond, 2*faults.Second
		},
		Quorums:  func(*scenarios.Config) (int, int) { return nodes, nodes },
		Replica:  func(node.ID, *scenarios.Config) node.Node[nothing] { return &toy{} },
		Workload: scenarios.Registers{},
	})
}
