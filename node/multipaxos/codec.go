package multipaxos

import (
	"encoding/binary"
	"errors"

	"simrun/node"
)

var errMalformed = errors.New("multipaxos: malformed message")

// A message has so many numbers, which with its kind have at most so many bytes.
const (
	numbers = 8
	headMax = 1 + numbers*binary.MaxVarintLen64
)

// Append appends the message's encoding to dst: the kind, every number as a varint, and the value up to the end.
func (m *Message) Append(dst []byte) []byte {
	var head [headMax]byte
	head[0] = byte(m.Kind)
	n := putUvarint(&head, 1, uint64(m.Ballot))
	n = putUvarint(&head, n, uint64(m.Promised))
	n = putUvarint(&head, n, m.Slot)
	n = putUvarint(&head, n, m.Commit)
	n = putUvarint(&head, n, m.Floor)
	n = putUvarint(&head, n, m.Mark)
	n = putUvarint(&head, n, m.Span)
	n = putUvarint(&head, n, m.Digest)
	return append(append(dst, head[:n]...), m.Value...)
}

// putUvarint writes a number into the head of a message, and returns where it ends.
func putUvarint(head *[headMax]byte, at int, v uint64) (end int) {
	for ; v >= 0x80; v >>= 7 {
		head[at] = byte(v) | 0x80
		at++
	}
	head[at] = byte(v)
	return at + 1
}

// Decode sets the message from its encoding. The lists in a Promise or a Chosen are checked here, so that handlers
// need not.
func (m *Message) Decode(b []byte) error {
	if len(b) == 0 || Kind(b[0]) == 0 || Kind(b[0]) >= Synced {
		return errMalformed
	}
	var n [numbers]uint64
	at := 1
	for i := range n {
		n[i], at = uvarint(b, at)
	}
	if at > len(b) {
		return errMalformed
	}
	*m = Message{
		Kind: Kind(b[0]), Ballot: node.Ballot(n[0]), Promised: node.Ballot(n[1]), Slot: n[2], Commit: n[3], Floor: n[4], Mark: n[5], Span: n[6], Digest: n[7],
		Value: b[at:],
	}
	switch m.Kind {
	case Promise:
		list := m.report()
		for list.next() {
		}
		if list.bad {
			return errMalformed
		}
	case Chosen:
		list := values{rest: m.Value}
		for list.next() {
		}
		if list.bad {
			return errMalformed
		}
	}
	return nil
}

// reader takes an encoding apart. After an error it gives zeros, and bad is set.
type reader struct {
	rest []byte
	bad  bool
}

func (r *reader) uvarint() uint64 {
	v, end := uvarint(r.rest, 0)
	if end > len(r.rest) {
		r.fail()
		return 0
	}
	r.rest = r.rest[end:]
	return v
}

// upTo takes a number that is at most high.
func (r *reader) upTo(high uint64) uint64 {
	v := r.uvarint()
	if v > high {
		r.fail()
		return 0
	}
	return v
}

// bytes takes n bytes.
func (r *reader) bytes(n uint64) []byte {
	if n > uint64(len(r.rest)) {
		r.fail()
		return nil
	}
	b := r.rest[:n:n]
	r.rest = r.rest[n:]
	return b
}

// word takes a number of fixed width.
func (r *reader) word() uint64 {
	b := r.bytes(8)
	if r.bad {
		return 0
	}
	return binary.LittleEndian.Uint64(b)
}

func (r *reader) fail() { r.rest, r.bad = nil, true }

// A value, as chosen for a slot, is a list of commands; the empty list is a no-op. A command is encoded as
// op, session, client, sequence number, length, bytes, each number as a varint.

func appendCommand(dst []byte, q *pending) []byte {
	dst = append(dst, byte(q.op))
	dst = binary.AppendUvarint(dst, q.session)
	dst = binary.AppendUvarint(dst, uint64(q.client))
	dst = binary.AppendUvarint(dst, q.seq)
	dst = binary.AppendUvarint(dst, uint64(len(q.command)))
	return append(dst, q.command...)
}

// commands walks through a value. A malformed rest ends it: the same way at every replica.
type commands struct {
	value   []byte
	end     int // of the command that next found last, and where the one behind it begins
	begin   int // of its bytes for the state machine, which reach up to end
	op      node.Op
	session uint64
	client  node.Client
	seq     uint64
}

func (l *commands) next() bool { return l.end < len(l.value) && l.take() }

