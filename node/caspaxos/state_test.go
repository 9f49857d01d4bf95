package caspaxos

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// Replicas that differ in anything that matters have different encodings: whoever explores states takes those with one encoding for one.
func TestStateTellsReplicasApart(t *testing.T) {
	rich := func() *Replica {
		r := New(DefaultConfig(1, 2, 3))
		*r.cells.of([]byte("key")) = cell{key: []byte("key"), promised: 5, accepted: 4, row: []byte("row"), seen: 6}
		r.rounds = []round{{key: []byte("key"), client: 7, seq: 1, command: []byte("put"), phase: preparing, ballot: 5, row: []byte("row")}, {key: []byte("key"), client: 8, seq: 1}}
		r.told = []told{{7, 2, 3}, {8, 2, 3}}
		return r
	}
	was := string(rich().AppendState(nil))
	require.Equal(t, was, string(rich().AppendState(nil)))
	require.Equal(t, "prefix"+was, string(rich().AppendState([]byte("prefix"))))
	seen := map[string]string{was: "no change"}
	for name, change := range map[string]func(r *Replica){
		"silent": func(r *Replica) { r.silent = true }, "members": func(r *Replica) { r.members.Version++ },
		"another register": func(r *Replica) { r.cells.of([]byte("other")) }, "promised": func(r *Replica) { r.cells.of([]byte("key")).promised++ },
		"accepted": func(r *Replica) { r.cells.of([]byte("key")).accepted++ }, "the row": func(r *Replica) { r.cells.of([]byte("key")).row = nil },
		"the highest ballot": func(r *Replica) { r.cells.of([]byte("key")).seen++ },
		"a round's key":      func(r *Replica) { r.rounds[0].key = []byte("other") }, "its client": func(r *Replica) { r.rounds[0].client++ }, "its number": func(r *Replica) { r.rounds[0].seq++ },
		"its command": func(r *Replica) { r.rounds[0].command = []byte("get") }, "its phase": func(r *Replica) { r.rounds[0].phase = backing }, "its ballot": func(r *Replica) { r.rounds[0].ballot++ },
		"who answered": func(r *Replica) { r.rounds[0].quorum = 1 << 63 }, "adopted": func(r *Replica) { r.rounds[0].adopted++ }, "its row": func(r *Replica) { r.rounds[0].row = nil },
		"its output": func(r *Replica) { r.rounds[0].output = []byte("done") }, "when it is due": func(r *Replica) { r.rounds[0].due++ }, "attempts": func(r *Replica) { r.rounds[0].attempts++ },
		"one round less": func(r *Replica) { r.rounds = r.rounds[:1] },
		"who is told":    func(r *Replica) { r.told[0].client++ }, "what": func(r *Replica) { r.told[0].seq++ }, "when": func(r *Replica) { r.told[0].through++ },
		"one less is told": func(r *Replica) { r.told = r.told[:1] }, "when the log was rewritten": func(r *Replica) { r.rewritten++ }, "how far it is durable": func(r *Replica) { r.durable++ },
	} {
		r := rich()
		change(r)
		now := string(r.AppendState(nil))
		require.NotContains(t, seen, now, "%s, and %s", name, seen[now])
		seen[now] = name
	}
}
