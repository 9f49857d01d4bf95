package node

import "strconv"

// Ballot is a ballot number: (round, node id), ordered lexicographically, packed into one word so that the order is
// that of integers. The zero Ballot is below every real one. (Lamport, "Paxos Made Simple", section 2.2: proposers
// draw their numbers from disjoint sets.)
type Ballot uint64

// MaxRound is the highest round a Ballot can hold. At a thousand rounds a second it lasts for 8,900 years.
const MaxRound = 1<<48 - 1

// NewBallot returns the ballot (round, id). The round must be at most MaxRound.
func NewBallot(round uint64, id ID) Ballot { return Ballot(round<<16 | uint64(id)) }

// Round returns the ballot's round.
func (b Ballot) Round() uint64 { return uint64(b) >> 16 }

// ID returns the node that the ballot belongs to.
func (b Ballot) ID() ID { return ID(b) }

// Next returns the smallest ballot of id that is above b and in a later round.
func (b Ballot) Next(id ID) Ballot { return NewBallot(b.Round()+1, id) }

// String writes the ballot as "round.id".
func (b Ballot) String() string {
	return strconv.FormatUint(b.Round(), 10) + "." + strconv.FormatUint(uint64(b.ID()), 10)
}