// take takes the next command, of which there is at least the first byte.
func (l *commands) take() bool {
	b := l.value
	session, behind := uvarint(b, l.end+1)
	client, at := short(b, behind)
	seq, at := short(b, at)
	length, at := short(b, at)
	if client|seq|length >= long {
		client, at = uvarint(b, behind)
		seq, at = uvarint(b, at)
		length, at = uvarint(b, at)
	}
	if at > len(b) || length > uint64(len(b)-at) || client == 0 || client > maxClient || seq == 0 {
		l.end = len(b)
		return false
	}
	l.op, l.session, l.client, l.seq = node.Op(b[l.end]), session, node.Client(client), seq
	l.begin, l.end = at, at+int(length)
	return true
}

// command returns the bytes for the state machine.
func (l *commands) command() []byte { return l.value[l.begin:l.end:l.end] }

// uvarint reads the number at a place in b and returns where it ends: beyond the end of b if it is not whole, or has more than 64 bits.
func uvarint(b []byte, at int) (v uint64, end int) {
	for shift := uint(0); uint(at) < uint(len(b)); shift += 7 {
		c := uint64(b[at])
		at++
		if c < 0x80 {
			if shift >= 63 && (shift > 63 || c > 1) {
				break
			}
			return v | c<<(shift&63), at
		}
		v |= (c & 0x7f) << (shift & 63)
	}
	return 0, len(b) + 1
}

// short reads a number like uvarint if it has at most three bytes, and does not stand at the very end of b. Otherwise v is at least long.
func short(b []byte, at int) (v uint64, end int) {
	if at < 0 || at >= len(b)-2 {
		return long, at
	}
	v = uint64(b[at])
	if v < 0x80 {
		return v, at + 1
	}
	v += uint64(b[at+1])<<7 - 0x80
	if v < 0x80<<7 {
		return v, at + 2
	}
	return v + uint64(b[at+2])<<14 - 0x80<<7, at + 3 // if there is a fourth byte, the upper bit of the third makes it long
}

const long = 1 << 21

const maxClient = 1<<31 - 1

// maxBatch is the largest number of commands in a slot: the place of a command is its slot and its index, in one word.
const (
	batchBits = 16
	maxBatch  = 1<<batchBits - 1
)

// Commands calls each with every command for the state machine in the value chosen for a slot, in order.
func Commands(value []byte, each func(client uint32, seq uint64, cmd []byte)) {
	list := commands{value: value}
	for list.next() {
		if list.op == node.Command || list.op == node.Read {
			each(uint32(list.client), list.seq, list.command())
		}
	}
}

// Memberships calls each with every membership, encoded, in the value chosen for a slot, in order.
func Memberships(value []byte, each func(encoded []byte)) {
	list := commands{value: value}
	for list.next() {
		if list.op == node.Configure {
			each(list.command())
		}
	}
}

// learned is the ballot, above all real ones, under which a value stands that is known to be chosen without an own
// vote for it.
const learned = ^node.Ballot(0)

// A Promise reports what its sender holds for every slot from the one asked for, in ascending order. Each is encoded
// as the distance to the slot expected next, the ballot, length, bytes.

// appendReport adds the report of one slot; expected is the slot after the last reported one, at first the first that the
// sender may have a vote for.
func appendReport(dst []byte, expected, slot uint64, b node.Ballot, value []byte) []byte {
	dst = binary.AppendUvarint(dst, slot-expected)
	dst = binary.AppendUvarint(dst, uint64(b))
	return appendValue(dst, value)
}

// report walks through the list in a Promise. It starts with slot as the first that its sender may have a vote for.
type report struct {
	rest   []byte
	bad    bool
	begun  bool
	slot   uint64
	ballot node.Ballot
	value  []byte
}

func (l *report) next() bool {
	if len(l.rest) == 0 {
		return false
	}
	if l.begun {
		l.slot++
	}
	l.begun = true
	in := reader{rest: l.rest}
	gap := in.uvarint()
	l.slot += gap
	l.ballot = node.Ballot(in.uvarint())
	l.value = in.bytes(in.uvarint())
	l.rest = in.rest
	l.bad = in.bad || gap > ahead || l.ballot == 0
	return !l.bad
}

// appendValue adds a value to the list in a Chosen: length, bytes.
func appendValue(dst, value []byte) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(value)))
	return append(dst, value...)
}

// values walks through the list in a Chosen.
type values struct {
	rest  []byte
	bad   bool
	value []byte
}

func (l *values) next() bool {
	if len(l.rest) == 0 {
		return false
	}
	in := reader{rest: l.rest}
	l.value = in.bytes(in.uvarint())
	l.rest, l.bad = in.rest, in.bad
	return !l.bad
}
