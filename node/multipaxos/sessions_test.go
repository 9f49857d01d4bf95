package multipaxos

import (
	"maps"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"simrun/node"
)

// The table holds exactly what a map would, and its digest and encoding depend on that alone.
func TestSessionsAreAMap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var table sessions
		model := map[node.Client]uint64{}
		outputs := map[node.Client]byte{}
		for range rapid.IntRange(0, 100).Draw(t, "commands") {
			client := node.Client(rapid.Uint32Range(1, 60).Draw(t, "client"))
			if rapid.Bool().Draw(t, "far") {
				client <<= 20
			}
			s := table.open(client)
			require.Equal(t, model[client], s.seq)
			model[client]++
			outputs[client] = rapid.Byte().Draw(t, "output")
			table.record(s, model[client], model[client]*2, 7, append(s.output[:0], outputs[client]))
		}
		require.Equal(t, len(model), table.count)
		require.Nil(t, table.find(61))

		var again sessions // in another order
		for _, client := range rapid.Permutation(slices.Sorted(maps.Keys(model))).Draw(t, "order") {
			require.Equal(t, model[client], table.find(client).seq)
			again.record(again.open(client), model[client], model[client]*2, 7, []byte{outputs[client]})
		}
		require.Equal(t, table.digest, again.digest)
		encoded := table.appendTo(nil)
		require.Equal(t, encoded, again.appendTo(nil))

		in := reader{rest: append(encoded, "rest"...)}
		read := readSessions(&in)
		require.False(t, in.bad)
		require.Equal(t, "rest", string(in.rest))
		require.Equal(t, table.digest, read.digest)
		require.Equal(t, encoded, read.appendTo(nil))

		if len(encoded) > 1 {
			in = reader{rest: encoded[:len(encoded)-1]}
			readSessions(&in)
			require.True(t, in.bad)
		}
	})
}

// Whatever a retry could tell apart shows in the digest.
func TestSessionsDigestShowsEveryField(t *testing.T) {
	digest := func(client node.Client, seq, slot uint64, index uint32, output string) [2]uint64 {
		var table sessions
		table.record(table.open(client), seq, slot, index, []byte(output))
		return table.digest
	}
	seen := map[[2]uint64]bool{{}: true}
	for _, d := range [][2]uint64{
		digest(1, 2, 3, 4, "a"), digest(2, 2, 3, 4, "a"), digest(1, 3, 3, 4, "a"), digest(1, 2, 4, 4, "a"),
		digest(1, 2, 3, 5, "a"), digest(1, 2, 3, 4, "b"), digest(1, 2, 3, 4, ""),
	} {
		require.False(t, seen[d])
		seen[d] = true
	}
}
