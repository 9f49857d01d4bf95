package etcdraft

import (
	"fmt"
	"math/bits"

	"simrun/node"
	"simrun/node/fact"
)

// leading holds a new leader against the votes that made it, and its log against what was committed.
func (o *Observer) leading(id node.ID, f *fact.Fact) {
	term := node.Ballot(f.Ballot).Round()
	if other, ok := o.leaders[term]; ok && other != uint64(id) {
		o.violate(id, 0, "election", "two leaders in one term", fmt.Sprintf("n%d leads in term %d, and so did n%d", id, term, other))
		return
	}
	o.leaders[term] = uint64(id)
	o.led = max(o.led, term)
	if !o.fixed {
		return
	}
	if votes := bits.OnesCount64(o.votes[ballot{term, uint64(id)}]); votes < o.majority {
		o.violate(id, 0, "election", "leader without a majority", fmt.Sprintf("n%d leads in term %d with %d durable votes, and %d are a majority", id, term, votes, o.majority))
		return
	}
	// What was committed in later terms need not be there: votes may arrive late.
	for i := uint64(len(o.committed)) - 1; i > f.Slot; i-- {
		if c := &o.committed[i]; c.by < term {
			o.violate(id, i, "completeness", "leader lacks a committed entry", fmt.Sprintf(
				"n%d leads in term %d with entries through %d, and entry %d was committed in term %d", id, term, f.Slot, i, c.by))
			return
		}
	}
}
