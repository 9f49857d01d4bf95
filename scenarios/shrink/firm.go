package shrink

import (
	"cmp"
	"slices"

	"simrun/checker"
	"simrun/faults"
	"simrun/node"
	"simrun/scenarios"
	"simrun/sim"
)

// A case that hangs on the last digit of a time is of little use: whoever changes a timeout, or what a message costs, makes it pass. So the last pass
// looks for cases of the same size that hang on less. It asks how many slightly disturbed runs fail in the same way, and moves what is planned in time, gives
// faults to roles, and ties crashes to what a replica does, as long as that makes them more.

// firmEvents bounds what is spent on it: a second or two.
const firmEvents = 12_000_000

// firmSeeds is how many other seeds are tried, in each of the ways of otherSeeds.
const firmSeeds = 25

// firm makes the best case firmer. It has no more faults, operations, replicas and clients afterwards; its numbers may be larger.
func (s *shrinker) firm() {
	s.pass = "a firm case"
	left := uint64(firmEvents)
	spend := func(runs int) bool {
		cost := uint64(runs) * s.best.Stats.Events
		if s.over() || cost > left {
			return false
		}
		left -= cost
		return true
	}
	if !spend(len(s.disturbed(&s.best.Input))) {
		return
	}
	shaken, all := s.shaken([]scenarios.Result{s.best})
	for weak := shaken[0]; weak > 0 && all; {
		list := s.firmer()
		if !spend(2 * len(list)) { // some of them fail, and are disturbed in turn
			return
		}
		failing := s.failing(list)
		each := len(s.disturbed(&s.best.Input))
		failing = failing[:min(len(failing), int(min(left/2/max(s.best.Stats.Events, 1)/uint64(max(each, 1)), uint64(len(list)))))]
		if len(failing) == 0 || !spend(len(failing)*each) {
			return
		}
		if shaken, all = s.shaken(failing); !all {
			return
		}
		best := 0
		for i := range failing {
			if shaken[i] < shaken[best] {
				best = i
			}
		}
		if shaken[best] >= weak {
			return
		}
		if !s.confirm(failing[best]) {
			s.diverged = true
			return
		}
		weak, s.best = shaken[best], failing[best]
		s.size = SizeOf(s.scenario, &s.best)
		s.tell()
	}
}

// failing runs inputs and returns the results of those that fail in the same way and tell as much, the simplest first.
func (s *shrinker) failing(list []scenarios.Input) (out []scenarios.Result) {
	results := make([]scenarios.Result, len(list)) // by input, so that workers do not meet
	s.pool.each(s.ctx, len(list), 2*s.best.Stats.Events+1000, func(i int) scenarios.Input { return list[i] }, func(i int, r scenarios.Result) bool {
		results[i] = r
		return true
	})
	s.runs += uint64(len(list))
	for _, r := range results {
		if s.same(&r) && s.noLarger(&r) {
			out = append(out, r)
		}
	}
	slices.SortStableFunc(out, func(a, b scenarios.Result) int { return SizeOf(s.scenario, &a).Compare(SizeOf(s.scenario, &b)) })
	return out
}

// same tells whether a run fails as the best does.
func (s *shrinker) same(r *scenarios.Result) bool {
	return r.Verdict.Kind == checker.Violated && r.Verdict.Fingerprint == s.best.Verdict.Fingerprint
}

// noLarger tells whether a case has no more of what counts first: faults, operations, replicas and clients.
func (s *shrinker) noLarger(r *scenarios.Result) bool {
	size := SizeOf(s.scenario, r)
	return slices.Compare(size[:planned], s.size[:planned]) <= 0
}

// shaken returns for each result how many of its disturbed runs do not fail in the same way, and whether all were run.
func (s *shrinker) shaken(results []scenarios.Result) (counts []int, all bool) {
	var runs []scenarios.Input
	var of []int
	for i := range results {
		for _, in := range s.disturbed(&results[i].Input) {
			runs, of = append(runs, in), append(of, i)
		}
	}
	fails := make([]bool, len(runs))
	s.pool.each(s.ctx, len(runs), 4*s.best.Stats.Events+1000, func(i int) scenarios.Input { return runs[i] }, func(i int, r scenarios.Result) bool {
		fails[i] = s.same(&r)
		return true
	})
	s.runs += uint64(len(runs))
	counts = make([]int, len(results))
	for i, ok := range fails {
		if !ok {
			counts[of[i]]++
		}
	}
	return counts, s.ctx.Err() == nil
}

// percent scales a time.
func percent[T ~int64](t *T, by int64) { *t = T(int64(*t) / 100 * by) }

// disturbed returns the inputs in which something is a little earlier or later, faster or slower: what may come of changes of the sources that
// have nothing to do with the case.
func (s *shrinker) disturbed(in *scenarios.Input) (list []scenarios.Input) {
	propose := func(change func(out *scenarios.Input)) {
		out := clone(in)
		if change(&out); out.Hash() != in.Hash() && s.scenario.Check(out) == nil {
			list = append(list, out)
		}
	}
	for _, k := range s.scenario.Knobs {
		for _, by := range []int64{80, 95, 110, 125} {
			if k.Time {
				propose(func(out *scenarios.Input) { out.Config.Knobs[k.Name] = out.Config.Knobs[k.Name] * by / 100 })
			}
		}
	}
	for _, drift := range []int64{-200_000, -50_000, 50_000, 200_000} { // moves all timers there are
		propose(func(out *scenarios.Input) {
			f := faults.Fault{Kind: faults.ClockDrift, Drift: drift}
			for i := range out.Config.Nodes {
				f.Nodes = append(f.Nodes, node.ID(i+1))
			}
			out.Plan.Faults = append(out.Plan.Faults, f)
		})
	}
	for _, by := range []int64{95, 98, 102, 105} {
		propose(func(out *scenarios.Input) { percent(&out.Config.LatencyMin, by); percent(&out.Config.LatencyMean, by) })
		propose(func(out *scenarios.Input) { percent(&out.Config.SyncMin, by); percent(&out.Config.SyncMean, by) })
		propose(func(out *scenarios.Input) {
			for i := range out.Plan.Faults {
				percent(&out.Plan.Faults[i].At, by)
			}
		})
		propose(func(out *scenarios.Input) {
			for i := range out.Config.Script {
				percent(&out.Config.Script[i].At, by)
			}
		})
	}
	return list
}

