package cli

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"simrun/checker"
	"simrun/faults"
	"simrun/scenarios"
)

func mergeCommand(t *term, status *int) *cobra.Command {
	var f ciFlags
	c := &cobra.Command{
		Use: "merge FILE...", Short: "put together what the shares of a sweep wrote with --json",
		Long: "Merge reads what simrun run --json --shard i/n wrote on several machines, prints the summaries of the whole and exits as one sweep of all the seeds would have. " +
			"The files must be from one build.",
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) == 0 {
				return errors.New("merge needs the files that simrun run --json wrote")
			}
			if err := f.check(args, false); err != nil {
				return err
			}
			s, err := merge(c.Context(), t, args, &f)
			*status = s
			return err
		},
	}
	fs := c.Flags()
	fs.StringVar(&f.junit, "junit", "", "write a report in JUnit's XML to this file")
	fs.BoolVar(&f.github, "github", false, "annotate failures for GitHub, and add to the summary of its step")
	return c
}

// merger adds the results of shares up.
type merger struct {
	term    *term
	build   *scenarios.Build
	reports []*report
	results map[*report]*results
	stop    stopped // what cut one of them short
}

// results are those of a scenario.
type results struct {
	seeds    map[uint64]bool
	here     uint64                   // in the file at hand
	shares   map[uint64]bool          // by their numbers
	whole    *shardInfo               // one of them; nil if no file says which it has
	verdicts map[checker.Verdict]bool // but for their details
}

func merge(ctx context.Context, t *term, files []string, f *ciFlags) (int, error) {
	m := &merger{term: t, results: map[*report]*results{}}
	for _, file := range files {
		if err := unless(ctx, func() error { return m.read(file) }); ctx.Err() != nil {
			return exitInterrupted, nil
		} else if err != nil {
			return exitUsage, fmt.Errorf("%s: %w", file, err)
		}
	}
	for _, r := range m.reports {
		if err := m.results[r].whole.missing(m.results[r].shares); err != nil {
			return exitUsage, fmt.Errorf("%s: %w", r.scenario.Name, err)
		}
	}
	plan := &sweepPlan{}
	plan.ciFlags = *f
	for i, r := range m.reports {
		if i > 0 {
			t.printf("\n")
		}
		for v := range m.results[r].verdicts { // what they are worth hangs on the profile, which the summary names
			r.judge(v)
		}
		r.conclude()
		r.finish(r.stop)
	}
	return plan.exit(t, m.reports, m.stop)
}

// read adds a file. A share that did not get to its summary was cut off, and says so.
func (m *merger) read(file string) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, maxLine)
	results, summaries, number := 0, 0, 0
	for lines.Scan() {
		number++
		line := lines.Bytes()
		var head struct{ Type string }
		if bad := json.Unmarshal(line, &head); bad != nil {
			return fmt.Errorf("line %d: not a line of simrun run --json: %w", number, bad)
		}
		var err error
		switch head.Type {
		case "result":
			results++
			err = m.result(line)
		case "summary":
			summaries++
			err = m.summary(line)
		default:
			err = fmt.Errorf("not a line of simrun run --json: its type is %q", head.Type)
		}
		if err != nil {
			return fmt.Errorf("line %d: %w", number, err)
		}
	}
	if err := lines.Err(); errors.Is(err, bufio.ErrTooLong) {
		return fmt.Errorf("line %d is longer than %d MiB, which none of simrun run --json is", number+1, maxLine>>20)
	} else if err != nil {
		return err
	}
	if summaries == 0 {
		return fmt.Errorf("%d results and no summary: its sweep was cut off, or this is not what simrun run --json writes", results)
	}
	return nil
}

// maxLine bounds a line, in bytes.
const maxLine = 16 << 20

