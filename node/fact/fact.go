// Package fact is the vocabulary in which a replica's evidence is stated: what it voted, what it promised, what it
// learned, what it applied. It is a leaf: protocols produce facts, package checker consumes them, and neither knows
// the other.
//
// The same kind of fact reaches a checker by three roads, and the road decides what it is worth:
//
//   - durable: decoded from bytes that are on the (simulated) disk for good. This is what the replica did.
//   - stated: carried by a message at the moment it leaves its sender. It must be covered by a durable fact.
//   - observed: claimed by the replica through Env.Observe. It is held against the durable facts, never trusted.
package fact

import (
	"encoding/binary"
	"math/bits"
)

// Kind says what a Fact states. The comment of each kind names the fields it uses.
type Kind uint8

const (
	// Promised: the replica will not vote below Ballot. In an answer to a request for that promise, Seq is the highest ballot of a vote reported
	// with it; 0 if none is. (Ballot, Seq)
	Promised Kind = iota + 1
	// Voted: the replica accepted the value Bytes for Slot in Ballot. (Slot, Ballot, Value, Bytes)
	Voted
	// Learned: the replica holds the value chosen for Slot to be Value. One that counted the votes itself says of which Ballot; 0: it was told, or has
	// read it on its disk. (Slot, Value, Ballot)
	Learned
	// Applied: the replica's state machine, sessions included, has digest State after Slot. (Slot, Value, State)
	Applied
	// Executed: a client's command changed the state machine at Slot. (Slot, Index, Client, Seq)
	Executed
	// Snapshot: every slot up to and including Slot is held as a snapshot with digest State, and the replica no
	// longer answers for its votes there. Observed, not durable: the replica has just taken that state. (Slot, State)
	Snapshot
	// Leading: the replica takes itself for the leader in Ballot; everything up to Slot is from earlier ballots.
	// (Ballot, Slot)
	Leading
	// Following: the replica has stopped leading. (Ballot)
	Following
	// Leased: the leader relies on a lease at this moment, with everything up to Slot applied, and will for another Seq
	// nanoseconds of its own clock at most; 0: it gives the lease back. (Ballot, Slot, Seq)
	Leased
	// Configured: the replica holds the membership Value, an encoding of which is Bytes, to govern slots from Slot on, until another
	// does. (Slot, Value, Bytes)
	Configured
	// Granted: the replica has granted a lease to the leader of Ballot, or grants it in this message, and will not turn to another ballot
	// for Seq nanoseconds of its own clock; 0: the lease is given back. In a message Seq is of no meaning. (Ballot, Seq)
	Granted
	// Served: the replica answers a client's read from its state, with everything up to Slot applied. (Slot, Client, Seq)
	Served
	// Counted: the leader counts a vote of the replica with the ID Seq for what it has proposed for Slot in Ballot. (Slot, Ballot, Seq)
	Counted
	// Idle: the replica leads in Ballot, has applied everything up to Slot, and has proposed nothing beyond. (Ballot, Slot)
	Idle
	// Reached: the replica came to a point of its protocol that its author has numbered, and that tests should come to. (Seq)
	Reached
	// Began: the replica, or whoever has its disk, asks for promises of Ballot, its own. (Ballot)
	Began
	// Proposed: the replica asks for votes for Value for Slot in Ballot, its own. (Slot, Ballot, Value)
	Proposed

	NumKinds
)

var kindNames = [NumKinds]string{
	Promised: "promised", Voted: "voted", Learned: "learned", Applied: "applied", Executed: "executed",
	Snapshot: "snapshot", Leading: "leading", Following: "following", Leased: "leased", Configured: "configured",
	Granted: "granted", Served: "served", Counted: "counted", Idle: "idle",
	Reached: "reached", Began: "began", Proposed: "proposed",
}

// String returns the kind's name in lower case.
func (k Kind) String() string {
	if k < NumKinds && kindNames[k] != "" {
		return kindNames[k]
	}
	return "unknown"
}

// Fact is one statement about one replica, which the bearer of the fact names.
type Fact struct {
	Kind   Kind
	Index  uint16    // place of an executed command in its slot
	Client uint32    // and the client it came from
	Slot   uint64    // position in the log; 0 for a protocol that decides a single value
	Ballot uint64    // any totally ordered number: a packed Paxos ballot, a Raft term
	Seq    uint64    // the client's own number for an executed command
	Value  uint64    // Digest of Bytes
	State  [2]uint64 // digest of a state machine
	Bytes  []byte    // the value itself where it is at hand; valid during the call, never kept
}

// Digest folds b into 64 bits by multiplying 64-bit halves, in the manner of wyhash. It is stable across machines
// and releases, and it is not a cryptographic hash: nobody attacks a simulation with crafted values.
func Digest(b []byte) uint64 {
	const k0, k1 = 0x9e3779b97f4a7c15, 0xe7037ed1a0b428db
	h := uint64(len(b))*k1 ^ k0
	for len(b) > 16 {
		h = fold(h^binary.LittleEndian.Uint64(b), k1^binary.LittleEndian.Uint64(b[8:]))
		b = b[16:]
	}
	if len(b) < 8 {
		return fold(fold(h, k1^short(b)), k0)
	}
	// What is behind the first 8 bytes is the upper part of the last 8.
	last := binary.LittleEndian.Uint64(b[len(b)-8:]) >> (8 * uint(16-len(b)))
	h = fold(h^binary.LittleEndian.Uint64(b), k1^last)
	if len(b) == 16 {
		h = fold(h, k1) // nothing is behind the last block
	}
	return fold(h, k0)
}

// short returns up to 7 bytes as a little endian number.
func short(b []byte) uint64 {
	n := len(b)
	switch {
	case n >= 4: // two halves, which may overlap
		return uint64(binary.LittleEndian.Uint32(b)) | uint64(binary.LittleEndian.Uint32(b[n-4:]))<<(8*uint(n-4))
	case n > 0:
		return uint64(b[0]) | uint64(b[n>>1])<<(8*uint(n>>1)) | uint64(b[n-1])<<(8*uint(n-1))
	}
	return 0
}

func fold(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a, b)
	return hi ^ lo
}
