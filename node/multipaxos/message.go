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
	// Promise gives it. (Ballot, Slot as asked; Commit: slots up to it are applied; Floor: and gone; Value: every vote from Slot
	// on, see report)
	Promise
	// Reject refuses a ballot. (Ballot: the one refused; Promised: the one that stands in its way)
	Reject
	// Accept proposes a value. (Ballot, Slot, Value, Commit: slots up to it are chosen)
	Accept
	// Accepted is a vote. (Ballot, Slot, Digest of the value)
	Accepted
	// Settled refuses to vote where the outcome is known and the vote gone. (Ballot, Slot, Floor, Commit)
	Settled
	// Learn tells what is chosen: the leader's own proposals up to Commit. (Ballot, Commit, Slot as in a Heartbeat)
	Learn
	// Heartbeat is a Learn that is sent whether or not there is news. (Ballot, Commit; Slot: slots up to it were taken over
	// from earlier ballots, or the highest number there is until all of them are known; Mark: the round; Span: the lease asked for, in nanoseconds)
	Heartbeat
	// Alive answers a Heartbeat, and grants the lease. (Ballot, Mark and Span as asked, Commit: slots up to it are applied)
	Alive
	// PreVote asks whether a Prepare would be welcome. (Ballot: that of the Prepare, Commit: slots up to it are applied)
	PreVote
	// PreVoted says that it would. (Ballot as asked, Commit)
	PreVoted
	// Behind says that the sender of a PreVote, or of a Prepare that a lease bars, should learn first. (Ballot as asked, Commit)
	Behind
	// Stand tells a replica to stand for election at once: the leader makes room for it, and needs no lease of rounds up to Mark. (Ballot of the leader, Mark)
	Stand
	// Release gives back leases. (Ballot, Mark: those of rounds up to it)
	Release
	// Fetch asks for chosen values. (Slot: the first wanted, 0: an image, for there is no state to build on)
	Fetch
	// Chosen brings them. (Slot: the first; Value: the values of consecutive slots, see appendValue; Commit)
	Chosen
	// Resume asks for the rest of an image. (Slot: the last it contains; Mark: how much of it is here)
	Resume
	// Image brings a part of an image of the state, where values are gone. (Slot: the last it contains; Mark: where in the image
	// the part begins; Span: the size of the image in bytes; Value: the part; Commit)
	Image
	// Repair asks the leader for a ballot above Promised: the sender's votes up to that are lost. (Ballot of the leader, Promised)
	Repair
	// Leave asks whether the sender, who is no member any more, may fall silent. (Slot: the first that is not its business; Commit: slots up to
	// it are applied)
	Leave
	// Dismiss says that it may. (Slot as asked)
	Dismiss
	// Synced tells a replica, by itself, that records up to number Slot are durable. It never travels.
	Synced

	numKinds
)

var kindNames = [numKinds]string{
	Prepare: "Prepare", Promise: "Promise", Reject: "Reject", Accept: "Accept", Accepted: "Accepted", Settled: "Settled",
	Learn: "Learn", Heartbeat: "Heartbeat", Alive: "Alive", PreVote: "PreVote", PreVoted: "PreVoted", Behind: "Behind", Stand: "Stand",
	Release: "Release", Fetch: "Fetch", Chosen: "Chosen", Resume: "Resume", Image: "Image", Repair: "Repair", Leave: "Leave",
	Dismiss: "Dismiss", Synced: "Synced",
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
	Mark     uint64 // a round of heartbeats, or a place in an image
	Span     uint64 // of a lease, or of an image
	Digest   uint64 // of a value
	Value    []byte
}

// Site names the message by its kind and what it is about: its slot, or its round where it is about a ballot.
func (m *Message) Site() (kind uint8, key uint64) {
	switch m.Kind {
	case Prepare, Promise, Reject, PreVote, PreVoted, Behind, Stand, Release, Repair:
		return uint8(m.Kind), m.Ballot.Round()
	case Learn:
		return uint8(m.Kind), m.Commit
	case Heartbeat, Alive, Resume, Image: // rounds and places recur whoever leads, and whatever the image is of
		return uint8(m.Kind), m.Mark
	}
	return uint8(m.Kind), m.Slot
}

