package sim

import (
	"strconv"

	"simrun/node"
)

// timer is one of a host's timers. A timer that is moved to a later time, as election timers are all day, keeps its
// event in the queue: the event finds on arrival that it is early, and goes round again. So a timer costs an event
// for each time it runs out, and not for each time it is set.
type timer struct {
	deadline int64  // true time at which it fires
	pending  int64  // true time of its event in the queue, if queued
	number   uint64 // tells that event from those of earlier settings
	armed    bool
	queued   bool
}

// SetTimer arms the timer to fire once the host's clock has advanced by after.
func (h *machine) SetTimer(t node.TimerID, after node.Local) {
	for int(t) >= len(h.timers) {
		h.timers = append(h.timers, timer{})
	}
	x := &h.timers[t]
	x.deadline, x.armed = h.config.Clock.After(h.kernel.now, after), true
	h.requeueTimer(t, x)
}

// requeueTimer makes sure that an event is in the queue at the timer's deadline or before.
func (h *machine) requeueTimer(t node.TimerID, x *timer) {
	if x.queued && x.pending <= x.deadline {
		return
	}
	x.number++
	h.queueTimer(t, x)
}

func (h *machine) queueTimer(t node.TimerID, x *timer) {
	x.queued, x.pending = true, x.deadline
	h.kernel.Schedule(x.deadline, TimerDue, h.id, 0, uint64(t), x.number)
}

// StopTimer disarms the timer.
func (h *machine) StopTimer(t node.TimerID) {
	if int(t) < len(h.timers) {
		h.timers[t].armed = false
	}
}

// OnTimer handles a TimerDue event.
func (h *Host[M]) OnTimer(e *Event) {
	if h.timers[e.B].number != e.C {
		return // the timer was set to an earlier time, or the host crashed, and this event is nobody's
	}
	if h.gated {
		h.putTimer(node.TimerID(e.B), e.C)
		return
	}
	h.timerDue(node.TimerID(e.B))
}

// timerDue looks at a timer whose event has come.
func (h *Host[M]) timerDue(t node.TimerID) {
	x := &h.timers[t]
	x.queued = false
	if !x.armed {
		return
	}
	if x.deadline > h.kernel.now {
		h.queueTimer(t, x)
		return
	}
	x.armed = false
	if h.kernel.Tracing() {
		h.kernel.Emit(Record{Kind: TimerFired, Who: h.id.Addr(), Name: "timer " + strconv.Itoa(int(t))})
	}
	h.replica.Timer(h, t)
	h.finish()
}

// ChangeClock makes the host's clock jump forward, and run at another rate from now on. Timers that are armed follow it.
func (h *machine) ChangeClock(jump node.Local, driftPPM int64) {
	now, was := h.kernel.now, h.config.Clock
	h.config.Clock.Change(now, jump, driftPPM)
	if jump > 0 {
		h.counts.ClockJumps++
	}
	if driftPPM != was.DriftPPM {
		h.counts.ClockRates++
	}
	for i := range h.timers {
		x := &h.timers[i]
		if !x.armed || x.deadline <= now {
			continue
		}
		x.deadline = max(now, h.config.Clock.When(was.Read(x.deadline)))
		h.requeueTimer(node.TimerID(i), x)
	}
}

// ClockDrift returns the rate at which the host's clock runs, in parts per million above or below the true one.
func (h *machine) ClockDrift() int64 { return h.config.Clock.DriftPPM }
