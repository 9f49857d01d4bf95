package multipaxos

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"simrun/node"
	"simrun/node/nodetest"
)

// After every answer to a heartbeat, what a quorum stands behind is what counting from scratch finds, although not every answer makes the
// leader count.
func TestCount(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		members := Membership{Voters: rapid.SampledFrom([][]node.ID{{1, 2, 3, 4, 5}, {7, 1, 3, 2, 9}}).Draw(t, "voters")}
		r := &Replica{id: 1, role: leader, ballot: node.NewBallot(1, 1), eras: eras{newEra(0, members)}}
		if rapid.Bool().Draw(t, "joint") {
			r.eras = append(r.eras, newEra(100, Membership{Voters: members.Voters[:3]}))
		}
		r.enlist()
		r.sentAt = make([]node.Local, rounds)
		s := nodetest.New[Message](1)
		for range rapid.IntRange(1, 40).Draw(t, "answers") {
			r.round += rapid.Uint64Range(0, 1).Draw(t, "rounds")
			s.Clock += node.Local(rapid.IntRange(0, 1000).Draw(t, "wait"))
			r.sentAt[r.round%rounds] = s.Clock
			if r.round == 0 {
				continue
			}
			m := Message{Kind: Alive, Ballot: r.ballot, Mark: rapid.Uint64Range(1, r.round).Draw(t, "mark"), Span: rapid.SampledFrom([]uint64{0, 500, 5000}).Draw(t, "span")}
			r.onAlive(s, rapid.SampledFrom(members.Voters).Draw(t, "from"), &m)
			confirmed, lease, past := r.confirmed, r.leaseEnd, r.past
			r.count()
			require.Equal(t, r.confirmed, confirmed)
			require.Equal(t, r.leaseEnd, lease)
			require.Equal(t, r.past, past)
		}
	})
}

// Answers that grant no lease make none, not even one that is over: a leader that asks for none has none to tell of.
func TestNoLeaseOfNoGrants(t *testing.T) {
	r := &Replica{id: 1, role: leader, ballot: node.NewBallot(1, 1), round: 1, eras: eras{newEra(0, Membership{Voters: []node.ID{1, 2, 3}})}}
	r.enlist()
	s := nodetest.New[Message](1)
	s.Clock = 1000
	r.sentAt = []node.Local{1: 900}
	for _, from := range []node.ID{1, 2, 3} {
		r.onAlive(s, from, &Message{Kind: Alive, Ballot: r.ballot, Mark: 1})
		require.Zero(t, r.leaseEnd)
		require.Zero(t, r.peer(from).granted)
	}
	require.Equal(t, uint64(1), r.confirmed)
	for _, from := range []node.ID{1, 2} {
		r.onAlive(s, from, &Message{Kind: Alive, Ballot: r.ballot, Mark: 1, Span: 500})
	}
	require.Equal(t, node.Local(1400), r.leaseEnd, "two of three are enough")
}

// The n-th highest number is the n-th of a sorted list, however often numbers are there.
func TestHighest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		list := rapid.SliceOfN(rapid.Int64Range(0, 5), 1, MaxNodes).Draw(t, "list")
		n := rapid.IntRange(1, len(list)).Draw(t, "n")
		got := highest(slices.Clone(list), n)
		slices.Sort(list)
		require.Equal(t, list[len(list)-n], got)
	})
}

// Members are found by their IDs, whatever these are and wherever they stand.
func TestPlacesOfPeers(t *testing.T) {
	voters := []node.ID{2, 1, 3, 9, 5, 65535}
	r := &Replica{id: 1, eras: eras{newEra(0, Membership{Voters: voters, Learners: []node.ID{7}})}}
	r.enlist()
	for id := range node.ID(12) {
		at := slices.Index(voters, id)
		require.Equal(t, at, r.eras[0].place(id), "%d", id)
		require.Equal(t, at >= 0 || id == 7, r.peer(id) != nil, "%d", id)
		if p := r.peer(id); p != nil {
			require.Equal(t, id, p.id)
			require.Equal(t, at >= 0, p.in(0))
		}
	}
	require.Equal(t, 5, r.eras[0].place(65535))
}
