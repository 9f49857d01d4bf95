package cli

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// A table is the same however often it is made, and says what it should: a stable leader needs one round trip and three messages for each other replica, and without one
// there are two round trips.
func TestCompare(t *testing.T) {
	dir := t.TempDir()
	status, out, _ := invoke(t, "compare", "--table", "messages", "--out", dir)
	require.Equal(t, exitPass, status)
	for _, line := range []string{"| 5 | Paxos for each command | 20.00 | 5.00 |", "| 5 | Multi-Paxos | 12.00 | 3.00 |", "| 5 | CASPaxos | 16.00 | 4.00 |"} {
		require.Contains(t, out, line)
	}
	require.NotContains(t, out, "Raft", "no program here has it")
	require.NotContains(t, out, "What the texts say", "there is not enough to tell")
	page, err := os.ReadFile(filepath.Join(dir, "comparison.md"))
	require.NoError(t, err)
	require.Equal(t, out, string(page))
	plot, err := os.ReadFile(filepath.Join(dir, "comparison-messages.svg"))
	require.NoError(t, err)
	require.Equal(t, 4, strings.Count(string(plot), "<polyline"))

	status, more, _ := invoke(t, "compare", "--table", "messages", "--scenario", "split-brain")
	require.Equal(t, exitPass, status)
	require.Contains(t, more, "| 5 | split-brain | 12.00 | 3.00 |", "whoever takes compare-and-sets can take part")
	require.Equal(t, out, strings.Join(without(strings.SplitAfter(more, "\n"), "split-brain"), ""), "and leaves the others as they are")
}

func without(lines []string, word string) (kept []string) {
	for _, line := range lines {
		if !strings.Contains(line, word) {
			kept = append(kept, line)
		}
	}
	return kept
}

func TestCompareRefuses(t *testing.T) {
	for _, c := range []struct{ arguments, says string }{
		{"compare --table prices", `there is no table "prices": there are messages, batches`},
		{"compare --scenario bank", "--scenario bank: its clients see a bank, and only stores that take compare-and-sets can be compared (model kv)"},
		{"compare --scenario raft", `unknown scenario "raft"`},
	} {
		status, _, stderr := invoke(t, strings.Fields(c.arguments)...)
		require.Equal(t, exitUsage, status)
		require.Contains(t, stderr, c.says)
	}
}

// What is measured: silence is the longest time without an answer in the span asked about, and the texts are held against the figures, so that others than they say are not confirmed.
func TestCompareFigures(t *testing.T) {
	m := measured{commands: 4, began: 0, ended: 2e9, latencies: []int64{1e6, 2e6, 3e6, 9e6}, answers: []int64{1e6, 20e6, 50e6, 90e6}}
	require.InDelta(t, 30.0, m.silence(1e6, 60e6), 1e-9)
	require.InDelta(t, 40.0, m.silence(50e6, 91e6), 1e-9)
	require.InDelta(t, 5.0, m.silence(100e6, 105e6), 1e-9)
	require.Equal(t, 2, m.between(20e6, 90e6))
	require.InDelta(t, 2.0, m.perSecond(), 1e-9)
	require.InDelta(t, 2.0, m.latency(50), 1e-9)
	f := facts{messages: map[string]map[int]float64{"Multi-Paxos": {3: 6, 9: 24}, "Paxos for each command": {3: 10, 9: 90}}, trips: map[string]float64{"Multi-Paxos": 2}}
	require.Contains(t, f.claims(), "O(n²) messages a command down to O(n) | 11.2 messages for each other replica without a leader, and 3.0 with a stable one, with 3 replicas and with 9 | confirmed")
	require.Contains(t, f.claims(), "| 2.00 and 0.00 | **not confirmed** |")
	f.without = 1
	require.Contains(t, f.claims(), "| 1 commands answered in (2, 2, 1), by all that need majorities | **not confirmed** |")
}

// A leader that stays with a minority is replaced, and nobody is served where nobody has a majority.
func TestCompareStruck(t *testing.T) {
	served := map[string]int{}
	for _, p := range shapes() {
		if p.name == "leader with a minority (2, 3)" || !p.majority {
			b := arena{ctx: t.Context(), note: &notice{term: &term{err: io.Discard}}}
			o, err := b.run(contender{name: "Multi-Paxos", scenario: "kv"}.struck(p.plan))
			require.NoError(t, err)
			require.NotZero(t, o.leader)
			require.NotZero(t, o.between(0, int64(strikeAt)))
			served[p.name] = o.between(int64(strikeAt)+10e6, int64(strikeAt+strikeFor))
			require.Greater(t, o.silence(int64(strikeAt), int64(strikeAt+strikeFor)), 100.0)
		}
	}
	require.Len(t, served, 2)
	require.Zero(t, served["nobody has a majority (2, 2, 1)"])
	require.Greater(t, served["leader with a minority (2, 3)"], 1000)
}
