package cli

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Two phases, an answer to each message, and the news: 2 round trips and 5(n-1) messages. A stable leader saves the first phase, slots in flight
// the news, and a batch shares the rest among commands. The same command prints the same table.
func TestCost(t *testing.T) {
	got := command(t, "cost", "--nodes", "3", "--operations", "200", "--markdown")
	require.Equal(t, exitPass, got.status, got.err)
	for _, row := range []string{
		"| 3 | 1 | 1 | 1 | single-decree Paxos for each | 4.00 | 2.00 | 2.00 | 2.00 | 10.00 | 2.00 |\n",
		"| 3 | 1 | 1 | 1 | stable leader | 0.02 | 2.00 | 2.00 | 2.00 | 6.02 | 1.00 |\n",
		"| 3 | 32 | 64 | 1 | with pipelining | 0.02 | 2.00 | 2.00 | 0.02 | 4.03 | 1.00 |\n",
	} {
		require.Contains(t, got.out, row)
	}
	require.Equal(t, got.out, command(t, "cost", "--nodes", "3", "--operations", "200", "--markdown").out)

	got = command(t, "cost", "--nodes", "2", "--operations", "100")
	require.Equal(t, exitPass, got.status, got.err)
	require.Equal(t, 7, strings.Count(got.out, "\n"))
}

func TestCostRefuses(t *testing.T) {
	for _, c := range []struct{ flag, value, says string }{
		{"--nodes", "1", "--nodes is 1"}, {"--nodes", "65", "--nodes is 65"}, {"--nodes", "x", "cost --help"},
		{"--operations", "99", "--operations is 99"}, {"--operations", "1000001", "--operations is 1000001"},
	} {
		got := command(t, "cost", c.flag, c.value)
		require.Equal(t, exitUsage, got.status)
		require.Contains(t, got.err, c.says)
		require.Empty(t, got.out)
	}
}
