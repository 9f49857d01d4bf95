package cli

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"simrun/scenarios"
)

// What is refused is refused in words that say what to do.
func TestRefusals(t *testing.T) {
	t.Chdir(t.TempDir())
	require.NoError(t, os.WriteFile("file", []byte("{}\n"), 0o644))
	require.NoError(t, os.WriteFile("empty", nil, 0o644))
	require.NoError(t, os.WriteFile("noise", []byte("\x00\xff\xfe{[{["), 0o644))
	require.NoError(t, os.WriteFile("future", []byte(`{"version": 99}`), 0o644))
	require.NoError(t, os.Symlink("loop", "loop"))
	require.NoError(t, os.Symlink("nowhere", "dangling"))
	long := strings.Repeat("n", 300)
	for _, c := range []struct{ args, says string }{
		{"frobnicate", `there is no command "frobnicate" (simrun --help lists the commands)`},
		{"help frobnicate", `there is no command "frobnicate" to explain (simrun --help lists the commands)`},
		{"completion fish-and-chips", `there is no command "fish-and-chips" (simrun completion --help lists the commands)`},
		{"list everything", `simrun list takes no arguments, and there is "everything"`},
		{"version 2", `simrun version takes no arguments, and there is "2"`},

		{"run kv chess", `unknown scenario "chess"`},
		{"run toy-alone --profile byzantine", "replicas of the scenario toy-alone cannot lie, and the profile byzantine is about that"},
		{"run --profile hail", `unknown profile "hail": there are [calm default`},
		{"run --colour", "unknown flag: --colour (simrun run --help lists the flags)"},
		{"run -x", "unknown shorthand flag: 'x' in -x (simrun run --help lists the flags)"},
		{"run --seed", "flag needs an argument: --seed"},
		{"run --seed twelve", `"twelve" is not a seed: write a number from 0 to 18446744073709551615, decimal or with 0x`},
		{"run --seed=-1", `"-1" is not a seed`},
		{"run --seed 18446744073709551616", "is not a seed"},
		{"run --seeds 1,,2", `"" is not a seed`},
		{"run --seeds=", `"" is not a seed`},
		{"run --seeds 0-18446744073709551615", "more seeds than can be counted"},
		{"run --count many", `invalid argument "many" for "--count" flag (simrun run --help lists the flags)`},
		{"run --count=-1", `invalid argument "-1" for "--count" flag (`},
		{"run --jobs=-3", "--jobs is -3"},
		{"run --jobs 1.5", `invalid argument "1.5" for "--jobs" flag (`},
		{"run --shard 2", `--shard "2" must be i/n with i from 1 to n, such as 2/4`},
		{"run --shard 3/2", "must be i/n"},
		{"run --shard a/b", "must be i/n"},
		{"run --shard 1/0", "must be i/n"},
		{"run --count 3 --shard 7/9", "--shard 7/9 leaves none of the 3 seeds: take fewer shares"},
		{"run --timeout soon", `invalid argument "soon" for "--timeout" flag`},
		{"run --timeout=-1s", "--timeout is -1s"},
		{"run --watchdog 99ms", "--watchdog is 99ms, and must be a time such as 20s, of 100ms at least"},
		{"run --junit=", "--junit is empty, and must be a file"},
		{"merge file --junit=", "--junit is empty, and must be a file"},
		{"replay --scenario kv --seed 1 --report=", "--report is empty, and must be a file"},
		{"replay --scenario kv --seed 1 --report -", "--report - would mix with the timeline"},
		{"replay --scenario kv --seed 1 --dir .", "--dir is the tree that --mutant is planted in: give both"},
		{"replay --scenario kv --seed 1 --mutant=", "--mutant is empty"},
		{"export --scenario kv --seed 1 --trace=", "--trace is empty, and must be a file"},
		{"hunt --save= x", "--save is empty, and must be a file"},
		{"check file --html=", "--html is empty, and must be a file"},
		{"mutants --out=", "--out is empty, and must be a file"},
		{"mutants -l --json", "--list only lists the bugs"},
		{"run --junit new/", "--junit new/ is the name of a folder, and must be that of a file"},
		{"run --junit loop", "--junit loop: loop is a link that leads nowhere"},
		{"run --junit loop/below", "--junit loop/below: loop is a link that leads nowhere"},
		{"run --junit dangling", "--junit dangling: dangling is a link that leads nowhere"},
		{"run --out loop", "--out loop: loop is a link that leads nowhere"},
		{"run --out " + long, "has 300 bytes, and can have 255"},
		{"run --junit new/" + long, "has 300 bytes, and can have 255"},
		{"run " + long, `unknown scenario "` + long[:79] + "... there are"},
		{"run --seed " + long, `"` + long[:79] + "... is not a seed"},
		{"run --watchdog 0s", "--watchdog is 0s, and must be a time such as 20s"},
		{"run --out file", "--out file: file is a file, and must be a folder"},
		{"run --out file/below", "--out file/below: file is a file, and must be a folder"},
		{"run --out=", "--out is empty, and must be a folder"},

		{"bench all", `simrun bench takes no arguments, and there is "all"`},
		{"bench --rounds 0", "--rounds is 0, and must be from 1 to 100"},
		{"bench --scale 1001", "--scale is 1001, and must be from 1 to 1000"},
		{"bench --out file", "--out file: file is a file, and must be a folder"},
		{"bench --out=", "--out is empty, and must be a folder"},

		{"replay", "replay needs an artifact, or both --scenario and --seed"},
		{"replay --scenario kv", "replay needs an artifact, or both --scenario and --seed"},
		{"replay --seed 1", "replay needs an artifact, or both --scenario and --seed"},
		{"replay a b", "replay takes one artifact, and there are 2"},
		{"replay file --profile calm", "give either it or these flags"},
		{"replay file", "file: not an artifact: it has no version"},
		{"replay empty", "empty: not an artifact: "},
		{"replay noise", "noise: not an artifact: line 1: "},
		{"replay future", "future: artifact version 99, and this simrun reads version 1: use the one that wrote it"},
		{"replay --scenario chess --seed 1", `unknown scenario "chess"`},
		{"replay --scenario kv --seed 0xzz", `"0xzz" is not a seed`},
		{"replay --scenario kv --seed 1 --profile hail", `unknown profile "hail"`},
		{"replay --scenario kv --seed 1 --kind nothing", `--kind: there is no kind of record "nothing": there are send, lost, `},
		{"replay --scenario kv --seed 1 --kind send --all", "--all and --kind contradict each other"},
		{"replay --scenario kv --seed 1 --node x1", `--node: "x1" is not an address: write n3 for the third replica`},
		{"replay --scenario kv --seed 1 --node n100", "--node: the run has no n100: it has "},
		{"replay --scenario kv --seed 1 --node c100", "--node: the run has no c100: it has "},
		{"replay --scenario kv --seed 1 --from yesterday", `--from: "yesterday" is not a span of time`},
		{"replay --scenario kv --seed 1 --until 5", `--until: "5" is not a span of time`},
		{"replay --scenario kv --seed 1 --from 2s --until 1s", "--until 1s is before --from 2s"},
		{"replay --scenario kv --seed 1 --watchdog=-1s", "--watchdog is -1s"},
	} {
		t.Run(c.args, func(t *testing.T) {
			requireRefused(t, command(t, strings.Fields(c.args)...), c.says)
		})
	}
	requireRefused(t, command(t, "replay", ""), "simrun replay: argument 1 is empty")
	requireRefused(t, command(t, "merge", "file", ""), "simrun merge: argument 2 is empty")
}