// unless does something that a pipe may hold up for good, and leaves it behind at an interrupt.
func unless(ctx context.Context, do func() error) error {
	done := make(chan error, 1)
	go func() { done <- do() }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// of returns the report of a scenario, which need not be one of this program.
func (m *merger) of(scenario string) *report {
	i := slices.IndexFunc(m.reports, func(r *report) bool { return r.scenario.Name == scenario })
	if i < 0 {
		s, err := scenarios.Find(scenario)
		if err != nil {
			s = scenarios.Scenario{Name: scenario}
		}
		i = len(m.reports)
		m.reports = append(m.reports, &report{plan: &sweepPlan{}, scenario: s, term: m.term, failures: map[string]*failures{}, merged: true})
		m.results[m.reports[i]] = &results{seeds: map[uint64]bool{}, verdicts: map[checker.Verdict]bool{}, shares: map[uint64]bool{}}
	}
	return m.reports[i]
}

// result adds the verdict of a seed. Its figures are in the summary.
func (m *merger) result(line []byte) error {
	var j jsonResult
	if err := json.Unmarshal(line, &j); err != nil {
		return err
	}
	kind, err := checker.ParseKind(j.Verdict)
	if err != nil {
		return err
	}
	r, v := m.of(j.Scenario), checker.Verdict{Kind: kind, Fingerprint: j.Fingerprint, Broken: j.Broken}
	all := m.results[r]
	if all.seeds[j.Seed] {
		return fmt.Errorf("seed %d of %s was there before: leave the file out that has it again", j.Seed, j.Scenario)
	}
	all.seeds[j.Seed], all.verdicts[v] = true, true
	all.here++
	v.Detail = j.Detail
	r.verdicts[kind]++
	if kind == checker.Pass {
		return nil
	}
	before := r.failures[failureName(v)]
	r.count(scenarios.Result{Input: scenarios.Input{Seed: j.Seed}, Verdict: v})
	if f := r.failures[failureName(v)]; before == nil || j.Seed < f.first {
		f.first, f.detail, f.artifact = j.Seed, oneLine(j.Detail), j.Artifact
	}
	return nil
}

// summary adds the figures of a share.
func (m *merger) summary(line []byte) error {
	var j jsonSummary
	if err := json.Unmarshal(line, &j); err != nil {
		return err
	}
	if m.build == nil {
		m.build = &j.Build
	}
	if m.build.Sources != j.Build.Sources {
		return fmt.Errorf("made by another build (%s) than the files before it (%s)", describeBuild(j.Build), describeBuild(*m.build))
	}
	r := m.of(j.Scenario)
	if name := r.plan.profile.Name; name != "" && name != j.Profile {
		return fmt.Errorf("%s was run with profile %s here, and with %s in the files before", j.Scenario, j.Profile, name)
	}
	if all := m.results[r]; all.here != j.Stats.Runs {
		return fmt.Errorf("%s has %d results here, and its summary is that of %d runs: the file is not whole", j.Scenario, all.here, j.Stats.Runs)
	} else {
		all.here = 0
	}
	if err := m.results[r].take(j.Share); err != nil {
		return fmt.Errorf("%s: %w", j.Scenario, err)
	}
	profile, err := faults.FindProfile(j.Profile)
	if err != nil {
		return err
	}
	r.plan.profile, r.plan.build = profile, j.Build
	r.plan.seeds = scenarios.SeedRange(0, r.plan.seeds.Len()+j.Seeds)
	r.total.Add(j.Stats)
	if j.Stopped != notStopped {
		r.stop = j.Stopped
	}
	if j.Stopped == byInterrupt {
		m.stop = byInterrupt
	}
	slices.SortStableFunc(r.names, func(a, b string) int { return compareSeeds(r.failures[a], r.failures[b]) })
	return nil
}

// take notes which share a file has. Files of a program that did not say so have none.
func (all *results) take(s *shardInfo) error {
	switch {
	case s == nil:
		return nil
	case s.Number < 1 || s.Number > s.Of || s.Of > math.MaxUint32:
		return fmt.Errorf("there is no share %d of %d", s.Number, s.Of)
	case all.whole != nil && (all.whole.Of != s.Of || all.whole.Seeds != s.Seeds):
		return fmt.Errorf("this is share %d of %d of %d seeds, and the files before have shares of %d of %d seeds", s.Number, s.Of, s.Seeds, all.whole.Of, all.whole.Seeds)
	}
	all.whole, all.shares[s.Number] = s, true
	return nil
}

// missing names the shares that no file has, but for those without seeds.
func (s *shardInfo) missing(there map[uint64]bool) error {
	if s == nil {
		return nil
	}
	var names []string
	for i := range min(s.Of, s.Seeds) { // shares without seeds are the last
		if !there[i+1] {
			names = append(names, fmt.Sprintf("shard %d of %d is missing", i+1, s.Of))
		}
		if len(names) == 5 { // which are enough
			break
		}
	}
	if names == nil {
		return nil
	}
	return errors.New(strings.Join(names, ", "))
}

func compareSeeds(a, b *failures) int {
	switch {
	case a.first < b.first:
		return -1
	case a.first > b.first:
		return 1
	}
	return 0
}
