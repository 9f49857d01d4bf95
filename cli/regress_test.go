package cli

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Goldens are made, hold, tell what changed, and are accepted again.
func TestRegress(t *testing.T) {
	t.Chdir(t.TempDir())
	require.NoError(t, os.Mkdir("corpus", 0o755))
	requireRefused(t, command(t, "regress", "--dir", "corpus"), "there is nothing to run")
	args := []string{"regress", "--dir", "corpus", "toy-alone", "toy-torn"}
	made := command(t, append(args, "--accept", "--seeds", "1-3", "--profile", "calm")...)
	require.Equal(t, exitPass, made.status, made.err)
	require.Contains(t, made.out, "seed toy-alone calm 1: new, pass ")
	require.Contains(t, made.out, "seed toy-torn calm 1: was pass, is violation (linearizability: not linearizable)\n", "nobody expected that")
	require.Contains(t, made.out, "accepted, in corpus/golden.txt\n")
	golden, err := os.ReadFile("corpus/golden.txt")
	require.NoError(t, err)

	held := command(t, args...)
	require.Equal(t, exitPass, held.status, held.out)
	require.Equal(t, "6 of 6 runs: 0 with another verdict, 0 with another hash alone, 0 new, 0 cannot be run\n", held.out)

	// Another hash, and another verdict.
	lines := strings.Split(string(golden), "\n")
	for i, line := range lines {
		words := strings.Fields(line)
		switch {
		case strings.HasPrefix(line, "seed toy-alone calm 2 "):
			lines[i] = "seed toy-alone calm 2 pass 00000000000000ff"
		case strings.HasPrefix(line, "seed toy-torn calm 2 "):
			lines[i] = "seed toy-torn calm 2 undecided " + words[5]
		}
	}
	require.NoError(t, os.WriteFile("corpus/golden.txt", []byte(strings.Join(lines, "\n")), 0o644))
	changed := command(t, args...)
	require.Equal(t, exitViolation, changed.status)
	require.Contains(t, changed.out, "seed toy-alone calm 2: still pass, and another run: hash was 00000000000000ff, is ")
	require.Contains(t, changed.out, "seed toy-torn calm 2: was undecided, is violation (linearizability: not linearizable)\n")
	require.Contains(t, changed.out, "if all of this is wanted: go run ./cmd/simrun regress --dir corpus --accept\n")

	// One scenario alone leaves the others' lines in the file.
	require.Equal(t, exitPass, command(t, "regress", "--dir", "corpus", "toy-alone", "--accept").status)
	require.Equal(t, exitViolation, command(t, args...).status)
	require.NoError(t, os.Link("corpus/golden.txt", "before"))
	before, err := os.ReadFile("before")
	require.NoError(t, err)
	require.Equal(t, exitPass, command(t, append(args, "--accept")...).status)
	kept, err := os.ReadFile("before")
	require.NoError(t, err)
	require.Equal(t, string(before), string(kept), "a new file takes its place, so that a full disk spoils nothing")
	again, err := os.ReadFile("corpus/golden.txt")
	require.NoError(t, err)
	require.Equal(t, string(golden), string(again))
}

func TestRegressRefusals(t *testing.T) {
	for _, c := range []struct{ golden, args, says string }{
		{"", "--dir nowhere", "nowhere is no folder"},
		{"seed kv calm 1 pass 00000000000000ff", "single-decree", "corpus has none of these scenarios"},
		{"", "chess", `unknown scenario "chess"`},
		{"", "--seeds 1", "needs --accept"},
		{"", "--seeds x --accept", `"x" is not a seed`},
		{"", "--seeds 1 --accept --profile hail", `unknown profile "hail"`},
		{"seed kv calm 1 pass 00000000000000ff\nseed kv calm 1 pass 00000000000000fe", "", "line 2: seed kv calm 1 has a line already"},
		{"hello", "", `line 1: "hello" is neither`},
		{"seed kv default 1 pass", "", "is neither"},
		{"# a comment\n\nseed kv default 1 maybe 00", "", "line 3: "},
		{"seed kv default 1 pass zz", "", "line 1: "},
		{"seed kv hail 1 pass 00000000000000ff", "", `unknown profile "hail"`},
		{"seed kv calm x pass 00000000000000ff", "", `"x" is not a seed`},
		{"", "--profile nope", "--profile is that of the seeds which --accept --seeds adds"},
		{"", "--profile calm --accept", "--profile is that of the seeds which --accept --seeds adds"},
	} {
		t.Run(c.golden+c.args, func(t *testing.T) {
			t.Chdir(t.TempDir())
			require.NoError(t, os.Mkdir("corpus", 0o755))
			require.NoError(t, os.WriteFile("corpus/golden.txt", []byte(c.golden), 0o644))
			requireRefused(t, command(t, append([]string{"regress", "--dir", "corpus"}, strings.Fields(c.args)...)...), c.says)
		})
	}
}

// A case that cannot be run is told, and the others are run all the same.
func TestRegressCannotRun(t *testing.T) {
	t.Chdir(t.TempDir())
	require.NoError(t, os.Mkdir("corpus", 0o755))
	require.NoError(t, os.WriteFile("corpus/golden.txt", []byte("seed chess calm 1 pass 00000000000000ff\n"), 0o644))
	require.NoError(t, os.WriteFile("corpus/torn.json", []byte("{"), 0o644))
	got := command(t, "regress", "--dir", "corpus")
	require.Equal(t, exitViolation, got.status)
	require.Contains(t, got.out, `seed chess calm 1: cannot be run: unknown scenario "chess"`)
	require.Contains(t, got.out, "artifact torn.json: cannot be run: corpus/torn.json: not an artifact")
	require.Contains(t, got.out, "2 of 2 runs: 0 with another verdict, 0 with another hash alone, 0 new, 2 cannot be run\n")
	require.Equal(t, exitViolation, command(t, "regress", "--dir", "corpus", "--accept").status, "accepting makes nothing run")
}

// A case whose artifact was deleted cannot be run, until its line is accepted away.
func TestRegressGone(t *testing.T) {
	t.Chdir(t.TempDir())
	require.NoError(t, os.Mkdir("corpus", 0o755))
	require.NoError(t, os.WriteFile("corpus/golden.txt", []byte("artifact gone.json pass 00000000000000ff\n"), 0o644))
	got := command(t, "regress", "--dir", "corpus")
	require.Equal(t, exitViolation, got.status, got.err)
	require.Contains(t, got.out, "artifact gone.json: cannot be run: there is no such file\n")
	require.Contains(t, got.out, "regress --dir corpus --accept\n")
	got = command(t, "regress", "--dir", "corpus", "--accept")
	require.Equal(t, exitPass, got.status, got.err)
	require.Contains(t, got.out, "artifact gone.json: there is no such file any more, so its line goes\n")
	golden, err := os.ReadFile("corpus/golden.txt")
	require.NoError(t, err)
	require.NotContains(t, string(golden), "gone.json")
}

// Where golden.txt cannot be written, that is said before anything is run.
func TestRegressUnwritable(t *testing.T) {
	t.Chdir(t.TempDir())
	require.NoError(t, os.Mkdir("corpus", 0o755))
	require.NoError(t, os.Symlink("nowhere/golden.txt", "corpus/golden.txt"))
	requireRefused(t, command(t, "regress", "--dir", "corpus", "toy-alone", "--accept", "--seeds", "1"), "corpus/golden.txt is a link that leads nowhere")
}
