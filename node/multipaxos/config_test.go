package multipaxos

import (
	"testing"

	"github.com/stretchr/testify/require"

	"simrun/node"
)

func TestConfigurationsThatCannotWorkAreRefused(t *testing.T) {
	five := []node.ID{1, 2, 3, 4, 5}
	var many []node.ID
	for i := range MaxNodes + 1 {
		many = append(many, node.ID(i+1))
	}
	for _, c := range []struct {
		name   string
		change func(*Config)
		err    string // "": legal
	}{
		{"default", func(c *Config) {}, ""},
		{"one replica", func(c *Config) { c.Nodes = five[:1] }, ""},
		{"the most replicas", func(c *Config) { c.Nodes = many[:MaxNodes] }, ""},
		{"too many", func(c *Config) { c.Nodes = many }, "129 voters"},
		{"none", func(c *Config) { c.Nodes = nil }, "0 voters"},
		{"no ID", func(c *Config) { c.Nodes = []node.ID{1, 0} }, "1 or more"},
		{"twice", func(c *Config) { c.Nodes = []node.ID{1, 2, 1} }, "replica 1 is listed twice"},
		{"quorums of 4 and 2", func(c *Config) { c.Phase1, c.Phase2 = 4, 2 }, ""},
		{"quorums that need not meet", func(c *Config) { c.Phase1, c.Phase2 = 3, 2 }, "need not meet"},
		{"a small quorum beside the default", func(c *Config) { c.Phase2 = 2 }, "need not meet"},
		{"a quorum of all", func(c *Config) { c.Phase1, c.Phase2 = 1, 5 }, ""},
		{"more than all", func(c *Config) { c.Phase1, c.Phase2 = 1, 6 }, "do not fit"},
		{"more than all, and so many that they meet", func(c *Config) { c.Phase1, c.Phase2 = 6, 1 }, "do not fit"},
		{"a negative quorum", func(c *Config) { c.Phase1, c.Phase2 = -1, 5 }, "do not fit"},
		{"no machine", func(c *Config) { c.Machine = nil }, "no state machine"},
		{"no heartbeat", func(c *Config) { c.Heartbeat = 0 }, "heartbeat"},
		{"patience below the heartbeat", func(c *Config) { c.ElectionMin = c.Heartbeat }, "election minimum"},
		{"backoff below the jitter", func(c *Config) { c.BackoffMax = c.ElectionJitter - 1 }, "backoff"},
		{"no retry", func(c *Config) { c.Retry = 0 }, "retry"},
		{"no window", func(c *Config) { c.Window = 0 }, "window"},
		{"a huge window", func(c *Config) { c.Window = ahead }, "window"},
		{"no batch", func(c *Config) { c.MaxBatch = 0 }, "batch"},
		{"a batch beyond the index", func(c *Config) { c.MaxBatch = 1 << 16 }, "batch"},
		{"no queue", func(c *Config) { c.MaxQueue = 0 }, "queue"},
		{"no catch-up", func(c *Config) { c.CatchUpBytes = 0 }, "catch-up"},
		{"no checkpoints", func(c *Config) { c.CheckpointEvery, c.Retain = 0, 0 }, ""},
		{"no alpha", func(c *Config) { c.Alpha = 0 }, "alpha"},
		{"no sessions", func(c *Config) { c.MaxSessions = 0 }, "sessions"},
		{"a read mode there is not", func(c *Config) { c.Reads = 3 }, "read mode 3"},
		{"reads by lease without a lease", func(c *Config) { c.Reads, c.Lease = ReadLease, 0 }, "need a lease"},
		{"clocks that stand still", func(c *Config) { c.DriftPPM = million }, "drift"},
		{"the most learners", func(c *Config) { c.Nodes, c.Learners = many[:1], many[1:] }, ""},
		{"too many learners", func(c *Config) { c.Nodes, c.Learners = []node.ID{100}, many }, "129 learners"},
		{"a learner that votes", func(c *Config) { c.Learners = five[:1] }, "listed twice"},
		{"waiting to be added", func(c *Config) { c.Found, c.Nodes = false, nil }, ""},
		{"no backoff", func(c *Config) { c.ElectionJitter, c.BackoffMax = 0, 0 }, ""},
		{"endless retention", func(c *Config) { c.Retain = 1 << 63 }, "retained"},
	} {
		config := DefaultConfig(five, newRegister)
		c.change(&config)
		if err := config.Validate(); c.err == "" {
			require.NoError(t, err, c.name)
		} else {
			require.ErrorContains(t, err, c.err, c.name)
		}
	}
}
