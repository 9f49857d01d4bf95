package netsim

import (
	"simrun/node"
)

// Rule changes what becomes of the traffic on some links, for as long as it is in force. Several rules may meet on one link: a
// message is blocked if any blocks it, chances are the highest of any, and delays add up. Chances are in parts per million, spans
// in nanoseconds.
type Rule struct {
	From, To  Set // the links it covers: those from a member of From to a member of To
	Block     bool
	Drop      uint64 // chance that a message is lost
	Duplicate uint64 // chance that it arrives twice
	CopyMean  int64  // how much later than the first the second arrives, on average
	Reorder   uint64 // chance that it is held up
	HoldMean  int64  // for how long, on average
	Delay     int64  // how much longer everything takes
}

// Set is a set of addresses.
type Set struct {
	all     bool
	nodes   []uint64
	clients []uint64
}

// Everybody returns the set of all addresses.
func Everybody() Set { return Set{all: true} }

// SetOf returns the set of the addresses given.
func SetOf(addrs ...node.Addr) (s Set) {
	for _, a := range addrs {
		s.Add(a)
	}
	return s
}

// Add adds an address.
func (s *Set) Add(a node.Addr) {
	bits, i := &s.nodes, int(a.ID())
	if a.IsClient() {
		bits, i = &s.clients, int(a.Client())
	}
	for i>>6 >= len(*bits) {
		*bits = append(*bits, 0)
	}
	(*bits)[i>>6] |= 1 << (i & 63)
}

// Has tells whether the address is in the set.
func (s *Set) Has(a node.Addr) bool {
	if s.all {
		return true
	}
	bits, i := s.nodes, int(a.ID())
	if a.IsClient() {
		bits, i = s.clients, int(a.Client())
	}
	return i>>6 < len(bits) && bits[i>>6]>>(i&63)&1 == 1
}
