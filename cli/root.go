package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"simrun"
	"simrun/checker"
	"simrun/scenarios"
)

// The exit statuses.
const (
	exitPass        = 0
	exitViolation   = 1
	exitUsage       = 2
	exitUnwritten   = 2 // results could not be written
	exitUnproved    = 3 // undecided, vacuous or unrecoverable; or no seed was run
	exitDiverged    = 4 // nondeterminism
	exitInterrupted = 130
)

// run executes a command line and returns the exit status.
func run(ctx context.Context, args []string, t *term) int {
	status := exitPass
	t.args = args
	root := &cobra.Command{
		Use:           "simrun",
		Short:         "find, replay and explain bugs in consensus protocols by deterministic simulation",
		SilenceErrors: true, SilenceUsage: true,
		Args: commands,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },

		PersistentPreRunE: func(c *cobra.Command, args []string) error {
			if i := slices.Index(args, ""); i >= 0 && !strings.HasPrefix(c.Name(), "__") { // those are for shells
				return fmt.Errorf("%s: argument %d is empty, as a variable of the shell is that is not set", c.CommandPath(), i+1)
			}
			return namesFiles(c)
		},
	}
	root.SetArgs(args)
	root.SetOut(t.out)
	root.SetErr(t.err)
	root.SetContext(ctx)
	root.SetHelpCommand(helpCommand())
	root.AddCommand(runCommand(t, &status), replayCommand(t, &status), shrinkCommand(t, &status), explainCommand(t, &status), exportCommand(t, &status), diffCommand(t, &status), checkCommand(t, &status), listCommand(t), versionCommand(t))
	root.AddCommand(regressCommand(t, &status), mergeCommand(t, &status), mutantsCommand(t, &status), huntCommand(t, &status), seekCommand(t, &status))
	root.AddCommand(costCommand(t, &status), censusCommand(t, &status), compareCommand(t, &status), benchCommand(t, &status))
	root.InitDefaultCompletionCmd()
	if c, _, err := root.Find([]string{"completion"}); err == nil {
		c.Args = commands
		c.RunE = func(c *cobra.Command, _ []string) error { return c.Help() }
	}
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		text, _, _ := strings.Cut(err.Error(), ": strconv.") // how Go reads numbers is no help
		return fmt.Errorf("%s (%s --help lists the flags)", text, c.CommandPath())
	})
	err := root.ExecuteContext(ctx)
	switch {
	case err == nil || errors.Is(err, errOutput):
		return status
	case t.writeError != nil:
		fmt.Fprintf(t.err, "simrun: %s\n", oneLine(err.Error()))
		if status == exitPass {
			return exitUnwritten
		}
		return status // what was found until then counts for more
	}
	fmt.Fprintf(t.err, "simrun: %s\n", shortWords(oneLine(err.Error())))
	return exitUsage
}

// shortWords cuts words that nobody reads to their end: what was typed, or is in a file, is told in the message that refuses it.
func shortWords(line string) string {
	words := strings.Split(line, " ")
	for i, w := range words {
		if len(w) > 200 { // paths can be long
			words[i] = brief(w)
		}
	}
	return strings.Join(words, " ")
}

// fileFlags are those that name files to be written, besides the formats of export. The empty name that a shell makes of an unset variable is not
// the same as none.
var fileFlags = []string{"junit", "report", "tape", "save", "html", "test", "artifact"}

// namesFiles refuses flags that are given and name no file.
func namesFiles(c *cobra.Command) error {
	names := slices.Clone(fileFlags)
	if c.Name() == "export" {
		for _, f := range formats {
			names = append(names, f.name)
		}
	}
	for _, name := range names {
		if f := c.Flags().Lookup(name); f != nil && f.Changed && f.Value.String() == "" {
			return fmt.Errorf("--%s is empty, and must be a file", name)
		}
	}
	if f := c.Flags().Lookup("out"); f != nil && f.Changed && f.Value.String() == "[]" { // of several files none
		return errors.New("--out is empty, and must be a file")
	}
	return nil
}

// helpCommand replaces cobra's, which takes an unknown topic for no error.
func helpCommand() *cobra.Command {
	return &cobra.Command{
		Use: "help [COMMAND]", Short: "explain a command",
		RunE: func(c *cobra.Command, args []string) error {
			about, rest, err := c.Root().Find(args)
			if err != nil || len(rest) > 0 {
				return fmt.Errorf("there is no command %q to explain (simrun --help lists the commands)", strings.Join(args, " "))
			}
			return about.Help()
		},
	}
}

// noArguments refuses all of them.
func noArguments(c *cobra.Command, args []string) error {
	if len(args) > 0 {
		return fmt.Errorf("%s takes no arguments, and there is %q (%s --help explains it)", c.CommandPath(), args[0], c.CommandPath())
	}
	return nil
}

// commands refuses words that name no command.
func commands(c *cobra.Command, args []string) error {
	if len(args) > 0 {
		return fmt.Errorf("there is no command %q (%s --help lists the commands)", args[0], c.CommandPath())
	}
	return nil
}

// worse returns the graver of two exit statuses: 130 over 4 over 1 over 3 over 0.
func worse(a, b int) int {
	rank := map[int]int{exitPass: 0, exitUnproved: 1, exitViolation: 2, exitDiverged: 3, exitInterrupted: 4}
	if rank[b] > rank[a] {
		return b
	}
	return a
}

// statusOf returns the exit status that a verdict calls for.
func statusOf(v checker.Verdict) int {
	switch v.Kind {
	case checker.Pass:
		return exitPass
	case checker.Violated:
		return exitViolation
	case checker.Nondeterministic:
		return exitDiverged
	}
	return exitUnproved
}

// statusIn returns the exit status that a verdict calls for in a scenario, which may be there to fail.
func statusIn(s scenarios.Scenario, v checker.Verdict) int {
	if s.Expected(v) {
		return exitPass
	}
	return statusOf(v)
}

func identity() scenarios.Build {
	return scenarios.Build(simrun.Identity())
}

func scenarioNames(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	var names []string
	for _, s := range scenarios.All() {
		names = append(names, s.Name+"\t"+s.Doc)
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}

func versionCommand(t *term) *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "say which build this is", Args: noArguments,
		RunE: func(*cobra.Command, []string) error {
			t.printf("simrun %s\n", describeBuild(identity()))
			return t.failed()
		},
	}
}

func describeBuild(b scenarios.Build) string {
	s := fmt.Sprintf("sources %s, %s", b.Sources, b.Go)
	if b.Commit != "" {
		s += ", commit " + b.Commit[:min(12, len(b.Commit))]
		if b.Modified {
			s += " with changes"
		}
	}
	return s
}
