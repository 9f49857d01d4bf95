package gallery

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"simrun/checker"
	"simrun/scenarios"
)

// Sizes that a protocol cannot have are refused, and not found out in the middle of a run.
func TestSizesRefused(t *testing.T) {
	for _, c := range []struct {
		name  string
		nodes int
		want  string
	}{
		{"learners", 2, "config: nodes is 2, and there must be 3 acceptors at least"},
		{"learners", 3, ""}, {"learners", scenarios.MaxNodes, ""},
		{"lightweight", 65, "config: nodes is 65, and the protocol takes at most 64"}, {"lightweight", 64, ""},
		{"two-phase-commit", 4, "config: nodes is 4 and spares 0: there must be 3 replicas for each group, and no spares"},
	} {
		s, err := scenarios.Find(c.name)
		require.NoError(t, err)
		in := scenarios.Input{Seed: 1}
		in.Config, _ = s.Draw(1, noFaults)
		in.Config.Nodes, in.Config.Script = c.nodes, nil
		if c.want == "" {
			require.NoError(t, s.Check(in), c.name)
		} else {
			require.EqualError(t, s.Check(in), c.want)
		}
	}
}

// A script has operations that the clients of its scenario know, and no others. All that seeds make up are among these.
func TestScriptsHaveTheirScenariosOperations(t *testing.T) {
	for _, c := range []struct {
		name     string
		workload scenarios.Vocabulary
		not      string
	}{
		{"bank", accounts{}, "balances"}, {"inventory", stock{}, "acquire"}, {"lock-service", locking{}, "total"}, {"meeting-room", bookings{}, "put"},
		{"two-phase-commit", ledgers{}, "list"}, {"lightweight", rows{}, "elements"}, {"learners", scenarios.Proposals{}, "get"}, {"paxos-log", scenarios.Registers{}, "try-cas"},
	} {
		s, err := scenarios.Find(c.name)
		require.NoError(t, err)
		in := scenarios.Input{Seed: 2}
		in.Config, _ = s.Draw(in.Seed, noFaults)
		in.Config.Operations = 1
		do := func(kind string) error {
			in.Config.Script = []scenarios.Call{{Client: 1, Do: kind}}
			return s.Check(in)
		}
		require.ErrorContains(t, do(c.not), "config: call 1 of the script: clients of this scenario do not "+c.not+": there are ", c.name)
		for _, kind := range c.workload.Kinds() {
			require.NoError(t, do(kind.String()), c.name)
		}
		made := map[checker.OpKind]bool{}
		for i := range 2000 {
			kind := c.workload.Operation(&in.Config, uint64(i)*0x9e3779b97f4a7c15, i%3).Kind
			require.True(t, slices.Contains(c.workload.Kinds(), kind), "%s: %v", c.name, kind)
			made[kind] = true
		}
		require.NotEmpty(t, made)
	}
}
