package multipaxos

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"simrun/node"
	"simrun/node/fact"
)

// drawValue draws a value of a few commands, which may be a no-op.
func drawValue(t *rapid.T) (v []byte) {
	for range rapid.IntRange(0, 2).Draw(t, "commands") {
		seq := rapid.Uint64Range(1, 1<<40).Draw(t, "seq")
		v = appendCommand(v, &pending{op: node.Command, session: 7, client: 3, seq: seq, command: rapid.SliceOfN(rapid.Byte(), 0, 9).Draw(t, "command")})
	}
	return v
}

// What is written into a record comes out of it, and no part of a record is taken for a whole one if its numbers are missing.
func TestRecordsSurviveTheirEncoding(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := node.Ballot(rapid.Uint64().Draw(t, "ballot"))
		slot, commit, word := rapid.Uint64().Draw(t, "slot"), rapid.Uint64().Draw(t, "commit"), rapid.Uint64().Draw(t, "word")
		value := rapid.SliceOfN(rapid.Byte(), 0, 30).Draw(t, "value")
		if len(value) == 0 {
			value = []byte{}
		}
		e := entry{slot: slot, ballot: b, value: value}
		r := Replica{id: node.ID(word)}
		r.log.floor = slot
		for _, c := range []struct {
			kind    uint8
			payload []byte
			numbers int // in words
			want    record
		}{
			{recordPromise, appendWord(nil, uint64(b)), 1, record{ballot: b, rest: []byte{}}},
			{recordRepairing, appendWord(nil, uint64(b)), 1, record{ballot: b, rest: []byte{}}},
			{recordGrant, appendGrant(nil, &grant{ballot: b, span: node.Local(word >> 1)}), 2, record{ballot: b, span: word >> 1, rest: []byte{}}},
			{recordLeft, []byte{}, 0, record{rest: []byte{}}},
			{recordVote, appendVote(nil, &e, commit), 3, record{ballot: b, slot: slot, commit: commit, rest: value}},
			{recordLearned, appendLearned(nil, &e), 1, record{ballot: learned, slot: slot, commit: slot, rest: value}},
			{recordSnapshot, append(r.appendSnapshot(nil), value...), 2, record{id: uint64(r.id), floor: slot, rest: value}},
		} {
			c.want.kind = c.kind
			got, ok := decodeRecord(c.kind, c.payload)
			require.True(t, ok, "kind %d", c.kind)
			require.Equal(t, c.want, got, "kind %d", c.kind)
			if c.numbers > 0 {
				_, ok = decodeRecord(c.kind, c.payload[:8*c.numbers-1])
				require.False(t, ok, "kind %d, cut", c.kind)
			}
		}
		_, ok := decodeRecord(rapid.SampledFrom([]uint8{0, recordLeft + 1, 255}).Draw(t, "kind"), value)
		require.False(t, ok, "a kind that there is not")
	})
}

// told is what a replica has said in messages that left.
type told struct {
	promised node.Ballot
	votes    map[uint64]proposal
}

func (s *told) hear(flight []packet) {
	for i := range flight {
		switch m := &flight[i].m; m.Kind {
		case Promise, Accepted:
			s.promised = max(s.promised, m.Ballot)
			if m.Kind == Accepted && m.Ballot > s.votes[m.Slot].ballot {
				s.votes[m.Slot] = proposal{ballot: m.Ballot}
			}
		case Reject:
			s.promised = max(s.promised, m.Promised)
		}
	}
}

// A replica crashes between any two writes, or in one. Whatever it had told anybody, it still knows: promises and votes. What it had not
// told may be gone, and is never taken for damage. Nothing changes when it boots twice.
func TestRecoveryKeepsWhatWasTold(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := newCluster(3, rapid.Uint64().Draw(t, "seed"), func(c *Config) {
			c.CheckpointEvery = rapid.SampledFrom([]uint64{0, 1, 3}).Draw(t, "checkpoint every")
			c.Retain = rapid.SampledFrom([]uint64{0, 2}).Draw(t, "retain")
		})
		h := c.hosts[0]
		h.sync(h.issued - h.durable)
		heard := told{votes: map[uint64]proposal{}}
		next, chosen := uint64(1), uint64(0)
		proposed := map[uint64][]byte{}
		b := node.NewBallot(1, 2)
		for range rapid.IntRange(1, 40).Draw(t, "steps") {
			var m Message
			switch rapid.IntRange(0, 5).Draw(t, "what") {
			case 0:
				b = node.NewBallot(b.Round()+1, 2)
				m = Message{Kind: Prepare, Ballot: b, Slot: chosen + 1}
			case 1, 2:
				proposed[next] = drawValue(t)
				m = Message{Kind: Accept, Ballot: b, Slot: next, Commit: chosen, Value: proposed[next]}
				next++
			case 3:
				m = Message{Kind: Heartbeat, Ballot: b, Commit: chosen, Mark: 1, Span: rapid.SampledFrom([]uint64{0, 50}).Draw(t, "span")}
			case 4:
				if chosen+1 == next {
					continue
				}
				chosen++
				m = Message{Kind: Chosen, Slot: chosen, Commit: chosen, Value: appendValue(nil, proposed[chosen])}
			case 5:
				h.sync(rapid.IntRange(0, h.issued-h.durable).Draw(t, "synced"))
				heard.hear(c.flight)
				c.flight = nil
				continue
			}
			c.now += 60 // no lease holds up the next ballot
			m2 := m
			h.r.Receive(h, 2, &m2)
			h.finish()
			heard.hear(c.flight)
			c.flight = nil
		}
		c.wrong = "" // it takes what is proposed here for nobody's choice

		h.crash()
		require.Empty(t, c.wrong)
		h.boot()
		require.NotContains(t, []standing{repairing, silent, blank}, h.r.standing)
		h.sync(h.issued - h.durable)
		require.Equal(t, active, h.r.standing)
		require.GreaterOrEqual(t, h.r.promised, heard.promised)
		for slot, p := range heard.votes {
			if slot <= h.r.log.floor {
				continue
			}
			e := h.r.log.at(slot)
			require.NotNil(t, e, "the vote for slot %d in ballot %v is forgotten", slot, p.ballot)
			require.GreaterOrEqual(t, e.ballot, p.ballot)
			require.Equal(t, string(proposed[slot]), string(e.value))
		}
		require.LessOrEqual(t, h.r.applied, chosen)
		for i, name := 0, h.r.machine.Snapshot(nil); i < 2; i++ {
			applied, promised := h.r.applied, h.r.promised
			h.crash()
			h.boot()
			h.sync(h.issued - h.durable)
			require.Equal(t, applied, h.r.applied)
			require.Equal(t, promised, h.r.promised)
			require.Equal(t, name, h.r.machine.Snapshot(nil))
		}
	})
}

