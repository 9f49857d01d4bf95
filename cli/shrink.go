package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"simrun/checker"
	"simrun/faults"
	"simrun/scenarios"
	htmlpage "simrun/scenarios/report"
	"simrun/scenarios/shrink"
)

// shrinkFlags are what "simrun shrink" was asked for.
type shrinkFlags struct {
	planting
	out, test, pkg string
	jobs           int
	budget         uint64
	maxEvents      uint64
	json           bool
}

func shrinkCommand(t *term, status *int) *cobra.Command {
	var f shrinkFlags
	c := &cobra.Command{
		Use:   "shrink ARTIFACT",
		Short: "reduce a failing run to the smallest one that fails in the same way",
		Long: "Shrink takes away faults, operations, replicas and clients, calms the weather and the protocol's knobs, and cuts numbers, as long as the run " +
			"fails with the same fingerprint. In the end nothing single can be taken away. An interrupt ends it early, and saves the best so far. " +
			"The report of the small run lies beside it, as NAME.min.html.",
		RunE: func(c *cobra.Command, args []string) error {
			a, s, err := oneFailure(c, args)
			if err != nil {
				return err
			}
			if err := errors.Join(f.planting.check(c.Flags().Changed), f.check(args[0], c.Flags().Changed), affordable(&a.Input, f.maxEvents)); err != nil {
				return err
			}
			if f.elsewhere() {
				*status, err = f.hand(c.Context(), t)
				return err
			}
			*status, err = f.run(c.Context(), t, a, s)
			return errors.Join(err, t.failed())
		},
	}
	fs := c.Flags()
	fs.StringVar(&f.out, "out", "", "save the small run there (default: beside the artifact, as NAME.min.json)")
	fs.StringVar(&f.test, "test", "", "write a Go test there that fails as the run does, and passes when the bug is gone")
	fs.StringVar(&f.pkg, "package", "", "the package of the test (default: that of the folder, or main_test)")
	fs.IntVar(&f.jobs, "jobs", min(runtime.NumCPU(), maxJobs), "how many runs to do at once; the result does not depend on it")
	fs.Uint64Var(&f.budget, "budget", shrink.DefaultBudget, "how many runs it may take")
	addMaxEvents(c, &f.maxEvents)
	f.planting.addTo(c)
	fs.BoolVar(&f.json, "json", false, "write the sizes before and after as JSON, in one line")
	return c
}

// oneFailure loads the artifact of a violation that a command was given.
func oneFailure(c *cobra.Command, args []string) (a scenarios.Artifact, s scenarios.Scenario, err error) {
	if len(args) != 1 {
		return a, s, fmt.Errorf("%s takes one artifact, and there are %d (%s --help explains it)", c.Name(), len(args), c.CommandPath())
	}
	if a, s, err = scenarios.LoadArtifact(args[0]); err != nil {
		return a, s, err
	}
	switch {
	case a.Verdict != checker.Violated.String():
		return a, s, fmt.Errorf("%s: its verdict is %s: only a violation can be taken by %s", args[0], a.Verdict, c.Name())
	case strings.HasPrefix(a.Fingerprint, "watchdog"):
		return a, s, fmt.Errorf("%s: its run never ends, so other runs like it cannot be tried; simrun replay shows where it hangs", args[0])
	}
	return a, s, nil
}

// check refuses what cannot be done before any time is spent.
func (f *shrinkFlags) check(artifact string, changed func(string) bool) error {
	switch {
	case f.jobs < 1 || f.jobs > maxJobs:
		return fmt.Errorf("--jobs is %d, and must be from 1 to %d", f.jobs, maxJobs)
	case f.budget == 0:
		return errors.New("--budget is 0, and must be at least 1 run")
	case changed("out") && f.out == "":
		return errors.New("--out is empty, and must be a file")
	case changed("test") && !strings.HasSuffix(f.test, "_test.go"):
		return fmt.Errorf("--test %s: the name of a file with Go tests must end in _test.go", f.test)
	case changed("package") && !changed("test"):
		return errors.New("--package is for the test that --test writes: give that, too")
	}
	if f.out == "" {
		f.out = strings.TrimSuffix(artifact, ".json") + ".min.json"
	}
	if f.test != "" {
		if f.pkg == "" {
			f.pkg = packageOf(filepath.Dir(f.test))
		}
		if !isIdentifier(f.pkg) {
			return fmt.Errorf("--package %q is not the name of a package", f.pkg)
		}
	}
	beside := output{fmt.Sprintf("--out %s: its page", brief(f.out)), f.page()}
	if err := checkOutputs([]string{artifact}, output{"--out", f.out}, beside, output{"--test", f.test}); err != nil {
		return err
	}
	if there, err := os.ReadFile(beside.file); err == nil && !htmlpage.Is(there) { // nobody named it, so it may be anything
		return fmt.Errorf("%s %s would overwrite a file that is no report: give --out another name", beside.flag, brief(beside.file))
	}
	return nil
}

