package sharded

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"simrun/node"
	"simrun/node/machine"
	"simrun/node/multipaxos"
)

var _ machine.Machine = (*ledger)(nil)

func read(key uint32) Item               { return Item{Key: key} }
func write(key uint32, value int64) Item { return Item{Write: true, Key: key, Value: value} }

// A transcript of two groups, coordinator and participant, each line a command of a log, and what it answers. Even keys are on group 0.
func TestLedgers(t *testing.T) {
	groups := [2]*ledger{{}, {}}
	both := []Item{read(0), read(1), write(0, 7), write(1, 7)}
	for i, c := range []struct {
		group int
		command
		result byte
		seen   []int64
	}{
		// A transaction on one group is done at once.
		{0, command{op: opBegin, id: id{1, 1}, try: 1, groups: 2, items: []Item{write(0, 5)}}, resultDone, nil},
		{0, command{op: opBegin, id: id{1, 1}, try: 1, groups: 2, items: []Item{write(0, 5)}}, resultDone, nil}, // again: it was done before
		// One on both begins with a lock on k0, which others meet, and whoever reads another key does not.
		{0, command{op: opBegin, id: id{1, 2}, try: 1, groups: 2, items: both}, resultBegun, nil},
		{0, command{op: opBegin, id: id{2, 1}, try: 1, groups: 2, items: []Item{read(0)}}, resultBusy, nil},
		{0, command{op: opBegin, id: id{2, 1}, try: 1, groups: 2, items: []Item{read(2)}}, resultDone, []int64{0}},
		// The participant meets a lock, so this try is aborted; Finish comes before a Prepare that was late.
		{1, command{op: opPrepare, id: id{9, 1}, try: 1, items: []Item{read(1)}}, resultVote, []int64{0}},
		{1, command{op: opPrepare, id: id{1, 2}, try: 1, items: []Item{read(1), write(1, 7)}}, resultBusy, nil},
		{0, command{op: opDecide, id: id{1, 2}, try: 1, verdict: abort}, resultAborted, nil},
		{0, command{op: opDecide, id: id{1, 2}, try: 1, verdict: commit}, resultAborted, nil}, // an earlier leader's, too late
		{1, command{op: opFinish, id: id{1, 2}, try: 1, verdict: abort}, resultAck, nil},
		{1, command{op: opFinish, id: id{9, 1}, try: 1, verdict: abort}, resultAck, nil},
		{1, command{op: opPrepare, id: id{1, 2}, try: 1, items: []Item{read(1), write(1, 7)}}, resultStale, nil},
		// The second try has both locks, and shared ones are shared.
		{0, command{op: opBegin, id: id{1, 2}, try: 2, groups: 2, items: both}, resultBegun, nil},
		{1, command{op: opPrepare, id: id{1, 2}, try: 2, items: []Item{read(1), write(1, 7)}}, resultVote, []int64{0}},
		{1, command{op: opPrepare, id: id{1, 2}, try: 2, items: []Item{read(1), write(1, 7)}}, resultVote, []int64{0}}, // asked again by the next leader
		{0, command{op: opDecide, id: id{1, 2}, try: 2, verdict: commit, seen: []int64{5, 0}}, resultDone, []int64{5, 0}},
		{1, command{op: opBegin, id: id{2, 2}, try: 1, groups: 2, group: 1, items: []Item{read(1)}}, resultBusy, nil}, // it does not know yet
		{1, command{op: opFinish, id: id{1, 2}, try: 2, verdict: commit}, resultAck, nil},
		{1, command{op: opBegin, id: id{2, 2}, try: 1, groups: 2, group: 1, items: []Item{read(1)}}, resultDone, []int64{7}},
		{0, command{op: opForget, id: id{1, 2}, try: 2}, resultAck, nil},
		{0, command{op: opBegin, id: id{1, 2}, try: 1, groups: 2, items: both}, resultDone, []int64{5, 0}}, // its client asks again
		{0, command{op: opBegin, id: id{1, 1}, try: 1, groups: 2, items: []Item{write(0, 5)}}, resultStale, nil},
		{0, command{op: opBegin, id: id{2, 3}, try: 1, groups: 2, items: []Item{read(0)}}, resultDone, []int64{7}},
	} {
		out := groups[c.group].Apply(c.command.append(nil), nil)
		require.Equal(t, c.result, out[0], "line %d: %v", i, out)
		seen, err := Seen(out[1:])
		require.NoError(t, err)
		require.Equal(t, c.seen, seen, "line %d", i)
	}
	require.Empty(t, groups[0].transactions)
	require.Empty(t, append(groups[0].shares, groups[1].shares...))
}

// genItems draws a few items on keys 0 to 3.
func genItems(t *rapid.T) (items []Item) {
	for range rapid.IntRange(1, 3).Draw(t, "items") {
		i := Item{Key: rapid.Uint32Range(0, 3).Draw(t, "key"), Write: rapid.Bool().Draw(t, "write")}
		if i.Write {
			i.Value = rapid.Int64Range(0, 9).Draw(t, "value")
		}
		items = append(items, i)
	}
	return items
}

