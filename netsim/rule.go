package netsim

import (
	"simrun/node"
)

// Rule changes what becomes of the traffic on some links, for as long as it is in force. Several rules may meet on one link: a
// message is blocked if any blocks it, chances are the highest of any, the lowest bandwidth counts, and delays add up. Chances are in parts
// per million, spans in nanoseconds.
type Rule struct {
	From, To Set   // the links it covers: those from a member of From to a member of To
	Tag      uint8 // what its strikes are counted under, below Tags

	Block  bool
	Period int64 // if set, Block holds only for the first Down of every Period since the rule came into force
	Down   int64
	After  int64 // Block begins only so long after the rule came into force,
	Until  int64 // and if this is set, is over so long after that

	Drop uint64 // chance that a message is lost
	Nth  uint64 // if set, loses the Nth message, counted since the rule came into force, from 1
	Kind uint64 // if set, only messages of this kind of the protocol's count for Nth

	Duplicate uint64 // chance that it arrives twice
	CopyMean  int64  // how much later than the first the second arrives, on average
	Again     uint64 // chance that it arrives once more, much later
	AgainMin  int64  // how much later at least; a quarter more on average
	Reorder   uint64 // chance that it is held up
	HoldMean  int64  // for how long, on average
	Corrupt   uint64 // chance that its bytes are damaged
	Delay     int64  // how much longer everything takes
	Bandwidth int64  // if set, bytes a second that a link carries
	Backlog   int64  // if set, bytes that may wait for a link of limited bandwidth
	HoldBack  bool   // everything is held back until the rule is taken off
}

// Tags is one more than the highest tag of a rule.
const Tags = 64

// ruleInForce is a rule with what has happened since it came into force.
type ruleInForce struct {
	id    int
	since int64  // when it came into force
	seen  uint64 // messages that counted for Nth
	hit   bool   // the last message was the Nth
	Rule
}

// weather is what the rules that meet on a message come to, and the numbers that its chances are held against.
type weather struct {
	blocked, nth, touched                          bool
	heldBy                                         int32
	drop, duplicate, again, reorder, corrupt       uint64
	dropLot, copyLot, againLot, holdLot, damageLot uint64
	copyMean, againMin, holdMean, delay            int64
	bandwidth, backlog                             int64
}

// meet adds a rule to the weather of a message of the given kind.
func (w *weather) meet(r *ruleInForce, now int64, kind uint64) {
	w.blocked = w.blocked || r.blocks(now)
	w.nth = r.countsNth(kind) || w.nth
	w.drop = max(w.drop, r.Drop)
	w.duplicate, w.copyMean = max(w.duplicate, r.Duplicate), max(w.copyMean, r.CopyMean)
	w.again, w.againMin = max(w.again, r.Again), max(w.againMin, r.AgainMin)
	w.reorder, w.holdMean = max(w.reorder, r.Reorder), max(w.holdMean, r.HoldMean)
	w.corrupt = max(w.corrupt, r.Corrupt)
	w.delay = min(w.delay+r.Delay, longest)
	if r.Bandwidth > 0 && (w.bandwidth == 0 || r.Bandwidth < w.bandwidth) {
		w.bandwidth, w.backlog = r.Bandwidth, r.Backlog
	}
	if r.HoldBack {
		w.heldBy = int32(r.id) + 1
	}
}

// blocks tells whether the rule blocks everything at the moment.
func (r *ruleInForce) blocks(now int64) bool {
	if !r.Block {
		return false
	}
	age := now - r.since
	return age >= r.After && (r.Until == 0 || age < r.Until) && (r.Period == 0 || age%r.Period < r.Down)
}

// countsNth counts a message and tells whether it is the one to lose.
func (r *ruleInForce) countsNth(kind uint64) bool {
	r.hit = false
	if r.Nth > 0 && (r.Kind == 0 || r.Kind == kind) {
		r.seen++
		r.hit = r.seen == r.Nth
	}
	return r.hit
}

// strikes tells whether the rule had a part in a message's fate.
func (r *ruleInForce) strikes(f *fate, w *weather, now int64) bool {
	switch f.cause {
	case blocked:
		return r.blocks(now)
	case dropped:
		return w.dropLot < r.Drop || r.hit
	case overflowed:
		return r.throttles(f)
	}
	return r.Delay > 0 && f.heldBy == 0 || r.HoldBack || r.throttles(f) ||
		f.copyDelay > 0 && w.copyLot < r.Duplicate || f.againDelay > 0 && w.againLot < r.Again || w.holdLot < r.Reorder || w.damageLot < r.Corrupt
}

// throttles tells whether the bandwidth that a message had is this rule's.
func (r *ruleInForce) throttles(f *fate) bool { return r.Bandwidth > 0 && r.Bandwidth == f.bandwidth }

// Set is a set of addresses.
type Set struct {
	all     bool
	few     uint64   // replicas with ids below 64, and
	nodes   []uint64 // all
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
	if len(s.nodes) > 0 {
		s.few = s.nodes[0]
	}
}

// Has tells whether the address is in the set.
func (s *Set) Has(a node.Addr) bool {
	if id := a.ID(); !a.IsClient() && id < 64 {
		return s.all || s.few>>id&1 == 1
	}
	return s.all || s.among(a)
}

func (s *Set) among(a node.Addr) bool {
	bits, i := s.nodes, int(a.ID())
	if a.IsClient() {
		bits, i = s.clients, int(a.Client())
	}
	return i>>6 < len(bits) && bits[i>>6]>>(i&63)&1 == 1
}
