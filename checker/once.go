package checker

import (
	"fmt"

	"simrun/node/fact"
)

// executes holds an execution against earlier ones: each (client, sequence number) changes the state at one slot only.
func (w *Watch) executes(n uint16, f *fact.Fact) {
	_, slot := w.submission(f.Client, f.Seq)
	switch {
	case slot == nil:
		w.violate(n, f.Slot, "validity", "command nobody submitted", fmt.Sprintf(
			"n%d executed a command %d of client %d at slot %d, which it never submitted", n, f.Seq, f.Client, f.Slot))
	case *slot == 0:
		*slot = f.Slot
	case *slot != f.Slot:
		w.violate(n, f.Slot, "once", "command executed twice", fmt.Sprintf(
			"n%d executed command %d of client %d at slot %d, and it had been executed at slot %d", n, f.Seq, f.Client, f.Slot, *slot))
	}
}

// Answered tells that a client got a result, by its fact.Digest: exactly once means also that whoever asks again is told the same. A command that only reads
// may be executed again and is not to be told of here.
func (w *Watch) Answered(client uint32, seq, result uint64) {
	if int(client) >= len(w.clients) || seq == 0 {
		return
	}
	l := &w.clients[client]
	for uint64(len(l.results)) < seq {
		if uint64(len(l.results)) >= uint64(len(l.digests)) {
			return // it was never submitted, and Replied has no slot for it
		}
		l.results = append(l.results, answer{})
	}
	a := &l.results[seq-1]
	if a.known && a.digest != result {
		w.violate(0, l.slots[seq-1], "once", "two results of one command", fmt.Sprintf(
			"client %d was told the result %08x of its command %d, and had been told %08x", client, uint32(result), seq, uint32(a.digest)))
		return
	}
	*a = answer{result, true}
}

// answer is what a client was told.
type answer struct {
	digest uint64
	known  bool
}
