package scenarios

import (
	"testing"

	"github.com/stretchr/testify/require"

	"simrun/checker"
	"simrun/faults"
	"simrun/node"
	"simrun/node/fact"
)

// counting is an observer that counts what it is told, and finds fault with the reply of that number.
type counting struct {
	resets, submitted, replied, durable, rewritten, started int
	refuses                                                 int
}

func (o *counting) Reset(*Config)                                                   { o.resets++ }
func (o *counting) Submitted(uint32, uint64, uint64)                                { o.submitted++ }
func (o *counting) Replied(uint32, uint64, uint64)                                  { o.replied++ }
func (o *counting) Durable(node.ID, string, []byte)                                 { o.durable++ }
func (o *counting) Rewritten(node.ID, bool, func(each func(file string, b []byte))) { o.rewritten++ }
func (o *counting) Observed(node.ID, fact.Fact)                                     {}
func (o *counting) Started(node.ID)                                                 { o.started++ }
func (o *counting) Excused(node.ID)                                                 {}
func (o *counting) Applied(node.ID) (uint64, [2]uint64)                             { return 7, [2]uint64{} }
func (o *counting) Chosen() uint64                                                  { return 42 }
func (o *counting) Highest() uint64                                                 { return 0 }
func (o *counting) Converged() bool                                                 { return true }
func (o *counting) Violation() *checker.Violation {
	if o.refuses == 0 || o.replied < o.refuses {
		return nil
	}
	return &checker.Violation{Check: "counting", Shape: "enough", Detail: "that reply was one too many"}
}

// An observer is told what happens, is asked how far the replicas are, and what it finds ends the run.
func TestObserver(t *testing.T) {
	o := &counting{}
	spec := SingleDecree()
	spec.Name, spec.Observer = "observed", func() Observer { return o }
	s := Define(spec)
	cluster := s.NewCluster()
	defer cluster.Close()
	const seeds = 20
	var total Stats
	for seed := uint64(1); seed <= seeds; seed++ {
		c, p := s.Draw(seed, profile(t, faults.Default))
		r := Run(cluster, Input{Seed: seed, Config: c, Plan: p})
		require.Equal(t, checker.Pass, r.Verdict.Kind, "%v", r.Verdict)
		require.Equal(t, uint64(42), r.Stats.Chosen)
		total.Add(r.Stats)
	}
	require.Equal(t, seeds, o.resets)
	require.Equal(t, int(total.Called), o.submitted)
	require.Equal(t, int(total.Finished), o.replied)
	require.Greater(t, o.started, int(total.Restarts))
	require.Positive(t, o.durable)
	require.Positive(t, o.rewritten)

	*o = counting{refuses: 2}
	c, p := s.Draw(5, profile(t, faults.Default))
	r := Run(cluster, Input{Seed: 5, Config: c, Plan: p})
	require.Equal(t, "counting: enough", r.Verdict.Fingerprint)
	require.Equal(t, 2, o.replied, "the run stops at once")
}
