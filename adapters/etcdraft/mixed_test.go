package etcdraft

import (
	"testing"

	"github.com/stretchr/testify/require"
	pb "go.etcd.io/raft/v3/raftpb"

	"simrun/node/nodetest"
)

// Why preVote and checkQuorum are settings of the group, and never of one replica (see scenario.go). A replica that was alone for a while has stood for
// election again and again, and has a higher term than the leader. The leader must get to know of it, to step down and win a term above it.
// With the same setting everywhere it does, in one way or the other; a leader with checkQuorum and such a replica without are deaf to each other.
func TestSettingsMustAgree(t *testing.T) {
	// lonely returns a follower that has come to term 4.
	lonely := func(preVote, checkQuorum bool) *nodetest.Stage[Message, *Message] {
		s := nodetest.New[Message, *Message](2)
		c := config(2, 3)
		c.PreVote, c.CheckQuorum = preVote, checkQuorum
		s.Boot(New(c))
		s.Receive(3, encode(&pb.Message{Type: pb.MsgVote, From: 3, To: 2, Term: 4, Index: 1, LogTerm: 1}))
		s.Sync()
		s.Take()
		return s
	}
	// leader returns n1, which has just come to lead in term 2 with the vote of n3.
	leader := func(checkQuorum bool) *nodetest.Stage[Message, *Message] {
		s := nodetest.New[Message, *Message](1)
		c := config(1, 3)
		c.CheckQuorum = checkQuorum
		s.Boot(New(c))
		s.Sync()
		s.Fire(election)
		s.Sync()
		s.Receive(3, encode(&pb.Message{Type: pb.MsgVoteResp, From: 3, To: 1, Term: 2}))
		s.Sync()
		require.Contains(t, s.Take(), "MsgApp term 2 after 1")
		return s
	}
	heartbeat := pb.Message{Type: pb.MsgHeartbeat, From: 1, To: 2, Term: 2}
	vote := pb.Message{Type: pb.MsgVote, From: 2, To: 1, Term: 5, Index: 1, LogTerm: 1}

	// checkQuorum everywhere, or preVote everywhere: the replica tells the leader its term when it hears of it.
	for _, on := range []struct{ preVote, checkQuorum bool }{{true, false}, {false, true}, {true, true}} {
		s := lonely(on.preVote, on.checkQuorum)
		s.Receive(1, encode(&heartbeat))
		s.Sync()
		require.Equal(t, "to n1: MsgAppResp term 4 index 0\n", s.Take(), "%v", on)
	}
	// Neither anywhere: it says nothing, but the leader heeds its call for votes, and comes to its term.
	off := lonely(false, false)
	off.Receive(1, encode(&heartbeat))
	off.Sync()
	require.Empty(t, off.Take())
	heeds := leader(false)
	heeds.Receive(2, encode(&vote))
	heeds.Sync()
	require.Contains(t, heeds.Take(), "to n2: MsgVoteResp term 5")
	// The leader with checkQuorum, the replica without: nothing comes of the heartbeat, as above, and nothing of the call for votes.
	deaf := leader(true)
	for range 1000 {
		deaf.Receive(3, encode(&pb.Message{Type: pb.MsgHeartbeatResp, From: 3, To: 1, Term: 2}))
		deaf.Fire(tick)
		deaf.Take()
		deaf.Receive(2, encode(&vote))
		deaf.Sync()
		require.Empty(t, deaf.Take())
		vote.Term++
	}
}

// The knobs of the scenario keep to that: faults that give one replica other settings leave these two alone.
func TestSettingsAgree(t *testing.T) {
	local := map[string]bool{}
	for _, k := range spec().Knobs {
		local[k.Name] = k.Local
	}
	require.True(t, local["heartbeat"])
	require.False(t, local["preVote"])
	require.False(t, local["checkQuorum"])
}
