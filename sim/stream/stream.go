// Package stream provides the only randomness of a run: generators derived from the seed by name, so that drawing
// more from one leaves every other as it was, and the hash by which things that have a name of their own (a message,
// a crash, an operation) are given their fate without any generator at all.
//
// All of it is integer arithmetic: the same on every machine. Chances are in parts per million.
package stream

import "math/bits"

// Million is the unit of a chance: Million parts per million is certainty.
const Million = 1_000_000

const (
	k0 = 0x9e3779b97f4a7c15
	k1 = 0xd1342543de82ef95
	k2 = 0xaf251af3b0f025b5
)

// Mix folds b into a: a 64 by 64 bit multiplication of both, xored with constants, folded to 64 bits (the mixer of
// wyhash, by Wang Yi).
func Mix(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a^k0, b^k1)
	return hi ^ lo ^ k2
}

// Name hashes a stream's name.
func Name(name string) uint64 {
	h := uint64(len(name)) ^ k2
	for i := 0; i < len(name); i++ {
		h = Mix(h, uint64(name[i]))
	}
	return h
}

// Stream is a generator (wyrand, by Wang Yi: one counter, one multiplication). The zero Stream is usable, and always
// the same. It is a plain value: a copy continues on its own.
type Stream struct{ s uint64 }

// New returns the stream of that name and number for the seed. The number tells apart streams of one kind, one a node, say.
func New(seed uint64, name string, number uint64) Stream { return Named(seed, Name(name), number) }

// Named is New for a name that is hashed already: where many streams are made, that is most of the work.
func Named(seed, name, number uint64) Stream { return Stream{Mix(Mix(seed, name), number)} }

// Uint64 returns 64 random bits.
func (s *Stream) Uint64() uint64 {
	s.s += k0
	hi, lo := bits.Mul64(s.s, s.s^0xa0761d6478bd642f)
	return hi ^ lo
}

// N returns a number from 0 to n-1; 0 if n is 0.
func (s *Stream) N(n uint64) uint64 { return Scale(s.Uint64(), n) }

// Int returns a number from lo to hi, both included. hi must be at least lo.
func (s *Stream) Int(lo, hi int) int { return lo + int(s.N(uint64(hi-lo)+1)) }

// Int64 returns a number from lo to hi, both included. hi must be at least lo.
func (s *Stream) Int64(lo, hi int64) int64 { return lo + int64(s.N(uint64(hi-lo)+1)) }

// Chance is true with a probability of ppm parts per million.
func (s *Stream) Chance(ppm uint64) bool { return s.N(Million) < ppm }

// Scale maps 64 random bits to a number from 0 to n-1, without division (Lemire). The bias is below n/2^64.
func Scale(r, n uint64) uint64 {
	hi, _ := bits.Mul64(r, n)
	return hi
}

// Chance is true for a share of ppm parts per million of all r.
func Chance(r, ppm uint64) bool { return Scale(r, Million) < ppm }
