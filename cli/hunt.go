package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"simrun/scenarios"
	"simrun/scenarios/mutants"
	"simrun/scenarios/strategies"
)

// huntFlags are what "simrun hunt" was asked for.
type huntFlags struct {
	dir, strategy, save string
	budget              uint64
	jobs                int
}

func huntCommand(t *term, status *int) *cobra.Command {
	var f huntFlags
	c := &cobra.Command{
		Use: "hunt BUG", Short: "plant one bug, find it, replay it and make it small",
		Long:              "Hunt compiles one planted bug (simrun mutants --list lists them), looks for it, replays what it found, and has it shrunk. It needs the source tree and a Go toolchain.",
		ValidArgsFunction: bugNames,
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) != 1 {
				return fmt.Errorf("hunt takes one planted bug, and there are %d (simrun mutants --list lists them)", len(args))
			}
			s, err := f.run(c.Context(), t, args[0])
			*status = s
			return err
		},
	}
	fs := c.Flags()
	fs.StringVar(&f.dir, "dir", ".", "the source tree")
	fs.StringVar(&f.strategy, "strategy", strategies.Swarm, "how inputs are made up: "+strings.Join(strategies.Names(), ", "))
	fs.Uint64Var(&f.budget, "budget", 100_000, "runs to spend")
	fs.IntVar(&f.jobs, "jobs", 2, "how many seeds to run at once; what is found does not depend on it")
	fs.StringVar(&f.save, "save", "", "save the artifact here; default: below results/runs")
	return c
}

func (f huntFlags) run(ctx context.Context, t *term, name string) (int, error) {
	if f.budget < 1 || f.jobs < 1 || f.jobs > maxJobs {
		return exitUsage, fmt.Errorf("--budget must be at least 1, and --jobs from 1 to %d", maxJobs)
	}
	if err := checkStrategy(f.strategy); err != nil {
		return exitUsage, err
	}
	if err := checkOutputs(nil, output{"--save", f.save}); err != nil {
		return exitUsage, err
	}
	var b bench
	if err := b.open(ctx, f.dir); err != nil {
		return exitUsage, err
	}
	m := findMutant(b.mutants, name)
	if m == nil {
		return exitUsage, noMutant(name)
	}
	began := time.Now()
	t.printf("%s\n  %s\n  seen: %s\n", t.paint(head, m.Name), m.Wrong, m.Seen)
	p, err := plant(ctx, t, b.builder, m)
	if ctx.Err() != nil {
		return exitInterrupted, nil
	}
	if err != nil {
		return exitUsage, err
	}
	artifact := f.save
	if artifact == "" {
		artifact = filepath.Join(f.dir, "results", "runs", "hunt-"+m.Name, "artifact.json")
	}
	seek := exec.CommandContext(ctx, p.Path, "seek", m.Scenario, "--strategy", f.strategy, "--count", fmt.Sprint(f.budget),
		"--jobs", fmt.Sprint(f.jobs), "--artifact", artifact)
	said, found, err := look(t, seek)
	switch {
	case ctx.Err() != nil:
		return exitInterrupted, nil
	case err != nil:
		return exitUsage, err
	case !found:
		t.printf("not found in %s runs\n", thousands(f.budget))
		return exitPass, t.failed()
	}
	fmt.Fprintf(t.err, "found after %.1f s\n", time.Since(began).Seconds())
	var s sought
	if err := json.Unmarshal(said, &s); err != nil {
		return exitUsage, fmt.Errorf("seek: %w: %s", err, oneLine(string(said)))
	}
	ends := !strings.HasPrefix(s.Fingerprint, "watchdog") // of one that does not, no smaller one can be looked for
	if !ends {
		fmt.Fprintf(t.err, "%s: a replay waits %v for it\n", oneLine(s.Fingerprint), scenarios.DefaultPatience)
	}
	if err := b.blame(ctx, m, artifact); ctx.Err() != nil {
		return exitInterrupted, nil
	} else if err != nil {
		return exitUsage, err
	}
	if check := (&mutants.Trial{Fingerprint: s.Fingerprint}).Check(); !slices.Contains(m.Expect, check) {
		fmt.Fprintf(t.err, "simrun: warning: the check that fired is %s, and the diff expects %s\n", check, strings.Join(m.Expect, ", "))
	}
	// The program is told what it has in it, so that the lines it prints plant it again.
	planted := []string{"--planted=" + m.Name, "--mutant=" + m.Name, "--dir=" + f.dir}
	if ends && shrinks(ctx, p) {
		if status := child(ctx, t, p, append([]string{"shrink", artifact}, planted...)...); status != exitPass && status != exitViolation {
			return status, t.failed()
		}
		if small := strings.TrimSuffix(artifact, ".json") + ".min.json"; exists(small) {
			artifact = small
			if err := b.blame(ctx, m, artifact); ctx.Err() != nil { // made small, it may have become another bug's
				return exitInterrupted, nil
			} else if err != nil {
				return exitUsage, err
			}
		}
	}
	status := child(ctx, t, p, append([]string{"replay", artifact}, planted...)...)
	fmt.Fprintf(t.err, "all of it took %.1f s\n", time.Since(began).Seconds())
	return status, t.failed()
}

