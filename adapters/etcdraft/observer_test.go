package etcdraft

import (
	"testing"

	"github.com/stretchr/testify/require"
	pb "go.etcd.io/raft/v3/raftpb"

	"simrun/node"
	"simrun/node/fact"
	"simrun/node/wal"
	"simrun/scenarios"
)

// disk is the log of one replica, told to an observer as it becomes durable.
type disk struct {
	id    node.ID
	o     *Observer
	bytes []byte
	log   wal.Log
}

func (d *disk) Append(_ string, b []byte) {
	d.bytes = append(d.bytes, b...)
	d.o.Durable(d.id, File, b)
}
func (d *disk) Replace(_ string, b []byte)    { d.bytes = append([]byte(nil), b...); d.reread(false) }
func (d *disk) Truncate(_ string, n int)      { d.bytes = d.bytes[:n] }
func (d *disk) Read(_ string) ([]byte, error) { return d.bytes, nil }

func (d *disk) reread(damaged bool) {
	d.o.Rewritten(d.id, damaged, func(each func(string, []byte)) { each(File, d.bytes) })
}

// save writes a record: term, vote, and entries of that term or those given, from an index on.
func (d *disk) save(term, vote, from uint64, terms ...uint64) {
	h := pb.HardState{Term: term, Vote: vote, Commit: 1}
	var entries []pb.Entry
	for i, t := range terms {
		entries = append(entries, pb.Entry{Index: from + uint64(i), Term: t, Data: []byte{byte(t)}})
	}
	d.log.Append(d, recordSave, appendSave(nil, &h, entries))
}

// group is an observer of three founded replicas.
func group(t *testing.T, changes int64) (*Observer, []*disk) {
	o := new(Observer)
	o.Reset(&scenarios.Config{Nodes: 3, Knobs: map[string]int64{"changes": changes}})
	disks := make([]*disk, 4)
	for id := node.ID(1); id <= 3; id++ {
		d := &disk{id: id, o: o}
		d.log, _, _ = wal.Open(d, File, func(wal.Record) {})
		h := pb.HardState{Term: 1, Commit: 1}
		d.log.Rewriting()
		d.log.Add(recordSnapshot, appendSnapshot(nil, &h, &pb.Snapshot{Metadata: pb.SnapshotMetadata{Index: 1, Term: 1}}))
		d.log.Replace(d)
		disks[id] = d
	}
	require.Nil(t, o.Violation())
	return o, disks
}

func leads(o *Observer, id node.ID, term, through uint64) {
	o.Observed(id, fact.Fact{Kind: fact.Leading, Ballot: uint64(node.NewBallot(term, id)), Slot: through})
}

func applies(o *Observer, id node.ID, index, term, state uint64) {
	o.Observed(id, fact.Fact{Kind: fact.Applied, Slot: index, Ballot: term, Value: fact.Digest([]byte{byte(term)}), State: [2]uint64{state}})
}

