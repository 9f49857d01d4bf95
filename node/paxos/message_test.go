package paxos

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"simrun/node"
	"simrun/node/fact"
	"simrun/node/nodetest"
)

func TestMessageEncoding(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := Message{
			Kind:     Kind(rapid.IntRange(1, int(synced)-1).Draw(t, "kind")),
			Ballot:   node.Ballot(rapid.Uint64().Draw(t, "ballot")),
			Accepted: node.Ballot(rapid.Uint64().Draw(t, "accepted")),
			Promised: node.Ballot(rapid.Uint64().Draw(t, "promised")),
			Value:    rapid.SliceOf(rapid.Byte()).Draw(t, "value"),
		}
		var got Message
		require.NoError(t, got.Decode(m.Append([]byte("x"))[1:]))
		require.Equal(t, m, got)
		require.NotContains(t, m.String(), "unknown")
	})
}

func FuzzMessage(f *testing.F) {
	f.Add((&Message{Kind: Promise, Ballot: 5, Value: []byte("v")}).Append(nil))
	f.Add([]byte{byte(synced)})
	f.Fuzz(func(t *testing.T, b []byte) {
		var m Message
		if err := m.Decode(b); err != nil {
			return
		}
		if got := m.Append(nil); string(got) != string(b) {
			t.Fatalf("%x decodes and encodes as %x", b, got)
		}
		_ = m.String()
	})
}

// FuzzRecovery boots a replica on arbitrary bytes, behind an intact record: it must not panic, and must tell the same
// facts as it remembers.
func FuzzRecovery(f *testing.F) {
	f.Add([]byte("not a record"))
	f.Fuzz(func(t *testing.T, b []byte) {
		s := nodetest.New[Message](1)
		s.Boot(New(1, Majority(1, 2, 3)))
		s.Receive(2, Message{Kind: Prepare, Ballot: node.NewBallot(3, 2)})
		s.Append(file, b)
		s.Sync()
		r := New(1, Majority(1, 2, 3))
		s.Boot(r)
		var promised uint64
		DurableFacts(file, s.Durable(file), func(f fact.Fact) {
			if f.Kind == fact.Promised {
				promised = max(promised, f.Ballot)
			}
		})
		if !r.silent && (r.acceptor.promised < node.NewBallot(3, 2) || uint64(r.acceptor.promised) != promised) {
			t.Fatalf("remembers a promise for %v, and the disk tells of %d", r.acceptor.promised, promised)
		}
	})
}

func TestConfig(t *testing.T) {
	ok := Majority(1, 2, 3)
	require.NoError(t, ok.Validate())
	for name, spoil := range map[string]func(c *Config){
		"no members":          func(c *Config) { c.Nodes = nil },
		"not a node id":       func(c *Config) { c.Nodes = []node.ID{0, 1, 2} },
		"named twice":         func(c *Config) { c.Nodes = []node.ID{1, 2, 1} },
		"quorums of 0":        func(c *Config) { c.Phase1 = 0 },
		"out of 3":            func(c *Config) { c.Phase2 = 4 },
		"need not intersect":  func(c *Config) { c.Phase2 = 1 },
		"must be positive":    func(c *Config) { c.Poll = 0 },
		"at least BackoffMin": func(c *Config) { c.BackoffMax = c.BackoffMin - 1 },
		"at most 128 are pos": func(c *Config) { c.Nodes = make([]node.ID, 129) },
	} {
		c := Majority(1, 2, 3)
		spoil(&c)
		require.ErrorContains(t, c.Validate(), name)
	}
}

// What a message states must be on its sender's disk: that is what the checkers hold it against. A timeline shows the ballot and the value.
func TestWhatMessagesState(t *testing.T) {
	b, before, v := node.NewBallot(4, 2), node.NewBallot(3, 1), []byte("v")
	digest := fact.Digest(v)
	vote := func(b node.Ballot) fact.Fact {
		return fact.Fact{Kind: fact.Voted, Slot: 1, Ballot: uint64(b), Value: digest, Bytes: v}
	}
	promise := fact.Fact{Kind: fact.Promised, Ballot: uint64(b)}
	for _, c := range []struct {
		m     Message
		facts []fact.Fact
		slot  uint64
		value uint64
	}{
		{Message{Kind: Prepare, Ballot: b}, []fact.Fact{promise, {Kind: fact.Began, Ballot: uint64(b)}}, 0, 0},
		{Message{Kind: Promise, Ballot: b}, []fact.Fact{promise}, 0, 0},
		{
			Message{Kind: Promise, Ballot: b, Accepted: before, Value: v},
			[]fact.Fact{{Kind: fact.Promised, Ballot: uint64(b), Seq: uint64(before)}, vote(before)}, 0, digest,
		},
		{
			Message{Kind: Accept, Ballot: b, Value: v},
			[]fact.Fact{promise, {Kind: fact.Proposed, Slot: 1, Ballot: uint64(b), Value: digest, Bytes: v}}, 1, digest,
		},
		{Message{Kind: Accepted, Ballot: b, Value: v}, []fact.Fact{vote(b)}, 1, digest},
		{Message{Kind: Reject, Ballot: before, Promised: b}, []fact.Fact{promise}, 0, 0},
		{Message{Kind: Chosen, Ballot: b, Value: v}, nil, 1, digest},
		{Message{Kind: Query}, nil, 0, 0},
	} {
		var facts []fact.Fact
		c.m.Facts(func(f fact.Fact) { facts = append(facts, f) })
		require.Equal(t, c.facts, facts, c.m.String())
		slot, ballot, value := c.m.About()
		require.Equal(t, c.m.Ballot, ballot, c.m.String())
		require.Equal(t, []uint64{c.slot, c.value}, []uint64{slot, value}, c.m.String())
	}
}

// Every kind has a name of its own, and what is no kind has none.
func TestKindsHaveNames(t *testing.T) {
	seen := map[string]Kind{"": 0}
	for k := Prepare; k < numKinds; k++ {
		require.NotContains(t, seen, k.String())
		require.NotEqual(t, "unknown", k.String())
		seen[k.String()] = k
	}
	require.Equal(t, Prepare, seen["Prepare"])
	require.Equal(t, synced, seen["synced"])
	for _, k := range []Kind{0, numKinds, 255} {
		require.Equal(t, "unknown", k.String())
	}
}
