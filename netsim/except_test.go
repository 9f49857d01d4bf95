package netsim

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"simrun/node"
	"simrun/sim/stream"
)

func n(id node.ID) node.Addr { return id.Addr() }

// An exception is about one message: the second of its name here, and no other.
func TestExceptions(t *testing.T) {
	second := func(f Fate, delay int64) Exception {
		return Exception{From: n(1), To: n(2), Kind: 1, Key: 5, Attempt: 1, Fate: f, Delay: delay}
	}
	for _, c := range []struct {
		name       string
		rule       Rule
		exceptions []Exception
		want       []int64 // arrivals of the three messages, sent at once, in order of the attempts; 0 for never
		copies     int
	}{
		{name: "none", want: []int64{1000, 1000, 1000}},
		{name: "dropped", exceptions: []Exception{second(Drop, 0)}, want: []int64{1000, 0, 1000}},
		{name: "late", exceptions: []Exception{second(Delay, 77)}, want: []int64{1000, 1077, 1000}},
		{name: "twice", exceptions: []Exception{second(Duplicate, 77)}, want: []int64{1000, 1000, 1000}, copies: 1},
		{name: "late and twice", exceptions: []Exception{second(Duplicate, 7), second(Delay, 77)}, want: []int64{1000, 1077, 1000}, copies: 1},
		{name: "delivered through a partition", rule: Rule{Block: true}, exceptions: []Exception{second(Deliver, 0)}, want: []int64{0, 1000, 0}},
		{name: "delivered on a slow link", rule: Rule{Delay: 50}, exceptions: []Exception{second(Deliver, 0)}, want: []int64{1050, 1000, 1050}},
		{name: "dropped goes before all", exceptions: []Exception{second(Deliver, 0), second(Drop, 0), second(Duplicate, 1)}, want: []int64{1000, 0, 1000}},
		{name: "on another link", exceptions: []Exception{{From: n(2), To: n(1), Kind: 1, Key: 5, Fate: Drop}}, want: []int64{1000, 1000, 1000}},
		{name: "of another kind", exceptions: []Exception{{From: n(1), To: n(2), Kind: 2, Key: 5, Fate: Drop}}, want: []int64{1000, 1000, 1000}},
		{name: "with another key", exceptions: []Exception{{From: n(1), To: n(2), Kind: 1, Key: 6, Fate: Drop}}, want: []int64{1000, 1000, 1000}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(1, Config{LatencyMin: 1000})
			w.AddRule(1, Rule{From: Everybody(), To: Everybody(), Block: c.rule.Block, Delay: c.rule.Delay})
			w.Except(c.exceptions)
			for i := range int64(3) { // one after another, to tell them apart
				w.Send(1, 2, &note{kind: 1, number: 5})
				sent := w.Now()
				w.drain(t)
				if c.want[i] == 0 {
					require.Empty(t, w.got)
				} else {
					require.Equal(t, c.want[i], w.got[0].at-sent, "message %d", i)
				}
				if i != 1 {
					require.LessOrEqual(t, len(w.got), 1)
				} else if c.copies > 0 {
					require.Len(t, w.got, 2)
					require.Greater(t, w.got[1].at, w.got[0].at)
				}
				w.inbox.got = nil
			}
			counts := w.Counts()
			require.Equal(t, counts.Sent-counts.Dropped-counts.Blocked+counts.Duplicated, counts.Arrived)
		})
	}
}

// Client traffic has names too; and a calm network makes no exceptions.
func TestExceptionsForClients(t *testing.T) {
	w := newWorld(1, Config{LatencyMin: 1000})
	w.Except([]Exception{
		{From: node.Client(2).Addr(), To: n(2), Kind: requestKind, Key: 7, Fate: Drop},
		{From: n(2), To: node.Client(2).Addr(), Kind: replyKind | Kind(node.OK), Key: 7, Fate: Drop},
	})
	w.SendRequest(2, 2, &node.Request{Seq: 7})
	w.SendRequest(2, 2, &node.Request{Seq: 8})
	w.Net.Reply(2, 2, node.Reply{Seq: 7, Status: node.OK})
	w.Net.Reply(2, 2, node.Reply{Seq: 8, Status: node.OK})
	w.drain(t)
	require.Len(t, w.got, 2)
	w.Except([]Exception{{From: n(1), To: n(2), Kind: 1, Key: 7, Fate: Drop}})
	w.Calm(none)
	w.Send(1, 2, &note{kind: 1, number: 7})
	w.drain(t)
	require.Len(t, w.got, 3)
}

