package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"simrun/scenarios/mutants"
)

// planting says that a command is meant for the program with a planted bug in it.
type planting struct {
	mutant, dir string
	planted     string // the bug that this program has, as the one that planted it says
}

// addTo adds the flags.
func (p *planting) addTo(c *cobra.Command) {
	fs := c.Flags()
	fs.StringVar(&p.mutant, "mutant", "", "do it in a program with this bug planted, for what simrun hunt found; needs the source tree and a Go toolchain")
	fs.StringVar(&p.dir, "dir", ".", "with --mutant: the source tree")
	fs.StringVar(&p.planted, "planted", "", "this program has the bug")
	_ = fs.MarkHidden("planted")
	_ = c.RegisterFlagCompletionFunc("mutant", bugNames)
}

// check refuses a tree without a bug to plant in it.
func (p *planting) check(changed func(string) bool) error {
	switch {
	case changed("mutant") && p.mutant == "":
		return errors.New("--mutant is empty, and must be a planted bug (simrun mutants --list lists them)")
	case changed("dir") && p.mutant == "":
		return errors.New("--dir is the tree that --mutant is planted in: give both")
	}
	return nil
}

// elsewhere tells whether this is not the program that is meant.
func (p *planting) elsewhere() bool { return p.mutant != "" && p.mutant != p.planted }

// hand has the command line done by the program that is meant, which is compiled unless it was before, and returns its exit status.
func (p *planting) hand(ctx context.Context, t *term) (int, error) {
	var b bench
	if err := b.open(ctx, p.dir); err != nil {
		return exitUsage, err
	}
	m := findMutant(b.mutants, p.mutant)
	if m == nil {
		return exitUsage, noMutant(p.mutant)
	}
	program, err := plant(ctx, t, b.builder, m)
	if ctx.Err() != nil {
		return exitInterrupted, nil
	}
	if err != nil {
		return exitUsage, err
	}
	return child(ctx, t, program, append([]string{"--planted=" + p.mutant}, t.args...)...), t.failed()
}

// flags are those that a line to paste needs for it, each after a space.
func (p *planting) flags() string {
	if p.mutant == "" {
		return ""
	}
	text := " --mutant " + shellWord(p.mutant)
	if p.dir != "." {
		text += " --dir " + shellWord(p.dir)
	}
	return text
}

// plant compiles the program with a bug in it.
func plant(ctx context.Context, t *term, b *mutants.Builder, m *mutants.Mutant) (mutants.Program, error) {
	began := time.Now()
	p, err := b.Build(ctx, m)
	if err == nil {
		fmt.Fprintf(t.err, "planted in %.1f s\n", time.Since(began).Seconds())
	}
	return p, err
}

func noMutant(name string) error {
	return fmt.Errorf("there is no planted bug %q (simrun mutants --list lists them)", name)
}
