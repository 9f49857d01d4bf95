package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"simrun/faults"
	"simrun/scenarios"
	"simrun/scenarios/strategies"
)

// seekFlags are what "simrun seek" was asked for.
type seekFlags struct {
	strategy, profile, artifact string
	seed, count                 uint64
	jobs                        int
	patience                    time.Duration
}

// seekCommand looks for the first violation of one scenario, and writes one line of JSON: what "simrun mutants" asks of the programs
// that it compiles. It is not listed in the help.
func seekCommand(t *term, status *int) *cobra.Command {
	var f seekFlags
	c := &cobra.Command{
		Use: "seek SCENARIO", Short: "look for the first violation, for programs", Hidden: true,
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) != 1 {
				return fmt.Errorf("seek takes one scenario, and there are %d", len(args))
			}
			s, err := f.run(c.Context(), t, args[0])
			*status = s
			return err
		},
	}
	fs := c.Flags()
	fs.StringVar(&f.strategy, "strategy", strategies.Swarm, "how inputs are made up")
	fs.StringVar(&f.profile, "profile", faults.Default, "how bad the weather is")
	fs.Uint64Var(&f.seed, "seed", 1, "of the first run")
	fs.Uint64Var(&f.count, "count", defaultCount, "how many runs to spend")
	fs.IntVar(&f.jobs, "jobs", 1, "how many to run at once")
	fs.DurationVar(&f.patience, "watchdog", scenarios.DefaultPatience, "give up a run when a handler takes longer than this")
	fs.StringVar(&f.artifact, "artifact", "", "save the violation here")
	return c
}

// sought is what "simrun seek" writes.
type sought struct {
	Found       bool    `json:"found"`
	Runs        uint64  `json:"runs"`
	Events      uint64  `json:"events"`
	Seconds     float64 `json:"seconds"` // by the wall clock
	Seed        uint64  `json:"seed,omitempty"`
	Fingerprint string  `json:"fingerprint,omitempty"`
	Detail      string  `json:"detail,omitempty"`
	States      uint64  `json:"states"` // distinct
}

func (f seekFlags) run(ctx context.Context, t *term, name string) (int, error) {
	s, err := scenarios.Find(name)
	if err != nil {
		return exitUsage, err
	}
	profile, err := faults.FindProfile(f.profile)
	switch {
	case err != nil:
		return exitUsage, err
	case f.jobs < 1 || f.jobs > maxJobs:
		return exitUsage, fmt.Errorf("--jobs is %d, and must be from 1 to %d", f.jobs, maxJobs)
	case f.patience < minPatience:
		return exitUsage, badPatience(f.patience)
	case f.count == 0 || f.seed+f.count < f.seed:
		return exitUsage, fmt.Errorf("--seed %d --count %d is no range of seeds", f.seed, f.count)
	}
	began := time.Now()
	search := strategies.Search{
		Scenario: s, Strategy: f.strategy, Profile: profile, First: f.seed, Budget: f.count, Jobs: f.jobs, Patience: f.patience,
	}
	o, err := search.Run(ctx)
	if ctx.Err() != nil {
		return exitInterrupted, nil
	}
	if err != nil {
		return exitUsage, err
	}
	answer := sought{
		Found: o.Found, Runs: o.Runs, Events: o.Events, Seconds: time.Since(began).Seconds(), Seed: o.Result.Seed,
		Fingerprint: o.Result.Verdict.Fingerprint, Detail: o.Result.Verdict.Detail, States: o.Species.Distinct(),
	}
	text, err := json.Marshal(answer)
	if err != nil {
		return exitUsage, err
	}
	t.printf("%s\n", text)
	if !o.Found {
		return exitPass, t.failed()
	}
	if f.artifact != "" {
		a := scenarios.NewArtifact(identity(), s, profile, o.Result, nil)
		if err := a.Save(f.artifact); err != nil {
			return exitViolation, err
		}
	}
	return exitViolation, t.failed()
}
