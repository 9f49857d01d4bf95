package shrink

import (
	"context"
	"errors"
	"fmt"
	"time"

	"simrun/checker"
	"simrun/node"
	"simrun/scenarios"
)

// Options say how to shrink.
type Options struct {
	Jobs   int    // workers; at least 1 is used
	Budget uint64 // runs, 0 for DefaultBudget
	// MaxEvents is how many events the run that all begins with may take; 0 for any number.
	MaxEvents uint64
	// Patience is how long a handler may take; 0 for DefaultPatience.
	Patience time.Duration
	// Progress is told now and then how far it is. May be nil.
	Progress func(Progress)
}

// DefaultBudget is how many runs shrinking may take, unless it is told otherwise.
const DefaultBudget = 50_000

// Progress is how far shrinking is.
type Progress struct {
	Runs, Budget uint64
	Pass         string
	Best         scenarios.Result
}

// Report is what came of shrinking.
type Report struct {
	Best    scenarios.Result
	Before  scenarios.Result
	Runs    uint64 // that it took, not counting those that confirm
	Minimal bool   // no single step from Best fails in the same way, but for calmer numbers of a case that was made firm; false if the budget did not suffice
}

// ErrDiverged tells that one input ran differently twice.
var ErrDiverged = errors.New("the run is not deterministic: it had another trace hash when it was run again")

// ErrLong tells that the first run never ends, or takes more events than it may.
var ErrLong = errors.New("its run never ends, or takes too many events")

// Shrink looks for the smallest input that fails with the fingerprint of the given one. It returns the best so far with the context's
// error if that is cancelled, and with ErrDiverged if a run is not deterministic. It is an error if the input does not fail, and ErrLong if it never ends.
func Shrink(ctx context.Context, s scenarios.Scenario, in scenarios.Input, o Options) (Report, error) {
	if o.Budget == 0 {
		o.Budget = DefaultBudget
	}
	p := newPool(s, o.Jobs, o.Patience)
	defer p.close()
	sh := &shrinker{ctx: ctx, scenario: s, pool: p, options: o, tried: map[string]bool{}}
	ran, before := p.first(ctx, 1, atMost(o.MaxEvents), func(int) scenarios.Input { return in }, func(scenarios.Result) bool { return true })
	switch {
	case ctx.Err() != nil:
		return Report{}, ctx.Err()
	case ran < 0:
		return Report{}, ErrLong
	case before.Verdict.Kind != checker.Violated:
		return Report{}, fmt.Errorf("its run does not fail in this build: %v", before.Verdict)
	}
	sh.first = in
	sh.best, sh.size = before, SizeOf(s, &before)
	if !sh.confirm(before) {
		return Report{Best: before, Before: before}, ErrDiverged
	}
	sh.shrink()
	if sh.done && sh.size.large() {
		sh.again(before)
	}
	if sh.done {
		sh.firm()
	}
	if len(sh.best.Fates) > 0 {
		sh.annotate()
	}
	r := Report{Best: sh.best, Before: before, Runs: sh.runs, Minimal: sh.done}
	if sh.diverged {
		return r, ErrDiverged
	}
	return r, ctx.Err()
}

// atMost returns the limit on the events of a run; 0 stands for none.
func atMost(events uint64) uint64 {
	if events == 0 {
		return ^uint64(0) >> 1
	}
	return events
}

// shrinker is one search.
type shrinker struct {
	ctx      context.Context
	scenario scenarios.Scenario
	pool     *pool
	options  Options

	first    scenarios.Input // that all began with
	best     scenarios.Result
	size     Size // of best
	runs     uint64
	tried    map[string]bool // hashes of inputs that are no better than the best
	pass     string
	eager    bool // to replace faults by messages
	done     bool // no step is left
	diverged bool
}

// again searches once more from the beginning, in another order: what is minimal need not be the smallest. Of both cases it keeps the smaller one.
func (s *shrinker) again(before scenarios.Result) {
	o := *s
	o.best, o.size, o.tried, o.eager, o.done = before, SizeOf(s.scenario, &before), map[string]bool{}, true, false
	o.shrink()
	s.runs, s.diverged = o.runs, o.diverged
	if o.done && o.size.Compare(s.size) < 0 {
		s.best, s.size = o.best, o.size
	}
}

// over tells that no more may be tried.
func (s *shrinker) over() bool {
	return s.ctx.Err() != nil || s.diverged || s.runs >= s.options.Budget
}

// try runs n proposals, takes the first in order that is smaller than the best and fails in the same way, and returns its index; or -1.
func (s *shrinker) try(n int, propose func(int) scenarios.Input) int {
	if s.over() {
		return -1
	}
	var inputs []scenarios.Input
	var index []int
	var names []string
	for i := 0; i < n && uint64(len(inputs)) < s.options.Budget-s.runs; i++ {
		in := propose(i)
		// How many operations it will come to is not known yet.
		if sizeOf(s.scenario, &in, s.size[called]).Compare(s.size) >= 0 || s.scenario.Check(in) != nil {
			continue
		}
		if name := in.Hash(); !s.tried[name] {
			inputs, index, names = append(inputs, in), append(index, i), append(names, name)
		}
	}
	// A run that takes far longer than the best tells no smaller story.
	limit := 2*s.best.Stats.Events + 1000
	k, r := s.pool.first(s.ctx, len(inputs), limit, func(i int) scenarios.Input { return inputs[i] }, s.better)
	if s.ctx.Err() != nil {
		return -1
	}
	if k < 0 {
		s.forget(names)
		return -1
	}
	s.forget(names[:k])
	s.runs++
	if !s.confirm(r) {
		s.diverged = true
		return -1
	}
	s.best, s.size = r, SizeOf(s.scenario, &r)
	s.tell()
	return index[k]
}

