package strategies

import (
	"simrun/faults"
	"simrun/node"
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
