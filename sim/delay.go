package sim

import (
	"math/bits"
)

// Exponential maps 64 random bits to an exponentially distributed span with the given mean, in nanoseconds, cut off at
// some 11 times the mean. It is pure integer arithmetic: -ln(u) = (64 - log2(2^64 u)) ln 2, with the logarithm of the
// mantissa read from a table. mean must be below 2^42, which is over an hour.
func Exponential(r uint64, mean int64) int64 {
	r |= 1 << 48 // the cut-off
	lead := bits.LeadingZeros64(r)
	mantissa := r << uint(lead) << 1                                // the bits behind the leading one
	log := uint64(lead+1)<<16 - uint64(log2Table[mantissa>>(64-8)]) // 16.16 fixed point: -log2(u)
	const ln2 = 45426                                               // ln 2 in 0.16 fixed point
	hi, lo := bits.Mul64(log*ln2, uint64(mean))
	return int64(hi<<32 | lo>>32)
}

// log2Table holds log2(1 + (i + 1/2)/256) in 0.16 fixed point, made by squaring (Knuth, TAOCP 1.2.2, exercise 25 turned round).
var log2Table = func() (t [256]uint32) {
	for i := range t {
		x := uint64(1<<32) + uint64(i)<<24 + 1<<23 // 1 + (i + 1/2)/256 in 32.32
		var log uint32
		for bit := 15; bit >= 0; bit-- {
			hi, lo := bits.Mul64(x, x)
			x = hi<<32 | lo>>32
			if x >= 2<<32 {
				x >>= 1
				log |= 1 << bit
			}
		}
		t[i] = log
	}
	return t
}()