// forget notes proposals that did not fail, and counts their runs.
func (s *shrinker) forget(names []string) {
	for _, name := range names {
		s.tried[name] = true
	}
	s.runs += uint64(len(names))
	s.tell()
}

func (s *shrinker) tell() {
	if s.options.Progress != nil {
		s.options.Progress(Progress{Runs: s.runs, Budget: s.options.Budget, Pass: s.pass, Best: s.best})
	}
}

// better tells whether a run fails as the best does, and is smaller.
func (s *shrinker) better(r scenarios.Result) bool {
	return r.Verdict.Kind == checker.Violated && r.Verdict.Fingerprint == s.best.Verdict.Fingerprint &&
		SizeOf(s.scenario, &r).Compare(s.size) < 0
}

// confirm runs it again, in a fresh cluster.
func (s *shrinker) confirm(r scenarios.Result) bool {
	c := s.scenario.NewCluster()
	defer c.Close()
	c.Reset(r.Input)
	v, done := c.Run(r.Stats.Events)
	return done && v == r.Verdict && c.Hash() == r.Hash
}

// shrink goes through all passes until a round of them accepts nothing.
func (s *shrinker) shrink() {
	for {
		for before := (Size{}); before != s.size && !s.over(); {
			before = s.size
			s.round()
		}
		if s.over() {
			return
		}
		s.pass = "other seeds"
		if s.otherSeeds() {
			continue
		}
		s.pass = "what messages are struck"
		before := s.size
		if s.convert(true); before != s.size {
			continue
		}
		s.pass = "a script" // last, since other seeds change nothing about it
		if !s.script() {
			s.done = !s.over()
			return
		}
	}
}

// round goes through all passes once.
func (s *shrinker) round() {
	fingerprint := s.best.Verdict.Fingerprint
	in := func() *scenarios.Input { base := clone(&s.best.Input); return &base }

	s.pass = "time" // first, since it makes all other runs shorter
	s.any(func(in *scenarios.Input) []scenarios.Input { return calmed(in, ends(s.scenario, in, fingerprint)[1:]) })

	s.pass = "faults"
	base := in()
	s.list(len(base.Plan.Faults), func(keep []int) scenarios.Input { return keepFaults(base, keep) })

	s.pass = "messages"
	base = in()
	s.list(len(base.Fates), func(keep []int) scenarios.Input { return keepFates(base, keep) })
	s.any(s.backed)

	s.pass = "operations"
	base = in()
	numbers := kept(base)
	s.list(len(numbers), func(keep []int) scenarios.Input { return keepOperations(base, chosen(numbers, keep)) })

	s.any(earlier)

	s.pass = "replicas and clients"
	s.any(func(in *scenarios.Input) []scenarios.Input { return append(smallClusters(in), dropped(in)...) })
	s.any(func(in *scenarios.Input) []scenarios.Input { return []scenarios.Input{renumberOperations(in)} })

	s.pass = "weather and knobs"
	base = in()
	calm := s.excited(base)
	s.list(len(calm), func(keep []int) scenarios.Input { return calmBut(base, calm, keep) })

	s.any(sooner)

	s.pass = "what messages are struck"
	s.convert(s.eager)

	s.pass = "whom faults strike"
	s.any(narrower)

	s.pass = "numbers"
	s.any(func(in *scenarios.Input) []scenarios.Input { return calmed(in, ends(s.scenario, in, fingerprint)) })
	s.any(func(in *scenarios.Input) []scenarios.Input { return calmed(in, weather(s.scenario, in)) })
	s.any(func(in *scenarios.Input) []scenarios.Input { return calmed(in, mishapNumbers(in)) })
	s.any(func(in *scenarios.Input) []scenarios.Input {
		return append(calmed(in, scriptNumbers(in)), renumberValues(in)...)
	})
}

// any tries what is proposed for the best, and for the new best again, until nothing of it is accepted.
func (s *shrinker) any(propose func(*scenarios.Input) []scenarios.Input) {
	for {
		list := propose(&s.best.Input)
		if s.try(len(list), func(i int) scenarios.Input { return list[i] }) < 0 {
			return
		}
	}
}

// excited returns the numbers of the weather that are not calm.
func (s *shrinker) excited(in *scenarios.Input) (list []number) {
	for _, n := range weather(s.scenario, in) {
		if n.get(in) != n.calm {
			list = append(list, n)
		}
	}
	return list
}

// calmBut calms all the numbers but those with the indices to keep.
func calmBut(in *scenarios.Input, list []number, keep []int) scenarios.Input {
	out := clone(in)
	for i := range list {
		if len(keep) > 0 && keep[0] == i {
			keep = keep[1:]
			continue
		}
		list[i].set(&out, list[i].calm)
	}
	return out
}

// smallClusters returns the inputs with few replicas or clients at once, the fewest first.
func smallClusters(in *scenarios.Input) (list []scenarios.Input) {
	for n := 1; n < in.Config.Nodes-1; n++ {
		out := *in
		for out.Config.Nodes > n {
			out = dropReplica(&out, node.ID(out.Config.Nodes))
		}
		list = append(list, out)
	}
	for n := 1; n < in.Config.Clients-1; n++ {
		out := *in
		for out.Config.Clients > n {
			out = dropClient(&out, node.Client(out.Config.Clients))
		}
		list = append(list, out)
	}
	return list
}