func requireRefused(t *testing.T, got outcome, says string) {
	t.Helper()
	require.Equal(t, exitUsage, got.status, got.err)
	require.Empty(t, got.out)
	require.True(t, strings.HasPrefix(got.err, "simrun: "), got.err)
	require.Equal(t, 1, strings.Count(got.err, "\n"), got.err)
	require.Contains(t, got.err, says)
}

// A folder that cannot be written to is refused before any time is spent, if somebody named it.
func TestUnwritableOut(t *testing.T) {
	t.Chdir(t.TempDir())
	require.NoError(t, os.Mkdir("locked", 0o555))
	if os.WriteFile(filepath.Join("locked", "probe"), nil, 0o644) == nil {
		t.Skip("this user may write anywhere")
	}
	requireRefused(t, command(t, "run", "kv", "--out", "locked/runs"), "--out locked/runs: nothing can be written in locked/runs: ")
	t.Chdir("locked")
	require.Equal(t, exitPass, command(t, "run", "toy-alone", "--count", "1", "--profile", "calm").status)
}

// An artifact cut short anywhere is refused. (The last cut takes the newline only.)
func TestTruncatedArtifact(t *testing.T) {
	saved(t)
	whole, err := os.ReadFile(artifactOne)
	require.NoError(t, err)
	for cut := 0; cut < len(whole)-1; cut += 97 {
		require.NoError(t, os.WriteFile("cut.json", whole[:cut], 0o644))
		requireRefused(t, command(t, "replay", "cut.json"), "cut.json: not an artifact: ")
	}
}

// An artifact edited into something that cannot be run is refused, in words of the artifact.
func TestSpoiltArtifact(t *testing.T) {
	a := saved(t)
	for _, c := range []struct {
		change func(*scenarios.Artifact)
		says   string
	}{
		{func(a *scenarios.Artifact) { a.Scenario = "chess" }, `unknown scenario "chess"`},
		{func(a *scenarios.Artifact) { a.Verdict = "meh" }, `there is no verdict "meh"`},
		{func(a *scenarios.Artifact) { a.TraceHash = "xyz" }, `traceHash "xyz" is not a hash`},
		{func(a *scenarios.Artifact) { a.Config.Nodes = 0 }, "nodes is 0, and must be from 1 to "},
		{func(a *scenarios.Artifact) { a.Config.Knobs = map[string]int64{"speed": 1} }, `this scenario has no knob "speed"`},
	} {
		requireRefused(t, edited(t, a, c.change), c.says)
	}
}

// broken is output that fails.
type broken struct{ err error }