// Each invariant fires on the shortest story that breaks it, and not one step before.
func TestInvariants(t *testing.T) {
	for _, c := range []struct {
		name  string
		right func(o *Observer, d []*disk)
		wrong func(o *Observer, d []*disk)
		want  string
	}{
		{
			name:  "a replica votes for two candidates in one term",
			right: func(o *Observer, d []*disk) { d[1].save(2, 1, 0); d[1].save(2, 1, 0); d[1].save(3, 2, 0) },
			wrong: func(o *Observer, d []*disk) { d[1].save(3, 1, 0) },
			want:  "vote: voted twice in one term",
		},
		{
			name:  "a term falls",
			right: func(o *Observer, d []*disk) { d[1].save(3, 1, 0) },
			wrong: func(o *Observer, d []*disk) { d[1].save(2, 1, 0) },
			want:  "term: durable term fell",
		},
		{
			name: "two leaders",
			right: func(o *Observer, d []*disk) {
				d[1].save(2, 1, 0)
				d[2].save(2, 1, 0)
				leads(o, 1, 2, 1)
				leads(o, 1, 2, 1)
			},
			wrong: func(o *Observer, d []*disk) { leads(o, 2, 2, 1) },
			want:  "election: two leaders in one term",
		},
		{
			name:  "a leader by one durable vote",
			right: func(o *Observer, d []*disk) { d[1].save(2, 1, 0) },
			wrong: func(o *Observer, d []*disk) { leads(o, 1, 2, 1) },
			want:  "election: leader without a majority",
		},
		{
			name: "a leader lacks what was committed in an earlier term, and one of an earlier term may",
			right: func(o *Observer, d []*disk) {
				d[1].save(3, 1, 2, 3)
				d[2].save(3, 1, 2, 3)
				o.votes[ballot{2, 3}], o.votes[ballot{4, 3}] = 7, 7
				leads(o, 3, 2, 1)
			},
			wrong: func(o *Observer, d []*disk) { leads(o, 3, 4, 1) },
			want:  "completeness: leader lacks a committed entry",
		},
		{
			name: "a later leader writes something else in the place of what is committed; an earlier one may",
			right: func(o *Observer, d []*disk) {
				d[3].save(2, 3, 2, 2)
				d[1].save(3, 1, 2, 3)
				d[2].save(3, 1, 2, 3)
			},
			wrong: func(o *Observer, d []*disk) { d[3].save(4, 3, 2, 4) },
			want:  "completeness: committed entry replaced in a later term",
		},
		{
			name:  "entries of one index and term follow different ones",
			right: func(o *Observer, d []*disk) { d[1].save(2, 1, 2, 2); d[1].save(3, 1, 3, 3) },
			wrong: func(o *Observer, d []*disk) { d[2].save(3, 1, 2, 1, 3) },
			want:  "matching: two entries of one index and term",
		},
		{
			name:  "an entry of an earlier term that a majority has is not committed by that: figure 8",
			right: func(o *Observer, d []*disk) { d[1].save(2, 1, 2, 2); d[2].save(3, 2, 2, 2) },
			wrong: func(o *Observer, d []*disk) { applies(o, 1, 2, 2, 0) },
			want:  "applied: entry not committed",
		},
		{
			name: "it is by a later one of the leader's own term; states must be equal",
			right: func(o *Observer, d []*disk) {
				d[1].save(2, 1, 2, 2)
				d[2].save(3, 2, 2, 2, 3)
				d[3].save(3, 2, 2, 2, 3)
				applies(o, 1, 2, 2, 7)
				applies(o, 2, 2, 2, 7)
			},
			wrong: func(o *Observer, d []*disk) { applies(o, 3, 2, 2, 8) },
			want:  "applied: states differ",
		},
		{
			name:  "what is applied is on the replica's own disk",
			right: func(o *Observer, d []*disk) { d[1].save(2, 1, 2, 2); d[2].save(2, 1, 2, 2); applies(o, 1, 2, 2, 0) },
			wrong: func(o *Observer, d []*disk) { applies(o, 3, 2, 2, 0) },
			want:  "applied: entry is not durable",
		},
		{
			name: "entries are lost",
			right: func(o *Observer, d []*disk) {
				d[1].save(2, 1, 2, 2, 2)
				d[1].reread(false)
				d[1].save(3, 1, 2, 3)
				d[1].reread(false)
			},
			wrong: func(o *Observer, d []*disk) {
				before := len(d[1].bytes)
				d[1].save(4, 1, 3, 4)
				d[1].bytes = d[1].bytes[:before]
				d[1].reread(false)
			},
			want: "kept: durable data was lost",
		},
		{
			name: "who lost entries to a fault of its disk writes again",
			right: func(o *Observer, d []*disk) {
				before := len(d[1].bytes)
				d[1].save(2, 1, 2, 2)
				d[1].bytes = d[1].bytes[:before]
				d[1].reread(true)
			},
			wrong: func(o *Observer, d []*disk) { d[1].save(3, 1, 2, 3) },
			want:  "damage: takes part after losing terms, votes or entries",
		},
		{
			name:  "a client is told of what is not committed",
			right: func(o *Observer, d []*disk) { d[1].save(2, 1, 2, 2); d[2].save(2, 1, 2, 2); o.Replied(1, 1, 2) },
			wrong: func(o *Observer, d []*disk) { o.Replied(1, 1, 3) },
			want:  "durable: acknowledged before it was committed",
		},
		{
			name: "a command is executed twice",
			right: func(o *Observer, d []*disk) {
				o.Submitted(1, 1, 5)
				o.Observed(1, fact.Fact{Kind: fact.Executed, Slot: 2, Client: 1, Seq: 1, Value: 5})
				o.Observed(2, fact.Fact{Kind: fact.Executed, Slot: 2, Client: 1, Seq: 1, Value: 5})
			},
			wrong: func(o *Observer, d []*disk) {
				o.Observed(1, fact.Fact{Kind: fact.Executed, Slot: 3, Client: 1, Seq: 1, Value: 5})
			},
			want: "once: command executed twice",
		},
		{
			name:  "a command comes from nowhere",
			right: func(o *Observer, d []*disk) { o.Submitted(1, 1, 5) },
			wrong: func(o *Observer, d []*disk) {
				o.Observed(1, fact.Fact{Kind: fact.Executed, Slot: 2, Client: 1, Seq: 1, Value: 6})
			},
			want: "validity: command nobody submitted",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			o, d := group(t, 0)
			c.right(o, d)
			require.Nil(t, o.Violation())
			c.wrong(o, d)
			require.NotNil(t, o.Violation())
			require.Equal(t, c.want, o.Violation().Verdict().Fingerprint)
		})
	}
}

