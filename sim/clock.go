package sim

import (
	"simrun/node"
	"simrun/sim/stream"
)

// Clock is a host's own clock: a piecewise linear function of simulated time, which is the true time and which no
// replica ever sees. It is off by some amount and fast or slow by some rate, from a moment on; Change begins the next
// piece. All of it is exact in integers: Read rounds down, and When is its inverse.
type Clock struct {
	Offset   node.Local // reading at the moment since when the clock runs like this
	DriftPPM int64      // parts per million by which it runs fast (above 0) or slow; between -Million and Million, both excluded
	since    int64      // that moment, in true time
}

// Read returns the clock's reading at a true time, which must not lie before the last Change.
func (c *Clock) Read(now int64) node.Local {
	t, rate := now-c.since, stream.Million+c.DriftPPM
	if c.DriftPPM == 0 { // divisions cost
		return c.Offset + node.Local(t)
	}
	return c.Offset + node.Local(t/stream.Million*rate+t%stream.Million*rate/stream.Million)
}

// When returns the first true time at which the clock's reading is at or beyond the one given, as if it ran on as it
// does; never a time before the last Change.
func (c *Clock) When(reading node.Local) int64 {
	if reading <= c.Offset {
		return c.since
	}
	s, rate := int64(min(reading-c.Offset, farthest)), stream.Million+c.DriftPPM
	return c.since + s/rate*stream.Million + (s%rate*stream.Million+rate-1)/rate
}

// After returns the first true time at which the clock will have advanced by span since the true time now; now if
// span is 0 or less.
func (c *Clock) After(now int64, span node.Local) int64 {
	if span <= 0 {
		return now
	}
	if c.DriftPPM == 0 {
		return now + int64(min(span, farthest/2))
	}
	return c.When(c.Read(now) + min(span, farthest/2))
}

// farthest bounds spans, so that no sum overflows: some 14 years, which no run comes near.
const farthest = node.Local(1 << 59)

// Change makes the clock jump forward by a span of 0 or more, at the true time now, and run at another rate from then
// on. A clock never goes back: that is what replicas are promised.
func (c *Clock) Change(now int64, jump node.Local, driftPPM int64) {
	*c = Clock{Offset: c.Read(now) + max(jump, 0), DriftPPM: driftPPM, since: now}
}
