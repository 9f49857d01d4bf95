package multipaxos

import "encoding/binary"

// AppendState appends a canonical encoding of the replica's state: what is kept only to save work, such as spare
// memory, is left out.
func (r *Replica) AppendState(dst []byte) []byte {
	for _, v := range [...]uint64{
		flags(r.silent, r.syncing, r.heard, r.retrying), uint64(r.promised), r.log.floor, r.log.last,
		r.applied, r.checkpoint, r.known, uint64(r.source), r.missing, r.asked,
		uint64(r.role), uint64(r.seen), uint64(r.leading), uint64(r.failures),
		uint64(r.ballot), r.from, r.promises, r.behind, r.next, r.overdue, r.wal.Last(),
	} {
		dst = binary.AppendUvarint(dst, v)
	}
	for slot := r.log.floor + 1; slot <= r.log.last; slot++ {
		e := r.log.at(slot)
		if e == nil {
			continue
		}
		for _, v := range [...]uint64{e.slot, uint64(e.ballot), e.voters, flags(e.chosen)} {
			dst = binary.AppendUvarint(dst, v)
		}
		dst = appendValue(dst, e.value)
	}
	dst = binary.AppendUvarint(dst, uint64(len(r.reported)))
	for i := range r.reported {
		dst = binary.AppendUvarint(dst, uint64(r.reported[i].ballot))
		dst = appendValue(dst, r.reported[i].value)
	}
	dst = binary.AppendUvarint(dst, uint64(r.queue.len()))
	for i := r.queue.head; i < len(r.queue.items); i++ {
		dst = appendCommand(dst, &r.queue.items[i])
	}
	dst = r.sessions.appendTo(dst)
	return r.machine.Snapshot(dst)
}

func flags(set ...bool) (f uint64) {
	for i, s := range set {
		if s {
			f |= 1 << i
		}
	}
	return f
}
