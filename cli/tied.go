package cli

import (
	"io"
	"os"
	"os/exec"
)

// tiedVariable is set for a program that is to end as soon as its standard input does.
const tiedVariable = "SIMRUN_TIED"

// tied makes a command's process end when this one does, also where this one is killed: it reads from a pipe that is closed then. It returns
// this end of the pipe.
func tied(c *exec.Cmd) (io.Closer, error) {
	c.Env = append(os.Environ(), tiedVariable+"=1")
	return c.StdinPipe()
}

// endWithParent ends this process when that of its parent has ended, if it is tied to it.
func endWithParent() {
	if os.Getenv(tiedVariable) == "" {
		return
	}
	go func() {
		io.Copy(io.Discard, os.Stdin) // however that ends, nobody is there any more
		os.Exit(exitInterrupted)
	}()
}
