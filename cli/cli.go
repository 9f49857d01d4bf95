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
	"fmt"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"sync"
	"syscall"
	"time"

	"simrun"
	"simrun/scenarios"
	"simrun/scenarios/mutants"
)

// Main is the main function of a program that tests protocols: it registers the scenarios, executes the command line and ends the
// process. Where the command line names no scenario, those given here are meant; with none given, all that come with simrun. It panics
// if two scenarios have one name.
func Main(own ...scenarios.Scenario) {
	for _, s := range own {
		scenarios.Register(s)
	}
	meant = own
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(400) // the heap is small, and what seeds leave behind is not worth collecting at once
	}
	endWithParent()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	// A second interrupt ends the program at once; so does the first, some time later, if a handler never returns.
	go func() {
		<-ctx.Done()
		stop()
		time.Sleep(10 * time.Second)
		fmt.Fprintln(os.Stderr, "simrun: interrupted: it does not come to an end, so what it was about to tell or write is lost")
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

// program says what this program is: the module that it is of, and its package in there, as "./cmd/simrun" or ".". Tests, and programs that
// are no package, count as simrun.
var program = sync.OnceValues(func() (module, folder string) {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return simrunModule, simrunFolder
	}
	return programOf(info.Path, info.Main.Path)
})

const (
	simrunModule = "simrun"
	simrunFolder = "./cmd/simrun"
)

// programOf tells module and folder of the package with that path, of the module with that path.
func programOf(path, module string) (string, string) {
	inside, ok := strings.CutPrefix(path, module)
	if !ok || module == "" || strings.HasSuffix(path, ".test") {
		return simrunModule, simrunFolder
	}
	return module, "." + inside
}

// again is how this program is run from the root of its module, for the lines to paste that end a report.
func again() string {
	_, folder := program()
	return "go run " + folder
}

// source returns the tree that this program is made from, for bugs to be planted in.
func source(root string) mutants.Tree {
	module, folder := program()
	if module == simrunModule {
		return mutants.Simrun(root)
	}
	return mutants.Tree{Root: root, Module: module, Main: folder, Dir: "mutants", Base: simrun.SourceHash()}
}
