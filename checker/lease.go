package checker

import (
	"fmt"

	"simrun/node/fact"
)

// lease is what a leader relies on: until then nobody else can have anything chosen.
type lease struct {
	ballot uint64
	node   uint16
	until  int64 // true simulated time, nanoseconds
}

// Leased tells that a replica relies on a lease at a time, and says that it will until another, both true simulated times in
// nanoseconds. Four things must hold: nothing was chosen yet in a higher ballot, nothing will be until then, two
// leases of different ballots do not overlap, and a quorum of grants lasts until then.
func (w *Watch) Leased(n uint16, f fact.Fact, from, until int64) {
	if w.highestChosen > f.Ballot {
		w.violate(n, f.Slot, "lease", "relied on after a higher ballot", fmt.Sprintf(
			"n%d relies on its lease in ballot %s, and slot %d was chosen in ballot %s already", n, name(f.Ballot), w.highestSlot, name(w.highestChosen)))
		return
	}
	w.backed(n, &f, until)
	if l := &w.lease; l.ballot != f.Ballot {
		if from < l.until {
			w.violate(n, f.Slot, "lease", "two at once", fmt.Sprintf(
				"n%d relies on a lease in ballot %s, while that of n%d in ballot %s has %d ns to go", n, name(f.Ballot), l.node, name(l.ballot), l.until-from))
			return
		}
		*l = lease{ballot: f.Ballot, node: n}
	}
	w.lease.until = max(w.lease.until, until)
}

// Released tells that a leader does not rely on its lease any more.
func (w *Watch) Released(ballot uint64) {
	if w.lease.ballot == ballot {
		w.lease.until = 0
	}
}

// unleased holds a ballot in which something is chosen against the lease.
func (w *Watch) unleased(slot, ballot uint64) {
	if ballot > w.highestChosen {
		w.highestChosen, w.highestSlot = ballot, slot
	}
	if l := &w.lease; l.until > 0 && ballot > l.ballot && w.config.Now != nil && w.config.Now() < l.until {
		w.violate(l.node, slot, "lease", "broken by a higher ballot", fmt.Sprintf(
			"slot %d was chosen in ballot %s, while n%d may rely on its lease in ballot %s", slot, name(ballot), l.node, name(l.ballot)))
	}
}
