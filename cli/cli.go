// Package cli is the command simrun as a package, so that a program with protocols of its own is as much of a command for them as
// simrun is for those that come with it:
//
//	func main() { cli.Main(scenarios.Define(scenarios.Spec[Message, *Message]{Name: "mine", ...})) }
//
// A file of the package holds a command (run.go, replay.go, shrink.go ...): its flags, a parse that refuses what makes no sense before any
// time is spent, and a run. All of them write results to a term, and return an exit status.
package cli

import (
	"context"
	"os"
	"os/signal"
	"path/filepath"
	"runtime/debug"
	"strings"
	"sync"
	"syscall"
	"time"

	"simrun/scenarios"
)

// Main is the main function of a program that tests protocols: it registers the scenarios, executes the command line and ends the
// process. Where the command line names no scenario, those given here are meant; with none given, all that come with simrun. It panics
// if two scenarios have one name.
func Main(own ...scenarios.Scenario) {
	for _, s := range own {
		scenarios.Register(s)
	}
	meant = own
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	// A second interrupt ends the program at once; so does the first, some time later, if a handler never returns.
	go func() {
		<-ctx.Done()
		stop()
		time.Sleep(10 * time.Second)
		os.Exit(exitInterrupted)
	}()
	// With nobody reading any more, writes fail with an error, which ends the command quietly.
	signal.Ignore(syscall.SIGPIPE)
	os.Exit(run(ctx, os.Args[1:], newTerm(os.Stdout, os.Stderr)))
}

// meant are the program's own scenarios; none if it has only those that come with simrun.
var meant []scenarios.Scenario

// meantScenarios returns the scenarios that are meant where none is named.
func meantScenarios() []scenarios.Scenario {
	if len(meant) > 0 {
		return meant
	}
	return scenarios.All()
}

// again is how this program is run from the root of its module, for the lines to paste that end a report.
var again = sync.OnceValue(func() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return builtIn
	}
	return invocation(info.Path, info.Main.Path)
})

const builtIn = "go run ./cmd/simrun"

// invocation returns the words that run the package with that path, of the module with that path.
func invocation(path, module string) string {
	inside, ok := strings.CutPrefix(path, module)
	switch {
	case path == "command-line-arguments": // go run main.go
		return "go run " + filepath.Base(os.Args[0]) + ".go"
	case !ok || module == "" || strings.HasSuffix(path, ".test"):
		return builtIn
	case inside == "":
		return "go run ."
	}
	return "go run ." + inside
}
