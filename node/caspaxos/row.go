package caspaxos

import (
	"encoding/binary"
	"fmt"

	"simrun/node"
	"simrun/node/machine"
)

// A row is what a register holds, in bytes: 0 or 1, whether there is a value; its length in four bytes and the value; and for each client whose commands
// were applied, in order of their addresses, the address in four bytes, the number of the last of them in eight, and its result behind its length in
// four. No bytes at all are a row that never was.
type row struct {
	found bool
	value []byte
	last  []applied
}

// applied is the last command of a client that was applied to a row.
type applied struct {
	client node.Client
	seq    uint64
	output []byte
}

// cut decodes a row into r, whose memory is used again. What comes out aliases b.
func (r *row) cut(b []byte) (ok bool) {
	*r = row{last: r.last[:0]}
	if len(b) == 0 {
		return true
	}
	if b[0] > 1 {
		return false
	}
	r.found = b[0] == 1
	if r.value, b, ok = cutLong(b[1:]); !ok {
		return false
	}
	for len(b) > 0 {
		if len(b) < 12 {
			return false
		}
		a := applied{client: node.Client(binary.BigEndian.Uint32(b)), seq: binary.BigEndian.Uint64(b[4:])}
		if a.output, b, ok = cutLong(b[12:]); !ok {
			return false
		}
		r.last = append(r.last, a)
	}
	return true
}

func (r *row) append(dst []byte) []byte {
	found := byte(0)
	if r.found {
		found = 1
	}
	dst = appendLong(append(dst, found), r.value)
	for i := range r.last {
		a := &r.last[i]
		dst = binary.BigEndian.AppendUint32(dst, uint32(a.client))
		dst = appendLong(binary.BigEndian.AppendUint64(dst, a.seq), a.output)
	}
	return dst
}

func appendLong(dst, b []byte) []byte {
	return append(binary.BigEndian.AppendUint32(dst, uint32(len(b))), b...)
}

func cutLong(b []byte) (head, rest []byte, ok bool) {
	if len(b) < 4 {
		return nil, nil, false
	}
	n := binary.BigEndian.Uint32(b)
	if uint64(n) > uint64(len(b)-4) {
		return nil, nil, false
	}
	end := 4 + int(n)
	return b[4:end:end], b[end:], true
}

// apply executes a client's command, unless the row says that this was done. It returns false if the row has seen a later command of the client: then nobody
// waits for this one any more.
func (r *row) apply(client node.Client, seq uint64, command []byte) (output []byte, wanted bool) {
	at := 0
	for at < len(r.last) && r.last[at].client < client {
		at++
	}
	known := at < len(r.last) && r.last[at].client == client
	if known && r.last[at].seq >= seq {
		return r.last[at].output, r.last[at].seq == seq
	}
	next, output := machine.ChangeRow(command, r.value, r.found)
	if machine.ReadsRow(command) {
		return output, true
	}
	if next != nil {
		r.value, r.found = next, true
	}
	if !known {
		r.last = append(r.last, applied{})
		copy(r.last[at+1:], r.last[at:])
	}
	r.last[at] = applied{client, seq, output}
	return output, true
}

// rowText writes a row for people: its value, and how many clients it remembers.
func rowText(b []byte) string {
	var r row
	switch {
	case !r.cut(b):
		return "a malformed row"
	case !r.found:
		return fmt.Sprintf("no value (%d clients)", len(r.last))
	}
	return fmt.Sprintf("%x (%d clients)", r.value, len(r.last))
}
