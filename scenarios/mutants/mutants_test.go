package mutants

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"
)

// update moves diffs to where the lines that they take out are.
var update = flag.Bool("update", false, "move the diffs whose context changed")

const root = "../.."

// tree is a folder with one file, f.go.
func tree(lines ...string) fstest.MapFS {
	return fstest.MapFS{"f.go": &fstest.MapFile{Data: []byte(strings.Join(lines, "\n") + "\n")}}
}

const header = "wrong: w\nseen: s\nneeds: drop, crash\nexpect: agreement, stated\nscenario: kv\nfamily: ballots\n"

// A diff that replaces the line c, which stands after b.
const sample = header + "--- a/f.go\n+++ b/f.go\n@@ -2,2 +2,2 @@\n b\n-c\n+C\n"

func TestParse(t *testing.T) {
	m, err := Parse("sample", sample)
	require.NoError(t, err)
	require.Equal(t, Mutant{
		Name: "sample", Wrong: "w", Seen: "s", Needs: []string{"drop", "crash"}, Expect: []string{"agreement", "stated"},
		Scenario: "kv", Family: "ballots",
		Files: []Patch{{"f.go", []Hunk{{2, []Line{{' ', "b"}, {'-', "c"}, {'+', "C"}}}}}},
	}, m)
	require.Equal(t, sample, m.String())
	const ofGit = "diff --git a/f.go b/f.go\nindex 3f2a1b0..9c8d7e6 100644\n"
	one, two := strings.Replace(sample, "--- a/f.go", ofGit+"--- a/f.go", 1), strings.TrimPrefix(sample, header)
	pasted, err := Parse("sample", one)
	require.NoError(t, err, "lines that git diff writes say nothing")
	require.Equal(t, m, pasted)
	pasted, err = Parse("sample", one+ofGit+strings.ReplaceAll(two, "f.go", "g.go"))
	require.NoError(t, err)
	require.Len(t, pasted.Files, 2)
	for _, c := range []struct{ old, new, says string }{
		{"wrong: w\n", "", "the header needs"},
		{"wrong: w\n", "colour: red\n", "line 1"},
		{"ballots", "gadgets", "no family"},
		{"+++ b/f.go", "+++ b/g.go", "of one path"},
		{"--- a/f.go\n+++ b/f.go", "--- a/../f.go\n+++ b/../f.go", "of one path"},
		{"@@ -2,2 +2,2 @@\n b\n-c\n+C\n", "", "nothing changes"},
		{"@@ -2,2 +2,2 @@", "@@ two @@", "is not as in"},
		{"@@ -2,2 +2,2 @@", "@@ -2,3 +2,2 @@", "another length"},
		{" b\n", "b\n", "begins with neither"},
		{" b\n", "\n", "an empty line"},
		{"--- a/f.go\n+++ b/f.go\n@@ -2,2 +2,2 @@\n b\n-c\n+C\n", "", "no diff in it"},
	} {
		require.Contains(t, sample, c.old)
		_, err := Parse("sample", strings.Replace(sample, c.old, c.new, 1))
		require.ErrorContains(t, err, "sample.diff")
		require.ErrorContains(t, err, c.says)
	}
}

// Context must be there exactly. A line number is a hint that decides between several places.
func TestApply(t *testing.T) {
	m, err := Parse("sample", sample)
	require.NoError(t, err)
	for _, c := range []struct{ name, is, becomes, says string }{
		{"in its place", "a b c d", "a b C d", ""},
		{"moved", "x y a b c d", "x y a b C d", ""},
		{"twice, once in its place", "a b c b c", "a b C b c", ""},
		{"twice, elsewhere", "x y b c b c", "", "2 times"},
		{"context changed", "a B c d", "", "not there"},
		{"only a space more", "a b c_ d", "", "not there"},
	} {
		t.Run(c.name, func(t *testing.T) {
			changed, err := m.Apply(tree(strings.Fields(c.is)...))
			if c.says != "" {
				require.ErrorContains(t, err, c.says)
				return
			}
			require.NoError(t, err)
			require.Equal(t, strings.Fields(c.becomes), strings.Fields(string(changed["f.go"])))
		})
	}
	_, err = m.Apply(fstest.MapFS{})
	require.ErrorContains(t, err, "does not apply")
}

// Two hunks of a file count lines in the original.
func TestApplyShifts(t *testing.T) {
	m, err := Parse("two", header+"--- a/f.go\n+++ b/f.go\n@@ -1,1 +1,3 @@\n-x\n+1\n+2\n+3\n@@ -3,1 +5,1 @@\n-x\n+4\n")
	require.NoError(t, err)
	changed, err := m.Apply(tree("x", "y", "x", "x"))
	require.NoError(t, err)
	require.Equal(t, "1\n2\n3\ny\n4\nx\n", string(changed["f.go"]))
	require.Contains(t, m.String(), "@@ -3,1 +5,1 @@")
}

func TestRefresh(t *testing.T) {
	m, err := Parse("sample", sample)
	require.NoError(t, err)
	for _, c := range []struct{ is, head, says string }{
		{"a b c d", "@@ -2,2 +2,2 @@\n b\n-c\n+C\n", ""},
		{"x y b c d", "@@ -3,2 +3,2 @@\n b\n-c\n+C\n", ""},
		{"x B c d", "@@ -2,2 +2,2 @@\n B\n-c\n+C\n", ""},
		{"c d", "@@ -1,1 +1,1 @@\n-c\n+C\n", ""},
		{"x B d", "", "no place"},
		{"c x c", "", "no place"},
	} {
		fresh, err := m.Refresh(tree(strings.Fields(c.is)...))
		if c.says != "" {
			require.ErrorContains(t, err, c.says, c.is)
			continue
		}
		require.NoError(t, err)
		require.Equal(t, header+"--- a/f.go\n+++ b/f.go\n"+c.head, fresh.String())
		_, err = fresh.Apply(tree(strings.Fields(c.is)...))
		require.NoError(t, err)
	}
}

// Every diff of the tree applies to the tree as it is. With -update, those that do not are moved first.
func TestDiffsApply(t *testing.T) {
	sources := os.DirFS(root)
	all, err := Load(os.DirFS("."))
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(all), 40)
	for _, m := range all {
		if *update {
			if fresh, err := m.Refresh(sources); err != nil {
				t.Error(err)
			} else if err := os.WriteFile(m.Name+".diff", []byte(fresh.String()), 0o644); err != nil {
				t.Error(err)
			} else {
				m = fresh
			}
		}
		changed, err := m.Apply(sources)
		if err != nil {
			t.Errorf("%v (go test ./scenarios/mutants -update moves diffs)", err)
			continue
		}
		for path, text := range changed {
			was, err := os.ReadFile(filepath.Join(root, path))
			require.NoError(t, err)
			require.NotEqual(t, string(was), string(text), "%s changes nothing in %s", m.Name, path)
		}
	}
}
