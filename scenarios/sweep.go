package scenarios

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"simrun/checker"
	"simrun/faults"
	"simrun/sim"
)

// Result is what came of a run.
type Result struct {
	Input
	Verdict checker.Verdict
	Hash    sim.Hash
	Stats   Stats
	States  []uint64 // digests of states that the run went through: see Cluster.States
}

// Run runs the input to its end on a cluster, which it resets first.
func Run(c Cluster, in Input) Result { return run(c, in, func() {}) }

// run calls beat now and then, to show that it is alive.
func run(c Cluster, in Input, beat func()) Result {
	c.Reset(in)
	for until := uint64(slice); ; until += slice {
		beat()
		if v, done := c.Run(until); done {
			return Result{Input: in, Verdict: v, Hash: c.Hash(), Stats: c.Stats(), States: slices.Clone(c.States())}
		}
	}
}

// slice is how many events are run between two signs of life.
const slice = 1 << 16

// Sweep says which seeds to run and how.
type Sweep struct {
	Scenario Scenario
	Profile  faults.Profile
	Seeds    Seeds
	Jobs     int           // workers; 1 or more
	Patience time.Duration // how long a handler may take before it is given up for lost; 0 for DefaultPatience
	Repeat   bool          // run every seed twice and compare the hashes
	// Draw makes the input of a seed; nil for Scenario.Draw with Profile. It is called by several goroutines.
	Draw func(seed uint64) Input
	// Adjust changes what a seed draws, for every seed alike. May be nil. It is called by several goroutines.
	Adjust func(*Input)
}

// DefaultPatience is how long a handler may take, by the wall clock, before it counts as one that never returns.
const DefaultPatience = 20 * time.Second

// Run runs the seeds and hands the results to each, in the order of the seeds whatever the number of workers, until
// each returns false or the context is cancelled. It returns the context's error if that cut it short.
//
// A handler that never returns cannot be stopped: its worker is left behind, running, and the seed is reported as a
// violation. The caller should end the process before long.
func (s Sweep) Run(ctx context.Context, each func(Result) bool) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	results := make(chan numbered)
	next := new(atomic.Uint64)
	// Workers may run ahead of the oldest result that is not yet handed out, but not without bound.
	window := make(chan struct{}, 64*s.Jobs)
	var workers sync.WaitGroup
	for range s.Jobs {
		workers.Add(1)
		go func() {
			defer workers.Done()
			s.work(ctx, next, window, results)
		}()
	}
	go func() { workers.Wait(); close(results) }()

	waiting := map[uint64]Result{} // until those of the seeds before are handed out
	wanted, stopped := uint64(0), false
	for r := range results {
		if r.number != wanted {
			waiting[r.number] = r.Result
			continue
		}
		for result, ok := r.Result, true; ok && !stopped; result, ok = waiting[wanted] {
			delete(waiting, wanted)
			wanted++
			<-window
			if !each(result) {
				stopped = true
				cancel()
			}
		}
	}
	if !stopped && wanted < s.Seeds.Len() {
		return ctx.Err()
	}
	return nil
}

type numbered struct {
	number uint64
	Result
}

// work takes seed after seed until there are no more.
func (s Sweep) work(ctx context.Context, next *atomic.Uint64, window chan struct{}, results chan<- numbered) {
	var w *worker
	defer func() {
		if w != nil {
			close(w.in)
		}
	}()
	for {
		select {
		case window <- struct{}{}:
		case <-ctx.Done():
			return
		}
		number := next.Add(1) - 1
		if number >= s.Seeds.Len() {
			return
		}
		if w == nil {
			w = s.newWorker()
		}
		w.in <- s.input(s.Seeds.At(number))
		r, ok := w.wait(s.patience())
		if !ok {
			r, w = s.lost(s.input(s.Seeds.At(number))), nil
		}
		select {
		case results <- numbered{number, r}:
		case <-ctx.Done():
			return
		}
	}
}

// input draws a seed's input.
func (s Sweep) input(seed uint64) Input {
	in := Input{Seed: seed}
	if s.Draw != nil {
		in = s.Draw(seed)
	} else {
		in.Config, in.Plan = s.Scenario.Draw(seed, s.Profile)
	}
	if s.Adjust != nil {
		s.Adjust(&in)
	}
	return in
}

func (s Sweep) patience() time.Duration {
	if s.Patience > 0 {
		return s.Patience
	}
	return DefaultPatience
}

// worker runs inputs in a goroutine of its own, which can be left behind if a handler never returns.
type worker struct {
	in    chan Input
	out   chan Result
	beats atomic.Uint64 // signs of life
}

func (s Sweep) newWorker() *worker {
	w := &worker{in: make(chan Input), out: make(chan Result, 1)}
	go func() {
		c := s.Scenario.NewCluster()
		defer c.Close()
		for in := range w.in {
			r := w.run(c, in)
			if s.Repeat && r.Verdict.Kind != checker.Nondeterministic {
				fresh := s.Scenario.NewCluster()
				again := w.run(fresh, in)
				fresh.Close()
				if again.Hash != r.Hash {
					r.Verdict = checker.Verdict{Kind: checker.Nondeterministic,
						Detail: fmt.Sprintf("trace hash %v the first time, %v the second%s", r.Hash, again.Hash, w.where(s.Scenario, in))}
				}
			}
			w.out <- r
		}
	}()
	return w
}

func (w *worker) run(c Cluster, in Input) Result {
	return run(c, in, func() { w.beats.Add(1) })
}

// where tells at which event two runs of an input first differ. Each pair of runs may differ elsewhere, or not at all, so there are some.
func (w *worker) where(s Scenario, in Input) string {
	for range 10 {
		if d, ok := Diverge(s, in, func() { w.beats.Add(1) }); ok {
			return "; two more runs part at " + d.String()
		}
	}
	return "; ten more pairs of runs were the same"
}

// wait returns the worker's result, or false if it gave no sign of life for the time given.
func (w *worker) wait(patience time.Duration) (Result, bool) {
	watch := time.NewTimer(patience)
	defer watch.Stop()
	for seen := w.beats.Load(); ; {
		select {
		case r := <-w.out:
			return r, true
		case <-watch.C:
			if beats := w.beats.Load(); beats != seen {
				seen = beats
				watch.Reset(patience)
				continue
			}
			return Result{}, false
		}
	}
}
