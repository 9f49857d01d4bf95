package cli

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"simrun/scenarios"
	"simrun/scenarios/shrink"
	"simrun/sim"
)

// explainFlags are what "simrun explain" was asked for.
type explainFlags struct {
	planting
	futures, points, jobs int
	maxEvents             uint64
}

const (
	maxFutures = 100_000
	maxPoints  = 1000
)

func explainCommand(t *term, status *int) *cobra.Command {
	var f explainFlags
	c := &cobra.Command{
		Use:   "explain ARTIFACT",
		Short: "tell at which event a failure became likely, and when inevitable",
		Long: "Explain goes along a failing run, and from point after point runs many futures: the same until there, and after that with other delays, losses " +
			"and draws of replicas and clients, under the same faults. How many of them fail tells how far the failure was decided; where that number jumps, " +
			"something happened.",
		RunE: func(c *cobra.Command, args []string) error {
			a, s, err := oneFailure(c, args)
			if err != nil {
				return err
			}
			if err := errors.Join(f.planting.check(c.Flags().Changed), f.check(), affordable(&a.Input, f.maxEvents)); err != nil {
				return err
			}
			if f.elsewhere() {
				*status, err = f.hand(c.Context(), t)
				return err
			}
			*status, err = f.run(c.Context(), t, a, s)
			return errors.Join(err, t.failed())
		},
	}
	fs := c.Flags()
	fs.IntVar(&f.futures, "futures", 100, "how many futures to run from each point")
	fs.IntVar(&f.points, "points", 20, "how many points to look at along the run")
	addMaxEvents(c, &f.maxEvents)
	f.planting.addTo(c)
	fs.IntVar(&f.jobs, "jobs", min(runtime.NumCPU(), maxJobs), "how many runs to do at once; the result does not depend on it")
	return c
}

func (f *explainFlags) check() error {
	for _, b := range []struct {
		name    string
		v, most int
	}{{"futures", f.futures, maxFutures}, {"points", f.points, maxPoints}, {"jobs", f.jobs, maxJobs}} {
		if b.v < 1 || b.v > b.most {
			return fmt.Errorf("--%s is %d, and must be from 1 to %d", b.name, b.v, b.most)
		}
	}
	return nil
}

func (f *explainFlags) run(ctx context.Context, t *term, a scenarios.Artifact, s scenarios.Scenario) (int, error) {
	note := &notice{term: t, shown: time.Now()}
	x, err := shrink.Explain(ctx, s, a.Input, shrink.ExplainOptions{
		Jobs: f.jobs, Futures: f.futures, Points: f.points, MaxEvents: f.maxEvents,
		Progress: func(done, all int) {
			note.say(func() string { return fmt.Sprintf("%s: %d of some %d points", s.Name, done, all) })
		},
	})
	note.clear()
	switch {
	case ctx.Err() != nil && len(x.Points) == 0:
		return exitInterrupted, nil
	case ctx.Err() != nil:
		f.chart(t, s, x)
		t.printf("    %s\n", t.paint(bad, "interrupted: what decided it is not found, and points after these may be missing"))
		return exitInterrupted, nil
	case err != nil:
		return exitUsage, longer(err, f.maxEvents)
	}
	f.tell(t, s, x)
	return exitPass, nil
}

// chartWidth is how long the bar of certain failure is, in characters.
const chartWidth = 50

// chart draws how many futures fail from each point.
func (f *explainFlags) chart(t *term, s scenarios.Scenario, x shrink.Explanation) {
	t.printf("%s seed %d: %s\n", s.Name, x.Result.Seed, t.paint(bad, failureName(x.Result.Verdict)))
	times := eventTimes(s, x)
	t.printf("  %s\n", t.paint(head, fmt.Sprintf("of %d futures from a point, how many fail in the same way", x.Futures)))
	left := 0 // points left out, that are as those before and after them
	for i, p := range x.Points {
		if i > 0 && i < len(x.Points)-1 && sameShare(p, x.Points[i-1]) && sameShare(p, x.Points[i+1]) {
			left++
			continue
		}
		if left > 0 {
			t.printf("    %8s %s more, the same\n", "...", thousands(uint64(left)))
			left = 0
		}
		bar := strings.Repeat("#", p.Failed*chartWidth/x.Futures)
		line := fmt.Sprintf("%8d %s  %3d%% %s", p.Event, milliseconds(times[p.Event]), share(p.Failed, x.Futures), bar)
		if p.Other > 0 {
			line += fmt.Sprintf(" (%d%% fail in other ways)", share(p.Other, x.Futures))
		}
		t.printf("    %s\n", strings.TrimRight(line, " "))
	}
}

func (f *explainFlags) tell(t *term, s scenarios.Scenario, x shrink.Explanation) {
	section := func(name string) { t.printf("  %s\n", t.paint(head, name)) }
	f.chart(t, s, x)
	section("what decided it")
	rise := share(x.After.Failed, x.Futures) - share(x.Before.Failed, x.Futures)
	if rise <= 0 {
		t.printf("    nothing in the run: it fails as often from its beginning\n")
	} else {
		t.printf("    event %d: %d%% of the futures fail before it, %d%% after it\n", x.After.Event, share(x.Before.Failed, x.Futures), share(x.After.Failed, x.Futures))
	}
	if x.Sealed > 0 {
		t.printf("    from event %d on, all of them fail\n", x.Sealed)
	} else if x.Points[0].Failed == x.Futures {
		t.printf("    all of them fail from the first event on\n")
	}
	if rise > 0 {
		section("around it")
		for _, r := range recordsAround(s, x) {
			mark := "  "
			if r.Event == x.After.Event {
				mark = t.paint(bad, "> ")
			}
			t.printf("    %s%s\n", mark, timelineLine(r))
		}
	}
}

// sameShare tells whether as many futures fail from two points.
func sameShare(a, b shrink.Point) bool { return a.Failed == b.Failed && a.Other == b.Other }

func share(n, of int) int { return (100*n + of/2) / of }

func milliseconds(at int64) string { return fmt.Sprintf("%6d.%03dms", at/1_000_000, at/1000%1000) }

// eventTimes runs it again to learn when the events of the points happened.
func eventTimes(s scenarios.Scenario, x shrink.Explanation) map[uint64]int64 {
	times := map[uint64]int64{}
	c := s.NewCluster()
	defer c.Close()
	c.Reset(x.Result.Input)
	for _, p := range x.Points {
		if p.Event > 0 {
			c.Run(p.Event)
		}
		times[p.Event] = c.Stats().Simulated
	}
	return times
}

// recordsAround returns what is worth reading around the decisive event: all of its own records, and what is significant or about
// messages just before and after it.
func recordsAround(s scenarios.Scenario, x shrink.Explanation) []sim.Record {
	const before, after = 8, 6
	var list []sim.Record
	left := after
	c := s.NewCluster()
	defer c.Close()
	c.Reset(x.Result.Input)
	c.Trace(func(r sim.Record) {
		if left == 0 || r.Kind == sim.Synced || r.Kind == sim.TimerFired {
			return
		}
		switch {
		case r.Event < x.After.Event:
			if len(list) == before {
				list = list[:copy(list, list[1:])]
			}
		case r.Event > x.After.Event:
			left--
		}
		list = append(list, r)
	})
	c.Run(x.Result.Stats.Events)
	return list
}
