package cli

import (
	"bytes"
	"context"
	"sync/atomic"
	"testing"

	"simrun/faults"
	"simrun/node"
	"simrun/node/fact"
	"simrun/node/machine"
	"simrun/scenarios"
	"simrun/sim/stream"
)

// outcome is what a command line came to.
type outcome struct {
	status   int
	out, err string
}

// command runs a command line.
func command(t *testing.T, args ...string) outcome {
	t.Helper()
	var out, err bytes.Buffer
	status := run(context.Background(), args, &term{out: &out, err: &err})
	return outcome{status, out.String(), err.String()}
}

// toy is a replica that shares nothing with the others, so that clients of different replicas see different stores. One of
// its kind may do something else besides, at every fifth request.
type toy struct {
	store machine.KV
	asked int
	turn  func(node.Env[nothing])
}

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
	if y.asked++; y.asked%5 == 0 && y.turn != nil {
		y.turn(env)
	}
	env.Reply(from, node.Reply{Seq: q.Seq, Status: node.OK, Output: y.store.Apply(q.Command, nil)})
}

var forever = make(chan struct{})

func init() {
	var thrown atomic.Int64 // outlives a run, as nothing may
	register("toy-alone", 1, func(node.Env[nothing]) {})
	register("toy-torn", 3, func(node.Env[nothing]) {})
	register("toy-hangs", 1, func(node.Env[nothing]) { <-forever })
	register("toy-panics", 1, func(node.Env[nothing]) { panic("at the fifth") })
	register("toy-dice", 1, func(env node.Env[nothing]) { env.Append("log", make([]byte, thrown.Add(1))) })
}

func register(name string, nodes int, turn func(node.Env[nothing])) {
	scenarios.Register(scenarios.Define(scenarios.Spec[nothing, *nothing]{
		Name: name, Doc: "a toy",
		Draw: func(_ *stream.Stream, c *scenarios.Config) {
			c.Nodes, c.Clients, c.Operations, c.Keys = nodes, 3, 30, 1
			c.Horizon, c.Recovery = 100*faults.Millisecond, 2*faults.Second
		},
		Quorums:  func(*scenarios.Config) (int, int) { return nodes, nodes },
		Replica:  func(node.ID, *scenarios.Config) node.Node[nothing] { return &toy{turn: turn} },
		Workload: scenarios.Registers{},
	}))
}
