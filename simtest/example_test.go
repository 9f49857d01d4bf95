package simtest_test

import (
	"fmt"

	"simrun/faults"
	"simrun/scenarios"
)

// A run in three lines: draw what a seed stands for, run it, and look at the verdict.
func Example() {
	s := toys("example", 1)
	calm, _ := faults.FindProfile(faults.Calm)
	in := scenarios.Input{Seed: 7}
	in.Config, in.Plan = s.Draw(in.Seed, calm)
	r := scenarios.Run(s.NewCluster(), in)
	fmt.Println(r.Verdict.Kind, r.Stats.Called, r.Stats.Finished)
	// Output: pass 33 33
}
