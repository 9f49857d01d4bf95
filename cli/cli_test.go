package cli

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// The lines to paste name the program that prints them.
func TestProgramOf(t *testing.T) {
	for _, c := range []struct{ path, module, wantModule, wantFolder string }{
		{"simrun/cmd/simrun", "simrun", "simrun", "./cmd/simrun"},
		{"example.com/mine", "example.com/mine", "example.com/mine", "."},
		{"example.com/mine/cmd/check", "example.com/mine", "example.com/mine", "./cmd/check"},
		{"simrun/cli.test", "simrun", "simrun", "./cmd/simrun"},
		{"command-line-arguments", "", "simrun", "./cmd/simrun"},
	} {
		module, folder := programOf(c.path, c.module)
		require.Equal(t, c.wantModule, module, c.path)
		require.Equal(t, c.wantFolder, folder, c.path)
	}
}
