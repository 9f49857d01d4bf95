package cli

import (
	"encoding/json"
	"encoding/xml"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"simrun/scenarios"
)

// JUnit's report has a failing case for each way to fail and a passing one for the rest, and survives what XML cannot hold.
func TestJUnit(t *testing.T) {
	t.Chdir(t.TempDir())
	file := filepath.Join("made", "report.xml")
	got := command(t, "run", "toy-torn", "toy-alone", "--count", "30", "--profile", "calm", "--junit", file)
	require.Equal(t, exitViolation, got.status, got.err)
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	var all junitSuites
	require.NoError(t, xml.Unmarshal(text, &all))
	require.Equal(t, 3, all.Tests)
	require.Equal(t, 1, all.Failures)
	require.Equal(t, "toy-torn", all.Suites[0].Name)
	failing := all.Suites[0].Cases[0]
	require.Equal(t, "violation: linearizability: not linearizable", failing.Name)
	require.Contains(t, failing.Failure.Message, "of 30 seeds, first 1: ")
	require.Contains(t, failing.Failure.Text, "go run ./cmd/simrun replay --scenario toy-torn --seed 1 --profile calm\n")
	require.Equal(t, "30 seeds pass", all.Suites[1].Cases[0].Name)
	require.Nil(t, all.Suites[1].Cases[0].Failure)
	require.Equal(t, "a?b\n<", xmlText("a\x00b\n<"))
}

// GitHub gets an annotation for each way to fail, in one line whatever is in it, and a page for the step.
func TestGitHub(t *testing.T) {
	t.Chdir(t.TempDir())
	t.Setenv("GITHUB_STEP_SUMMARY", "step.md")
	got := command(t, "run", "toy-torn", "toy-alone", "--count", "30", "--profile", "calm", "--github")
	require.Equal(t, exitViolation, got.status, got.err)
	var notes []string
	for line := range strings.Lines(got.out) {
		if strings.HasPrefix(line, "::") {
			notes = append(notes, line)
		}
	}
	require.Len(t, notes, 1)
	require.True(t, strings.HasPrefix(notes[0], "::error title=toy-torn seed 1::violation: linearizability: not linearizable ("), notes[0])
	require.Contains(t, notes[0], "%0Ago run ./cmd/simrun replay --scenario toy-torn --seed 1 --profile calm%0A")
	page, err := os.ReadFile("step.md")
	require.NoError(t, err)
	require.Contains(t, string(page), "| toy-alone | calm | 30 | 30 | passed |\n")
	require.Contains(t, string(page), "\n**toy-torn seed 1: violation: linearizability: not linearizable**, ")
	require.Equal(t, "50%25%0A::x", githubData("50%\n::x\n"))
	require.Equal(t, "a%3A b%2C c", githubProperty("a: b, c"))
}

// The shares of a sweep, put together, are the sweep: the same summary but for the states, and the same exit status.
func TestMerge(t *testing.T) {
	t.Chdir(t.TempDir())
	args := []string{"run", "toy-torn", "toy-panics", "single-decree", "--count", "31"}
	whole := command(t, args...)
	var files []string
	for _, shard := range []string{"1/3", "2/3", "3/3"} {
		got := command(t, append(args, "--json", "--shard", shard)...)
		require.Equal(t, exitViolation, got.status, got.err)
		files = append(files, "part-"+shard[:1]+".jsonl")
		require.NoError(t, os.WriteFile(files[len(files)-1], []byte(got.out), 0o644))
	}
	summary := func(out string) (lines []string) {
		for line := range strings.Lines(out) {
			if strings.HasPrefix(line, "  ") && !strings.HasPrefix(line, "  states") || strings.Contains(line, " of 31 seeds, profile") {
				lines = append(lines, line)
			}
		}
		return lines
	}
	merged := command(t, append([]string{"merge", "--junit", "all.xml"}, files[2], files[0], files[1])...)
	require.Equal(t, exitViolation, merged.status, merged.err)
	at := strings.Index(whole.out, "toy-torn: 31 of 31")
	require.Positive(t, at)
	want := summary(whole.out)
	for _, line := range summary(merged.out) {
		require.Contains(t, want, line)
	}
	require.Equal(t, 3, strings.Count(merged.out, ": 31 of 31 seeds"))
	require.FileExists(t, "all.xml")
	requireRefused(t, command(t, "merge", files[0], files[1]), "shard 3 of 3 is missing")
	requireRefused(t, command(t, "merge", files[2]), "toy-torn: shard 1 of 3 is missing, shard 2 of 3 is missing")
	few := command(t, "run", "toy-alone", "--profile", "calm", "--count", "1", "--json", "--shard", "1/3") // the others have no seeds
	require.NoError(t, os.WriteFile("few.jsonl", []byte(few.out), 0o644))
	require.Equal(t, exitPass, command(t, "merge", "few.jsonl").status)

	// Where failures are what the sweep is there for, it is they that must be found, in the whole.
	for _, args := range []string{"run single-decree --profile byzantine --count 40", "run single-decree --profile byzantine --count 3", "run kv --profile destruction --count 40"} {
		args := strings.Fields(args)
		whole, part := command(t, args...), command(t, append(args, "--json")...)
		require.NoError(t, os.WriteFile("part.jsonl", []byte(part.out), 0o644))
		merged := command(t, "merge", "part.jsonl")
		require.Equal(t, whole.status, merged.status, "%v: %s%s", args, merged.out, merged.err)
		head, _, _ := strings.Cut(merged.out, "\n")
		require.Contains(t, whole.out, head)
	}
}

