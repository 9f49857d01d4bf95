package multipaxos

import (
	"bytes"
	"encoding/binary"
	"math/bits"
	"slices"

	"simrun/node/fact"
)

// session is what is remembered of a client, so that each of its commands is executed once and a retry gets the same
// answer. It is replicated state: determined by the log alone.
type session struct {
	id     uint64    // the place of the command that opened it; 0: a free place in the table
	used   uint64    // the place of the command that it executed last, or that opened it
	slot   uint64    // where its last command took effect
	index  uint32    // and its place in that slot
	seq    uint64    // its number; 0 if there was none yet
	share  [2]uint64 // of the session in the digest of all
	output []byte    // its result; the buffer is the session's own
}

// sessions is a hash table with open addressing, and a digest of its contents.
type sessions struct {
	table  []session // its length is 0 or a power of two, at most three quarters of it in use
	ids    []uint64  // of all sessions, in the order in which they were opened, which is ascending
	digest [2]uint64 // sum over all sessions
}

// find returns the session of that id, or nil. The pointer is good until the next register.
func (t *sessions) find(id uint64) *session {
	if len(t.table) == 0 || id == 0 {
		return nil
	}
	for i := t.home(id); ; i++ {
		s := &t.table[i&(len(t.table)-1)]
		if s.id == id {
			return s
		}
		if s.id == 0 {
			return nil
		}
	}
}

// register opens a session, of an id higher than all before. If there are limit of them already, those that were idle for
// longest make room, and evicted tells of it: a client that comes back to one of them is told that it has expired.
func (t *sessions) register(id, limit uint64) (evicted bool) {
	for len(t.ids) > 0 && uint64(len(t.ids)) >= max(limit, 1) {
		t.evict()
		evicted = true
	}
	t.record(t.open(id), 0, 0, 0, nil)
	return evicted
}

// evict drops the session that was idle for longest.
func (t *sessions) evict() {
	oldest := -1
	for i := range t.table {
		if t.table[i].id != 0 && (oldest < 0 || t.table[i].used < t.table[oldest].used) {
			oldest = i
		}
	}
	s := &t.table[oldest]
	t.digest[0] -= s.share[0]
	t.digest[1] -= s.share[1]
	t.ids = slices.DeleteFunc(t.ids, func(id uint64) bool { return id == s.id })
	// Whoever was pushed on by it moves back (Knuth, TAOCP volume 3, section 6.4, algorithm R).
	mask := len(t.table) - 1
	hole := oldest
	for i := (hole + 1) & mask; t.table[i].id != 0; i = (i + 1) & mask {
		if home := t.home(t.table[i].id); (i-home)&mask >= (i-hole)&mask {
			t.table[hole], t.table[i] = t.table[i], t.table[hole]
			hole = i
		}
	}
	t.table[hole] = session{output: t.table[hole].output[:0]}
}

// open returns the session of that id, a new one if need be: then the id is higher than all before.
func (t *sessions) open(id uint64) *session {
	if s := t.find(id); s != nil {
		return s
	}
	if 4*(len(t.ids)+1) > 3*len(t.table) {
		t.grow()
	}
	t.ids = append(t.ids, id)
	s := &t.table[t.at(id)]
	s.id, s.used = id, id
	return s
}

func (t *sessions) home(id uint64) int {
	return int(id*0x9e3779b97f4a7c15>>33) & (len(t.table) - 1)
}

// at returns where the session is, or else the free place where it belongs.
func (t *sessions) at(id uint64) int {
	for i := t.home(id); ; i = (i + 1) & (len(t.table) - 1) {
		if t.table[i].id == id || t.table[i].id == 0 {
			return i
		}
	}
}

func (t *sessions) grow() {
	old := t.table
	t.table = make([]session, max(16, 2*len(old)))
	for i := range old {
		if old[i].id != 0 {
			t.table[t.at(old[i].id)] = old[i]
		}
	}
}

// record notes what a session's command did, and keeps the digest up to date.
func (t *sessions) record(s *session, seq, slot uint64, index uint32, output []byte) {
	s.seq, s.slot, s.index, s.output = seq, slot, index, output
	if seq > 0 {
		s.used = place(slot, index)
	}
	h0, h1 := s.hash(fact.Digest(output))
	t.digest[0] += h0 - s.share[0]
	t.digest[1] += h1 - s.share[1]
	s.share[0], s.share[1] = h0, h1
}

// hash returns the share of the session in the digest of all; out is the digest of its output.
func (s *session) hash(out uint64) (h0, h1 uint64) {
	const k0, k1, k2 = 0x9e3779b97f4a7c15, 0xd1342543de82ef95, 0xaf251af3b0f025b5
	who := s.id ^ uint64(s.index)<<48
	hi0, lo0 := bits.Mul64(who^k0, s.seq^out^k1)
	hi1, lo1 := bits.Mul64(s.slot^out^k2, who^s.seq<<17^k0)
	return hi0 ^ lo0 ^ lo1, hi1 ^ lo1 + lo0
}

// appendTo appends all sessions, by id: their number, then id, seq, slot, index, output each.
func (t *sessions) appendTo(dst []byte) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(t.ids)))
	for _, id := range t.ids {
		s := t.find(id)
		dst = binary.AppendUvarint(dst, s.id)
		dst = binary.AppendUvarint(dst, s.seq)
		dst = binary.AppendUvarint(dst, s.slot)
		dst = binary.AppendUvarint(dst, uint64(s.index))
		dst = appendValue(dst, s.output)
	}
	return dst
}

// forget drops all sessions, and keeps the memory.
func (t *sessions) forget() {
	clear(t.table)
	*t = sessions{table: t.table, ids: t.ids[:0]}
}

// read reads what appendTo wrote, as far as it makes sense, into a table that is empty.
func (t *sessions) read(in *reader) {
	last := uint64(0)
	for n := in.uvarint(); n > 0 && !in.bad; n-- {
		id, seq, slot, index := in.uvarint(), in.uvarint(), in.uvarint(), in.upTo(maxBatch)
		output := in.bytes(in.uvarint())
		if in.bad || id <= last || seq == 0 && (slot|index != 0 || len(output) > 0) || seq > 0 && slot == 0 {
			in.fail()
			return
		}
		last = id
		t.record(t.open(id), seq, slot, uint32(index), bytes.Clone(output))
	}
}