func (b broken) Write([]byte) (int, error) { return 0, b.err }

// When nobody reads the results any more a command ends quietly. When they cannot be written it says so.
func TestOutputFails(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, args := range [][]string{
		{"list"}, {"version"}, {"run", "toy-alone", "-v", "--profile", "calm", "--count", "1000000000"}, {"run", "toy-alone", "--json", "--profile", "calm", "--count", "3"},
		{"run", "toy-alone", "--profile", "calm", "--count", "3"}, {"run", "toy-alone", "kv", "--profile", "calm", "--count", "3"},
		{"replay", "--scenario", "kv", "--seed", "1", "--all"}, {"replay", "--scenario", "toy-torn", "--seed", "1", "--all"},
	} {
		unread := exitPass
		switch {
		case slices.Contains(args, "toy-torn"):
			unread = exitViolation
		case args[0] == "run" && (len(args) != 6 || args[2] == "kv"): // seeds are left
			unread = exitInterrupted
		}
		for _, c := range []struct {
			err    error
			status int
			says   string
		}{
			{&os.PathError{Op: "write", Path: "/dev/stdout", Err: syscall.EPIPE}, unread, ""},
			{errors.New("no space left on device"), exitUnwritten, "simrun: results could not be written: no space left on device\n"},
		} {
			var said strings.Builder
			status := run(t.Context(), args, &term{out: broken{c.err}, err: &said})
			if c.status == exitUnwritten && unread == exitViolation {
				c.status = unread // which counts for more
			}
			require.Equal(t, c.status, status, "%v", args)
			if c.says == "" {
				require.NotContains(t, said.String(), "simrun: ")
			}
			require.True(t, strings.HasSuffix(said.String(), c.says), said.String())
		}
	}
	for _, err := range []error{syscall.EPIPE, syscall.ENOSPC} {
		status := run(t.Context(), []string{"run", "toy-torn"}, &term{out: broken{err}, err: &strings.Builder{}})
		require.Equal(t, exitViolation, status, "what was found before counts")
	}
}

// Names to complete are those of the scenarios, and help is no error.
func TestHelpAndCompletion(t *testing.T) {
	got := command(t, "__complete", "run", "")
	require.Equal(t, exitPass, got.status)
	require.Contains(t, got.out, "kv\tMulti-Paxos: ")
	require.Contains(t, got.out, "single-decree\t")
	require.Contains(t, command(t, "__complete", "replay", "--scenario", "").out, "kv\t")
	for _, args := range []string{"", "--help", "help", "help run", "run --help", "replay -h", "list", "list -v", "version", "completion", "completion bash"} {
		got := command(t, strings.Fields(args)...)
		require.Equal(t, exitPass, got.status, args)
		require.NotEmpty(t, got.out, args)
		require.Empty(t, got.err, args)
	}
	require.Contains(t, command(t, "replay", "--help").out, "the same build", "a command that many begin with says more than its one line")
}

func TestShellWord(t *testing.T) {
	for word, want := range map[string]string{
		"results/runs/kv-1/artifact.json": "results/runs/kv-1/artifact.json",
		"my runs/a.json":                  "'my runs/a.json'",
		"it's":                            `'it'\''s'`,
		"$HOME":                           "'$HOME'",
		"":                                "''",
	} {
		require.Equal(t, want, shellWord(word))
	}
}

// What is wrong with an artifact is said in words of JSON, a mark that editors put before it does not matter, and what it says steers no terminal.
func TestArtifactInWords(t *testing.T) {
	a := saved(t)
	for text, says := range map[string]string{
		`{"version": "1"}`: "line 1: version must be a whole number that is not too large, and is text",
		`[]`:               "line 1: this must be an object, and is a list",
		"{\"version\": 1,\n\"config\": {\"nodes\": 1.5}}":  "line 2: config.nodes must be a whole number that is not too large, and is a number",
		`{"version": 1, "seed": 1, "Seed": 2}`:             `the field "Seed" is there twice`,
		`{"version": 1, "config": {"nodes":1, "nodes":2}}`: `the field "nodes" is there twice`,
		`{"version": 1, "scenario": "\u001b[31m"}`:         `unknown scenario "\x1b[31m"`,
	} {
		require.NoError(t, os.WriteFile("odd.json", []byte(text), 0o644))
		requireRefused(t, command(t, "replay", "odd.json"), says)
	}
	text, err := os.ReadFile(artifactOne)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile("marked.json", append([]byte("\xef\xbb\xbf"), text...), 0o644))
	require.Contains(t, command(t, "replay", "marked.json").out, "same verdict and same trace hash")
	got := edited(t, a, func(a *scenarios.Artifact) {
		a.Fingerprint, a.TraceHash, a.Build.Go = "a\x1b[31mb", "0000000000000001", "\x1b]0;"
		a.LastEvents = []string{"       1      0.000ms  n1         \x1b[2J"}
		a.Build.Sources = "other"
	})
	require.NotContains(t, got.out+got.err, "\x1b")
	require.Contains(t, got.out, `\x1b[2J`)
}
