// Command simrun finds, replays and explains bugs in consensus protocols, by running whole clusters in a deterministic
// simulation, seed after seed. See "simrun help", and the README for a session.
package main

import (
	"context"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
	"time"
)

func main() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(400) // the heap is small, and what seeds leave behind is not worth collecting at once
	}
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
