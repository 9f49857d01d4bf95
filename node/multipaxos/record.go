package multipaxos

import (
	"encoding/binary"

	"simrun/node"
	"simrun/node/fact"
	"simrun/node/wal"
)

// File is the name of the write-ahead log.
const File = "log"

// Kinds of records. Numbers in them are 64-bit little endian.
const (
	recordPromise  = iota + 1 // ballot
	recordVote                // ballot, slot, how far the log was chosen, value: the promise of the ballot too
	recordLearned             // slot, value: chosen, as every slot below
	recordSnapshot            // floor, and an image (see checkpoint.go)
)

func (r *Replica) writePromise(env Env, b node.Ballot) {
	r.scratch = appendWord(r.scratch[:0], uint64(b))
	r.append(env, recordPromise)
}

func (r *Replica) writeVote(env Env, e *entry) {
	r.scratch = appendVote(r.scratch[:0], e, r.applied)
	r.append(env, recordVote)
}

func (r *Replica) writeLearned(env Env, e *entry) {
	r.scratch = appendLearned(r.scratch[:0], e)
	r.append(env, recordLearned)
}

func appendVote(dst []byte, e *entry, commit uint64) []byte {
	dst = appendWord(appendWord(appendWord(dst, uint64(e.ballot)), e.slot), commit)
	return append(dst, e.value...)
}

func appendLearned(dst []byte, e *entry) []byte {
	return append(appendWord(dst, e.slot), e.value...)
}

func appendWord(dst []byte, w uint64) []byte { return binary.LittleEndian.AppendUint64(dst, w) }

// append writes the record in scratch, and makes sure that the log gets to know when it is durable: later records
// say so, by which corruption is told from a torn tail.
func (r *Replica) append(env Env, kind uint8) {
	seq := r.wal.Append(env, kind, r.scratch)
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
	rest   []byte // the value, or the image
}

// decodeRecord checks a record's form. ok is false for one that this package has not written.
func decodeRecord(kind uint8, payload []byte) (d record, ok bool) {
	in := reader{rest: payload}
	d.kind = kind
	switch kind {
	case recordPromise:
		d.ballot = node.Ballot(in.word())
	case recordVote:
		d.ballot, d.slot, d.commit = node.Ballot(in.word()), in.word(), in.word()
	case recordLearned:
		d.ballot, d.slot = learned, in.word()
		d.commit = d.slot
	case recordSnapshot:
		d.floor = in.word()
	default:
		return d, false
	}
	d.rest = in.rest
	return d, !in.bad
}

// DurableFacts emits what a run of whole records, from anywhere in the log, says about promises, votes and snapshots.
// It is pure. Other files hold no facts.
func DurableFacts(file string, b []byte, emit func(fact.Fact)) {
	if file != File {
		return
	}
	wal.Scan(file, b, func(w wal.Record) {
		d, ok := decodeRecord(w.Kind, w.Payload)
		if !ok {
			return
		}
		switch d.kind {
		case recordPromise:
			emit(fact.Fact{Kind: fact.Promised, Ballot: uint64(d.ballot)})
		case recordVote:
			emit(fact.Fact{Kind: fact.Promised, Ballot: uint64(d.ballot)})
			emit(voted(d.ballot, d.slot, d.rest))
		case recordSnapshot:
			if slot, state, ok := imageHead(d.rest); ok {
				emit(fact.Fact{Kind: fact.Snapshot, Slot: slot, State: state})
			}
		}
	})
}

// recover rebuilds the replica from its log. It returns false if the log is corrupt: what is missing may be a promise
// or a vote, so the replica must not take part.
func (r *Replica) recover(env Env) bool {
	sound := true
	chosen := uint64(0)
	log, report, err := wal.Open(env, File, func(w wal.Record) {
		d, ok := decodeRecord(w.Kind, w.Payload)
		if !ok || !r.replay(d) {
			sound = false
			return
		}
		chosen = max(chosen, d.commit)
	})
	r.wal = log
	if err != nil {
		env.Logf("log is corrupt: records %d to %d are missing", report.First, report.Last)
		return false
	}
	if !sound {
		env.Logf("log holds records that make no sense")
		return false
	}
	if r.applied > 0 {
		env.Observe(fact.Fact{Kind: fact.Snapshot, Slot: r.applied, State: r.state()})
	}
	for r.applied < chosen {
		e := r.log.at(r.applied + 1)
		if e == nil {
			env.Logf("log lacks slot %d, which it says is chosen", r.applied+1)
			return false
		}
		r.observeLearned(env, e)
		r.apply(env, e)
	}
	return true
}

// replay takes one record back into memory. It returns false if that makes no sense.
func (r *Replica) replay(d record) bool {
	switch d.kind {
	case recordPromise:
		r.promised = max(r.promised, d.ballot)
		return true
	case recordSnapshot:
		r.log.drop(d.floor)
		return r.restore(d.rest) && d.floor <= r.applied
	}
	if d.slot > r.log.last+ahead+1 {
		return false
	}
	if d.kind == recordVote {
		r.promised = max(r.promised, d.ballot)
	}
	if d.slot > r.log.floor {
		r.log.put(d.slot, d.ballot, d.rest, fact.Digest(d.rest))
	}
	return true
}
