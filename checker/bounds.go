package checker

import (
	"fmt"

	"simrun/node/fact"
)

// maxAhead is how far beyond the last slot that is chosen a replica may state anything. Protocols fill slots one after the other and have some thousands
// in flight at most: one that states a higher slot has gone mad, and the ledgers of all slots below it would take more memory than there is.
const maxAhead = 1 << 20

// sane tells whether a fact is about somebody and about a slot within reason. A broken replica may state others, of which nothing is taken note of but that.
func (w *Watch) sane(n uint16, slot uint64) bool {
	return uint(n)-1 < uint(len(w.nodes)-1) && slot <= w.last+maxAhead
}

func (w *Watch) insane(n uint16, f *fact.Fact) {
	if n > 0 && int(n) < len(w.nodes) {
		w.violate(n, f.Slot, "bounds", "absurd slot", fmt.Sprintf("n%d states that slot %d was %v", n, f.Slot, f.Kind))
	}
}

// covered takes note of a durable snapshot, which can only cover what is chosen.
func (w *Watch) covered(n uint16, slot uint64) {
	if s := w.known(slot); slot > w.base && (s == nil || !s.chosen) {
		w.violate(n, slot, "bounds", "snapshot beyond what is chosen", fmt.Sprintf(
			"n%d has a snapshot through slot %d on disk, which is not chosen", n, slot))
		return
	}
	if l := &w.nodes[n]; slot > l.floor {
		l.floor = slot
		w.settle()
	}
}

// Holding is how much a replica holds.
type Holding struct {
	Floor    uint64 // the log begins behind it
	Snapshot uint64 // last slot of its durable snapshot
	Applied  uint64 // last slot it applied
	Known    uint64 // slots up to it are chosen, as it knows
	Log      uint64 // slots kept in its log
	Sessions uint64
}

// Holds tells how much a replica holds: floor <= snapshot <= applied <= known <= what is chosen, without a gap below the snapshot; and log and sessions
// stay within WatchConfig.MaxLog and MaxSessions. It may be told at any time, and costs nothing in between.
func (w *Watch) Holds(n uint16, h Holding) {
	if n == 0 || int(n) >= len(w.nodes) {
		return
	}
	no := func(slot uint64, shape, format string, args ...any) {
		w.violate(n, slot, "bounds", shape, fmt.Sprintf("n%d "+format, append([]any{n}, args...)...))
	}
	switch {
	case h.Floor > h.Snapshot:
		no(h.Floor, "log begins behind the snapshot", "has no log up to slot %d, and a snapshot only through slot %d", h.Floor, h.Snapshot)
	case h.Snapshot > h.Applied:
		no(h.Snapshot, "snapshot beyond what is applied", "has a snapshot through slot %d, and applied only slot %d", h.Snapshot, h.Applied)
	case h.Applied > h.Known:
		no(h.Applied, "applied beyond what is known", "applied slot %d, and knows only of slots up to %d that they are chosen", h.Applied, h.Known)
	case h.Known > w.last:
		no(h.Known, "known beyond what is chosen", "takes slots up to %d to be chosen, and the last that is chosen is %d", h.Known, w.last)
	case w.config.MaxLog > 0 && h.Log > w.config.MaxLog:
		no(h.Known, "log too long", "keeps %d slots in its log, of at most %d", h.Log, w.config.MaxLog)
	case w.config.MaxSessions > 0 && h.Sessions > w.config.MaxSessions:
		no(h.Known, "too many sessions", "keeps %d sessions, of at most %d", h.Sessions, w.config.MaxSessions)
	}
}
