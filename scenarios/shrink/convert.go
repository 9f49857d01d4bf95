package shrink

import (
	"fmt"
	"slices"

	"simrun/faults"
	"simrun/node"
	"simrun/scenarios"
	"simrun/sim"
)

// convert replaces faults on links, one at a time, by the few messages that they must strike: what the fault did in the best run becomes
// exceptions, the fault goes, and the exceptions are reduced. What comes of it is taken only where it is smaller in the end. Faults on all links of some
// replicas strike so much that they are best made few by other steps first: they are converted where everything is asked for.
func (s *shrinker) convert(everything bool) {
	for i := 0; i < len(s.best.Input.Plan.Faults) && !s.over(); i++ {
		base := s.best.Input
		f := &base.Plan.Faults[i]
		if f.Kind.Family() != faults.Links || len(f.Nodes) > 0 && !everything {
			continue
		}
		name := fmt.Sprint("convert ", everything, i, base.Hash())
		if s.tried[name] {
			continue
		}
		s.tried[name] = true
		struck := s.strikes(base, f)
		if len(struck) == 0 || len(struck) > maxStrikes {
			continue
		}
		others := keepFaults(&base, without(upTo(len(base.Plan.Faults)), i, 1))
		// To be worth while, the exceptions must cost less than the fault, and so are few: they are sought with the fault gone,
		// as if they cost nothing yet.
		search := &shrinker{
			ctx: s.ctx, first: s.first, scenario: s.scenario, pool: s.pool, tried: map[string]bool{}, pass: s.pass, best: s.best, runs: s.runs,
			options: Options{Budget: s.options.Budget, Progress: s.options.Progress},
		}
		search.size = Size{mishaps: 1 << 40}
		all := append(slices.Clone(others.Fates), struck...)
		start := clone(&others)
		start.Fates = all
		taken := search.try(1, func(int) scenarios.Input { return start })
		if taken >= 0 {
			own := len(others.Fates)
			search.list(len(struck), func(keep []int) scenarios.Input {
				out := clone(&others)
				out.Fates = append(out.Fates[:own:own], chosen(struck, keep)...)
				return out
			})
		}
		s.runs, s.diverged = search.runs, search.diverged
		if taken >= 0 && !s.over() && search.size.Compare(s.size) < 0 {
			s.best, s.size = search.best, search.size
			s.tell()
			i = -1 // the faults have moved
		}
	}
}

// maxStrikes is how many messages a fault may have struck to be worth converting.
const maxStrikes = 5000

// strikes returns what happened to messages on the links of a fault while it was on, as exceptions that the input does not have yet. Messages of the
// operator, whose address is the one after those of the clients, are left out: an input can have no exceptions for them.
func (s *shrinker) strikes(in scenarios.Input, f *faults.Fault) (list []scenarios.Exception) {
	console := node.Client(in.Config.Clients + 1).Addr()
	s.struck(in, func(at faults.Span, e scenarios.Exception) {
		if e.From == console || e.To == console {
			return
		}
		if during(f, at) && onLink(f, e.From, e.To) && !slices.ContainsFunc(in.Fates, func(o scenarios.Exception) bool { return sameMessage(&e, &o) && e.Fate == o.Fate }) {
			list = append(list, e)
		}
	})
	return list
}

// annotate says in the exceptions of the best input which messages they are about, as they are called in its run.
func (s *shrinker) annotate() {
	in := clone(&s.best.Input)
	s.struck(in, func(_ faults.Span, e scenarios.Exception) {
		for i := range in.Fates {
			if sameMessage(&in.Fates[i], &e) {
				in.Fates[i].Note = e.Note
			}
		}
	})
	s.best.Input.Fates = in.Fates
}

func sameMessage(a, b *scenarios.Exception) bool {
	return a.From == b.From && a.To == b.To && a.Kind == b.Kind && a.Key == b.Key && a.Attempt == b.Attempt
}

// struck runs an input that fails as the best does, and tells of every message that did not simply arrive.
func (s *shrinker) struck(in scenarios.Input, each func(at faults.Span, e scenarios.Exception)) {
	c := s.scenario.NewCluster()
	defer c.Close()
	c.Reset(in)
	var waiting []scenarios.Exception // for the record of their sending, which has the words
	c.Strikes(func(e scenarios.Exception) { waiting = append(waiting, e) })
	c.Trace(func(r sim.Record) {
		if r.Kind != sim.Sent {
			return
		}
		for _, e := range waiting {
			e.Note = r.Text
			each(faults.Span(r.At), e)
		}
		waiting = waiting[:0]
	})
	c.Run(s.best.Stats.Events)
}

// during tells whether a fault is on at a time.
func during(f *faults.Fault, at faults.Span) bool {
	return at >= f.At && (f.For == 0 || at <= f.At+f.For)
}

// onLink tells whether a fault happens to messages on a link.
func onLink(f *faults.Fault, from, to node.Addr) bool {
	if f.Role != 0 {
		return true // only the run knows whom it struck
	}
	if len(f.Nodes) > 0 {
		struck := func(a node.Addr) bool { return !a.IsClient() && slices.Contains(f.Nodes, a.ID()) }
		return struck(from) || struck(to)
	}
	if len(f.Groups) > 0 {
		a, b := group(f, from), group(f, to)
		return a >= 0 && b >= 0 && a != b
	}
	return (len(f.From) == 0 || slices.Contains(f.From, from)) && (len(f.To) == 0 || slices.Contains(f.To, to))
}

// group returns the index of the group that an address is in, or -1.
func group(f *faults.Fault, a node.Addr) int {
	return slices.IndexFunc(f.Groups, func(g []node.Addr) bool { return slices.Contains(g, a) })
}
