package multipaxos

import "simrun/node"

// memory is what a replica needs in bulk. It has one owner, and outlives it: see Inherit. What outgrows its part of it is allocated, and is
// garbage when the replica is gone. So every replica begins with the same, its memory new or not, and not even a mistake with a buffer that is
// shared can tell which of the two.
type memory struct {
	slots    [256]entry
	sessions [2]struct { // the table in force, and the one that an image is read into
		table [16]session
		ids   [12]uint64
	}
	sentAt  [rounds]node.Local
	records [8 << 10]byte // that are being written
	vow     [128]byte
	scratch [2 << 10]byte
}

// Inherit gives the replica the memory of a former one, before it starts, and nothing that was in it. What others may hold a slice of never belongs to that memory:
// values lie in the arena or are the network's and the disk's, and all else is copied by whoever it is handed to. Nor can the former replica reach it any more:
// its whole state is gone. Of the arena, it inherits what no slice was made of yet.
func (r *Replica) Inherit(former node.Node[Message]) {
	f, ok := former.(*Replica)
	if !ok || f.memory == nil {
		return
	}
	m := f.memory
	r.arena = f.arena
	*f = Replica{}
	*m = memory{}
	r.furnish(m)
}

// furnish gives the replica memory, which is all zeros.
func (r *Replica) furnish(m *memory) {
	r.memory = m
	r.log.ring = m.slots[:]
	r.sessions = sessions{table: m.sessions[0].table[:], ids: m.sessions[0].ids[:0]}
	r.spare = sessions{table: m.sessions[1].table[:], ids: m.sessions[1].ids[:0]}
	r.sentAt = &m.sentAt
	r.scratch = m.scratch[:0]
}

// Poison overwrites the memory with nonsense, so that a test can show that no heir reads it. The replica is of no use afterwards.
func (r *Replica) Poison() {
	m := r.memory
	if m == nil {
		return
	}
	for _, b := range [][]byte{m.records[:], m.vow[:], m.scratch[:]} {
		for i := range b {
			b[i] = 0xdb
		}
	}
	const garbage = 0xdbdbdbdbdbdb
	for i := range m.slots { // each in the place of its slot
		m.slots[i] = entry{slot: uint64(len(m.slots) + i), ballot: learned, value: m.scratch[:], digest: garbage, voters: voterSet{garbage, garbage}, chosen: true}
	}
	for i := range m.sessions {
		t := &m.sessions[i]
		for j := range t.table {
			t.table[j] = session{id: uint64(j) + 1, used: garbage, slot: garbage, seq: garbage, share: [2]uint64{garbage, garbage}, output: m.scratch[:]}
		}
		for j := range t.ids {
			t.ids[j] = garbage
		}
	}
	for i := range m.sentAt {
		m.sentAt[i] = garbage
	}
}
