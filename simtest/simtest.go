// Package simtest makes a sweep of seeds a Go test:
//
//	func TestRegister(t *testing.T) { simtest.Run(t, register(), simtest.Options{}) }
//
// runs 200 seeds of a scenario, a subtest for every 50 of them, and 40 with -short. A seed that does not pass fails its subtest, with the
// story of the run and lines to paste; "go test -artifacts" keeps its artifact, for the command's replay and shrink. The seeds are told to
// "go test -json" as attributes.
//
// The environment says what to run instead:
//
//	SIMRUN_SEEDS=7,20-29    these seeds
//	SIMRUN_COUNT=10000      so many seeds, also with -short
//	SIMRUN_PROFILE=disks    under these faults
//	SIMRUN_TWICE=1          every seed twice, and their hashes compared
//	SIMRUN_ARTIFACT=FILE    nothing but the run of this artifact
package simtest

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"testing"

	"simrun"
	"simrun/checker"
	"simrun/faults"
	"simrun/scenarios"
)

// Options say which seeds Run takes. The zero value is a good start.
type Options struct {
	Profile string // of faults; default: faults.Default
	First   uint64 // the first seed; default: 1
	Count   uint64 // how many; default: 200, and a fifth of them with -short
	Each    uint64 // how many make a subtest; default: 50
	Twice   bool   // run every seed twice, and compare their hashes
}

// asked is what is to be run: options, with the environment's in their place.
type asked struct {
	seeds    scenarios.Seeds
	each     uint64
	profile  faults.Profile
	twice    bool
	artifact string // file
}

// Run sweeps seeds of a scenario as subtests of t.
func Run(t *testing.T, s scenarios.Scenario, o Options) {
	t.Helper()
	Know(s)
	a, err := ask(o, testing.Short(), os.Getenv)
	if err != nil {
		t.Fatal(err)
	}
	if a.artifact != "" {
		runArtifact(t, s, a.artifact)
		return
	}
	parts := (a.seeds.Len() + a.each - 1) / a.each
	for i := range parts {
		share := a.seeds.Slice(i*a.each, a.each)
		t.Run("seeds="+share.String(), func(t *testing.T) { sweep(t, s, &a, share) })
	}
}

// Know registers a scenario, so that its artifacts can be read, unless it is known already. Run and Regress do so.
func Know(s scenarios.Scenario) {
	if _, err := scenarios.Find(s.Name); err != nil {
		scenarios.Register(s)
	}
}

// ask puts options, -short and the environment together.
func ask(o Options, short bool, env func(string) string) (a asked, err error) {
	a = asked{each: o.Each, twice: o.Twice || env("SIMRUN_TWICE") != "", artifact: env("SIMRUN_ARTIFACT")}
	if a.each == 0 {
		a.each = 50
	}
	first, count := max(o.First, 1), o.Count
	if count == 0 {
		count = 200
	}
	if short {
		count = max(count/5, 1)
	}
	if text := env("SIMRUN_COUNT"); text != "" {
		if count, err = strconv.ParseUint(text, 10, 64); err != nil || count == 0 {
			return a, fmt.Errorf("SIMRUN_COUNT is %q, and must be a number of seeds", text)
		}
	}
	a.seeds = scenarios.SeedRange(first, count)
	if text := env("SIMRUN_SEEDS"); text != "" {
		if a.seeds, err = scenarios.ParseSeeds(text); err != nil {
			return a, fmt.Errorf("SIMRUN_SEEDS: %w", err)
		}
	}
	name := o.Profile
	if text := env("SIMRUN_PROFILE"); text != "" {
		name = text
	}
	if name == "" {
		name = faults.Default
	}
	a.profile, err = faults.FindProfile(name)
	return a, err
}

