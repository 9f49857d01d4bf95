package cli

import (
	"context"
	"encoding/json"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"simrun/scenarios"
)

const smallOne = "results/runs/toy-torn-1/artifact.min.json"

// A failing run is shrunk to one that is saved beside it, and that replays.
func TestShrink(t *testing.T) {
	a := saved(t)
	require.NoError(t, os.WriteFile("go.mod", []byte("module thing\n"), 0o644))
	o := command(t, "shrink", artifactOne, "--test", "sub/found_test.go")
	require.Equal(t, exitPass, o.status, o.err)
	small, _, err := scenarios.LoadArtifact(smallOne)
	require.NoError(t, err)
	require.Equal(t, a.Fingerprint, small.Fingerprint)
	require.Less(t, small.Config.Operations, a.Config.Operations)
	require.Equal(t, 2, small.Config.Nodes, "one replica would see its own writes")
	require.Less(t, small.Events, a.Events)
	require.False(t, small.Edited())
	require.Equal(t, small.TraceHash, small.Hashes[len(small.Hashes)-1].Hash.String(), "it tells how far another build's run is the same")
	page, err := os.ReadFile("results/runs/toy-torn-1/artifact.min.html")
	require.NoError(t, err)
	require.Contains(t, string(page), small.TraceHash)
	for _, line := range []string{
		"no single step makes it smaller", "  faults\n    none\n", "go run ./cmd/simrun replay " + smallOne + "\n",
		"go run ./cmd/simrun explain " + smallOne + "\n", "go test -run TestToyTornLinearizabilityNotLinearizable" + strconv.FormatUint(small.Seed, 10) + " ./sub\n",
	} {
		require.Contains(t, o.out, line)
	}
	require.Regexp(t, ` +before +after\n +faults +\d+ +0\n +messages +0 +0\n +operations +\d+ +\d+\n +replicas +3 +2\n`, o.out)
	require.Regexp(t, `^toy-torn: [\d,]+ runs in \d+\.\d s\n$`, o.err)

	again := command(t, "replay", smallOne)
	require.Equal(t, exitViolation, again.status)
	require.Contains(t, again.out, "same verdict and same trace hash as in the artifact\n")

	// The result depends on nothing else.
	require.Equal(t, exitPass, command(t, "shrink", artifactOne, "--jobs", "3", "--out", "other.json").status)
	other, err := os.ReadFile("other.json")
	require.NoError(t, err)
	first, err := os.ReadFile(smallOne)
	require.NoError(t, err)
	require.Equal(t, string(first), string(other))

	// What is small already stays as it is.
	o = command(t, "shrink", smallOne, "--json", "--out", "smaller.json")
	require.Equal(t, exitPass, o.status)
	var sizes struct {
		Before, After counts
		Minimal       bool
		Artifact      string
	}
	require.NoError(t, json.Unmarshal([]byte(o.out), &sizes))
	require.True(t, sizes.Minimal)
	require.Equal(t, sizes.Before, sizes.After)
	require.Equal(t, "smaller.json", sizes.Artifact)
}

