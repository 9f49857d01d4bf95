package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"simrun/checker"
	"simrun/faults"
	"simrun/scenarios"
)

// What a person relies on in a failure: the sections and their order, an artifact, and lines to paste that show it again.
func TestFailure(t *testing.T) {
	t.Chdir(t.TempDir())
	got := command(t, "run", "toy-torn", "--count", "20", "--profile", "calm")
	require.Equal(t, exitViolation, got.status, got.err)

	at := 0
	for _, section := range []string{
		"toy-torn seed 1: violation: linearizability: not linearizable\n  ",
		"\n  configuration, drawn from profile calm\n    nodes 3, spares 0, clients 3, operations 30, keys 1, ",
		"\n  faults\n    none\n",
		"\n  last events\n    ",
		"\n  again\n    go run ./cmd/simrun replay results/runs/toy-torn-calm-1/artifact.json\n",
		"    go run ./cmd/simrun replay --scenario toy-torn --seed 1 --profile calm\n",
		"\ntoy-torn: 20 of 20 seeds, profile calm: did not pass\n",
	} {
		place := strings.Index(got.out[at:], section)
		require.GreaterOrEqual(t, place, 0, "%q is missing, or in the wrong place, in\n%s", section, got.out)
		at += place
	}

	pasted := 0
	for line := range strings.Lines(got.out) {
		words, ok := strings.CutPrefix(strings.TrimSpace(line), "go run ./cmd/simrun ")
		if !ok {
			continue
		}
		again := command(t, strings.Fields(words)...)
		if strings.HasPrefix(words, "shrink ") {
			require.Equal(t, exitPass, again.status, "%s: %s", line, again.err)
			require.Contains(t, again.out, "no single step makes it smaller")
			pasted++
			continue
		}
		require.Equal(t, exitViolation, again.status, "%s: %s", line, again.err)
		require.Contains(t, again.out, "\ntoy-torn seed 1: violation: linearizability: not linearizable: ")
		pasted++
	}
	require.Equal(t, 3, pasted)
}

// Runs that fail in the same way are told in full once, get a line a few times, and are counted for the rest.
func TestFailuresAreGrouped(t *testing.T) {
	t.Chdir(t.TempDir())
	got := command(t, "run", "toy-panics", "--count", "30")
	require.Equal(t, exitViolation, got.status)
	name := "violation: panic: simrun/cli.init."
	require.Equal(t, 1, strings.Count(got.out, "\n  again\n"))
	require.Equal(t, 1+maxLines, strings.Count(got.out, "\ntoy-panics seed ")+1, "with the first at the top of\n%s", got.out)
	require.Equal(t, 1, strings.Count(got.out, "more of these are only counted below"))
	require.Contains(t, got.out, "  verdicts     30 violation\n               30 "+name)

	verbose := command(t, "run", "toy-panics", "--count", "30", "-v")
	require.Equal(t, 30, strings.Count(verbose.out, " seed ")-strings.Count(verbose.out, "at seed "), verbose.out)
}

// Failures too are told in the same bytes, whatever the number of workers.
func TestFailuresDoNotDependOnJobs(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, args := range [][]string{
		{"run", "toy-torn", "toy-panics", "--count", "30"},
		{"run", "kv", "toy-torn", "--seeds", "5,9-20,0x3", "--json"},
	} {
		one := command(t, append(args, "--jobs", "1")...)
		require.NotEmpty(t, one.out)
		for _, jobs := range []string{"2", "7"} {
			many := command(t, append(args, "--jobs", jobs)...)
			require.Equal(t, one.out, many.out, "%v with %s jobs", args, jobs)
			require.Equal(t, one.status, many.status)
		}
	}
}

