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
func (h *Host[M]) SetTimer(t node.TimerID, after node.Local) {
	for int(t) >= len(h.timers) {
		h.timers = append(h.timers, timer{})
	}
	x := &h.timers[t]
	x.deadline, x.armed = h.kernel.now+h.config.Clock.Span(after), true
	if x.queued && x.pending <= x.deadline {
		return
	}
	x.number++
	h.queueTimer(t, x)
}

func (h *Host[M]) queueTimer(t node.TimerID, x *timer) {
	x.queued, x.pending = true, x.deadline
	h.kernel.Schedule(x.deadline, TimerDue, h.id, 0, uint64(t), x.number)
}

// StopTimer disarms the timer.
func (h *Host[M]) StopTimer(t node.TimerID) {
	if int(t) < len(h.timers) {
		h.timers[t].armed = false
	}
}

// OnTimer handles a TimerDue event.
func (h *Host[M]) OnTimer(e *Event) {
	x := &h.timers[e.B]
	if x.number != e.C {
		return // the timer was set to an earlier time, or the host crashed, and this event is nobody's
	}
	x.queued = false
	if !x.armed {
		return
	}
	t := node.TimerID(e.B)
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
