package shrink

import (
	"context"
	"fmt"

	"simrun/checker"
	"simrun/scenarios"
)

// ExplainOptions say how closely to look.
type ExplainOptions struct {
	Jobs    int // workers; at least 1 is used
	Futures int // run from each point; at least 1
	Points  int // along the run, its beginning and its end not counted; at least 1
	// MaxEvents is how many events the failing run may take; 0 for any number.
	MaxEvents uint64
	// Progress is told how many of how many points are done; the search for the jump adds to both. May be nil.
	Progress func(done, all int)
}

// Point is a moment of the failing run, and what became of the futures from there: runs that are the same up to the event, and draw
// everything that chance decides anew after it. The plan stays as it is.
type Point struct {
	Event  uint64 // the last one that is the failing run's
	Failed int    // futures that failed in the same way
	Other  int    // futures that failed in another way
}

// Explanation tells when a failure was decided.
type Explanation struct {
	Result  scenarios.Result // of the run
	Futures int              // from each point
	Points  []Point          // in order of events
	Before  Point            // the last point before the steepest rise,
	After   Point            // and the first after it: the next event, where the search could tell
	Sealed  uint64           // the first event looked at from which on all futures fail
}

// Explain runs futures from points along the run of a failing input. It is an error if the input does not fail, and ErrLong if it never ends. Where the
// context cuts it short, the points that were looked at until then are returned with the error.
func Explain(ctx context.Context, s scenarios.Scenario, in scenarios.Input, o ExplainOptions) (Explanation, error) {
	p := newPool(s, o.Jobs, 0)
	defer p.close()
	ran, r := p.first(ctx, 1, atMost(o.MaxEvents), func(int) scenarios.Input { return in }, func(scenarios.Result) bool { return true })
	switch {
	case ctx.Err() != nil:
		return Explanation{}, ctx.Err()
	case ran < 0:
		return Explanation{}, ErrLong
	case r.Verdict.Kind != checker.Violated:
		return Explanation{}, fmt.Errorf("its run does not fail in this build: %v", r.Verdict)
	}
	e := &explainer{ctx: ctx, pool: p, options: o, failing: r}
	e.options.Futures, e.options.Points = max(o.Futures, 1), max(o.Points, 1)
	x := Explanation{Result: r, Futures: e.options.Futures}
	e.along(&x)
	if ctx.Err() == nil {
		e.narrow(&x)
	}
	return x, ctx.Err()
}

type explainer struct {
	ctx     context.Context
	pool    *pool
	options ExplainOptions
	failing scenarios.Result
	done    int
	all     int
}

// along runs futures from evenly spaced points.
func (e *explainer) along(x *Explanation) {
	last := e.failing.Stats.Events
	n := min(uint64(e.options.Points)+1, last)
	e.all = int(n) + 1
	for i := uint64(0); i <= n; i++ {
		p := e.from(last/n*i + last%n*i/n)
		if e.ctx.Err() != nil {
			return // not all futures of this point were run
		}
		x.Points = append(x.Points, p)
	}
	for i := len(x.Points) - 1; i >= 0 && x.Points[i].Failed == x.Futures; i-- {
		x.Sealed = x.Points[i].Event
	}
}

// narrow finds the steepest rise between two neighbouring points, and halves the stretch, going to the steeper half, until one event is
// left.
func (e *explainer) narrow(x *Explanation) {
	for i := 1; i < len(x.Points); i++ {
		a, b := x.Points[i-1], x.Points[i]
		if i == 1 || b.Failed-a.Failed > x.After.Failed-x.Before.Failed {
			x.Before, x.After = a, b
		}
	}
	for x.After.Event > x.Before.Event+1 && e.ctx.Err() == nil {
		e.all++
		middle := e.from(x.Before.Event + (x.After.Event-x.Before.Event)/2)
		if e.ctx.Err() != nil {
			break
		}
		if middle.Failed-x.Before.Failed > x.After.Failed-middle.Failed {
			x.After = middle
		} else {
			x.Before = middle
		}
	}
	undecided := uint64(0) // the last point from which not all futures fail
	for _, p := range x.Points {
		if p.Failed < x.Futures {
			undecided = p.Event
		}
	}
	if x.After.Failed == x.Futures && x.After.Event > undecided && x.After.Event < x.Sealed {
		x.Sealed = x.After.Event
	}
}

// from runs the futures from a point. A future gets longer than the failing run: it may do well, or fail later.
func (e *explainer) from(event uint64) Point {
	p := Point{Event: event}
	if event >= e.failing.Stats.Events {
		p.Failed = e.options.Futures
		e.tell()
		return p
	}
	outcomes := make([]int8, e.options.Futures) // by future, so that workers do not meet
	limit := 20*e.failing.Stats.Events + 1_000_000
	e.pool.each(e.ctx, len(outcomes), limit, func(i int) scenarios.Input {
		in := e.failing.Input
		in.Reseed = reseedAt(in.Reseed, event, uint64(i)+1)
		return in
	}, func(i int, r scenarios.Result) bool {
		if r.Verdict.Kind == checker.Violated {
			outcomes[i] = 1
			if r.Verdict.Fingerprint == e.failing.Verdict.Fingerprint {
				outcomes[i] = 2
			}
		}
		return true
	})
	for _, o := range outcomes {
		switch o {
		case 1:
			p.Other++
		case 2:
			p.Failed++
		}
	}
	e.tell()
	return p
}

// reseedAt keeps the reseeding points before the event and adds one there.
func reseedAt(list []scenarios.Reseed, event, salt uint64) []scenarios.Reseed {
	var out []scenarios.Reseed
	for _, r := range list {
		if r.Event < event {
			out = append(out, r)
		}
	}
	return append(out, scenarios.Reseed{Event: event, Salt: salt})
}

func (e *explainer) tell() {
	e.done++
	if e.options.Progress != nil {
		e.options.Progress(e.done, e.all)
	}
}
