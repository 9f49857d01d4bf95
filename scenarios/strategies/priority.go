package strategies

import (
	"slices"

	"simrun/faults"
	"simrun/scenarios"
	"simrun/sim/stream"
)

// priority adapts probabilistic concurrency testing (Burckhardt et al., ASPLOS 2010; for messages, Ozkan et al., OOPSLA 2018) to
// a network: most bugs need few things to happen in one particular order, so few are chosen, and nothing else is disturbed.
// Replicas have priorities: what one of low priority sends takes longer. At a few moments chosen in advance a replica falls below all
// others, is cut off, or crashes for a while. The rest of the weather is fine.
type priority struct {
	scenario scenarios.Scenario
	profile  faults.Profile
}

func newPriority(s scenarios.Scenario, p faults.Profile) Strategy { return priority{s, p} }

func (p priority) Next(seed uint64) scenarios.Input {
	in := scenarios.Input{Seed: seed}
	in.Config, _ = p.scenario.Draw(seed, p.profile)
	in.Plan = p.plan(seed, &in.Config)
	return in
}

func (p priority) plan(seed uint64, c *scenarios.Config) (plan faults.Plan) {
	s := stream.New(seed, "priority", 0)
	n := uint64(c.Nodes)
	order := make([]uint64, n) // node ids less 1, the slowest first
	for i := range order {
		j := s.N(uint64(i) + 1)
		order[i] = order[j]
		order[j] = uint64(i)
	}
	horizon := c.Horizon
	changes := make([]faults.Span, 1+s.N(4))
	for i := range changes {
		changes[i] = 1 + faults.Span(s.N(uint64(horizon)))
	}
	unit := []faults.Span{2, 10, 50, 250}[s.N(4)] * max(c.LatencyMean, faults.Microsecond)

	// From each moment to the next, replicas are slowed down by their place.
	at := faults.Span(0)
	for step := 0; ; step++ {
		next := horizon
		for _, t := range changes {
			if t > at {
				next = min(next, t)
			}
		}
		for place, id := range order {
			if slow := unit * faults.Span(int(n)-1-place); slow > 0 && next > at && !p.profile.Is(faults.Calm) {
				plan.Faults = append(plan.Faults, faults.Fault{At: at, For: next - at, Kind: faults.Slow, From: nodes(id), Delay: slow})
			}
		}
		if next == horizon {
			break
		}
		at = next
		who := s.N(n)
		span := 1 + faults.Span(s.N(uint64(horizon)/4+1))
		switch id := order[who]; s.N(3) {
		case 0: // it falls below all others
			copy(order[1:who+1], order[:who])
			order[0] = id
		case 1:
			plan.Faults = append(plan.Faults, crash(id, at, span))
		default:
			plan.Faults = append(plan.Faults, cutOff(id, n, at, span))
		}
	}
	if p.profile.Is(faults.Calm) {
		plan.Faults = nil
	}
	plan.Faults = slices.DeleteFunc(plan.Faults, func(f faults.Fault) bool { return p.profile.Lacks(f.Kind.Family()) })
	ordered(&plan)
	return plan
}
