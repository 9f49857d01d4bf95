package sim

import (
	"testing"

	"github.com/stretchr/testify/require"

	"simrun/sim/stream"
)

// Bytes of every length come into a hash as their length and then as words of eight bytes in pairs, the lowest byte first, with zeros behind the last.
func TestHashOfBytes(t *testing.T) {
	r := stream.New(1, "test", 0)
	for n := range 100 {
		b := make([]byte, n)
		for i := range b {
			b[i] = byte(r.Uint64())
		}
		words := make([]uint64, (n+15)/16*2)
		for i, c := range b {
			words[i/8] |= uint64(c) << (i % 8 * 8)
		}
		want := stream.Mix(42, uint64(n))
		for i := 0; i < len(words); i += 2 {
			want = stream.Mix(want^words[i], words[i+1])
		}
		got := Hash(42)
		got.Bytes(b)
		require.Equal(t, Hash(want), got, "%d bytes", n)
	}
}
