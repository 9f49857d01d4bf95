package checker

import (
	"fmt"

	"simrun/node/fact"
)

// counted holds a vote that a leader counts against those that were cast: it counts for the ballot it was cast in, and for no other.
func (w *Watch) counted(n uint16, f *fact.Fact) {
	if f.Slot <= w.base || f.Seq == 0 || f.Seq >= uint64(len(w.nodes)) {
		return
	}
	if s := w.known(f.Slot); s == nil || !s.cast(uint16(f.Seq), f.Ballot) {
		w.violate(n, f.Slot, "learned", "a vote that was not cast", fmt.Sprintf(
			"n%d counts a vote of n%d for slot %d in ballot %s, in which n%d has no durable vote for it", n, f.Seq, f.Slot, name(f.Ballot), f.Seq))
	}
}

// voted takes note of a durable vote. Two invariants hang on it.
//
// One value per ballot: voted(a, s, b, v) and voted(c, s, b, w) imply v = w.
//
// Agreement and stability: the set of values for which some ballot has the votes of a phase-2 quorum has at most one
// element, and that never changes.
func (w *Watch) voted(n uint16, f *fact.Fact) {
	l := &w.nodes[n]
	switch {
	case l.reload.active:
		l.reload.tell(vote{f.Slot, f.Ballot})
		l.reload.promised = max(l.reload.promised, f.Ballot)
	case f.Ballot < l.promised:
		w.violate(n, f.Slot, "promise", "vote below a promise", fmt.Sprintf(
			"n%d voted in ballot %s for slot %d, having promised %s", n, name(f.Ballot), f.Slot, name(l.promised)))
		return
	case f.Ballot > l.promised:
		w.promisedAtLeast(n, f.Ballot)
	}
	s := w.known(f.Slot)
	if s == nil {
		if f.Slot <= w.base {
			return
		}
		s = w.slot(f.Slot)
	}
	v := s.ballot(f.Ballot)
	if v == nil {
		v = w.opened(n, f, s)
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
	if s.chosen && s.value == f.Value {
		return // one vote more than it takes
	}
	if e := w.governing(f.Slot); v.voters.common(&e.voters) < e.phase2 {
		return // a vote of one who is no voter counts for nothing
	}
	if s.chosen {
		w.violate(n, f.Slot, "agreement", "two values chosen", fmt.Sprintf(
			"slot %d: ballot %s chose %08x, and %08x had been chosen", f.Slot, name(f.Ballot), uint32(f.Value), uint32(s.value)))
		return
	}
	s.chosen, s.value = true, f.Value
	w.chosen++
	w.last = max(w.last, f.Slot)
	w.unleased(f.Slot, f.Ballot)
	w.valid(f)
	w.chose(f.Slot, f.Bytes)
}

// opened makes room for the votes of a ballot that has none for the slot yet, and holds the first against those of other ballots.
func (w *Watch) opened(n uint16, f *fact.Fact, s *slotLedger) *ballotVotes {
	w.safe(n, f, s)
	if s.ballots > 0 && w.config.Again != nil {
		last := s.vote(s.ballots - 1)
		w.config.Again(last.ballot, last.value == f.Value)
	}
	return s.open(f.Ballot, f.Value)
}

// cast tells whether a replica has voted in a ballot, durably.
func (s *slotLedger) cast(n uint16, ballot uint64) bool {
	v := s.ballot(ballot)
	return v != nil && v.voters.has(n)
}

// ballot returns the votes of a ballot; nil if there are none.
func (s *slotLedger) ballot(b uint64) *ballotVotes {
	for i := range s.ballots {
		if v := s.vote(i); v.ballot == b {
			return v
		}
	}
	return nil
}

// vote returns the votes of the i-th ballot, in the order in which ballots showed up.
func (s *slotLedger) vote(i int) *ballotVotes {
	if i < len(s.votes) {
		return &s.votes[i]
	}
	return &s.more[i-len(s.votes)]
}

// open makes room for the votes of another ballot.
func (s *slotLedger) open(ballot, value uint64) *ballotVotes {
	if s.ballots >= len(s.votes) {
		s.more = append(s.more, ballotVotes{})
	}
	s.ballots++
	v := s.vote(s.ballots - 1)
	*v = ballotVotes{ballot: ballot, value: value}
	return v
}
