package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"simrun/scenarios/mutants"
	"simrun/scenarios/strategies"
)

func TestMutantsRefusals(t *testing.T) {
	for _, c := range []struct{ args, says string }{
		{"mutants all", "takes no arguments"},
		{"mutants --only (", "--only: error parsing regexp"},
		{"mutants --dir .. --only chess", "no planted bug has such a name"},
		{"mutants --budget 0", "--budget is 0, and must be from 1 to 1000000"},
		{"mutants --budget 1000001", "--budget is 1000001"},
		{"mutants --repeat 0", "--repeat is 0"},
		{"mutants --jobs 0", "--jobs is 0"},
		{"mutants --strategy=", "--strategy is empty: there are uniform, swarm"},
		{"mutants --strategy luck", `there is no strategy "luck": there are uniform, swarm`},
		{"mutants --without snow", `no faults of the family "snow" to leave out: it has links, `},
		{"mutants --profile calm --ablate", "profile calm has no faults to leave out"},
		{"run kv --without byzantine", `profile default has no faults of the family "byzantine"`},
		{"run kv --profile default,disks", "after a comma comes no-FAMILY"},
		{"mutants --json --markdown", "contradict each other"},
		{"mutants --out table.txt", "must end in .md or .json"},
		{"mutants --dir .", "is not the root of simrun's source tree"},
		{"hunt", "takes one planted bug, and there are 0"},
		{"hunt a b", "takes one planted bug, and there are 2"},
		{"hunt --dir .. chess", `there is no planted bug "chess"`},
		{"hunt --dir . chess", "is not the root of simrun's source tree"},
		{"hunt --budget 0 chess", "--budget must be at least 1"},
		{"hunt --dir .. --strategy luck paxos-keeps-own-value", `--strategy: there is no strategy "luck": there are uniform, swarm`},
		{"replay --scenario kv --seed 1 --mutant chess --dir ..", `there is no planted bug "chess"`},
		{"replay --scenario kv --seed 1 --mutant chess", "is not the root of simrun's source tree"},
		{"seek", "seek takes one scenario"},
		{"seek chess", `unknown scenario "chess"`},
		{"seek kv --strategy luck", `there is no strategy "luck"`},
		{"seek kv --profile hail", `unknown profile "hail"`},
		{"seek kv --jobs 0", "--jobs is 0"},
		{"seek kv --count 0", "is no range of seeds"},
		{"seek kv --seed 18446744073709551615", "is no range of seeds"},
		{"seek kv --watchdog 0s", "--watchdog is 0s"},
	} {
		t.Run(c.args, func(t *testing.T) {
			requireRefused(t, command(t, strings.Fields(c.args)...), c.says)
		})
	}
}

// Why a program ended that has a planted bug is told in a line, however much it says.
func TestWhyProgramsEnd(t *testing.T) {
	dir := t.TempDir()
	program := func(name, says string) string {
		file := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(file, []byte("#!/bin/sh\ncat >&2 <<'END'\n"+says+"END\nexit 2\n"), 0o755))
		return file
	}
	dump := program("dump", "runtime: goroutine stack exceeds 1000000000-byte limit\nruntime: sp=0xc02\nfatal error: stack overflow\n\nruntime stack:\nruntime.throw(...)\n")
	var said bytes.Buffer
	_, _, err := look(&term{out: &said, err: &said}, exec.Command(dump))
	require.EqualError(t, err, "seek: exit status 2: fatal error: stack overflow")
	_, _, err = look(&term{out: &said, err: &said}, exec.Command(program("refused", "simrun: there is no such thing\n")))
	require.EqualError(t, err, "seek: exit status 2: there is no such thing")
	_, err = (&bench{}).trial(t.Context(), mutants.Program{Path: dump}, mutants.Trial{Mutant: "deep", Scenario: "kv"})
	require.ErrorContains(t, err, "fatal error: stack overflow")
	require.NotContains(t, err.Error(), "runtime")
}

// What is sought is found at the same run with any number of workers, and can be saved and replayed.
func TestSeek(t *testing.T) {
	for _, strategy := range strategies.Names() {
		var answers []sought
		file := filepath.Join(t.TempDir(), "a.json")
		for _, jobs := range []string{"1", "3"} {
			got := command(t, "seek", "toy-torn", "--strategy", strategy, "--count", "500", "--jobs", jobs, "--artifact", file)
			require.Equal(t, exitViolation, got.status, got.err)
			var s sought
			require.NoError(t, json.Unmarshal([]byte(got.out), &s))
			require.True(t, s.Found)
			s.Seconds = 0
			answers = append(answers, s)
		}
		require.Equal(t, answers[0], answers[1], strategy)
		require.Contains(t, command(t, "replay", file).out, "same verdict and same trace hash")
	}
	got := command(t, "seek", "single-decree", "--count", "10")
	require.Equal(t, exitPass, got.status)
	require.Contains(t, got.out, `"found":false,"runs":10,`)
}

