package multipaxos

import (
	"fmt"

	"simrun/node"
	"simrun/node/fact"
)

// Kind is the kind of a message.
type Kind uint8

const (
	// Prepare asks for a promise. (Ballot, Slot: the first slot it is about)
	Prepare Kind = iota + 1
	// Promise gives it. (Ballot, Slot as asked; Floor: slots up to it are gone; Value: every vote from Slot on, see report)
	Promise
	// Reject refuses a ballot. (Ballot: the one refused; Promised: the one that stands in its way)
	Reject
	// Accept proposes a value. (Ballot, Slot, Value, Commit: slots up to it are chosen)
	Accept
	// Accepted is a vote. (Ballot, Slot, Digest of the value)
	Accepted
	// Settled refuses to vote where the outcome is known and the vote gone. (Ballot, Slot, Floor, Commit)
	Settled
	// Learn tells what is chosen: the leader's own proposals up to Commit. (Ballot, Commit)
	Learn
	// Heartbeat is a Learn that is sent whether or not there is news. (Ballot, Commit)
	Heartbeat
	// Fetch asks for chosen values. (Slot: the first wanted)
	Fetch
	// Chosen brings them. (Slot: the first; Value: the values of consecutive slots, see appendValue; Commit)
	Chosen
	// Image brings a state machine instead, where values are gone. (Slot: the last it contains; Value; Commit)
	Image
	// Synced tells a replica, by itself, that records up to number Slot are durable. It never travels.
	Synced

	numKinds
)

var kindNames = [numKinds]string{
	Prepare: "Prepare", Promise: "Promise", Reject: "Reject", Accept: "Accept", Accepted: "Accepted", Settled: "Settled",
	Learn: "Learn", Heartbeat: "Heartbeat", Fetch: "Fetch", Chosen: "Chosen", Image: "Image", Synced: "Synced",
}

// String returns the kind's name.
func (k Kind) String() string {
	if k < numKinds && kindNames[k] != "" {
		return kindNames[k]
	}
	return "unknown"
}

// Message is what replicas send each other. Each Kind says which fields it uses; the others are zero.
type Message struct {
	Kind     Kind
	Ballot   node.Ballot // that the message belongs to
	Promised node.Ballot // by the sender
	Slot     uint64
	Commit   uint64 // every slot up to it is chosen
	Floor    uint64 // every slot up to it is chosen, applied, and no longer in the sender's log
	Digest   uint64 // of a value
	Value    []byte
}

// Site names the message by its kind and what it is about: its slot, or its round where it is about a ballot.
func (m *Message) Site() (kind uint8, key uint64) {
	switch m.Kind {
	case Prepare, Promise, Reject, Heartbeat:
		return uint8(m.Kind), m.Ballot.Round()
	case Learn:
		return uint8(m.Kind), m.Commit
	}
	return uint8(m.Kind), m.Slot
}

// Facts emits what the message says about its sender's promises and votes.
func (m *Message) Facts(emit func(fact.Fact)) {
	switch m.Kind {
	case Prepare, Accept, Learn, Heartbeat: // sent by the ballot's owner, who promised it before anybody else
		emit(fact.Fact{Kind: fact.Promised, Ballot: uint64(m.Ballot)})
	case Promise:
		emit(fact.Fact{Kind: fact.Promised, Ballot: uint64(m.Ballot)})
		for list := (report{rest: m.Value, slot: m.Slot}); list.next(); {
			if list.ballot != learned {
				emit(voted(list.ballot, list.slot, list.value))
			}
		}
	case Reject:
		emit(fact.Fact{Kind: fact.Promised, Ballot: uint64(m.Promised)})
	case Accepted:
		emit(fact.Fact{Kind: fact.Promised, Ballot: uint64(m.Ballot)})
		emit(fact.Fact{Kind: fact.Voted, Slot: m.Slot, Ballot: uint64(m.Ballot), Value: m.Digest})
	}
}

func voted(b node.Ballot, slot uint64, value []byte) fact.Fact {
	return fact.Fact{Kind: fact.Voted, Slot: slot, Ballot: uint64(b), Value: fact.Digest(value), Bytes: value}
}

// String describes the message in the protocol's terms.
func (m *Message) String() string {
	switch m.Kind {
	case Prepare:
		return fmt.Sprintf("Prepare %v from slot %d", m.Ballot, m.Slot)
	case Promise:
		text := fmt.Sprintf("Promise %v from slot %d", m.Ballot, m.Slot)
		if m.Floor >= m.Slot {
			text += fmt.Sprintf(", floor %d", m.Floor)
		}
		for list := (report{rest: m.Value, slot: m.Slot}); list.next(); {
			if list.ballot == learned {
				text += fmt.Sprintf(", %d chosen as %s", list.slot, describe(list.value))
			} else {
				text += fmt.Sprintf(", %d accepted in %v as %s", list.slot, list.ballot, describe(list.value))
			}
		}
		return text
	case Reject:
		return fmt.Sprintf("Reject %v, promised %v", m.Ballot, m.Promised)
	case Accept:
		return fmt.Sprintf("Accept %v slot %d %s, commit %d", m.Ballot, m.Slot, describe(m.Value), m.Commit)
	case Accepted:
		return fmt.Sprintf("Accepted %v slot %d", m.Ballot, m.Slot)
	case Settled:
		return fmt.Sprintf("Settled %v slot %d, floor %d, commit %d", m.Ballot, m.Slot, m.Floor, m.Commit)
	case Learn, Heartbeat:
		return fmt.Sprintf("%v %v commit %d", m.Kind, m.Ballot, m.Commit)
	case Fetch:
		return fmt.Sprintf("Fetch from slot %d", m.Slot)
	case Chosen:
		text := fmt.Sprintf("Chosen from slot %d, commit %d:", m.Slot, m.Commit)
		for list := (values{rest: m.Value}); list.next(); {
			text += " " + describe(list.value)
		}
		return text
	case Image:
		return fmt.Sprintf("Image of slot %d, %d bytes, commit %d", m.Slot, len(m.Value), m.Commit)
	case Synced:
		return fmt.Sprintf("Synced %d", m.Slot)
	}
	return m.Kind.String()
}

// describe writes a value as the commands in it: "[c1#4 c2#1]".
func describe(value []byte) string {
	text := "["
	for list := (commands{rest: value}); list.next(); {
		if len(text) > 1 {
			text += " "
		}
		text += fmt.Sprintf("%v#%d", list.client.Addr(), list.seq)
	}
	return text + "]"
}
