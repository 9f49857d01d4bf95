package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"simrun/checker"
	"simrun/faults"
	"simrun/scenarios"
)

// censusFlags are what "simrun census" was asked for.
type censusFlags struct {
	count uint64
	jobs  int
}

func censusCommand(t *term, status *int) *cobra.Command {
	var f censusFlags
	c := &cobra.Command{
		Use: "census", Short: "count what each kind of fault did in fixed sweeps, and which states were reached", Args: noArguments,
		Long: "Census sweeps the first seeds of the scenarios kv and single-decree under the profiles default, storm and byzantine, and writes two tables in Markdown: each kind of " +
			"fault with its parameters, how many began and how many messages, replicas or clients these did something to; and each state that runs should come to now and then, with " +
			"the runs that did. What should have happened and never did ends it with exit status 3.",
		RunE: func(c *cobra.Command, _ []string) error {
			if f.count < 1 || f.count > maxCensus {
				return fmt.Errorf("--count is %d, and must be from 1 to %d", f.count, maxCensus)
			}
			if f.jobs < 1 || f.jobs > maxJobs {
				return fmt.Errorf("--jobs is %d, and must be from 1 to %d", f.jobs, maxJobs)
			}
			s, err := f.run(c.Context(), t)
			*status = s
			return err
		},
	}
	c.Flags().Uint64Var(&f.count, "count", scenarios.CensusSeeds, "seeds in each sweep")
	c.Flags().IntVar(&f.jobs, "jobs", 2, "how many seeds to run at once; results do not depend on it")
	return c
}

const maxCensus = 100_000_000

// counted is a sweep that is counted.
type counted struct {
	scenario scenarios.Scenario
	profile  faults.Profile
	total    scenarios.Stats
	verdicts [checker.Nondeterministic + 1]uint64
}

func (f *censusFlags) run(ctx context.Context, t *term) (int, error) {
	var sweeps []*counted
	for _, of := range [][2]string{
		{"kv", faults.Default}, {"kv", faults.Storm}, {"single-decree", faults.Default}, {"single-decree", faults.Storm}, {"kv", faults.Lying}, {"single-decree", faults.Lying},
	} {
		s, err := scenarios.Find(of[0])
		if err != nil {
			return exitUsage, err
		}
		p, err := faults.FindProfile(of[1])
		if err != nil {
			return exitUsage, err
		}
		c := &counted{scenario: s, profile: p}
		sweeps = append(sweeps, c)
		bar := newProgress(t, s.Name+" "+p.Name, f.count)
		err = scenarios.Sweep{Scenario: s, Profile: p, Seeds: scenarios.SeedRange(1, f.count), Jobs: f.jobs}.Run(ctx, func(r scenarios.Result) bool {
			c.total.Add(r.Stats)
			c.verdicts[r.Verdict.Kind]++
			bar.step(r)
			return true
		})
		bar.done()
		if err != nil {
			break
		}
	}
	cut := ctx.Err() != nil
	if cut {
		sweeps = slices.DeleteFunc(sweeps, func(c *counted) bool { return c.total.Runs == 0 })
	}
	if len(sweeps) == 0 {
		return exitInterrupted, nil
	}
	t.printf("# What happens in a sweep\n\nMade by `go run ./cmd/simrun census --count %d`: the seeds 1 to %d of each.\n\n", f.count, f.count)
	if cut {
		t.printf("**Interrupted: the tables are those of the seeds that were run until then.**\n\n")
	}
	never := verdictTable(t, sweeps) + faultTable(t, sweeps) + roleTable(t, sweeps) + stateTable(t, sweeps)
	switch {
	case cut:
		return exitInterrupted, t.failed()
	case never > 0:
		return exitUnproved, t.failed()
	}
	return exitPass, t.failed()
}

