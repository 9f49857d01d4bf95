package paxos

import (
	"testing"

	"github.com/stretchr/testify/require"

	"simrun/node"
)

// rich returns a replica with something of everything in it.
func rich() *Replica {
	r := New(1, Majority(1, 2, 3))
	r.acceptor = acceptor{promised: 5, accepted: 4, value: []byte("vote")}
	r.proposer = proposer{
		phase: preparing, ballot: 5, highest: 6, own: []byte("own"), value: []byte("value"), adopted: 3, quorum: members{5, 0}, attempts: 2,
	}
	r.learner = learner{chosen: []byte("chosen"), polled: 4, waiting: []waiter{{7, 1}, {8, 2}}}
	return r
}

// Replicas that differ in anything that matters have different encodings: whoever explores states takes those with one encoding for one.
func TestStateTellsReplicasApart(t *testing.T) {
	was := string(rich().AppendState(nil))
	require.Equal(t, was, string(rich().AppendState(nil)))
	require.Equal(t, "prefix"+was, string(rich().AppendState([]byte("prefix"))))
	seen := map[string]string{was: "no change"}
	for name, change := range map[string]func(r *Replica){
		"silent": func(r *Replica) { r.silent = true }, "promised": func(r *Replica) { r.acceptor.promised++ }, "accepted": func(r *Replica) { r.acceptor.accepted++ },
		"the vote": func(r *Replica) { r.acceptor.value = []byte("none") }, "phase": func(r *Replica) { r.proposer.phase = accepting },
		"ballot": func(r *Replica) { r.proposer.ballot++ }, "highest": func(r *Replica) { r.proposer.highest++ },
		"own": func(r *Replica) { r.proposer.own = []byte("now") }, "value": func(r *Replica) { r.proposer.value = []byte("other") },
		"adopted": func(r *Replica) { r.proposer.adopted++ }, "quorum": func(r *Replica) { r.proposer.quorum.add(1) },
		"a quorum of many": func(r *Replica) { r.proposer.quorum.add(64) }, "attempts": func(r *Replica) { r.proposer.attempts++ },
		"known": func(r *Replica) { r.learner.known = true }, "chosen": func(r *Replica) { r.learner.chosen = []byte("others") },
		"polled": func(r *Replica) { r.learner.polled++ }, "who waits": func(r *Replica) { r.learner.waiting[0].client++ },
		"for what": func(r *Replica) { r.learner.waiting[1].seq++ }, "how many wait": func(r *Replica) { r.learner.waiting = r.learner.waiting[:1] },
		"a record": func(r *Replica) { r.log.Append(&nowhere{}, recordPromise, make([]byte, 8)) },
	} {
		r := rich()
		change(r)
		now := string(r.AppendState(nil))
		require.NotContains(t, seen, now, "%s, and %s", name, seen[now])
		seen[now] = name
	}
}

// The same bytes in one value or the next are not the same state, and a list is told from what is behind it by its length.
func TestStateTellsValuesApart(t *testing.T) {
	zeros := make([]byte, 8)
	own, proposed := rich(), rich()
	own.proposer.own, own.proposer.value, own.proposer.adopted = zeros, nil, 0
	proposed.proposer.own, proposed.proposer.value, proposed.proposer.adopted = nil, zeros, 0
	require.NotEqual(t, own.AppendState(nil), proposed.AppendState(nil))

	for _, flag := range []func(r *Replica){func(r *Replica) { r.silent = true }, func(r *Replica) { r.learner.known = true }} {
		r := rich()
		flag(r)
		require.Len(t, r.AppendState(nil), len(rich().AppendState(nil)), "yes is as long as no")
	}

	list, none := rich(), rich()
	none.learner.waiting = nil
	require.Len(t, list.AppendState(nil), len(none.AppendState(nil))+4*8)
	count := len(none.AppendState(nil)) - 2*8 // in front of the number of the last record
	require.Equal(t, []byte{0, 0, 0, 0, 0, 0, 0, 2}, list.AppendState(nil)[count:count+8])
	require.Equal(t, zeros, none.AppendState(nil)[count:count+8])
}

// Whoever looks at a run sees what the acceptor remembers, what the proposer is at, and what the learner knows.
func TestDescribe(t *testing.T) {
	for name, c := range map[string]struct {
		change func(r *Replica)
		want   []string
	}{
		"at the beginning": {func(r *Replica) { *r = *New(1, r.config) }, []string{"promised 0.0", "proposer idle"}},
		"at work": {
			func(r *Replica) { r.proposer.ballot, r.acceptor.accepted = node.NewBallot(2, 1), node.NewBallot(1, 3) },
			[]string{"promised 0.5", "accepted 766f7465 in 1.3", "proposer preparing ballot 2.1 value 76616c7565, answered by n1 n3", "waiting 2 clients"},
		},
		"one client": {
			func(r *Replica) { r.learner.waiting = r.learner.waiting[:1] },
			[]string{"promised 0.5", "accepted 766f7465 in 0.4", "proposer preparing ballot 0.5 value 76616c7565, answered by n1 n3", "waiting 1 client"},
		},
		"answered by nobody": {
			func(r *Replica) { r.proposer.quorum, r.learner.waiting = members{}, nil },
			[]string{"promised 0.5", "accepted 766f7465 in 0.4", "proposer preparing ballot 0.5 value 76616c7565"},
		},
		"in the know": {
			func(r *Replica) { r.proposer, r.learner = proposer{}, learner{known: true, chosen: []byte("chosen")} },
			[]string{"promised 0.5", "accepted 766f7465 in 0.4", "proposer idle", "chosen 63686f73656e"},
		},
		"silent": {func(r *Replica) { *r = Replica{silent: true} }, []string{"promised 0.0", "proposer idle", "silent its log is corrupt"}},
	} {
		r := rich()
		c.change(r)
		require.Equal(t, c.want, r.Describe(), name)
	}
}