func (f *shrinkFlags) run(ctx context.Context, t *term, a scenarios.Artifact, s scenarios.Scenario) (int, error) {
	if a.Build.Sources != identity().Sources {
		fmt.Fprintf(t.err, "simrun: warning: another build made this artifact (%s; this is %s), so the run may differ\n",
			oneLine(describeBuild(a.Build)), describeBuild(identity()))
	}
	note := &notice{term: t, shown: time.Now()}
	began := time.Now()
	r, err := shrink.Shrink(ctx, s, a.Input, shrink.Options{Jobs: f.jobs, Budget: f.budget, MaxEvents: f.maxEvents, Progress: func(p shrink.Progress) {
		note.say(func() string {
			return fmt.Sprintf("%s: %s runs, %s: %s", s.Name, thousands(p.Runs), p.Pass, sizeLine(p.Best))
		})
	}})
	note.clear()
	if r.Best.Verdict.Kind != checker.Violated { // not even the first run is known
		if ctx.Err() != nil {
			return exitInterrupted, nil
		}
		return exitUsage, longer(err, f.maxEvents)
	}
	if r.Before.Verdict.Fingerprint != a.Fingerprint {
		fmt.Fprintf(t.err, "simrun: warning: in this build the run fails otherwise than the artifact says (%s), and that is what was shrunk\n", oneLine(a.Fingerprint))
	}
	fmt.Fprintf(t.err, "%s: %s runs in %.1f s\n", s.Name, thousands(r.Runs), time.Since(began).Seconds())
	collect := func(r scenarios.Result) (scenarios.Collected, error) {
		return scenarios.Collect(context.WithoutCancel(ctx), s, r.Input, scenarios.CollectOptions{
			Profile: a.Profile, Build: describeBuild(identity()), MaxEvents: 2*r.Stats.Events + 1<<20,
		})
	}
	told, tellErr := collect(r.Best)
	last := lastEvents(&told, 40) // mostly all there are: a replay that passes says which of them never came
	small := scenarios.NewArtifact(identity(), s, faults.Profile{Name: a.Profile}, r.Best, last)
	if told.Hash == r.Best.Hash {
		small.Hashes = told.Hashes
	}
	if saveErr := small.Save(f.out); saveErr != nil {
		return exitUnwritten, fmt.Errorf("the result was not saved: %w", saveErr)
	}
	page := f.page()
	var unwritten []error // told last: the artifact is there
	if tellErr != nil {
		page = ""
	} else if pageErr := writePage(page, &told); pageErr != nil {
		page, unwritten = "", append(unwritten, fmt.Errorf("the page was not written: %w", pageErr))
	}
	if f.test != "" {
		if testErr := writeTest(f.test, f.pkg, small); testErr != nil {
			f.test, unwritten = "", append(unwritten, fmt.Errorf("the test was not written: %w", testErr))
		}
	}
	before, after := countsOf(r.Before), countsOf(r.Best)
	if ctx.Err() == nil {
		if long, err := collect(r.Before); err == nil {
			before.Story = len(long.Timeline.Story)
		}
	}
	after.Story = len(told.Timeline.Story)
	f.tell(t, s, r, small, before, after, &told, page, ctx.Err() != nil)
	switch {
	case errors.Is(err, shrink.ErrDiverged):
		t.printf("%s\n", t.paint(bad, err.Error()))
		return exitDiverged, nil
	case len(unwritten) > 0:
		return exitUnwritten, errors.Join(unwritten...)
	case ctx.Err() != nil:
		return exitInterrupted, nil
	}
	return exitPass, nil
}

// longer tells what to do about a run that was given up for its length.
func longer(err error, maxEvents uint64) error {
	if errors.Is(err, shrink.ErrLong) {
		return tooLong(maxEvents)
	}
	return err
}

// page is where the report of the small run goes: beside it.
func (f *shrinkFlags) page() string { return strings.TrimSuffix(f.out, ".json") + ".html" }