// Seeds are run in the order given, each where it was asked for.
func TestSeeds(t *testing.T) {
	for _, c := range []struct {
		args string
		want []string
	}{
		{"--seeds 3,10-12,5", []string{"3", "10", "11", "12", "5"}},
		{"--seed 7", []string{"7"}},
		{"--seed 7 --count 2", []string{"7", "8"}},
		{"--count 3", []string{"1", "2", "3"}},
		{"--seeds 3,10-12,5 --shard 2/2", []string{"12", "5"}},
		{"--seed 0xffffffffffffffff", []string{"18446744073709551615"}},
		{"--seed 0", []string{"0"}},
	} {
		got := command(t, append([]string{"run", "toy-alone", "-v", "--profile", "calm"}, strings.Fields(c.args)...)...)
		require.Equal(t, exitPass, got.status, got.out)
		var seeds []string
		for line := range strings.Lines(got.out) {
			if rest, ok := strings.CutPrefix(line, "toy-alone seed "); ok {
				seed, _, _ := strings.Cut(rest, ":")
				seeds = append(seeds, seed)
			}
		}
		require.Equal(t, c.want, seeds, c.args)
	}
}

// With --json every line is an object: one a seed, and a summary of every scenario.
func TestJSONFields(t *testing.T) {
	t.Chdir(t.TempDir())
	got := command(t, "run", "toy-torn", "single-decree", "--count", "3", "--json")
	require.Equal(t, exitViolation, got.status)
	var kinds []string
	for line := range strings.Lines(got.out) {
		var head struct{ Type, Scenario string }
		require.NoError(t, json.Unmarshal([]byte(line), &head), line)
		kinds = append(kinds, head.Scenario+" "+head.Type)
		d := json.NewDecoder(strings.NewReader(line))
		d.DisallowUnknownFields()
		if head.Type == "summary" {
			var s jsonSummary
			require.NoError(t, d.Decode(&s))
			require.Equal(t, identity(), s.Build)
			require.EqualValues(t, 3, s.Seeds)
			require.EqualValues(t, 3, s.Stats.Runs)
			continue
		}
		var r jsonResult
		require.NoError(t, d.Decode(&r))
		require.Len(t, r.Hash, 16)
		require.Equal(t, r.Verdict != "pass", r.Artifact != "")
	}
	require.Equal(t, []string{
		"toy-torn result", "toy-torn result", "toy-torn result", "toy-torn summary",
		"single-decree result", "single-decree result", "single-decree result", "single-decree summary",
	}, kinds)
}

// A handler that never returns ends neither the sweep nor the replay.
func TestHang(t *testing.T) {
	t.Chdir(t.TempDir())
	got := command(t, "run", "toy-hangs", "--seed", "1", "--watchdog", "100ms")
	require.Equal(t, exitViolation, got.status, got.err)
	require.Contains(t, got.out, "toy-hangs seed 1: violation: watchdog: a handler never returns\n")
	again := command(t, "replay", "results/runs/toy-hangs-1/artifact.json", "--watchdog", "100ms")
	require.Equal(t, exitViolation, again.status, again.err)
	require.Contains(t, again.out, "\nsame verdict as in the artifact; a run that never ends has no trace hash\n")
}

// A run that is not the same twice is the gravest finding.
func TestNondeterminism(t *testing.T) {
	t.Chdir(t.TempDir())
	got := command(t, "run", "toy-dice", "toy-torn", "--count", "2", "--check-determinism")
	require.Equal(t, exitDiverged, got.status, got.err)
	require.Contains(t, got.out, "toy-dice seed 1: nondeterministic\n")
	require.Contains(t, got.out, "    go run ./cmd/simrun run toy-dice --seed 1 --profile default --check-determinism\n")
	require.Contains(t, got.out, "\ntoy-torn seed 1: violation")
}

