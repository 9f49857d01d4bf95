package multipaxos

import (
	"errors"
	"fmt"
	"math"

	"simrun/node"
	"simrun/node/machine"
)

// MaxNodes is the largest number of replicas in a cluster: sets of them are kept in one word.
const MaxNodes = 64

// ahead is how many slots beyond its last applied one a replica votes. It bounds the log of a replica that votes but
// cannot catch up. A slot beyond is ignored, as if the message were lost, until the replica has caught up.
const ahead = 1 << 14

// Config is what all replicas of a cluster must agree on, and how each of them behaves.
type Config struct {
	Nodes  []node.ID // the members, the same list at every replica
	Phase1 int       // replicas in a phase-1 quorum; 0: a majority
	Phase2 int       // replicas in a phase-2 quorum; 0: a majority

	Machine func() machine.Machine // makes a state machine in its initial state

	Heartbeat      node.Local // between two signs of life of a leader
	ElectionMin    node.Local // how long a follower bears silence at least before it stands
	ElectionJitter node.Local // and up to this much longer, drawn each time; doubled for every election that failed
	BackoffMax     node.Local // up to this
	Retry          node.Local // after which what got no answer is sent again

	Window       int // slots in flight
	MaxBatch     int // commands in a slot; 1 turns batching off
	MaxQueue     int // commands that wait for room in the window; beyond, clients are told to come back later
	CatchUpBytes int // of values in one answer to a replica that is behind; a single larger value goes alone

	CheckpointEvery uint64 // slots between two checkpoints; 0: never
	Retain          uint64 // slots kept below a checkpoint for replicas that are a little behind
}

// DefaultConfig returns a configuration that suits a local network with a round trip of a millisecond or so.
func DefaultConfig(nodes []node.ID, m func() machine.Machine) Config {
	return Config{
		Nodes: nodes, Machine: m,
		Heartbeat:   20 * node.Millisecond,
		ElectionMin: 100 * node.Millisecond, ElectionJitter: 100 * node.Millisecond, BackoffMax: 2 * node.Second,
		Retry:  30 * node.Millisecond,
		Window: 64, MaxBatch: 64, MaxQueue: 4096, CatchUpBytes: 64 << 10,
		CheckpointEvery: 1000, Retain: 500,
	}
}

func majority(n int) int { return n/2 + 1 }

// quorums returns the sizes of phase-1 and phase-2 quorums.
func (c *Config) quorums() (phase1, phase2 int) {
	phase1, phase2 = c.Phase1, c.Phase2
	if phase1 == 0 {
		phase1 = majority(len(c.Nodes))
	}
	if phase2 == 0 {
		phase2 = majority(len(c.Nodes))
	}
	return phase1, phase2
}

// Validate refuses configurations that are unsafe or cannot work.
func (c Config) Validate() error {
	if err := c.validateMembers(); err != nil {
		return err
	}
	if c.Machine == nil {
		return errors.New("multipaxos: no state machine")
	}
	for _, b := range []struct {
		name   string
		v, min int64
		max    int64
	}{
		{"heartbeat", int64(c.Heartbeat), 1, math.MaxInt64},
		{"election minimum", int64(c.ElectionMin), int64(c.Heartbeat) + 1, math.MaxInt64 / 4},
		{"election jitter", int64(c.ElectionJitter), 0, math.MaxInt64 / 4},
		{"backoff maximum", int64(c.BackoffMax), int64(c.ElectionJitter), math.MaxInt64 / 4},
		{"retry", int64(c.Retry), 1, math.MaxInt64},
		{"window", int64(c.Window), 1, ahead / 2},
		{"batch", int64(c.MaxBatch), 1, math.MaxUint16},
		{"queue", int64(c.MaxQueue), 1, math.MaxInt32},
		{"catch-up bytes", int64(c.CatchUpBytes), 1, math.MaxInt32},
		{"checkpoint interval", int64(min(c.CheckpointEvery, math.MaxInt64)), 0, 1 << 40},
		{"retained slots", int64(min(c.Retain, math.MaxInt64)), 0, 1 << 40},
	} {
		if b.v < b.min || b.v > b.max {
			return fmt.Errorf("multipaxos: %s is %d, and must be from %d to %d", b.name, b.v, b.min, b.max)
		}
	}
	return nil
}

func (c *Config) validateMembers() error {
	n := len(c.Nodes)
	if n == 0 || n > MaxNodes {
		return fmt.Errorf("multipaxos: %d replicas, and there must be from 1 to %d", n, MaxNodes)
	}
	for i, id := range c.Nodes {
		if id == 0 {
			return errors.New("multipaxos: a replica's ID is 1 or more")
		}
		for _, other := range c.Nodes[:i] {
			if id == other {
				return fmt.Errorf("multipaxos: replica %d is listed twice", id)
			}
		}
	}
	// Howard, Malkhi, Spiegelman, "Flexible Paxos": every phase-1 quorum must meet every phase-2 quorum, no more.
	phase1, phase2 := c.quorums()
	if phase1 < 1 || phase1 > n || phase2 < 1 || phase2 > n {
		return fmt.Errorf("multipaxos: quorums of %d and %d do not fit %d replicas", phase1, phase2, n)
	}
	if phase1+phase2 <= n {
		return fmt.Errorf("multipaxos: a phase-1 quorum of %d need not meet a phase-2 quorum of %d among %d replicas", phase1, phase2, n)
	}
	return nil
}
