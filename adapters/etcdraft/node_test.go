package etcdraft

import (
	"bytes"
	"encoding/binary"
	"testing"

	"github.com/stretchr/testify/require"
	pb "go.etcd.io/raft/v3/raftpb"
	"pgregory.net/rapid"

	"simrun/node"
	"simrun/node/machine"
	"simrun/node/nodetest"
)

func config(id uint64, nodes int) Config {
	return Config{
		ID: id, Nodes: nodes, Heartbeat: 10 * node.Millisecond, Election: 100 * node.Millisecond,
		MaxMessageBytes: 1 << 16, MaxInflight: 16, MaxSessions: 100, CheckpointEvery: 3, Reads: ReadLeader,
	}
}

// alone returns a group of one, which leads.
func alone() *nodetest.Stage[Message, *Message] {
	s := nodetest.New[Message, *Message](1)
	s.Boot(New(config(1, 1)))
	s.Sync()
	s.Fire(election)
	s.Sync()
	return s
}

// A command is answered when it is durable, and not before; after a crash it is still there, and a retry gets the same answer.
func TestRestart(t *testing.T) {
	s := alone()
	s.Request(1, node.Request{Op: node.Register, Seq: 1})
	s.Sync()
	put := node.Request{Op: node.Command, Session: 3, Seq: 1, Command: machine.AppendPut(nil, []byte("k"), []byte("1"))}
	s.Take()
	s.Request(1, put)
	require.NotContains(t, s.Take(), "to c1", "not durable yet")
	s.Sync()
	require.Contains(t, s.Take(), "to c1: #1 04\n", "there was no value before")

	s.Boot(New(config(1, 1))) // a crash
	s.Fire(election)
	s.Sync()
	s.Take()
	s.Request(1, put)
	s.Sync()
	require.Contains(t, s.Take(), "to c1: #1 04\n")
	s.Request(2, node.Request{Op: node.Read, Seq: 1, Command: machine.AppendGet(nil, []byte("k"))})
	s.Sync()
	require.Contains(t, s.Take(), "to c2: #1 0531\n")
}

// A vote leaves when it is durable; a crash before that forgets both.
func TestVoteIsDurableFirst(t *testing.T) {
	s := nodetest.New[Message, *Message](1)
	s.Boot(New(config(1, 3)))
	s.Sync()
	s.Take()
	vote := pb.Message{Type: pb.MsgVote, From: 2, To: 1, Term: 2, Index: 1, LogTerm: 1}
	s.Receive(2, encode(&vote))
	require.Equal(t, "once durable, to n2: MsgVoteResp term 2 index 0\n", s.Take())
	s.Boot(New(config(1, 3))) // a crash
	require.Empty(t, s.Take())
	vote.From = 3 // and so another may have the vote
	s.Receive(3, encode(&vote))
	s.Sync()
	require.Contains(t, s.Take(), "to n3: MsgVoteResp term 2 index 0\n")
	s.Boot(New(config(1, 3)))
	vote.From = 2 // which is not forgotten
	s.Receive(2, encode(&vote))
	s.Sync()
	require.Contains(t, s.Take(), "to n2: MsgVoteResp term 2 index 0 rejected\n")
}

// A replica whose log is damaged in what was synced falls silent.
func TestDamageSilences(t *testing.T) {
	s := alone()
	for seq := uint64(1); seq <= 3; seq++ {
		s.Request(1, node.Request{Op: node.Register, Seq: seq})
		s.Sync()
	}
	whole := bytes.Clone(s.Durable(File))
	for at := range len(whole) / 2 {
		broken := bytes.Clone(whole)
		broken[at] ^= 4
		s.Replace(File, broken)
		s.Sync()
		n := New(config(1, 1))
		s.Boot(n)
		require.True(t, n.silent, "byte %d", at)
		s.Take()
		s.Request(1, node.Request{Op: node.Register, Seq: 1})
		s.Receive(2, encode(&pb.Message{Type: pb.MsgVote, From: 2, To: 1, Term: 9}))
		s.Sync()
		require.Empty(t, s.Take(), "byte %d", at)
	}
}

// Messages survive their encoding, and what is cut short is refused or harmless.
func TestMessageCodec(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x := pb.Message{
			Type: pb.MsgApp, From: 1, To: 2, Term: rapid.Uint64().Draw(t, "term"), Index: rapid.Uint64().Draw(t, "index"),
			Entries: []pb.Entry{{Index: 1, Data: rapid.SliceOf(rapid.Byte()).Draw(t, "data")}},
		}
		m := encode(&x)
		b := m.Append(nil)
		var got Message
		require.NoError(t, got.Decode(b))
		require.Equal(t, m, got)
		_ = got.Decode(b[:rapid.IntRange(0, len(b)-1).Draw(t, "length")])
		_ = got.String()
	})
}

// An image holds the whole state, and has one digest.
func TestImage(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := New(config(1, 1))
		for i := range rapid.IntRange(0, 20).Draw(t, "commands") {
			n.applied = uint64(i) + 2
			switch {
			case len(n.sessions.list) == 0 || rapid.Bool().Draw(t, "opens"):
				n.sessions.open(n.applied, rapid.IntRange(1, 4).Draw(t, "limit"))
			default:
				s := &n.sessions.list[rapid.IntRange(0, len(n.sessions.list)-1).Draw(t, "session")]
				s.seq, s.used = s.seq+1, n.applied
				s.output = n.machine.Apply(machine.AppendPut(nil, []byte("k"), binary.AppendUvarint(nil, s.seq)), nil)
				n.sessions.note(s)
			}
		}
		image := n.appendImage(nil)
		other := New(config(2, 1))
		require.True(t, other.restore(pb.Snapshot{Data: image, Metadata: pb.SnapshotMetadata{Index: n.applied, Term: 1}}))
		require.Equal(t, n.digest(), other.digest())
		require.Equal(t, image, other.appendImage(nil))
	})
}
