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
		r.sentAt = new([rounds]node.Local)
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
			confirmed, lease, tally := r.confirmed, r.leaseEnd, r.past
			r.count()
			require.Equal(t, r.confirmed, confirmed)
			require.Equal(t, r.leaseEnd, lease)
			require.Equal(t, r.past, tally)
			for i := range r.eras {
				var want past
				for _, id := range r.eras[i].Voters {
					if p := r.peer(id); p.round > confirmed {
						want.rounds++
					}
					if p := r.peer(id); p.granted > lease {
						want.leases++
					}
				}
				require.Equal(t, want, tally[i])
			}
		}
	})
}

// What a quorum stands behind has moved when a phase-2 quorum of every era in force is past it, in answers or in leases. Before, nothing
// needs to be counted.
func TestMoved(t *testing.T) {
	type step struct {
		from            node.ID
		answers, grants bool
		moved           bool
	}
	one := eras{newEra(0, Membership{Voters: []node.ID{1, 2, 3}, Learners: []node.ID{6}})}
	two := eras{one[0], newEra(9, Membership{Voters: []node.ID{3, 4, 5}, Learners: []node.ID{6}})}
	for _, c := range []struct {
		name  string
		eras  eras
		steps []step
	}{
		{"answers", one, []step{{1, true, false, false}, {2, true, false, true}}},
		{"leases", one, []step{{1, false, true, false}, {2, false, true, true}}},
		{"both", one, []step{{1, true, true, false}, {2, true, true, true}}},
		{"one of each", one, []step{{1, true, false, false}, {2, false, true, false}, {3, true, false, true}}},
		{"a learner", one, []step{{6, true, true, false}, {1, true, true, false}}},
		{"answers of two eras", two, []step{{1, true, false, false}, {2, true, false, false}, {3, true, false, false}, {4, true, false, true}}},
		{"the other way round", two, []step{{5, true, false, false}, {4, true, false, false}, {1, true, false, false}, {2, true, false, true}}},
		{"leases of two eras", two, []step{{1, false, true, false}, {2, false, true, false}, {3, false, true, false}, {4, false, true, true}}},
		{"also the other way round", two, []step{{5, false, true, false}, {4, false, true, false}, {1, false, true, false}, {2, false, true, true}}},
	} {
		r := &Replica{id: 1, eras: c.eras}
		r.enlist()
		for _, x := range c.steps {
			require.Equal(t, x.moved, r.moved(r.peer(x.from), x.answers, x.grants), "%s: %v", c.name, x)
		}
	}
}

// However memberships follow upon each other, the peers are their members, each with the votes that it has in them and none from before. What is
// known of those who stay is kept.
func TestPeersOfEras(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ids := []node.ID{1, 2, 3, 4, 5, 6, 9}
		draw := func(start uint64) era {
			all := rapid.Permutation(ids).Draw(t, "members")
			voters := rapid.IntRange(1, len(all)).Draw(t, "voters")
			learners := rapid.IntRange(0, len(all)-voters).Draw(t, "learners")
			return newEra(start, Membership{Voters: all[:voters], Learners: all[voters : voters+learners]})
		}
		r := &Replica{id: 1}
		known := map[node.ID]uint64{}
		for n := range rapid.Uint64Range(1, 5).Draw(t, "changes") {
			r.eras = eras{draw(2 * n)}
			if rapid.Bool().Draw(t, "joint") {
				r.eras = append(r.eras, draw(2*n+1))
			}
			r.enlist()
			members := 0
			for _, id := range append(ids, 7) {
				p := r.peer(id)
				require.Equal(t, r.eras.has(id), p != nil, "%d", id)
				if p == nil {
					delete(known, id)
					continue
				}
				members++
				require.Equal(t, id, p.id)
				require.Equal(t, known[id], p.applied, "%d", id)
				for i := range r.eras {
					require.Equal(t, r.eras[i].votes(id), p.in(i), "%d", id)
				}
				p.applied = 10*n + uint64(id)
				known[id] = p.applied
			}
			require.Len(t, r.peers, members)
		}
	})
}

// Answers that grant no lease make none, not even one that is over: a leader that asks for none has none to tell of.
func TestNoLeaseOfNoGrants(t *testing.T) {
	r := &Replica{id: 1, role: leader, ballot: node.NewBallot(1, 1), round: 1, eras: eras{newEra(0, Membership{Voters: []node.ID{1, 2, 3}})}}
	r.enlist()
	s := nodetest.New[Message](1)
	s.Clock = 1000
	r.sentAt = &[rounds]node.Local{1: 900}
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
