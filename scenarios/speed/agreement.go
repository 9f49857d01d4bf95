package speed

import (
	"fmt"

	"simrun/checker"
	"simrun/node"
	"simrun/node/fact"
	"simrun/scenarios"
)

// Agreement returns an oracle that knows one invariant: no two replicas learn or apply different values for a slot.
func Agreement() scenarios.Observer { return &agreement{} }

type agreement struct {
	values    []uint64 // digest of the value of slot i+1; 0 if nobody has stated any
	applied   []uint64 // by node.ID: the last slot applied
	violation *checker.Violation
}

func (a *agreement) Reset(c *scenarios.Config) {
	a.values, a.violation = a.values[:0], nil
	a.applied = append(a.applied[:0], make([]uint64, c.Nodes+1)...)
}

func (a *agreement) Observed(id node.ID, f fact.Fact) {
	if f.Kind != fact.Learned && f.Kind != fact.Applied {
		return
	}
	for uint64(len(a.values)) < f.Slot {
		a.values = append(a.values, 0)
	}
	if f.Kind == fact.Applied {
		a.applied[id] = f.Slot
	}
	switch v := &a.values[f.Slot-1]; *v {
	case 0:
		*v = f.Value
	case f.Value:
	default:
		a.violation = &checker.Violation{
			Check: "agreement", Shape: "two values for one slot", Node: uint16(id),
			Detail: fmt.Sprintf("%v has %08x in slot %d, and another replica has %08x", id, uint32(f.Value), f.Slot, uint32(*v)),
		}
	}
}

func (a *agreement) Applied(id node.ID) (slot uint64, state [2]uint64) {
	return a.applied[id], [2]uint64{}
}

func (a *agreement) Chosen() uint64                                      { return uint64(len(a.values)) }
func (a *agreement) Violation() *checker.Violation                       { return a.violation }
func (a *agreement) Highest() uint64                                     { return 0 }
func (a *agreement) Converged() bool                                     { return true }
func (a *agreement) Submitted(uint32, uint64, uint64)                    {}
func (a *agreement) Replied(uint32, uint64, uint64)                      {}
func (a *agreement) Durable(node.ID, string, []byte)                     {}
func (a *agreement) Rewritten(node.ID, bool, func(func(string, []byte))) {}
func (a *agreement) Started(node.ID)                                     {}
func (a *agreement) Excused(node.ID)                                     {}
