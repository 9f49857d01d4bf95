package multipaxos

import (
	"encoding/binary"

	"simrun/node/machine"
)

// AppendState appends a canonical encoding of the replica's state: what is kept only to save work, such as spare
// memory, is left out.
func (r *Replica) AppendState(dst []byte) []byte {
	dst = appendUvarints(dst,
		uint64(r.standing), flags(r.syncing, r.heard, r.retrying, r.deaf, r.gone, r.informed), uint64(r.promised), r.alpha, r.log.floor, r.log.last,
		uint64(r.grant.ballot), r.grant.round, uint64(r.grant.span), uint64(r.grant.until), uint64(r.grant.fixed), flags(r.grant.stored),
		r.applied, r.checkpoint, r.known, uint64(r.source), uint64(r.speaker), r.missing, r.asked, r.coming.slot, uint64(len(r.coming.bytes)), r.offered.slot,
		uint64(r.role), uint64(r.seen), uint64(r.leading), uint64(r.heardAt), uint64(r.failures),
		uint64(r.ballot), r.from, r.behind, r.first, r.taken, r.next, r.cleared, r.overdue, r.round, uint64(r.ledAt),
		uint64(r.leaseEnd), r.confirmed, uint64(r.successor.to), uint64(r.successor.since), flags(r.successor.told), r.successor.leasesFrom,
		r.wal.Last(), r.vow.Last())
	dst = r.eras.appendTo(dst)
	dst = binary.AppendUvarint(dst, uint64(len(r.promises)))
	for _, id := range r.promises {
		dst = binary.AppendUvarint(dst, uint64(id))
	}
	if r.role == leader {
		for i := range r.peers {
			p := &r.peers[i]
			dst = appendUvarints(dst, uint64(p.id), p.round, uint64(p.heardAt), flags(p.heard), uint64(p.granted), p.applied)
		}
	}
	for slot := r.log.floor + 1; slot <= r.log.last; slot++ {
		e := r.log.at(slot)
		if e == nil {
			continue
		}
		dst = appendUvarints(dst, e.slot, uint64(e.ballot), e.voters[0], flags(e.chosen, e.voters[1] != 0))
		if e.voters[1] != 0 {
			dst = binary.AppendUvarint(dst, e.voters[1])
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
	dst = binary.AppendUvarint(dst, uint64(r.reads.len()))
	for _, x := range r.reads.items[r.reads.head:] {
		dst = appendValue(appendUvarints(dst, uint64(x.client), x.seq, x.round), x.command)
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

// Machine returns the state machine, which belongs to the replica: whoever builds on the log may look at it between two calls of
// handlers, which may put another in its place.
func (r *Replica) Machine() machine.Machine { return r.machine }
