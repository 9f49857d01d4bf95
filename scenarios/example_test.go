package scenarios_test

import (
	"context"
	"fmt"

	"simrun/checker"
	"simrun/faults"
	"simrun/scenarios"
)

// A sweep hands out its results in the order of the seeds, whatever the number of workers.
func ExampleSweep() {
	s, _ := scenarios.Find("single-decree")
	profile, _ := faults.FindProfile(faults.Default)
	sweep := scenarios.Sweep{Scenario: s, Profile: profile, Seeds: scenarios.SeedRange(1, 50), Jobs: 2}
	passed := 0
	_ = sweep.Run(context.Background(), func(r scenarios.Result) bool {
		if r.Verdict.Kind == checker.Pass {
			passed++
		}
		return true // go on
	})
	fmt.Println(passed, "of", sweep.Seeds.Len())
	// Output: 50 of 50
}

// Seeds are written as on the command line.
func ExampleParseSeeds() {
	seeds, _ := scenarios.ParseSeeds("7,20-29,0x40")
	fmt.Println(seeds.Len(), seeds.Slice(1, 4), seeds)
	// Output: 12 20-23 7,20-29,64
}
