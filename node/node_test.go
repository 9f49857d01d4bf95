package node

import (
	"bytes"
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// Ballots are ordered by round, then by node, and the next one is above all of its round.
func TestBallotOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		round, id := rapid.Uint64Range(0, MaxRound-1).Draw(t, "round"), ID(rapid.Uint16().Draw(t, "id"))
		b := NewBallot(round, id)
		require.Equal(t, round, b.Round())
		require.Equal(t, id, b.ID())
		other := ID(rapid.Uint16().Draw(t, "other"))
		require.Equal(t, id < other, b < NewBallot(round, other))
		require.Less(t, b, NewBallot(round+1, other))
		require.Less(t, b, b.Next(other))
		require.Equal(t, other, b.Next(other).ID())
	})
	require.Equal(t, "3.1", NewBallot(3, 1).String())
}

func TestAddr(t *testing.T) {
	for text, want := range map[string]Addr{"n1": ID(1).Addr(), "n65535": ID(math.MaxUint16).Addr(), "c1": Client(1).Addr(), "c70000": Client(70000).Addr()} {
		var a Addr
		require.NoError(t, a.UnmarshalText([]byte(text)))
		require.Equal(t, want, a)
		require.Equal(t, text, a.String())
		require.Equal(t, text[0] == 'c', a.IsClient())
	}
	require.Equal(t, ID(0), Client(7).Addr().ID())
	require.Equal(t, Client(0), ID(7).Addr().Client())
	for _, text := range []string{"", "n", "c", "n0", "c0", "n65536", "x1", "n-1", "c2147483648", "n1x", "1"} {
		var a Addr
		require.ErrorContains(t, a.UnmarshalText([]byte(text)), "n3", text)
	}
}

// Slices of an arena keep their contents, whatever is added later; also across a fork.
func TestArena(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var a Arena
		var got, want [][]byte
		add := func(to *Arena) {
			b := rapid.SliceOfN(rapid.Byte(), 0, 200).Draw(t, "bytes")
			if rapid.IntRange(0, 20).Draw(t, "large") == 0 {
				b = bytes.Repeat([]byte("large"), arenaBlock/8)
			}
			c := to.Copy(b)
			require.Equal(t, len(c), cap(c), "appending to it must not reach its neighbour")
			got, want = append(got, c), append(want, slices.Clone(b))
		}
		for range 20 {
			add(&a)
		}
		fork := a
		fork.Fork()
		for range 20 {
			add(&fork)
			add(&a)
		}
		for i := range got {
			require.True(t, bytes.Equal(want[i], got[i]))
		}
	})
}
