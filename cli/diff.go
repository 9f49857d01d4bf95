package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"simrun/sim"
)

func diffCommand(t *term, status *int) *cobra.Command {
	return &cobra.Command{
		Use: "diff ONE TWO", Short: "tell the first event at which two recorded runs part",
		Long: "Diff holds two tapes against each other, which simrun replay --tape wrote, on whatever machines: it says that the runs are the same, or at which event they part, " +
			"and what each has there. The exit status is 0 or 1.",
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) != 2 {
				return fmt.Errorf("diff takes two tapes, and there are %d: simrun replay --tape makes one", len(args))
			}
			err := unless(c.Context(), func() (err error) {
				*status, err = diff(c.Context(), t, args[0], args[1])
				return err
			})
			if errors.Is(err, context.Canceled) {
				*status = exitInterrupted
				return nil
			}
			return errors.Join(err, t.failed())
		},
	}
}

// diff reads two tapes in step, and returns the exit status.
func diff(ctx context.Context, t *term, one, two string) (int, error) {
	var tapes [2]*tapeFile
	for i, name := range []string{one, two} {
		file, err := os.Open(name)
		if err != nil {
			return exitUsage, fmt.Errorf("%s: %w", brief(name), reason(err))
		}
		defer file.Close()
		if tapes[i], err = newTapeFile(name, file); err != nil {
			return exitUsage, err
		}
	}
	a, b := tapes[0], tapes[1]
	if a.Hash() != b.Hash() {
		t.printf("the runs are of different seeds\n")
		return exitViolation, nil
	}
	var last sim.TapeEntry // event that both runs have
	for n := 0; ; n++ {
		if n%1024 == 0 && ctx.Err() != nil {
			return exitInterrupted, ctx.Err()
		}
		x, err := a.next()
		if err != nil {
			return exitUsage, err
		}
		y, err := b.next()
		if err != nil {
			return exitUsage, err
		}
		switch {
		case x == nil: // and so is the other, for both have come to the same end
			t.printf("the runs are the same: %s events, trace hash %v\n", thousands(last.Number), a.Hash())
			return exitPass, nil
		case !sameEntry(x, y):
			if last.Number == 0 {
				t.printf("the runs are different from the start, which is\n")
			} else {
				t.printf("the runs are the same up to event %s, %s; what comes then is\n", thousands(last.Number), &last)
			}
			t.printf("  %s: %s\n  %s: %s\n", brief(one), x, brief(two), y)
			return exitViolation, nil
		case x.Kind == sim.TapeEvent:
			last = *x
		}
	}
}

// tapeFile is a tape with the name of its file.
type tapeFile struct {
	*sim.TapeReader
	name string
}

func newTapeFile(name string, from io.Reader) (*tapeFile, error) {
	r, err := sim.ReadTape(from)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", brief(name), reason(err))
	}
	return &tapeFile{r, name}, nil
}

// next returns the next entry, nil behind the last.
func (f *tapeFile) next() (*sim.TapeEntry, error) {
	e, err := f.Next()
	switch {
	case err == io.EOF:
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("%s: %w", brief(f.name), reason(err))
	}
	return e, nil
}

// sameEntry tells whether two entries say the same.
func sameEntry(x, y *sim.TapeEntry) bool {
	if x.Kind != y.Kind {
		return false
	}
	switch x.Kind {
	case sim.TapeEvent:
		return x.Event == y.Event
	case sim.TapeWord:
		return x.Word == y.Word
	case sim.TapeBytes:
		return bytes.Equal(x.Bytes, y.Bytes)
	}
	return true
}
