package multipaxos

import (
	"testing"

	"github.com/stretchr/testify/require"

	"simrun/node"
	"simrun/node/fact"
)

// Whoever looks at a run sees of each replica what it is, what it has promised and applied, the end of its log, and whatever else is out of the ordinary.
func TestDescribe(t *testing.T) {
	founders := Membership{Voters: []node.ID{1, 2, 3}}
	value := func(seq uint64) []byte { return appendCommand(nil, &pending{op: node.Command, client: 1, seq: seq}) }
	vote := func(r *Replica, slot uint64, voters uint64) {
		r.log.put(slot, node.NewBallot(1, 1), value(slot), 0).voters = voterSet{voters}
	}
	for name, c := range map[string]struct {
		change func(r *Replica)
		want   []string
	}{
		"at the beginning": {func(r *Replica) {}, []string{"role follower of nobody", "promised 0.0", "applied 0"}},
		"a follower": {
			func(r *Replica) {
				r.leading, r.promised, r.applied, r.promises = node.NewBallot(1, 2), node.NewBallot(1, 2), 1, []node.ID{1}
				r.next, r.leaseEnd = 9, 9000 // of no matter any more
				vote(r, 1, 3)
				vote(r, 2, 3)
				r.log.put(3, learned, value(3), 0)
			},
			[]string{
				"role follower of n2 in ballot 1.2", "promised 1.2", "applied 1",
				"slot 1 [c1#1] accepted in 1.1", "slot 2 [c1#2] accepted in 1.1", "slot 3 [c1#3] learned",
			},
		},
		"asking": {
			func(r *Replica) { r.role, r.ballot, r.promises = asking, node.NewBallot(2, 1), []node.ID{1} },
			[]string{"role asking for support in ballot 2.1", "promised 0.0", "applied 0", "promises from n1"},
		},
		"a candidate": {
			func(r *Replica) { r.role, r.ballot, r.promises = candidate, node.NewBallot(2, 1), []node.ID{1, 3} },
			[]string{"role candidate in ballot 2.1", "promised 0.0", "applied 0", "promises from n1 n3"},
		},
		"a candidate whom nobody has promised": {
			func(r *Replica) { r.role, r.ballot = candidate, node.NewBallot(2, 1) },
			[]string{"role candidate in ballot 2.1", "promised 0.0", "applied 0", "promises from nobody"},
		},
		"a leader": {
			func(r *Replica) {
				r.role, r.ballot, r.promised, r.applied, r.next, r.leaseEnd = leader, node.NewBallot(1, 1), node.NewBallot(1, 1), 1, 4, 9*node.Microsecond
				vote(r, 1, 3)
				vote(r, 2, 5)
				vote(r, 3, 0)
				r.queue.push(pending{})
				r.queue.push(pending{})
				r.reads.push(read{})
			},
			[]string{
				"role leader in ballot 1.1", "promised 1.1", "applied 1", "next 4", "lease until 9 us of its clock",
				"slot 1 [c1#1] accepted in 1.1", "slot 2 [c1#2] accepted in 1.1, votes of n1 n3", "slot 3 [c1#3] accepted in 1.1, votes of nobody",
				"queue 2 commands", "reads 1 waiting",
			},
		},
		"a leader without a lease": {
			func(r *Replica) { r.role, r.ballot = leader, node.NewBallot(1, 1) },
			[]string{"role leader in ballot 1.1", "promised 0.0", "applied 0", "next 0"},
		},
		"a leader of nobody": { // there is none, but whoever looks for a bug may make one
			func(r *Replica) { r.role, r.ballot, r.eras = leader, node.NewBallot(1, 1), nil; vote(r, 1, 3) },
			[]string{"role leader in ballot 1.1", "promised 0.0", "applied 0", "next 0", "slot 1 [c1#1] accepted in 1.1"},
		},
		"under repair": {
			func(r *Replica) { r.standing = repairing },
			[]string{"role follower of nobody", "promised 0.0", "applied 0", "repairing its log was damaged"},
		},
		"a membership of slot 1": {
			func(r *Replica) { r.eras = eras{newEra(1, founders)} }, []string{"role follower of nobody", "promised 0.0", "applied 0"},
		},
		"a later membership": {
			func(r *Replica) { r.eras = eras{newEra(2, founders)} },
			[]string{"role follower of nobody", "promised 0.0", "applied 0", "members n1 n2 n3, learners nobody, from slot 2"},
		},
		"a learner": {
			func(r *Replica) {
				r.eras = eras{newEra(0, Membership{Voters: []node.ID{1}, Learners: []node.ID{2}})}
			},
			[]string{"role follower of nobody", "promised 0.0", "applied 0", "members n1, learners n2, from slot 0"},
		},
		"two memberships": {
			func(r *Replica) { r.eras = append(r.eras, newEra(9, Membership{Voters: []node.ID{1, 2}})) },
			[]string{
				"role follower of nobody", "promised 0.0", "applied 0",
				"members n1 n2 n3, learners nobody, from slot 0", "members n1 n2, learners nobody, from slot 9",
			},
		},
		"the end of a long log": {
			func(r *Replica) {
				for slot := uint64(1); slot <= 5; slot++ {
					vote(r, slot, 0)
				}
				vote(r, 9, 0)
				vote(r, 10, 0)
			},
			[]string{
				"role follower of nobody", "promised 0.0", "applied 0", "slot 3 [c1#3] accepted in 1.1", "slot 4 [c1#4] accepted in 1.1", "slot 5 [c1#5] accepted in 1.1",
				"slot 9 [c1#9] accepted in 1.1", "slot 10 [c1#10] accepted in 1.1",
			},
		},
		"a log above a floor": {
			func(r *Replica) {
				vote(r, 1, 0)
				vote(r, 2, 0)
				r.log.drop(1)
				r.log.put(1, node.NewBallot(1, 1), value(1), 0) // as if it had not been dropped
			},
			[]string{"role follower of nobody", "promised 0.0", "applied 0", "floor 1", "slot 2 [c1#2] accepted in 1.1"},
		},
	} {
		r := New(1, DefaultConfig(founders.Voters, newRegister))
		r.setEras(eras{newEra(0, founders)})
		c.change(r)
		require.Equal(t, c.want, r.Describe(), name)
	}
}

// A timeline shows proposals and votes at their slots, and what was voted for by its digest.
func TestAbout(t *testing.T) {
	b := node.NewBallot(4, 2)
	for _, c := range []struct {
		m     Message
		slot  uint64
		value uint64
	}{
		{Message{Kind: Accept, Ballot: b, Slot: 3, Value: []byte("value")}, 3, fact.Digest([]byte("value"))},
		{Message{Kind: Accepted, Ballot: b, Slot: 3, Digest: 7}, 3, 7},
		{Message{Kind: Settled, Ballot: b, Slot: 3}, 3, 0},
		{Message{Kind: Prepare, Ballot: b, Slot: 3}, 0, 0},
		{Message{Kind: Heartbeat, Ballot: b, Slot: 3}, 0, 0},
	} {
		slot, ballot, value := c.m.About()
		require.Equal(t, b, ballot, c.m.String())
		require.Equal(t, []uint64{c.slot, c.value}, []uint64{slot, value}, c.m.String())
	}
}
