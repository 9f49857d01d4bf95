package paxos

import (
	"encoding/binary"

	"simrun/node"
	"simrun/node/fact"
	"simrun/node/wal"
)

// file is the name of the log on disk.
const file = "paxos"

// The kinds of records. A promise and a vote begin with the ballot, eight bytes, big endian.
const (
	recordPromise uint8 = iota + 1 // ballot
	recordVote                     // ballot, value: implies a promise for the ballot
	recordChosen                   // value
)

func (r *Replica) logPromise(env node.Env[Message], b node.Ballot) {
	r.scratch = binary.BigEndian.AppendUint64(r.scratch[:0], uint64(b))
	r.append(env, recordPromise, r.scratch)
}

func (r *Replica) logVote(env node.Env[Message], b node.Ballot, value []byte) {
	r.scratch = binary.BigEndian.AppendUint64(r.scratch[:0], uint64(b))
	r.scratch = append(r.scratch, value...)
	r.append(env, recordVote, r.scratch)
}

func (r *Replica) logChosen(env node.Env[Message], value []byte) {
	r.append(env, recordChosen, value)
}

// append writes a record, and lets the log know when it is durable: so that later records vouch for it, and damage to it
// can be told from a tail that was never synced.
func (r *Replica) append(env node.Env[Message], kind uint8, payload []byte) {
	seq := r.log.Append(env, kind, payload)
	env.SendDurable(env.Self(), Message{Kind: synced, Through: seq})
}

// cutBallot splits the ballot off a record.
func cutBallot(payload []byte) (b node.Ballot, rest []byte, ok bool) {
	if len(payload) < 8 {
		return 0, nil, false
	}
	return node.Ballot(binary.BigEndian.Uint64(payload)), payload[8:], true
}

// recover restores acceptor and learner from the log. It returns false if the log is corrupt, or was not written by this
// software: an acceptor that may have forgotten a promise must not take part any more.
func (r *Replica) recover(env node.Env[Message]) (intact bool) {
	strange := false
	log, report, err := wal.Open(env, file, func(record wal.Record) {
		b, value, ok := cutBallot(record.Payload)
		switch {
		case record.Kind == recordPromise && ok:
			r.acceptor.promised = max(r.acceptor.promised, b)
		case record.Kind == recordVote && ok:
			r.acceptor = acceptor{promised: max(r.acceptor.promised, b), accepted: b, value: value}
		case record.Kind == recordChosen:
			r.learner.known, r.learner.chosen = true, record.Payload
		default:
			strange = true
		}
	})
	r.log = log
	if report.Damage == wal.Tail {
		env.Logf("drops %d bytes of an unsynced tail", uint64(report.Dropped))
	}
	return err == nil && !strange
}

// DurableFacts tells what b states, promises and votes: b is a run of whole records of the log, from its start or from the
// middle. It is pure. Other files than the log state nothing.
func DurableFacts(name string, b []byte, emit func(fact.Fact)) {
	if name != file {
		return
	}
	wal.Scan(file, b, func(record wal.Record) {
		b, value, ok := cutBallot(record.Payload)
		switch {
		case record.Kind == recordPromise && ok:
			emit(promised(b))
		case record.Kind == recordVote && ok:
			emit(promised(b))
			emit(voted(b, value))
		}
	})
}