// Where memberships change, what is applied first is committed, and nobody may apply another.
func TestMembershipsChange(t *testing.T) {
	o, d := group(t, 4)
	d[1].save(2, 1, 2, 2)
	applies(o, 1, 2, 2, 0)
	require.Nil(t, o.Violation())
	require.Equal(t, uint64(1), o.Chosen())
	d[2].save(2, 1, 2, 1)
	applies(o, 2, 2, 1, 0)
	require.Equal(t, "committed: two entries committed", o.Violation().Verdict().Fingerprint)
}

// Faults that look for the candidate or for whose write completed a quorum are told: the one who last voted for itself in the highest term, and
// the one at whose write more became committed.
func TestRoles(t *testing.T) {
	o, d := group(t, 0)
	require.Zero(t, o.Highest())
	d[1].save(3, 1, 0)
	require.Equal(t, uint64(node.NewBallot(3, 1)), o.Highest())
	d[2].save(3, 1, 0)
	d[3].save(2, 3, 0)
	require.Equal(t, uint64(node.NewBallot(3, 1)), o.Highest(), "a vote for another, and an earlier term")
	d[2].save(4, 2, 0)
	require.Equal(t, uint64(node.NewBallot(4, 2)), o.Highest())
	d[1].save(4, 2, 2, 4)
	require.Zero(t, o.Chosen())
	d[2].save(4, 2, 2, 4)
	require.Equal(t, uint64(1), o.Chosen())
	o.Reset(&scenarios.Config{Nodes: 3, Knobs: map[string]int64{"changes": 0}})
	require.Zero(t, o.Highest())
}

// There it is not known in which term an entry was committed; it was in none above those that had a leader. So a straggler may still write what a leader
// of an earlier term sent it (figure 8, told with that leader alive), and one of a later term may not.
func TestStragglerWhereMembershipsChange(t *testing.T) {
	o, d := group(t, 4)
	d[1].save(2, 1, 2, 2)
	leads(o, 1, 2, 1)
	leads(o, 2, 3, 1) // it lacks entry 2 of term 2, which nobody else has
	d[1].save(4, 1, 3, 4)
	leads(o, 1, 4, 2) // with a vote of n3; now n3 gets both entries
	d[3].save(4, 1, 2, 2, 4)
	applies(o, 1, 2, 2, 0)
	d[2].save(3, 2, 2, 3)
	require.Nil(t, o.Violation())
	d[2].save(5, 2, 2, 5)
	require.Equal(t, "completeness: committed entry replaced in a later term", o.Violation().Verdict().Fingerprint)
}

// Behind a hole in a damaged log nobody can tell what a record followed. Here the hole took the entry that replaced 3.2: entry 4 of term 3 follows
// another one than elsewhere, and nobody is to blame. Such a replica has lost what was behind the hole, and must not write again.
func TestHole(t *testing.T) {
	o, d := group(t, 0)
	d[1].save(2, 3, 2, 2)
	d[1].save(3, 1, 3, 3, 3)
	d[3].save(2, 3, 2, 2, 2, 2) // it led in term 2, and wrote the last two alone
	from := len(d[3].bytes)
	d[3].save(3, 1, 3, 3)
	to := len(d[3].bytes)
	d[3].log.Synced(4)
	d[3].save(3, 1, 4, 3)
	clear(d[3].bytes[from:to])
	d[3].reread(true)
	require.Nil(t, o.Violation())
	d[3].reread(false)
	require.Nil(t, o.Violation(), "read again, after a crash")
	d[3].save(3, 1, 5, 3)
	require.Equal(t, "damage: takes part after losing terms, votes or entries", o.Violation().Verdict().Fingerprint)
}

// The same for a hole at the start: the first record of a log holds the snapshot that all others follow.
func TestHeadless(t *testing.T) {
	o, d := group(t, 0)
	from := len(d[3].bytes)
	d[3].log.Synced(1)
	d[3].save(3, 1, 0)
	clear(d[3].bytes[:from])
	d[3].reread(true)
	require.Nil(t, o.Violation())
	d[3].save(4, 1, 0)
	require.Equal(t, "damage: takes part after losing terms, votes or entries", o.Violation().Verdict().Fingerprint)
}
