package multipaxos

import (
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"simrun/node"
)

// Voters are told apart up to the last place of the largest membership, and who is none is in no set.
func TestVoterSet(t *testing.T) {
	var m Membership
	for i := range MaxNodes {
		m.Voters = append(m.Voters, node.ID(1000-i))
	}
	e := newEra(1, m)
	var set voterSet
	for n, id := range m.Voters {
		require.True(t, quorum(&set, n))
		require.False(t, quorum(&set, n+1))
		require.False(t, e.in(&set, id))
		e.add(&set, id)
		require.True(t, e.in(&set, id))
		e.add(&set, id) // once is enough
		require.True(t, e.votes(id))
	}
	require.True(t, quorum(&set, MaxNodes))
	for _, id := range []node.ID{0, 1, 1001} {
		require.False(t, e.votes(id))
		before := set
		e.add(&set, id)
		require.Equal(t, before, set)
		require.False(t, e.in(&set, id))
	}
}

// Whether members stand where their IDs say, as founders do, or not, each has a place of its own, and strangers have none.
func TestPlaces(t *testing.T) {
	for _, voters := range [][]node.ID{{1}, {1, 2, 3}, {3, 2, 1}, {1, 3, 2}, {1, 2, 4}, {2, 3, 1, 9, 4}, {7, 8}} {
		e := newEra(1, Membership{Voters: voters})
		for id := range node.ID(12) {
			require.Equal(t, slices.Index(voters, id), e.place(id), "%d of %v", id, voters)
		}
		require.Negative(t, e.place(math.MaxUint16))
	}
}
