package strategies

import (
	"slices"

	"simrun/faults"
	"simrun/node"
	"simrun/scenarios"
	"simrun/sim/stream"
)

// Small pieces of plans. Replicas are given by their place, from 0.

func address(place uint64) node.Addr { return node.ID(place + 1).Addr() }

func nodes(place uint64) []node.Addr { return []node.Addr{address(place)} }

func crash(place uint64, at, span faults.Span) faults.Fault {
	return faults.Fault{At: at, For: span, Kind: faults.Crash, Nodes: []node.ID{node.ID(place + 1)}}
}

// cutOff keeps one of n replicas from the others. Clients see all.
func cutOff(place, n uint64, at, span faults.Span) faults.Fault {
	if n == 1 {
		return crash(place, at, span)
	}
	var others []node.Addr
	for i := range n {
		if i != place {
			others = append(others, address(i))
		}
	}
	return faults.Fault{At: at, For: span, Kind: faults.Partition, Groups: [][]node.Addr{nodes(place), others}}
}

// bearable tells whether a plan may have any number of faults of a kind, of any replicas. Those that damage disks or set clocks are drawn together,
// so that they stay within what a cluster must bear.
func bearable(k faults.Kind) bool {
	return k.Family() == faults.Links || k.Family() == faults.Processes
}

// latest is when a fault may begin at the latest: one that stays must before the cluster is healed.
func latest(f *faults.Fault, c *scenarios.Config) faults.Span {
	if f.Stays {
		return c.Horizon - 1
	}
	return c.Horizon
}

// mutate changes a plan a little: it leaves the given one as it is. Other is a plan to take faults from, drawn for the same cluster.
func mutate(s *stream.Stream, p, other faults.Plan, c *scenarios.Config) faults.Plan {
	list := slices.Clone(p.Faults)
	for range 1 + s.N(3) {
		if len(list) == 0 {
			list = append(list, other.Faults...) // as drawn together
			continue
		}
		i := s.N(uint64(len(list)))
		f := &list[i]
		switch s.N(6) {
		case 0: // earlier or later, by up to a tenth of the time
			by := faults.Span(s.N(uint64(c.Horizon)/5+1)) - c.Horizon/10
			f.At = min(max(f.At+by, 0), latest(f, c))
		case 1: // shorter
			f.Stays = false
			f.For = max(f.For/faults.Span(2+s.N(8)), 1)
		case 2: // longer
			f.Stays = false
			f.For = min(f.For*faults.Span(2+s.N(3)), c.Horizon) + 1
		case 3:
			list = slices.Delete(list, int(i), int(i)+1)
		case 4: // another one
			if n := uint64(len(other.Faults)); n > 0 {
				if f := other.Faults[s.N(n)]; bearable(f.Kind) && !f.Stays { // how many may stay out of order was drawn for the plan as a whole
					list = append(list, f)
				}
			}
		case 5: // the same again, a little later
			if !bearable(f.Kind) {
				continue
			}
			again := *f
			again.At = min(again.At+again.For+faults.Span(s.N(uint64(c.Horizon)/10+1)), latest(f, c))
			list = append(list, again)
		}
	}
	plan := faults.Plan{Faults: list}
	ordered(&plan)
	return plan
}
