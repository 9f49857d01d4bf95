package paxos

import (
	"testing"

	"github.com/stretchr/testify/require"

	"simrun/node"
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
