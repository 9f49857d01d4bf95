package scenarios

import (
	"simrun/faults"
	"simrun/node"
)

// roles follows who leads and who decides, for the faults that pick their victims by it. It goes by what replicas say and by what is
// on their disks, and so is right only as far as they are.
type roles struct {
	leading []uint64 // by replica from 1: the ballot that it leads in, or 0
	decider node.ID  // whose vote last completed a quorum
}

func (r *roles) reset(nodes int) {
	r.leading = append(r.leading[:0], make([]uint64, nodes+1)...)
	r.decider = 0
}

// leads notes that a replica leads in a ballot, or with 0 that it does not lead.
func (r *roles) leads(id node.ID, ballot uint64) { r.leading[id] = ballot }

// leader returns the replica that leads in the highest ballot, if any leads.
func (r *roles) leader() (id node.ID, ok bool) {
	highest := uint64(0)
	for i, ballot := range r.leading {
		if ballot > highest {
			id, highest = node.ID(i), ballot
		}
	}
	return id, highest > 0
}

// Role returns the replica that has a role at the moment. It implements faults.Target.
func (c *stage) Role(role faults.Role) (node.ID, bool) {
	switch role {
	case faults.Leader:
		return c.roles.leader()
	case faults.Candidate: // a protocol whose ballots name no owner has none
		ballot := c.highest()
		id := node.Ballot(ballot).ID()
		return id, id > 0 && int(id) <= c.config.Nodes && c.roles.leading[id] < ballot
	case faults.Decider:
		return c.roles.decider, c.roles.decider > 0
	}
	return 0, false
}
