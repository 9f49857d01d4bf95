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
		w.violate(n, f.Slot, "read", "from a state of the past", fmt.Sprintf(
			"n%d answered read %d of client %d after slot %d, and slot %d had been applied before the client asked", n, f.Seq, f.Client, f.Slot, l.frontier))
	}
}