// sweep runs a share of the seeds. The first run that fails in a way is told in full, others in a line.
func sweep(t *testing.T, s scenarios.Scenario, a *asked, seeds scenarios.Seeds) {
	t.Attr("simrun.scenario", s.Name)
	t.Attr("simrun.profile", a.profile.Name)
	t.Attr("simrun.seeds", seeds.String())
	told := map[string]bool{}
	var total scenarios.Stats
	err := scenarios.Sweep{Scenario: s, Profile: a.profile, Seeds: seeds, Jobs: runtime.GOMAXPROCS(0), Repeat: a.twice}.Run(t.Context(), func(r scenarios.Result) bool {
		total.Add(r.Stats)
		if r.Verdict.Kind == checker.Pass {
			return true
		}
		name := r.Verdict.Kind.String() + " " + r.Verdict.Fingerprint
		if told[name] {
			t.Errorf("%s seed %d: %v", s.Name, r.Seed, r.Verdict)
			return true
		}
		told[name] = true
		t.Error(failure(t, s, a.profile, r))
		return true
	})
	if err != nil {
		t.Error(err)
	}
	t.Logf("%d runs, %d events, %d of %d operations finished", total.Runs, total.Events, total.Finished, total.Called)
}

// runArtifact runs one input again, and tells its story.
func runArtifact(t *testing.T, s scenarios.Scenario, file string) {
	a, of, err := scenarios.LoadArtifact(file)
	if err != nil {
		t.Fatal(err)
	}
	if of.Name != s.Name {
		t.Skipf("%s is of scenario %s", file, of.Name)
	}
	t.Attr("simrun.scenario", s.Name)
	t.Attr("simrun.seed", strconv.FormatUint(a.Seed, 10))
	told, err := scenarios.Collect(t.Context(), s, a.Input, scenarios.CollectOptions{Profile: a.Profile})
	if err != nil {
		t.Fatal(err)
	}
	for _, sentence := range told.Timeline.Story {
		t.Log(sentence)
	}
	if told.Verdict.Kind != checker.Pass {
		t.Fatal(told.Verdict)
	}
	if a.Verdict != checker.Pass.String() {
		t.Logf("passes, and was %s when the artifact was made", a.Verdict)
	}
}

// Save writes the artifact of a run into the test's folder of artifacts, and returns its path.
func Save(t testing.TB, s scenarios.Scenario, profile faults.Profile, r scenarios.Result) (file string, err error) {
	t.Helper()
	file = filepath.Join(t.ArtifactDir(), fmt.Sprintf("%s-%d.json", s.Name, r.Seed))
	return file, scenarios.NewArtifact(scenarios.Build(simrun.Identity()), s, profile, r, nil).Save(file)
}

// failure saves a run that did not pass, and tells of it.
func failure(t *testing.T, s scenarios.Scenario, profile faults.Profile, r scenarios.Result) string {
	t.Attr("simrun.failed.seed", strconv.FormatUint(r.Seed, 10))
	t.Attr("simrun.failed.fingerprint", r.Verdict.Kind.String()+" "+r.Verdict.Fingerprint)
	file, err := Save(t, s, profile, r)
	if err != nil {
		t.Errorf("the artifact was not saved: %v", err)
	}
	return Tell(t, s, profile, r, file)
}

// Tell describes a run that did not pass: its verdict, its story, its faults, and the lines to paste that show it again.
func Tell(t testing.TB, s scenarios.Scenario, profile faults.Profile, r scenarios.Result, file string) string {
	text := fmt.Sprintf("%s seed %d: %v\n", s.Name, r.Seed, r.Verdict)
	if r.Hash != 0 { // the run ends
		told, err := scenarios.Collect(context.WithoutCancel(t.Context()), s, r.Input, scenarios.CollectOptions{Profile: profile.Name})
		if err == nil {
			for i, sentence := range told.Timeline.Story {
				text += fmt.Sprintf("  %2d. %s\n", i+1, sentence)
			}
		}
	}
	text += fmt.Sprintf("faults: %d\n", len(r.Plan.Faults))
	for i := range r.Plan.Faults {
		text += "  " + r.Plan.Faults[i].Describe(s.MessageNames()) + "\n"
	}
	text += "again\n"
	of := scenarios.Input{Seed: r.Seed}
	of.Config, of.Plan = s.Draw(r.Seed, profile)
	return text + again(t, profile.Name, r.Seed, of.Hash() == r.Input.Hash(), file)
}
