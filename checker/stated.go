package checker

import (
	"fmt"

	"simrun/node/fact"
)

// Covered tells whether a fact that a message states is a promise that is durable, as nearly all are, so that Stated need not be told.
func (w *Watch) Covered(n uint16, f *fact.Fact) bool {
	l := &w.nodes[n]
	return f.Kind == fact.Promised && f.Seq <= f.Ballot && f.Ballot <= l.promised && f.Slot == 0 && !l.damage.retired
}

// Stated tells what a message says of its sender as it leaves. It must be covered by what is durable at that moment: a
// promise by a durable promise at least as high, a vote by that very vote, unless a snapshot covers its slot. What a proposer asks for is held against what
// was asked for before.
func (w *Watch) Stated(n uint16, f *fact.Fact) {
	if !w.sane(n, f.Slot) {
		w.insane(n, f)
		return
	}
	l := &w.nodes[n]
	if f.Kind == fact.Promised && f.Seq > f.Ballot {
		w.violate(n, 0, "stated", "promise below a vote", fmt.Sprintf(
			"n%d promises %s and reports its vote in %s with it: whoever has voted in a ballot has promised it", n, name(f.Ballot), name(f.Seq)))
		return
	}
	if l.damage.retired {
		w.takesPart(n)
	}
	switch f.Kind {
	case fact.Granted:
		if g := &l.grant; g.ballot == f.Ballot {
			g.told = g.until
		}
	case fact.Promised:
		if f.Ballot > l.promised {
			w.violate(n, 0, "stated", "promise not durable", fmt.Sprintf(
				"n%d sent a message that takes a promise for %s, with only %s on disk", n, name(f.Ballot), name(l.promised)))
		}
	case fact.Voted:
		w.votes(n, f)
	case fact.Began:
		w.began(n, f.Ballot)
	case fact.Proposed:
		w.proposed(n, f)
	}
}

// votes holds a vote that a message tells of against that vote, unless a snapshot covers its slot.
func (w *Watch) votes(n uint16, f *fact.Fact) {
	var v *ballotVotes
	if s := w.known(f.Slot); s != nil {
		v = s.ballot(f.Ballot)
	}
	cast := v != nil && v.voters.has(n)
	switch {
	case cast && v.value == f.Value, f.Slot <= max(w.nodes[n].floor, w.base):
	case !cast:
		w.violate(n, f.Slot, "stated", "vote not durable", fmt.Sprintf(
			"n%d sent a message that tells of its vote in ballot %s for slot %d, which is not on its disk", n, name(f.Ballot), f.Slot))
	default:
		w.violate(n, f.Slot, "stated", "vote misreported", fmt.Sprintf(
			"n%d sent a message that tells of a vote for %08x in ballot %s for slot %d, and had voted for %08x",
			n, uint32(f.Value), name(f.Ballot), f.Slot, uint32(v.value)))
	}
}
