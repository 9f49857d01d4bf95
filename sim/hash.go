package sim

import (
	"encoding/binary"
	"strconv"

	"simrun/sim/stream"
)

// Hash is a running digest of everything that happened in a run: every event, every byte written to a disk, every
// reply to a client. Two runs with equal hashes took the same path. It folds explicit fields, never struct memory.
type Hash uint64

// Word folds in one number.
func (h *Hash) Word(x uint64) { *h = Hash(stream.Mix(uint64(*h), x)) }

// event folds in an event.
func (h *Hash) event(e *Event) {
	*h = Hash(stream.Mix(uint64(*h)^uint64(e.At), uint64(e.Kind)<<56^uint64(e.Host)<<40^e.B^e.C<<20^e.C>>44))
}

// Bytes folds in b and its length.
func (h *Hash) Bytes(b []byte) {
	x := stream.Mix(uint64(*h), uint64(len(b)))
	for len(b) > 16 {
		x = stream.Mix(x^binary.LittleEndian.Uint64(b), binary.LittleEndian.Uint64(b[8:]))
		b = b[16:]
	}
	switch {
	case len(b) >= 8: // up to 16: what is behind the first 8 bytes is the upper part of the last 8
		last := binary.LittleEndian.Uint64(b[len(b)-8:]) >> (8 * uint(16-len(b)))
		x = stream.Mix(x^binary.LittleEndian.Uint64(b), last)
	case len(b) > 0:
		x = stream.Mix(x^short(b), 0)
	}
	*h = Hash(x)
}

// short returns 1 to 7 bytes as a little endian number. Loads overlap, where the same bytes come to the same places.
func short(b []byte) uint64 {
	n := len(b)
	if n >= 4 {
		return uint64(binary.LittleEndian.Uint32(b)) | uint64(binary.LittleEndian.Uint32(b[n-4:]))<<(8*uint(n-4))
	}
	return uint64(b[0]) | uint64(b[n/2])<<(8*uint(n/2)) | uint64(b[n-1])<<(8*uint(n-1))
}

// String writes the hash as 16 hexadecimal digits.
func (h Hash) String() string {
	s := strconv.FormatUint(uint64(h), 16)
	return "0000000000000000"[len(s):] + s
}

// ParseHash reads what String wrote.
func ParseHash(s string) (Hash, error) {
	x, err := strconv.ParseUint(s, 16, 64)
	return Hash(x), err
}