// The test that is written is Go, with the artifact in it.
func TestWrittenTest(t *testing.T) {
	a := saved(t)
	a.Detail = "with a ` in it"
	for _, detail := range []string{"plain", "with a ` in it", "two\r\nlines"} {
		a.Detail = detail
		require.NoError(t, writeTest("new/found_test.go", "thing_test", a))
		file, err := parser.ParseFile(token.NewFileSet(), "new/found_test.go", nil, 0)
		require.NoError(t, err)
		require.Equal(t, "thing_test", file.Name.Name)
		require.NotNil(t, file.Scope.Lookup("TestToyTornLinearizabilityNotLinearizable1"), "%v", file.Scope)
		text, err := os.ReadFile("new/found_test.go")
		require.NoError(t, err)
		require.Contains(t, string(text), `scenarios.ParseArtifact([]byte(artifact))`)
	}
	require.Equal(t, "thing_test", packageOf("new"))
	require.Equal(t, "main_test", packageOf("nowhere"))
	require.NoError(t, os.WriteFile("new/a.go", []byte("//go:build ignore\n\npackage main\n"), 0o644))
	require.Equal(t, "thing_test", packageOf("new"), "what is not built counts for nothing")
	require.NoError(t, os.WriteFile("new/found_test.go", []byte("package other\n"), 0o644))
	require.Equal(t, "other_test", packageOf("new"))

	// The test of a story knows the stories.
	story := scenarioOf(t, "bank")
	a.Scenario = story.Name
	require.NoError(t, writeTest("new/found_test.go", "thing_test", a))
	text, err := os.ReadFile("new/found_test.go")
	require.NoError(t, err)
	require.Contains(t, string(text), `_ "simrun/scenarios/gallery"`)
}

// The line that runs a written test is right from the folder that one is in: inside the module, in another one, and in none.
func TestTestLine(t *testing.T) {
	dir := t.TempDir()
	for _, file := range []string{"mine/go.mod", "mine/sub/a.go", "mine/inner/go.mod"} {
		file = filepath.Join(dir, file)
		require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
		require.NoError(t, os.WriteFile(file, nil, 0o644))
	}
	t.Chdir(filepath.Join(dir, "mine", "sub"))
	for _, c := range []struct{ file, line string }{
		{"x_test.go", "go test -run TestX ."},
		{"more/x_test.go", "go test -run TestX ./more"},
		{"../x_test.go", "go test -run TestX .."},
		{"../other/x_test.go", "go test -run TestX ../other"},
		{filepath.Join(dir, "mine", "other", "x_test.go"), "go test -run TestX ../other"},
		{"../inner/x_test.go", "go test -C ../inner -run TestX ."},
		{"../../x_test.go", "../../x_test.go is in no module: in a folder of one that has simrun, go test -run TestX"},
	} {
		require.Equal(t, c.line, testLine(c.file, "TestX"))
	}
}

// The seed may have changed, too.
func TestSeedNow(t *testing.T) {
	require.Equal(t, "5", seedNow(5, 5))
	require.Equal(t, "7 (was 5)", seedNow(7, 5))
}

// A budget that is too small is said so; an interrupt saves what there is.
func TestShrinkCutShort(t *testing.T) {
	saved(t)
	o := command(t, "shrink", artifactOne, "--budget", "5")
	require.Equal(t, exitPass, o.status)
	require.Contains(t, o.out, "the budget is spent: this is the best so far")
	_, _, err := scenarios.LoadArtifact(smallOne)
	require.NoError(t, err)

	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	var out, errs strings.Builder
	require.Equal(t, exitInterrupted, run(ctx, []string{"shrink", artifactOne}, &term{out: &out, err: &errs}))
	require.Equal(t, exitInterrupted, run(ctx, []string{"explain", artifactOne}, &term{out: &out, err: &errs}))
	require.Empty(t, out.String())
}

// The chart begins with the first event and ends with the failure.
func TestExplain(t *testing.T) {
	saved(t)
	o := command(t, "explain", artifactOne, "--futures", "20", "--points", "5")
	require.Equal(t, exitPass, o.status, o.err)
	require.Regexp(t, `(?s)^toy-torn seed 1: .*\n  of 20 futures from a point, how many fail in the same way\n +0 +0\.000ms +\d+%.*\n +\d+ +\d+\.\d{3}ms +100% #{50}\n  what decided it\n`, o.out)
	require.Equal(t, o.out, command(t, "explain", artifactOne, "--futures", "20", "--points", "5", "--jobs", "1").out)
}

