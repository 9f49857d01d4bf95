package paxos

import (
	"fmt"
	"strings"

	"simrun/node"
	"simrun/node/fact"
)

// About returns the ballot and the value of the message, for a timeline. Of a Promise that is the value accepted before.
func (m *Message) About() (where uint64, ballot node.Ballot, value uint64) {
	switch m.Kind {
	case Promise:
		if m.Accepted != 0 {
			value = fact.Digest(m.Value)
		}
	case Accept, Accepted, Chosen:
		value = fact.Digest(m.Value)
	}
	switch m.Kind {
	case Accept, Accepted, Chosen:
		where = slot
	}
	return where, m.Ballot, value
}

var phaseNames = [...]string{idle: "idle", preparing: "preparing", accepting: "accepting", backing: "backing off"}

// Describe puts the state in words: the acceptor's memory, what the proposer is at, what the learner knows.
func (r *Replica) Describe() []string {
	a, p, l := &r.acceptor, &r.proposer, &r.learner
	lines := []string{fmt.Sprintf("promised %v", a.promised)}
	if a.accepted != 0 {
		lines = append(lines, fmt.Sprintf("accepted %x in %v", a.value, a.accepted))
	}
	proposer := phaseNames[p.phase]
	if p.phase != idle {
		proposer += fmt.Sprintf(" ballot %v value %x", p.ballot, p.value)
		var quorum []string
		for i, id := range r.config.Nodes {
			if p.quorum.has(i) {
				quorum = append(quorum, id.Addr().String())
			}
		}
		if len(quorum) > 0 {
			proposer += ", answered by " + strings.Join(quorum, " ")
		}
	}
	lines = append(lines, "proposer "+proposer)
	if l.known {
		lines = append(lines, fmt.Sprintf("chosen %x", l.chosen))
	}
	switch len(l.waiting) {
	case 0:
	case 1:
		lines = append(lines, "waiting 1 client")
	default:
		lines = append(lines, fmt.Sprintf("waiting %d clients", len(l.waiting)))
	}
	if r.silent {
		lines = append(lines, "silent its log is corrupt")
	}
	return lines
}
