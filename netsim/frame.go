package netsim

import (
	"encoding/binary"
	"hash/crc32"

	"simrun/sim/stream"
)

// A frame is how a message lies on the wire: a checksum, its length, and its bytes. The checksum is CRC-32C, over all that follows.
const frameHead = 8

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// openFrame begins a frame in dst, to which the bytes of the message are then appended.
func openFrame(dst []byte) []byte { return append(dst, make([]byte, frameHead)...) }

// closeFrame fills in the head.
func closeFrame(b []byte) {
	binary.BigEndian.PutUint32(b[4:], uint32(len(b)-frameHead))
	binary.BigEndian.PutUint32(b, crc32.Checksum(b[4:], castagnoli))
}

// unframe returns the message in a frame, and whether the frame is as it was when it was closed.
func unframe(b []byte) (body []byte, ok bool) {
	if len(b) < frameHead || binary.BigEndian.Uint32(b[4:]) != uint32(len(b)-frameHead) {
		return nil, false
	}
	return b[frameHead:], binary.BigEndian.Uint32(b) == crc32.Checksum(b[4:], castagnoli)
}

// damage cuts a frame short or flips one to three bits of it, by the lot. Either is certain to be found out: a cut by the
// length, and up to three bits by the checksum, for any length that a message has (Koopman, "32-Bit Cyclic Redundancy Codes for Internet Applications", 2002).
// Damage that gets by a checksum is the work of an adversary and not of a network.
func damage(b []byte, lot uint64) []byte {
	s := stream.New(lot, "damage", 0)
	if s.N(4) == 0 {
		return b[:s.N(uint64(len(b)))]
	}
	at := s.N(8 * uint64(len(b)))
	step := 1 + s.N(31) // three places this far apart are three, in the 64 bits that a frame has at least
	for range s.N(3) + 1 {
		b[at>>3] ^= 1 << (at & 7)
		at = (at + step) % (8 * uint64(len(b)))
	}
	return b
}
