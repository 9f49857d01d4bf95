package etcdraft

import (
	"fmt"

	"simrun/node"
	"simrun/node/fact"
)

// submissions are a client's commands, by sequence number from 1.
type submissions struct {
	digests []uint64
	slots   []uint64 // where each was executed; 0 if it was not
}

// applies holds an applied entry against what is committed.
func (o *Observer) applies(id node.ID, f *fact.Fact) {
	l := &o.nodes[id]
	if term, ok := l.termOf(f.Slot); f.Slot > l.base && (!ok || term != f.Ballot) {
		o.violate(id, f.Slot, "applied", "entry is not durable", fmt.Sprintf("n%d applied entry %d of term %d, which is not on its disk", id, f.Slot, f.Ballot))
		return
	}
	if !o.fixed {
		o.commit(f.Slot, f.Ballot, max(f.Ballot, o.led))
	}
	if !o.isCommitted(f.Slot) {
		o.violate(id, f.Slot, "applied", "entry not committed", fmt.Sprintf("n%d applied entry %d, which no majority has on disk", id, f.Slot))
		return
	}
	c := &o.committed[f.Slot]
	switch {
	case c.term != f.Ballot || c.known && c.value != f.Value:
		o.violate(id, f.Slot, "applied", "another entry was committed", fmt.Sprintf(
			"n%d applied %08x of term %d at index %d, and %08x of term %d was committed", id, uint32(f.Value), f.Ballot, f.Slot, uint32(c.value), c.term))
	case l.applied > 0 && f.Slot != l.applied+1:
		o.violate(id, f.Slot, "applied", "out of order", fmt.Sprintf("n%d applied entry %d after entry %d", id, f.Slot, l.applied))
	}
	o.reached(id, f)
}

// restored holds a snapshot's state against what others had there.
func (o *Observer) restored(id node.ID, f *fact.Fact) {
	l := &o.nodes[id]
	switch {
	case !o.isCommitted(f.Slot):
		o.violate(id, f.Slot, "applied", "snapshot not committed", fmt.Sprintf("n%d has a snapshot through entry %d, which is not committed", id, f.Slot))
		return
	case f.Slot < l.applied:
		o.violate(id, f.Slot, "applied", "went back to a snapshot", fmt.Sprintf("n%d restored a snapshot through entry %d after entry %d", id, f.Slot, l.applied))
	}
	o.reached(id, f)
}

func (o *Observer) isCommitted(index uint64) bool {
	return index < uint64(len(o.committed)) && o.committed[index].term != 0
}

// reached holds a replica's state against that of the first to come there.
func (o *Observer) reached(id node.ID, f *fact.Fact) {
	c := &o.committed[f.Slot]
	if c.applied && c.state != f.State {
		o.violate(id, f.Slot, "applied", "states differ", fmt.Sprintf(
			"n%d has state %08x after entry %d, and another replica had %08x", id, uint32(f.State[0]^f.State[1]), f.Slot, uint32(c.state[0]^c.state[1])))
	}
	c.applied, c.state = true, f.State
	o.nodes[id].applied, o.nodes[id].state = f.Slot, f.State
}

// executed holds an execution against what clients submitted, and against earlier ones: each command changes the state at one index.
func (o *Observer) executed(id node.ID, f *fact.Fact) {
	if int(f.Client) >= len(o.commands) || f.Seq == 0 || f.Seq > uint64(len(o.commands[f.Client].digests)) || o.commands[f.Client].digests[f.Seq-1] != f.Value {
		o.violate(id, f.Slot, "validity", "command nobody submitted", fmt.Sprintf(
			"n%d executed a command %d of client %d at index %d, which it never submitted", id, f.Seq, f.Client, f.Slot))
		return
	}
	slot := &o.commands[f.Client].slots[f.Seq-1]
	if *slot != 0 && *slot != f.Slot {
		o.violate(id, f.Slot, "once", "command executed twice", fmt.Sprintf(
			"n%d executed command %d of client %d at index %d, and it had been executed at %d", id, f.Seq, f.Client, f.Slot, *slot))
		return
	}
	*slot = f.Slot
}

// Replied holds what a client was told against what is committed.
func (o *Observer) Replied(client uint32, seq, slot uint64) {
	if slot > 0 && !o.isCommitted(slot) {
		o.violate(0, slot, "durable", "acknowledged before it was committed", fmt.Sprintf(
			"client %d was told that its command %d took effect at index %d, which is not committed", client, seq, slot))
	}
}