// What rules did to messages can be told as exceptions: with them and without the rules, everything arrives at the same times.
func TestStrikesAreExceptions(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		seed := rapid.Uint64().Draw(t, "seed")
		rules := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Rule {
			end := func() Set {
				if id := rapid.IntRange(0, 5).Draw(t, "end"); id > 0 {
					return SetOf(n(node.ID(id)))
				}
				return Everybody()
			}
			return Rule{
				From: end(), To: end(),
				Block: rapid.IntRange(0, 5).Draw(t, "block") == 0, Drop: rapid.Uint64Range(0, 500_000).Draw(t, "drop"),
				Duplicate: rapid.Uint64Range(0, 500_000).Draw(t, "duplicate"), CopyMean: 1_000_000,
				Reorder: rapid.Uint64Range(0, 500_000).Draw(t, "reorder"), HoldMean: 1_000_000,
				Delay: rapid.Int64Range(0, 1_000_000).Draw(t, "delay"),
			}
		}), 1, 3).Draw(t, "rules")
		run := func(prepare func(world)) []arrival {
			w := newWorld(seed, plain)
			prepare(w)
			w.broadcast(5)
			w.broadcast(5)
			w.Run(1 << 40)
			return w.got
		}
		var struck []Exception
		ruled := run(func(w world) {
			for i, r := range rules {
				w.AddRule(i, r)
			}
			w.Strikes(func(e Exception) { struck = append(struck, e) })
		})
		require.Equal(t, ruled, run(func(w world) { w.Except(struck) }))
	})
}

// Names of kinds and fates survive being written.
func TestNames(t *testing.T) {
	for _, k := range []Kind{0, 3, 255, requestKind, replyKind, replyKind | 4} {
		text, err := k.MarshalText()
		require.NoError(t, err)
		var back Kind
		require.NoError(t, back.UnmarshalText(text))
		require.Equal(t, k, back)
	}
	for _, text := range []string{"", "256", "-1", "reply/", "reply/999", "Request", "reply"} {
		var k Kind
		require.ErrorContains(t, k.UnmarshalText([]byte(text)), "is no kind of message", text)
	}
	for f := Drop; f < numFates; f++ {
		var back Fate
		require.NoError(t, back.UnmarshalText([]byte(f.String())))
		require.Equal(t, f, back)
	}
	var f Fate
	require.ErrorContains(t, f.UnmarshalText([]byte("lose")), "[drop deliver delay duplicate]")
}

// A reseeded network gives messages other fates from there on, and the same ones for the same salt.
func TestReseed(t *testing.T) {
	run := func(salt uint64) []arrival {
		w := newWorld(3, plain)
		w.broadcast(1)
		if salt != 0 {
			w.Net.Reseed(salt)
		}
		w.broadcast(1)
		w.drain(t)
		return w.got
	}
	require.Equal(t, run(0), run(0))
	require.Equal(t, run(1), run(1))
	require.NotEqual(t, run(0), run(1))
	require.NotEqual(t, run(1), run(2))
}

// Exceptions for others cost a message nothing to speak of, and no memory.
func TestExceptionsDoNotAllocate(t *testing.T) {
	w := newWorld(1, Config{LatencyMin: 1000})
	r := stream.New(1, "test", 0)
	var list []Exception
	for range 1000 {
		list = append(list, Exception{From: n(1), To: n(2), Kind: 1, Key: r.Uint64(), Fate: Drop})
	}
	w.Except(list)
	require.Zero(t, testing.AllocsPerRun(100, func() { w.clientFate(new(fate), n(1), n(2), 1, 5, 0) }))
}

// none keeps no rule.
func none(int) bool { return false }
