package checker

import (
	"fmt"

	"simrun/node/fact"
)

// Submitted tells that a client submitted a command, by the fact.Digest of its bytes. A client's sequence numbers go up by one.
func (w *Watch) Submitted(client uint32, seq uint64, digest uint64) {
	if w.config.Commands == nil {
		w.values[digest] = struct{}{}
	}
	for int(client) >= len(w.clients) {
		w.clients = append(w.clients, clientLedger{})
	}
	l := &w.clients[client]
	if seq != uint64(len(l.digests))+1 {
		panic("checker: a client's sequence numbers must go up by one")
	}
	l.frontier = w.frontier
	l.digests = append(l.digests, digest)
	l.slots = append(l.slots, 0)
}

// submission returns what is known of a command; slot is nil if it was never submitted.
func (w *Watch) submission(client uint32, seq uint64) (digest uint64, slot *uint64) {
	if int(client) >= len(w.clients) {
		return 0, nil
	}
	l := &w.clients[client]
	if seq == 0 || seq > uint64(len(l.digests)) {
		return 0, nil
	}
	return l.digests[seq-1], &l.slots[seq-1]
}

// valid holds a value that was just chosen against what clients submitted. An empty value is a no-op.
func (w *Watch) valid(f *fact.Fact) {
	if len(f.Bytes) == 0 {
		return
	}
	if w.config.Commands == nil {
		if _, known := w.values[fact.Digest(f.Bytes)]; !known {
			w.violate(0, f.Slot, "validity", "value nobody submitted", fmt.Sprintf("slot %d: %x was chosen", f.Slot, f.Bytes))
		}
		return
	}
	w.checking = f.Slot
	w.config.Commands(f.Bytes, w.command)
}

func (w *Watch) checkCommand(client uint32, seq uint64, cmd []byte) {
	d, slot := w.submission(client, seq)
	if slot == nil || d != fact.Digest(cmd) {
		w.violate(0, w.checking, "validity", "command nobody submitted", fmt.Sprintf(
			"slot %d: a value was chosen with a command %d of client %d that it never submitted", w.checking, seq, client))
	}
}

// Replied tells that a client got a result: acknowledged means durable. At that moment the slot in which the command
// took effect must be chosen in durable votes. A slot of 0 is no claim.
func (w *Watch) Replied(client uint32, seq, slot uint64) {
	if s := w.known(slot); slot > w.base && (s == nil || !s.chosen) {
		w.violate(0, slot, "durable", "acknowledged before it was chosen", fmt.Sprintf(
			"client %d was told that its command %d took effect at slot %d, which is not chosen", client, seq, slot))
	}
}
