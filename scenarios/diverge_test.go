package scenarios

import (
	"testing"

	"github.com/stretchr/testify/require"

	"simrun/faults"
	"simrun/node"
)

// The first event at which two runs part is named, with what each did there.
func TestDiverge(t *testing.T) {
	made := 0 // replicas, by all runs: nothing that a protocol may know
	s := rogues(func() *rogue {
		made++
		mine := made
		return &rogue{turn: func(env node.Env[whisper]) {
			env.SetTimer(1, node.Local(mine)*node.Microsecond)
			env.Logf("set to %d", uint64(mine))
		}}
	})
	in := Input{Seed: 1}
	in.Config, in.Plan = s.Draw(1, profile(t, faults.Calm))
	oneOfEach(&in)
	d, ok := Diverge(s, in, nil)
	require.True(t, ok)
	require.NotZero(t, d.Event)
	require.NotEqual(t, d.First, d.Second)
	require.Contains(t, d.String(), "; or: at ")

	// The events before it are the same, and it is not.
	a, b := s.NewCluster(), s.NewCluster()
	made = 0
	a.Reset(in)
	b.Reset(in)
	for n := range d.Event {
		a.Run(n)
		b.Run(n)
		require.Equal(t, a.Hash(), b.Hash(), "event %d", n)
	}
	a.Run(d.Event)
	b.Run(d.Event)
	require.NotEqual(t, a.Hash(), b.Hash())

	_, ok = Diverge(rogues(func() *rogue { return &rogue{} }), in, func() {})
	require.False(t, ok)
	require.Equal(t, "event 3: the same, with another outcome", Divergence{Event: 3, First: "the same", Second: "the same"}.String())
}
