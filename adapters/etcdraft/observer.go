package etcdraft

import (
	"fmt"
	"math/bits"

	pb "go.etcd.io/raft/v3/raftpb"

	"simrun/checker"
	"simrun/node"
	"simrun/node/fact"
	"simrun/node/wal"
	"simrun/scenarios"
)

// Observer holds replicas against the invariants of Raft (Ongaro and Ousterhout, "In Search of an Understandable Consensus Algorithm", figure 3),
// from the records on their disks:
//
//	term        a durable term never falls                                                   ledger.go
//	vote        in one term a replica votes for one candidate                                ledger.go
//	kept        a durable entry is lost to nothing but a later term's entry, or a snapshot   ledger.go
//	damage      a replica that lost terms, votes or entries to its disk takes no part        ledger.go
//	election    in one term there is one leader, and durable votes of a majority made it     leading.go
//	completeness  a leader's log has all that was committed before its term                  leading.go, committed.go
//	matching    entries of one index and term are the same, and so is all before them        committed.go
//	committed   what is committed is never another entry                                     committed.go
//	applied     replicas apply what is committed, in order, and come to equal states         applied.go
//	once, validity, durable  as for any log: see checker.Watch                               applied.go
//
// What is committed is worked out from the disks too: an entry that a majority has written in the entry's own term, and all before it. Where
// memberships change, majorities are of no fixed group: then what is applied first counts as committed.
type Observer struct {
	fixed     bool // the members do not change
	majority  int
	nodes     []ledger           // by ID
	entries   map[entryID]*entry // that were durable anywhere
	slab      []entry
	used      int
	votes     map[ballot]uint64 // sets of voters
	leaders   map[uint64]uint64 // by term
	led       uint64            // highest term that had one
	highest   ballot            // in which a candidate voted for itself
	committed []commitment      // by index, from 1
	commands  []submissions     // by client
	violation *checker.Violation
}

type entryID struct{ index, term uint64 }

// entry is one that became durable somewhere.
type entry struct {
	value  uint64 // digest
	before uint64 // term of the entry before
	acks   uint64 // set of replicas that wrote it in its own term
}

type ballot struct{ term, candidate uint64 }

// commitment is what is known of a committed index.
type commitment struct {
	term    uint64
	by      uint64 // term in which it was committed, or, where memberships change, the highest in which it can have been
	value   uint64
	known   bool // value is
	applied bool // state is known
	state   [2]uint64
}

// Reset makes the observer ready for a run, keeping its memory.
func (o *Observer) Reset(c *scenarios.Config) {
	o.fixed = c.Knob("changes") == 0
	o.majority = c.Nodes/2 + 1
	if cap(o.nodes) <= c.Nodes {
		o.nodes = make([]ledger, c.Nodes+1)
	}
	o.nodes = o.nodes[:c.Nodes+1]
	for i := range o.nodes {
		o.nodes[i] = ledger{tail: o.nodes[i].tail[:0]}
	}
	if o.entries == nil {
		o.entries, o.votes, o.leaders = map[entryID]*entry{}, map[ballot]uint64{}, map[uint64]uint64{}
	}
	clear(o.entries)
	clear(o.votes)
	clear(o.leaders)
	o.used, o.led, o.highest = 0, 0, ballot{}
	o.committed = append(o.committed[:0], commitment{}, commitment{term: 1, by: 1}) // the founding snapshot
	for i := range o.commands {
		o.commands[i].digests, o.commands[i].slots = o.commands[i].digests[:0], o.commands[i].slots[:0]
	}
	o.violation = nil
}

// Durable takes note of records.
func (o *Observer) Durable(id node.ID, file string, appended []byte) {
	wal.Scan(file, appended, func(w wal.Record) {
		if s, ok := decodeRecord(w); ok {
			o.saved(id, &s)
		}
	})
}

// saved takes note of one record.
func (o *Observer) saved(id node.ID, s *saved) {
	l := &o.nodes[id]
	if l.lost {
		o.violate(id, 0, "damage", "takes part after losing terms, votes or entries", fmt.Sprintf(
			"n%d lost durable data to a fault of its disk, and writes records as if nothing had happened", id))
		return
	}
	o.hard(id, l, &s.hard)
	if s.snapshot.Metadata.Index > 0 {
		l.install(s.snapshot.Metadata.Index, s.snapshot.Metadata.Term)
	}
	for i := range s.entries {
		o.write(id, l, &s.entries[i])
	}
}

// write takes note of a durable entry.
func (o *Observer) write(id node.ID, l *ledger, e *pb.Entry) {
	before, ok := l.termOf(e.Index - 1)
	if !ok {
		o.violate(id, e.Index, "kept", "hole in the log", fmt.Sprintf("n%d wrote entry %d, and has none before it", id, e.Index))
		return
	}
	l.put(e.Index, e.Term)
	x := o.entry(e, before, id)
	if e.Term == l.term && x.acks>>id&1 == 0 {
		x.acks |= 1 << id
		if o.fixed && bits.OnesCount64(x.acks) >= o.majority {
			o.commit(e.Index, e.Term, e.Term)
		}
	}
	o.complete(id, e)
}

// Submitted takes note of a command.
func (o *Observer) Submitted(client uint32, _, digest uint64) {
	for int(client) >= len(o.commands) {
		o.commands = append(o.commands, submissions{})
	}
	x := &o.commands[client]
	x.digests, x.slots = append(x.digests, digest), append(x.slots, 0)
}

// Observed holds what a replica states against what is durable.
func (o *Observer) Observed(id node.ID, f fact.Fact) {
	switch f.Kind {
	case fact.Leading:
		o.leading(id, &f)
	case fact.Applied:
		o.applies(id, &f)
	case fact.Snapshot:
		o.restored(id, &f)
	case fact.Executed:
		o.executed(id, &f)
	}
}

// Started forgets what the replica had applied.
func (o *Observer) Started(id node.ID) { o.nodes[id].applied, o.nodes[id].state = 0, [2]uint64{} }

// Applied returns how far the replica is.
func (o *Observer) Applied(id node.ID) (slot uint64, state [2]uint64) {
	return o.nodes[id].applied, o.nodes[id].state
}

// Chosen returns how many entries are committed, without the founding one.
func (o *Observer) Chosen() uint64 { return uint64(len(o.committed)) - 2 }

// Highest returns the ballot of the last candidate.
func (o *Observer) Highest() uint64 {
	return uint64(node.NewBallot(o.highest.term, node.ID(o.highest.candidate)))
}

// Excused takes note that nothing is expected of a replica any more.
func (o *Observer) Excused(id node.ID) { o.nodes[id].excused = true }

// Converged tells whether all replicas whose disks were left alone, and that are not excused, have applied all that is committed.
func (o *Observer) Converged() bool {
	first := 0
	for i := 1; i < len(o.nodes); i++ {
		l := &o.nodes[i]
		switch {
		case l.damaged || l.excused:
		case first == 0:
			first = i
		case l.applied != o.nodes[first].applied || l.state != o.nodes[first].state:
			return false
		}
	}
	return first == 0 || o.nodes[first].applied+1 == uint64(len(o.committed))
}

// Violation returns the first violation.
func (o *Observer) Violation() *checker.Violation { return o.violation }

func (o *Observer) violate(id node.ID, slot uint64, check, shape, detail string) {
	if o.violation == nil {
		o.violation = &checker.Violation{Check: check, Shape: shape, Detail: detail, Node: uint16(id), Slot: slot}
	}
}