// A sweep that is cut short says how far it came. Having run nothing proves nothing.
func TestCutShort(t *testing.T) {
	t.Run("by an interrupt", func(t *testing.T) {
		ctx, cancel := context.WithCancel(context.Background())
		out := &watched{until: "toy-alone seed 3:", then: cancel}
		var errors bytes.Buffer
		status := run(ctx, []string{"run", "toy-alone", "kv", "-v", "--jobs", "1", "--count", "1000000", "--profile", "calm"}, &term{out: out, err: &errors})
		require.Equal(t, exitInterrupted, status)
		require.Contains(t, out.String(), "\n  stopped      by an interrupt, after ")
		require.True(t, strings.HasSuffix(out.String(), "\nkv: not run: stopped by an interrupt\n"), out)
	})
	t.Run("before the first seed", func(t *testing.T) {
		for range 60 { // in each the one worker begins a seed with even chances
			got := command(t, "run", "kv", "--timeout", "1ns", "--jobs", "1")
			if got.out == "kv: not run: stopped by --timeout\n" {
				require.Equal(t, exitUnproved, got.status)
				return
			}
			require.Equal(t, exitPass, got.status)
		}
		t.Fatal("no sweep was stopped in time")
	})
}

// watched is output that does something when a text has been written.
type watched struct {
	strings.Builder
	until string
	then  func()
}

func (w *watched) Write(b []byte) (int, error) {
	if strings.Contains(string(b), w.until) {
		w.then()
	}
	return w.Builder.Write(b)
}

// An artifact that cannot be written costs one line, and neither the sweep nor its exit status.
func TestSomeArtifactsCannotBeSaved(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, seed := range []string{"1", "2", "3"} { // files where folders should be
		require.NoError(t, os.MkdirAll("runs", 0o755))
		require.NoError(t, os.WriteFile(filepath.Join("runs", "toy-torn-"+seed), nil, 0o644))
	}
	got := command(t, "run", "toy-torn", "--count", "4", "--out", "runs")
	require.Equal(t, exitViolation, got.status)
	require.Contains(t, got.out, "toy-torn: 4 of 4 seeds")
	require.Equal(t, 1, strings.Count(got.err, " was not saved: "), got.err)
	require.Contains(t, got.err, "simrun: the artifact of seed 1 was not saved: ")
	require.Equal(t, 1, strings.Count(got.err, "simrun: 3 artifacts of toy-torn were not saved\n"), got.err)
	require.NotContains(t, got.out, "replay runs/toy-torn-1")
	_, _, err := scenarios.LoadArtifact(filepath.Join("runs", "toy-torn-4", "artifact.json"))
	require.NoError(t, err)
}

func TestStatusOfVerdict(t *testing.T) {
	for kind, want := range map[checker.Kind]int{
		checker.Pass: 0, checker.Violated: 1, checker.Undecided: 3, checker.Vacuous: 3, checker.Unrecoverable: 3, checker.Nondeterministic: 4,
	} {
		require.Equal(t, want, statusOf(checker.Verdict{Kind: kind}), "%v", kind)
	}
}

// A large sweep that never came to some state proved less than it seems to, and says so: exit status 3.
func TestVacuousSweep(t *testing.T) {
	s, err := scenarios.Find("kv")
	require.NoError(t, err)
	p, err := faults.FindProfile(faults.Default)
	require.NoError(t, err)
	r := &report{plan: &sweepPlan{profile: p}, scenario: s, total: scenarios.Stats{Runs: scenarios.CensusSeeds}}
	require.True(t, r.missed())
	require.Contains(t, strings.Join(r.censusLines(), " "), "never, which makes this sweep vacuous: a leader crashes,")
	for i := range r.total.Sometimes {
		r.total.Sometimes[i] = 1
	}
	for i := range r.total.Points {
		r.total.Points[i] = 1
	}
	for i := range r.total.Struck {
		r.total.Struck[i] = 1
	}
	require.False(t, r.missed())
	r.total.Struck[faults.Ring] = 0
	require.True(t, r.missed())
	require.Equal(t, "never, which makes this sweep vacuous: ring strikes", r.censusLines()[1])
	r.plan.sometimes = true
	require.Contains(t, strings.Join(r.censusLines(), " "), "a leader crashes 1 (0.000 a seed)")
}
