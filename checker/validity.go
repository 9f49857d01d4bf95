package checker

import (
	"fmt"

	"simrun/node/fact"
)

// Submitted tells that a client submitted a command, by the fact.Digest of its bytes.
func (w *Watch) Submitted(client uint32, seq uint64, digest uint64) {
	if w.config.Commands == nil {
		// A value carries no client: any may have submitted it.
		w.submitted[command{0, digest}] = digest
		return
	}
	w.submitted[command{client, seq}] = digest
}

// valid holds a value that was just chosen against what clients submitted. An empty value is a no-op.
func (w *Watch) valid(f *fact.Fact) {
	if len(f.Bytes) == 0 {
		return
	}
	if w.config.Commands == nil {
		if d := fact.Digest(f.Bytes); w.submitted[command{0, d}] != d {
			w.violate(0, f.Slot, "validity", "value nobody submitted", fmt.Sprintf("slot %d: %x was chosen", f.Slot, f.Bytes))
		}
		return
	}
	w.checking = f.Slot
	w.config.Commands(f.Bytes, w.command)
}

func (w *Watch) checkCommand(client uint32, seq uint64, cmd []byte) {
	d, known := w.submitted[command{client, seq}]
	if !known || d != fact.Digest(cmd) {
		w.violate(0, w.checking, "validity", "command nobody submitted", fmt.Sprintf(
			"slot %d: a value was chosen with a command %d of client %d that it never submitted", w.checking, seq, client))
	}
}

// Replied tells that a client got a result: acknowledged means durable. At that moment the slot in which the command
// took effect must be chosen in durable votes. A slot of 0 is no claim.
func (w *Watch) Replied(client uint32, seq, slot uint64) {
	if slot == 0 {
		return
	}
	if slot > maxSlot || slot > uint64(len(w.slots)) || !w.slots[slot-1].chosen {
		w.violate(0, slot, "durable", "acknowledged before it was chosen", fmt.Sprintf(
			"client %d was told that its command %d took effect at slot %d, which is not chosen", client, seq, slot))
	}
}