// look has a program search, tells now and then that it still does, and returns what it said and whether it found something.
func look(t *term, seek *exec.Cmd) (said []byte, found bool, err error) {
	if _, err := tied(seek); err != nil {
		return nil, false, err
	}
	over := make(chan struct{})
	began := time.Now()
	go func() {
		defer close(over)
		said, err = seek.Output()
	}()
	note := &notice{term: t, shown: began}
	defer note.clear()
	every := time.NewTicker(time.Second)
	defer every.Stop()
	for {
		select {
		case <-every.C:
			note.say(func() string {
				return fmt.Sprintf("looking for %.0f s (a handler that takes %v counts as one that never returns)", time.Since(began).Seconds(), scenarios.DefaultPatience)
			})
			continue
		case <-over:
		}
		var exit *exec.ExitError
		switch {
		case err == nil:
			return said, false, nil
		case !errors.As(err, &exit):
			return said, false, err
		case exit.ExitCode() != exitViolation:
			return said, false, fmt.Errorf("seek: %w: %s", err, complaint(exit.Stderr))
		}
		return said, true, nil
	}
}

// complaint is the line of what a program wrote before its end that says why: a Go program which is out of stack tells of every goroutine, too.
func complaint(said []byte) string {
	first := ""
	for line := range strings.Lines(string(said)) {
		line = oneLine(line)
		if strings.HasPrefix(line, "fatal error: ") || strings.HasPrefix(line, "panic: ") {
			return line
		}
		if first == "" {
			first = strings.TrimPrefix(line, "simrun: ")
		}
	}
	return first
}

// blame runs what was found in the sources as they are, and tells if it fails there too: then no planted bug is to blame.
func (b *bench) blame(ctx context.Context, m *mutants.Mutant, artifact string) error {
	p, err := b.builder.Build(ctx, nil)
	if err != nil {
		return err
	}
	said, err := exec.CommandContext(ctx, p.Path, "replay", "--kind", "violation", artifact).Output()
	var exit *exec.ExitError
	switch {
	case err == nil, errors.As(err, &exit) && exit.ExitCode() != exitViolation: // what cannot be run without the bug is the bug's
		return nil
	case exit == nil:
		return err
	}
	verdict := "it fails"
	for line := range strings.Lines(string(said)) {
		if _, text, ok := strings.Cut(line, ": "); ok && strings.HasPrefix(line, m.Scenario+" seed ") {
			parts := strings.SplitN(oneLine(text), ": ", 4) // kind, check, shape, and what is of this run only
			verdict = strings.Join(parts[:min(3, len(parts))], ": ")
		}
	}
	return fmt.Errorf("the run that was found fails without %s too, so the tree has a bug of its own (%s): mend that first; %s replay %s shows it", m.Name, verdict, again(), shellWord(artifact))
}

func findMutant(all []mutants.Mutant, name string) *mutants.Mutant {
	for i := range all {
		if all[i].Name == name {
			return &all[i]
		}
	}
	return nil
}

// shrinks tells whether the program has a command that shrinks artifacts.
func shrinks(ctx context.Context, p mutants.Program) bool {
	return exec.CommandContext(ctx, p.Path, "help", "shrink").Run() == nil
}

func exists(file string) bool {
	_, err := os.Stat(file)
	return err == nil
}

// child runs a command of the mutant's program, whose output is the caller's, and returns its exit status.
func child(ctx context.Context, t *term, p mutants.Program, args ...string) int {
	c := exec.CommandContext(ctx, p.Path, args...)
	c.Cancel = func() error { return c.Process.Signal(os.Interrupt) } // it keeps what it has
	c.WaitDelay = 10 * time.Second
	c.Stdout, c.Stderr = t.out, t.err
	_, err := tied(c)
	if err == nil {
		err = c.Run()
	}
	var exit *exec.ExitError
	switch {
	case ctx.Err() != nil:
		return exitInterrupted
	case errors.As(err, &exit):
		return exit.ExitCode()
	case err != nil:
		fmt.Fprintf(t.err, "simrun: %s\n", oneLine(err.Error()))
		return exitUsage
	}
	return exitPass
}

func bugNames(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	all, err := mutants.Load(os.DirFS(filepath.FromSlash(source(".").Dir)))
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	var names []string
	for i := range all {
		names = append(names, all[i].Name+"\t"+all[i].Wrong)
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}
