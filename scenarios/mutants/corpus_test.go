package mutants_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"simrun/checker"
	"simrun/scenarios"
	_ "simrun/scenarios/gallery" // the stories' scenarios
	"simrun/scenarios/mutants"
)

const (
	root   = "../.."
	corpus = "../corpus"
)

// Every artifact of scenarios/corpus still fails with the bug that it was found with, in the same way, and passes without, as those of false alarms and of mended mistakes do: all of
// them with MUST=long in the environment, a few without. They are made anew by "simrun hunt NAME --save FILE.json", which leaves the shrunk one in FILE.min.json.
func TestCorpus(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(corpus, "*.json"))
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(files), 5)
	slices.Sort(files)
	cache, err := mutants.CacheDir()
	require.NoError(t, err)
	builder, err := mutants.NewBuilder(t.Context(), mutants.Simrun(root), cache)
	require.NoError(t, err)
	all, err := builder.Mutants()
	require.NoError(t, err)
	for i, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".json")
		t.Run(name, func(t *testing.T) {
			a, s, err := scenarios.LoadArtifact(file)
			require.NoError(t, err)
			c := s.NewCluster()
			defer c.Close()
			require.Equal(t, checker.Pass, scenarios.Run(c, a.Input).Verdict.Kind, "without the bug")

			if strings.HasPrefix(name, "testbed-") || strings.HasPrefix(name, "protocol-") {
				return // it was a false alarm, or a mistake of the protocol that was mended: there is no bug to plant
			}
			if os.Getenv("MUST") != "long" && i%12 != 0 {
				t.Skip("builds a program")
			}
			at := slices.IndexFunc(all, func(m mutants.Mutant) bool { return m.Name == name })
			require.GreaterOrEqual(t, at, 0, "there is no such bug")
			p, err := builder.Build(t.Context(), &all[at])
			require.NoError(t, err)
			path, err := filepath.Abs(file)
			require.NoError(t, err)
			replay := exec.CommandContext(t.Context(), p.Path, "replay", path)
			replay.Dir = t.TempDir()
			out, err := replay.Output()
			var exit *exec.ExitError
			require.True(t, errors.As(err, &exit) && exit.ExitCode() == 1, "with the bug it must fail: %v", err)
			require.Contains(t, string(out), "\nsame verdict ", "with the bug it must fail as %s", a.Fingerprint)
		})
	}
}

// Every mutant compiles. All of them are compiled with MUST=long in the environment.
func TestDiffsCompile(t *testing.T) {
	cache, err := mutants.CacheDir()
	require.NoError(t, err)
	builder, err := mutants.NewBuilder(t.Context(), mutants.Simrun(root), cache)
	require.NoError(t, err)
	all, err := builder.Mutants()
	require.NoError(t, err)
	for i := range all {
		if os.Getenv("MUST") != "long" && i%12 != 0 {
			continue
		}
		require.NoError(t, builder.Compiles(t.Context(), &all[i]))
	}
}

// A program is made once, and not out of a mutant that does not compile.
func TestBuild(t *testing.T) {
	cache := t.TempDir()
	builder, err := mutants.NewBuilder(t.Context(), mutants.Simrun(root), cache)
	require.NoError(t, err)
	m, err := mutants.Parse("broken", "wrong: w\nseen: s\nneeds: none\nexpect: panic\nscenario: kv\nfamily: ballots\n"+
		"--- a/node/ballot.go\n+++ b/node/ballot.go\n@@ -1,1 +1,1 @@\n-package node\n+package mode\n")
	require.NoError(t, err)
	_, err = builder.Build(t.Context(), &m)
	require.ErrorContains(t, err, "broken does not compile")
	require.ErrorContains(t, builder.Compiles(t.Context(), &m), "broken does not compile")

	var both sync.WaitGroup // at once, as for two scenarios
	for range 2 {
		both.Go(func() {
			_, err := builder.Build(t.Context(), nil)
			assert.NoError(t, err)
		})
	}
	both.Wait()
	p, err := builder.Build(t.Context(), nil)
	require.NoError(t, err)
	before, err := os.Stat(p.Path)
	require.NoError(t, err)
	again, err := builder.Build(t.Context(), nil)
	require.NoError(t, err)
	require.Equal(t, p, again)
	after, err := os.Stat(p.Path)
	require.NoError(t, err)
	require.True(t, os.SameFile(before, after))

	other := mutants.Simrun(root)
	other.Main = "./scenarios/shrink/study/program" // is another program of the same sources
	builder, err = mutants.NewBuilder(t.Context(), other, cache)
	require.NoError(t, err)
	q, err := builder.Build(t.Context(), nil)
	require.NoError(t, err)
	require.NotEqual(t, p, q)

	_, err = mutants.NewBuilder(t.Context(), mutants.Simrun(cache), cache)
	require.ErrorContains(t, err, "is not the root of simrun's source tree")
	t.Setenv("PATH", "")
	_, err = mutants.NewBuilder(t.Context(), mutants.Simrun(root), cache)
	require.ErrorContains(t, err, "no Go toolchain")
}