// firmer returns inputs of the same size that may hang on less.
func (s *shrinker) firmer() (list []scenarios.Input) {
	base := &s.best.Input
	propose := func(change func(out *scenarios.Input)) {
		out := clone(base)
		if change(&out); out.Hash() != base.Hash() && s.scenario.Check(out) == nil {
			list = append(list, out)
		}
	}
	steps := []int64{50, 80, 90, 95, 105, 110, 120, 150, 200}
	for i := range base.Plan.Faults {
		fault := func(change func(f *faults.Fault)) {
			propose(func(out *scenarios.Input) { change(&out.Plan.Faults[i]) })
		}
		for _, role := range []faults.Role{faults.Leader, faults.Candidate, faults.Decider} {
			fault(func(f *faults.Fault) { f.Role = role })
		}
		fault(func(f *faults.Fault) { f.For = 0 })
		for _, by := range steps {
			fault(func(f *faults.Fault) { f.At = scaled(f.At, by) })
			fault(func(f *faults.Fault) { f.For = scaled(f.For, by) })
			fault(func(f *faults.Fault) { f.Delay = scaled(f.Delay, by) })
		}
	}
	list = append(list, s.anchored()...)
	for _, by := range steps {
		for from := range base.Config.Script { // what comes after it keeps its distance
			propose(func(out *scenarios.Input) {
				at := base.Config.Script[from].At
				later(out, at, scaled(at, by)-at)
			})
			propose(func(out *scenarios.Input) { k := &out.Config.Script[from]; k.At = scaled(k.At, by) })
		}
		for i := range base.Plan.Faults {
			propose(func(out *scenarios.Input) {
				at := base.Plan.Faults[i].At
				later(out, at, scaled(at, by)-at)
			})
		}
		for i := range base.Fates {
			propose(func(out *scenarios.Input) { out.Fates[i].Delay = scaled(out.Fates[i].Delay, by) })
		}
	}
	for _, k := range s.scenario.Knobs {
		for _, by := range []int64{50, 80, 120, 150, 200} {
			if k.Time {
				propose(func(out *scenarios.Input) { out.Config.Knobs[k.Name] = rounded(out.Config.Knobs[k.Name]*by/100, 2) })
			}
		}
	}
	for seed := uint64(1); seed <= firmSeeds; seed++ {
		for way := range numWays {
			propose(func(out *scenarios.Input) { *out = s.otherwise(base, seed, way) })
		}
	}
	return list
}

// scaled returns a part of a time, with two digits.
func scaled(t faults.Span, by int64) faults.Span {
	return faults.Span(rounded(int64(t)/100*by, 2))
}

// later moves what is planned from a time on.
func later(in *scenarios.Input, from, by faults.Span) {
	for i := range in.Plan.Faults {
		if t := &in.Plan.Faults[i].At; *t >= from {
			*t += by
		}
	}
	for i := range in.Config.Script {
		if t := &in.Config.Script[i].At; *t >= from {
			*t += by
		}
	}
	in.Config.Horizon = max(in.Config.Horizon+by, 0)
}

// anchored returns the inputs in which a crash comes not at a time but just before or after a message that its replica sends then.
func (s *shrinker) anchored() (list []scenarios.Input) {
	base := &s.best.Input
	for i := range base.Plan.Faults {
		f := &base.Plan.Faults[i]
		if f.Kind != faults.Crash && f.Kind != faults.PowerCut || len(f.Nodes) != 1 || f.Role != 0 {
			continue
		}
		for _, m := range s.sent(f.Nodes[0], f.At) {
			for _, after := range []bool{true, false} {
				out := clone(base)
				at := faults.Fault{Kind: faults.CrashAt, Nodes: []node.ID{f.Nodes[0]}, On: faults.OnSend, Message: m.kind, Nth: m.count, After: after}
				if !after {
					at.Nth++ // the next one, which it does not get to send
				}
				if f.For > 0 {
					at.For = f.At + f.For
				}
				out.Plan.Faults[i] = at
				if s.scenario.Check(out) == nil {
					list = append(list, out)
				}
			}
		}
	}
	return list
}

// sending is how many messages of a kind were sent.
type sending struct {
	kind  uint8
	count uint64
}

// sent returns what a replica has sent to others by a time of the best run, of those kinds that scenarios name.
func (s *shrinker) sent(by node.ID, until faults.Span) (list []sending) {
	c := s.scenario.NewCluster()
	defer c.Close()
	c.Reset(s.best.Input)
	c.Trace(func(r sim.Record) {
		kind, ok := s.scenario.MessageKind(r.Name)
		if r.Kind != sim.Sent || r.Who != by.Addr() || r.Peer.IsClient() || faults.Span(r.At) > until || !ok {
			return
		}
		i := slices.IndexFunc(list, func(m sending) bool { return m.kind == kind })
		if i < 0 {
			i, list = len(list), append(list, sending{kind: kind})
		}
		list[i].count++
	})
	c.Run(s.best.Stats.Events)
	slices.SortFunc(list, func(a, b sending) int { return cmp.Compare(a.kind, b.kind) })
	return list
}
