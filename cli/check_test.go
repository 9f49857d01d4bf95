package cli

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"simrun/checker/models"
)

const samples = "../checker/format/testdata/"

// Recorded histories are decided, with exit status 0 or 1, and what is wrong is said.
func TestCheckFiles(t *testing.T) {
	good := command(t, "check", samples+"c01-ok.txt")
	require.Equal(t, 0, good.status)
	require.Contains(t, good.out, "c01-ok.txt: linearizable\n  model        text, read as edn\n")
	require.Contains(t, good.err, "time ")

	bad := command(t, "check", samples+"etcd_000.log")
	require.Equal(t, 1, bad.status)
	require.Contains(t, bad.out, "not linearizable\n  model        register, read as log\n")
	require.Contains(t, bad.out, "  decided by   search, ")
	require.Contains(t, bad.out, "  reason       no order explains ")
	require.Contains(t, bad.out, "    line 85 ")
	require.Equal(t, bad.out, command(t, "check", samples+"etcd_000.log").out, "always the same")

	page := t.TempDir() + "/page.html"
	require.Equal(t, bad.out, command(t, "check", "--html", page, samples+"etcd_000.log").out)
	html, err := os.ReadFile(page)
	require.NoError(t, err)
	require.Contains(t, string(html), "get k0 = 2")
	require.Contains(t, string(html), "#e4e4e4", "what went on around it")

	var result struct {
		Answer, Verdict, Model, Method string
		Operations, OK, Failed         int
		Witness                        []struct{ Line int }
	}
	require.NoError(t, json.Unmarshal([]byte(command(t, "check", "--json", samples+"etcd_000.log").out), &result))
	require.Equal(t, "not linearizable", result.Answer)
	require.Equal(t, "violation", result.Verdict)
	require.Equal(t, 85, result.Operations)
	require.NotEmpty(t, result.Witness)
}

// What simrun writes of its own runs it checks, and says of which model it is: the history beside an artifact, and an export.
func TestCheckOwnHistories(t *testing.T) {
	saved(t)
	got := command(t, "check", filepath.Join(filepath.Dir(artifactOne), "history.jsonl"))
	require.Equal(t, 1, got.status, got.err)
	require.Contains(t, got.out, ": not linearizable\n  model        kv, read as json\n")
	got = command(t, "export", "--scenario", "single-decree", "--seed", "3", "--history", "h.jsonl")
	require.Equal(t, 0, got.status)
	require.Equal(t, "simrun: h.jsonl: a history of the model decree, for: simrun check h.jsonl\n", got.err)
	got = command(t, "check", "h.jsonl")
	require.Equal(t, 0, got.status, got.err)
	require.Contains(t, got.out, "h.jsonl: linearizable\n  model        decree, read as json\n")
}

// One operation that nothing explains is one.
func TestCheckSingular(t *testing.T) {
	file := t.TempDir() + "/one.jsonl"
	require.NoError(t, os.WriteFile(file, []byte(`{"process": 1, "type": "invoke", "f": "read", "key": 0}`+"\n"+`{"process": 1, "type": "ok", "f": "read", "key": 0, "value": 4}`+"\n"), 0o644))
	got := command(t, "check", file)
	require.Equal(t, 1, got.status, got.err)
	require.Contains(t, got.out, "saw 4, which nothing wrote\n  no order explains this operation\n    line 1 ")
}

// What is not decided within the budget has an exit status of its own.
func TestCheckUndecided(t *testing.T) {
	var lines strings.Builder
	for i := range 12 {
		fmt.Fprintf(&lines, "{\"process\": %d, \"type\": \"invoke\", \"f\": \"add\", \"key\": 0, \"value\": %d}\n", i, 1<<i)
	}
	lines.WriteString(`{"process": 20, "type": "invoke", "f": "read", "key": 0}` + "\n" + `{"process": 20, "type": "ok", "f": "read", "key": 0, "value": -1}` + "\n")
	file := t.TempDir() + "/many.jsonl"
	require.NoError(t, os.WriteFile(file, []byte(lines.String()), 0o644))
	got := command(t, "check", "--budget", "100", file)
	require.Equal(t, 3, got.status, got.out)
	require.Contains(t, got.out, "undecided")
	require.Contains(t, got.out, "within its budget of 100 configurations")
	require.Equal(t, 1, command(t, "check", file).status)
}

// Help names the models, and what they are.
func TestCheckHelp(t *testing.T) {
	got := command(t, "check", "--help")
	require.Equal(t, 0, got.status)
	for _, m := range models.All() {
		require.Contains(t, got.out+got.err, "\n  "+m.Name+" ")
	}
}

// Bad input gets one line that says what to do, and exit status 2.
func TestCheckRefuses(t *testing.T) {
	t.Chdir(t.TempDir())
	require.NoError(t, os.WriteFile("empty", nil, 0o644))
	require.NoError(t, os.WriteFile("noise", []byte("\x00\xff\xfe{[{["), 0o644))
	require.NoError(t, os.WriteFile("cut", []byte(`{"process": 0, "type": "inv`), 0o644))
	require.NoError(t, os.WriteFile("queue", []byte(`{"process": 0, "type": "invoke", "f": "enqueue", "key": 0, "value": 3}`), 0o644))
	require.NoError(t, os.WriteFile("mixed", []byte(`{"process": 0, "type": "invoke", "f": "enqueue", "key": 0, "value": 3}`+"\n"+
		`{"process": 1, "type": "invoke", "f": "acquire", "key": 0}`), 0o644))
	for _, c := range []struct{ args, says string }{
		{"check", "check needs a file with a history, or - for stdin"},
		{"check a b", "check takes one file, and there are 2"},
		{"check missing", "missing: no such file or directory"},
		{"check .", ".: is a directory"},
		{"check empty", "empty: there are no operations in it"},
		{"check noise", "noise: line 1: it looks like none of the formats json, edn and log"},
		{"check cut", "cut: line 1: it is not a JSON object, or it is cut off"},
		{"check mixed", "mixed: no model knows all of its operations (enqueue, acquire)"},
		{"check --model chess queue", `there is no model "chess": there are register, kv, `},
		{"check --model lock queue", "queue: line 1: enqueue is no operation of the model lock, which has acquire, release"},
		{"check --format xml queue", `there is no format "xml"`},
		{"check --budget 0 queue", "--budget is 0, and must be at least 1"},
		{"check --html no/such/page queue", "--html no/such/page: nothing can be written there: no such file or directory"},
	} {
		got := command(t, strings.Fields(c.args)...)
		require.Equal(t, exitUsage, got.status, c.args)
		require.Empty(t, got.out, c.args)
		require.Contains(t, got.err, c.says, c.args)
		require.Equal(t, 1, strings.Count(got.err, "\n"), "%s: %s", c.args, got.err)
	}
}
