package netsim

import (
	"fmt"
	"strings"

	"simrun/node"
	"simrun/sim"
	"simrun/sim/stream"
)

// fate is what becomes of one message.
type fate struct {
	delay      int64
	copyDelay  int64  // of a copy, on top of delay; 0 if there is none
	againDelay int64  // of another, much later
	damage     uint64 // the lot of the damage done to its bytes; 0 if there is none
	bandwidth  int64  // of the link at the moment, in bytes a second; 0 if there is no limit
	backlog    int64  // bytes that may wait for the link; 0 if there is no limit
	number     uint64 // in the trace
	heldBy     int32  // one more than the id of the rule that holds it back
	cause      cause
}

// cause says why a message never arrives.
type cause uint8

const (
	through    cause = iota // it does arrive, unless its connection breaks
	dropped                 // by chance, or by a rule about its number
	blocked                 // by a partition
	overflowed              // the queue of its link was full
	refused                 // its connection is broken
)

var causeNames = [...]string{dropped: "", blocked: " (partition)", overflowed: " (queue full)", refused: " (not connected)"}

// Each decision about a message has a lane of its own, so that a rule about one leaves the others as they were.
const (
	laneDelay = iota + 1
	laneDrop
	laneCopy
	laneCopyDelay
	laneHold
	laneHoldDelay
	laneAgain
	laneAgainDelay
	laneDamage
	laneDamageKind
)

// The kinds of client traffic, in the place of a message kind. A protocol's own kinds fit in 8 bits.
const (
	requestKind = 1 << 8
	replyKind   = 1 << 9
)

// draw counts a message and hashes its name: seed, link, kind, key, and how often such a message was sent before. All that becomes of it
// by chance comes from this number. No generator is drawn from, so a message keeps its fate when others come and go.
func (t *traffic) draw(from, to node.Addr, kind, key uint64) (lot uint64) {
	t.counts.Sent++
	site := t.site(from, to, kind, key)
	attempt := t.attempts.next(site, place(from, to, kind, key))
	lot = stream.Mix(site, attempt)
	if t.special {
		lot = t.named(name{from, to, kind, key, attempt}, site, lot)
	}
	return lot
}

// named is the part of draw for when somebody has to do with names, or the seed was changed on the way.
func (t *traffic) named(m name, site, lot uint64) uint64 {
	if t.salt != 0 {
		lot = stream.Mix(lot, t.salt)
	}
	if t.onDraw != nil {
		t.onDraw(Drawn{From: m.from, To: m.to, Kind: uint16(m.kind), Key: m.key, Attempt: m.attempt, Lot: lot})
	}
	t.name, t.nameSite = m, site
	return lot
}

// site names a message, but for how often it was sent before.
func (t *traffic) site(from, to node.Addr, kind, key uint64) uint64 {
	return stream.Mix(t.way(from, to), kind<<48^key)
}

// way names the way from one address to another.
func (t *traffic) way(from, to node.Addr) uint64 { return t.seed ^ uint64(from)<<32 ^ uint64(to) }

// latency returns how long a message takes in good weather.
func (t *traffic) latency(lot uint64) int64 {
	r := stream.Mix(lot, laneDelay)
	if t.config.Spread != Exponential {
		return t.config.LatencyMin + t.config.Spread.draw(r, t.config.LatencyMean)
	}
	return t.config.LatencyMin + sim.Exponential(r, t.config.LatencyMean)
}

// decide applies the rules in force, and what the configuration has of bad weather, to a message. It needs the forecast for its link, in t.over.
func (t *traffic) decide(f *fate, kind, lot uint64) {
	*f = fate{delay: t.latency(lot), bandwidth: t.config.Bandwidth, backlog: t.config.Backlog}
	w, l := t.over, &t.lots
	*l = lots{dropLot: lotFor(w.drop, lot, laneDrop)}
	if w.fickle {
		t.ask(w.rules, kind)
	}
	switch {
	case l.blocked:
		f.cause = blocked
	case l.nth || l.dropLot < w.drop:
		f.cause = dropped
	case len(w.rules) > 0: // otherwise there is nothing that could
		t.bend(f, lot)
	}
	if len(t.exceptions) > 0 {
		t.except(f, lot)
	}
}

// ask notes whether rules block a message at this moment, or lose it by its number.
func (t *traffic) ask(rules []int32, kind uint64) {
	now := t.kernel.Now()
	for _, i := range rules {
		r := &t.rules[i]
		t.lots.blocked = r.blocks(now) || t.lots.blocked
		t.lots.nth = r.countsNth(kind) || t.lots.nth
	}
}

// settle counts and reports what became of a message by the time it left, and numbers it.
func (t *traffic) settle(f *fate, lot uint64) {
	if f.cause == through && !t.lots.touched && t.strikes == nil { // there is nothing to count or report, and there are no copies
		t.numbered++
		f.number = t.numbered
		return
	}
	t.tally(f)
	t.assign(f)
	t.report(f, lot)
}