// Facts emits what the message says about its sender's promises and votes.
func (m *Message) Facts(emit func(fact.Fact)) {
	switch m.Kind {
	case Prepare, Accept, Learn, Heartbeat, Stand, Release: // sent by the ballot's owner, who promised it before anybody else
		emit(fact.Fact{Kind: fact.Promised, Ballot: uint64(m.Ballot)})
	case Promise:
		emit(fact.Fact{Kind: fact.Promised, Ballot: uint64(m.Ballot)})
		for list := m.report(); list.next(); {
			if list.ballot != learned {
				emit(voted(list.ballot, list.slot, list.value))
			}
		}
	case Reject, Repair:
		emit(fact.Fact{Kind: fact.Promised, Ballot: uint64(m.Promised)})
	case Accepted:
		emit(fact.Fact{Kind: fact.Promised, Ballot: uint64(m.Ballot)})
		emit(fact.Fact{Kind: fact.Voted, Slot: m.Slot, Ballot: uint64(m.Ballot), Value: m.Digest})
	case Alive:
		if m.Span > 0 {
			emit(fact.Fact{Kind: fact.Granted, Ballot: uint64(m.Ballot)})
		}
	}
}

// report walks through the votes in a Promise. There are none for slots that are gone.
func (m *Message) report() report { return report{rest: m.Value, slot: max(m.Slot, m.Floor+1)} }

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
		for list := m.report(); list.next(); {
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
	case Learn:
		return fmt.Sprintf("Learn %v commit %d", m.Ballot, m.Commit)
	case Heartbeat:
		text := fmt.Sprintf("Heartbeat %v round %d, commit %d", m.Ballot, m.Mark, m.Commit)
		if m.Span > 0 {
			text += ", asks for a lease"
		}
		return text
	case Alive:
		text := fmt.Sprintf("Alive %v round %d, commit %d", m.Ballot, m.Mark, m.Commit)
		if m.Span > 0 {
			text += ", grants the lease"
		}
		return text
	case PreVote, PreVoted, Behind:
		return fmt.Sprintf("%v %v commit %d", m.Kind, m.Ballot, m.Commit)
	case Stand:
		return fmt.Sprintf("Stand in place of %v after round %d", m.Ballot, m.Mark)
	case Release:
		return fmt.Sprintf("Release %v leases up to round %d", m.Ballot, m.Mark)
	case Fetch:
		if m.Slot == 0 {
			return "Fetch an image"
		}
		return fmt.Sprintf("Fetch from slot %d", m.Slot)
	case Resume:
		return fmt.Sprintf("Resume the image of slot %d from byte %d", m.Slot, m.Mark)
	case Repair:
		return fmt.Sprintf("Repair above %v", m.Promised)
	case Leave, Dismiss:
		return fmt.Sprintf("%v at slot %d", m.Kind, m.Slot)
	case Chosen:
		text := fmt.Sprintf("Chosen from slot %d, commit %d:", m.Slot, m.Commit)
		for list := (values{rest: m.Value}); list.next(); {
			text += " " + describe(list.value)
		}
		return text
	case Image:
		return fmt.Sprintf("Image of slot %d, bytes %d to %d of %d, commit %d", m.Slot, m.Mark, m.Mark+uint64(len(m.Value)), m.Span, m.Commit)
	case Synced:
		return fmt.Sprintf("Synced %d", m.Slot)
	}
	return m.Kind.String()
}

var opNames = [...]string{node.Read: "read ", node.Register: "register ", node.Configure: "configure ", node.Transfer: "transfer "}

// ValueName names a value by the commands in it: "register c1#1 c2#4".
func ValueName(value []byte) (text string) {
	list := commands{value: value}
	for list.next() {
		if text != "" {
			text += " "
		}
		text += opNames[min(list.op, node.Transfer)]
		text += fmt.Sprintf("%v#%d", list.client.Addr(), list.seq)
	}
	return text
}

func describe(value []byte) string { return "[" + ValueName(value) + "]" }
