package multipaxos

import (
	"errors"
	"fmt"
	"math"

	"simrun/node"
	"simrun/node/machine"
)

// ahead is how many slots beyond its last applied one a replica votes. It bounds the log of a replica that votes but
// cannot catch up. A slot beyond is ignored, as if the message were lost, until the replica has caught up.
const ahead = 1 << 14

// ReadMode says how a leader answers reads.
type ReadMode uint8

const (
	// ReadLog puts reads into the log, as any command.
	ReadLog ReadMode = iota
	// ReadIndex answers from the state machine once a round of heartbeats, begun after the read came, has shown that
	// nobody else leads (Ongaro's dissertation, section 6.4).
	ReadIndex
	// ReadLease answers at once while the leader holds a lease, and as ReadIndex does otherwise.
	ReadLease
)

// Config is how a replica behaves. Replicas of one cluster may differ in everything except Machine; what they must agree
// on is in the log.
type Config struct {
	// Found makes a replica with an empty disk a founding member of a cluster that consists of the membership below. It is the
	// act of an operator, who must never do it again for a disk that was lost. Without it, an empty disk waits to be added.
	Found    bool
	Nodes    []node.ID // voters
	Learners []node.ID // that only learn
	Phase1   int       // voters in a phase-1 quorum; 0: a majority
	Phase2   int       // voters in a phase-2 quorum; 0: a majority
	Alpha    int       // a membership chosen for slot s governs slots from s + Alpha on, and no slot beyond is proposed until s is applied

	Machine func() machine.Machine // makes a state machine in its initial state

	Heartbeat      node.Local // between two signs of life of a leader
	ElectionMin    node.Local // how long a follower bears silence at least before it stands
	ElectionJitter node.Local // and up to this much longer, drawn each time; doubled for every election that failed
	BackoffMax     node.Local // up to this; with ElectionJitter 0 nobody ever backs off
	Retry          node.Local // after which what got no answer is sent again
	PreVote        bool       // ask around before standing, so as not to depose a leader who is well
	CheckQuorum    bool       // step down when no quorum was heard of for ElectionMin

	Window   int // slots in flight; 1 turns pipelining off
	MaxBatch int // commands in a slot; 1 turns batching off
	MaxQueue int // requests that wait for room in the window, or for a round; beyond, clients are told to come back later

	MaxSessions int // beyond which the session that was idle for longest is dropped when another is opened

	Reads    ReadMode
	Lease    node.Local // that a leader asks for with each heartbeat, with ReadLease
	DriftPPM int64      // how far clocks may run fast or slow, in parts per million: what leases rest on

	CatchUpBytes    int    // of values or image in one answer to a replica that is behind; a single larger value goes alone
	CheckpointEvery uint64 // slots between two checkpoints; 0: never
	Retain          uint64 // slots kept below a checkpoint for replicas that are a little behind
}

// DefaultConfig returns the configuration of a founding member that suits a local network with a round trip of a
// millisecond or so.
func DefaultConfig(nodes []node.ID, m func() machine.Machine) Config {
	return Config{
		Found: true, Nodes: nodes, Alpha: 128, Machine: m,
		Heartbeat:   20 * node.Millisecond,
		ElectionMin: 100 * node.Millisecond, ElectionJitter: 100 * node.Millisecond, BackoffMax: 2 * node.Second,
		Retry: 30 * node.Millisecond, PreVote: true, CheckQuorum: true,
		Window: 64, MaxBatch: 64, MaxQueue: 4096, MaxSessions: 4096,
		Reads: ReadIndex, Lease: 100 * node.Millisecond, DriftPPM: 1000,
		CatchUpBytes: 64 << 10, CheckpointEvery: 1000, Retain: 500,
	}
}

// membership is the founding one.
func (c *Config) membership() Membership {
	return Membership{Voters: c.Nodes, Learners: c.Learners, Phase1: c.Phase1, Phase2: c.Phase2}
}

// Validate refuses configurations that are unsafe or cannot work.
func (c Config) Validate() error {
	if m := c.membership(); c.Found || len(c.Nodes) > 0 {
		if err := m.Validate(); err != nil {
			return err
		}
	}
	if c.Machine == nil {
		return errors.New("multipaxos: no state machine")
	}
	if c.Reads > ReadLease {
		return fmt.Errorf("multipaxos: there is no read mode %d", c.Reads)
	}
	backoffMin := int64(0)
	if c.ElectionJitter > 0 {
		backoffMin = int64(c.ElectionJitter)
	}
	for _, b := range []struct {
		name   string
		v, min int64
		max    int64
	}{
		{"heartbeat", int64(c.Heartbeat), 1, math.MaxInt64},
		{"election minimum", int64(c.ElectionMin), int64(c.Heartbeat) + 1, math.MaxInt64 / 4},
		{"election jitter", int64(c.ElectionJitter), 0, math.MaxInt64 / 4},
		{"backoff maximum", int64(c.BackoffMax), backoffMin, math.MaxInt64 / 4},
		{"retry", int64(c.Retry), 1, math.MaxInt64},
		{"alpha", int64(c.Alpha), 1, ahead / 2},
		{"window", int64(c.Window), 1, ahead / 2},
		{"batch", int64(c.MaxBatch), 1, maxBatch},
		{"queue", int64(c.MaxQueue), 1, math.MaxInt32},
		{"sessions", int64(c.MaxSessions), 1, math.MaxInt32},
		{"lease", int64(c.Lease), 0, math.MaxInt64 / (4 * million)},
		{"drift", c.DriftPPM, 0, million - 1},
		{"catch-up bytes", int64(c.CatchUpBytes), 1, math.MaxInt32},
		{"checkpoint interval", int64(min(c.CheckpointEvery, math.MaxInt64)), 0, 1 << 40},
		{"retained slots", int64(min(c.Retain, math.MaxInt64)), 0, 1 << 40},
	} {
		if b.v < b.min || b.v > b.max {
			return fmt.Errorf("multipaxos: %s is %d, and must be from %d to %d", b.name, b.v, b.min, b.max)
		}
	}
	if c.Reads == ReadLease && c.Lease == 0 {
		return errors.New("multipaxos: reads by lease need a lease")
	}
	return nil
}