// merge refuses what is no share of one sweep.
func TestMergeRefusals(t *testing.T) {
	t.Chdir(t.TempDir())
	write := func(name, text string) string {
		require.NoError(t, os.WriteFile(name, []byte(text), 0o644))
		return name
	}
	summary := func(change func(*jsonSummary)) string {
		s := jsonSummary{Type: "summary", Scenario: "kv", Profile: "default", Build: scenarios.Build{Sources: "0123"}}
		change(&s)
		text, err := json.Marshal(s)
		require.NoError(t, err)
		return string(text) + "\n"
	}
	good := write("good", summary(func(*jsonSummary) {}))
	whole := write("whole", `{"type":"result","scenario":"kv","seed":3,"verdict":"pass"}`+"\n"+summary(func(s *jsonSummary) { s.Stats.Runs = 1 }))
	for _, c := range []struct {
		args []string
		says string
	}{
		{nil, "merge needs the files"},
		{[]string{"nowhere"}, "no such file"},
		{[]string{write("empty", "")}, "0 results and no summary"},
		{[]string{write("text", "hello\n")}, "line 1: not a line of simrun run --json"},
		{[]string{write("other", `{"type":"weather"}`)}, `its type is "weather"`},
		{[]string{write("odd", `{"type":"result","verdict":"maybe"}`)}, "maybe"},
		{[]string{good, write("build", summary(func(s *jsonSummary) { s.Build.Sources = "4567" }))}, "made by another build"},
		{[]string{good, write("profile", summary(func(s *jsonSummary) { s.Profile = "calm" }))}, "kv was run with profile calm here, and with default in the files before"},
		{[]string{good, "--junit", "."}, "--junit . is a folder"},
		{[]string{write("one", summary(func(s *jsonSummary) { s.Share = &shardInfo{1, 2, 9} })), write("two", summary(func(s *jsonSummary) { s.Share = &shardInfo{2, 3, 9} }))},
			"two: line 1: kv: this is share 2 of 3 of 9 seeds, and the files before have shares of 2 of 9 seeds"},
		{[]string{write("none", summary(func(s *jsonSummary) { s.Share = &shardInfo{3, 2, 9} }))}, "there is no share 3 of 2"},
		{[]string{good, "--junit", "./good"}, "--junit ./good: that is what is read, so give another file"},
		{[]string{write("cut", summary(func(s *jsonSummary) { s.Stats.Runs = 5 }))}, "kv has 0 results here, and its summary is that of 5 runs: the file is not whole"},
		{[]string{whole, whole}, "seed 3 of kv was there before: leave the file out that has it again"},
	} {
		requireRefused(t, command(t, append([]string{"merge"}, c.args...)...), c.says)
	}
	require.Equal(t, exitUnproved, command(t, "merge", good).status, "nothing was run")
}
