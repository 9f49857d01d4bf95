package paxos

import (
	"testing"

	"github.com/stretchr/testify/require"

	"simrun/node"
	"simrun/node/fact"
)

// nowhere is an Env that swallows everything.
type nowhere struct{ sent int }

func (e *nowhere) Self() node.ID                     { return 1 }
func (e *nowhere) Now() node.Local                   { return 0 }
func (e *nowhere) Rand() uint64                      { return 0 }
func (e *nowhere) SetTimer(node.TimerID, node.Local) {}
func (e *nowhere) StopTimer(node.TimerID)            {}
func (e *nowhere) Append(string, []byte)             {}
func (e *nowhere) Replace(string, []byte)            {}
func (e *nowhere) Truncate(string, int)              {}
func (e *nowhere) Read(string) ([]byte, error)       { return nil, nil }
func (e *nowhere) Observe(fact.Fact)                 {}
func (e *nowhere) Perturb(uint16) bool               { return false }
func (e *nowhere) Logf(string, ...uint64)            {}
func (e *nowhere) Send(node.ID, Message)             { e.sent++ }
func (e *nowhere) SendDurable(node.ID, Message)      { e.sent++ }
func (e *nowhere) Reply(node.Client, node.Reply)     {}

// An acceptor promises and votes without allocating.
func TestAcceptorAllocatesNothing(t *testing.T) {
	env := &nowhere{}
	r := New(1, Majority(1, 2, 3))
	r.Start(env)
	value := make([]byte, 100)
	round := uint64(0)
	exchange := func() {
		round++
		b := node.NewBallot(round, 2)
		r.Receive(env, 2, &Message{Kind: Prepare, Ballot: b})
		r.Receive(env, 2, &Message{Kind: Accept, Ballot: b, Value: value})
		r.Receive(env, 3, &Message{Kind: Prepare, Ballot: node.NewBallot(1, 1)})
	}
	exchange() // the scratch grows
	require.Zero(t, testing.AllocsPerRun(100, exchange))
	require.Equal(t, node.NewBallot(round, 2), r.acceptor.accepted)
	require.Positive(t, env.sent)
}
