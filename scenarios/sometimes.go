package scenarios

import (
	"simrun/checker"
	"simrun/faults"
	"simrun/node"
	"simrun/node/fact"
)

// Sometimes is a state that runs must come to now and then, or a sweep proves less than it seems to: what always holds where nothing ever
// happens is worth nothing. (The name is that of assertions in Antithesis' and FoundationDB's tests.)
type Sometimes uint8

// States of the cluster as a whole. A protocol's own come on top: see Spec.Points.
const (
	LeaderCrashed Sometimes = iota
	LeaderCrashedInFlight
	DeciderCrashed
	AllDown
	MajorityDown
	CrashedBehind
	CrashedBefore
	TwoLeaders
	LedInPart
	ManyElections
	Deposed
	OldValueAgain
	DeadValueAgain
	TwoValues
	NothingChosen
	BelowMajority
	Batched
	FarBehind
	ImageLeaderless
	MembersInPartition
	MembersWithoutLeader
	SpareVotes
	LeaseRelied
	LeaseReturned
	LeaseOutPaused
	ClockLeader
	GaveUp
	GaveUpDone
	Retried
	AnsweredTwice
	SessionExpired
	Refused
	Followed
	HealedLeaderless
	DamageSurvived
	WipeSurvived
	UnreadableRead
	TornCommit
	Overtaken
	RepeatedLate
	FoundDamaged
	ConnectionBroke
	QueueFull
	HostOverrun
	CommitHung
	WrittenOnWire
	UnusualPath
	CoreOnly
	NumSometimes
)

// sometimesNames has a name for each.
var sometimesNames = [NumSometimes]string{
	LeaderCrashed:         "a leader crashes",
	LeaderCrashedInFlight: "a leader crashes with proposals in flight",
	DeciderCrashed:        "whoever completed a quorum crashes before anybody learns of it",
	AllDown:               "everybody is down",
	MajorityDown:          "a majority is down",
	CrashedBehind:         "a replica crashes again before it has caught up",
	CrashedBefore:         "a replica crashes before anything was chosen",
	TwoLeaders:            "two replicas take themselves for the leader",
	LedInPart:             "a leader is elected while others are down",
	ManyElections:         "there are three elections or more",
	Deposed:               "a leader steps down",
	OldValueAgain:         "a value is voted for again in a higher ballot",
	DeadValueAgain:        "a value of a replica that is down is voted for again in a higher ballot",
	TwoValues:             "two values have votes for one slot",
	NothingChosen:         "no operation at all is chosen for a slot",
	BelowMajority:         "a value is chosen by less than a majority",
	Batched:               "a slot has several commands",
	FarBehind:             "a replica is ten slots behind when faults end",
	ImageLeaderless:       "a replica takes an image over while nobody leads",
	MembersInPartition:    "the members change during a partition",
	MembersWithoutLeader:  "the members change so that the leader is none",
	SpareVotes:            "a replica becomes a voter that was none",
	LeaseRelied:           "a leader relies on its lease",
	LeaseReturned:         "a leader gives its lease back",
	LeaseOutPaused:        "a lease runs out while its leader is paused",
	ClockLeader:           "the clock of a leader jumps",
	GaveUp:                "a client gives up on an operation",
	GaveUpDone:            "an operation takes effect after its client gave up on it",
	Retried:               "a client turns to another replica with the same operation",
	AnsweredTwice:         "a client is answered twice",
	SessionExpired:        "a client's session is gone",
	Refused:               "a request is refused for the load",
	Followed:              "a client is sent on to another replica",
	HealedLeaderless:      "nobody leads when faults end",
	DamageSurvived:        "the group outlives damaged disks",
	WipeSurvived:          "the group outlives an emptied disk",
	UnreadableRead:        "a replica reads what cannot be read any more",
	TornCommit:            "a crash leaves a part of a write that was not durable",
	Overtaken:             "messages overtake each other",
	RepeatedLate:          "a message arrives again much later",
	FoundDamaged:          "a damaged message is found out",
	ConnectionBroke:       "a connection breaks with messages on the way",
	QueueFull:             "a link's queue is full",
	HostOverrun:           "a host takes its time while messages wait",
	CommitHung:            "a group commit hangs",
	WrittenOnWire:         "messages go through their encoding",
	UnusualPath:           "a replica takes the unusual path at random",
	CoreOnly:              "a healthy majority goes on while others are out of order for good",
}

// String says which state it is.
func (s Sometimes) String() string { return sometimesNames[s] }

// reach notes that the run came to the state.
func (c *stage) reach(s Sometimes) { c.stats.Sometimes[s] = 1 }

