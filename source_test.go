package simrun

import (
	"encoding/json"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"
)

func TestHashCoversWhatDecidesARun(t *testing.T) {
	base := fstest.MapFS{
		"go.mod":         {Data: []byte("module x\n")},
		"sim/a.go":       {Data: []byte("package sim\n")},
		"sim/a_test.go":  {Data: []byte("package sim\n")},
		"node/p/b.go":    {Data: []byte("package p\n")},
		"node/p/bcd.go":  {Data: []byte("")},
		"netsim/data.go": {Data: []byte("package netsim\n")},
	}
	before, err := hashFiles(base)
	require.NoError(t, err)
	require.Regexp(t, "^[0-9a-f]{12}$", before)
	for _, c := range []struct {
		name    string
		change  func(fstest.MapFS)
		matters bool
	}{
		{"nothing", func(fstest.MapFS) {}, false},
		{"a file", func(m fstest.MapFS) { m["sim/a.go"] = &fstest.MapFile{Data: []byte("package sim // 2\n")} }, true},
		{"a version", func(m fstest.MapFS) { m["go.mod"] = &fstest.MapFile{Data: []byte("module y\n")} }, true},
		{"a name", func(m fstest.MapFS) { m["sim/b.go"] = m["sim/a.go"]; delete(m, "sim/a.go") }, true},
		{"contents swapped", func(m fstest.MapFS) {
			m["node/p/b.go"], m["node/p/bcd.go"] = m["node/p/bcd.go"], m["node/p/b.go"]
		}, true},
		{"a test", func(m fstest.MapFS) { m["sim/a_test.go"] = &fstest.MapFile{Data: []byte("package sim_test\n")} }, false},
		{"a new test", func(m fstest.MapFS) { m["sim/c_test.go"] = m["sim/a_test.go"] }, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			changed := fstest.MapFS{}
			for name, file := range base {
				changed[name] = file
			}
			c.change(changed)
			after, err := hashFiles(changed)
			require.NoError(t, err)
			require.Equal(t, c.matters, after != before)
		})
	}
}

// Every Go file of ours that the command is built from is in the hash, but for those of the command, of shrinking, of timelines and of this package, which only
// say what to run and how to show it.
func TestAllSourcesAreEmbedded(t *testing.T) {
	const format = `{{if and (not .Standard) .Module.Main}}{{range .GoFiles}}{{$.Dir}}/{{.}}{{"\n"}}{{end}}{{end}}`
	out, err := exec.Command("go", "list", "-deps", "-f", format, "./cmd/simrun").Output()
	require.NoError(t, err)
	here, err := filepath.Abs(".")
	require.NoError(t, err)
	// That "go list" reads the tree is not seen by the cache of test results, that the test does is.
	require.NoError(t, filepath.WalkDir(".", func(_ string, _ fs.DirEntry, err error) error { return err }))
	covered := 0
	for _, file := range strings.Fields(string(out)) {
		path, err := filepath.Rel(here, file)
		require.NoError(t, err)
		path = filepath.ToSlash(path)
		if !strings.Contains(path, "/") || strings.HasPrefix(path, "cmd/") || strings.HasPrefix(path, "cli/") || strings.HasPrefix(path, "scenarios/shrink/") ||
			strings.HasPrefix(path, "scenarios/timeline/") || strings.HasPrefix(path, "scenarios/regress/") || strings.HasPrefix(path, "scenarios/report/") {
			continue
		}
		_, err = fs.Stat(sources, path)
		require.NoError(t, err, "add its folder to the go:embed line of source.go")
		covered++
	}
	require.Greater(t, covered, 50)
}

// A build with an overlay, as a planted bug is built, has another hash, and the same overlay gives the same hash again.
func TestOverlayChangesTheHash(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
		return path
	}
	here, err := filepath.Abs(".")
	require.NoError(t, err)
	original, err := os.ReadFile("node/ballot.go")
	require.NoError(t, err)
	replaced := map[string]string{ // a command that is nowhere but in the overlay
		filepath.Join(here, "internal/printhash/main.go"): write("main.go", `package main

import "simrun"

func main() { print(simrun.SourceHash()) }
`),
	}
	hash := func() string {
		text, err := json.Marshal(map[string]any{"Replace": replaced})
		require.NoError(t, err)
		out, err := exec.Command("go", "run", "-overlay", write("overlay.json", string(text)), "./internal/printhash").CombinedOutput()
		require.NoError(t, err, string(out))
		return string(out)
	}
	require.Equal(t, SourceHash(), hash())
	replaced[filepath.Join(here, "node/ballot.go")] = write("ballot.go", string(original)+"\n// planted\n")
	require.NotEqual(t, SourceHash(), hash())
}

func TestIdentity(t *testing.T) {
	b := Identity()
	require.Equal(t, SourceHash(), b.Sources)
	require.Equal(t, runtime.Version(), b.Go)
}

// In another module a program stands for the sources that decide its runs.
func TestProgramHash(t *testing.T) {
	require.Regexp(t, "^[0-9a-f]{12}$", programHash())
	require.NotEqual(t, SourceHash(), programHash())
}
