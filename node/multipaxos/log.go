package multipaxos

import "simrun/node"

// entry is what a replica holds for one slot.
type entry struct {
	slot   uint64      // 0: nothing here
	ballot node.Ballot // of the own vote for value, or learned
	value  []byte      // immutable
	digest uint64      // of value
	voters voterSet    // at the leader: whose votes in ballot are in, by place in the configuration
	chosen bool        // at the leader: they were enough
}

// slots is the log: the entries above a floor, in a ring indexed by slot.
type slots struct {
	ring  []entry // its length is a power of two
	floor uint64  // slots up to it are gone
	last  uint64  // the highest slot ever put; at least floor
}

// at returns the entry of a slot, or nil if there is none.
func (l *slots) at(slot uint64) *entry {
	i := slot & uint64(len(l.ring)-1)
	if i >= uint64(len(l.ring)) { // it is empty
		return nil
	}
	e := &l.ring[i]
	if e.slot != slot || slot == 0 {
		return nil
	}
	return e
}

// covers tells whether every slot above the floor, up to one, has an entry.
func (l *slots) covers(slot uint64) bool {
	for s := l.floor + 1; s <= slot; s++ {
		if l.at(s) == nil {
			return false
		}
	}
	return true
}

// put makes value, held under ballot b, the entry of a slot above the floor. The pointer is good until the next put.
func (l *slots) put(slot uint64, b node.Ballot, value []byte, digest uint64) *entry {
	if slot > l.last {
		l.last = slot
	}
	if l.last-l.floor > uint64(len(l.ring)) {
		l.grow()
	}
	e := &l.ring[slot&uint64(len(l.ring)-1)]
	// Every field by itself: a whole entry would be made elsewhere and copied.
	e.slot, e.ballot, e.value, e.digest = slot, b, value, digest
	e.voters, e.chosen = voterSet{}, false
	return e
}

// grow makes room for every slot up to last. It is rare, and inlined it would take registers from put.
//
//go:noinline
func (l *slots) grow() {
	size := uint64(max(len(l.ring), 16))
	for size < l.last-l.floor {
		size *= 2
	}
	old := l.ring
	l.ring = make([]entry, size)
	for i := range old {
		if e := &old[i]; e.slot != 0 {
			l.ring[e.slot&(size-1)] = *e
		}
	}
}

// drop forgets every slot up to floor.
func (l *slots) drop(floor uint64) {
	if floor <= l.floor {
		return
	}
	// What is in the ring is of slots above the old floor, and there is room for all up to last: the places of the slots that go hold no others.
	if size := uint64(len(l.ring)); floor >= l.last {
		clear(l.ring)
	} else if first, end := (l.floor+1)&(size-1), (floor+1)&(size-1); first <= end {
		clear(l.ring[first:end])
	} else {
		clear(l.ring[first:])
		clear(l.ring[:end])
	}
	l.floor = floor
	l.last = max(l.last, floor)
}
