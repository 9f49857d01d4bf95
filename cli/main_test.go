package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"simrun/checker"
	"simrun/faults"
)

// invoke runs a command line and returns its exit status, stdout and stderr.
func invoke(t *testing.T, args ...string) (status int, stdout, stderr string) {
	t.Helper()
	o := command(t, args...)
	return o.status, o.out, o.err
}

func TestBadInput(t *testing.T) {
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
		return path
	}
	for _, c := range []struct {
		args []string
		says string
	}{
		{[]string{"frobnicate"}, "there is no command"},
		{[]string{"help", "frobnicate"}, "there is no command"},
		{[]string{"list", "all"}, "takes no arguments"},
		{[]string{"run", "--shard", "5/5", "--count", "2"}, "fewer shares"},
		{[]string{"run", "chess"}, "there are kv, single-decree"},
		{[]string{"run", "--seed", "twelve"}, "not a seed"},
		{[]string{"run", "--seeds", "9-1"}, "ends before it begins"},
		{[]string{"run", "--seeds", "1", "--count", "2"}, "neither --seed nor --count"},
		{[]string{"run", "--seed", "18446744073709551615", "--count", "2"}, "beyond the last seed"},
		{[]string{"run", "--count", "0"}, "at least 1"},
		{[]string{"run", "--jobs", "0"}, "--jobs"},
		{[]string{"run", "--shard", "0/2"}, "i/n"},
		{[]string{"run", "--profile", "hail"}, "calm"},
		{[]string{"run", "--timeout", "0s"}, "--timeout"},
		{[]string{"run", "--watchdog", "-1s"}, "--watchdog"},
		{[]string{"run", "--out", file("taken", "")}, "must be a folder"},
		{[]string{"replay"}, "needs an artifact"},
		{[]string{"replay", "a", "b"}, "one artifact"},
		{[]string{"replay", "a", "--seed", "1"}, "give either"},
		{[]string{"replay", filepath.Join(dir, "missing")}, "no such file"},
		{[]string{"replay", dir}, "directory"},
		{[]string{"replay", file("empty", "")}, "not an artifact"},
		{[]string{"replay", file("list", "[]")}, "not an artifact"},
		{[]string{"replay", file("none", "{}")}, "no version"},
		{[]string{"replay", file("old", `{"version": 0}`)}, "version 0"},
		{[]string{"replay", file("extra", `{"version": 1, "colour": "red"}`)}, "unknown field"},
		{[]string{"replay", file("bare", `{"version": 1}`)}, "unknown scenario"},
		{[]string{"replay", "--scenario", "kv", "--seed", "1", "--kind", "smell"}, "send, lost"},
		{[]string{"replay", "--scenario", "kv", "--seed", "1", "--node", "7"}, "n3"},
		{[]string{"replay", "--scenario", "kv", "--seed", "1", "--until", "noon"}, "--until"},
	} {
		status, out, err := invoke(t, c.args...)
		require.Equal(t, exitUsage, status, "%v", c.args)
		require.Empty(t, out, "%v", c.args)
		require.True(t, strings.HasPrefix(err, "simrun: "), "%v: %s", c.args, err)
		require.Equal(t, 1, strings.Count(err, "\n"), "%v: %s", c.args, err)
		require.Contains(t, err, c.says, "%v", c.args)
	}
}

// What is printed does not depend on the number of workers.
func TestOutputDoesNotDependOnJobs(t *testing.T) {
	var outs []string
	for _, jobs := range []string{"1", "2", "7"} {
		status, out, _ := invoke(t, "run", "-v", "--count", "40", "--jobs", jobs, "--out", filepath.Join(t.TempDir(), "runs"), "kv", "single-decree")
		require.Equal(t, exitPass, status)
		outs = append(outs, out)
	}
	require.Equal(t, outs[0], outs[1])
	require.Equal(t, outs[0], outs[2])
	require.Contains(t, outs[0], "kv seed 40: pass")
}

