package checker

import (
	"fmt"

	"simrun/node/fact"
)

// served holds a read that was answered from a state against what was applied anywhere when it was asked for: all of that must be in the
// state. It is more than linearizability asks of an answer, which may be the same by luck (Ongaro's dissertation, section 6.4).
func (w *Watch) served(n uint16, f *fact.Fact) {
	if int(f.Client) >= len(w.clients) {
		return
	}
	l := &w.clients[f.Client]
	if f.Seq == uint64(len(l.digests)) && f.Slot < l.frontier {
		w.violate(n, l.frontier, "read", "from a state of the past", fmt.Sprintf(
			"n%d, which has promised no ballot above %s, answered the read c%d#%d as after slot %d, and slot %d had been applied before c%d asked",
			n, name(w.nodes[n].promised), f.Client, f.Seq, f.Slot, l.frontier, f.Client))
	}
}
