package checker

import (
	"fmt"

	"simrun/node/fact"
)

// A lease is as good as the grants that it rests on. So it is not enough that nothing has come of a broken one yet: who granted a lease must not
// promise a higher ballot before its time is over, also after a restart, and a leader may rely on a lease only for as long as a phase-2
// quorum is bound by its grants. Both are held against true time, which no replica sees.

// grant is a lease that a replica has granted.
type grant struct {
	ballot uint64 // of whoever holds it; 0: none
	until  int64  // reading of the grantor's clock, nanoseconds
	told   int64  // as much of it as a message that has left tells of: somebody may rely on that, whatever becomes of the grantor; 0: nothing
}

// lost forgets what nobody has heard of when the grantor boots: it need not have been on its disk.
func (g *grant) lost() {
	if g.until = g.told; g.told == 0 {
		*g = grant{}
	}
}

// Granted tells that a replica has granted a lease, or takes note that it was given back. until is what its clock reads when the grant is over.
func (w *Watch) Granted(n uint16, f *fact.Fact, until int64) {
	if w.config.When == nil {
		return
	}
	if !w.sane(n, f.Slot) {
		w.insane(n, f)
		return
	}
	g := &w.nodes[n].grant
	switch {
	case f.Seq == 0:
		if g.ballot == f.Ballot {
			*g = grant{}
		}
	case g.ballot == f.Ballot:
		g.until = max(g.until, until)
	default:
		w.bound(n, f.Ballot, "granted to two")
		*g = grant{ballot: f.Ballot, until: until}
	}
}

// turned holds a ballot that a replica promises or votes in against the lease that it has granted. A lower one can do no harm: the holder of the lease was
// elected, and whoever promised it keeps a lower ballot from being chosen in.
func (w *Watch) turned(n uint16, ballot uint64) {
	if ballot > w.nodes[n].grant.ballot {
		w.bound(n, ballot, "promised another in its time")
	}
}

// bound holds another ballot that a replica turns to against the lease that it has granted.
func (w *Watch) bound(n uint16, ballot uint64, shape string) {
	g := &w.nodes[n].grant
	if g.told == 0 || ballot == g.ballot || w.nodes[n].damage.struck {
		return
	}
	if left := w.config.When(n, g.until) - w.config.Now(); left > 0 {
		w.violate(n, 0, "lease", shape, fmt.Sprintf(
			"n%d turned to ballot %s, and its grant of a lease to ballot %s had %s to go", n, name(ballot), name(g.ballot), span(left)))
	}
}

// backed holds a lease that a leader means to rely on until a time against the grants that it rests on. Members that are no more may
// still count for a leader that has not heard of it, so the quorum of any membership will do.
func (w *Watch) backed(n uint16, f *fact.Fact, until int64) {
	if w.config.When == nil {
		return
	}
	var bound nodeSet
	for id := uint16(1); int(id) < len(w.nodes); id++ {
		if g := &w.nodes[id].grant; g.ballot == f.Ballot && w.config.When(id, g.until) >= until {
			bound.add(id)
		}
	}
	for i := range w.eras {
		if e := &w.eras[i]; bound.common(&e.voters) >= e.phase2 {
			return
		}
	}
	w.violate(n, f.Slot, "lease", "relied on beyond its grants", fmt.Sprintf(
		"n%d relies on its lease in ballot %s for another %s, and no quorum has granted it for that long", n, name(f.Ballot), span(until-w.config.Now())))
}
