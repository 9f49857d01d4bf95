package cli

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"simrun/checker"
	"simrun/faults"
	"simrun/scenarios"
)

// A soak goes round the scenarios until something fails, and keeps few artifacts of many failures that are alike.
func TestUntilFail(t *testing.T) {
	t.Chdir(t.TempDir())
	got := command(t, "run", "toy-alone", "toy-torn", "--until-fail", "--profile", "calm")
	require.Equal(t, exitViolation, got.status, got.err)
	require.Contains(t, got.out, "toy-alone: 200 of 200 seeds")
	require.Contains(t, got.out, "toy-torn: 1 of 200 seeds")
	require.Contains(t, got.out, "  stopped      by a failure, as --until-fail has it, after 1 of 200 seeds\n")

	// From another seed on, and no further than the last.
	got = command(t, "run", "toy-alone", "--until-fail", "--profile", "calm", "--seed", "18446744073709551000", "-v")
	require.Equal(t, exitPass, got.status, got.err)
	require.Contains(t, got.out, "toy-alone seed 18446744073709551000: pass")
	require.Contains(t, got.out, "toy-alone: 600 of 600 seeds")
}

func TestSoak(t *testing.T) {
	t.Chdir(t.TempDir())
	ctx, cancel := context.WithCancel(t.Context())
	out := &watched{until: "toy-panics seed 4:", then: func() {}}
	var said bytes.Buffer
	rounds := &watched{until: "toy-alone seed 401:", then: cancel}
	out.then = func() {}
	status := run(ctx, []string{"run", "toy-panics", "toy-alone", "--for", "1h", "-v", "--profile", "calm"}, &term{out: rounds, err: &said})
	require.Equal(t, exitInterrupted, status)
	folders, err := filepath.Glob("results/runs/*")
	require.NoError(t, err)
	require.Len(t, folders, 1+maxLines, "of hundreds of failures that are alike")
	require.Contains(t, rounds.String(), "  stopped      by an interrupt, after ")
	require.Contains(t, rounds.String(), "toy-panics: 600 of 600 seeds")
}

// A corpus grows by one small case for each way to fail, and by none that it has.
func TestGrow(t *testing.T) {
	t.Chdir(t.TempDir())
	got := command(t, "run", "toy-torn", "--count", "20", "--profile", "calm", "--grow", "corpus")
	require.Equal(t, exitViolation, got.status)
	const file = "corpus/toy-torn-linearizability-not-linearizable.json"
	require.Contains(t, got.err, "toy-torn: new in the corpus: "+file+", of ")
	before, err := os.ReadFile(file)
	require.NoError(t, err)
	got = command(t, "run", "toy-torn", "--seed", "50", "--count", "20", "--profile", "calm", "--grow", "corpus")
	require.NotContains(t, got.err, "new in the corpus")
	after, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, before, after)

	// What grew is what regress holds against: it must pass, until it is accepted as it is.
	got = command(t, "regress", "--dir", "corpus")
	require.Equal(t, exitViolation, got.status)
	require.Contains(t, got.out, "artifact toy-torn-linearizability-not-linearizable.json: was pass, is violation (linearizability: not linearizable)\n")
}

// A run for which there was no time to make it small goes into the corpus as it is, and that is said.
func TestGrowInHaste(t *testing.T) {
	t.Chdir(t.TempDir())
	s, err := scenarios.Find("toy-torn")
	require.NoError(t, err)
	p, err := faults.FindProfile(faults.Calm)
	require.NoError(t, err)
	in := scenarios.Input{}
	in.Config, in.Plan = s.Draw(0, p)
	c := s.NewCluster()
	result := scenarios.Run(c, in)
	for ; result.Verdict.Kind != checker.Violated; in.Seed++ {
		in.Config, in.Plan = s.Draw(in.Seed, p)
		result = scenarios.Run(c, in)
	}
	over, cancel := context.WithTimeout(t.Context(), 0)
	defer cancel()
	var said bytes.Buffer
	r := &report{plan: &sweepPlan{sweepFlags: sweepFlags{jobs: 1, soakFlags: soakFlags{grow: "corpus"}}}, scenario: s, term: &term{out: &said, err: &said}}
	r.grown(over, result)
	require.Regexp(t, `^toy-torn: new in the corpus: corpus/\S+, of \d+ events; it may be larger than need be, since the time was over: \S.* shrink corpus/\S+ makes it smaller\n$`, said.String())
}

func TestSoakRefusals(t *testing.T) {
	dir := t.TempDir()
	taken := filepath.Join(dir, "taken")
	require.NoError(t, os.WriteFile(taken, nil, 0o644))
	loop := filepath.Join(dir, "loop")
	require.NoError(t, os.Symlink("loop", loop))
	for _, c := range []struct{ args, says string }{
		{"--for 0s", "--for is 0s, and must be a time"},
		{"--for -1s", "--for is -1s"},
		{"--for 1s --count 5", "go with neither --seeds nor --count nor --shard"},
		{"--until-fail --seeds 1-5", "go with neither"},
		{"--until-fail --shard 1/2", "go with neither"},
		{"--until-fail --seed 18446744073709551614", "there are fewer than 200 seeds from there on"},
		{"--grow " + taken, "is a file, and must be a folder"},
		{"--grow " + loop, "loop is a link that leads nowhere"},
		{"--grow " + filepath.Join(loop, "corpus"), "loop is a link that leads nowhere"},
		{"--grow=", "--grow is empty"},
		{"--github --json", "--github and --json both write to stdout"},
		{"--junit " + dir, "is a folder, and must be a file"},
	} {
		requireRefused(t, command(t, append([]string{"run", "toy-alone"}, strings.Fields(c.args)...)...), c.says)
	}
}
