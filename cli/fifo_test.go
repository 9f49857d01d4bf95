//go:build unix

package cli

import (
	"os"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// A pipe that nobody writes to holds up no interrupt, and what has no end is given up.
func TestInputsWithoutEnd(t *testing.T) {
	t.Chdir(t.TempDir())
	require.NoError(t, syscall.Mkfifo("pipe", 0o644))
	for _, name := range []string{"merge", "replay"} {
		require.Equal(t, exitInterrupted, interruptedAt(t, "", "", name, "pipe").status, name)
	}
	requireRefused(t, command(t, "merge", "/dev/zero"), "/dev/zero: line 1 is longer than 16 MiB")
	require.NoError(t, os.Mkdir("corpus", 0o755))
	require.NoError(t, os.Symlink("/dev/zero", "corpus/golden.txt"))
	requireRefused(t, command(t, "regress", "--dir", "corpus"), "corpus/golden.txt: larger than 64 MiB")
}
