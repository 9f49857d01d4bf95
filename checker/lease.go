package checker

import (
	"fmt"
	"slices"

	"simrun/node/fact"
)

// lease is what a leader relies on: until then nobody else can have anything chosen.
type lease struct {
	ballot uint64
	node   uint16
	until  int64 // true simulated time, nanoseconds
}

// reign is a ballot in which something was chosen.
type reign struct {
	ballot uint64
	last   uint64 // the last slot that was chosen in it
}

// Leased tells that a replica relies on a lease at a time, and says that it will until another, both true simulated times in
// nanoseconds; Slot is the last that it has applied. Four things must hold: nothing behind that was chosen yet in a higher ballot, nothing will be until then, two
// leases of different ballots do not overlap, and a quorum of grants lasts until then. (What it has applied may be of a higher ballot: ballots of different memberships, none of whose
// members promised anything to the other's leader, are in no order.)
func (w *Watch) Leased(n uint16, f fact.Fact, from, until int64) {
	for _, r := range w.reigns {
		if r.ballot > f.Ballot && r.last > f.Slot {
			w.violate(n, f.Slot, "lease", "relied on after a higher ballot", fmt.Sprintf(
				"n%d relies on its lease in ballot %s, having applied slot %d, and slot %d was chosen in ballot %s already", n, name(f.Ballot), f.Slot, r.last, name(r.ballot)))
			return
		}
	}
	w.backed(n, &f, until)
	if l := &w.lease; l.ballot != f.Ballot {
		if from < l.until {
			w.violate(n, f.Slot, "lease", "two at once", fmt.Sprintf(
				"n%d relies on a lease in ballot %s, while that of n%d in ballot %s has %s to go", n, name(f.Ballot), l.node, name(l.ballot), span(l.until-from)))
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
	if at := len(w.reigns) - 1; at >= 0 && w.reigns[at].ballot == ballot { // as with most
		w.reigns[at].last = max(w.reigns[at].last, slot)
	} else if at := slices.IndexFunc(w.reigns, func(r reign) bool { return r.ballot == ballot }); at >= 0 {
		w.reigns[at].last = max(w.reigns[at].last, slot)
	} else {
		w.reigns = append(w.reigns, reign{ballot, slot})
	}
	if l := &w.lease; l.until > 0 && ballot > l.ballot && w.config.Now != nil && w.config.Now() < l.until {
		w.violate(l.node, slot, "lease", "broken by a higher ballot", fmt.Sprintf(
			"slot %d was chosen in ballot %s, while n%d may rely on its lease in ballot %s", slot, name(ballot), l.node, name(l.ballot)))
	}
}

// span writes nanoseconds of true time, which the clocks of replicas may take for more or less.
func span(ns int64) string { return fmt.Sprintf("%d.%06dms of true time", ns/1_000_000, ns%1_000_000) }