// fell notes what there is to note about a host that goes down now, by whatever cause: it is down already, and leads no more.
func (c *stage) fell(id node.ID) {
	defer c.roles.leads(id, 0)
	down := 0
	for i := range c.config.Nodes {
		if !c.machines[i].host.Up() {
			down++
		}
	}
	if down == c.config.Nodes {
		c.reach(AllDown)
	}
	if down > c.config.Nodes/2 {
		c.reach(MajorityDown)
	}
	if c.facts == nil {
		return
	}
	switch applied, _ := c.watch.StateOf(uint16(id)); {
	case c.watch.Chosen() == 0:
		c.reach(CrashedBefore)
	case c.machine(id).boots > 1 && applied < c.watch.Chosen():
		c.reach(CrashedBehind)
	}
	if c.roles.leading[id] > 0 {
		c.reach(LeaderCrashed)
		if c.watch.InFlight() {
			c.reach(LeaderCrashedInFlight)
		}
	}
	if c.roles.decider == id && c.watch.Chosen() > c.learned {
		c.reach(DeciderCrashed)
	}
}

// reaches notes states that a fact makes plain.
func (c *stage) reaches(id node.ID, f *fact.Fact) {
	switch f.Kind {
	case fact.Leading:
		c.reachesLead(id)
	case fact.Following:
		c.reach(Deposed)
	case fact.Snapshot:
		if _, led := c.roles.leader(); !led && c.machine(id).started {
			c.reach(ImageLeaderless)
		}
	case fact.Configured:
		c.reachesMembers(id)
	case fact.Leased:
		c.reach(LeaseRelied)
		c.machine(id).leaseUntil = c.machine(id).host.When(node.Local(f.Seq))
	}
}

func (c *stage) reachesLead(id node.ID) {
	for i, ballot := range c.roles.leading {
		if ballot > 0 && node.ID(i) != id {
			c.reach(TwoLeaders)
		}
	}
	for i := range c.config.Nodes {
		if !c.machines[i].host.Up() {
			c.reach(LedInPart)
		}
	}
	if c.stats.Elections >= 3 {
		c.reach(ManyElections)
	}
}

// reachesMembers looks at a membership that a replica has come to hold.
func (c *stage) reachesMembers(id node.ID) {
	leader, led := c.roles.leader()
	votes := false
	c.watch.Members(func(n uint16, voter bool) {
		if voter && int(n) > c.config.Founders() {
			c.reach(SpareVotes)
		}
		votes = votes || voter && node.ID(n) == leader
	})
	if led && !votes {
		c.reach(MembersWithoutLeader)
	}
	if c.machine(id).started && c.injector.Parted() {
		c.reach(MembersInPartition)
	}
}

// reachesChosen looks at a vote that made its value chosen.
func (c *stage) reachesChosen(f *fact.Fact) {
	if c.commands != nil && f.Kind == fact.Voted && len(f.Bytes) == 0 {
		c.reach(NothingChosen)
	}
	if c.minority {
		c.reach(BelowMajority)
	}
}

// reachesAgain is told of a slot that has votes in several ballots. It implements checker.WatchConfig.Again.
func (c *stage) reachesAgain(before uint64, same bool) {
	if !same {
		c.reach(TwoValues)
		return
	}
	c.reach(OldValueAgain)
	if owner := node.Ballot(before).ID(); owner > 0 && int(owner) <= c.config.Nodes && !c.machine(owner).host.Up() {
		c.reach(DeadValueAgain)
	}
}

// reachesHeal looks at the cluster when faults end.
func (c *stage) reachesHeal() {
	if _, led := c.roles.leader(); !led {
		c.reach(HealedLeaderless)
	}
	for i := range c.config.Nodes {
		if slot, _ := c.watch.StateOf(uint16(i + 1)); slot > 0 && slot+10 <= c.watch.Chosen() {
			c.reach(FarBehind)
		}
	}
}

// reachesPause looks at a machine that is paused or goes on.
func (c *stage) reachesPause(m *machineState, paused bool) {
	now := c.kernel.Now()
	switch {
	case paused && !m.condition.Paused:
		m.pausedAt = now
	case !paused && m.condition.Paused && m.pausedAt < m.leaseUntil && m.leaseUntil < now:
		c.reach(LeaseOutPaused)
	}
}

// reachesEnd adds what is plain only when the run is over.
func (c *stage) reachesEnd(s *Stats) {
	set := func(state Sometimes, on bool) {
		if on {
			s.Sometimes[state] = 1
		}
	}
	n, m := &s.Net, &s.Machines
	set(Overtaken, n.Reordered > 0)
	set(RepeatedLate, n.Redelivered > 0)
	set(FoundDamaged, n.Caught > 0)
	set(ConnectionBroke, n.Cut > 0)
	set(QueueFull, n.Overflowed > 0)
	set(HostOverrun, m.Slowed > 0)
	set(CommitHung, m.HungSyncs > 0)
	set(UnreadableRead, m.BadReads > 0)
	set(TornCommit, m.Torn > 0)
	set(WrittenOnWire, c.config.Encode)
	set(UnusualPath, c.unusual)
	if c.verdict.Kind != checker.Pass {
		return
	}
	set(CoreOnly, c.healed && len(c.plan.Outsiders()) > 0)
	for i := range c.config.Nodes {
		for _, k := range c.machines[i].damaged {
			set(DamageSurvived, k != faults.Wipe)
			set(WipeSurvived, k == faults.Wipe)
		}
	}
}
