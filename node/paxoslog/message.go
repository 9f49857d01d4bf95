package paxoslog

import (
	"encoding/binary"
	"errors"
	"fmt"

	"simrun/node"
	"simrun/node/fact"
	"simrun/node/paxos"
)

// Message is a message of one slot's decree.
type Message struct {
	Slot   uint64 // from 1
	Decree paxos.Message
}

// Site names the message by its kind, and its slot and ballot.
func (m *Message) Site() (kind uint8, key uint64) {
	kind, key = m.Decree.Site()
	return kind, key<<20 ^ m.Slot
}

// Append appends the encoding: the slot, and the decree's message.
func (m *Message) Append(dst []byte) []byte {
	return m.Decree.Append(binary.AppendUvarint(dst, m.Slot))
}

var errMessage = errors.New("paxoslog: malformed message")

// Decode reads what Append wrote.
func (m *Message) Decode(b []byte) error {
	slot, n := binary.Uvarint(b)
	if n <= 0 || slot == 0 || slot > MaxSlots {
		return errMessage
	}
	*m = Message{Slot: slot}
	return m.Decree.Decode(b[n:])
}

// Facts states nothing: package fact is about one log with votes in one file.
func (m *Message) Facts(func(fact.Fact)) {}

// About returns what the message is about, for a timeline.
func (m *Message) About() (slot uint64, ballot node.Ballot, value uint64) {
	return m.Slot, m.Decree.Ballot, 0
}

// String describes the message.
func (m *Message) String() string { return fmt.Sprintf("slot %d: %v", m.Slot, &m.Decree) }
