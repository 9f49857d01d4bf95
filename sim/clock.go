package sim

import (
	"simrun/node"
	"simrun/sim/stream"
)

// Clock is a host's own clock: off by a fixed amount, and fast or slow by a fixed rate. Simulated time is the true
// time; no replica ever sees it.
type Clock struct {
	Offset   node.Local // reading when the run begins
	DriftPPM int64      // parts per million by which it runs fast (above 0) or slow
}

// Read returns the clock's reading at a true time.
func (c Clock) Read(now int64) node.Local {
	return c.Offset + node.Local(now+now/stream.Million*c.DriftPPM+now%stream.Million*c.DriftPPM/stream.Million)
}

// Span returns how much true time passes until the clock has advanced by span, rounded up; 0 for a negative span.
func (c Clock) Span(span node.Local) int64 {
	if span <= 0 {
		return 0
	}
	rate := stream.Million + c.DriftPPM
	s := int64(span)
	return s/rate*stream.Million + (s%rate*stream.Million+rate-1)/rate
}
