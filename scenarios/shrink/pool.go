package shrink

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"simrun/scenarios"
)

// pool runs inputs of one scenario on several workers.
type pool struct {
	scenario scenarios.Scenario
	patience time.Duration
	workers  []*worker
}

// DefaultPatience is how long a handler may take, by the wall clock, before its run is given up, and left behind running. Such a run counts
// as one that does not fail.
const DefaultPatience = 10 * time.Second

func newPool(s scenarios.Scenario, jobs int, patience time.Duration) *pool {
	if patience == 0 {
		patience = DefaultPatience
	}
	return &pool{scenario: s, patience: patience, workers: make([]*worker, max(jobs, 1))}
}

func (p *pool) close() {
	for _, w := range p.workers {
		if w != nil {
			close(w.in)
		}
	}
}

// each runs n inputs, in order or nearly so, and hands each result to done, which may be called by several goroutines and
// returns false for no more. A run that takes more than limit events, or never ends, has no result and is passed over.
func (p *pool) each(ctx context.Context, n int, limit uint64, input func(int) scenarios.Input, done func(int, scenarios.Result) bool) {
	var next atomic.Int64
	var stop atomic.Bool
	var all sync.WaitGroup
	for i := range min(len(p.workers), n) {
		all.Add(1)
		go func() {
			defer all.Done()
			for ctx.Err() == nil && !stop.Load() {
				k := int(next.Add(1)) - 1
				if k >= n {
					return
				}
				if r, ok := p.run(i, task{ctx, input(k), limit}); ok && !done(k, r) {
					stop.Store(true)
				}
			}
		}()
	}
	all.Wait()
}

// first returns the lowest index of an input that fails, and its result; or -1.
func (p *pool) first(ctx context.Context, n int, limit uint64, input func(int) scenarios.Input, fails func(scenarios.Result) bool) (int, scenarios.Result) {
	var guard sync.Mutex
	found, result := -1, scenarios.Result{}
	// Indices are handed out in order: once one has failed, those below it are done or under way, and none above counts.
	p.each(ctx, n, limit, input, func(i int, r scenarios.Result) bool {
		if !fails(r) {
			return true
		}
		guard.Lock()
		defer guard.Unlock()
		if found < 0 || i < found {
			found, result = i, r
		}
		return false
	})
	return found, result
}

// run runs a task on the worker with that number, which is replaced if a handler never returns.
func (p *pool) run(i int, t task) (scenarios.Result, bool) {
	if p.workers[i] == nil {
		p.workers[i] = newWorker(p.scenario)
	}
	w := p.workers[i]
	w.in <- t
	watch := time.NewTimer(p.patience)
	defer watch.Stop()
	for seen := w.beats.Load(); ; {
		select {
		case o := <-w.out:
			return o.result, o.ended
		case <-watch.C:
			if beats := w.beats.Load(); beats != seen {
				seen = beats
				watch.Reset(p.patience)
				continue
			}
			p.workers[i] = nil
			return scenarios.Result{}, false
		}
	}
}

type task struct {
	ctx   context.Context // ends it early
	in    scenarios.Input
	limit uint64 // events
}

type outcome struct {
	result scenarios.Result
	ended  bool
}

// worker runs tasks in a goroutine of its own, which can be left behind.
type worker struct {
	in    chan task
	out   chan outcome
	beats atomic.Uint64 // signs of life
}

func newWorker(s scenarios.Scenario) *worker {
	w := &worker{in: make(chan task), out: make(chan outcome, 1)}
	go func() {
		c := s.NewCluster()
		defer c.Close()
		for t := range w.in {
			w.out <- w.run(c, t)
		}
	}()
	return w
}

// slice is how many events are run between two signs of life.
const slice = 1 << 14

func (w *worker) run(c scenarios.Cluster, t task) outcome {
	c.Reset(t.in)
	for until := uint64(0); until < t.limit && t.ctx.Err() == nil; {
		until = min(until+slice, t.limit)
		w.beats.Add(1)
		if v, done := c.Run(until); done {
			return outcome{scenarios.Result{Input: t.in, Verdict: v, Hash: c.Hash(), Stats: c.Stats()}, true}
		}
	}
	return outcome{}
}
