// Package toy is a protocol of a dozen lines, written twice: for the simulator, and with a goroutine for each replica, as it runs in a bubble
// of testing/synctest. Replica 1 leads for ever: it passes each command on to the others, and answers once a majority, itself
// included, has it. Nothing is kept on disk and nothing fails.
package toy

import (
	"encoding/binary"
	"fmt"

	"simrun/node"
	"simrun/node/fact"
	"simrun/scenarios"
	"simrun/scenarios/speed"
)

// Message passes a command on, or says that it came.
type Message struct {
	Ack    bool
	Number uint64
	Value  []byte
}

// Site names the message.
func (m *Message) Site() (kind uint8, key uint64) {
	if m.Ack {
		return 2, m.Number
	}
	return 1, m.Number
}

// Append encodes the message.
func (m *Message) Append(dst []byte) []byte {
	kind, _ := m.Site()
	return append(binary.LittleEndian.AppendUint64(append(dst, kind), m.Number), m.Value...)
}

// Decode is the inverse of Append.
func (m *Message) Decode(b []byte) error {
	if len(b) < 9 {
		return fmt.Errorf("toy: %d bytes", len(b))
	}
	*m = Message{Ack: b[0] == 2, Number: binary.LittleEndian.Uint64(b[1:]), Value: b[9:]}
	return nil
}

// Facts states nothing.
func (m *Message) Facts(func(fact.Fact)) {}

// String describes the message.
func (m *Message) String() string { return fmt.Sprintf("%+v", *m) }

// Replica is the protocol for the simulator.
type Replica struct {
	nodes int
	log   []entry
}

type entry struct {
	client node.Client
	seq    uint64
	acks   int
}

// Start does nothing.
func (r *Replica) Start(node.Env[Message]) {}

// Timer does nothing.
func (r *Replica) Timer(node.Env[Message], node.TimerID) {}

// Request passes a command on.
func (r *Replica) Request(env node.Env[Message], from node.Client, q *node.Request) {
	if env.Self() != 1 {
		env.Reply(from, node.Reply{Seq: q.Seq, Status: node.Redirect, Leader: 1})
		return
	}
	r.log = append(r.log, entry{from, q.Seq, 1})
	for to := node.ID(2); int(to) <= r.nodes; to++ {
		env.Send(to, Message{Number: uint64(len(r.log)), Value: q.Command})
	}
}

// Receive acknowledges a command, or counts an acknowledgement.
func (r *Replica) Receive(env node.Env[Message], from node.ID, m *Message) {
	if !m.Ack {
		env.Send(from, Message{Ack: true, Number: m.Number})
		return
	}
	e := &r.log[m.Number-1]
	if e.acks++; e.acks == r.nodes/2+1 {
		env.Reply(e.client, node.Reply{Seq: e.seq, Status: node.OK, Output: []byte{5}})
	}
}

// AppendState appends how long the log is.
func (r *Replica) AppendState(dst []byte) []byte {
	return binary.LittleEndian.AppendUint64(dst, uint64(len(r.log)))
}

// Scenario is the protocol in the simulator.
func Scenario() scenarios.Scenario {
	return scenarios.Define(scenarios.Spec[Message, *Message]{
		Name: "toy", Doc: "a leader for ever, under a load to be measured", Knobs: speed.Knobs(), Quorums: speed.Majority,
		Replica:  func(_ node.ID, c *scenarios.Config) node.Node[Message] { return &Replica{nodes: c.Nodes} },
		Workload: speed.Writes{},
	})
}
