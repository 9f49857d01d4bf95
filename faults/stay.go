package faults

import (
	"errors"
	"fmt"
	"slices"

	"simrun/node"
	"simrun/sim/stream"
)

// staying are the kinds of faults that may stay on when the cluster is healed.
var staying = []Kind{Crash, Pause, Isolate, Mute, Deaf}

// Outsiders returns the replicas that are out of order for good, in order: those of faults that stay. The others are the core of the cluster.
func (p *Plan) Outsiders() (outsiders []node.ID) {
	for i := range p.Faults {
		if f := &p.Faults[i]; f.Stays {
			outsiders = append(outsiders, f.Nodes...)
		}
	}
	slices.Sort(outsiders)
	return slices.Compact(outsiders)
}

// checkStaying refuses faults that stay where the rest could not go on without their replicas.
func (p *Plan) checkStaying(s *Shape) error {
	n := len(p.Outsiders())
	switch {
	case n > s.Tolerates:
		return fmt.Errorf("plan: faults that stay have %d replicas, and the group goes on without %d at most", n, s.Tolerates)
	case n > 0 && p.needsAll():
		return errors.New("plan: no fault can stay where others damage disks, change members or lie: what the rest must have may be with its replica alone")
	case slices.ContainsFunc(p.Faults, func(f Fault) bool { return f.Stays && f.Kind == Deaf }) && !p.bearsDeaf(s):
		return errors.New("plan: no replica can be deaf for good where the others have, or get, settings that let it disturb them: it would stand for election, or lead, again and again")
	}
	return nil
}

// bearsDeaf tells whether the others can work beside a replica that hears nobody, with the switches that all replicas have throughout.
func (p *Plan) bearsDeaf(s *Shape) bool {
	return s.BearsDeaf && !slices.ContainsFunc(p.Faults, func(f Fault) bool { return f.Kind == ReconfigureKnobs })
}

// needsAll tells whether the cluster may need every replica to recover from the faults of the plan.
func (p *Plan) needsAll() bool {
	return slices.ContainsFunc(p.Faults, func(f Fault) bool {
		return f.Kind.Damages() || f.Kind.Family() == Members || f.Kind.Family() == Byzantine
	})
}

// drawStaying puts some replicas out of order for good, in some plans, so that what is demanded of the healed cluster is demanded of a core that is a
// quorum. Where disks are damaged or members change, what the core must have may be with others alone, and all faults end.
func drawStaying(root uint64, p *Profile, sh *Shape, plan *Plan) {
	s := stream.New(root, "stay", 0)
	if !s.Chance(250_000) || sh.Tolerates < 1 || len(sh.Spares) > 0 || p.destroys || plan.needsAll() {
		return
	}
	for _, id := range shuffled(&s, sh.Nodes)[:1+s.N(uint64(sh.Tolerates))] {
		kind := pick(&s, staying...)
		if p.had(kind) && (kind != Deaf || plan.bearsDeaf(sh)) {
			plan.Faults = append(plan.Faults, Fault{At: min(round(Span(s.N(uint64(sh.Horizon)))), sh.Horizon-1), Kind: kind, Stays: true, Nodes: []node.ID{id}})
		}
	}
}
