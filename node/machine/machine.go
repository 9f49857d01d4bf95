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

// cutBytes splits off what appendBytes appended, and nothing else: a length has one encoding, the shortest.
func cutBytes(b []byte) (head, rest []byte, ok bool) {
	if len(b) > 0 && b[0] < 0x80 && int(b[0]) < len(b) { // nearly always
		end := 1 + int(b[0])
		return b[1:end:end], b[end:], true
	}
	return cutLong(b)
}

func cutLong(b []byte) (head, rest []byte, ok bool) {
	n, used := binary.Uvarint(b)
	if used <= 0 || n > uint64(len(b)-used) || used > 1 && b[used-1] == 0 {
		return nil, nil, false
	}
	end := used + int(n)
	return b[used:end:end], b[end:], true
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
	h0, h1 = mix(h0, h1, uint64(len(b)))
	for len(b) >= 8 {
		h0, h1 = mix(h0, h1, binary.LittleEndian.Uint64(b))
		b = b[8:]
	}
	if len(b) > 0 {
		tail := uint64(0)
		for i, c := range b {
			tail |= uint64(c) << (8 * uint(i))
		}
		h0, h1 = mix(h0, h1, tail)
	}
	return h0, h1
}

func mix(h0, h1, x uint64) (uint64, uint64) {
	hi0, lo0 := bits.Mul64(h0^x, 0xa0761d6478bd642f)
	hi1, lo1 := bits.Mul64(h1^x, 0xe7037ed1a0b428db)
	return hi0 ^ lo0 ^ h1, hi1 ^ lo1 ^ bits.RotateLeft64(h0, 32)
}
