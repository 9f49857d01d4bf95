package caspaxos

import (
	"encoding/binary"
	"errors"
	"fmt"

	"simrun/node"
	"simrun/node/fact"
)

// Kind says what a message is.
type Kind uint8

const (
	// Prepare asks for a promise for Ballot on the register Key (phase 1a).
	Prepare Kind = iota + 1
	// Promise answers Prepare: the sender has accepted Row in Accepted, unless that is zero (phase 1b).
	Promise
	// Accept asks to accept Row in Ballot (phase 2a).
	Accept
	// Accepted answers Accept (phase 2b).
	Accepted
	// Reject answers Prepare and Accept for Ballot: the sender has promised a higher one, Promised.
	Reject
	// synced is what a replica sends to itself to learn that its log is durable through record Through. It never crosses the network.
	synced

	numKinds
)

var kindNames = [numKinds]string{
	Prepare: "Prepare", Promise: "Promise", Accept: "Accept", Accepted: "Accepted", Reject: "Reject", synced: "synced",
}

// String returns the kind's name.
func (k Kind) String() string {
	if k > 0 && k < numKinds {
		return kindNames[k]
	}
	return "unknown"
}

// Message is what replicas send each other.
type Message struct {
	Kind     Kind
	Key      []byte
	Ballot   node.Ballot
	Accepted node.Ballot // in Promise: the ballot in which Row was accepted
	Promised node.Ballot // in Reject: what the sender has promised
	Through  uint64      // in synced
	Row      []byte      // encoded; empty for a row that never was
}

// Site names the message by its kind, and by its register and ballot.
func (m *Message) Site() (kind uint8, key uint64) {
	return uint8(m.Kind), fact.Digest(m.Key) ^ uint64(m.Ballot)
}

const fixedLen = 1 + 3*8 + 4

// Append appends the encoding: kind, three ballots, the key behind its length, the row.
func (m *Message) Append(dst []byte) []byte {
	dst = append(dst, byte(m.Kind))
	dst = binary.BigEndian.AppendUint64(dst, uint64(m.Ballot))
	dst = binary.BigEndian.AppendUint64(dst, uint64(m.Accepted))
	dst = binary.BigEndian.AppendUint64(dst, uint64(m.Promised))
	dst = binary.BigEndian.AppendUint32(dst, uint32(len(m.Key)))
	return append(append(dst, m.Key...), m.Row...)
}

var errMessage = errors.New("caspaxos: malformed message")

// Decode reads what Append wrote. Key and Row alias b.
func (m *Message) Decode(b []byte) error {
	if len(b) < fixedLen || b[0] == 0 || Kind(b[0]) >= synced {
		return errMessage
	}
	n := binary.BigEndian.Uint32(b[25:])
	if uint64(n) > uint64(len(b)-fixedLen) {
		return errMessage
	}
	end := fixedLen + int(n)
	*m = Message{
		Kind:     Kind(b[0]),
		Ballot:   node.Ballot(binary.BigEndian.Uint64(b[1:])),
		Accepted: node.Ballot(binary.BigEndian.Uint64(b[9:])),
		Promised: node.Ballot(binary.BigEndian.Uint64(b[17:])),
		Key:      b[fixedLen:end:end],
		Row:      b[end:len(b):len(b)],
	}
	return nil
}

// Facts states nothing: promises and votes in package fact are those of one log, and here every key has its own.
func (m *Message) Facts(func(fact.Fact)) {}

// String describes the message in the terms of the paper.
func (m *Message) String() string {
	switch m.Kind {
	case Promise:
		if m.Accepted != 0 {
			return fmt.Sprintf("Promise %v of %x (accepted %s in %v)", m.Ballot, m.Key, rowText(m.Row), m.Accepted)
		}
		return fmt.Sprintf("Promise %v of %x", m.Ballot, m.Key)
	case Accept:
		return fmt.Sprintf("Accept %v of %x: %s", m.Ballot, m.Key, rowText(m.Row))
	case Reject:
		return fmt.Sprintf("Reject %v of %x (promised %v)", m.Ballot, m.Key, m.Promised)
	case Prepare, Accepted:
		return fmt.Sprintf("%s %v of %x", kindNames[m.Kind], m.Ballot, m.Key)
	case synced:
		return fmt.Sprintf("synced through %d", m.Through)
	}
	return fmt.Sprintf("message of kind %d", m.Kind)
}
