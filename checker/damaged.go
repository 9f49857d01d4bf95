package checker

import "fmt"

// A disk that a fault damaged has forgotten facts that were durable. Those of the past stay what they were: a value that
// was chosen by votes which are gone now is still chosen. But the replica cannot be held to what it cannot know.

// damage is what became of a replica's disk.
type damage struct {
	struck  bool
	reading bool   // what is left is being told
	lost    bool   // promises or votes that counted are gone
	excused bool   // nothing is expected of the replica any more
	retired bool   // and it must take no part
	slot    uint64 // lost votes are for slots up to this,
	ballot  uint64 // in ballots up to this
}

// Damaged announces, in the place of Reload, that a fault destroyed durable facts of a replica: all that are left will be
// told anew, by Durable, until Reloaded. What is missing then is held against nobody, now or later, except that the replica
// must not state it: its promise is the one that is left on the disk.
func (w *Watch) Damaged(n uint16) {
	l := &w.nodes[n]
	d := &l.damage
	d.struck = true
	d.slot = w.base + uint64(len(w.slots))
	d.ballot = max(d.ballot, l.promised) // a vote is a promise too
	d.reading = true
	w.Reload(n)
	l.promised = 0
}

// Excuse says that nothing is expected of a replica any more: what it applied does not matter for Converged.
func (w *Watch) Excuse(n uint16) { w.nodes[n].damage.excused = true }

// Retire says that a replica whose protocol cannot make up for lost promises and votes must take no part any more, if it lost any.
func (w *Watch) Retire(n uint16) {
	d := &w.nodes[n].damage
	d.retired = d.lost
}

// takesPart holds against a replica that is retired that it states a fact as if nothing had happened to it.
func (w *Watch) takesPart(n uint16) {
	w.violate(n, 0, "damage", "takes part after losing promises or votes", fmt.Sprintf(
		"n%d lost what it had promised or voted to a fault of its disk, and sends messages that others rely on", n))
}

// forgives tells whether a vote may be missing from the replica's disk.
func (d *damage) forgives(slot, ballot uint64) bool {
	return d.struck && slot <= d.slot && ballot <= d.ballot
}
