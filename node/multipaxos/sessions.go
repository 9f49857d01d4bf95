package multipaxos

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"math"
	"math/bits"
	"slices"

	"simrun/node"
	"simrun/node/fact"
)

// session is what is remembered of a client, so that each of its commands is executed once and a retry gets the same
// answer. It is replicated state: determined by the log alone.
type session struct {
	client node.Client // 0: a free place in the table
	index  uint32      // of the command last executed: its place in its slot
	slot   uint64      // where it took effect
	seq    uint64      // its number
	share  [2]uint64   // of the session in the digest of all
	output []byte      // its result; the buffer is the session's own
}

// sessions is a hash table with open addressing, and a digest of its contents. Sessions are never evicted.
type sessions struct {
	table  []session // its length is 0 or a power of two, at most three quarters of it in use
	count  int
	digest [2]uint64 // sum over all sessions that have executed something
	order  []int     // scratch of ordered
}

// find returns a client's session, or nil. The pointer is good until the next open.
func (t *sessions) find(client node.Client) *session {
	if len(t.table) == 0 {
		return nil
	}
	if s := t.place(client); s.client == client {
		return s
	}
	return nil
}

// open returns a client's session, a new one if need be. The pointer is good until the next open.
func (t *sessions) open(client node.Client) *session {
	if s := t.find(client); s != nil {
		return s
	}
	if 4*(t.count+1) > 3*len(t.table) {
		t.grow()
	}
	t.count++
	s := t.place(client)
	s.client = client
	return s
}

// place returns where the client is, or else the free place where it belongs.
func (t *sessions) place(client node.Client) *session {
	mask := uint32(len(t.table) - 1)
	for i := uint32(client) * 0x9e3779b1 >> 7; ; i++ {
		s := &t.table[i&mask]
		if s.client == client || s.client == 0 {
			return s
		}
	}
}

func (t *sessions) grow() {
	old := t.table
	t.table = make([]session, max(16, 2*len(old)))
	for i := range old {
		if old[i].client != 0 {
			*t.place(old[i].client) = old[i]
		}
	}
}

// record notes what a client's command did, and keeps the digest up to date.
func (t *sessions) record(s *session, seq, slot uint64, index uint32, output []byte) {
	s.seq, s.slot, s.index, s.output = seq, slot, index, output
	h0, h1 := s.hash()
	t.digest[0] += h0 - s.share[0]
	t.digest[1] += h1 - s.share[1]
	s.share[0], s.share[1] = h0, h1
}

func (s *session) hash() (h0, h1 uint64) {
	const k0, k1, k2 = 0x9e3779b97f4a7c15, 0xd1342543de82ef95, 0xaf251af3b0f025b5
	out := fact.Digest(s.output)
	who := uint64(s.client)<<32 | uint64(s.index)
	hi0, lo0 := bits.Mul64(who^k0, s.seq^out^k1)
	hi1, lo1 := bits.Mul64(s.slot^out^k2, who^s.seq<<17^k0)
	return hi0 ^ lo0 ^ lo1, hi1 ^ lo1 + lo0
}

// ordered returns the places of all sessions in the table, by client.
func (t *sessions) ordered() []int {
	at := t.order[:0]
	for i := range t.table {
		if t.table[i].client != 0 {
			at = append(at, i)
		}
	}
	t.order = at
	slices.SortFunc(at, func(a, b int) int { return cmp.Compare(t.table[a].client, t.table[b].client) })
	return at
}

// appendTo appends all sessions, by client: their number, then client, seq, slot, index, output each.
func (t *sessions) appendTo(dst []byte) []byte {
	order := t.ordered()
	dst = binary.AppendUvarint(dst, uint64(len(order)))
	for _, at := range order {
		s := &t.table[at]
		dst = binary.AppendUvarint(dst, uint64(s.client))
		dst = binary.AppendUvarint(dst, s.seq)
		dst = binary.AppendUvarint(dst, s.slot)
		dst = binary.AppendUvarint(dst, uint64(s.index))
		dst = appendValue(dst, s.output)
	}
	return dst
}

// readSessions reads what appendTo wrote.
func readSessions(in *reader) (t sessions) {
	for n := in.uvarint(); n > 0 && !in.bad; n-- {
		client, seq, slot, index := in.uvarint(), in.uvarint(), in.uvarint(), in.uvarint()
		output := in.bytes(in.uvarint())
		if in.bad || client == 0 || client > maxClient || seq == 0 || index > math.MaxUint16 || t.find(node.Client(client)) != nil {
			in.fail()
			return t
		}
		s := t.open(node.Client(client))
		t.record(s, seq, slot, uint32(index), bytes.Clone(output))
	}
	return t
}
