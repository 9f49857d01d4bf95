package checker

import (
	"fmt"

	"simrun/node/fact"
)

// voted takes note of a durable vote. Two invariants hang on it.
//
// One value per ballot: voted(a, s, b, v) and voted(c, s, b, w) imply v = w.
//
// Agreement and stability: the set of values for which some ballot has the votes of a phase-2 quorum has at most one
// element, and that never changes.
func (w *Watch) voted(n uint16, f *fact.Fact) {
	if r := &w.nodes[n].reload; r.active {
		r.votes = append(r.votes, vote{f.Slot, f.Ballot, f.Value})
	} else if f.Ballot < w.nodes[n].promised {
		w.violate(n, f.Slot, "promise", "vote below a promise", fmt.Sprintf(
			"n%d voted in ballot %s for slot %d, having promised %s", n, name(f.Ballot), f.Slot, name(w.nodes[n].promised)))
		return
	}
	w.promisedAtLeast(n, f.Ballot)
	s := w.slot(f.Slot)
	v := s.ballot(f.Ballot)
	if v == nil {
		s.votes = append(s.votes, ballotVotes{ballot: f.Ballot, value: f.Value})
		v = &s.votes[len(s.votes)-1]
	}
	if v.value != f.Value {
		w.violate(n, f.Slot, "ballot", "two values in one ballot", fmt.Sprintf(
			"n%d voted for %08x in ballot %s for slot %d, in which others voted for %08x", n, uint32(f.Value), name(f.Ballot), f.Slot, uint32(v.value)))
		return
	}
	if v.voters.has(n) {
		return
	}
	v.voters.add(n)
	if v.voters.len() < w.config.Phase2 {
		return
	}
	if s.chosen {
		if s.value != f.Value {
			w.violate(n, f.Slot, "agreement", "two values chosen", fmt.Sprintf(
				"slot %d: ballot %s chose %08x, and %08x had been chosen", f.Slot, name(f.Ballot), uint32(f.Value), uint32(s.value)))
		}
		return
	}
	s.chosen, s.value = true, f.Value
	w.chosen++
	w.valid(f)
}

// ballot returns the votes of a ballot; nil if there are none. Recent ballots are at the end.
func (s *slotLedger) ballot(b uint64) *ballotVotes {
	for i := len(s.votes) - 1; i >= 0; i-- {
		if s.votes[i].ballot == b {
			return &s.votes[i]
		}
	}
	return nil
}
