package cli

import (
	"errors"
	"io"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// A program that is tied to this one ends when the pipe between them does, as it does when this one is killed, and not before.
func TestTied(t *testing.T) {
	if os.Getenv("TIED_CHILD") != "" {
		endWithParent()
		io.WriteString(os.Stdout, "up\n")
		time.Sleep(time.Minute)
		os.Exit(exitPass)
	}
	t.Setenv("TIED_CHILD", "1")
	child := exec.Command(os.Args[0], "-test.run=^TestTied$")
	out, err := child.StdoutPipe()
	require.NoError(t, err)
	pipe, err := tied(child)
	require.NoError(t, err)
	require.NoError(t, child.Start())
	_, err = io.ReadFull(out, make([]byte, len("up\n")))
	require.NoError(t, err, "it is not up")
	require.NoError(t, pipe.Close())
	var exit *exec.ExitError
	require.True(t, errors.As(child.Wait(), &exit))
	require.Equal(t, exitInterrupted, exit.ExitCode())
}
