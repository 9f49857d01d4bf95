package multipaxos

import (
	"encoding/binary"

	"simrun/node"
	"simrun/node/fact"
	"simrun/node/wal"
)

// The names of the write-ahead log, and of the file that holds the second copy of what is promised: the ballot, and the lease.
const (
	File    = "log"
	VowFile = "vow"
)

var logID, vowID = wal.IDOf(File), wal.IDOf(VowFile)

// Kinds of records. Numbers in them are 64-bit little endian.
const (
	recordPromise   = iota + 1 // ballot
	recordVote                 // ballot, slot, how far the log was chosen, value: the promise of the ballot too
	recordLearned              // slot, value: chosen, as every slot below
	recordSnapshot             // the replica's ID, floor, and an image (see image.go)
	recordGrant                // ballot, span: a lease may be out
	recordRepairing            // ballot, promised: votes up to it may be lost (see recover.go)
	recordLeft                 // nothing: the replica is no member any more
)

// writePromise writes the promise down, twice.
func (r *Replica) writePromise(env Env) {
	r.writeVow(env)
	r.append(env, appendWord(r.wal.Begin(recordPromise), uint64(r.promised)))
}

// writeVow writes the second copy of the promise, with the replica's ID, and of the lease that it granted last, whether that is over or not.
func (r *Replica) writeVow(env Env) {
	r.vow.Rewriting()
	r.vow.AddBegun(appendGrant(appendWord(appendWord(r.vow.Begin(recordPromise), uint64(r.promised)), uint64(r.id)), &r.grant))
	r.vow.Replace(env)
}

func appendGrant(dst []byte, g *grant) []byte {
	return appendWord(appendWord(dst, uint64(g.ballot)), uint64(g.span))
}

func (r *Replica) appendSnapshot(dst []byte) []byte {
	return appendWord(appendWord(dst, uint64(r.id)), r.log.floor)
}

func (r *Replica) writeVote(env Env, e *entry) {
	r.append(env, appendVote(r.wal.Begin(recordVote), e, r.applied))
}

func (r *Replica) writeLearned(env Env, e *entry) {
	r.append(env, appendLearned(r.wal.Begin(recordLearned), e))
}

func appendVote(dst []byte, e *entry, commit uint64) []byte {
	dst = appendWord(appendWord(appendWord(dst, uint64(e.ballot)), e.slot), commit)
	return append(dst, e.value...)
}

func appendLearned(dst []byte, e *entry) []byte {
	return append(appendWord(dst, e.slot), e.value...)
}

func appendWord(dst []byte, w uint64) []byte { return binary.LittleEndian.AppendUint64(dst, w) }

// append writes the record begun in the log, and makes sure that the log gets to know when it is durable: later records
// say so, by which corruption is told from a torn tail.
func (r *Replica) append(env Env, begun []byte) {
	seq := r.wal.Commit(env, begun)
	if !r.syncing {
		r.syncing = true
		env.SendDurable(r.id, Message{Kind: Synced, Slot: seq})
	}
}

func (r *Replica) onSynced(m *Message) {
	r.syncing = false
	r.wal.Synced(m.Slot)
}

// record is a record of any kind, taken apart.
type record struct {
	kind   uint8
	ballot node.Ballot
	slot   uint64
	commit uint64 // slots up to it were chosen, and their values in the log
	floor  uint64
	id     uint64
	span   uint64
	rest   []byte // the value, or the image
}

// decodeRecord checks a record's form. ok is false for one that this package has not written.
func decodeRecord(kind uint8, p []byte) (d record, ok bool) {
	d.kind = kind
	switch {
	case kind == recordVote && len(p) >= 24:
		d.ballot, d.slot, d.commit, d.rest = node.Ballot(word(p)), word(p[8:]), word(p[16:]), p[24:]
	case kind == recordLearned && len(p) >= 8:
		d.ballot, d.slot, d.commit, d.rest = learned, word(p), word(p), p[8:]
	case (kind == recordPromise || kind == recordRepairing) && len(p) >= 8:
		d.ballot, d.rest = node.Ballot(word(p)), p[8:]
	case kind == recordSnapshot && len(p) >= 16:
		d.id, d.floor, d.rest = word(p), word(p[8:]), p[16:]
	case kind == recordGrant && len(p) >= 16:
		d.ballot, d.span, d.rest = node.Ballot(word(p)), word(p[8:]), p[16:]
	case kind == recordLeft:
		d.rest = p
	default:
		return d, false
	}
	return d, true
}

func word(b []byte) uint64 { return binary.LittleEndian.Uint64(b) }

// DurableFacts emits what a run of whole records, from anywhere in one of the files, says about promises, votes and snapshots.
// It is pure.
func DurableFacts(file string, b []byte, emit func(fact.Fact)) {
	switch file {
	case File:
		logID.Scan(b, func(w wal.Record) {
			if p := w.Payload; w.Kind == recordVote && len(p) >= 24 { // most are, and this is quicker
				emit(fact.Fact{Kind: fact.Promised, Ballot: word(p)})
				emit(voted(node.Ballot(word(p)), word(p[8:]), p[24:]))
				return
			}
			otherFacts(w, emit)
		})
	case VowFile:
		vowID.Scan(b, func(w wal.Record) {
			in := reader{rest: w.Payload}
			emit(fact.Fact{Kind: fact.Promised, Ballot: in.word()})
		})
	}
}

// otherFacts emits what a record of the log says that is no vote.
func otherFacts(w wal.Record, emit func(fact.Fact)) {
	d, ok := decodeRecord(w.Kind, w.Payload)
	if !ok {
		return
	}
	switch d.kind {
	case recordPromise, recordRepairing:
		emit(fact.Fact{Kind: fact.Promised, Ballot: uint64(d.ballot)})
	case recordLearned:
		emit(fact.Fact{Kind: fact.Learned, Slot: d.slot, Value: fact.Digest(d.rest)})
	case recordSnapshot:
		if slot, state, ok := imageHead(d.rest); ok {
			emit(fact.Fact{Kind: fact.Snapshot, Slot: slot, State: state})
		}
	}
}
