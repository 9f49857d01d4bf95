package main

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"simrun/scenarios/mutants"
)

var update = flag.Bool("update", false, "move the unrelated diffs to where they belong in the sources as they are")

const header = "wrong: w\nseen: s\nneeds: none\nexpect: safe\nscenario: kv\nfamily: ballots\n"

func parse(t *testing.T, name, diff string) mutants.Mutant {
	t.Helper()
	m, err := mutants.Parse(name, header+diff)
	require.NoError(t, err)
	return m
}

// A bug and a change of one file are one patch of it, in the order of its lines; what only one of them changes stays as it is.
func TestTogether(t *testing.T) {
	bug := parse(t, "bug", "--- a/x.go\n+++ b/x.go\n@@ -3,1 +3,1 @@\n-three\n+THREE\n")
	change := parse(t, "change", "--- a/x.go\n+++ b/x.go\n@@ -1,1 +1,2 @@\n one\n+more\n@@ -5,1 +6,0 @@\n-five\n--- a/y.go\n+++ b/y.go\n@@ -1,1 +1,0 @@\n-gone\n")
	both := together(&bug, &change)
	require.Equal(t, "bug and change", both.Name)
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "x.go"), []byte("one\ntwo\nthree\nfour\nfive\n"), 0o644))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "y.go"), []byte("gone\nstays\n"), 0o644))
	files, err := both.Apply(os.DirFS(dir))
	require.NoError(t, err)
	require.Equal(t, "one\nmore\ntwo\nTHREE\nfour\n", string(files["x.go"]))
	require.Equal(t, "stays\n", string(files["y.go"]))
	require.Len(t, bug.Files[0].Hunks, 1, "the bug itself stays as it was")
}

// The unrelated changes apply to the sources, and to those of every bug that does.
func TestChangesApply(t *testing.T) {
	root := os.DirFS("../../..")
	bugs, err := mutants.Load(os.DirFS("../../mutants"))
	require.NoError(t, err)
	files, err := filepath.Glob("../testdata/unrelated/*.diff")
	require.NoError(t, err)
	require.Len(t, files, 3)
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		change := parse(t, filepath.Base(file), string(text))
		if *update {
			change, err = change.Refresh(root)
			require.NoError(t, err)
			require.NoError(t, os.WriteFile(file, []byte(strings.TrimPrefix(change.String(), header)), 0o644))
		}
		_, err = change.Apply(root)
		require.NoError(t, err, "with -update, diffs are moved to where the lines that they take out are")
		apart := 0
		for i := range bugs {
			if _, err := bugs[i].Apply(root); err != nil {
				continue // its own tests see to that
			}
			both := together(&bugs[i], &change)
			if _, err := both.Apply(root); err == nil {
				apart++
			}
		}
		require.Greater(t, 10*apart, 9*len(bugs), file)
	}
}

// What does not hold is said, one thing at a time.
func TestWrong(t *testing.T) {
	good := func() board {
		b := board{diffs: []string{"d"}}
		for i := range 10 {
			b.cases = append(b.cases, result{
				Bug: "b", Check: "safe", After: size{Faults: 2, Messages: 1, Operations: 5}, Minimal: true, Seconds: 1, Outlived: map[string]string{"d": ""},
				Changed: map[string]bool{"d": i == 3},
			})
		}
		b.cases = append(b.cases, result{Bug: "hidden", Missed: "not found"})
		return b
	}
	require.Empty(t, func() []string { b := good(); return b.wrong() }())
	for _, c := range []struct {
		says  string
		spoil func(b *board)
	}{
		{"the median case has 4 faults", func(b *board) {
			for i := range 6 {
				b.cases[i].After.Messages = 2
			}
		}},
		{"the median case has 6 operations", func(b *board) {
			for i := range 6 {
				b.cases[i].After.Operations = 6
			}
		}},
		{"shrinking took 61 s in the median", func(b *board) {
			for i := range 6 {
				b.cases[i].Seconds = 61
			}
		}},
		{"b: its small case is not minimal", func(b *board) { b.cases[3].Minimal = false }},
		{"b: without the bug, it fails", func(b *board) { b.cases[3].Wrong = "without the bug, it fails" }},
		{"d proves nothing: none of the 10 cases of  comes to it", func(b *board) { b.cases[3].Changed["d"] = false }},
		{"only 8 of 10 cases outlive d", func(b *board) {
			b.cases[0].Outlived["d"], b.cases[1].Outlived["d"] = "pass", "pass"
		}},
	} {
		b := good()
		c.spoil(&b)
		require.Equal(t, []string{c.says}, b.wrong())
	}
}