// tally counts what became of a message by the time it left, and which rules had a part in it.
func (t *traffic) tally(f *fate) {
	c := &t.counts
	switch f.cause {
	case blocked:
		c.Blocked++
	case dropped:
		c.Dropped++
	case overflowed:
		c.Overflowed++
	case refused:
		c.Refused++
		return
	case through:
		if !t.lots.touched {
			return
		}
		count(&c.Duplicated, f.copyDelay > 0)
		count(&c.Redelivered, f.againDelay > 0)
		count(&c.Held, t.lots.holdLot < t.over.reorder)
		count(&c.Damaged, f.damage != 0)
	}
	now := t.kernel.Now()
	for _, i := range t.over.rules {
		if r := &t.rules[i]; r.strikes(f, &t.lots, now) {
			t.struck[r.Tag]++
		}
	}
}

func count(n *uint64, yes bool) {
	if yes {
		*n++
	}
}

// lotFor returns what a chance is held against: it strikes if it is above that number. Without a chance there is no need to draw.
func lotFor(chance, lot, lane uint64) uint64 {
	if chance == 0 {
		return 0
	}
	return stream.Scale(stream.Mix(lot, lane), stream.Million)
}

// bend applies what happens to a message that is not lost at once.
func (t *traffic) bend(f *fate, lot uint64) {
	w := t.over
	f.delay = min(f.delay+w.delay, longest)
	t.lots.touched = w.touches
	if w.rolls {
		t.roll(f, lot)
	}
	if w.bandwidth > 0 && (f.bandwidth == 0 || w.bandwidth < f.bandwidth) {
		f.bandwidth, f.backlog = w.bandwidth, w.backlog
	}
	f.heldBy = w.heldBy
}

// roll applies what happens by chance to a message that is not lost at once.
func (t *traffic) roll(f *fate, lot uint64) {
	w, l := t.over, &t.lots
	l.copyLot, l.againLot = lotFor(w.duplicate, lot, laneCopy), lotFor(w.again, lot, laneAgain)
	l.holdLot, l.damageLot = lotFor(w.reorder, lot, laneHold), lotFor(w.corrupt, lot, laneDamage)
	l.touched = l.touched || l.copyLot < w.duplicate || l.againLot < w.again || l.holdLot < w.reorder || l.damageLot < w.corrupt
	single := t.config.Link == FIFO // what a connection repeats is sorted out at its end
	if l.copyLot < w.duplicate && !single {
		f.copyDelay = 1 + sim.Exponential(stream.Mix(lot, laneCopyDelay), w.copyMean)
	}
	if l.againLot < w.again && !single {
		f.againDelay = 1 + w.againMin + sim.Exponential(stream.Mix(lot, laneAgainDelay), w.againMin/4)
	}
	if l.holdLot < w.reorder {
		f.delay = min(f.delay+sim.Exponential(stream.Mix(lot, laneHoldDelay), w.holdMean), longest)
	}
	if l.damageLot < w.corrupt {
		f.damage = stream.Mix(lot, laneDamageKind) | 1
	}
}

// Drawn is a message's name and the number that was drawn for it: all its chances come from that number.
type Drawn struct {
	From, To node.Addr
	Kind     uint16 // the protocol's kind; of client traffic another, above 255
	Key      uint64
	Attempt  uint64 // how many of that name were sent before
	Lot      uint64
}

// OnDraw makes the network tell f of every number that it draws, until the next Reset. It changes nothing in the run.
func (t *traffic) OnDraw(f func(Drawn)) {
	t.onDraw = f
	t.look()
}

// tell reports a sending and its fate to the trace.
func (t *traffic) tell(f *fate, from, to node.Addr, what fmt.Stringer) {
	r := sim.Record{Kind: sim.Sent, Who: from, Peer: to, Message: f.number}
	label(&r, what)
	t.kernel.Emit(r)
	if f.cause != through {
		r.Kind, r.Text = sim.Lost, r.Text+causeNames[f.cause]
		t.kernel.Emit(r)
		return
	}
	r.Kind = sim.Copied
	if f.copyDelay > 0 {
		r.Message++
		t.kernel.Emit(r)
	}
	if f.againDelay > 0 {
		r.Message++
		t.kernel.Emit(r)
	}
}

// assign gives a message its number in the trace. Its copies have the next ones.
func (t *traffic) assign(f *fate) {
	f.number = t.numbered + 1
	t.numbered = f.number
	count(&t.numbered, f.cause == through && f.copyDelay > 0)
	count(&t.numbered, f.cause == through && f.againDelay > 0)
}

// label puts in words what a record is about.
func label(r *sim.Record, what fmt.Stringer) {
	r.Text = what.String()
	r.Name, _, _ = strings.Cut(r.Text, " ")
	if a, ok := what.(node.About); ok {
		r.Slot, r.Ballot, r.Value = a.About()
	}
}

// What a message that is lost on its way was lost to.
const (
	brokenUp  = " (its connection broke)"
	damaged   = " (its checksum does not match)"
	undecoded = " (did not survive its encoding)"
)

// tellLost reports a message that is lost on its way.
func (t *traffic) tellLost(from, to node.Addr, number uint64, what fmt.Stringer, why string) {
	r := sim.Record{Kind: sim.Lost, Who: from, Peer: to, Message: number}
	label(&r, what)
	r.Text += why
	t.kernel.Emit(r)
}
