package scenarios

import (
	"fmt"
	"slices"
	"time"

	"simrun/checker"
)

// lost reports a run that stopped giving signs of life. It is run once more, event by event, to learn which event's
// handler never returned; what then hangs again is left behind too.
func (s Sweep) lost(in Input) Result {
	c := s.Scenario.NewCluster()
	at := make(chan uint64)
	go func() {
		defer close(at)
		c.Reset(in)
		for n := uint64(1); ; n++ {
			if _, done := c.Run(n); done {
				return
			}
			at <- n
		}
	}()
	last := uint64(0)
	watch := time.NewTimer(s.patience())
	defer watch.Stop()
	for {
		select {
		case n, more := <-at:
			if !more {
				v := checker.Verdict{Kind: checker.Nondeterministic, Detail: fmt.Sprintf(
					"a handler seemed never to return, but the second run ended after event %d", last)}
				return Result{Input: in, Verdict: v, Hash: c.Hash(), Stats: c.Stats(), States: slices.Clone(c.States())}
			}
			last = n
			watch.Reset(s.patience())
		case <-watch.C:
			v := (&checker.Violation{Check: "watchdog", Shape: "a handler never returns", Detail: fmt.Sprintf(
				"event %d was still being handled after %v", last+1, s.patience())}).Verdict()
			return Result{Input: in, Verdict: v, Stats: Stats{Runs: 1, Events: last}}
		}
	}
}
