package sim

import (
	"fmt"

	"simrun/node"
	"simrun/sim/stream"
)

// Kernel is the heart of a run: a clock that jumps from event to event, the events to come, and a hash of those gone
// by. It knows nothing of protocols, networks or faults: they register handlers for their kinds of events.
//
// A kernel is used for one run after another. Reset brings it back to the state of a new one without giving memory away.
type Kernel struct {
	seed    uint64
	now     int64
	events  uint64 // handled so far
	instant uint64 // of these, since time last moved
	stop    bool
	queue   queue
	hash    Hash
	handler [numEventKinds]func(*Event)
	trace   func(Record)
	tape    *Tape // nil if nobody wants one
}

// InstantCap is how many steps may happen at one instant of simulated time. A cluster that takes more is going round
// in circles without ever letting time pass.
const InstantCap = 100_000

// Stop tells why Run returned.
type Stop uint8

// The reasons for Run to return.
const (
	Halted     Stop = iota + 1 // Kernel.Halt was called
	Paused                     // the event number asked for was reached
	Drained                    // nothing is left to happen
	Livelocked                 // InstantCap was exceeded
)

// On registers the handler of a kind of events. The event handed to it is valid during the call.
func (k *Kernel) On(kind EventKind, handle func(*Event)) { k.handler[kind] = handle }

// Reset makes the kernel ready for a run of the seed. Handlers stay registered; tracing and recording are turned off.
func (k *Kernel) Reset(seed uint64) {
	k.seed, k.now, k.events, k.instant, k.stop = seed, 0, 0, 0, false
	k.trace, k.tape = nil, nil
	k.hash = Hash(stream.Mix(seed, 1))
	k.queue.reset()
}

// Run handles events in order of time until Halt is called, the count of handled events reaches until, or nothing is
// left. It may be called again to go on.
func (k *Kernel) Run(until uint64) Stop {
	for k.events < until {
		e := k.queue.pop()
		if e == nil {
			return Drained
		}
		k.events++
		if e.At != k.now {
			k.now, k.instant = e.At, 0
		}
		k.hash.event(e)
		if k.tape != nil {
			k.tape.event(e)
		}
		k.handler[e.Kind](e)
		if k.Spin() {
			return Livelocked
		}
		if k.stop {
			return Halted
		}
	}
	return Paused
}

// Reseed mixes salt into the seed, for whatever is drawn from it from here on.
func (k *Kernel) Reseed(salt uint64) { k.seed = stream.Mix(k.seed, salt) }

// Spin counts a step that takes no simulated time, and tells whether there were too many at this instant. Whoever
// loops inside one event must call it.
func (k *Kernel) Spin() bool {
	k.instant++
	return k.instant > InstantCap
}

// Halt makes Run return after the event at hand.
func (k *Kernel) Halt() { k.stop = true }

// Seed returns the seed of the run.
func (k *Kernel) Seed() uint64 { return k.seed }

// Now returns the simulated time in nanoseconds since the start of the run.
func (k *Kernel) Now() int64 { return k.now }

// Events returns the number of events handled so far, the one at hand included.
func (k *Kernel) Events() uint64 { return k.events }

// Current returns the event being handled, or the last one that was.
func (k *Kernel) Current() Event { return k.queue.slab[k.queue.last] }

// Hash returns the digest of everything so far.
func (k *Kernel) Hash() Hash { return k.hash }

// Fold makes a number part of the digest. A tape tells its origin.
func (k *Kernel) Fold(o Origin, x uint64) {
	k.hash.Word(x)
	if k.tape != nil {
		k.tape.word(o, x)
	}
}

// FoldBytes makes bytes and their number part of the digest. A tape tells their origin.
func (k *Kernel) FoldBytes(o Origin, b []byte) {
	k.hash.Bytes(b)
	if k.tape != nil {
		k.tape.bytes(o, b)
	}
}

// Record makes the kernel write its full trace to a tape, from here on, which whoever handed it over closes. It changes nothing in the run.
func (k *Kernel) Record(t *Tape) {
	k.tape = t
	t.begin(k.Hash)
}

// Schedule adds an event at time at, which must not lie in the past. At one time, events happen in the order in which they
// were scheduled.
func (k *Kernel) Schedule(at int64, kind EventKind, host node.ID, a, b, c uint64) {
	if at < k.now {
		k.late(at, kind)
	}
	q := &k.queue
	i, e := q.take()
	e.At, e.A, e.B, e.C = at, a, b, c
	e.Host, e.Kind = host, kind
	q.place(i, q.bucketOf(at))
	q.replenish()
}

//go:noinline
func (k *Kernel) late(at int64, kind EventKind) {
	panic(fmt.Sprintf("sim: %v event scheduled at %d, but it is %d already", kind, at, k.now))
}

// Trace makes the kernel report every record to f, or to nobody if f is nil. It changes nothing in the run.
func (k *Kernel) Trace(f func(Record)) { k.trace = f }

// Tracing tells whether records are wanted; making their text is not free.
func (k *Kernel) Tracing() bool { return k.trace != nil }

// Emit reports a record, with event number and time filled in, if records are wanted.
func (k *Kernel) Emit(r Record) {
	if k.trace != nil {
		r.Event, r.At = k.events, k.now
		k.trace(r)
	}
}
