package cli

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"simrun/scenarios"
)

// A run that failed leaves a folder with all there is to tell; one of which nothing can be told leaves none of it behind.
func TestRunFolder(t *testing.T) {
	a := saved(t)
	dir := filepath.Dir(artifactOne)
	for _, f := range runFiles {
		text, err := os.ReadFile(filepath.Join(dir, f.name))
		require.NoError(t, err)
		require.NotEmpty(t, text, f.name)
		for line := range strings.Lines(string(text)) {
			if strings.HasSuffix(f.name, ".jsonl") {
				require.True(t, json.Valid([]byte(line)), "%s: %s", f.name, line)
			}
		}
	}
	require.Equal(t, a.Events, a.Hashes[len(a.Hashes)-1].Event)
	require.Equal(t, a.TraceHash, a.Hashes[len(a.Hashes)-1].Hash.String())
	require.NoError(t, saveTold(dir, nil))
	left, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, left, 1)
}

// A failure begins with its story, whose last sentence is the violation.
func TestFailureTellsItsStory(t *testing.T) {
	t.Chdir(t.TempDir())
	got := command(t, "run", "toy-torn", "--seed", "1")
	_, story, ok := strings.Cut(got.out, "\n  what happened\n")
	require.True(t, ok, got.out)
	story, _, ok = strings.Cut(story, "\n  configuration, ")
	require.True(t, ok, got.out)
	lines := strings.Split(story, "\n")
	require.LessOrEqual(t, len(lines), 20)
	for i, line := range lines {
		require.Regexp(t, `^ {4}[ \d]\d\. \d+\.\d{3}ms: \S`, line)
		require.Contains(t, line, strconv.Itoa(i+1)+". ")
	}
	require.Contains(t, lines[len(lines)-1], "violation of linearizability: no order explains c")
}

// A replay of another build tells how far the run was the artifact's.
func TestReplayTellsWhereRunsPart(t *testing.T) {
	a := saved(t)
	require.Greater(t, len(a.Hashes), 20)
	for _, c := range []struct{ first, last int }{{10, len(a.Hashes)}, {10, 11}, {0, 1}} {
		b := a
		b.TraceHash, b.Build.Sources = "0123456789abcdef", "feedfeedfeed"
		b.Hashes = append([]scenarios.Checkpoint(nil), a.Hashes...)
		for i := c.first; i < c.last; i++ {
			b.Hashes[i].Hash++
		}
		matched := uint64(0)
		if c.first > 0 {
			matched = b.Hashes[c.first-1].Event
		}
		got := edited(t, b, func(*scenarios.Artifact) {})
		require.Regexp(t, regexp.MustCompile(`\nthe run is the artifact's up to event `+strconv.FormatUint(matched, 10)+
			` at [0-9.]+(s|ms|us), and another one by event `+strconv.FormatUint(b.Hashes[c.first].Event, 10)+
			`; what comes first after that:\n( +\d+ .*\n)+$`), got.out)
	}
	got := edited(t, a, func(a *scenarios.Artifact) { a.TraceHash, a.Hashes = "0123456789abcdef", nil })
	require.NotContains(t, got.out, "the run is the artifact's")
}

// In causal order nothing comes before what led to it, and nothing is left out.
func TestReplayInCausalOrder(t *testing.T) {
	inTime := lines(t, "--all")
	causal := lines(t, "--all", "--order", "causal")
	require.Len(t, causal, len(inTime))
	clock := regexp.MustCompile(`^ *(\d+) ( *\d+ .*)$`)
	seen, last := map[string]bool{}, 0
	for _, line := range causal {
		m := clock.FindStringSubmatch(line)
		require.NotNil(t, m, line)
		now, err := strconv.Atoi(m[1])
		require.NoError(t, err)
		require.GreaterOrEqual(t, now, last)
		last = now
		seen[m[2]] = true
	}
	for _, line := range inTime {
		require.True(t, seen[line], line)
	}
}

