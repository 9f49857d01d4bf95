package cli

import (
	"bytes"
	"context"
	"fmt"
	"path/filepath"
	"runtime"

	"github.com/spf13/cobra"

	"simrun/scenarios"
	"simrun/scenarios/speed"
)

// benchFlags are what "simrun bench" was asked for.
type benchFlags struct {
	rounds int
	scale  uint64
	out    string
}

func benchCommand(t *term, status *int) *cobra.Command {
	var f benchFlags
	c := &cobra.Command{
		Use: "bench", Short: "measure what a simulation costs on this machine", Args: noArguments,
		Long: "Bench measures events, messages, clusters under load, seeds, verdicts and memory, and writes tables in Markdown. Figures are medians; costs are cpu time. " +
			"What is measured when it is interrupted is kept.",
		RunE: func(c *cobra.Command, _ []string) error {
			switch {
			case f.rounds < 1 || f.rounds > 100:
				return fmt.Errorf("--rounds is %d, and must be from 1 to 100", f.rounds)
			case f.scale < 1 || f.scale > 1000:
				return fmt.Errorf("--scale is %d, and must be from 1 to 1000", f.scale)
			}
			if c.Flags().Changed("out") {
				if err := checkOut(f.out, true); err != nil {
					return err
				}
			}
			return f.measure(c.Context(), t, status)
		},
	}
	fs := c.Flags()
	fs.IntVar(&f.rounds, "rounds", 3, "measurements of each figure, of which the median counts")
	fs.Uint64Var(&f.scale, "scale", 1, "how long a round is: 10 for figures to keep")
	fs.StringVar(&f.out, "out", "", "write speed.md and its plots to this directory, too")
	return c
}

func (f benchFlags) measure(ctx context.Context, t *term, status *int) error {
	if f.out != "" {
		if err := checkFolder("--out "+f.out, f.out); err != nil {
			return err
		}
	}
	var page bytes.Buffer
	fmt.Fprintf(&page, "# Speed\n\nMade by `simrun bench --rounds %d --scale %d --out DIRECTORY` on %s/%s, %d cores, %s.\n\n", f.rounds, f.scale, runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), runtime.Version())
	t.printf("%s", page.String())
	var failed error
	keep := func(x *speed.Table) {
		at := page.Len()
		if err := x.Write(&page); err != nil {
			failed = err
		}
		t.printf("%s", page.Bytes()[at:])
		if f.out != "" && failed == nil {
			failed = f.write(x, page.Bytes())
		}
	}
	err := speed.Report(ctx, speed.Options{
		Rounds: f.rounds, Scale: f.scale, Table: keep,
		Progress: func(what string) { fmt.Fprintf(t.err, "simrun: measuring %s\n", what) },
	})
	if err != nil {
		*status = exitInterrupted
	}
	if failed != nil {
		*status = worse(*status, exitUnproved)
		return fmt.Errorf("figures could not be written: %w", failed)
	}
	return t.failed()
}

// write writes what there is so far.
func (f benchFlags) write(x *speed.Table, page []byte) error {
	if x.Plot != nil {
		var b bytes.Buffer
		if err := x.Plot.WriteSVG(&b); err != nil {
			return err
		}
		if err := scenarios.WriteFile(filepath.Join(f.out, "speed-"+x.Name+".svg"), b.Bytes()); err != nil {
			return err
		}
	}
	return scenarios.WriteFile(filepath.Join(f.out, "speed.md"), page)
}
