package scenarios

import (
	"fmt"
	"strings"

	"simrun/checker"
	"simrun/faults"
	"simrun/node"
	"simrun/node/multipaxos"
	"simrun/node/paxos"
)

// SetLies says which lies a replica tells from now on. It implements faults.Liars.
func (c *cluster[M, PM]) SetLies(id node.ID, lies []faults.Kind) {
	c.machine(id).lies = lies
	for i := range c.config.Nodes {
		if len(c.machines[i].lies) > 0 {
			c.net.Lies(c.lie)
			return
		}
	}
	c.net.Lies(nil)
}

// tellLie turns a message of a liar into a lie, if one of its lies is about such messages.
func (c *cluster[M, PM]) tellLie(from, to node.ID, m *M) bool {
	told := false
	for _, k := range c.machine(from).lies {
		if c.spec.Lie(m, to, k) {
			c.stats.Struck[k]++
			c.machine(from).lied++
			told = true
		}
	}
	return told
}

// blame says of a violation which assumption was broken, if one was that what was violated rests on.
func (c *stage) blame(v *checker.Verdict) {
	if v.Kind != checker.Violated {
		return
	}
	broken, how, remedy := "replicas fail by stopping and do not lie", c.liars(), "to bear f liars takes quorums that meet in f+1 replicas, 3f+1 of them in all"
	if len(how) == 0 && c.restsOnClocks(v) {
		broken, how, remedy = "clocks jump and drift no farther than replicas are told", c.clocksBeyond(), "a lease is as good as the clocks that it is measured with"
	}
	if len(how) > 0 {
		v.Broken = broken
		v.Detail += ". The broken assumption: " + v.Broken + ", and " + strings.Join(how, ", ") + "; " + remedy
	}
}

// liars says who lied, and how often.
func (c *stage) liars() (how []string) {
	for i := range c.config.Nodes {
		if n := c.machines[i].lied; n > 0 {
			how = append(how, fmt.Sprintf("n%d lied in %d messages", i+1, n))
		}
	}
	return how
}

// restsOnClocks tells whether clocks that go wrong may be why: of leases themselves, and of what clients saw where a replica relied on one. Promises, votes
// and what is chosen must be right whatever clocks do, and the cluster must go on once they are well again.
func (c *stage) restsOnClocks(v *checker.Verdict) bool {
	check, _, _ := strings.Cut(v.Fingerprint, ":")
	return c.leased && (check == "lease" || check == "read" || check == "linearizability" || check == "log")
}

// clocksBeyond says whose clocks went wrong by more than the configuration says, which is what replicas are told.
func (c *stage) clocksBeyond() (how []string) {
	var jumped, drifted []string
	for i := range c.config.Nodes {
		name, m := node.ID(i+1).Addr().String(), &c.machines[i]
		if m.jumped {
			jumped = append(jumped, name)
		}
		if m.drifted {
			drifted = append(drifted, name)
		}
	}
	if len(jumped) > 0 {
		how = append(how, fmt.Sprintf("the clocks of %s jumped by more than %v", strings.Join(jumped, ", "), c.config.ClockJumpMax))
	}
	if len(drifted) > 0 {
		how = append(how, fmt.Sprintf("the clocks of %s drifted by more than %d ppm", strings.Join(drifted, ", "), c.config.ClockDriftMax))
	}
	return how
}

// lieOnLog is what liars of Multi-Paxos say.
func lieOnLog(m *multipaxos.Message, to node.ID, kind faults.Kind) bool {
	switch {
	case kind == faults.Equivocate && m.Kind == multipaxos.Accept && to%2 == 0 && len(m.Value) > 0:
		m.Value = nil // no operation at all
	case kind == faults.Forge && m.Kind == multipaxos.Promise && (len(m.Value) > 0 || m.Commit > 0):
		m.Value, m.Commit, m.Floor = nil, 0, 0 // it never accepted anything, and has heard of nothing
	case kind == faults.Forge && m.Kind == multipaxos.Behind:
		m.Kind = multipaxos.PreVoted // nobody needs to learn anything before standing for election
	case kind == faults.Forge && m.Kind == multipaxos.PreVoted:
		m.Commit = 0
	case kind == faults.Falsify && m.Kind == multipaxos.Chosen:
		m.Slot++ // these values were chosen for other slots
	case kind == faults.Falsify && (m.Kind == multipaxos.Heartbeat || m.Kind == multipaxos.Learn):
		m.Commit++ // so much is chosen
	default:
		return false
	}
	return true
}

// lieOnDecree is what liars of single-decree Paxos say.
func lieOnDecree(m *paxos.Message, to node.ID, kind faults.Kind) bool {
	other := func() []byte { // the value of another proposal, most likely
		first := Proposals{}.Command(nil, Operation{Arg: 1})
		if string(m.Value) == string(first) {
			return Proposals{}.Command(nil, Operation{Arg: 2})
		}
		return first
	}
	switch {
	case kind == faults.Equivocate && m.Kind == paxos.Accept && to%2 == 0:
		m.Value = other()
	case kind == faults.Forge && m.Kind == paxos.Promise && m.Accepted != 0:
		m.Accepted, m.Value = 0, nil // it never accepted anything
	case kind == faults.Forge && m.Kind == paxos.Reject:
		*m = paxos.Message{Kind: paxos.Promise, Ballot: m.Ballot} // it never promised a higher ballot either
	case kind == faults.Falsify && (m.Kind == paxos.Chosen || m.Kind == paxos.Promise && m.Accepted != 0):
		m.Value = other()
	default:
		return false
	}
	return true
}