// States are those of the time asked for.
func TestReplayStateAt(t *testing.T) {
	states := func(at ...string) string {
		got := command(t, append([]string{"replay", "--scenario", "single-decree", "--seed", "8", "--state", "--kind", "phase"}, at...)...)
		require.Equal(t, exitPass, got.status, got.err)
		_, states, ok := strings.Cut(got.out, "\nstates after event ")
		require.True(t, ok, got.out)
		return states
	}
	require.Contains(t, states("--at", "0s"), "1, at 0s\n")
	require.Contains(t, states("--at", "1ns"), "n1   state ")
	require.NotContains(t, states("--at", "1ns"), "chosen ")
	require.Contains(t, states(), "\n       chosen 0")
	require.Equal(t, states(), states("--at", "100000s"))
	event, _, _ := strings.Cut(states("--at", "5ms"), ",")
	n, err := strconv.Atoi(event)
	require.NoError(t, err)
	for _, line := range strings.Split(strings.TrimSpace(command(t, "replay", "--scenario", "single-decree", "--seed", "8", "--all", "--until", "5ms").out), "\n") {
		number, _, _ := strings.Cut(strings.TrimSpace(line), " ")
		if e, err := strconv.Atoi(number); err == nil {
			require.LessOrEqual(t, e, n)
		}
	}
}

// Every format can be written from an artifact and from a seed, to a file and to standard output, in the same bytes.
func TestExport(t *testing.T) {
	saved(t)
	for _, f := range formats {
		got := command(t, "export", artifactOne, "--"+f.name, "out")
		quiet := outcome{status: exitPass}
		if f.name == "history" {
			quiet.err = "simrun: out: a history of the model kv, for: simrun check out\n"
		}
		require.Equal(t, quiet, got, f.name)
		text, err := os.ReadFile("out")
		require.NoError(t, err)
		require.NotEmpty(t, text)
		require.Equal(t, outcome{status: exitPass, out: string(text)}, command(t, "export", "--scenario", "toy-torn", "--seed", "1", "--"+f.name, "-"), f.name)
	}
	got := command(t, "export", artifactOne, "--trace", "-", "--records", "10")
	require.Equal(t, 10, strings.Count(got.out, "\n"))
	require.Contains(t, got.err, "simrun: left out, the first of each: ")
}

func TestExportRefuses(t *testing.T) {
	saved(t)
	for _, c := range []struct{ args, says string }{
		{"export", "export needs an artifact, or both --scenario and --seed"},
		{"export a b", "export takes one artifact, and there are 2"},
		{"export --scenario kv --seed 1", "export needs a format and a file for it, such as --chrome trace.json; - stands for standard output"},
		{"export --scenario kv --seed 1 --trace - --records 0", "--records is 0, and must be at least 1"},
		{"export --scenario kv --seed 1 --trace /dev/null/x", "--trace /dev/null/x: /dev/null is a file, and must be a folder"},
		{"export --scenario kv --seed 1 --trace ./same --chrome same", "--trace ./same: that is written by --chrome already, so give another file"},
		{"export --scenario toy-hangs --seed 1 --trace - --watchdog 300ms", "a handler has not returned for 300ms, "},
		{"replay --scenario kv --seed 1 --order odd", `--order is "odd", and must be time or causal`},
		{"replay --scenario kv --seed 1 --at 5ms", "--at says when --state is wanted: give both"},
		{"replay --scenario kv --seed 1 --state --at soon", `--at: "soon" is not a span of time`},
	} {
		got := command(t, strings.Fields(c.args)...)
		require.Equal(t, exitUsage, got.status, c.args)
		require.Empty(t, got.out)
		require.True(t, strings.HasPrefix(got.err, "simrun: "+c.says), "%s: %s", c.args, got.err)
		require.Equal(t, 1, strings.Count(got.err, "\n"), got.err)
	}
}

// Every record of a replica or client carries both clocks, in traces as in the reports of failures.
func TestTraceHasClocks(t *testing.T) {
	got := command(t, "export", "--scenario", "single-decree", "--seed", "8", "--trace", "-")
	require.Equal(t, exitPass, got.status, got.err)
	for line := range strings.Lines(got.out) {
		var r struct {
			Who     string   `json:"w"`
			Lamport uint64   `json:"l"`
			Clock   []uint64 `json:"c"`
		}
		require.NoError(t, json.Unmarshal([]byte(line), &r))
		require.NotZero(t, r.Lamport)
		require.Equal(t, r.Who != "", len(r.Clock) > 0, line)
	}
}