// One bug is measured; a second call takes it over from the first, one with other seeds does not, and tables are written.
func TestMutants(t *testing.T) {
	if testing.Short() {
		t.Skip("builds programs")
	}
	t.Chdir("..")
	dir := t.TempDir()
	page, data := filepath.Join(dir, "board.md"), filepath.Join(dir, "board.json")
	args := []string{"mutants", "--only", "^paxos-keeps-own-value$", "--budget", "200", "--repeat", "2", "--out", page + "," + data}
	first := command(t, args...)
	require.Equal(t, exitPass, first.status, first.err)
	require.Regexp(t, `paxos-keeps-own-value \(trivial\) +swarm +2/2 `, first.out)
	require.Regexp(t, `none \(the sources as they are\) +swarm +0/2 +>200 `, first.out)
	again := command(t, append(args, "--resume")...)
	require.Equal(t, first.out, again.out)
	text, err := os.ReadFile(page)
	require.NoError(t, err)
	require.Contains(t, string(text), "go run ./cmd/simrun mutants --profile default --budget 200 --repeat 2 --strategy swarm --only")
	text, err = os.ReadFile(data)
	require.NoError(t, err)
	var board mutants.Board
	require.NoError(t, json.Unmarshal(text, &board))
	require.Len(t, board.Scores, 2)
	require.Equal(t, 2, board.Scores[1].Expected)

	// A line cut short, as by a crash, costs that trial alone: what comes after it has a line of its own.
	journal := filepath.Join("results", "runs", "mutants", "trials.jsonl")
	f, err := os.OpenFile(journal, os.O_APPEND|os.O_WRONLY, 0o644)
	require.NoError(t, err)
	_, err = f.WriteString(`{"key":"cut sh`)
	require.NoError(t, err)
	require.NoError(t, f.Close())
	require.Equal(t, exitPass, command(t, args...).status)
	lines, err := os.ReadFile(journal)
	require.NoError(t, err)
	require.Contains(t, string(lines), "{\"key\":\"cut sh\n{\"key\":")
	require.NoError(t, os.WriteFile(journal, bytes.ReplaceAll(lines, []byte("{\"key\":\"cut sh\n"), nil), 0o644))

	// Interrupted, it keeps what it has and says so.
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var out, said bytes.Buffer
	require.Equal(t, exitInterrupted, run(ctx, args, &term{out: &out, err: &said}))
}

// A table that is whole is not overwritten by one that is not.
func TestMutantsKeepsWhatIsWhole(t *testing.T) {
	t.Chdir(t.TempDir())
	require.NoError(t, os.WriteFile("whole.md", []byte("all of it\n"), 0o644))
	b := bench{mutantFlags: mutantFlags{out: []string{"whole.md", "part.json"}, strategies: []string{strategies.Swarm}}}
	var out, said bytes.Buffer
	require.NoError(t, b.write(&term{out: &out, err: &said}, &mutants.Board{Stopped: true}))
	require.Equal(t, "simrun: whole.md is left as it was, since not all was measured: the same command with --resume goes on\n", said.String())
	text, err := os.ReadFile("whole.md")
	require.NoError(t, err)
	require.Equal(t, "all of it\n", string(text))
	require.FileExists(t, "part.json")
}

// With --ablate a bug is looked for again without each family, from the same seeds and with a budget that is cut; what was measured before is taken over.
func TestAblate(t *testing.T) {
	if testing.Short() {
		t.Skip("builds programs")
	}
	t.Chdir("..")
	dir := t.TempDir()
	page, data := filepath.Join(dir, "board.md"), filepath.Join(dir, "board.json")
	args := []string{"mutants", "--only", "^paxos-majority-of-even$", "--budget", "300", "--repeat", "2", "--without", "load,links", "--ablate", "--out", page + "," + data}
	first := command(t, args...)
	require.Equal(t, exitPass, first.status, first.err)
	again := command(t, append(args, "--resume")...)
	require.Equal(t, first.out, again.out)
	text, err := os.ReadFile(data)
	require.NoError(t, err)
	var board mutants.Board
	require.NoError(t, json.Unmarshal(text, &board))
	require.Equal(t, "default,no-links,no-load", board.Profile)
	require.Len(t, board.Ablated, 4)
	for _, s := range board.Ablated {
		require.Equal(t, "paxos-majority-of-even", s.Mutant)
		require.Contains(t, s.Profile, "no-"+s.Without)
		require.LessOrEqual(t, s.Budget, uint64(300))
	}
	text, err = os.ReadFile(page)
	require.NoError(t, err)
	require.Contains(t, string(text), "mutants --profile default,no-links,no-load --budget 300 --repeat 2 --strategy swarm --ablate --only")
	require.Contains(t, string(text), "## What each family of faults is worth")
}

// The demonstration: one command plants a bug, finds and replays it, and prints lines that do so again.
func TestHunt(t *testing.T) {
	if testing.Short() {
		t.Skip("builds programs")
	}
	t.Chdir("..")
	dir := t.TempDir()
	got := command(t, "hunt", "paxos-keeps-own-value", "--save", filepath.Join(dir, "a.json"))
	require.Equal(t, exitViolation, got.status, got.err)
	require.Contains(t, got.out, "seen: the classic mistake")
	require.Contains(t, got.out, "violation: safe: vote for another value than may be chosen")
	small := filepath.Join(dir, "a.min.json")
	line := "replay --mutant paxos-keeps-own-value " + small
	require.Contains(t, got.out, "go run ./cmd/simrun "+line+"\n")
	got = command(t, strings.Fields(line)...)
	require.Equal(t, exitViolation, got.status, got.err)
	require.Contains(t, got.out, "same verdict and same trace hash as in the artifact\n")
	got = command(t, "explain", "--futures", "3", "--points", "2", "--mutant", "paxos-keeps-own-value", "--dir", ".", small)
	require.Equal(t, exitPass, got.status, got.err)
	require.Contains(t, got.out, "of 3 futures from a point")
	require.Equal(t, exitPass, command(t, "replay", small).status, "the bug is not in the sources")
}

// Help says what each strategy does.
func TestMutantsHelp(t *testing.T) {
	got := command(t, "mutants", "--help")
	require.Equal(t, 0, got.status)
	for i, name := range strategies.Names() {
		require.Regexp(t, `(?m)^  `+name+` +`+regexp.QuoteMeta(strategies.Docs()[i])+`$`, got.out+got.err)
	}
}
