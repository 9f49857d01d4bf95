// Package machine holds the state machines that a log replicates. They are written apart from the models of package
// checker, so that a mistake in one is not repeated in the other.
package machine

import (
	"encoding/binary"
	"errors"
	"math/bits"
)

// Machine is a deterministic state machine: what it does depends on the commands applied so far, and on nothing else.
type Machine interface {
	// Apply executes a command and appends its result to dst. A command that makes no sense changes nothing and
	// yields an error result; it never panics.
	Apply(cmd, dst []byte) []byte
	// Query appends the result that Apply would give of a command that changes nothing. It returns false, and dst as it was, for
	// any other command.
	Query(cmd, dst []byte) ([]byte, bool)
	// Digest identifies the state: equal states have equal digests, and different ones do not in practice. It costs nothing.
	Digest() [2]uint64
	// Snapshot appends a canonical encoding of the state to dst.
	Snapshot(dst []byte) []byte
	// Restore sets the state to one that Snapshot encoded. On an error the state is unchanged.
	Restore(snapshot []byte) error
}

var errMalformed = errors.New("machine: malformed bytes")

// appendBytes appends b behind its length.
func appendBytes(dst, b []byte) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(b))), b...)
}

// cutBytes returns what appendBytes appended at a place in b, and where it ends: beyond the end of b if there is nothing such. A length has one encoding, the shortest.
func cutBytes(b []byte, at int) (head []byte, end int) {
	if uint(at) < uint(len(b)) && b[at] < 0x80 { // nearly always
		begin := at + 1
		if end = begin + int(b[at]); end <= len(b) {
			return b[begin:end:end], end
		}
		return nil, len(b) + 1
	}
	return cutLong(b, at)
}

func cutLong(b []byte, at int) (head []byte, end int) {
	if at < len(b) {
		n, used := binary.Uvarint(b[at:])
		if begin := at + used; used > 0 && b[begin-1] != 0 && n <= uint64(len(b)-begin) {
			end = begin + int(n)
			return b[begin:end:end], end
		}
	}
	return nil, len(b) + 1
}

// What a share begins with.
const (
	empty0 = 0x9e3779b97f4a7c15
	empty1 = 0xc2b2ae3d27d4eb4f
)

// keyDigest begins the share of one key and its value in the digest of a map: fold goes on from it with the value. Shares are added up, so the order in
// which entries came about does not show.
func keyDigest(key []byte) (uint64, uint64) { return fold(empty0, empty1, key) }

// fold folds b and its length into two words. They are two variables and not an array, which would live in memory and not in registers.
func fold(h0, h1 uint64, b []byte) (uint64, uint64) {
	all := b
	h0, h1 = mix(h0, h1, uint64(len(all)))
	for len(b) > 8 {
		h0, h1 = mix(h0, h1, binary.LittleEndian.Uint64(b))
		b = b[8:]
	}
	switch n := len(all); {
	case n >= 8: // what is left of b is the upper part of the last 8 bytes
		h0, h1 = mix(h0, h1, binary.LittleEndian.Uint64(all[n-8:])>>(8*uint(8-len(b))&63))
	case n > 0:
		h0, h1 = mix(h0, h1, word(b))
	}
	return h0, h1
}

// word returns up to 8 bytes as a little endian number.
func word(b []byte) uint64 {
	n := len(b)
	switch {
	case n >= 8:
		return binary.LittleEndian.Uint64(b)
	case n >= 4: // two halves, which may overlap
		return uint64(binary.LittleEndian.Uint32(b)) | uint64(binary.LittleEndian.Uint32(b[n-4:]))<<(8*uint(n-4))
	case n > 0:
		return uint64(b[0]) | uint64(b[n>>1])<<(8*uint(n>>1)) | uint64(b[n-1])<<(8*uint(n-1))
	}
	return 0
}

// scatter is a hash for tables in memory; nothing that anybody sees hangs on it. Of two keys of one length, up to 8 bytes, it is never the same:
// both steps that it takes then can be undone.
func scatter(b []byte) uint64 {
	const k = 0x9e3779b97f4a7c15 // odd
	h := uint64(len(b))
	for len(b) > 8 {
		h = (h ^ binary.LittleEndian.Uint64(b)) * k
		h ^= h >> 32
		b = b[8:]
	}
	return (h ^ word(b)) * k
}

func mix(h0, h1, x uint64) (uint64, uint64) {
	hi0, lo0 := bits.Mul64(h0^x, 0xa0761d6478bd642f)
	hi1, lo1 := bits.Mul64(h1^x, 0xe7037ed1a0b428db)
	return hi0 ^ lo0 ^ h1, hi1 ^ lo1 ^ bits.RotateLeft64(h0, 32)
}