// tell prints what came of it.
func (f *shrinkFlags) tell(t *term, s scenarios.Scenario, r shrink.Report, small scenarios.Artifact, before, after counts, told *scenarios.Collected, page string, interrupted bool) {
	if f.json {
		text, err := json.Marshal(struct {
			Scenario    string `json:"scenario"`
			Fingerprint string `json:"fingerprint"`
			Before      counts `json:"before"`
			After       counts `json:"after"`
			Runs        uint64 `json:"runs"`
			Minimal     bool   `json:"minimal"`
			Artifact    string `json:"artifact"`
		}{s.Name, r.Best.Verdict.Fingerprint, before, after, r.Runs, r.Minimal, f.out})
		if err != nil {
			panic("simrun: sizes cannot be written as JSON: " + err.Error())
		}
		t.printf("%s\n", text)
		return
	}
	section := func(name string) { t.printf("  %s\n", t.paint(head, name)) }
	t.printf("%s seed %s: %s\n", s.Name, seedNow(r.Best.Seed, r.Before.Seed), t.paint(bad, failureName(r.Best.Verdict)))
	if r.Best.Verdict.Detail != "" {
		t.printf("  %s\n", r.Best.Verdict.Detail)
	}
	if len(told.Timeline.Story) > 0 {
		section("what happens")
		for i, sentence := range told.Timeline.Story {
			t.printf("    %2d. %s\n", i+1, sentence)
		}
	}
	section("size")
	t.printf("    %-12s %9s %9s\n", "", "before", "after")
	for _, row := range []struct {
		name          string
		before, after uint64
	}{
		{"faults", uint64(before.Faults), uint64(after.Faults)},
		{"messages", uint64(before.Messages), uint64(after.Messages)}, // whose fate is fixed
		{"operations", uint64(before.Operations), uint64(after.Operations)},
		{"replicas", uint64(before.Replicas), uint64(after.Replicas)},
		{"clients", uint64(before.Clients), uint64(after.Clients)},
		{"events", before.Events, after.Events},
		{"sent", before.Sent, after.Sent},
		{"sentences", uint64(before.Story), uint64(after.Story)},
	} {
		t.printf("    %-12s %9s %9s\n", row.name, thousands(row.before), thousands(row.after))
	}
	switch {
	case r.Minimal:
		t.printf("    no single step makes it smaller\n")
	case interrupted:
		t.printf("    %s\n", t.paint(bad, "interrupted: this is the best so far"))
	default:
		t.printf("    %s\n", t.paint(bad, "the budget is spent: this is the best so far"))
	}
	section("configuration")
	for _, line := range r.Best.Config.Lines() {
		t.printf("    %s\n", line)
	}
	section("faults")
	for _, line := range mishapLines(r.Best.Input, s.MessageNames()) {
		t.printf("    %s\n", line)
	}
	section("last events")
	for _, line := range lastEvents(told, 12) {
		t.printf("    %s\n", line)
	}
	if page != "" {
		section("page")
		t.printf("    %s\n", page)
	}
	section("again")
	t.printf("    %s replay%s %s\n", again(), f.flags(), shellWord(f.out))
	t.printf("    %s explain%s %s\n", again(), f.flags(), shellWord(f.out))
	if f.test != "" {
		t.printf("    %s\n", testLine(f.test, testName(small)))
	}
}

// seedNow writes a seed, and which it was if that was another.
func seedNow(seed, before uint64) string {
	if seed == before {
		return fmt.Sprint(seed)
	}
	return fmt.Sprintf("%d (was %d)", seed, before)
}

// mishapLines tells all that goes wrong in a run.
func mishapLines(in scenarios.Input, messages []string) (lines []string) {
	for i := range in.Plan.Faults {
		lines = append(lines, in.Plan.Faults[i].Describe(messages))
	}
	for i := range in.Fates {
		lines = append(lines, plain(in.Fates[i].Describe(messages)))
	}
	if len(lines) == 0 {
		return []string{"none"}
	}
	return lines
}

// counts is the size of a run, for people.
type counts struct {
	Faults     int    `json:"faults"`
	Messages   int    `json:"messages"` // exceptions
	Operations int    `json:"operations"`
	Replicas   int    `json:"replicas"`
	Clients    int    `json:"clients"`
	Events     uint64 `json:"events"`
	Sent       uint64 `json:"sent"`  // messages in all
	Story      int    `json:"story"` // sentences
}

func countsOf(r scenarios.Result) counts {
	return counts{
		Faults: len(r.Plan.Faults), Messages: len(r.Fates), Operations: int(r.Stats.Called), Replicas: r.Config.Nodes, Clients: r.Config.Clients,
		Events: r.Stats.Events, Sent: r.Stats.Net.Sent,
	}
}

func sizeLine(r scenarios.Result) string {
	c := countsOf(r)
	return fmt.Sprintf("%d faults, %d messages, %d operations, %d replicas, %d clients, %s events",
		c.Faults, c.Messages, c.Operations, c.Replicas, c.Clients, thousands(c.Events))
}

// notice shows how far a command is: on a terminal in one line, and else in a line now and then.
type notice struct {
	term     *term
	shown    time.Time
	onScreen bool
}

func (n *notice) say(line func() string) {
	every := 10 * time.Second
	if n.term.live {
		every = 100 * time.Millisecond
	}
	now := time.Now()
	if now.Sub(n.shown) < every {
		return
	}
	n.shown = now
	if !n.term.live {
		fmt.Fprintln(n.term.err, line())
		return
	}
	fmt.Fprintf(n.term.err, "\r\x1b[K%s", line())
	n.onScreen = true
}

func (n *notice) clear() {
	if n.onScreen {
		fmt.Fprint(n.term.err, "\r\x1b[K")
		n.onScreen = false
	}
}
