package cli

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Lists have two columns whatever is in them: no name runs into what is said about it, and no line is longer than a screen is wide.
func TestListFits(t *testing.T) {
	for _, args := range [][]string{{"list"}, {"list", "-v"}} {
		status, out, _ := invoke(t, args...)
		require.Equal(t, exitPass, status)
		for _, line := range strings.Split(out, "\n") {
			require.LessOrEqual(t, len(line), listWidth, line)
		}
		_, kinds, _ := strings.Cut(out, "\nFaults\n")
		kinds, _, _ = strings.Cut(kinds, "\n\n")
		at := strings.Index(kinds, "loses a share")
		lines := strings.Split(strings.TrimRight(kinds, "\n"), "\n")
		require.Greater(t, len(lines), 40)
		for _, line := range lines {
			require.Equal(t, "  ", line[at-2:at], line)
			require.NotEqual(t, " ", line[at:at+1], line)
		}
	}
}

func TestFolded(t *testing.T) {
	require.Equal(t, []string{"one two", "three", "fourteen", "a b"}, folded("one two  three fourteen a b", 7))
	require.Equal(t, []string{""}, folded("", 7))
}
