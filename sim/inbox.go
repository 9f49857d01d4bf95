package sim

import "simrun/node"

// A host that is paused, or slow, does not handle what comes at once. It puts it into its inbox, in order of arrival: messages,
// requests, timers that are due, and the news of a group commit, which the disk completes in the meantime.

// itemKind says what lies in an inbox.
type itemKind uint8

const (
	messageItem itemKind = iota + 1
	requestItem
	timerItem
	syncItem
)

type item[M any] struct {
	what    itemKind
	timer   node.TimerID
	from    node.ID
	client  node.Client
	number  uint64 // of the timer's setting
	m       M
	request node.Request
}

// inboxCap is how many messages and requests wait at most; more are lost, as by a socket whose buffer is full.
const inboxCap = 4096

// inbox is a queue of items. Memory is reused once it has run empty.
type inbox[M any] struct {
	items []item[M]
	head  int
}

func (q *inbox[M]) len() int { return len(q.items) - q.head }

func (q *inbox[M]) clear() { q.items, q.head = q.items[:0], 0 }

// What puts something into the inbox is a function of its own, so that the frames of its callers stay small.
//
//go:noinline
func (h *Host[M]) putMessage(from node.ID, m *M) {
	h.put(item[M]{what: messageItem, from: from, m: *m})
}

//go:noinline
func (h *Host[M]) putRequest(from node.Client, r *node.Request) {
	h.put(item[M]{what: requestItem, client: from, request: *r})
}

//go:noinline
func (h *Host[M]) putTimer(t node.TimerID, number uint64) {
	h.put(item[M]{what: timerItem, timer: t, number: number})
}

//go:noinline
func (h *Host[M]) putSync() { h.put(item[M]{what: syncItem}) }

// put adds to the inbox of a gated host.
func (h *Host[M]) put(x item[M]) {
	if (x.what == messageItem || x.what == requestItem) && h.inbox.len() >= inboxCap {
		h.counts.Overflowed++
		return
	}
	h.inbox.items = append(h.inbox.items, x)
	if h.paused {
		h.counts.Held++
		return
	}
	h.counts.Slowed++
	h.work()
}

// work makes a slow host begin with the first item of its inbox, unless it is at work. An item takes it its service
// time, and has its effects at the end of that.
func (h *Host[M]) work() {
	if h.working || h.paused || h.service == 0 || h.inbox.len() == 0 {
		return
	}
	h.working = true
	h.works++
	h.kernel.Schedule(h.kernel.now+h.service, HostWorks, h.id, 0, h.works, 0)
}

// OnWork handles a HostWorks event: a slow host is done with an item.
func (h *Host[M]) OnWork(e *Event) {
	if e.B != h.works || !h.working {
		return // begun before a crash or a pause
	}
	h.working = false
	h.handleFirst()
	h.work()
}

// handleFirst takes the first item out of the inbox and handles it.
func (h *Host[M]) handleFirst() {
	q := &h.inbox
	x := &q.items[q.head]
	q.head++
	switch x.what {
	case messageItem:
		h.message = x.m
		from := x.from
		q.tidy()
		h.replica.Receive(h, from, &h.message)
		h.finish()
	case requestItem:
		h.request = x.request
		from := x.client
		q.tidy()
		h.replica.Request(h, from, &h.request)
		h.finish()
	case timerItem:
		t, number := x.timer, x.number
		q.tidy()
		if h.timers[t].number == number {
			h.timerDue(t)
		}
	case syncItem:
		q.tidy()
		h.syncNoticed()
	}
}

func (q *inbox[M]) tidy() {
	switch {
	case q.head == len(q.items):
		q.clear()
	case q.head > 64 && q.head > len(q.items)/2:
		q.items = q.items[:copy(q.items, q.items[q.head:])]
		q.head = 0
	}
}

// drain handles all that waits, if nothing holds the host up any more.
func (h *Host[M]) drain() {
	h.gated = h.paused || h.service > 0
	h.work()
	for !h.gated && h.inbox.len() > 0 {
		if h.kernel.Spin() {
			return // Run will say so
		}
		h.handleFirst()
	}
}

// Pause stops the process on the host where it stands: it handles nothing, while its clock and its disk run on. A crash
// ends the pause, since it ends the process. It does nothing if the host is down.
func (h *Host[M]) Pause() {
	if h.replica == nil || h.paused {
		return
	}
	h.counts.Pauses++
	h.paused, h.gated = true, true
	h.working = false // what it was at begins anew
}

// Resume ends a pause: everything that came in the meantime is handled now, in order of arrival.
func (h *Host[M]) Resume() {
	if h.paused {
		h.paused = false
		h.drain()
	}
}

// SetService makes every event at the host take that long, in nanoseconds, one after the other; 0 for no time at all.
func (h *Host[M]) SetService(service int64) {
	h.service = service
	if service == 0 {
		h.working = false
	}
	h.drain()
}
