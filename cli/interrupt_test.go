package cli

import (
	"bytes"
	"context"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

// interruptedAt runs a command line that is interrupted as soon as a text is on its output, or on that of its complaints; at once for no text.
func interruptedAt(t *testing.T, onOut, onErr string, args ...string) outcome {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	never := "\x00"
	if onOut == "" {
		onOut = never
	}
	if onErr == "" {
		onErr = never
	}
	if onOut == never && onErr == never {
		cancel()
	}
	out, said := &watched{until: onOut, then: cancel}, &watched{until: onErr, then: cancel}
	status := run(ctx, args, &term{out: out, err: said, live: true})
	return outcome{status, out.String(), said.String()}
}

// What was done when a command is interrupted is told and kept, and what is not written is said not to be.
func TestInterrupted(t *testing.T) {
	saved(t)
	got := interruptedAt(t, "", "", "export", "--scenario", "kv", "--seed", "1", "--trace", "t.jsonl")
	require.Equal(t, exitInterrupted, got.status, got.err)
	require.Contains(t, got.err, "simrun: interrupted: of the run only the first 1,023 events are written\n")
	text, err := os.ReadFile("t.jsonl")
	require.NoError(t, err)
	require.Greater(t, bytes.Count(text, []byte("\n")), 100)

	got = interruptedAt(t, "", "", "replay", "--scenario", "kv", "--seed", "1", "--report", "page.html")
	require.Equal(t, exitInterrupted, got.status)
	require.Equal(t, "simrun: interrupted: no report is written to page.html\n", got.err)
	require.NoFileExists(t, "page.html")

	got = interruptedAt(t, "", "kv storm: 5 seeds", "census", "--count", "5")
	require.Equal(t, exitInterrupted, got.status, got.err)
	require.Contains(t, got.out, "**Interrupted: the tables are those of the seeds that were run until then.**\n")
	require.Contains(t, got.out, "| kv | storm | 5 |")
	require.NotContains(t, got.out, "| kv | byzantine |")

	got = interruptedAt(t, "", " points", "explain", artifactOne, "--futures", "50", "--points", "1000")
	require.Equal(t, exitInterrupted, got.status, got.err)
	require.Contains(t, got.out, "0.000ms ")
	require.Contains(t, got.out, "interrupted: what decided it is not found")

	for _, before := range []string{"", "the whole page"} {
		if before != "" {
			require.NoError(t, os.WriteFile("made/comparison.md", []byte(before), 0o644))
		}
		got = interruptedAt(t, "# Protocols side by side", "", "compare", "--table", "messages", "--out", "made")
		require.Equal(t, exitInterrupted, got.status, got.err)
		require.Contains(t, got.out, "**Interrupted: ")
		page, err := os.ReadFile("made/comparison.md")
		require.NoError(t, err)
		if before == "" {
			require.Equal(t, got.out, string(page))
		} else {
			require.Equal(t, before, string(page))
			require.Contains(t, got.err, "simrun: made/comparison.md is left as it was")
		}
	}
}
