package etcdraft

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/bits"

	pb "go.etcd.io/raft/v3/raftpb"

	"simrun/node"
	"simrun/node/fact"
)

// Message is an encoded message of the library, with what names it in front.
type Message struct {
	Kind  uint8 // the library's type plus 1, or synced
	Term  uint64
	Index uint64
	Bytes []byte // as the library encodes it
}

// synced tells the replica itself that its log is durable through the record Index.
const synced = uint8(pb.MsgForgetLeader) + 2

// maxKind is the highest kind that crosses the network.
const maxKind = uint8(pb.MsgPreVoteResp) + 1

var errShort = errors.New("etcdraft: message is cut short")

func encode(m *pb.Message) Message {
	b, err := m.Marshal()
	if err != nil {
		panic("etcdraft: the library made a message that it cannot encode: " + err.Error())
	}
	return Message{Kind: uint8(m.Type) + 1, Term: m.Term, Index: m.Index, Bytes: b}
}

// Site names the message by its type, and by term and index.
func (m *Message) Site() (kind uint8, key uint64) {
	return m.Kind, bits.RotateLeft64(m.Term, 40) ^ m.Index
}

// Append appends kind, term, index and the library's encoding.
func (m *Message) Append(dst []byte) []byte {
	dst = binary.AppendUvarint(append(dst, m.Kind), m.Term)
	return append(binary.AppendUvarint(dst, m.Index), m.Bytes...)
}

// Decode reads what Append wrote.
func (m *Message) Decode(b []byte) error {
	if len(b) == 0 {
		return errShort
	}
	in := reader{rest: b[1:]}
	*m = Message{Kind: b[0], Term: in.uvarint(), Index: in.uvarint()}
	m.Bytes = in.rest
	if in.bad {
		return errShort
	}
	return nil
}

// Facts emits nothing: what a message of Raft states, such as a match up to an index, is no promise or vote of a Paxos log.
func (m *Message) Facts(func(fact.Fact)) {}

// About returns index and term.
func (m *Message) About() (slot uint64, ballot node.Ballot, value uint64) {
	return m.Index, node.NewBallot(m.Term, 0), 0
}

// String writes the message as "MsgApp term 2 after 7: 8 9".
func (m *Message) String() string {
	if m.Kind == synced {
		return fmt.Sprintf("log is durable through record %d", m.Index)
	}
	var x pb.Message
	if m.Kind == 0 || x.Unmarshal(m.Bytes) != nil {
		return "a message that cannot be read"
	}
	s := fmt.Sprintf("%v term %d", x.Type, x.Term)
	switch x.Type {
	case pb.MsgApp:
		s += fmt.Sprintf(" after %d of term %d, committed %d", x.Index, x.LogTerm, x.Commit)
		for i := range x.Entries {
			s += fmt.Sprintf(", %d.%d", x.Entries[i].Term, x.Entries[i].Index)
		}
	case pb.MsgSnap:
		s += fmt.Sprintf(" through %d", x.Snapshot.Metadata.Index)
	default:
		s += fmt.Sprintf(" index %d", x.Index)
	}
	if x.Reject {
		s += " rejected"
	}
	return s
}

// reader takes bytes apart. Once something is missing, all that follows is 0.
type reader struct {
	rest []byte
	bad  bool
}

func (r *reader) uvarint() uint64 {
	v, n := binary.Uvarint(r.rest)
	if n <= 0 {
		r.bad, r.rest = true, nil
		return 0
	}
	r.rest = r.rest[n:]
	return v
}

func (r *reader) bytes() []byte {
	n := r.uvarint()
	if n > uint64(len(r.rest)) {
		r.bad, r.rest = true, nil
		return nil
	}
	b := r.rest[:n:n]
	r.rest = r.rest[n:]
	return b
}

func appendBytes(dst, b []byte) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(b))), b...)
}
