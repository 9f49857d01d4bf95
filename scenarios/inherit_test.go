package scenarios

import (
	"testing"

	"github.com/stretchr/testify/require"

	"simrun/checker"
	"simrun/faults"
	"simrun/node"
	"simrun/node/multipaxos"
)

// lone is a replica that inherits nothing.
type lone struct{ node.Node[multipaxos.Message] }

// poisoned is a replica that inherits memory full of nonsense.
type poisoned struct {
	*multipaxos.Replica
	inherited *int
}

func (p poisoned) Inherit(former node.Node[multipaxos.Message]) {
	f := former.(poisoned).Replica
	f.Poison()
	p.Replica.Inherit(f)
	*p.inherited++
}

// A run in which replicas inherit the memory of former ones, of this run and of others before it, is the same as one in which each has memory of its own: neither what
// was in it nor who else may still hold it shows.
func TestReplicasInheritMemoryAndNothingElse(t *testing.T) {
	spec := OnLog(newKV)
	spec.Name, spec.Doc, spec.Reads, spec.Leads, spec.Workload = "kv-inherits", "kv", true, "election", Registers{}
	make, inherited := spec.Replica, 0
	with := func(wrap func(*multipaxos.Replica) node.Node[multipaxos.Message], unwrap func(node.Node[multipaxos.Message]) node.Node[multipaxos.Message]) Scenario {
		s := spec
		s.Replica = func(id node.ID, c *Config) node.Node[multipaxos.Message] {
			return wrap(make(id, c).(*multipaxos.Replica))
		}
		s.Holds = func(n node.Node[multipaxos.Message]) checker.Holding { return holding(unwrap(n)) }
		return Define(s)
	}
	alone := with(func(r *multipaxos.Replica) node.Node[multipaxos.Message] { return lone{r} },
		func(n node.Node[multipaxos.Message]) node.Node[multipaxos.Message] { return n.(lone).Node })
	heirs := with(func(r *multipaxos.Replica) node.Node[multipaxos.Message] { return poisoned{r, &inherited} },
		func(n node.Node[multipaxos.Message]) node.Node[multipaxos.Message] { return n.(poisoned).Replica }).NewCluster()
	boots := uint64(0)
	for seed := range uint64(60) {
		c, p := alone.Draw(seed, profile(t, faults.Storm))
		in := Input{Seed: seed, Config: c, Plan: p}
		want, got := Run(alone.NewCluster(), in), Run(heirs, in)
		require.Equal(t, want.Hash, got.Hash, "seed %d", seed)
		require.Equal(t, want.Stats, got.Stats, "seed %d", seed)
		require.Equal(t, want.Verdict, got.Verdict, "seed %d", seed)
		boots += uint64(c.Nodes)
	}
	require.Greater(t, inherited, int(boots), "replicas that boot in the course of a run inherit, too")
}
