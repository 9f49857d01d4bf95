package netsim

import (
	"fmt"
	"math/bits"

	"simrun/sim"
	"simrun/sim/stream"
)

// Spread is how the delays of messages are distributed about their mean. In text it is its name.
type Spread uint8

const (
	// Exponential delays: most are short, and hardly one is ten times the mean. They are cut off at 11 times the mean.
	Exponential Spread = iota
	// Uniform delays: all from nothing to twice the mean are equally likely.
	Uniform
	// HeavyTail delays: two in three are below half the mean, and one in a thousand is beyond 49 times the mean. They are cut off at 800
	// times the mean. This is a Pareto distribution of shape 3/2, moved to begin at zero (Lomax, 1954).
	HeavyTail

	numSpreads
)

var spreadNames = [numSpreads]string{Exponential: "exponential", Uniform: "uniform", HeavyTail: "heavy-tail"}

// draw maps 64 random bits to a span with the given mean, in nanoseconds.
func (s Spread) draw(r uint64, mean int64) int64 {
	switch s {
	case Uniform:
		return int64(stream.Scale(r, 2*uint64(mean)+1))
	case HeavyTail:
		return heavyTail(r, mean)
	}
	return sim.Exponential(r, mean)
}

// heavyTail turns an exponential variable e into mean/2 times (exp(2e/3) - 1). The exponent of two is had in 32.32 fixed point by asking
// for the exponential variable of the right mean, which is 2/3 / ln 2.
func heavyTail(r uint64, mean int64) int64 {
	const twoThirdsOverLn2 = 4130879440 // in 0.32 fixed point
	exponent := uint64(sim.Exponential(r, twoThirdsOverLn2))
	power := exp2Table[exponent>>24&0xff] << (exponent >> 32) // 2^exponent in 32.32
	hi, lo := bits.Mul64(power-1<<32, uint64(mean))
	return int64(hi<<31 | lo>>33)
}

// exp2Table holds 2^(i/256) in 32.32 fixed point, made by square roots.
var exp2Table = func() (t [256]uint64) {
	root := [8]uint64{} // root[b] is 2^(2^b/256)
	x := uint64(2 << 32)
	for b := 7; b >= 0; b-- {
		x = sqrt(x)
		root[b] = x
	}
	for i := range t {
		p := uint64(1 << 32)
		for b := range 8 {
			if i>>b&1 == 1 {
				hi, lo := bits.Mul64(p, root[b])
				p = hi<<32 | lo>>32
			}
		}
		t[i] = p
	}
	return t
}()

// sqrt returns the square root of a number from 1 to 2, both in 32.32 fixed point, bit by bit.
func sqrt(x uint64) uint64 {
	root := uint64(0)
	for bit := uint64(1 << 32); bit > 0; bit >>= 1 {
		try := root | bit
		if hi, lo := bits.Mul64(try, try); hi<<32|lo>>32 <= x {
			root = try
		}
	}
	return root
}

// String returns the name.
func (s Spread) String() string {
	if s >= numSpreads {
		return "unknown"
	}
	return spreadNames[s]
}

// MarshalText writes the name.
func (s Spread) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads a name.
func (s *Spread) UnmarshalText(text []byte) error {
	for i, name := range spreadNames {
		if name == string(text) {
			*s = Spread(i)
			return nil
		}
	}
	return fmt.Errorf("%q is no distribution of delays: there are %v", text, spreadNames)
}
