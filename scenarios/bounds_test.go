package scenarios

import (
	"testing"

	"github.com/stretchr/testify/require"

	"simrun/checker"
	"simrun/faults"
	"simrun/node"
	"simrun/node/multipaxos"
)

// What replicas hold is held against its bounds, when one answers and when faults end.
func TestBoundsAreWatched(t *testing.T) {
	for shape, spoil := range map[string]func(*checker.Holding){
		"bounds: log begins behind the snapshot":  func(h *checker.Holding) { h.Floor = h.Snapshot + 1 },
		"bounds: snapshot beyond what is applied": func(h *checker.Holding) { h.Snapshot = h.Applied + 1 },
		"bounds: known beyond what is chosen":     func(h *checker.Holding) { h.Known += 1000 },
		"bounds: applied beyond what is known":    func(h *checker.Holding) { h.Known = h.Applied - 1 },
		"bounds: too many sessions":               func(h *checker.Holding) { h.Sessions = 1 << 40 },
	} {
		spec := OnLog(newKV)
		spec.Name, spec.Workload = "spoilt", Registers{}
		spec.Holds = func(n node.Node[multipaxos.Message]) checker.Holding {
			h := holding(n)
			if h.Applied > 3 {
				spoil(&h)
			}
			return h
		}
		r := Run(newCluster(&spec), inputOf(t, kv(), 3, faults.Calm))
		require.Equal(t, shape, r.Verdict.Fingerprint)
	}
}

// A client that is told two results of one command is what exactly once is about, also if it heeds only the first.
func TestAnswersAreCompared(t *testing.T) {
	spec := OnLog(newKV)
	spec.Workload = Registers{}
	c := newCluster(&spec).(*cluster[multipaxos.Message, *multipaxos.Message])
	c.Reset(inputOf(t, kv(), 3, faults.Calm))
	for c.stats.Finished == 0 {
		_, done := c.Run(c.kernel.Events() + 1)
		require.False(t, done)
	}
	for i := range c.crowd.clients {
		if x := &c.crowd.clients[i]; x.open == none && len(x.calls) > 0 && c.history.Ops[x.calls[0]].Kind != checker.Get {
			c.Reply(x.id, 1, &node.Reply{Seq: 1, Status: node.OK, Output: []byte("another")})
		}
	}
	require.Equal(t, "once: two results of one command", c.verdict.Fingerprint)
}
