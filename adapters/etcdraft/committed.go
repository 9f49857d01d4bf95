package etcdraft

import (
	"fmt"

	pb "go.etcd.io/raft/v3/raftpb"

	"simrun/node"
	"simrun/node/fact"
)

// entry returns what is known of a durable entry. Log matching: wherever it is, it is the same and follows the same.
func (o *Observer) entry(e *pb.Entry, before uint64, id node.ID) *entry {
	at := entryID{e.Index, e.Term}
	value := fact.Digest(e.Data)
	if x := o.entries[at]; x != nil {
		if x.value != value || x.before != before {
			o.violate(id, e.Index, "matching", "two entries of one index and term", fmt.Sprintf(
				"n%d wrote entry %d of term %d as %08x after one of term %d, and elsewhere it is %08x after one of term %d",
				id, e.Index, e.Term, uint32(value), before, uint32(x.value), x.before))
		}
		return x
	}
	if o.used == len(o.slab) {
		o.slab, o.used = make([]entry, 256), 0 // the full one lives on in the map
	}
	x := &o.slab[o.used]
	o.used++
	*x = entry{value: value, before: before}
	o.entries[at] = x
	return x
}

// commit takes note that an entry is committed, by a majority of a term, and so all before it: state machine safety.
func (o *Observer) commit(index, term, by uint64) {
	for uint64(len(o.committed)) <= index {
		o.committed = append(o.committed, commitment{})
	}
	for i, t := index, term; i > 1; i-- {
		c := &o.committed[i]
		if c.term == t {
			return // and so is what is before
		}
		if c.term != 0 {
			o.violate(0, i, "committed", "two entries committed", fmt.Sprintf("at index %d an entry of term %d is committed, and one of term %d was", i, t, c.term))
			return
		}
		x := o.entries[entryID{i, t}]
		if x == nil { // known from a snapshot only
			*c = commitment{term: t, by: by}
			return
		}
		*c = commitment{term: t, by: by, value: x.value, known: true}
		t = x.before
	}
}

// complete holds an entry that became durable against what is committed at its index: a leader of a later term would have had that.
func (o *Observer) complete(id node.ID, e *pb.Entry) {
	if e.Index >= uint64(len(o.committed)) {
		return
	}
	if c := &o.committed[e.Index]; c.term != 0 && e.Term > c.by && e.Term != c.term {
		o.violate(id, e.Index, "completeness", "committed entry replaced in a later term", fmt.Sprintf(
			"n%d wrote entry %d of term %d, and one of term %d had been committed there in term %d", id, e.Index, e.Term, c.term, c.by))
	}
}
