package scenarios

import (
	"testing"

	"github.com/stretchr/testify/require"

	"simrun/checker"
	"simrun/faults"
	"simrun/node/fact"
	"simrun/node/multipaxos"
)

// What stands beside a file is the promises in the others; if there are votes in it and in others, all must be told anew.
func TestBesides(t *testing.T) {
	var d diskFacts
	d.file("vow").news(&fact.Fact{Kind: fact.Promised, Ballot: 7})
	d.file("log").news(&fact.Fact{Kind: fact.Promised, Ballot: 5})
	d.file("log").news(&fact.Fact{Kind: fact.Voted, Slot: 1, Ballot: 6})

	rest, ok := d.besides("vow")
	require.True(t, ok)
	require.Equal(t, checker.Rest{Promised: 5, AllVotes: true}, rest)
	rest, ok = d.besides("log")
	require.True(t, ok)
	require.Equal(t, checker.Rest{Promised: 7}, rest)
	rest, ok = d.besides("new")
	require.True(t, ok)
	require.Equal(t, checker.Rest{Promised: 7, AllVotes: true}, rest)

	d.file("vow").news(&fact.Fact{Kind: fact.Learned, Slot: 1})
	_, ok = d.besides("vow")
	require.False(t, ok)
	_, ok = d.besides("log")
	require.False(t, ok)
	_, ok = d.besides("new")
	require.True(t, ok)
}

// A file that was not rewritten is not decoded again, unless any of them may have changed.
func TestRewrittenAlone(t *testing.T) {
	spec := OnLog(newKV)
	facts := spec.Facts
	var decoded []string
	spec.Facts = func(file string, b []byte, emit func(fact.Fact)) {
		decoded = append(decoded, file)
		facts(file, b, emit)
	}
	c := newCluster(&spec).(*cluster[multipaxos.Message, *multipaxos.Message])
	defer c.Close()
	c.Reset(inputOf(t, kv(), 1, faults.Calm))
	both := func(each func(string, []byte)) {
		each("vow", nil)
		each("log", nil)
	}
	rewritten := func(file string) []string {
		decoded = nil
		c.Rewritten(1, file, both)
		return decoded
	}
	require.Equal(t, []string{"vow", "log"}, rewritten(""))
	require.Equal(t, []string{"vow"}, rewritten("vow"))
	require.Equal(t, []string{"log"}, rewritten("log"))
	decoded = nil
	c.Damaged(1, both)
	require.Equal(t, []string{"vow", "log"}, decoded)
}

// A run in which only the file that was rewritten is told anew is the run in which all are: where every file may have votes, nothing less will do.
func TestToldInPart(t *testing.T) {
	spec, whole := OnLog(newKV), OnLog(newKV)
	spec.Workload, whole.Workload = Registers{}, Registers{}
	facts, reread := spec.Facts, 0
	whole.Facts = func(file string, b []byte, emit func(fact.Fact)) {
		emit(fact.Fact{Kind: fact.Learned}) // of no slot
		facts(file, b, emit)
		reread++
	}
	decoded := 0
	spec.Facts = func(file string, b []byte, emit func(fact.Fact)) {
		facts(file, b, emit)
		decoded++
	}
	c, all := newCluster(&spec), newCluster(&whole)
	for _, name := range []string{faults.Default, "disks", "members"} {
		for seed := uint64(1); seed <= 20; seed++ {
			in := inputOf(t, kv(), seed, name)
			want := Run(all, in)
			got := Run(c, in)
			require.Equal(t, want.Hash, got.Hash, "seed %d under %s", seed, name)
			require.Equal(t, want.Verdict, got.Verdict)
			require.Equal(t, want.States, got.States)
			require.Equal(t, want.Stats, got.Stats)
		}
	}
	require.Less(t, decoded, reread)
}