// Rot that a later record shows to have been synced is always found out: the replica never goes on as if it had not voted.
func TestDamageIsFoundOut(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := newCluster(3, 1, nil)
		h := c.hosts[0]
		h.sync(h.issued - h.durable)
		b := node.NewBallot(1, 2)
		votes := rapid.IntRange(3, 9).Draw(t, "votes")
		var ends []int
		for slot := range votes {
			m := Message{Kind: Accept, Ballot: b, Slot: uint64(slot) + 1, Value: drawValue(t)}
			h.r.Receive(h, 2, &m)
			h.sync(h.issued - h.durable)
			ends = append(ends, len(h.files[0].states[0]))
		}
		at := rapid.IntRange(0, ends[len(ends)-2]-1).Draw(t, "at") // the last one cannot be told from a tail
		h.crash()
		bytes := slices.Clone(h.files[0].states[0])
		bytes[at] ^= 1 << rapid.IntRange(0, 7).Draw(t, "bit")
		h.files[0].states[0] = bytes
		h.boot()
		require.Equal(t, repairing, h.r.standing)
		require.Equal(t, b, h.r.promised)
	})
}

// What is durable is told from the bytes: promises from both files, votes with the promises in them, what was learned, and images.
func TestFactsOnDisk(t *testing.T) {
	c := newCluster(3, 1, nil)
	h := c.hosts[0]
	h.sync(h.issued - h.durable)
	b, later := node.NewBallot(1, 2), node.NewBallot(3, 2)
	for _, m := range []Message{
		{Kind: Accept, Ballot: b, Slot: 1, Value: []byte{}},
		{Kind: Chosen, Slot: 1, Commit: 2, Value: appendValue(appendValue(nil, nil), []byte("learned"))},
		{Kind: Prepare, Ballot: later, Slot: 3},
	} {
		c.wrong = ""
		h.r.Receive(h, 2, &m)
	}
	h.sync(h.issued - h.durable)
	kinds := func(file int, name string) (list []fact.Fact) {
		DurableFacts(name, h.files[file].states[0], func(f fact.Fact) { list = append(list, f) })
		return list
	}
	nothing, promised := fact.Fact{Kind: fact.Promised}, fact.Fact{Kind: fact.Promised, Ballot: uint64(later)}
	list := kinds(0, File)
	require.Equal(t, fact.Snapshot, list[0].Kind)
	require.Equal(t, []fact.Fact{
		nothing, {Kind: fact.Promised, Ballot: uint64(b)}, voted(b, 1, []byte{}),
		{Kind: fact.Learned, Slot: 2, Value: fact.Digest([]byte("learned"))}, promised,
	}, list[1:])
	require.Equal(t, []fact.Fact{promised}, kinds(1, VowFile))
	require.Empty(t, kinds(0, VowFile), "records of another file")
}

// A vote is one record at the end of the log: the second copy of the promise is written when the promise is another, and the replica asks once to be told when the
// log is durable, however many records come until then.
func TestVoteIsOneWrite(t *testing.T) {
	c := newCluster(3, 1, nil)
	h := c.hosts[0]
	h.sync(h.issued - h.durable)
	for slot, writes := range []int{2, 1, 1, 1} {
		before := h.issued
		h.r.Receive(h, 2, &Message{Kind: Accept, Ballot: node.NewBallot(1, 2), Slot: uint64(slot) + 1, Value: []byte("value")})
		require.Equal(t, writes, h.issued-before, "slot %d", slot+1)
	}
	synced := 0
	for _, w := range h.waiting {
		if w.m.Kind == Synced {
			synced++
		}
	}
	require.Equal(t, 1, synced)
	h.sync(h.issued - h.durable)
	before := h.issued
	h.r.Receive(h, 2, &Message{Kind: Accept, Ballot: node.NewBallot(2, 2), Slot: 9, Value: []byte("value")})
	require.Equal(t, 2, h.issued-before, "a higher ballot is a promise too")
	require.Equal(t, Synced, h.waiting[0].m.Kind, "and asks again")
}
