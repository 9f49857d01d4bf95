package paxos

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
	// Prepare asks for a promise for Ballot (phase 1a).
	Prepare Kind = iota + 1
	// Promise answers Prepare: the sender will ignore ballots below Ballot, and has accepted Value in Accepted, if
	// that is not zero (phase 1b).
	Promise
	// Accept asks to accept Value in Ballot (phase 2a).
	Accept
	// Accepted answers Accept: the sender has accepted in Ballot (phase 2b). Value is the value it accepted.
	Accepted
	// Reject answers Prepare and Accept for Ballot: the sender has promised a higher one, Promised.
	Reject
	// Chosen tells that Value was chosen.
	Chosen
	// Query asks for Chosen.
	Query
	// synced is what a replica sends to itself to learn that its log is durable through record Through. It never
	// crosses the network.
	synced

	numKinds
)

var kindNames = [numKinds]string{
	Prepare: "Prepare", Promise: "Promise", Accept: "Accept", Accepted: "Accepted", Reject: "Reject",
	Chosen: "Chosen", Query: "Query", synced: "synced",
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
	Ballot   node.Ballot
	Accepted node.Ballot // in Promise: the ballot in which Value was accepted
	Promised node.Ballot // in Reject: what the sender has promised
	Through  uint64      // in synced
	Value    []byte
}

// Site names the message by its kind and its ballot.
func (m *Message) Site() (kind uint8, key uint64) { return uint8(m.Kind), uint64(m.Ballot) }

const fixedLen = 1 + 3*8

// Append appends the encoding: kind, three ballots, value. Through has none, since synced never leaves its replica.
func (m *Message) Append(dst []byte) []byte {
	dst = append(dst, byte(m.Kind))
	dst = binary.BigEndian.AppendUint64(dst, uint64(m.Ballot))
	dst = binary.BigEndian.AppendUint64(dst, uint64(m.Accepted))
	dst = binary.BigEndian.AppendUint64(dst, uint64(m.Promised))
	return append(dst, m.Value...)
}

var errMessage = errors.New("paxos: malformed message")

// Decode reads what Append wrote. Value aliases b.
func (m *Message) Decode(b []byte) error {
	if len(b) < fixedLen || b[0] == 0 || Kind(b[0]) >= synced {
		return errMessage
	}
	*m = Message{
		Kind:     Kind(b[0]),
		Ballot:   node.Ballot(binary.BigEndian.Uint64(b[1:])),
		Accepted: node.Ballot(binary.BigEndian.Uint64(b[9:])),
		Promised: node.Ballot(binary.BigEndian.Uint64(b[17:])),
		Value:    b[fixedLen:len(b):len(b)],
	}
	return nil
}

// slot is where the one decision stands in facts and replies, which number decisions from 1.
const slot = 1

// Facts states what the sender must have on disk when the message leaves. A proposer has promised its own ballot
// before any message carries it.
func (m *Message) Facts(emit func(fact.Fact)) {
	switch m.Kind {
	case Prepare:
		emit(promised(m.Ballot))
		emit(fact.Fact{Kind: fact.Began, Ballot: uint64(m.Ballot)})
	case Accept:
		emit(promised(m.Ballot))
		emit(fact.Fact{Kind: fact.Proposed, Slot: slot, Ballot: uint64(m.Ballot), Value: fact.Digest(m.Value), Bytes: m.Value})
	case Promise:
		emit(fact.Fact{Kind: fact.Promised, Ballot: uint64(m.Ballot), Seq: uint64(m.Accepted)})
		if m.Accepted != 0 {
			emit(voted(m.Accepted, m.Value))
		}
	case Accepted:
		emit(voted(m.Ballot, m.Value))
	case Reject:
		emit(promised(m.Promised))
	}
}

func promised(b node.Ballot) fact.Fact {
	return fact.Fact{Kind: fact.Promised, Ballot: uint64(b)}
}

func voted(b node.Ballot, value []byte) fact.Fact {
	return fact.Fact{Kind: fact.Voted, Slot: slot, Ballot: uint64(b), Value: fact.Digest(value), Bytes: value}
}

// String describes the message in the terms of the paper.
func (m *Message) String() string {
	switch m.Kind {
	case Promise:
		if m.Accepted != 0 {
			return fmt.Sprintf("Promise %v (accepted %x in %v)", m.Ballot, m.Value, m.Accepted)
		}
	case Accept, Accepted:
		return fmt.Sprintf("%s %v value %x", kindNames[m.Kind], m.Ballot, m.Value)
	case Reject:
		return fmt.Sprintf("Reject %v (promised %v)", m.Ballot, m.Promised)
	case Chosen:
		return fmt.Sprintf("Chosen value %x", m.Value)
	case Query:
		return "Query"
	}
	if m.Kind >= numKinds {
		return "unknown"
	}
	return fmt.Sprintf("%s %v", kindNames[m.Kind], m.Ballot)
}
