package checker

import (
	"fmt"

	"simrun/node/fact"
)

// safe holds the first vote for a slot in a ballot against the rule that makes votes safe: for every lower ballot c some phase-1
// quorum of the slot's membership exists, each member of which voted for the same value in c, or has promised above c without
// having voted in c (Lamport, "The Part-Time Parliament", condition B3; protocols prove it by induction). It fires before
// two values are chosen, and without any having to be.
func (w *Watch) safe(n uint16, f *fact.Fact, s *slotLedger) {
	e := w.governing(f.Slot)
	// For ballots below in which nobody voted for the slot: a quorum has promised above them all.
	if promised := w.above(e, f.Ballot-1, &nodeSet{}, &e.voters); promised < e.phase1 {
		w.violate(n, f.Slot, "safe", "vote without a quorum of promises", fmt.Sprintf(
			"n%d voted in ballot %s for slot %d, and only %d have promised it", n, name(f.Ballot), f.Slot, promised))
		return
	}
	for i := range s.ballots {
		c := s.vote(i)
		if c.ballot >= f.Ballot {
			continue
		}
		same, rest := nodeSet{}, e.voters.without(&c.voters)
		if c.value == f.Value {
			same = c.voters
		}
		if w.above(e, c.ballot, &same, &rest) < e.phase1 {
			w.violate(n, f.Slot, "safe", "vote for another value than may be chosen", fmt.Sprintf(
				"n%d voted for %08x in ballot %s for slot %d, and in ballot %s %08x may still be chosen",
				n, uint32(f.Value), name(f.Ballot), f.Slot, name(c.ballot), uint32(c.value)))
			return
		}
	}
}

// above counts the voters of the era who are in a set, and those of another set of voters who have promised above a ballot. It stops at a phase-1 quorum.
func (w *Watch) above(e *era, ballot uint64, sure, others *nodeSet) (count int) {
	count = sure.common(&e.voters)
	for m := uint16(1); int(m) < len(w.nodes) && count < e.phase1; m++ {
		if others.has(m) && w.nodes[m].promises(ballot) {
			count++
		}
	}
	return count
}

// promises tells whether a replica has promised above a ballot. A promise that was lost to a fault of the disk was made all the same: what its owner does now
// is another check's business. Of a disk that is read anew counts what was found on it so far, too.
func (l *nodeLedger) promises(above uint64) bool {
	return l.promised > above || l.damage.ballot > above || l.reload.active && l.reload.promised > above
}
