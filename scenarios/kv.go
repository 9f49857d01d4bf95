package scenarios

import (
	"encoding/binary"
	"errors"

	"simrun/checker"
	"simrun/node"
	"simrun/node/machine"
	"simrun/node/multipaxos"
	"simrun/sim/stream"
)

// kv is the scenario "kv": a key-value store on a Multi-Paxos log, under reads, writes and compare-and-sets.
func kv() Scenario {
	s := OnLog(newKV)
	s.Name = "kv"
	s.Doc = "Multi-Paxos: clients get, put and compare-and-set keys of a replicated store, which must be linearizable"
	s.Reads = true
	s.Leads = "election"
	s.Workload = Registers{}
	s.Points = multipaxos.PointNames[:]
	s.Demands = func(Sometimes) bool { return true }
	return Define(s)
}

func newKV() machine.Machine { return new(machine.KV) }

// OnLog returns what scenarios have in common that run a state machine on a Multi-Paxos log. It lacks a name, a line about it, and a workload.
func OnLog(newMachine func() machine.Machine) Spec[multipaxos.Message, *multipaxos.Message] {
	return Spec[multipaxos.Message, *multipaxos.Message]{
		Knobs: []Knob{
			{Name: "heartbeat", Doc: "between two signs of life of a leader, in microseconds", Calm: 20_000, Min: 1, Max: 10_000_000, Draw: []int64{10_000, 20_000, 30_000}, Local: true, Time: true},
			{Name: "election", Doc: "how long a follower bears silence at least, in microseconds; the most is twice that", Calm: 100_000, Min: 2, Max: 100_000_000, Draw: []int64{50_000, 100_000, 150_000}, Local: true, Time: true},
			{Name: "window", Doc: "slots in flight", Calm: 16, Min: 1, Max: 4096, Draw: []int64{1, 2, 16, 64}, Local: true},
			{Name: "batch", Doc: "commands in a slot", Calm: 1, Min: 1, Max: 4096, Draw: []int64{1, 1, 2, 64}, Local: true},
			{Name: "queue", Doc: "commands that a leader lets wait", Calm: 1024, Min: 1, Max: 1 << 20, Draw: []int64{1, 4, 1024}, Local: true},
			{Name: "catchUpBytes", Doc: "of values in one answer to a replica that is behind", Calm: 65_536, Min: 1, Max: 1 << 30, Draw: []int64{1, 256, 65_536}, Local: true},
			{Name: "checkpoint", Doc: "slots between two checkpoints; 0 for none", Calm: 0, Min: 0, Max: 1 << 40, Draw: []int64{0, 3, 10, 1000}, Local: true},
			{Name: "retain", Doc: "slots kept below a checkpoint", Calm: 1000, Min: 0, Max: 1 << 40, Draw: []int64{0, 2, 100}, Local: true},
			{Name: "sessions", Doc: "sessions at most; beyond, the one idle for longest is dropped", Calm: 1000, Min: 1, Max: 1 << 20, Draw: []int64{2, 8, 1000, 1000}, Local: true},
			{Name: "reads", Doc: "how reads are answered: 0 through the log, 1 by read-index, 2 by lease", Calm: 0, Min: 0, Max: 2, Draw: []int64{0, 1, 2}, Local: true},
			{Name: "preVote", Doc: "1: ask around before standing for election", Calm: 1, Min: 0, Max: 1, Draw: []int64{0, 1}, Local: true},
			{Name: "checkQuorum", Doc: "1: a leader that hears of no quorum steps down", Calm: 1, Min: 0, Max: 1, Draw: []int64{0, 1}, Local: true},
			{Name: "alpha", Doc: "slots from the choice of a membership to its coming into force, and the most that are in flight", Calm: 128, Min: 1, Max: 4096, Draw: []int64{1, 8, 128}},
			{Name: "perturb", Doc: "chance of the unusual legal path at each point that has one, in parts per million", Calm: 0, Min: 0, Max: 1_000_000, Draw: []int64{0, 0, 10_000, 200_000}},
			{Name: "phase2", Doc: "how far the phase-2 quorum is below a majority; phase 1 makes up for it", Calm: 0, Min: 0, Max: MaxNodes, Draw: []int64{0, 0, 0, 1}},
		},
		Draw: func(s *stream.Stream, c *Config) {
			c.Operations = s.Int(30, 90)
			if c.Knob("reads") == int64(multipaxos.ReadLease) {
				c.ClockJumpMax = 0 // a clock that jumps is beyond what a lease can bear
			}
			if c.Spares > 0 { // few operations are not to keep a membership from coming into force
				c.Knobs["alpha"] = pick[int64](s, 1, 8)
			}
		},
		Check: func(c *Config) error {
			if c.Knob("heartbeat") >= c.Knob("election") {
				return errors.New(`the knob "heartbeat" must be below the knob "election"`)
			}
			return nil
		},
		Quorums: flexibleQuorums,
		Replica: func(id node.ID, c *Config) node.Node[multipaxos.Message] {
			m := multipaxosConfig(c, newMachine)
			m.Found = c.Founder(id)
			return multipaxos.New(id, m)
		},
		Facts:       multipaxos.DurableFacts,
		Commands:    multipaxos.Commands,
		ValueName:   multipaxos.ValueName,
		Holds:       holding,
		MaxSessions: func(c *Config) uint64 { return uint64(c.Knob("sessions")) },
		Sessions:    true,
		Files:       []string{multipaxos.File, multipaxos.VowFile},
		Replaced:    []string{multipaxos.VowFile},
		BearsDeaf:   func(c *Config) bool { return c.Knob("checkQuorum") == 1 },
		BearsJumps:  func(c *Config) bool { return c.Knob("reads") != int64(multipaxos.ReadLease) },
		Repairs:     true,
		Wipes:       true,
		Lie:         lieOnLog,
		Members: &Members{
			Alpha:  func(c *Config) uint64 { return uint64(c.Knob("alpha")) },
			Find:   multipaxos.Memberships,
			Decode: decodeMembers,
			Encode: func(dst []byte, c *Config, after uint64, voters, learners []node.ID) []byte {
				m := multipaxos.Change{After: after, Membership: multipaxos.Membership{Voters: voters, Learners: learners}}
				if c.Knob("phase2") > 0 {
					m.Phase1, m.Phase2 = flexible(c, len(voters))
				}
				return m.Append(dst)
			},
			Transfer: func(dst []byte, to node.ID) []byte { return binary.AppendUvarint(dst, uint64(to)) },
		},
		Messages:    uint8(multipaxos.Synced) - 1,
		MessageName: func(kind uint8) string { return multipaxos.Kind(kind).String() },
	}
}

