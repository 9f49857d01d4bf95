package paxos

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"simrun/node"
	"simrun/node/fact"
	"simrun/node/wal"
)

// The last configuration that is refused, and the first that is not, on each side of each limit.
func TestConfigLimits(t *testing.T) {
	many := make([]node.ID, MaxNodes)
	for i := range many {
		many[i] = node.ID(i + 1)
	}
	require.NoError(t, Majority(many...).Validate())
	require.ErrorContains(t, Majority(append(many, MaxNodes+1)...).Validate(), "at most 128")
	require.NoError(t, Majority(1).Validate())
	for _, c := range []struct {
		phase1, phase2 int
		says           string // empty: good
	}{
		{2, 2, ""}, {1, 3, ""}, {3, 1, ""}, {3, 3, ""},
		{0, 3, "quorums of 0 and 3"}, {3, 0, "quorums of 3 and 0"}, {4, 3, "quorums of 4 and 3"}, {3, 4, "quorums of 3 and 4"},
		{1, 2, "need not intersect"}, {2, 1, "need not intersect"},
	} {
		config := Majority(1, 2, 3)
		config.Phase1, config.Phase2 = c.phase1, c.phase2
		requireValid(t, config, c.says)
	}
	for _, c := range []struct {
		resend, poll, low, high node.Local
		says                    string
	}{
		{1, 1, 0, 0, ""}, {1, 1, 3, 3, ""},
		{0, 1, 0, 0, "must be positive"}, {1, 0, 0, 0, "must be positive"},
		{1, 1, -1, 0, "must not be negative"}, {1, 1, 3, 2, "at least BackoffMin"},
	} {
		config := Majority(1, 2, 3)
		config.Resend, config.Poll, config.BackoffMin, config.BackoffMax = c.resend, c.poll, c.low, c.high
		requireValid(t, config, c.says)
	}
}

func requireValid(t *testing.T, c Config, says string) {
	t.Helper()
	if says == "" {
		require.NoError(t, c.Validate())
		return
	}
	require.ErrorContains(t, c.Validate(), says)
}

// Sets of members use two words, and the last place of each counts.
func TestMembers(t *testing.T) {
	var s members
	for n, i := range []int{0, 63, 64, 127} {
		require.False(t, s.has(i))
		s.add(i)
		s.add(i)
		require.True(t, s.has(i))
		require.Equal(t, n+1, s.len())
	}
	require.False(t, s.has(1) || s.has(126))
}

// What is no message is refused: too short by a byte, or of a kind that never crosses the network.
func TestDecodeRefuses(t *testing.T) {
	whole := (&Message{Kind: Query}).Append(nil)
	require.Len(t, whole, fixedLen)
	var m Message
	require.NoError(t, m.Decode(whole))
	require.Error(t, m.Decode(whole[:fixedLen-1]))
	require.Error(t, m.Decode(nil))
	for _, kind := range []Kind{0, synced, numKinds, 255} {
		whole[0] = byte(kind)
		require.Error(t, m.Decode(whole), "kind %d", kind)
		if kind != synced {
			require.Equal(t, kind == 0, (&Message{Kind: kind}).String() != "unknown")
		}
	}
}

// lots is an Env that swallows everything and draws what it is told to.
type lots struct {
	nowhere
	next uint64
}

func (e *lots) Rand() uint64 { return e.next }

// A pause is random from nothing up to a span that doubles, and is BackoffMax from where the doubling would exceed it.
func TestBackoff(t *testing.T) {
	for _, c := range []struct {
		low, high node.Local
		attempts  uint64
		longest   node.Local
	}{
		{5, 500, 0, 5}, {5, 500, 1, 10}, {5, 500, 6, 320}, {5, 500, 7, 500}, {5, 500, 64, 500}, {5, 500, math.MaxUint64, 500},
		{5, 11, 1, 10}, {5, 9, 1, 9}, {5, 5, 3, 5}, {0, 7, 2, 0},
	} {
		config := Majority(1, 2, 3)
		config.BackoffMin, config.BackoffMax = c.low, c.high
		r := New(1, config)
		r.proposer.attempts = c.attempts
		require.Equal(t, c.longest, r.backoff(&lots{next: math.MaxUint64}), "%v", c)
		require.Zero(t, r.backoff(&lots{}))
	}
}

// memory is a disk with one file that was written by somebody else.
type memory struct {
	nowhere
	log []byte
}

func (e *memory) Append(_ string, b []byte)   { e.log = append(e.log, b...) }
func (e *memory) Read(string) ([]byte, error) { return e.log, nil }

// A replica does not take part if its log holds what it would never have written: a kind it does not know, or a ballot cut short.
// Facts leave such records out.
func TestStrangeRecords(t *testing.T) {
	ballot := []byte{0, 0, 0, 0, 0, 3, 0, 2}
	for _, c := range []struct {
		kind    uint8
		payload []byte
		silent  bool
		facts   []fact.Fact
	}{
		{recordPromise, ballot, false, []fact.Fact{promised(node.NewBallot(3, 2))}},
		{recordPromise, ballot[:7], true, nil},
		{recordVote, append(ballot[:8:8], 'v'), false, []fact.Fact{promised(node.NewBallot(3, 2)), voted(node.NewBallot(3, 2), []byte("v"))}},
		{recordVote, ballot, false, []fact.Fact{promised(node.NewBallot(3, 2)), voted(node.NewBallot(3, 2), nil)}},
		{recordVote, ballot[:7], true, nil},
		{recordChosen, []byte("v"), false, nil},
		{recordChosen, nil, false, nil},
		{recordChosen + 1, ballot, true, nil},
	} {
		env := &memory{}
		log, _, err := wal.Open(env, file, func(wal.Record) {})
		require.NoError(t, err)
		log.Append(env, c.kind, c.payload)
		r := New(1, Majority(1, 2, 3))
		r.Start(env)
		require.Equal(t, c.silent, r.silent, "kind %d, %d bytes", c.kind, len(c.payload))
		require.Equal(t, c.kind == recordChosen, r.learner.known)
		var facts []fact.Fact
		DurableFacts(file, env.log, func(f fact.Fact) {
			if len(f.Bytes) == 0 {
				f.Bytes = nil
			}
			facts = append(facts, f)
		})
		require.Equal(t, c.facts, facts)
		DurableFacts("another", env.log, func(fact.Fact) { t.Fatal("the file is not the log") })
	}
}
