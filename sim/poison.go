package sim

// The Poison methods overwrite the memory that is kept from one run to the next with nonsense, between runs, so that a test
// can show that no run reads what an earlier one left.

const garbage = 0xdbdbdbdbdbdbdbdb

// Poison overwrites the slots of the event queue.
func (k *Kernel) Poison() {
	slab := k.queue.slab[:cap(k.queue.slab)]
	for i := range slab {
		slab[i] = Event{At: 0x5bdbdbdbdbdbdbdb, A: garbage, B: garbage, C: garbage, next: 0xdbdbdbdb, Host: 0xdbdb, Kind: 0xdb}
	}
}

// Poison overwrites the disk's buffers, what was read from it, the timers, and memory that the next replica inherits.
func (h *Host[M]) Poison() {
	h.retire()
	if r, ok := h.former.(interface{ Poison() }); ok {
		r.Poison()
	}
	for i := range h.disk.files {
		for _, m := range h.disk.files[i].images {
			poisonBytes(m.bytes)
		}
	}
	for _, b := range h.disk.spare {
		poisonBytes(b)
	}
	h.read.Each(poisonBytes)
	for i := range h.timers[:cap(h.timers)] {
		h.timers[:cap(h.timers)][i] = timer{deadline: 1, pending: 1, number: garbage, armed: true, queued: true}
	}
	for i := range h.inbox.items[:cap(h.inbox.items)] {
		h.inbox.items[:cap(h.inbox.items)][i] = item[M]{what: 0xdb, timer: 0xdbdb, from: 0xdbdb, client: 0xdbdbdbdb, number: garbage}
	}
}

func poisonBytes(b []byte) {
	b = b[:cap(b)]
	for i := range b {
		b[i] = 0xdb
	}
}
