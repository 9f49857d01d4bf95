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

var (
	roleNames     = [...]string{follower: "follower", asking: "asking for support", candidate: "candidate", leader: "leader"}
	standingNames = [...]string{
		active: "", founding: "founding its first log is not durable yet", blank: "blank its disk was empty", repairing: "repairing its log was damaged", silent: "silent it takes no part any more",
	}
)

// describedSlots bounds how many slots are described: the last ones.
const describedSlots = 8

// Describe puts the state in words: role, promise, membership, what is applied, and the end of the log.
func (r *Replica) Describe() []string {
	lines := []string{"role " + r.describeRole(), fmt.Sprintf("promised %v", r.promised), fmt.Sprintf("applied %d", r.applied)}
	add := func(wanted bool, format string, args ...any) {
		if wanted {
			lines = append(lines, fmt.Sprintf(format, args...))
		}
	}
	add(r.role == leader, "next %d", r.next)
	add(r.role == asking || r.role == candidate, "promises from %s", names(r.promises))
	add(r.role == leader && r.leaseEnd > 0, "lease until %d us of its clock", r.leaseEnd/node.Microsecond)
	add(r.standing != active, "%s", standingNames[r.standing])
	for i := range r.eras {
		e := &r.eras[i]
		add(len(r.eras) > 1 || e.start > 1 || len(e.Learners) > 0, "members %s, learners %s, from slot %d", names(e.Voters), names(e.Learners), e.start)
	}
	add(r.log.floor > 0, "floor %d", r.log.floor)
	first := r.log.floor + 1
	if r.log.last >= describedSlots {
		first = max(first, r.log.last-describedSlots+1)
	}
	for slot := first; slot <= r.log.last; slot++ {
		if e := r.log.at(slot); e != nil {
			lines = append(lines, r.describeEntry(e))
		}
	}
	add(r.queue.len() > 0, "queue %d commands", r.queue.len())
	add(r.reads.len() > 0, "reads %d waiting", r.reads.len())
	return lines
}

func (r *Replica) describeRole() string {
	switch {
	case r.role != follower:
		return fmt.Sprintf("%s in ballot %v", roleNames[r.role], r.ballot)
	case r.leading != 0:
		return fmt.Sprintf("follower of %v in ballot %v", r.leading.ID().Addr(), r.leading)
	}
	return "follower of nobody"
}

func (r *Replica) describeEntry(e *entry) string {
	if e.ballot == learned {
		return fmt.Sprintf("slot %d %s learned", e.slot, describe(e.value))
	}
	line := fmt.Sprintf("slot %d %s accepted in %v", e.slot, describe(e.value), e.ballot)
	if r.role == leader && e.slot > r.applied && len(r.eras) > 0 {
		var voters []node.ID
		era := r.eras.of(e.slot)
		for _, id := range era.Voters {
			if era.in(&e.voters, id) {
				voters = append(voters, id)
			}
		}
		line += ", votes of " + names(voters)
	}
	return line
}

// names writes a list of replicas: "n1 n3".
func names(list []node.ID) string {
	text := ""
	for _, id := range list {
		if text != "" {
			text += " "
		}
		text += id.Addr().String()
	}
	if text == "" {
		return "nobody"
	}
	return text
}
