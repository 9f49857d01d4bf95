package paxos

import (
	"testing"

	"github.com/stretchr/testify/require"

	"simrun/node"
	"simrun/node/fact"
	"simrun/node/nodetest"
)

// staged boots a replica n1.
func staged(c Config) *nodetest.Stage[Message, *Message] {
	s := nodetest.New[Message](1)
	s.Boot(New(1, c))
	return s
}

// A replica that is no member has no vote, whoever asks for it. It asks around until it knows what was chosen, and answers clients then.
func TestLearnerApart(t *testing.T) {
	c := Majority(2, 3, 4)
	c.Learners = []node.ID{1, 5}
	require.NoError(t, c.Validate())
	s := staged(c)
	s.Receive(2, Message{Kind: Prepare, Ballot: node.NewBallot(1, 2)})
	s.Receive(2, Message{Kind: Accept, Ballot: node.NewBallot(1, 2), Value: []byte("v")})
	require.Empty(t, s.Take())
	s.Request(7, node.Request{Op: node.Command, Seq: 1, Command: []byte("w")})
	require.Equal(t, "to c7: #1 redirect\n", s.Take())
	s.Fire(timerPoll)
	require.Equal(t, "to n2: Query\n", s.Take())
	s.Receive(3, Message{Kind: Chosen, Value: []byte("v")})
	require.Equal(t, "learns slot 1\n", s.Take())
	s.Request(7, node.Request{Op: node.Command, Seq: 2, Command: []byte("w")})
	require.Equal(t, "to c7: #2 76\n", s.Take())
	s.Receive(5, Message{Kind: Query}) // another learner may ask it
	require.Equal(t, "to n5: Chosen value 76\n", s.Take())
	s.Receive(6, Message{Kind: Query}) // a stranger may not
	require.Empty(t, s.Take())

	c.Learners = []node.ID{1, 3}
	require.EqualError(t, c.Validate(), "paxos: a learner is a member, or named twice")
	c.Learners = []node.ID{1, 1}
	require.Error(t, c.Validate())
}

// Whoever is not distinguished sends clients on, and does not take over what it finds accepted; whoever is tells the learners what was chosen.
func TestDistinguished(t *testing.T) {
	c := Majority(1, 2, 3)
	c.Distinguished = 2
	s := staged(c)
	s.Request(7, node.Request{Op: node.Command, Seq: 1, Command: []byte("w")})
	require.Equal(t, "to c7: #1 redirect\n", s.Take())
	s.Receive(2, Message{Kind: Accept, Ballot: node.NewBallot(1, 2), Value: []byte("v")})
	s.Sync()
	s.Take()
	for range 3 {
		s.Fire(timerPoll)
		require.Equal(t, "to n2: Query\n", s.Take())
	}
	c.Distinguished = 4
	require.EqualError(t, c.Validate(), "paxos: the distinguished proposer is no member")

	c.Distinguished, c.Learners = 1, []node.ID{4}
	s = staged(c)
	s.Request(7, node.Request{Op: node.Command, Seq: 1, Command: []byte("w")})
	s.Sync()
	s.Receive(2, Message{Kind: Promise, Ballot: node.NewBallot(1, 1)})
	s.Sync()
	s.Take()
	s.Receive(3, Message{Kind: Accepted, Ballot: node.NewBallot(1, 1), Value: []byte("w")})
	require.Contains(t, s.Take(), "to n4: Chosen value 77\n")
}

// ears is an Env that hears what is told to clients and checkers.
type ears struct {
	nowhere
	replies []node.Reply
	facts   []fact.Fact
}

func (e *ears) Reply(_ node.Client, r node.Reply) { e.replies = append(e.replies, r) }
func (e *ears) Observe(f fact.Fact)               { e.facts = append(e.facts, f) }

// As many clients may wait as there is room for. One more is told so, and one that waits already is not.
func TestRoomForClients(t *testing.T) {
	e := &ears{}
	r := New(1, Majority(1, 2, 3))
	r.Start(e)
	ask := func(client node.Client, seq uint64) {
		r.Request(e, client, &node.Request{Op: node.Command, Seq: seq, Command: []byte("v")})
	}
	for client := node.Client(1); client <= maxWaiting; client++ {
		ask(client, 1)
	}
	require.Empty(t, e.replies)
	ask(maxWaiting+1, 9)
	require.Equal(t, []node.Reply{{Seq: 9, Status: node.Overloaded}}, e.replies)
	ask(maxWaiting, 2)
	require.Len(t, e.replies, 1)
	require.Contains(t, r.Describe(), "waiting 1024 clients")

	// All are answered with what was chosen, and nobody waits any more. That it was learned and applied is stated.
	e.replies = nil
	r.Receive(e, 2, &Message{Kind: Chosen, Value: []byte("v")})
	require.Len(t, e.replies, maxWaiting)
	require.Equal(t, node.Reply{Seq: 1, Status: node.OK, Slot: 1, Output: []byte("v")}, e.replies[0])
	require.Equal(t, uint64(2), e.replies[maxWaiting-1].Seq)
	d := fact.Digest([]byte("v"))
	require.Equal(t, []fact.Fact{
		{Kind: fact.Learned, Slot: 1, Value: d, Bytes: []byte("v")}, {Kind: fact.Applied, Slot: 1, Value: d, State: [2]uint64{d, 0}},
	}, e.facts)
	require.Equal(t, []string{"promised 1.1", "proposer idle", "chosen 76"}, r.Describe())
}

// A client is sent to the one who proposes, or to any other member where each does.
func TestWhomClientsAreSentTo(t *testing.T) {
	c := Majority(2, 3, 4)
	c.Learners = []node.ID{1}
	for distinguished, to := range map[node.ID]node.ID{0: 2, 3: 3} {
		c.Distinguished = distinguished
		e := &ears{}
		r := New(1, c)
		r.Start(e)
		r.Request(e, 7, &node.Request{Op: node.Command, Seq: 1})
		require.Equal(t, []node.Reply{{Seq: 1, Status: node.Redirect, Leader: to}}, e.replies)
	}
}

// What got no answer in a phase is sent again after a while that begins with the phase.
func TestEachPhaseHasItsTime(t *testing.T) {
	c := Majority(1, 2, 3)
	s := staged(c)
	s.Request(7, node.Request{Op: node.Command, Seq: 1, Command: []byte("v")})
	s.Sync()
	at, _ := s.Armed(timerProposer)
	require.Equal(t, c.Resend, at)
	s.Clock = 5
	s.Receive(2, Message{Kind: Promise, Ballot: node.NewBallot(1, 1)})
	at, _ = s.Armed(timerProposer)
	require.Equal(t, 5+c.Resend, at)
}
