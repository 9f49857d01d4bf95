package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"simrun/faults"
	"simrun/scenarios"
	htmlpage "simrun/scenarios/report"
	"simrun/scenarios/timeline"
)

// formats are what a run can be exported as.
var formats = []struct {
	name, doc string
	write     func(io.Writer, *timeline.Timeline) error
}{
	{"shiviz", "a log for ShiViz, with vector clocks", timeline.WriteShiViz},
	{"chrome", "Chrome trace JSON, which Perfetto opens", timeline.WriteChrome},
	{"mermaid", "the end of it as a Mermaid sequence diagram", timeline.WriteMermaid},
	{"html", "the report: a page that opens in any browser", htmlpage.Write},
	{"history", "what clients saw, for simrun check and in the shape of Jepsen's histories", timeline.WriteHistory},
	{"trace", "every record, one JSON object a line", timeline.WriteTrace},
}

func exportCommand(t *term, status *int) *cobra.Command {
	var f replayFlags
	var records int
	files := make([]string, len(formats))
	c := &cobra.Command{
		Use:   "export {ARTIFACT | --scenario NAME --seed N} --FORMAT FILE...",
		Short: "run one seed or artifact again, and write it for other programs",
		Long:  "Export runs one seed or artifact again, and writes it for other programs: to a file for each format asked for, or to standard output for the file -.",
		RunE: func(c *cobra.Command, args []string) error {
			p := &replay{patience: f.patience}
			if err := f.parseRun("export", p, args, c.Flags().Changed); err != nil {
				return err
			}
			if records < 1 {
				return fmt.Errorf("--records is %d, and must be at least 1", records)
			}
			var outputs []output
			for i, format := range formats {
				outputs = append(outputs, output{"--" + format.name, files[i]})
			}
			if err := checkOutputs(args, outputs...); err != nil {
				return err
			}
			s, err := p.export(c.Context(), t, files, records)
			*status = s
			return err
		},
	}
	fs := c.Flags()
	f.addRun(c)
	fs.IntVar(&records, "records", scenarios.DefaultMaxRecords, "how many records to write at most: the last ones")
	for i, format := range formats {
		fs.StringVar(&files[i], format.name, "", "write "+format.doc)
	}
	_ = c.RegisterFlagCompletionFunc("scenario", scenarioNames)
	return c
}

// export writes the formats that have a file, and returns the exit status: that an exported run violates something is no
// failure of the export.
func (p *replay) export(ctx context.Context, t *term, files []string, records int) (int, error) {
	wanted := 0
	for _, file := range files {
		if file != "" {
			wanted++
		}
	}
	if wanted == 0 {
		return exitUsage, errors.New("export needs a format and a file for it, such as --chrome trace.json; - stands for standard output")
	}
	told, err := p.collect(ctx, t, records)
	switch {
	case ctx.Err() != nil && told.Timeline.Events == 0:
		return exitInterrupted, nil
	case ctx.Err() != nil: // what there is until then is worth having
	case err != nil:
		return exitUnproved, err
	}
	for i, format := range formats {
		if files[i] == "" {
			continue
		}
		var b bytes.Buffer
		if err := format.write(&b, &told.Timeline); err != nil {
			return exitUsage, err
		}
		if files[i] == "-" {
			t.printf("%s", b.Bytes())
			continue
		}
		if err := scenarios.WriteFile(files[i], b.Bytes()); err != nil {
			return exitUsage, err
		}
		if format.name == "history" {
			fmt.Fprintf(t.err, "simrun: %s: a history of the model %s, for: simrun check %s\n", files[i], told.Timeline.Model, files[i])
		}
	}
	if told.Timeline.Cut != "" {
		fmt.Fprintf(t.err, "simrun: %s (--records keeps more)\n", told.Timeline.Cut)
	}
	if ctx.Err() != nil && err != nil {
		fmt.Fprintf(t.err, "simrun: interrupted: of the run only the first %s events are written\n", thousands(told.Timeline.Events))
	}
	if ctx.Err() != nil {
		return exitInterrupted, t.failed()
	}
	return exitPass, t.failed()
}

// writePage writes the report of a run to a file.
func writePage(file string, told *scenarios.Collected) error {
	var b bytes.Buffer
	if err := htmlpage.Write(&b, &told.Timeline); err != nil {
		return err
	}
	return scenarios.WriteFile(file, b.Bytes())
}

// collect runs it in a goroutine of its own, which is left behind if a handler never returns.
func (p *replay) collect(ctx context.Context, t *term, records int) (scenarios.Collected, error) {
	type outcome struct {
		told scenarios.Collected
		err  error
	}
	beats := make(chan uint64, 1)
	done := make(chan outcome, 1)
	go func() {
		told, err := scenarios.Collect(ctx, p.scenario, p.input, scenarios.CollectOptions{
			Vector: true, Profile: p.profile, Build: describeBuild(identity()), MaxRecords: records, MaxEvents: p.most,
			Progress: func(n uint64) {
				select {
				case beats <- n:
				default:
				}
			},
		})
		if err != nil && ctx.Err() == nil {
			err = tooLong(p.most)
		}
		done <- outcome{told, err}
	}()
	watch := time.NewTimer(p.patience)
	defer watch.Stop()
	events := uint64(0)
	for {
		select {
		case o := <-done:
			return o.told, o.err
		case events = <-beats:
			if t.live && events%(1<<18) < 1024 {
				fmt.Fprintf(t.err, "\r%s events\r", thousands(events))
			}
			watch.Reset(p.patience)
		case <-watch.C:
			return scenarios.Collected{}, fmt.Errorf("a handler has not returned for %v, after event %d or later: replay shows where", faults.Span(p.patience), events)
		}
	}
}
