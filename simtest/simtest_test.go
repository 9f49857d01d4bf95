package simtest_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"simrun/faults"
	"simrun/scenarios"
	_ "simrun/scenarios/gallery" // artifacts of the corpus are of its stories too
	"simrun/simtest"
)

// A sweep as a test, and the corpus of this repository as one. TestTorn fails, and is run by others only.
func TestAlone(t *testing.T) { simtest.Run(t, toys("alone", 1), simtest.Options{Profile: faults.Calm}) }

func TestTorn(t *testing.T) {
	if os.Getenv("SIMTEST_CHILD") == "" {
		t.Skip("fails, as it should")
	}
	simtest.Run(t, toys("torn", 3), simtest.Options{Profile: faults.Calm, Count: 60, Each: 20})
}

func TestCorpus(t *testing.T) { simtest.Regress(t, "../scenarios/corpus") }

func TestWrongCorpus(t *testing.T) {
	if os.Getenv("SIMTEST_CHILD") == "" {
		t.Skip("fails, as it should")
	}
	simtest.Regress(t, os.Getenv("SIMTEST_CHILD"), toys("torn", 3))
}

// event is a line of "go test -json".
type event struct{ Action, Test, Key, Value, Output string }

// child runs one test of this file in a process of its own, and returns its output and its attributes. COVER_CHILDREN names a folder for what it
// covers.
func child(t *testing.T, test string, env []string, flags ...string) (passed bool, output string, attributes map[string][]string) {
	t.Helper()
	if profiles := os.Getenv("COVER_CHILDREN"); profiles != "" && testing.CoverMode() != "" { // a failing test runs here only
		profile, err := os.CreateTemp(profiles, "simtest-")
		require.NoError(t, err)
		require.NoError(t, profile.Close())
		flags = append(flags, "-test.coverprofile="+profile.Name())
	}
	run := exec.Command(os.Args[0], append([]string{"-test.run=^" + test + "$", "-test.v=test2json"}, flags...)...)
	run.Env = append(append(os.Environ(), "SIMTEST_CHILD=1"), env...)
	text, err := run.Output()
	convert := exec.Command("go", "tool", "test2json")
	convert.Stdin = strings.NewReader(string(text))
	lines, convertErr := convert.Output()
	require.NoError(t, convertErr)
	attributes = map[string][]string{}
	for line := range strings.Lines(string(lines)) {
		var e event
		require.NoError(t, json.Unmarshal([]byte(line), &e))
		if e.Action == "attr" {
			attributes[e.Key] = append(attributes[e.Key], e.Value)
		}
		output += e.Output
	}
	return err == nil, output, attributes
}

// A failing sweep fails the subtests of its seeds, tells the story, keeps the artifact, and prints lines that show it again.
func TestFailing(t *testing.T) {
	dir := t.TempDir()
	passed, out, attributes := child(t, "TestTorn", nil, "-test.artifacts", "-test.outputdir="+dir)
	require.False(t, passed)
	require.Contains(t, out, "torn seed 1: violation: linearizability: not linearizable: ")
	require.Regexp(t, ` 1\. [0-9.]+ms: c. asks n. to `+"|"+` 1\. [0-9.]+ms: c. asks n.: `, out)
	require.Equal(t, []string{"1-20", "21-40", "41-60"}, attributes["simrun.seeds"])
	require.Equal(t, "1", attributes["simrun.failed.seed"][0])
	require.Contains(t, attributes["simrun.failed.fingerprint"], "violation linearizability: not linearizable")

	// The lines to paste: the seed alone, and its artifact.
	require.Contains(t, out, "SIMRUN_PROFILE=calm SIMRUN_SEEDS=1 go test -run '^TestTorn$' -v\n")
	_, rest, found := strings.Cut(out, "SIMRUN_ARTIFACT=")
	require.True(t, found, out)
	file, _, _ := strings.Cut(rest, " ")
	require.True(t, strings.HasPrefix(file, dir), file)
	passed, out, attributes = child(t, "TestTorn", []string{"SIMRUN_SEEDS=1"})
	require.False(t, passed)
	require.Equal(t, []string{"1"}, attributes["simrun.seeds"])
	require.Contains(t, out, "-artifacts   # keeps the artifact")
	passed, out, attributes = child(t, "TestTorn", []string{"SIMRUN_ARTIFACT=" + file})
	require.False(t, passed)
	require.Equal(t, []string{"1"}, attributes["simrun.seed"])
	require.Contains(t, out, "violation: linearizability: not linearizable")
}

// The environment says which seeds, how many, and under which faults; nonsense is refused.
func TestEnvironment(t *testing.T) {
	for _, c := range []struct{ env, says string }{
		{"SIMRUN_SEEDS=9-1", "SIMRUN_SEEDS: the range"},
		{"SIMRUN_COUNT=many", `SIMRUN_COUNT is "many"`},
		{"SIMRUN_COUNT=0", `SIMRUN_COUNT is "0"`},
		{"SIMRUN_PROFILE=hail", `unknown profile "hail"`},
		{"SIMRUN_ARTIFACT=nowhere.json", "no such file"},
	} {
		passed, out, _ := child(t, "TestAlone", []string{c.env})
		require.False(t, passed, c.env)
		require.Contains(t, out, c.says)
	}
	passed, out, attributes := child(t, "TestAlone", []string{"SIMRUN_COUNT=75", "SIMRUN_TWICE=1"}, "-test.short")
	require.True(t, passed, out)
	require.Equal(t, []string{"1-50", "51-75"}, attributes["simrun.seeds"])
	passed, _, attributes = child(t, "TestAlone", nil, "-test.short")
	require.True(t, passed)
	require.Equal(t, []string{"1-40"}, attributes["simrun.seeds"])

	// An artifact of another scenario is not for this test.
	s := toys("alone", 1)
	profile, err := faults.FindProfile(faults.Calm)
	require.NoError(t, err)
	in := scenarios.Input{Seed: 3}
	in.Config, in.Plan = s.Draw(3, profile)
	r := scenarios.Run(s.NewCluster(), in)
	file, err := simtest.Save(t, s, profile, r)
	require.NoError(t, err)
	passed, out, _ = child(t, "TestAlone", []string{"SIMRUN_ARTIFACT=" + file})
	require.True(t, passed, out)
	passed, out, _ = child(t, "TestTorn", []string{"SIMRUN_ARTIFACT=" + file})
	require.False(t, passed, out)
	require.Contains(t, out, `unknown scenario "alone"`)
}

// A corpus that does not hold fails a subtest for each case that changed.
func TestCorpusThatDoesNotHold(t *testing.T) {
	dir := t.TempDir()
	write := func(text string) {
		require.NoError(t, os.WriteFile(filepath.Join(dir, "golden.txt"), []byte(text), 0o644))
	}
	run := func() (bool, string) {
		passed, out, _ := child(t, "TestWrongCorpus", []string{"SIMTEST_CHILD=" + dir})
		return passed, out
	}
	passed, out := run()
	require.False(t, passed)
	require.Contains(t, out, "has nothing to run")
	write("seed torn calm 1 pass 00000000000000ff\n")
	passed, out = run()
	require.False(t, passed)
	require.Contains(t, out, "--- FAIL: TestWrongCorpus/seed_torn_calm_1")
	require.Contains(t, out, "was pass, is violation (linearizability: not linearizable)")
	write("nonsense\n")
	passed, out = run()
	require.False(t, passed)
	require.Contains(t, out, "golden.txt: line 1: ")
}
