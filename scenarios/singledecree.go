package scenarios

import (
	"simrun/faults"
	"simrun/node"
	"simrun/node/paxos"
	"simrun/sim/stream"
)

// singleDecree is the scenario "single-decree": one instance of Paxos, in which every client proposes a value of its
// own, several times over, and every answer must be the one value that was chosen.
func singleDecree() Scenario {
	s := SingleDecree()
	s.Demands = demandedOfDecree
	return Define(s)
}

// SingleDecree returns what runs in the scenario "single-decree".
func SingleDecree() Spec[paxos.Message, *paxos.Message] {
	return Spec[paxos.Message, *paxos.Message]{
		Name: "single-decree",
		Doc:  "single-decree Paxos: clients propose values at any replica, and all must hear of the same one",
		Knobs: []Knob{
			{Name: "backoffMin", Doc: "shortest pause before a preempted proposer tries again, in microseconds", Calm: 5000, Min: 0, Max: 10_000_000, Draw: []int64{1000, 5000, 20_000}, Local: true, Time: true},
			{Name: "resend", Doc: "time after which an unanswered message is sent again, in microseconds", Calm: 20_000, Min: 1, Max: 10_000_000, Draw: []int64{5000, 20_000, 50_000}, Local: true, Time: true},
			{Name: "phase2", Doc: "how far the phase-2 quorum is below a majority; phase 1 makes up for it", Calm: 0, Min: 0, Max: MaxNodes, Draw: []int64{0, 0, 0, 1}},
		},
		Draw: func(s *stream.Stream, c *Config) {
			c.Operations = s.Int(4, 16)
			c.Horizon = pick[faults.Span](s, 20, 100, 300) * faults.Millisecond
			c.Keys = 1
			if s.Chance(700_000) {
				contend(s, c)
			}
		},
		Quorums: flexibleQuorums,
		Replica: func(id node.ID, c *Config) node.Node[paxos.Message] { return paxos.New(id, PaxosConfig(c)) },
		Facts:   paxos.DurableFacts,
		Lie:     lieOnDecree,

		Files:       []string{"paxos"},
		Messages:    uint8(paxos.Query),
		MessageName: func(kind uint8) string { return paxos.Kind(kind).String() },
		Workload:    Proposals{},
	}
}

// contend makes proposers get in each other's way, and takes care that they take some ballots to come to a decision: after it little can go wrong any more, so
// that the faults of a run must come before. Several clients begin at once, the network loses a good part of what it carries, and the time of faults is short.
func contend(s *stream.Stream, c *Config) {
	step := c.LatencyMin + c.LatencyMean + c.SyncMin + c.SyncMean // each phase takes two of them
	c.Clients = s.Int(3, 6)
	c.Think = pick[faults.Span](s, 1, 4, 16) * step
	c.Drop = pick[uint64](s, 100_000, 300_000, 600_000)
	c.Retry = pick(s, 10*faults.Millisecond, c.Retry)
	c.Horizon = pick[faults.Span](s, 10, 20, 50) * faults.Millisecond
}

// demandedOfDecree leaves out what a single decision has not: leaders, leases, members, sessions, a log.
func demandedOfDecree(s Sometimes) bool {
	switch s {
	case LeaderCrashed, LeaderCrashedInFlight, TwoLeaders, LedInPart, ManyElections, Deposed, ClockLeader, NothingChosen, Batched, FarBehind, ImageLeaderless,
		MembersInPartition, MembersWithoutLeader, SpareVotes, LeaseRelied, LeaseReturned, LeaseOutPaused, SessionExpired, Refused, Followed, WipeSurvived, UnusualPath, GaveUpDone:
		return false
	}
	return true
}

// flexibleQuorums returns quorums that intersect: majorities, with phase 2 smaller by the knob phase2 and phase 1
// larger by as much (Howard, Malkhi and Spiegelman, "Flexible Paxos").
func flexibleQuorums(c *Config) (phase1, phase2 int) {
	return flexible(c, c.Founders())
}

// flexible does so for a group of n.
func flexible(c *Config, n int) (phase1, phase2 int) {
	phase2 = max(n/2+1-int(c.Knob("phase2")), 1)
	return max(n-phase2+1, n/2+1), phase2
}

// PaxosConfig translates the configuration of a run for package paxos.
func PaxosConfig(c *Config) paxos.Config {
	p := paxos.Majority(shape(c).Nodes...)
	if c.Knob("phase2") > 0 { // otherwise the protocol's own majorities
		p.Phase1, p.Phase2 = flexibleQuorums(c)
	}
	p.BackoffMin = node.Local(c.Knob("backoffMin")) * node.Microsecond
	p.BackoffMax = max(p.BackoffMax, p.BackoffMin)
	p.Resend = node.Local(c.Knob("resend")) * node.Microsecond
	return p
}
