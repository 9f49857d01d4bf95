package uncoordinated

import (
	"testing"

	"github.com/stretchr/testify/require"

	"simrun/node"
	"simrun/node/machine"
	"simrun/node/nodetest"
)

// It answers from its own copy, tells the others afterwards, and does what they tell it, in whatever order they do.
func TestReplica(t *testing.T) {
	s := nodetest.New[Message](1)
	s.Boot(New(1, []node.ID{1, 2, 3}, new(machine.Bank)))
	s.Request(7, node.Request{Op: node.Command, Seq: 1, Command: machine.AppendDeposit(nil, 0, 5)})
	require.Equal(t, "to c7: #1 0000000000000005\nto n2: Share 1, 13 bytes\nto n3: Share 1, 13 bytes\n", s.Take())
	s.Receive(2, Message{Number: 1, Command: machine.AppendDeposit(nil, 0, 2)})
	require.Empty(t, s.Take())
	s.Request(7, node.Request{Op: node.Command, Seq: 2, Command: machine.AppendBalance(nil, 0)})
	require.Contains(t, s.Take(), "to c7: #2 0000000000000007\n")
	s.Request(7, node.Request{Op: node.Read, Seq: 3})
	require.Equal(t, "to c7: #3 refused\n", s.Take())
}

func TestMessage(t *testing.T) {
	m := Message{Number: 9, Command: []byte("cmd")}
	var got Message
	require.NoError(t, got.Decode(m.Append(nil)))
	require.Equal(t, m, got)
	require.Error(t, got.Decode(nil))
	require.Error(t, got.Decode(make([]byte, 9)))
}
