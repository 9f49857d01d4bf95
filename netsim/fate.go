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
func (n *Net[M, PM]) draw(from, to node.Addr, kind, key uint64) (lot uint64) {
	n.counts.Sent++
	site := n.site(from, to, kind, key)
	attempt := n.attempts.next(site)
	lot = stream.Mix(site, attempt)
	if n.salt != 0 {
		lot = stream.Mix(lot, n.salt)
	}
	if n.onDraw != nil {
		n.onDraw(Drawn{From: from, To: to, Kind: uint16(kind), Key: key, Attempt: attempt, Lot: lot})
	}
	if len(n.exceptions) > 0 || n.strikes != nil {
		n.name, n.nameSite = name{from, to, kind, key, attempt}, site
	}
	return lot
}

// site names a message, but for how often it was sent before.
func (n *Net[M, PM]) site(from, to node.Addr, kind, key uint64) uint64 {
	return stream.Mix(n.seed^uint64(from)<<32^uint64(to), kind<<48^key)
}

// latency returns how long a message takes in good weather.
func (n *Net[M, PM]) latency(lot uint64) int64 {
	r := stream.Mix(lot, laneDelay)
	if n.config.Spread != Exponential {
		return n.config.LatencyMin + n.config.Spread.draw(r, n.config.LatencyMean)
	}
	return n.config.LatencyMin + sim.Exponential(r, n.config.LatencyMean)
}

// decide applies the rules in force, and what the configuration has of bad weather, to a message.
func (n *Net[M, PM]) decide(f *fate, from, to node.Addr, kind, lot uint64) {
	*f = fate{delay: n.latency(lot), bandwidth: n.config.Bandwidth, backlog: n.config.Backlog}
	w := &n.weather
	*w = weather{drop: n.config.Drop}
	now := n.kernel.Now()
	n.matched = n.matched[:0]
	for i := range n.rules {
		r := &n.rules[i]
		if r.From.Has(from) && r.To.Has(to) {
			n.matched = append(n.matched, int32(i))
			w.meet(r, now, kind)
		}
	}
	w.dropLot = lotFor(w.drop, lot, laneDrop)
	switch {
	case w.blocked:
		f.cause = blocked
	case w.nth || w.dropLot < w.drop:
		f.cause = dropped
	case len(n.matched) > 0: // otherwise there is nothing that could
		n.bend(f, w, lot)
	}
	if len(n.exceptions) > 0 {
		n.except(f, lot)
	}
}

// tally counts what became of a message by the time it left, and which rules had a part in it.
func (n *Net[M, PM]) tally(f *fate) {
	c := &n.counts
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
		if !n.weather.touched {
			return
		}
		count(&c.Duplicated, f.copyDelay > 0)
		count(&c.Redelivered, f.againDelay > 0)
		count(&c.Held, n.weather.holdLot < n.weather.reorder)
		count(&c.Damaged, f.damage != 0)
	}
	now := n.kernel.Now()
	for _, i := range n.matched {
		if r := &n.rules[i]; r.strikes(f, &n.weather, now) {
			n.struck[r.Tag]++
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
func (n *Net[M, PM]) bend(f *fate, w *weather, lot uint64) {
	f.delay = min(f.delay+w.delay, longest)
	w.copyLot, w.againLot = lotFor(w.duplicate, lot, laneCopy), lotFor(w.again, lot, laneAgain)
	w.holdLot, w.damageLot = lotFor(w.reorder, lot, laneHold), lotFor(w.corrupt, lot, laneDamage)
	w.touched = w.delay > 0 || w.heldBy > 0 || w.bandwidth > 0 ||
		w.copyLot < w.duplicate || w.againLot < w.again || w.holdLot < w.reorder || w.damageLot < w.corrupt
	single := n.config.Link == FIFO // what a connection repeats is sorted out at its end
	if w.copyLot < w.duplicate && !single {
		f.copyDelay = 1 + sim.Exponential(stream.Mix(lot, laneCopyDelay), w.copyMean)
	}
	if w.againLot < w.again && !single {
		f.againDelay = 1 + w.againMin + sim.Exponential(stream.Mix(lot, laneAgainDelay), w.againMin/4)
	}
	if w.holdLot < w.reorder {
		f.delay = min(f.delay+sim.Exponential(stream.Mix(lot, laneHoldDelay), w.holdMean), longest)
	}
	if w.damageLot < w.corrupt {
		f.damage = stream.Mix(lot, laneDamageKind) | 1
	}
	if w.bandwidth > 0 && (f.bandwidth == 0 || w.bandwidth < f.bandwidth) {
		f.bandwidth, f.backlog = w.bandwidth, w.backlog
	}
	f.heldBy = w.heldBy
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
func (n *Net[M, PM]) OnDraw(f func(Drawn)) {
	n.onDraw = f
	n.look()
}

// tell reports a sending and its fate to the trace.
func (n *Net[M, PM]) tell(f *fate, from, to node.Addr, what fmt.Stringer) {
	r := sim.Record{Kind: sim.Sent, Who: from, Peer: to, Message: f.number}
	label(&r, what)
	n.kernel.Emit(r)
	if f.cause != through {
		r.Kind, r.Text = sim.Lost, r.Text+causeNames[f.cause]
		n.kernel.Emit(r)
		return
	}
	r.Kind = sim.Copied
	if f.copyDelay > 0 {
		r.Message++
		n.kernel.Emit(r)
	}
	if f.againDelay > 0 {
		r.Message++
		n.kernel.Emit(r)
	}
}

// assign gives a message its number in the trace. Its copies have the next ones.
func (n *Net[M, PM]) assign(f *fate) {
	f.number = n.numbered + 1
	n.numbered = f.number
	count(&n.numbered, f.cause == through && f.copyDelay > 0)
	count(&n.numbered, f.cause == through && f.againDelay > 0)
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
func (n *Net[M, PM]) tellLost(from, to node.Addr, number uint64, what fmt.Stringer, why string) {
	r := sim.Record{Kind: sim.Lost, Who: from, Peer: to, Message: number}
	label(&r, what)
	r.Text += why
	n.kernel.Emit(r)
}
