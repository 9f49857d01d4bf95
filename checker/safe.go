package checker

import (
	"fmt"
)

// safe holds the first vote for a slot in a ballot against the rule that makes votes safe: for every lower ballot c some phase-1
// quorum of the slot's membership exists, each member of which voted for the same value in c, or has promised above c without
// having voted in c (Lamport, "The Part-Time Parliament", condition B3; protocols prove it by induction). It fires before
// two values are chosen, and without any having to be.
func (w *Watch) safe(n uint16, slot, ballot, value uint64) {
	s := w.slot(slot)
	e := w.governing(slot)
	// For ballots below in which nobody voted for the slot: a quorum has promised above them all.
	if promised := w.above(e, ballot-1, nil, nil); promised < e.phase1 {
		w.violate(n, slot, "safe", "vote without a quorum of promises", fmt.Sprintf(
			"n%d voted in ballot %s for slot %d, and only %d have promised it", n, name(ballot), slot, promised))
		return
	}
	for i := range s.ballots {
		c := s.vote(i)
		if c.ballot >= ballot {
			continue
		}
		var same *nodeSet
		if c.value == value {
			same = &c.voters
		}
		if w.above(e, c.ballot, &c.voters, same) < e.phase1 {
			w.violate(n, slot, "safe", "vote for another value than may be chosen", fmt.Sprintf(
				"n%d voted for %08x in ballot %s for slot %d, and in ballot %s %08x may still be chosen",
				n, uint32(value), name(ballot), slot, name(c.ballot), uint32(c.value)))
			return
		}
	}
}

// above counts the voters of the era who have promised above a ballot, leaving out those in without, unless they are in
// with. A promise that was lost to a fault of the disk was made all the same: what its owner does now is another check's business.
func (w *Watch) above(e *era, ballot uint64, without, with *nodeSet) (count int) {
	for m := uint16(1); int(m) < len(w.nodes); m++ {
		switch {
		case !e.voters.has(m):
		case with != nil && with.has(m):
			count++
		case without != nil && without.has(m):
		case max(w.nodes[m].promised, w.nodes[m].damage.ballot) > ballot, w.nodes[m].reload.active && w.nodes[m].reload.promised > ballot:
			count++ // of a disk that is read anew counts what was found on it so far, too
		}
	}
	return count
}
