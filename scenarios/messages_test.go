package scenarios

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"simrun/faults"
	"simrun/netsim"
	"simrun/node"
	"simrun/node/multipaxos"
)

// named is an artifact that names messages wherever one can.
func named(t *testing.T) (Artifact, string) {
	t.Helper()
	s, err := Find("kv")
	require.NoError(t, err)
	in := inputOf(t, s, 3, faults.Calm)
	in.Config.Nodes, in.Config.Spares = 3, 0
	in.Plan.Faults = []faults.Fault{
		{Kind: faults.DropNth, Nth: 2, Message: uint8(multipaxos.Promise)},
		{Kind: faults.CrashAt, Nodes: []node.ID{1}, On: faults.OnSend, Message: uint8(multipaxos.Accept), Nth: 1, For: faults.Second},
		{Kind: faults.DropNth, Nth: 2},
	}
	in.Fates = []Exception{
		{Fate: netsim.Drop, From: node.ID(1).Addr(), To: node.ID(2).Addr(), Kind: netsim.Kind(multipaxos.Accepted), Key: 1},
		{Fate: netsim.Drop, From: node.Client(1).Addr(), To: node.ID(2).Addr(), Kind: kindOf(t, "request"), Key: 1},
		{Fate: netsim.Drop, From: node.ID(2).Addr(), To: node.Client(1).Addr(), Kind: kindOf(t, "reply/1"), Key: 1},
	}
	a := NewArtifact(Build{}, s, faults.Profile{Name: faults.Calm}, Result{Input: in, Verdict: Run(s.NewCluster(), in).Verdict}, nil)
	text, err := json.Marshal(a)
	require.NoError(t, err)
	return a, string(text)
}

// An artifact has the names of messages, and is read back as it was. Numbers in their place, as artifacts had once, mean the same: such an artifact
// was not edited either.
func TestMessagesByName(t *testing.T) {
	a, text := named(t)
	for _, part := range []string{`"message":"Promise"`, `"message":"Accept"`, `"kind":"Accepted"`, `"kind":"request"`, `"kind":"reply/1"`} {
		require.Contains(t, text, part)
	}
	require.Equal(t, 2, strings.Count(text, `"message":`), "no message is none of kind 0")
	back, _, err := ParseArtifact([]byte(text))
	require.NoError(t, err)
	require.Equal(t, a, back)
	require.False(t, back.Edited())

	numbers := strings.NewReplacer(`"message":"Promise"`, `"message":2`, `"message":"Accept"`, `"message":"4"`, `"kind":"Accepted"`, `"kind":"5"`,
		a.InputHash, inputHash(a.Scenario, a.text())).Replace(text)
	old, _, err := ParseArtifact([]byte(numbers))
	require.NoError(t, err)
	require.Equal(t, a.Input, old.Input)
	require.False(t, old.Edited())
	old.Fates[0].Kind++
	require.True(t, old.Edited())
}

// Where a protocol numbers its messages otherwise than it did, names still name the same ones, and nobody edited anything.
func TestMessagesRenumbered(t *testing.T) {
	a, _ := named(t)
	shifted := append(messageNames{""}, a.messages...)
	plan, err := shifted.readPlan(a.messages.writePlan(a.Plan))
	require.NoError(t, err)
	require.EqualValues(t, multipaxos.Promise+1, plan.Faults[0].Message)
	fates, err := shifted.readFates(a.messages.writeFates(a.Fates))
	require.NoError(t, err)
	require.EqualValues(t, multipaxos.Accepted+1, fates[0].Kind)
	require.Equal(t, a.Fates[1:], fates[1:], "clients' messages have no numbers")
	in := a.Input
	in.Plan, in.Fates = plan, fates
	require.Equal(t, a.InputHash, inputHash(a.Scenario, shifted.inputText(in)))
}

// A message that the protocol does not have is refused in one line.
func TestUnknownMessages(t *testing.T) {
	_, text := named(t)
	for _, c := range []struct{ old, new, says string }{
		{`"message":"Accept"`, `"message":"Acept"`, `plan: fault 2: message: the protocol has no message "Acept": there are Prepare, Promise, Reject, Accept, `},
		{`"message":"Accept"`, `"message":"request"`, `plan: fault 2: message: it is about messages between replicas, and "request" is none`},
		{`"message":"Accept"`, `"message":300`, `plan: fault 2: message: the protocol has no message "300"`},
		{`"message":"Accept"`, `"message":-1`, `not a valid artifact: `},
		{`"kind":"Accepted"`, `"kind":"accepted"`, `fates: exception 1: kind: the protocol has no message "accepted": there are Prepare`},
	} {
		require.Contains(t, text, c.old)
		_, _, err := ParseArtifact([]byte(strings.Replace(text, c.old, c.new, 1)))
		require.ErrorContains(t, err, c.says)
		require.NotContains(t, err.Error(), "\n")
	}
}

// A protocol without names has numbers.
func TestNumberedMessages(t *testing.T) {
	var none messageNames
	p := faults.Plan{Faults: []faults.Fault{{Kind: faults.DropNth, Nth: 2, Message: 7}}}
	text, err := json.Marshal(none.writePlan(p))
	require.NoError(t, err)
	require.Contains(t, string(text), `"message":"7"`)
	var read planText
	require.NoError(t, json.Unmarshal(text, &read))
	back, err := none.readPlan(read)
	require.NoError(t, err)
	require.Equal(t, p, back)
	_, err = none.readPlan(planText{[]faultText{{Message: "Accept"}}})
	require.ErrorContains(t, err, `"Accept" is no kind of message`)
}
