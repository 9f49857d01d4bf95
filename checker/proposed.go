package checker

import (
	"fmt"

	"simrun/node/fact"
)

// proposal is what votes for a slot were asked for in a ballot.
type proposal struct{ ballot, value uint64 }

// began holds a ballot that a proposer asks for promises of against those of its former lives: "each proposer remembers (in stable storage) the
// highest-numbered proposal it has tried to issue, and begins phase 1 with a higher proposal number than any it has already used" (Lamport, "Paxos Made
// Simple", section 2.5). Within one life a request that comes again is one that was not answered. A disk that lost what was on it is another matter.
func (w *Watch) began(n uint16, ballot uint64) {
	l := &w.nodes[n]
	if ballot <= l.former && !l.damage.struck {
		w.violate(n, 0, "ballot", "ballot begun again after a restart", fmt.Sprintf(
			"n%d asks for promises of %s, and had asked for those of %s before it last booted", n, name(ballot), name(l.former)))
	}
	l.begun = max(l.begun, ballot)
}

// proposed holds a request for votes against the others in the same ballot, and against the votes there are: all must be for the same value. Two values are
// wrong as soon as both are on their way, whoever votes for them.
func (w *Watch) proposed(n uint16, f *fact.Fact) {
	if f.Slot <= w.base {
		return
	}
	s := w.slot(f.Slot)
	for _, p := range s.proposals {
		if p.ballot != f.Ballot {
			continue
		}
		if p.value != f.Value {
			w.violate(n, f.Slot, "ballot", "two values proposed in one ballot", fmt.Sprintf(
				"n%d asks for votes for %08x in ballot %s for slot %d, in which votes for %08x were asked for", n, uint32(f.Value), name(f.Ballot), f.Slot, uint32(p.value)))
		}
		return
	}
	s.proposals = append(s.proposals, proposal{f.Ballot, f.Value})
	if v := s.ballot(f.Ballot); v != nil && v.value != f.Value {
		w.violate(n, f.Slot, "ballot", "two values in one ballot", fmt.Sprintf(
			"n%d asks for votes for %08x in ballot %s for slot %d, in which others voted for %08x", n, uint32(f.Value), name(f.Ballot), f.Slot, uint32(v.value)))
	}
}
