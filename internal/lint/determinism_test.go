package lint

import (
	"go/build"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const root = "../.."

// Nothing that runs inside a simulation may depend on anything but its input.
func TestDeterminism(t *testing.T) {
	require.NoError(t, touch(root))
	patterns := []string{"./sim/...", "./netsim/...", "./faults/...", "./node/..."}
	declared, err := exports(root, patterns...)
	require.NoError(t, err)
	packages, err := list(root, patterns...)
	require.NoError(t, err)
	require.Greater(t, len(packages), 8)
	for _, p := range packages {
		if p.ImportPath == "simrun/node/nodetest" {
			continue // for tests only
		}
		for _, name := range conditional(t, p) {
			t.Errorf("%s/%s is not compiled on every machine and in every build: runs would differ", p.ImportPath, name)
		}
		c, err := check(p.ImportPath, p.Dir, p.GoFiles, declared)
		require.NoError(t, err)
		for _, f := range nondeterminism(c) {
			t.Error(f)
		}
	}
}

// conditional lists the files of a package that only some builds have, and those that are not in Go.
func conditional(t *testing.T, p listed) []string {
	names := slices.Concat(p.CgoFiles, p.SFiles)
	for _, name := range p.IgnoredGoFiles {
		if !strings.HasSuffix(name, "_test.go") {
			names = append(names, name)
		}
	}
	elsewhere := build.Context{GOOS: "nowhere", GOARCH: "none", Compiler: "none"}
	for _, name := range p.GoFiles {
		everywhere, err := elsewhere.MatchFile(p.Dir, name)
		require.NoError(t, err)
		if !everywhere {
			names = append(names, name)
		}
	}
	return names
}

// The linter finds what is planted in testdata: every line with a comment "want" and words of what it is to say, and no other line.
func TestLinterFinds(t *testing.T) {
	for file, planted := range map[string]int{"testdata/planted.go": 47, "testdata/legal.go": 0} {
		t.Run(file, func(t *testing.T) {
			source, err := os.ReadFile(file)
			require.NoError(t, err)
			declared, err := exports(root, "fmt", "maps", "math", "math/rand/v2", "os", "slices", "strconv", "sync", "time", "unsafe")
			require.NoError(t, err)
			c, err := check("planted", ".", []string{file}, declared)
			require.NoError(t, err)
			found := map[int][]string{}
			for _, f := range nondeterminism(c) {
				found[f.line] = append(found[f.line], f.what)
			}
			want := regexp.MustCompile(`// want (.*)$`)
			wanted := 0
			for i, line := range strings.Split(string(source), "\n") {
				if m := want.FindStringSubmatch(line); m != nil {
					wanted++
					require.Contains(t, strings.Join(found[i+1], "\n"), m[1], "line %d", i+1)
				} else {
					require.Empty(t, found[i+1], "line %d: %s", i+1, line)
				}
			}
			require.Equal(t, planted, wanted)
		})
	}
}

// A file for some machines or builds only is noticed, by its name and by its constraint.
func TestConditionalFilesAreFound(t *testing.T) {
	dir := t.TempDir()
	p := listed{Dir: dir, GoFiles: []string{"a.go", "b_linux.go", "c.go"}, IgnoredGoFiles: []string{"d.go", "e_test.go"}, SFiles: []string{"f.s"}}
	for name, text := range map[string]string{"a.go": "package a\n", "b_linux.go": "package a\n", "c.go": "//go:build amd64\n\npackage a\n"} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644))
	}
	require.Equal(t, []string{"f.s", "d.go", "b_linux.go", "c.go"}, conditional(t, p))
}
