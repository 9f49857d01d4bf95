package sharded

import (
	"encoding/binary"
	"fmt"

	"simrun/node"
	"simrun/node/fact"
	"simrun/node/multipaxos"
)

// Kind is the kind of a message: one of the kinds of package multipaxos, within a group, or one of those below, between groups.
type Kind uint8

const (
	// Prepare asks a participant to promise its share. (Items)
	Prepare = Kind(multipaxos.Synced) + 1 + iota
	// Vote answers it. (Result, Seen)
	Vote
	// Finish tells a participant of the decision. (Verdict)
	Finish
	// Ack answers it.
	Ack
)

// Message is what replicas send each other.
type Message struct {
	Paxos multipaxos.Message // within a group; the others are zero then

	Kind    Kind
	Client  node.Client // and its number for the transaction,
	Seq     uint64
	Try     uint64 // and the try, from 1, that it is about
	Group   uint64 // of the sender
	Result  byte
	Verdict verdict
	Items   []Item
	Seen    []int64
}

// Site names the message by its kind, and its slot, ballot or transaction.
func (m *Message) Site() (kind uint8, key uint64) {
	if m.Kind == 0 {
		return m.Paxos.Site()
	}
	return uint8(m.Kind), uint64(m.Client)<<40 ^ m.Seq<<16 ^ m.Try
}

// Append appends the encoding.
func (m *Message) Append(dst []byte) []byte {
	if m.Kind == 0 {
		return m.Paxos.Append(dst)
	}
	dst = m.id().append(append(dst, byte(m.Kind)))
	dst = binary.AppendUvarint(binary.AppendUvarint(dst, m.Try), m.Group)
	dst = append(dst, m.Result, byte(m.Verdict))
	switch m.Kind {
	case Prepare:
		return appendItems(dst, m.Items)
	case Vote:
		return appendSeen(binary.AppendUvarint(dst, uint64(len(m.Seen))), m.Seen)
	}
	return dst
}

func (m *Message) id() id { return id{m.Client, m.Seq} }

// Decode sets the message from its encoding.
func (m *Message) Decode(b []byte) error {
	if len(b) == 0 || Kind(b[0]) < Prepare {
		*m = Message{}
		return m.Paxos.Decode(b)
	}
	in := reader{rest: b[1:]}
	x := in.id()
	*m = Message{Kind: Kind(b[0]), Client: x.client, Seq: x.seq, Try: in.uvarint(), Group: in.uvarint(), Result: in.byte(), Verdict: verdict(in.byte())}
	switch m.Kind {
	case Prepare:
		m.Items = in.items()
	case Vote:
		m.Seen = in.seen(in.uvarint())
	}
	if in.bad || len(in.rest) > 0 || m.Kind > Ack {
		return errMalformed
	}
	return nil
}

// Facts states nothing: slots, promises and votes in package fact are those of one log, and here are several.
func (m *Message) Facts(func(fact.Fact)) {}

// About returns what the message is about, for a timeline: its ballot.
func (m *Message) About() (slot uint64, ballot node.Ballot, value uint64) {
	if m.Kind == 0 {
		return m.Paxos.About()
	}
	return 0, 0, 0
}

var (
	resultNames  = [...]string{resultVote: "yes", resultBusy: "no: locked", resultStale: "no: it is over"}
	verdictNames = [...]string{abort: "abort", commit: "commit", abandon: "abandon"}
)

// String describes the message.
func (m *Message) String() string {
	text := fmt.Sprintf("%v#%d try %d", m.Client.Addr(), m.Seq, m.Try)
	switch m.Kind {
	case 0:
		return m.Paxos.String()
	case Prepare:
		return fmt.Sprintf("Prepare %s: %s", text, describe(m.Items))
	case Vote:
		return fmt.Sprintf("Vote %s: %s", text, name(resultNames[:], m.Result))
	case Finish:
		return fmt.Sprintf("Finish %s: %s", text, name(verdictNames[:], byte(m.Verdict)))
	}
	return "Ack " + text
}

func name(names []string, of byte) string {
	if int(of) < len(names) {
		return names[of]
	}
	return "nonsense"
}

// describe writes items as "read k0, write k1 7".
func describe(items []Item) string {
	text := ""
	for i, item := range items {
		if i > 0 {
			text += ", "
		}
		if item.Write {
			text += fmt.Sprintf("write k%d %d", item.Key, item.Value)
		} else {
			text += fmt.Sprintf("read k%d", item.Key)
		}
	}
	return text
}