// holding tells what a replica holds.
func holding(n node.Node[multipaxos.Message]) checker.Holding {
	r := n.(*multipaxos.Replica)
	e, m := r.Extent(), r.Metrics()
	return checker.Holding{Floor: e.Floor, Snapshot: e.Snapshot, Applied: e.Applied, Known: e.Known, Log: m.Log, Sessions: uint64(m.Sessions)}
}

// decodeMembers reads a membership for the checks.
func decodeMembers(encoded []byte) (m checker.Members, ok bool) {
	d, err := multipaxos.DecodeChange(encoded)
	if err != nil {
		return m, false
	}
	for _, id := range d.Voters {
		m.Voters = append(m.Voters, uint16(id))
	}
	for _, id := range d.Learners {
		m.Learners = append(m.Learners, uint16(id))
	}
	m.Phase1, m.Phase2 = d.Quorums()
	m.After = d.After
	return m, true
}

// multipaxosConfig translates the configuration of a run for the protocol.
func multipaxosConfig(c *Config, newMachine func() machine.Machine) multipaxos.Config {
	m := multipaxos.DefaultConfig(shape(c).Nodes[:c.Founders()], newMachine)
	if c.Knob("phase2") > 0 { // otherwise the protocol's own majorities
		m.Phase1, m.Phase2 = flexibleQuorums(c)
	}
	m.MaxSessions, m.Alpha = int(c.Knob("sessions")), int(c.Knob("alpha"))
	m.Reads = multipaxos.ReadMode(c.Knob("reads"))
	m.PreVote, m.CheckQuorum = c.Knob("preVote") == 1, c.Knob("checkQuorum") == 1
	m.DriftPPM = c.ClockDriftMax
	m.Heartbeat = node.Local(c.Knob("heartbeat")) * node.Microsecond
	m.ElectionMin = node.Local(c.Knob("election")) * node.Microsecond
	m.ElectionJitter, m.Lease = m.ElectionMin, m.ElectionMin
	m.Window, m.MaxBatch, m.MaxQueue = int(c.Knob("window")), int(c.Knob("batch")), int(c.Knob("queue"))
	m.CatchUpBytes = int(c.Knob("catchUpBytes"))
	m.CheckpointEvery, m.Retain = uint64(c.Knob("checkpoint")), uint64(c.Knob("retain"))
	return m
}
