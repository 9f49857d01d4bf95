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

// A forecast is what the rules in force come to on one link. It holds as long as no rule is added or removed, so that messages need not ask each rule.
type forecast struct {
	edition  uint64  // of the rules for which it was made,
	removals uint64  // the last time by then that rules were taken out of force,
	seen     int     // and how many there were
	rules    []int32 // those that cover the link
	fickle   bool    // some of them block, or count messages, which is no matter of the link alone
	rolls    bool    // there is a chance of something other than a loss
	touches  bool    // no message crosses the link as in good weather

	heldBy                                   int32
	drop, duplicate, again, reorder, corrupt uint64
	copyMean, againMin, holdMean, delay      int64
	bandwidth, backlog                       int64
}

// clear tells whether nothing covers the link. It may say no where a forecast is outdated.
func (f *forecast) clear(edition uint64) bool { return f.edition == edition && len(f.rules) == 0 }

// fair is the forecast for a link that nothing covers.
var fair forecast

// lots are what a message's chances are held against, and what else came to it of the rules.
type lots struct {
	blocked, nth, touched                          bool
	dropLot, copyLot, againLot, holdLot, damageLot uint64
}

// forecast returns what is in force on a link, which leads from one address to another.
func (t *traffic) forecast(l *link, from, to node.Addr) *forecast {
	if l.forecast.edition != t.edition {
		t.foresee(&l.forecast, from, to)
	}
	return &l.forecast
}

// foresee makes the forecast of a link: from the one there is, if rules were only added since it was made.
func (t *traffic) foresee(f *forecast, from, to node.Addr) {
	if f.removals != t.removals {
		*f = forecast{removals: t.removals, rules: f.rules[:0], drop: t.config.Drop}
	}
	for ; f.seen < len(t.rules); f.seen++ {
		r := &t.rules[f.seen]
		if r.From.Has(from) && r.To.Has(to) {
			f.rules = append(f.rules, int32(f.seen))
			f.meet(r)
		}
	}
	f.edition = t.edition
	f.rolls = f.duplicate > 0 || f.again > 0 || f.reorder > 0 || f.corrupt > 0
	f.touches = f.delay > 0 || f.heldBy > 0 || f.bandwidth > 0
}

// meet adds a rule.
func (f *forecast) meet(r *ruleInForce) {
	f.fickle = f.fickle || r.Block || r.Nth > 0
	f.drop = max(f.drop, r.Drop)
	f.duplicate, f.copyMean = max(f.duplicate, r.Duplicate), max(f.copyMean, r.CopyMean)
	f.again, f.againMin = max(f.again, r.Again), max(f.againMin, r.AgainMin)
	f.reorder, f.holdMean = max(f.reorder, r.Reorder), max(f.holdMean, r.HoldMean)
	f.corrupt = max(f.corrupt, r.Corrupt)
	f.delay = min(f.delay+r.Delay, longest)
	if r.Bandwidth > 0 && (f.bandwidth == 0 || r.Bandwidth < f.bandwidth) {
		f.bandwidth, f.backlog = r.Bandwidth, r.Backlog
	}
	if r.HoldBack {
		f.heldBy = int32(r.id) + 1
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
func (r *ruleInForce) strikes(f *fate, l *lots, now int64) bool {
	switch f.cause {
	case blocked:
		return r.blocks(now)
	case dropped:
		return l.dropLot < r.Drop || r.hit
	case overflowed:
		return r.throttles(f)
	}
	return r.Delay > 0 && f.heldBy == 0 || r.HoldBack || r.throttles(f) ||
		f.copyDelay > 0 && l.copyLot < r.Duplicate || f.againDelay > 0 && l.againLot < r.Again || l.holdLot < r.Reorder || l.damageLot < r.Corrupt
}

// throttles tells whether the bandwidth that a message had is this rule's.
func (r *ruleInForce) throttles(f *fate) bool { return r.Bandwidth > 0 && r.Bandwidth == f.bandwidth }

// Set is a set of addresses.
type Set struct {
	all            bool
	nodes, clients members
}

// members is a set of numbers: bits for those below 64, which are all in most clusters, and for the others.
type members struct {
	few  uint64
	more []uint64
}

func (m *members) add(i int) {
	if i < 64 {
		m.few |= 1 << i
		return
	}
	for i>>6 > len(m.more) {
		m.more = append(m.more, 0)
	}
	m.more[i>>6-1] |= 1 << (i & 63)
}

func (m *members) has(i int) bool {
	if i < 64 {
		return m.few>>i&1 == 1
	}
	return i>>6 <= len(m.more) && m.more[i>>6-1]>>(i&63)&1 == 1
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
	if a.IsClient() {
		s.clients.add(int(a.Client()))
	} else {
		s.nodes.add(int(a.ID()))
	}
}

// Has tells whether the address is in the set.
func (s *Set) Has(a node.Addr) bool {
	switch {
	case s.all:
		return true
	case a.IsClient():
		return s.clients.has(int(a.Client()))
	}
	return s.nodes.has(int(a.ID()))
}
