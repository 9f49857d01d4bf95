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
	lost      bool
	blocked   bool // lost, and to a partition
	copied    bool
	delay     int64
	copyDelay int64 // of the copy, on top of delay
}

// Each decision about a message has a lane of its own, so that a rule about one leaves the others as they were.
const (
	laneDelay = iota + 1
	laneDrop
	laneCopy
	laneCopyDelay
	laneHold
	laneHoldDelay
)

// The kinds of client traffic, in the place of a message kind. A protocol's own kinds fit in 8 bits.
const (
	requestKind = 1 << 8
	replyKind   = 1 << 9
)

// fate decides what becomes of a message by hashing its name: seed, link, kind, key, and how often such a message was
// sent before. No generator is drawn from, so a message keeps its fate when others come and go.
func (n *Net[M, PM]) fate(from, to node.Addr, kind, key uint64) (f fate) {
	n.counts.Sent++
	site := n.site(from, to, kind, key)
	attempt := n.attempts.next(site)
	lot := stream.Mix(site, attempt)
	if n.salt != 0 {
		lot = stream.Mix(lot, n.salt)
	}
	f = n.chances(from, to, lot)
	if len(n.exceptions) > 0 || n.strikes != nil {
		f = n.except(f, name{from, to, kind, key, attempt}, site, lot)
	}
	return f
}

// site names a message, but for how often it was sent before.
func (n *Net[M, PM]) site(from, to node.Addr, kind, key uint64) uint64 {
	return stream.Mix(n.seed^uint64(from)<<32^uint64(to), kind<<48^key)
}

// chances decides what the weather and the rules in force make of the message with that lot.
func (n *Net[M, PM]) chances(from, to node.Addr, lot uint64) (f fate) {
	f.delay = n.config.LatencyMin + sim.Exponential(stream.Mix(lot, laneDelay), n.config.LatencyMean)
	if len(n.rules) == 0 && n.config.Drop == 0 {
		return f
	}
	drop, copied, copyMean, hold, holdMean := n.config.Drop, uint64(0), int64(0), uint64(0), int64(0)
	for i := range n.rules {
		r := &n.rules[i]
		if !r.From.Has(from) || !r.To.Has(to) {
			continue
		}
		f.blocked = f.blocked || r.Block
		drop = max(drop, r.Drop)
		copied, copyMean = max(copied, r.Duplicate), max(copyMean, r.CopyMean)
		hold, holdMean = max(hold, r.Reorder), max(holdMean, r.HoldMean)
		f.delay += r.Delay
	}
	switch {
	case f.blocked:
		f.lost = true
		n.counts.Blocked++
		return f
	case drop > 0 && stream.Chance(stream.Mix(lot, laneDrop), drop):
		f.lost = true
		n.counts.Dropped++
		return f
	}
	if copied > 0 && stream.Chance(stream.Mix(lot, laneCopy), copied) {
		f.copied = true
		f.copyDelay = sim.Exponential(stream.Mix(lot, laneCopyDelay), copyMean)
		n.counts.Duplicated++
	}
	if hold > 0 && stream.Chance(stream.Mix(lot, laneHold), hold) {
		f.delay += sim.Exponential(stream.Mix(lot, laneHoldDelay), holdMean)
		n.counts.Held++
	}
	return f
}

// tell reports a sending and its fate to the trace.
func (n *Net[M, PM]) tell(f fate, from, to node.Addr, what fmt.Stringer) {
	r := sim.Record{Kind: sim.Sent, Who: from, Peer: to, Message: n.number(f)}
	label(&r, what)
	n.kernel.Emit(r)
	switch {
	case f.blocked:
		r.Kind, r.Text = sim.Lost, r.Text+" (partition)"
		n.kernel.Emit(r)
	case f.lost:
		r.Kind = sim.Lost
		n.kernel.Emit(r)
	case f.copied:
		r.Kind = sim.Copied
		r.Message++
		n.kernel.Emit(r)
	}
}

// number returns the number of the message whose fate was drawn last. Its copy, if it has one, has the next.
func (n *Net[M, PM]) number(f fate) uint64 {
	number := n.counts.Sent + n.counts.Duplicated
	if f.copied {
		number--
	}
	return number
}

// label puts in words what a record is about.
func label(r *sim.Record, what fmt.Stringer) {
	r.Text = what.String()
	r.Name, _, _ = strings.Cut(r.Text, " ")
	if a, ok := what.(node.About); ok {
		r.Slot, r.Ballot, r.Value = a.About()
	}
}
