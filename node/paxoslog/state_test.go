package paxoslog

import (
	"testing"

	"github.com/stretchr/testify/require"

	"simrun/node/machine"
	"simrun/node/paxos"
)

// Replicas that differ in anything that matters have different encodings: whoever explores states takes those with one encoding for one.
func TestStateTellsReplicasApart(t *testing.T) {
	c := paxos.Majority(1, 2, 3)
	rich := func() *Replica {
		r := New(1, c, new(machine.KV))
		r.decrees = []*paxos.Replica{paxos.New(1, c)}
		r.clients = []client{{id: 1, seq: 2, slot: 3, output: []byte("done")}, {id: 2}}
		r.queue = []command{{client: 3, seq: 1, value: []byte("one")}, {client: 4, seq: 1, value: []byte("two")}}
		return r
	}
	was := string(rich().AppendState(nil))
	require.Equal(t, was, string(rich().AppendState(nil)))
	require.Equal(t, "prefix"+was, string(rich().AppendState([]byte("prefix"))))
	seen := map[string]string{was: "no change"}
	for name, change := range map[string]func(r *Replica){
		"a slot": func(r *Replica) { r.decrees = append(r.decrees, paxos.New(1, c)) }, "applied": func(r *Replica) { r.applied++ }, "under way": func(r *Replica) { r.slot++ },
		"a client": func(r *Replica) { r.clients[0].id = 9 }, "its last command": func(r *Replica) { r.clients[0].seq++ }, "where": func(r *Replica) { r.clients[0].slot++ },
		"what came of it": func(r *Replica) { r.clients[0].output = nil }, "one client less": func(r *Replica) { r.clients = r.clients[:1] },
		"what waits": func(r *Replica) { r.queue[0].value = []byte("three") }, "less waits": func(r *Replica) { r.queue = r.queue[:1] },
		"the machine": func(r *Replica) { r.machine.Apply(machine.AppendPut(nil, []byte("k"), []byte("v")), nil) },
	} {
		r := rich()
		change(r)
		now := string(r.AppendState(nil))
		require.NotContains(t, seen, now, "%s, and %s", name, seen[now])
		seen[now] = name
	}
}
