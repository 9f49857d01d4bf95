package uncoordinated

import (
	"encoding/binary"
	"errors"
	"fmt"

	"simrun/node"
	"simrun/node/fact"
	"simrun/node/machine"
)

// Message tells another replica of a command that the sender has executed.
type Message struct {
	Number  uint64 // of the command at its sender, from 1
	Command []byte
}

// kindShare is the only kind of message.
const kindShare = 1

// Site names the message by its number.
func (m *Message) Site() (kind uint8, key uint64) { return kindShare, m.Number }

// Append appends the encoding: the number and the command.
func (m *Message) Append(dst []byte) []byte {
	return append(binary.BigEndian.AppendUint64(append(dst, kindShare), m.Number), m.Command...)
}

var errMessage = errors.New("uncoordinated: malformed message")

// Decode reads what Append wrote. Command aliases b.
func (m *Message) Decode(b []byte) error {
	if len(b) < 9 || b[0] != kindShare {
		return errMessage
	}
	*m = Message{Number: binary.BigEndian.Uint64(b[1:]), Command: b[9:len(b):len(b)]}
	return nil
}

// Facts states nothing: nothing is promised here.
func (m *Message) Facts(func(fact.Fact)) {}

// String describes the message.
func (m *Message) String() string { return fmt.Sprintf("Share %d, %d bytes", m.Number, len(m.Command)) }

// Replica is one copy. It implements node.Node, and keeps nothing on disk.
type Replica struct {
	self   node.ID
	nodes  []node.ID
	copy   machine.Machine
	shared uint64
	output []byte
}

// New returns the replica self of nodes, with an empty copy.
func New(self node.ID, nodes []node.ID, copy machine.Machine) *Replica {
	return &Replica{self: self, nodes: nodes, copy: copy}
}

// Start has nothing to recover.
func (r *Replica) Start(node.Env[Message]) {}

// Request executes a command, answers, and tells the others.
func (r *Replica) Request(env node.Env[Message], from node.Client, q *node.Request) {
	if q.Op != node.Command {
		env.Reply(from, node.Reply{Seq: q.Seq, Status: node.Refused})
		return
	}
	r.output = r.copy.Apply(q.Command, r.output[:0])
	env.Reply(from, node.Reply{Seq: q.Seq, Status: node.OK, Output: r.output})
	r.shared++
	for _, id := range r.nodes {
		if id != r.self {
			env.Send(id, Message{Number: r.shared, Command: q.Command})
		}
	}
}

// Receive executes what another replica has executed, in the order in which it comes to hear of it.
func (r *Replica) Receive(_ node.Env[Message], _ node.ID, m *Message) {
	r.output = r.copy.Apply(m.Command, r.output[:0])
}

// Timer is never called: there are no timers.
func (r *Replica) Timer(node.Env[Message], node.TimerID) {}

// AppendState appends the number of commands shared, and the copy.
func (r *Replica) AppendState(dst []byte) []byte {
	return r.copy.Snapshot(binary.BigEndian.AppendUint64(dst, r.shared))
}
