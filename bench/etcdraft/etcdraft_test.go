package etcdraft

import (
	"testing"

	"simrun/checker"
	"simrun/faults"
	"simrun/scenarios"
	"simrun/scenarios/speed"
)

// Raft answers every client, all replicas come to one state, what clients saw is linearizable, and a seed has one hash.
func TestRaftWorks(t *testing.T) {
	for _, batch := range []int{1, 64} {
		l := speed.Saturated(5, 64, batch).InOrder()
		l.Config.Operations, l.Config.Horizon = 5000, 5*faults.Second
		var hashes []string
		for range 2 {
			r := scenarios.Run(Scenario().NewCluster(), l.Input)
			if r.Verdict.Kind != checker.Pass || r.Stats.Finished < 5000 {
				t.Fatalf("%v %s, %d finished", r.Verdict.Kind, r.Verdict.Detail, r.Stats.Finished)
			}
			hashes = append(hashes, r.Hash.String())
		}
		if hashes[0] != hashes[1] {
			t.Fatalf("batch %d: %v", batch, hashes)
		}
	}
}