// What cannot be shrunk or explained is refused in words that say what to do.
func TestShrinkRefusals(t *testing.T) {
	a := saved(t)
	passed, hangs, sound := a, a, a
	passed.Verdict, passed.Fingerprint = "pass", ""
	require.NoError(t, passed.Save("passed.json"))
	hangs.Fingerprint = "watchdog: a handler never returns"
	require.NoError(t, hangs.Save("hangs.json"))
	sound.Scenario = "toy-alone"
	sound.Config.Nodes, sound.Config.Clients = 1, 1
	sound.Plan.Faults = nil
	require.NoError(t, sound.Save("sound.json"))
	for _, c := range []struct{ args, says string }{
		{"shrink", "shrink takes one artifact, and there are 0 (simrun shrink --help explains it)"},
		{"explain a b", "explain takes one artifact, and there are 2 (simrun explain --help explains it)"},
		{"shrink missing.json", "missing.json: no such file"},
		{"shrink passed.json", "passed.json: its verdict is pass: only a violation can be taken by shrink"},
		{"explain passed.json", "only a violation can be taken by explain"},
		{"shrink hangs.json", "its run never ends, so other runs like it cannot be tried"},
		{"shrink sound.json", "its run does not fail in this build: pass"},
		{"explain sound.json", "its run does not fail in this build: pass"},
		{"shrink ART --jobs 0", "--jobs is 0, and must be from 1 to 1024"},
		{"shrink ART --budget 0", "--budget is 0, and must be at least 1 run"},
		{"shrink ART --out=", "--out is empty, and must be a file"},
		{"shrink ART --out results", "results is a folder, and must be a file"},
		{"shrink ART --test found.go", "must end in _test.go"},
		{"shrink ART --test results/_test.go --package 3d", `--package "3d" is not the name of a package`},
		{"shrink ART --package main", "--package is for the test that --test writes"},
		{"explain ART --futures 0", "--futures is 0, and must be from 1 to 100000"},
		{"explain ART --points 1001", "--points is 1001, and must be from 1 to 1000"},
		{"explain ART --jobs=-1", "--jobs is -1, and must be from 1 to 1024"},
	} {
		o := command(t, strings.Fields(strings.ReplaceAll(c.args, "ART", artifactOne))...)
		require.Equal(t, exitUsage, o.status, c.args)
		require.Contains(t, o.err, c.says)
		require.Equal(t, 1, strings.Count(o.err, "\n"), "%s: %s", c.args, o.err)
		require.Empty(t, o.out)
	}
}

// The page beside the small run, which nobody named, overwrites neither what is read nor what somebody else wrote; that of an earlier call it does.
func TestShrinkSparesFiles(t *testing.T) {
	saved(t)
	text, err := os.ReadFile(artifactOne)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile("in.html", text, 0o644))
	requireRefused(t, command(t, "shrink", "in.html", "--out", "in.json"), "--out in.json: its page in.html: that is what is read")
	require.NoError(t, os.WriteFile("mine.html", []byte("<!doctype html>\nmine\n"), 0o644))
	requireRefused(t, command(t, "shrink", artifactOne, "--out", "mine.json"), "--out mine.json: its page mine.html would overwrite a file that is no report")
	for _, name := range []string{"new/", strings.Repeat("n", 300), strings.Repeat("n", 252)} {
		requireRefused(t, command(t, "shrink", artifactOne, "--out", name), "--out ")
	}
	for range 2 {
		require.Equal(t, exitPass, command(t, "shrink", artifactOne, "--budget", "5").status)
	}
}

// Where what belongs beside it cannot be written, the small run is told of all the same: it is saved.
func TestShrinkTellsWhatIsSaved(t *testing.T) {
	saved(t)
	got := command(t, "shrink", artifactOne, "--budget", "5", "--out", "x.json", "--test", "x.html/found_test.go") // which is the page by then
	require.Equal(t, exitUnwritten, got.status)
	require.Contains(t, got.err, "simrun: the test was not written: ")
	require.Contains(t, got.out, "replay x.json\n")
	require.NotContains(t, got.out, "go test")
}
