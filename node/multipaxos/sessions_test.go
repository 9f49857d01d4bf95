package multipaxos

import (
	"maps"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// remembered is a session in the model: a map instead of a hash table.
type remembered struct {
	seq, used uint64
	output    byte
}

// The table holds exactly what a map would, drops the session that was idle for longest, and its digest and encoding depend on
// its contents alone.
func TestSessionsAreABoundedMap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var table sessions
		model := map[uint64]*remembered{}
		limit := rapid.Uint64Range(1, 20).Draw(t, "limit")
		for slot := uint64(1); slot <= rapid.Uint64Range(0, 100).Draw(t, "slots"); slot++ {
			open := slices.Sorted(maps.Keys(model))
			if len(open) == 0 || rapid.IntRange(0, 3).Draw(t, "what") == 0 {
				evicted := uint64(len(model)) == limit
				if evicted {
					delete(model, slices.MinFunc(open, func(a, b uint64) int { return int(int64(model[a].used) - int64(model[b].used)) }))
				}
				model[place(slot, 0)] = &remembered{used: place(slot, 0)}
				require.Equal(t, evicted, table.register(place(slot, 0), limit))
				continue
			}
			id := rapid.SampledFrom(open).Draw(t, "session")
			s, m := table.find(id), model[id]
			require.Equal(t, m.seq, s.seq)
			*m = remembered{seq: m.seq + 1, used: place(slot, 7), output: rapid.Byte().Draw(t, "output")}
			table.record(s, m.seq, slot, 7, append(s.output[:0], m.output))
		}
		require.Equal(t, len(model), table.count)
		require.Nil(t, table.find(61))
		require.Nil(t, table.find(0))
		for id, m := range model {
			require.Equal(t, m.seq, table.find(id).seq)
		}

		encoded := table.appendTo(nil)
		in := reader{rest: append(encoded, "rest"...)}
		read := readSessions(&in)
		require.False(t, in.bad)
		require.Equal(t, "rest", string(in.rest))
		require.Equal(t, table.digest, read.digest)
		require.Equal(t, encoded, read.appendTo(nil))
		for id, m := range model { // also what decides who goes next
			require.Equal(t, m.used, read.find(id).used)
		}

		if len(encoded) > 1 {
			in = reader{rest: encoded[:len(encoded)-1]}
			readSessions(&in)
			require.True(t, in.bad)
		}
	})
}

// Whatever a retry could tell apart shows in the digest.
func TestSessionsDigestShowsEveryField(t *testing.T) {
	digest := func(id, seq, slot uint64, index uint32, output string) [2]uint64 {
		var table sessions
		table.record(table.open(id), seq, slot, index, []byte(output))
		return table.digest
	}
	seen := map[[2]uint64]bool{{}: true}
	for _, d := range [][2]uint64{
		digest(1, 2, 3, 4, "a"), digest(2, 2, 3, 4, "a"), digest(1, 3, 3, 4, "a"), digest(1, 2, 4, 4, "a"),
		digest(1, 2, 3, 5, "a"), digest(1, 2, 3, 4, "b"), digest(1, 2, 3, 4, ""), digest(1, 0, 0, 0, ""),
	} {
		require.False(t, seen[d])
		seen[d] = true
	}
}