func genCommand(t *rapid.T) command {
	c := command{
		op: rapid.ByteRange(opBegin, opForget).Draw(t, "op"),
		id: id{node.Client(rapid.Uint32Range(1, 3).Draw(t, "client")), rapid.Uint64Range(1, 3).Draw(t, "seq")}, try: rapid.Uint64Range(1, 2).Draw(t, "try"),
	}
	if c.op == opPrepare || c.op == opFinish {
		c.client += 3 // a group is not asked to take part in what it coordinates
	}
	switch c.op {
	case opBegin:
		c.groups, c.items = 2, genItems(t)
	case opPrepare:
		for _, i := range genItems(t) {
			i.Key &^= 1
			c.items = append(c.items, i)
		}
	case opDecide:
		c.verdict, c.seen = verdict(rapid.ByteRange(byte(abort), byte(abandon)).Draw(t, "verdict")), []int64{1}
	case opFinish:
		c.verdict = verdict(rapid.ByteRange(byte(abort), byte(commit)).Draw(t, "verdict"))
	}
	return c
}

// Whatever the log says: nobody holds locks that conflict, a command that comes twice changes nothing the second time, and a snapshot
// is the state, digest and all.
func TestLedgerLaws(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := new(ledger)
		for range rapid.IntRange(0, 30).Draw(t, "commands") {
			c := genCommand(t)
			cmd := c.append(nil)
			decoded, ok := readCommand(cmd)
			require.True(t, ok)
			require.Equal(t, fmt.Sprint(c), fmt.Sprint(decoded))
			first := l.Apply(cmd, nil)
			once := l.Snapshot(nil)
			again := l.Apply(cmd, nil)
			require.Equal(t, once, l.Snapshot(nil), "%v", c)
			if first[0] != resultBegun && c.op != opForget {
				require.Equal(t, first, again, "%v", c)
			}
			for i := range l.shares {
				for j := range i {
					require.False(t, conflict(l.shares[i].items, l.shares[j].items))
				}
			}
			restored := new(ledger)
			require.NoError(t, restored.Restore(once))
			require.Equal(t, l.Digest(), restored.Digest())
			require.Equal(t, once, restored.Snapshot(nil))
		}
	})
}

// Damaged bytes are refused or mean something, and never panic.
func TestDamaged(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := rapid.SliceOfN(rapid.Byte(), 0, 60).Draw(t, "bytes")
		l := new(ledger)
		if l.Restore(b) == nil {
			require.Equal(t, b, l.Snapshot([]byte{}))
		} else {
			require.Equal(t, new(ledger), l)
		}
		l.Apply(b, nil)
		var m Message
		if m.Decode(b) == nil {
			_ = m.String()
		}
	})
}

// Messages come out of their encoding as they went in.
func TestMessages(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := Message{
			Kind: Kind(rapid.ByteRange(byte(Prepare), byte(Ack)).Draw(t, "kind")), Client: node.Client(rapid.Uint32Range(1, 1<<31-1).Draw(t, "client")), Seq: rapid.Uint64().Draw(t, "seq"),
			Try: rapid.Uint64().Draw(t, "try"), Group: rapid.Uint64Range(0, 63).Draw(t, "group"), Result: rapid.Byte().Draw(t, "result"), Verdict: verdict(rapid.Byte().Draw(t, "verdict")),
		}
		switch m.Kind {
		case Prepare:
			m.Items = genItems(t)
		case Vote:
			m.Seen = rapid.SliceOfN(rapid.Int64(), 1, 5).Draw(t, "seen")
		}
		var out Message
		require.NoError(t, out.Decode(m.Append(nil)))
		require.Equal(t, m, out)
	})
	inner := Message{Paxos: multipaxos.Message{Kind: multipaxos.Accept, Ballot: 7, Slot: 3, Value: []byte("x")}}
	out := Message{Kind: Ack}
	require.NoError(t, out.Decode(inner.Append(nil)))
	require.Equal(t, inner, out)
}

func TestValidate(t *testing.T) {
	good := Config{Groups: [][]node.ID{{1, 2, 3}, {4, 5, 6}}, Paxos: multipaxos.DefaultConfig(nil, nil), Retry: node.Millisecond, Pause: node.Millisecond}
	require.NoError(t, good.Validate())
	for name, change := range map[string]func(*Config){
		"groups":        func(c *Config) { c.Groups = nil },
		"two groups":    func(c *Config) { c.Groups = [][]node.ID{{1, 2, 3}, {3, 4, 5}} },
		"positive":      func(c *Config) { c.Pause = 0 },
		"group 0: mult": func(c *Config) { c.Paxos.Heartbeat = 0 },
	} {
		bad := good
		change(&bad)
		require.ErrorContains(t, bad.Validate(), name)
	}
}