// A violation is told, saved, and found again by a replay of the artifact, with the same hash.
func TestViolation(t *testing.T) {
	dir := t.TempDir()
	status, out, _ := invoke(t, "run", "toy-torn", "--count", "30", "--out", dir)
	require.Equal(t, exitViolation, status)
	require.Contains(t, out, "violation: linearizability: not linearizable")
	for _, section := range []string{"configuration", "faults", "last events", "again", "go run ./cmd/simrun replay " + dir, "first at seed"} {
		require.Contains(t, out, section)
	}
	artifacts, err := filepath.Glob(filepath.Join(dir, "*", "artifact.json"))
	require.NoError(t, err)
	require.Greater(t, len(artifacts), 5)
	for _, a := range artifacts[:5] {
		status, out, _ := invoke(t, "replay", a)
		require.Equal(t, exitViolation, status)
		require.Contains(t, out, "same verdict and same trace hash")
	}

	// An edited artifact runs too.
	text, err := os.ReadFile(artifacts[0])
	require.NoError(t, err)
	edited := bytes.Replace(text, []byte(`"patience"`), []byte(`"patience": "5s", "patience"`), 1)
	require.NotEqual(t, text, edited)
	edited = bytes.Replace(text, []byte(`"think": "`), []byte(`"think": "1`), 1)
	require.NoError(t, os.WriteFile(artifacts[0], edited, 0o644))
	_, out, _ = invoke(t, "replay", artifacts[0])
	require.Contains(t, out, "was edited")
}

func TestFailfast(t *testing.T) {
	status, out, _ := invoke(t, "run", "toy-torn", "kv", "--count", "30", "--out", t.TempDir(), "--failfast")
	require.Equal(t, exitViolation, status)
	require.Contains(t, out, "kv: not run")
	require.Contains(t, out, " of 30 seeds")
}

// What a profile or a contrast is there to show stops no sweep: it goes on to what is not expected.
func TestFailfastGoesOnWhereFailuresAreExpected(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, args := range []string{"run single-decree --profile byzantine --count 60 --failfast", "run bank-uncoordinated --count 60 --failfast"} {
		status, out, _ := invoke(t, strings.Fields(args)...)
		require.Equal(t, exitPass, status, "%s: %s", args, out)
		require.Contains(t, out, " violation", args)
		require.Contains(t, out, ": 60 of 60 seeds", args)
		require.NotContains(t, out, "stopped", args)
	}
	got := command(t, "run", "bank-uncoordinated", "--until-fail", "--seed", "18446744073709551000", "--profile", "calm")
	require.Equal(t, exitPass, got.status, got.err)
	require.Contains(t, got.out, "bank-uncoordinated: 600 of 600 seeds")
}

// A violation is expected of the profiles that break an assumption, if it says so, and of no other.
func TestExpectedViolations(t *testing.T) {
	for name, breaks := range map[string]bool{faults.Lying: true, faults.ClocksBeyond: true, faults.Clocks: false, faults.Destruction: false, faults.Default: false} {
		p, err := faults.FindProfile(name)
		require.NoError(t, err)
		plan := sweepPlan{profile: p}
		require.Equal(t, breaks, plan.expects(checker.Verdict{Kind: checker.Violated, Broken: "clocks are good"}), name)
		require.False(t, plan.expects(checker.Verdict{Kind: checker.Violated}), name)
	}
}

func TestShardsMakeUpTheWhole(t *testing.T) {
	lines := func(args ...string) (seeds []string) {
		_, out, _ := invoke(t, append([]string{"run", "single-decree", "-v", "--seeds", "3,10-30"}, args...)...)
		for _, line := range strings.Split(out, "\n") {
			if strings.Contains(line, "hash") {
				seeds = append(seeds, line)
			}
		}
		return seeds
	}
	whole := lines()
	require.Len(t, whole, 22)
	var parts []string
	for _, shard := range []string{"1/4", "2/4", "3/4", "4/4"} {
		parts = append(parts, lines("--shard", shard)...)
	}
	require.Equal(t, whole, parts)
}

func TestJSON(t *testing.T) {
	status, out, _ := invoke(t, "run", "toy-torn", "--count", "5", "--json", "--out", t.TempDir())
	require.Equal(t, exitViolation, status)
	types := map[string]int{}
	for _, line := range strings.Split(strings.TrimSpace(out), "\n") {
		var v map[string]any
		require.NoError(t, json.Unmarshal([]byte(line), &v))
		types[v["type"].(string)]++
	}
	require.Equal(t, map[string]int{"result": 5, "summary": 1}, types)
}

