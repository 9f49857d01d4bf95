package etcdraft

import (
	"fmt"

	pb "go.etcd.io/raft/v3/raftpb"

	"simrun/node"
	"simrun/node/wal"
)

// ledger is what is durable on one replica, and what it said since it booted.
type ledger struct {
	term, vote uint64
	base       uint64   // index of its snapshot
	baseTerm   uint64   // and its term
	tail       []uint64 // terms of the entries behind it

	damaged bool // by a fault of the disk
	excused bool // nothing is expected of it any more
	lost    bool // terms, votes or entries went with that

	applied uint64
	state   [2]uint64
}

func (l *ledger) last() (index, term uint64) {
	if n := len(l.tail); n > 0 {
		return l.base + uint64(n), l.tail[n-1]
	}
	return l.base, l.baseTerm
}

// termOf returns the term of an entry; ok is false if it is not there. Below the snapshot nothing is known, and nothing is there before the first record.
func (l *ledger) termOf(index uint64) (term uint64, ok bool) {
	switch {
	case index == l.base && index > 0:
		return l.baseTerm, true
	case index <= l.base || index > l.base+uint64(len(l.tail)):
		return 0, false
	}
	return l.tail[index-l.base-1], true
}

// put takes the place of what was at the index and behind.
func (l *ledger) put(index, term uint64) { l.tail = append(l.tail[:index-l.base-1], term) }

// install takes note of a snapshot, which takes the place of everything.
func (l *ledger) install(index, term uint64) { l.base, l.baseTerm, l.tail = index, term, l.tail[:0] }

// hard takes note of a term and a vote. Term and vote may not go back, on one disk.
func (o *Observer) hard(id node.ID, l *ledger, h *pb.HardState) {
	switch {
	case h.Term < l.term:
		o.violate(id, 0, "term", "durable term fell", fmt.Sprintf("n%d wrote term %d after term %d", id, h.Term, l.term))
		return
	case h.Term == l.term && l.vote != 0 && h.Vote != l.vote:
		o.violate(id, 0, "vote", "voted twice in one term", fmt.Sprintf("n%d voted for n%d in term %d, and now %s", id, l.vote, h.Term, votedFor(h.Vote)))
		return
	}
	l.term, l.vote = h.Term, h.Vote
	if h.Vote != 0 {
		o.votes[ballot{h.Term, h.Vote}] |= 1 << id
		if h.Vote == uint64(id) && h.Term > o.highest.term {
			o.highest = ballot{h.Term, h.Vote}
		}
	}
}

// votedFor says for whom a replica voted, of which 0 is nobody.
func votedFor(id uint64) string {
	if id == 0 {
		return "has voted for nobody"
	}
	return fmt.Sprintf("has voted for n%d", id)
}

// Rewritten reads a replica's disk anew and holds it against what was there before.
func (o *Observer) Rewritten(id node.ID, damaged bool, files func(each func(file string, durable []byte))) {
	l := &o.nodes[id]
	l.damaged = l.damaged || damaged
	if l.lost {
		return
	}
	before := *l
	index, term := l.last()
	l.tail = nil // before has it
	l.term, l.vote, l.base, l.baseTerm = 0, 0, 0, 0
	next := uint64(0) // sequence number of the next record; 0 at the start
	files(func(file string, durable []byte) {
		wal.Scan(file, durable, func(w wal.Record) {
			s, ok := decodeRecord(w)
			whole := next == w.Seq || next == 0 && s.snapshot.Metadata.Index > 0
			if !ok || l.damaged && !whole {
				return // what is behind a hole followed something that is gone
			}
			next = w.Seq + 1
			o.saved(id, &s)
		})
	})
	problem := ""
	switch {
	case l.term < before.term:
		problem = fmt.Sprintf("term %d, and has term %d", before.term, l.term)
	case l.term == before.term && l.vote != before.vote && before.vote != 0:
		problem = fmt.Sprintf("a vote for n%d in term %d, and %s", before.vote, before.term, votedFor(l.vote))
	case !l.keeps(&before):
		problem = fmt.Sprintf("entry %d of term %d, and has another or none", index, term)
	}
	switch {
	case problem == "":
	case l.damaged:
		l.lost = true
	default:
		o.violate(id, index, "kept", "durable data was lost", fmt.Sprintf("n%d had durably %s", id, problem))
	}
}

// keeps tells whether all entries of an earlier state are still there, or in a snapshot, or gave way to those of later terms.
func (l *ledger) keeps(before *ledger) bool {
	index, _ := before.last()
	for i := index; i > max(l.base, before.base); i-- {
		was, _ := before.termOf(i)
		is, ok := l.termOf(i)
		if !ok {
			_, is = l.last() // what is shorter was cut by a later term
		}
		if is < was || !ok && is == was {
			return false
		}
	}
	return l.base >= before.base
}
