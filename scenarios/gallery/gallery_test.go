package gallery

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"simrun/checker"
	"simrun/faults"
	"simrun/scenarios"
	"simrun/scenarios/mutants"
)

// told runs a story as it is told.
func told(t *testing.T, name string) scenarios.Collected {
	t.Helper()
	return run(t, name, func(*scenarios.Input) {})
}

// run runs a story as it is told, with a change.
func run(t *testing.T, name string, change func(*scenarios.Input)) scenarios.Collected {
	t.Helper()
	s, err := scenarios.Find(name)
	require.NoError(t, err)
	in := scenarios.Input{Seed: scenarios.StoryTold}
	in.Config, in.Plan = s.Draw(in.Seed, faults.Profile{})
	change(&in)
	require.NoError(t, s.Check(in))
	c, err := scenarios.Collect(t.Context(), s, in, scenarios.CollectOptions{})
	require.NoError(t, err)
	return c
}

// seen writes what clients saw, a line for each operation: "c2 transfer k0->k1 1000 = 1", or "c2 transfer k0->k1 1000 unknown".
func seen(c scenarios.Collected) []string {
	var lines []string
	for _, o := range c.Timeline.Ops {
		line := fmt.Sprintf("%s %s", o.Client, o.Text)
		if o.Outcome == "ok" {
			line += " = " + o.Out
		} else {
			line += " " + o.Outcome
		}
		lines = append(lines, line)
	}
	return lines
}

// stories returns all of them, by whether they are contrasts.
func stories(contrast bool) (list []scenarios.Scenario) {
	for _, s := range scenarios.All() {
		if s.Story != nil && (s.Story.Expect != "") == contrast {
			list = append(list, s)
		}
	}
	return list
}

// Every story ends as it is told, and every contrast fails in the way it is there to show.
func TestTold(t *testing.T) {
	require.NotEmpty(t, stories(true))
	for _, s := range scenarios.All() {
		if s.Story == nil {
			continue
		}
		t.Run(s.Name, func(t *testing.T) {
			c := told(t, s.Name)
			if s.Story.Expect == "" {
				require.Equal(t, checker.Pass, c.Verdict.Kind, "%v", c.Verdict)
			} else {
				require.True(t, s.Shows(c.Verdict), "%v", c.Verdict)
			}
			again := told(t, s.Name)
			require.Equal(t, c.Hash, again.Hash)
			require.NotEmpty(t, s.Story.Look)
		})
	}
}

// Every story holds under faults; the long form, in .ci/must/stories.sh, runs thousands of seeds.
func TestVaried(t *testing.T) {
	for _, s := range stories(false) {
		t.Run(s.Name, func(t *testing.T) {
			profile, err := faults.FindProfile(faults.Default)
			require.NoError(t, err)
			sweep := scenarios.Sweep{Scenario: s, Profile: profile, Seeds: scenarios.SeedRange(1, 30), Jobs: 2, Repeat: !testing.Short()}
			passed := 0
			require.NoError(t, sweep.Run(t.Context(), func(r scenarios.Result) bool {
				require.Equal(t, checker.Pass, r.Verdict.Kind, "seed %d: %v", r.Seed, r.Verdict)
				passed++
				return true
			}))
			require.Equal(t, 30, passed)
		})
	}
}

// Every story has a change of a line or so under which it fails, in mutations/NAME.diff, and fails under it as the diff says: all of them with
// MUST=long in the environment, a few without.
func TestMutations(t *testing.T) {
	all, err := mutants.Load(os.DirFS("mutations"))
	require.NoError(t, err)
	cache, err := mutants.CacheDir()
	require.NoError(t, err)
	builder, err := mutants.NewBuilder(t.Context(), mutants.Simrun("../.."), cache)
	require.NoError(t, err)
	for _, s := range stories(false) {
		require.True(t, slices.ContainsFunc(all, func(m mutants.Mutant) bool { return m.Scenario == s.Name }), "%s has no mutation", s.Name)
	}
	for i := range all {
		m := &all[i]
		t.Run(m.Name, func(t *testing.T) {
			if os.Getenv("MUST") != "long" && i%8 != 0 {
				t.Skip("builds a program")
			}
			p, err := builder.Build(t.Context(), m)
			require.NoError(t, err)
			sweep := exec.CommandContext(t.Context(), p.Path, "run", m.Scenario, "--seeds", "0-200", "--failfast", "--out", filepath.Join(t.TempDir(), "runs"))
			sweep.Dir = t.TempDir()
			out, err := sweep.Output()
			var exit *exec.ExitError
			require.True(t, errors.As(err, &exit) && exit.ExitCode() == 1, "with the bug it must fail: %v", err)
			require.True(t, slices.ContainsFunc(m.Expect, func(check string) bool {
				return strings.Contains(string(out), ": violation: "+check+":")
			}), "%s", out)
		})
	}
}

// noFaults is the profile of a run whose plan is given; seed 0 takes no notice of it anyway.
var noFaults = faults.Profile{}
