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
