package fact

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// Byte strings that differ have digests that differ: every length, and every single bit.
func TestDigest(t *testing.T) {
	seen := map[uint64]bool{}
	see := func(b []byte) {
		d := Digest(b)
		require.False(t, seen[d], "%x", b)
		require.Equal(t, d, Digest(append([]byte("x"), b...)[1:]), "alignment does not matter")
		seen[d] = true
	}
	for n := range 70 {
		b := make([]byte, n)
		see(b)
		for bit := range 8 * n {
			b[bit/8] ^= 1 << (bit % 8)
			see(b)
			b[bit/8] ^= 1 << (bit % 8)
		}
	}
}

func TestKindNames(t *testing.T) {
	for k := Kind(1); k < NumKinds; k++ {
		require.NotEqual(t, "unknown", k.String(), "%d", k)
	}
	require.Equal(t, "unknown", NumKinds.String())
}

// The digest of every length is what it was when it was defined byte by byte: it is in artifacts and in the bytes on disks.
func TestDigestStays(t *testing.T) {
	plain := func(b []byte) uint64 {
		const k0, k1 = 0x9e3779b97f4a7c15, 0xe7037ed1a0b428db
		word := func(b []byte) (w uint64) {
			for i, c := range b {
				w |= uint64(c) << (8 * i)
			}
			return w
		}
		h := uint64(len(b))*k1 ^ k0
		for ; len(b) >= 16; b = b[16:] {
			h = fold(h^word(b[:8]), k1^word(b[8:16]))
		}
		var lo uint64
		if len(b) >= 8 {
			lo, b = word(b[:8]), b[8:]
		}
		return fold(fold(h^lo, k1^word(b)), k0)
	}
	b := make([]byte, 70)
	for i := range b {
		b[i] = byte(i*37 + 11)
	}
	for from := range 3 {
		for n := from; n <= len(b); n++ {
			require.Equal(t, plain(b[from:n]), Digest(b[from:n]), "%d bytes", n-from)
		}
	}
}
