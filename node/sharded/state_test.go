package sharded

import (
	"testing"

	"github.com/stretchr/testify/require"

	"simrun/node"
	"simrun/node/multipaxos"
)

// Replicas that differ in anything that matters have different encodings: whoever explores states takes those with one encoding for one.
func TestStateTellsReplicasApart(t *testing.T) {
	c := Config{Groups: make([][]node.ID, 64), Paxos: multipaxos.DefaultConfig(nil, nil), Retry: 1, Pause: 1}
	for g := range c.Groups {
		c.Groups[g] = []node.ID{node.ID(g + 1)}
	}
	rich := func() *Replica {
		r := New(1, c)
		r.calls = []call{{seq: 1, op: opPrepare, id: id{3, 1}, try: 1, asks: 2}, {seq: 2, op: opFinish, id: id{4, 1}, try: 1, asks: 3}}
		r.pursued = []pursuit{{id: id{5, 1}, items: []Item{{Key: 1}, {Key: 2, Write: true, Value: 7}}, try: 1, seen: []int64{4}}, {id: id{6, 1}, items: []Item{{Key: 2}}}}
		return r
	}
	was := string(rich().AppendState(nil))
	require.Equal(t, was, string(rich().AppendState(nil)))
	require.Equal(t, "prefix"+was, string(rich().AppendState([]byte("prefix"))))
	seen := map[string]string{was: "no change"}
	for name, change := range map[string]func(r *Replica){
		"leads": func(r *Replica) { r.leads = true }, "taken": func(r *Replica) { r.taken++ }, "session": func(r *Replica) { r.session++ },
		"numbers": func(r *Replica) { r.numbers++ }, "a hint": func(r *Replica) { r.hints[1] = 2 }, "another hint": func(r *Replica) { r.hints[63] = 2 },
		"a call's number": func(r *Replica) { r.calls[0].seq = 9 }, "its operation": func(r *Replica) { r.calls[0].op = opDecide }, "its client": func(r *Replica) { r.calls[0].id.client++ },
		"its transaction": func(r *Replica) { r.calls[0].id.seq++ }, "its try": func(r *Replica) { r.calls[0].try++ }, "who asks": func(r *Replica) { r.calls[0].asks++ },
		"who asks of many": func(r *Replica) { r.calls[0].asks += 256 }, "one call less": func(r *Replica) { r.calls = r.calls[:1] },
		"a transaction": func(r *Replica) { r.pursued[0].id.seq++ }, "its items": func(r *Replica) { r.pursued[0].items[1].Value++ }, "the try": func(r *Replica) { r.pursued[0].try++ },
		"votes": func(r *Replica) { r.pursued[0].votes = 2 }, "votes of many": func(r *Replica) { r.pursued[0].votes = 1 << 40 },
		"acks": func(r *Replica) { r.pursued[0].acks = 2 }, "acks of many": func(r *Replica) { r.pursued[0].acks = 1 << 40 }, "seen": func(r *Replica) { r.pursued[0].seen[0]++ },
		"less seen": func(r *Replica) { r.pursued[0].seen = nil }, "refusal": func(r *Replica) { r.pursued[0].refusal = resultBusy }, "failed": func(r *Replica) { r.pursued[0].failed++ },
		"whether they were asked": func(r *Replica) { r.pursued[0].asked = true }, "when it is due": func(r *Replica) { r.pursued[0].at++ }, "how long it rests": func(r *Replica) { r.pursued[0].rest++ },
		"one transaction less": func(r *Replica) { r.pursued = r.pursued[:1] },
		"the machine":          func(r *Replica) { r.ledger().lock(share{id: id{9, 1}, try: 1, items: []Item{{Key: 1}}}) },
	} {
		r := rich()
		change(r)
		now := string(r.AppendState(nil))
		require.NotContains(t, seen, now, "%s, and %s", name, seen[now])
		seen[now] = name
	}
}