// verdictTable returns how many sweeps of protocols that are not lied to have runs that did not pass, or too many that prove nothing.
func verdictTable(t *term, sweeps []*counted) (bad int) {
	t.printf("| scenario | profile | seeds | passed | violation | vacuous | undecided | unrecoverable |\n|---|---|---|---|---|---|---|---|\n")
	for _, c := range sweeps {
		t.printf("| %s | %s | %s | %s | %s | %s | %s | %s |\n", c.scenario.Name, c.profile.Name, thousands(c.total.Runs), thousands(c.verdicts[checker.Pass]),
			thousands(c.verdicts[checker.Violated]), thousands(c.verdicts[checker.Vacuous]), thousands(c.verdicts[checker.Undecided]), thousands(c.verdicts[checker.Unrecoverable]))
		if c.profile.Name != faults.Lying && (c.verdicts[checker.Violated] > 0 || 100*(c.total.Runs-c.verdicts[checker.Pass]) > c.total.Runs) {
			bad++
		}
	}
	t.printf("\n")
	return bad
}

// faultTable returns how many kinds did nothing in any of the sweeps.
func faultTable(t *term, sweeps []*counted) (never int) {
	t.printf("## Faults\n\nBegun/struck: how many began, and how many messages, replicas or clients they did something to. A dash where the sweep has none of the kind.\n\n")
	t.printf("| family | fault | what it does | parameters |%s\n|---|---|---|---|%s\n", headings(sweeps), strings.Repeat("---|", len(sweeps)))
	for k := faults.Kind(1); k < faults.NumKinds; k++ {
		t.printf("| %s | %v | %s | %s |", k.Family(), k, k.Doc(), strings.Join(k.Parameters(), ", "))
		most := uint64(0)
		for _, c := range sweeps {
			if !c.scenario.Suffers(k, c.profile) {
				t.printf(" – |")
				continue
			}
			t.printf(" %s/%s |", thousands(c.total.Faults[k]), thousands(c.total.Struck[k]))
			most = max(most, c.total.Struck[k])
		}
		t.printf("\n")
		if most == 0 {
			never++
		}
	}
	t.printf("\n")
	return never
}

// roleTable returns how many roles no fault found anybody in.
func roleTable(t *term, sweeps []*counted) (never int) {
	t.printf("Faults that found their replica by its role:\n\n| role |%s\n|---|%s\n", headings(sweeps), strings.Repeat("---|", len(sweeps)))
	for r := faults.Role(1); r < faults.NumRoles; r++ {
		t.printf("| %v |", r)
		most := uint64(0)
		for _, c := range sweeps {
			t.printf(" %s |", thousands(c.total.Roles[r]))
			most = max(most, c.total.Roles[r])
		}
		t.printf("\n")
		if most == 0 {
			never++
		}
	}
	t.printf("\n")
	return never
}

// stateTable returns how many states a sweep should have come to, and did not. Under the profile byzantine nothing is demanded.
func stateTable(t *term, sweeps []*counted) (never int) {
	t.printf("## States\n\nRuns that came to a state that runs should come to now and then. A dash where it does not matter to the scenario.\n\n")
	t.printf("| state |%s\n|---|%s\n", headings(sweeps), strings.Repeat("---|", len(sweeps)))
	var states []string
	counts := make([]map[string]scenarios.Census, len(sweeps))
	for i, c := range sweeps {
		counts[i] = map[string]scenarios.Census{}
		for _, state := range c.scenario.Census(c.profile, &c.total) {
			if strings.HasSuffix(state.State, " strikes") {
				continue // in the other table
			}
			if i == 0 {
				states = append(states, state.State)
			}
			counts[i][state.State] = state
		}
	}
	for _, state := range states {
		t.printf("| %s |", state)
		for i := range sweeps {
			c, matters := counts[i][state]
			if !matters {
				t.printf(" – |")
				continue
			}
			t.printf(" %s |", thousands(c.Runs))
			if c.Demanded && c.Runs == 0 {
				never++
			}
		}
		t.printf("\n")
	}
	return never
}

// headings names the sweeps, as the heads of columns.
func headings(sweeps []*counted) string {
	text := ""
	for _, c := range sweeps {
		text += " " + c.scenario.Name + " " + c.profile.Name + " |"
	}
	return text
}
