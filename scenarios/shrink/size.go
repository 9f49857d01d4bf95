package shrink

import (
	"slices"

	"simrun/faults"
	"simrun/node"
	"simrun/scenarios"
)

// Size says how big a case is. Of two sizes the one that is smaller in the first component in which they differ is smaller.
type Size [numParts]int64

// The parts of a Size, the most important first.
const (
	mishaps     = iota // faults and exceptions, by how much has to be told of each
	called             // operations that clients began in the run
	replicas           // of the cluster
	callers            // clients
	planned            // operations of the safety phase that are left in
	restless           // numbers of the configuration that are not calm
	breadth            // addresses that faults happen to
	clutter            // decimal digits of all numbers that are not calm
	unrest             // binary digits of their distances from calm
	bookkeeping        // numbers of operations, skipped ones included
	numParts
)

// Faults, by how much has to be told of them: an exception is about one message, a fault with a rate about who knows which.
const (
	costException = 1
	costFault     = 2
	costRated     = 3
)

// Compare returns -1, 0 or 1 where a is smaller than, equal to or larger than b.
func (a Size) Compare(b Size) int { return slices.Compare(a[:], b[:]) }

// large tells whether a case is so big that another way to make it small is worth trying.
func (a Size) large() bool { return a[mishaps] > 3*costFault || a[called] > 5 }

// SizeOf measures a run of the scenario.
func SizeOf(s scenarios.Scenario, r *scenarios.Result) Size {
	return sizeOf(s, &r.Input, int64(r.Stats.Called))
}

func sizeOf(s scenarios.Scenario, in *scenarios.Input, calls int64) (z Size) {
	for i := range in.Plan.Faults {
		f := &in.Plan.Faults[i]
		cost := int64(costFault)
		if f.Rate > 0 && f.Rate < 1_000_000 {
			cost = costRated
		}
		z[mishaps] += cost
		z[breadth] += reach(in, f)
	}
	z[mishaps] += costException * int64(len(in.Fates))
	z[called] = calls
	z[planned] = int64(in.Config.Operations - len(in.Skip))
	z[replicas] = int64(in.Config.Nodes)
	z[callers] = int64(in.Config.Clients)
	for _, n := range weather(s, in) {
		v := n.get(in)
		if v != n.calm {
			z[restless]++
		}
		z[clutter] += n.clutter(v)
		z[unrest] += n.unrest(v)
	}
	for _, n := range slices.Concat(ends(s, in, ""), mishapNumbers(in), scriptNumbers(in), scriptValues(in)) {
		z[clutter] += n.clutter(n.get(in))
		z[unrest] += n.unrest(n.get(in))
	}
	z[bookkeeping] = int64(in.Config.Operations + len(in.Skip))
	return z
}

// reach counts the addresses that a fault happens to.
func reach(in *scenarios.Input, f *faults.Fault) int64 {
	n := len(f.Nodes)
	if f.Role != 0 { // whom that is, only the trace tells
		n += 2
	}
	for _, g := range f.Groups {
		n += len(g)
	}
	if len(f.Nodes) == 0 && len(f.Groups) == 0 && f.Role == 0 { // it happens to links
		for _, end := range [][]node.Addr{f.From, f.To} {
			if len(end) == 0 {
				n += in.Config.Nodes + in.Config.Clients
			}
			n += len(end)
		}
	}
	return int64(n)
}
