package caspaxos

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/bits"
	"slices"

	"simrun/node"
)

// Membership says who the acceptors are, and how many of them make a quorum, for each phase. It is changed one acceptor at a time while proposers go on (Rystsov,
// section 2.3). From an odd number, 2F+1, to the next:
//
//  1. the new acceptor is started;
//  2. every proposer is told, one after another, to send Accepts to it too, and to want F+2 of 2F+2: [Membership.Widen];
//  3. every register is written back once, by a read of each key: now F+2 acceptors hold each;
//  4. every proposer is told to prepare at the new one too, and to want F+2 of 2F+2 there: [Membership.Settle].
//
// From an even number to the next, 2F+2 to 2F+3, quorums stay F+2, and only step 3 must come before the new acceptor counts: it is as if it had been there and
// down all along, which is why it must have what the others accepted. The same steps in the opposite order shrink.
type Membership struct {
	Version uint64    // of two memberships a proposer keeps the one with the higher
	Prepare []node.ID // acceptors of phase 1
	Accept  []node.ID // acceptors of phase 2
	Quorum1 int       // how many promises make a quorum
	Quorum2 int       // how many acceptances do
}

// MaxAcceptors is the largest number of acceptors in one phase.
const MaxAcceptors = 64

// Majority returns the membership of a new group.
func Majority(nodes ...node.ID) Membership {
	return Membership{Version: 1, Prepare: nodes, Accept: nodes, Quorum1: len(nodes)/2 + 1, Quorum2: len(nodes)/2 + 1}
}

// Widen returns the membership of step 2: joiner accepts, and more must.
func (m Membership) Widen(joiner node.ID) Membership {
	m.Version++
	m.Accept = append(slices.Clone(m.Accept), joiner)
	m.Quorum2 = len(m.Accept)/2 + 1
	return m
}

// Settle returns the membership of step 4: whoever accepts also promises.
func (m Membership) Settle() Membership {
	m.Version++
	m.Prepare = slices.Clone(m.Accept)
	m.Quorum1 = len(m.Prepare)/2 + 1
	return m
}

// Validate refuses memberships under which a quorum of one phase may miss one of the other.
func (m Membership) Validate() error {
	common := 0
	for _, list := range [][]node.ID{m.Prepare, m.Accept} {
		switch {
		case len(list) == 0 || len(list) > MaxAcceptors:
			return fmt.Errorf("caspaxos: %d acceptors, and there must be from 1 to %d", len(list), MaxAcceptors)
		case slices.Contains(list, 0):
			return errors.New("caspaxos: 0 is not a node id")
		case len(slices.Compact(slices.Sorted(slices.Values(list)))) != len(list):
			return errors.New("caspaxos: an acceptor is named twice")
		}
	}
	for _, id := range m.Prepare {
		if slices.Contains(m.Accept, id) {
			common++
		}
	}
	if m.Quorum1 < 1 || m.Quorum1 > len(m.Prepare) || m.Quorum2 < 1 || m.Quorum2 > len(m.Accept) {
		return fmt.Errorf("caspaxos: quorums of %d out of %d and %d out of %d", m.Quorum1, len(m.Prepare), m.Quorum2, len(m.Accept))
	}
	// At least this many of each quorum are acceptors of both phases.
	both1, both2 := m.Quorum1-(len(m.Prepare)-common), m.Quorum2-(len(m.Accept)-common)
	if max(both1, 0)+max(both2, 0) <= common {
		return fmt.Errorf("caspaxos: quorums of %d out of %d and %d out of %d need not intersect", m.Quorum1, len(m.Prepare), m.Quorum2, len(m.Accept))
	}
	return nil
}

// Append appends the encoding, which is the command of a Configure request.
func (m Membership) Append(dst []byte) []byte {
	dst = binary.BigEndian.AppendUint64(dst, m.Version)
	dst = append(dst, byte(m.Quorum1), byte(m.Quorum2), byte(len(m.Prepare)), byte(len(m.Accept)))
	for _, id := range m.Prepare {
		dst = binary.BigEndian.AppendUint16(dst, uint16(id))
	}
	for _, id := range m.Accept {
		dst = binary.BigEndian.AppendUint16(dst, uint16(id))
	}
	return dst
}

// decodeMembership reads what Append wrote, and refuses what is not valid.
func decodeMembership(b []byte) (m Membership, ok bool) {
	if len(b) < 12 || len(b) != 12+2*(int(b[10])+int(b[11])) {
		return m, false
	}
	m = Membership{Version: binary.BigEndian.Uint64(b), Quorum1: int(b[8]), Quorum2: int(b[9])}
	for i := range int(b[10]) + int(b[11]) {
		id := node.ID(binary.BigEndian.Uint16(b[12+2*i:]))
		if i < int(b[10]) {
			m.Prepare = append(m.Prepare, id)
		} else {
			m.Accept = append(m.Accept, id)
		}
	}
	return m, m.Validate() == nil
}

// onConfigure takes a membership over, and says so when it is on disk. Rounds that are under way begin again: none may end by the old quorums after the answer.
func (r *Replica) onConfigure(env node.Env[Message], from node.Client, q *node.Request) {
	m, ok := decodeMembership(q.Command)
	if !ok {
		env.Reply(from, node.Reply{Seq: q.Seq, Status: node.Refused})
		return
	}
	if m.Version > r.members.Version {
		r.members = m
		r.scratch = m.Append(r.scratch[:0])
		r.append(env, recordMembership, r.scratch)
		for i := range r.rounds {
			if w := &r.rounds[i]; w.phase != queued {
				r.prepare(env, w)
			}
		}
		r.arm(env)
	}
	r.told = append(r.told, told{from, q.Seq, r.log.Last()})
	r.tell(env)
}

// told is a client that is to be told that a membership is in force.
type told struct {
	client  node.Client
	seq     uint64
	through uint64 // record of the log that must be durable
}

// tell answers those whose membership is durable.
func (r *Replica) tell(env node.Env[Message]) {
	r.told = slices.DeleteFunc(r.told, func(t told) bool {
		if t.through > r.durable {
			return false
		}
		env.Reply(t.client, node.Reply{Seq: t.seq, Status: node.OK})
		return true
	})
}

// quorum is a set of acceptors, by their place in the membership.
type quorum uint64

func (q *quorum) add(place int) {
	if place >= 0 {
		*q |= 1 << place
	}
}

func (q quorum) has(place int) bool { return q>>place&1 == 1 }

func (q quorum) len() int { return bits.OnesCount64(uint64(q)) }