// Nine in ten must outlive a change; of three to nine cases, all but one, and of fewer, all.
func TestFewCasesMayLoseOne(t *testing.T) {
	for _, c := range []struct{ of, lost int }{{1, 0}, {2, 0}, {3, 1}, {5, 1}, {9, 1}, {10, 1}, {19, 1}, {20, 2}, {87, 8}, {100, 10}} {
		require.Equal(t, c.lost, mostLost(c.of), "of %d", c.of)
	}
}

// The table has a row for each small case, the medians, what there is no case of, and why a case did not outlive a change.
func TestMarkdown(t *testing.T) {
	b := board{budget: 10, diffs: []string{"d"}, cases: []result{
		{Bug: "one", Check: "safe: s", Before: size{Faults: 9, Operations: 7, Events: 100}, After: size{Messages: 1, Operations: 2, Events: 10}, Seconds: 1, CPU: 2, Outlived: map[string]string{"d": "pass; no such message"}, Changed: map[string]bool{"d": true}},
		{Bug: "two", Missed: "not found"},
	}}
	text := b.markdown()
	for _, line := range []string{
		"| one | safe: s | 9 → 1 | 7 → 2 | 0 → 0 | 0 → 0 | 100 → 10 | 0 → 0 | 0 → 0 | 1.0 | 2.0 |\n", "| **median** | | 9 → 1 |", "- two: not found\n",
		"| d | 1 | 1 | 0 (0%) |\n", "- one after d: pass; no such message\n",
	} {
		require.Contains(t, text, line)
	}
}

// To find that too much was destroyed is no failure.
func TestUnrecoverable(t *testing.T) {
	o := said{out: "x\n\nkv seed 3: unrecoverable: durable data was destroyed on n2\ntrace hash 00 after 7 events\n"}
	require.True(t, o.unrecoverable())
	o.out = "x\n\nkv seed 3: violation: safe: it says unrecoverable: no\n"
	require.False(t, o.unrecoverable())
}

// Why a replay did not fail as its artifact did is said in its own words, in one line.
func TestWhy(t *testing.T) {
	o := said{out: "       1 timeline\n\nkv seed 3: pass\ntrace hash 00 after 7 events\nthe message of the exception \"drop\" was never sent\n" +
		"NOT the verdict of the artifact\nthe fault \"1s crash n1\" struck nothing\n" +
		"of what came last in the artifact's run, this is the first that never came in this one:\n      12      1.000ms  c1 <- n1   return    #1 put k0 1 = 0\n" +
		"the run is the artifact's up to event 4 at 1ms, and another one by event 5; what comes first after that:\n  5 more\n" +
		"where the artifact has:\n       5      1.000ms  n1         observe   learned slot 1\n"}
	require.Equal(t, `pass; the message of the exception "drop" was never sent; the fault "1s crash n1" struck nothing; "c1 <- n1 return #1 put k0 1 = 0" never came; the run is the artifact's up to event 4 at 1ms, and another one by event 5; where the artifact has "n1 observe learned slot 1"`, o.why())
	require.False(t, o.same())
	o = said{status: 1, out: strings.Repeat("x\n", 3) + "\nsame verdict and same trace hash as in the artifact\n"}
	require.True(t, o.same())
}
