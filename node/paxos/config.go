package paxos

import (
	"errors"
	"fmt"
	"math/bits"
	"slices"

	"simrun/node"
)

// Config is what all replicas of a group must agree on, apart from the times.
type Config struct {
	Nodes  []node.ID // the members, each a proposer, acceptor and learner; at most MaxNodes
	Phase1 int       // how many promises make a quorum
	Phase2 int       // how many acceptances make a quorum; Phase1+Phase2 must exceed the number of members

	Resend     node.Local // an unanswered message is sent again after this time
	BackoffMin node.Local // a preempted proposer pauses for a random time, up to this at first,
	BackoffMax node.Local // and up to this in the end
	// Learners are replicas that are no members: they neither promise nor accept, and no quorum needs them. They find out what was chosen, and answer clients
	// when they know it, or send them to a member.
	Learners []node.ID

	// Distinguished is the only member that proposes, or 0: each does. The others send clients to it ("Paxos Made Simple", section 2.4): no
	// two proposers can preempt each other, and nothing is decided while it is down.
	Distinguished node.ID

	Poll node.Local // a replica that does not know the chosen value asks another one this often
}

// MaxNodes is the largest number of members.
const MaxNodes = 128

// Majority returns the configuration with majority quorums and times for links of about a millisecond.
func Majority(nodes ...node.ID) Config {
	return Config{
		Nodes: nodes, Phase1: len(nodes)/2 + 1, Phase2: len(nodes)/2 + 1,
		Resend:     20 * node.Millisecond,
		BackoffMin: 5 * node.Millisecond, BackoffMax: 500 * node.Millisecond,
		Poll: 100 * node.Millisecond,
	}
}

// Validate refuses configurations under which two values could be chosen, or none ever.
func (c Config) Validate() error {
	n := len(c.Nodes)
	switch {
	case n == 0:
		return errors.New("paxos: no members")
	case n > MaxNodes:
		return fmt.Errorf("paxos: %d members, and at most %d are possible", n, MaxNodes)
	case slices.Contains(c.Nodes, 0):
		return errors.New("paxos: 0 is not a node id")
	case len(slices.Compact(slices.Sorted(slices.Values(c.Nodes)))) != n:
		return errors.New("paxos: a member is named twice")
	case c.Phase1 < 1 || c.Phase1 > n || c.Phase2 < 1 || c.Phase2 > n:
		return fmt.Errorf("paxos: quorums of %d and %d out of %d members", c.Phase1, c.Phase2, n)
	case c.Phase1+c.Phase2 <= n:
		return fmt.Errorf("paxos: quorums of %d and %d out of %d members need not intersect", c.Phase1, c.Phase2, n)
	case len(slices.Compact(slices.Sorted(slices.Values(append(slices.Clone(c.Nodes), c.Learners...))))) != n+len(c.Learners):
		return errors.New("paxos: a learner is a member, or named twice")
	case c.Distinguished != 0 && !slices.Contains(c.Nodes, c.Distinguished):
		return errors.New("paxos: the distinguished proposer is no member")
	case c.Resend <= 0 || c.Poll <= 0:
		return errors.New("paxos: Resend and Poll must be positive")
	case c.BackoffMin < 0 || c.BackoffMax < c.BackoffMin:
		return errors.New("paxos: BackoffMax must be at least BackoffMin, which must not be negative")
	}
	return nil
}

// members is a set of members, by their place in Config.Nodes.
type members [2]uint64

func (s *members) add(i int) { s[i>>6] |= 1 << (i & 63) }

func (s *members) has(i int) bool { return s[i>>6]>>(i&63)&1 == 1 }

func (s *members) len() int { return bits.OnesCount64(s[0]) + bits.OnesCount64(s[1]) }
