package cli

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Interrupted, the command keeps the tables that are complete, on the screen and on disk, and says that it was cut short.
func TestBenchInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	dir := t.TempDir()
	var out bytes.Buffer
	said := &until{text: "measuring clusters under load", then: cancel}
	require.Equal(t, exitInterrupted, run(ctx, []string{"bench", "--rounds", "1", "--out", dir}, &term{out: &out, err: said}))
	page, err := os.ReadFile(filepath.Join(dir, "speed.md"))
	require.NoError(t, err)
	require.Equal(t, out.String(), string(page))
	for _, part := range []string{"## events\n", "| 1,000,000 |", "## messages\n", "speed-messages.svg"} {
		require.Contains(t, out.String(), part)
	}
	require.NotContains(t, out.String(), "## clusters")
	require.FileExists(t, filepath.Join(dir, "speed-messages.svg"))
}

// until calls a function once a text was written.
type until struct {
	text string
	then func()
}

func (u *until) Write(b []byte) (int, error) {
	if strings.Contains(string(b), u.text) {
		u.then()
	}
	return len(b), nil
}
