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
		Long: "Diff holds two tapes of one seed against each other, which simrun replay --tape wrote, on whatever machines or by whatever builds: it says that the runs are the same, or at which " +
			"event they part, and what each has there; replay --all --from its time shows what goes on around it. The exit status is 0 where they are the same, and 1 where they part.",
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
	if a.About() != b.About() {
		return exitUsage, fmt.Errorf("%s is of %s, and %s of %s: only runs of one seed of a scenario can be compared", brief(one), brief(a.About()), brief(two), brief(b.About()))
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
			t.printf("%s: the runs are the same, %s events, trace hash %v\n", a.About(), thousands(last.Number), a.Hash())
			return exitPass, nil
		case !sameEntry(x, y):
			text := part(&last, x, y, brief(one), brief(two))
			for _, rest := range tapes { // a tape that is damaged may differ for that alone, and says so at its end
				if err := rest.finish(ctx); err != nil {
					return exitUsage, err
				}
			}
			t.printf("%s: %s", a.About(), text)
			return exitViolation, nil
		case x.Kind == sim.TapeEvent:
			last = *x
		}
	}
}

// part tells where two runs part: what comes next is x in one, and y in the other.
func part(last, x, y *sim.TapeEntry, one, two string) string {
	text := "the runs are different from the start"
	switch {
	case last.Number > 0 && (x.Kind == sim.TapeEvent || x.Kind == sim.TapeEnd) && (y.Kind == sim.TapeEvent || y.Kind == sim.TapeEnd):
		text = fmt.Sprintf("the runs are the same through event %s, %s", thousands(last.Number), last)
	case last.Number > 0:
		text = fmt.Sprintf("the runs part in event %s, %s", thousands(last.Number), last)
	}
	first, second := x.String(), y.String()
	switch {
	case x.Kind == sim.TapeBytes && y.Kind == sim.TapeBytes:
		at := 0
		for at < min(len(x.Bytes), len(y.Bytes)) && x.Bytes[at] == y.Bytes[at] {
			at++
		}
		const shown = 16
		first += fmt.Sprintf(", from byte %d on %x", at, x.Bytes[at:min(at+shown, len(x.Bytes))])
		second += fmt.Sprintf(", from byte %d on %x", at, y.Bytes[at:min(at+shown, len(y.Bytes))])
	case first == second:
		first += fmt.Sprintf(" (%x %x)", x.Event.B, x.Event.C)
		second += fmt.Sprintf(" (%x %x)", y.Event.B, y.Event.C)
	}
	return fmt.Sprintf("%s; what comes then is\n  %s: %s\n  %s: %s\n", text, one, first, two, second)
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

// finish reads the rest, for what is wrong with it.
func (f *tapeFile) finish(ctx context.Context) error {
	for n := 0; ; n++ {
		if n%1024 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		if e, err := f.next(); e == nil || err != nil {
			return err
		}
	}
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
		return x.Origin == y.Origin && x.Word == y.Word
	case sim.TapeBytes:
		return x.Origin == y.Origin && bytes.Equal(x.Bytes, y.Bytes)
	}
	return true
}
