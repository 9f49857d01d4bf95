package stream

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// The first numbers of a stream are part of what every seed means: if these change, so do all traces.
func TestGolden(t *testing.T) {
	s := New(1, "network", 2)
	require.Equal(t, []uint64{0x37138af1c119b736, 0xd94f77c7cbad205, 0x98055c47f2c3457c, 0x48010cb66926a354, 0x52fe27577ea15075}, []uint64{s.Uint64(), s.Uint64(), s.Uint64(), Mix(1, 2), Name("network")})
}

// Streams of other names, numbers and seeds have nothing in common.
func TestStreamsDiffer(t *testing.T) {
	seen := map[uint64]bool{}
	for _, name := range []string{"", "a", "b", "ab", "ba"} {
		for number := range uint64(50) {
			for seed := range uint64(50) {
				s := New(seed, name, number)
				x := s.Uint64()
				require.False(t, seen[x])
				seen[x] = true
			}
		}
	}
}

// Every number in a range comes up about as often, and no other.
func TestRanges(t *testing.T) {
	s := New(1, "test", 0)
	counts := map[int]int{}
	for range 70_000 {
		counts[s.Int(-3, 3)]++
	}
	require.Len(t, counts, 7)
	for n, c := range counts {
		require.InDelta(t, 10_000, c, 500, "%d", n)
	}
	require.Equal(t, uint64(0), s.N(0))
	require.Equal(t, uint64(0), s.N(1))
	require.Equal(t, int64(5), s.Int64(5, 5))
	hits := 0
	for range 100_000 {
		if s.Chance(250_000) {
			hits++
		}
	}
	require.InDelta(t, 25_000, hits, 800)
	for range 1000 {
		require.False(t, s.Chance(0))
		require.True(t, s.Chance(Million))
	}
}

// What the simulation does with Mix: from a random lot, numbered lanes give numbers that differ in about half of their
// bits, in every bit about as often; and so do neighbouring lots in one lane.
func TestMixSpreads(t *testing.T) {
	var flips [64]int
	const n = 20_000
	s := New(1, "test", 0)
	for i := range uint64(n) {
		lot := s.Uint64()
		for _, d := range []uint64{Mix(lot, i%8) ^ Mix(lot, i%8+1), Mix(Mix(9, i), 3) ^ Mix(Mix(9, i+1), 3)} {
			for b := range flips {
				flips[b] += int(d >> b & 1)
			}
		}
	}
	for b, f := range flips {
		require.InDelta(t, 0.5, float64(f)/(2*n), 0.03, "bit %d", b)
	}
}