// An artifact that cannot be saved is complained of, and changes neither the sweep nor its status.
func TestUnsavedArtifact(t *testing.T) {
	dir := t.TempDir()
	for _, seed := range []string{"1", "2", "3"} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, "toy-torn-"+seed), nil, 0o644)) // where a folder should be
	}
	status, out, err := invoke(t, "run", "toy-torn", "--count", "3", "--out", dir)
	require.Equal(t, exitViolation, status)
	require.Contains(t, out, "3 of 3 seeds")
	require.Equal(t, 1, strings.Count(err, "simrun: the artifact of seed 1 was not saved"), "%s", err)
}

// Where failures are what the sweep is there for, its status says that they could not be saved, and what is small is saved where what is beside it is not.
func TestUnsavedShows(t *testing.T) {
	args := []string{"run", "single-decree", "--profile", "byzantine", "--seeds", "1-40", "--json", "--out", t.TempDir()}
	got := command(t, args...)
	require.Equal(t, exitPass, got.status, got.err)
	for _, beside := range []string{"", "history.jsonl"} {
		dir := t.TempDir()
		for seed := 1; seed <= 40; seed++ {
			folder := filepath.Join(dir, folderOf("single-decree", "byzantine", uint64(seed)))
			if beside == "" {
				require.NoError(t, os.WriteFile(folder, nil, 0o644))
			} else {
				require.NoError(t, os.MkdirAll(filepath.Join(folder, beside, "taken"), 0o755))
			}
		}
		args[len(args)-1] = dir
		got := command(t, args...)
		require.Equal(t, exitUnwritten, got.status, got.err)
		require.Contains(t, got.err, "not saved")
		require.Equal(t, beside != "", strings.Contains(got.out, `artifact.json"`))
	}
}

func TestInterrupt(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	var out, err bytes.Buffer
	require.Equal(t, exitInterrupted, run(ctx, []string{"run", "kv", "--count", "1000000"}, &term{out: &out, err: &err}))
	require.Contains(t, out.String(), "stopped")
}

func TestTimeout(t *testing.T) {
	status, out, _ := invoke(t, "run", "kv", "--count", "100000000", "--timeout", "300ms")
	require.Equal(t, exitPass, status)
	require.Contains(t, out, "by --timeout")
}

// full is an output that nobody reads any more.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, syscall.EPIPE }

// A command whose output nobody reads any more ends, quietly. A sweep does not go through the seeds that are left, and has not passed.
func TestClosedOutput(t *testing.T) {
	for _, args := range [][]string{{"run", "kv", "-v", "--count", "100000"}, {"list"}, {"replay", "--scenario", "kv", "--seed", "1"}} {
		var said bytes.Buffer
		want := exitPass
		if args[0] == "run" {
			want = exitInterrupted
		}
		require.Equal(t, want, run(context.Background(), args, &term{out: full{}, err: &said}), "%v", args)
		require.NotContains(t, said.String(), "simrun: ", "%v", args)
		if args[0] == "run" {
			require.Regexp(t, `^kv: [0-9]{1,3} seeds? in `, said.String(), "of a hundred thousand")
		}
	}
}

func TestReplayFilters(t *testing.T) {
	_, all, _ := invoke(t, "replay", "--scenario", "kv", "--seed", "3", "--all", "--state")
	_, some, _ := invoke(t, "replay", "--scenario", "kv", "--seed", "3", "--kind", "send,lost", "--node", "n1", "--from", "200ms", "--until", "300ms")
	require.Contains(t, all, "state")
	require.Greater(t, len(all), 10*len(some))
	for _, line := range strings.Split(some, "\n") {
		if strings.Contains(line, "ms  ") {
			require.Contains(t, line, "n1")
		}
	}
	require.Contains(t, some, " send ")
	hash := func(out string) string { return out[strings.Index(out, "trace hash"):] }
	require.Equal(t, hash(all), hash(some), "what is shown changes nothing")
}

func TestExitStatuses(t *testing.T) {
	for _, c := range []struct{ a, b, want int }{
		{exitPass, exitUnproved, exitUnproved}, {exitViolation, exitUnproved, exitViolation}, {exitUnproved, exitViolation, exitViolation},
		{exitDiverged, exitViolation, exitDiverged}, {exitPass, exitPass, exitPass}, {exitDiverged, exitInterrupted, exitInterrupted},
	} {
		require.Equal(t, c.want, worse(c.a, c.b))
	}
}
