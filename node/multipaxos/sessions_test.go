package multipaxos

import (
	"maps"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"simrun/node/fact"
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
		require.Equal(t, len(model), len(table.ids))
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

// The same in a table that is as full as it gets, where most sessions are not where they belong: each that is dropped makes others move.
func TestSessionsInAFullTable(t *testing.T) {
	random := rng(1)
	for _, limit := range []uint64{1, 2, 11, 12, 24} { // a table of 16 places takes 12 sessions, one of 32 takes 24
		var table sessions
		used := map[uint64]uint64{}
		for slot := uint64(1); slot <= 2000; slot++ {
			open := slices.Sorted(maps.Keys(used))
			if len(open) == 0 || random.chance(60) {
				if uint64(len(open)) == limit {
					delete(used, slices.MinFunc(open, func(a, b uint64) int { return int(int64(used[a]) - int64(used[b])) }))
				}
				id := place(slot, uint32(random.n(5)))
				used[id] = id
				require.Equal(t, uint64(len(open)) == limit, table.register(id, limit))
			} else {
				id := open[random.n(len(open))]
				used[id] = place(slot, 7)
				s := table.find(id)
				table.record(s, s.seq+1, slot, 7, nil)
			}
			require.Equal(t, len(used), len(table.ids))
			for id := range used {
				s := table.find(id)
				require.NotNil(t, s, "session %d after slot %d of at most %d", id, slot, limit)
				require.Equal(t, used[id], s.used)
			}
			held := 0
			for i := range table.table {
				if table.table[i].id != 0 {
					held++
				}
			}
			require.Equal(t, len(used), held)
		}
		if limit == 24 {
			require.Len(t, table.table, 32, "three quarters of the table are in use before it grows")
		}
	}
}

// A table that no replica has is no table: sessions out of order or twice, results without a command, commands without a slot, an index beyond all batches.
func TestSessionsThatMakeNoSense(t *testing.T) {
	type row struct {
		id, seq, slot, index uint64
		output               string
	}
	for name, c := range map[string]struct {
		rows []row
		ok   bool
	}{
		"none":                       {nil, true},
		"one without a command":      {[]row{{7, 0, 0, 0, ""}}, true},
		"one with a command":         {[]row{{7, 1, 2, 3, "out"}}, true},
		"first in its slot":          {[]row{{7, 1, 2, 0, ""}}, true},
		"last in the largest batch":  {[]row{{7, 1, 2, maxBatch, ""}}, true},
		"two":                        {[]row{{7, 1, 2, 3, "out"}, {8, 0, 0, 0, ""}}, true},
		"three":                      {[]row{{7, 0, 0, 0, ""}, {8, 0, 0, 0, ""}, {9, 0, 0, 0, ""}}, true},
		"no session":                 {[]row{{0, 0, 0, 0, ""}}, false},
		"out of order":               {[]row{{8, 0, 0, 0, ""}, {7, 0, 0, 0, ""}}, false},
		"twice":                      {[]row{{7, 0, 0, 0, ""}, {7, 0, 0, 0, ""}}, false},
		"twice, not side by side":    {[]row{{7, 0, 0, 0, ""}, {9, 0, 0, 0, ""}, {8, 0, 0, 0, ""}}, false},
		"a slot without a command":   {[]row{{7, 0, 2, 0, ""}}, false},
		"an index without a command": {[]row{{7, 0, 0, 2, ""}}, false},
		"both without a command":     {[]row{{7, 0, 2, 1, ""}}, false},
		"a result without a command": {[]row{{7, 0, 0, 0, "out"}}, false},
		"a command without a slot":   {[]row{{7, 1, 0, 3, "out"}}, false},
		"an index beyond all":        {[]row{{7, 1, 2, maxBatch + 1, "out"}}, false},
		"sense and then nonsense":    {[]row{{7, 1, 2, 3, "out"}, {8, 1, 0, 0, ""}}, false},
	} {
		b := appendUvarints(nil, uint64(len(c.rows)))
		for _, r := range c.rows {
			b = appendValue(appendUvarints(b, r.id, r.seq, r.slot, r.index), []byte(r.output))
		}
		in := reader{rest: b}
		table := readSessions(&in)
		require.Equal(t, c.ok, !in.bad, name)
		if c.ok {
			require.Equal(t, b, table.appendTo(nil), name)
		}
		if len(b) > 1 {
			in = reader{rest: b[:len(b)-1]}
			readSessions(&in)
			require.True(t, in.bad, "%s, cut short", name)
		}
	}
}

// Every bit of a session shows in both words of its digest.
func TestSessionsDigestShowsEveryBit(t *testing.T) {
	random := rng(1)
	for range 20 {
		s := session{id: random.next() >> 20, seq: random.next() >> 20, slot: random.next() >> 20, index: uint32(random.n(maxBatch)), output: []byte("a result")}
		was0, was1 := s.hash(fact.Digest(s.output))
		differs := func(other session, what string, bit int) {
			h0, h1 := other.hash(fact.Digest(other.output))
			require.NotEqual(t, was0, h0, "bit %d of %s", bit, what)
			require.NotEqual(t, was1, h1, "bit %d of %s", bit, what)
		}
		for bit := range 44 {
			id, seq, slot := s, s, s
			id.id ^= 1 << bit
			seq.seq ^= 1 << bit
			slot.slot ^= 1 << bit
			differs(id, "the session", bit)
			differs(seq, "the sequence number", bit)
			differs(slot, "the slot", bit)
		}
		for bit := range batchBits {
			index := s
			index.index ^= 1 << bit
			differs(index, "the index", bit)
		}
		for bit := range 8 * len(s.output) {
			output := s
			output.output = slices.Clone(s.output)
			output.output[bit/8] ^= 1 << (bit % 8)
			differs(output, "the result", bit)
		}
	}
}

// readSessions reads sessions into a table of their own.
func readSessions(in *reader) (t sessions) {
	t.read(in)
	return t
}
