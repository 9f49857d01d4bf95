package caspaxos

import (
	"encoding/binary"

	"simrun/node"
	"simrun/node/wal"
)

// File is the name of the log on disk.
const File = "caspaxos"

// The kinds of records. Ballots have eight bytes, keys stand behind their length in four, all big endian.
const (
	recordPromise    uint8 = iota + 1 // promised, key
	recordCell                        // promised, accepted, key, row: the whole state of a register
	recordMembership                  // as Membership.Append has it
)

func (r *Replica) logPromise(env node.Env[Message], c *cell) {
	r.scratch = binary.BigEndian.AppendUint64(r.scratch[:0], uint64(c.promised))
	r.scratch = appendLong(r.scratch, c.key)
	r.append(env, recordPromise, r.scratch)
}

func (r *Replica) logCell(env node.Env[Message], c *cell) {
	r.scratch = appendCell(r.scratch[:0], c)
	r.append(env, recordCell, r.scratch)
}

func appendCell(dst []byte, c *cell) []byte {
	dst = binary.BigEndian.AppendUint64(dst, uint64(c.promised))
	dst = binary.BigEndian.AppendUint64(dst, uint64(c.accepted))
	return append(appendLong(dst, c.key), c.row...)
}

// append writes a record, and lets the log know when it is durable. A log that is mostly old states of registers is written anew.
func (r *Replica) append(env node.Env[Message], kind uint8, payload []byte) {
	r.log.Append(env, kind, payload)
	if r.log.Last() > r.rewritten+uint64(r.config.Rewrite)+2*uint64(len(r.cells.keys)) {
		r.rewrite(env)
	}
	env.SendDurable(env.Self(), Message{Kind: synced, Through: r.log.Last()})
}

// rewrite replaces the log by the state as it is.
func (r *Replica) rewrite(env node.Env[Message]) {
	r.log.Rewriting()
	var payload []byte
	r.log.Add(recordMembership, r.members.Append(payload))
	for _, key := range r.cells.keys {
		payload = appendCell(payload[:0], r.cells.byKey[key])
		r.log.Add(recordCell, payload)
	}
	r.log.Replace(env)
	r.rewritten = r.log.Last()
}

// recover restores the acceptor and the membership from the log. It returns false if the log is corrupt, or was not written by this software: an
// acceptor that may have forgotten a promise must not take part any more.
func (r *Replica) recover(env node.Env[Message]) (intact bool) {
	strange := false
	log, report, err := wal.Open(env, File, func(record wal.Record) {
		if !r.restore(record) {
			strange = true
		}
	})
	r.log = log
	r.rewritten, r.durable = log.Last(), log.Last()
	if report.Damage == wal.Tail {
		env.Logf("drops %d bytes of an unsynced tail", uint64(report.Dropped))
	}
	return err == nil && !strange
}

func (r *Replica) restore(record wal.Record) (ok bool) {
	b := record.Payload
	switch record.Kind {
	case recordPromise:
		if len(b) < 8 {
			return false
		}
		key, rest, ok := cutLong(b[8:])
		if !ok || len(rest) > 0 {
			return false
		}
		c := r.cells.of(key)
		c.promised = max(c.promised, node.Ballot(binary.BigEndian.Uint64(b)))
		return true
	case recordCell:
		if len(b) < 16 {
			return false
		}
		key, rest, ok := cutLong(b[16:])
		if !ok {
			return false
		}
		c := r.cells.of(key)
		c.promised = max(c.promised, node.Ballot(binary.BigEndian.Uint64(b)))
		c.accepted, c.row = node.Ballot(binary.BigEndian.Uint64(b[8:])), rest
		return true
	case recordMembership:
		m, ok := decodeMembership(b)
		if ok {
			r.members = m
		}
		return ok
	}
	return false
}
