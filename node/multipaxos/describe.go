package multipaxos

import (
	"fmt"

	"simrun/node"
	"simrun/node/fact"
)

// About returns what the message is about, for a timeline.
func (m *Message) About() (slot uint64, ballot node.Ballot, value uint64) {
	switch m.Kind {
	case Accept:
		return m.Slot, m.Ballot, fact.Digest(m.Value)
	case Accepted:
		return m.Slot, m.Ballot, m.Digest
	case Settled:
		return m.Slot, m.Ballot, 0
	}
	return 0, m.Ballot, 0
}

var roleNames = [...]string{follower: "follower", candidate: "candidate", leader: "leader"}

// describedSlots bounds how many slots are described: the last ones.
const describedSlots = 8

// Describe puts the state in words: role, promise, what is applied, and the end of the log.
func (r *Replica) Describe() []string {
	role := roleNames[r.role]
	switch {
	case r.role != follower:
		role += fmt.Sprintf(" in ballot %v", r.ballot)
	case r.leading != 0:
		role += fmt.Sprintf(" of %v in ballot %v", r.leading.ID().Addr(), r.leading)
	default:
		role += " of nobody"
	}
	lines := []string{"role " + role, fmt.Sprintf("promised %v", r.promised), fmt.Sprintf("applied %d", r.applied)}
	if r.role == leader {
		lines = append(lines, fmt.Sprintf("next %d", r.next))
	}
	if r.role == candidate {
		lines = append(lines, fmt.Sprintf("promises from %s", r.members(r.promises)))
	}
	if r.log.floor > 0 {
		lines = append(lines, fmt.Sprintf("floor %d", r.log.floor))
	}
	first := r.log.floor + 1
	if r.log.last >= describedSlots {
		first = max(first, r.log.last-describedSlots+1)
	}
	for slot := first; slot <= r.log.last; slot++ {
		e := r.log.at(slot)
		switch {
		case e == nil:
			continue
		case e.ballot == learned:
			lines = append(lines, fmt.Sprintf("slot %d %s learned", slot, describe(e.value)))
		default:
			line := fmt.Sprintf("slot %d %s accepted in %v", slot, describe(e.value), e.ballot)
			if r.role == leader && e.voters != 0 && slot > r.applied {
				line += ", votes of " + r.members(e.voters)
			}
			lines = append(lines, line)
		}
	}
	if n := r.queue.len(); n > 0 {
		lines = append(lines, fmt.Sprintf("queue %d commands", n))
	}
	if r.silent {
		lines = append(lines, "silent its log is corrupt")
	}
	return lines
}

// members names the replicas of a set.
func (r *Replica) members(set uint64) string {
	text := ""
	for i, id := range r.config.Nodes {
		if set>>i&1 == 1 {
			if text != "" {
				text += " "
			}
			text += id.Addr().String()
		}
	}
	if text == "" {
		return "nobody"
	}
	return text
}
