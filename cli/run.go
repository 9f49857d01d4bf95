package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"simrun/checker"
	"simrun/faults"
	"simrun/scenarios"
	"simrun/scenarios/strategies"
)

// sweepFlags are what "simrun run" was asked for.
type sweepFlags struct {
	seed, seeds, shard, profile, out string
	count                            uint64
	jobs                             int
	timeout, patience                time.Duration
	failfast, json, twice, verbose   bool
	sometimes                        bool
	without                          []string
	ciFlags
	soakFlags
}

const (
	defaultCount = 200
	maxJobs      = 1024
)

func runCommand(t *term, status *int) *cobra.Command {
	var f sweepFlags
	c := &cobra.Command{
		Use:               "run [SCENARIO...]",
		Short:             "sweep seeds, and save what fails",
		Long:              "Run sweeps seeds of one or more scenarios, by default of all scenarios that are not stories, and saves an artifact for every violation.",
		ValidArgsFunction: scenarioNames,
		RunE: func(c *cobra.Command, args []string) error {
			plan, err := f.parse(args, c.Flags().Changed)
			if err != nil {
				return err
			}
			s, err := plan.run(c.Context(), t)
			*status = s
			return err
		},
	}
	fs := c.Flags()
	fs.StringVar(&f.seed, "seed", "", "run this seed, or start --count from it; decimal or 0x")
	fs.StringVar(&f.seeds, "seeds", "", "run these seeds, such as 1,5-10")
	fs.Uint64Var(&f.count, "count", defaultCount, "how many seeds to run of each scenario")
	fs.IntVar(&f.jobs, "jobs", min(runtime.NumCPU(), maxJobs), "how many seeds to run at once; results do not depend on it")
	fs.StringVar(&f.shard, "shard", "", "run the i-th of n equal shares of the seeds, as i/n")
	fs.StringVar(&f.profile, "profile", faults.Default, "how bad the weather is; simrun list names the profiles")
	fs.StringSliceVar(&f.without, "without", nil, withoutUsage)
	fs.DurationVar(&f.timeout, "timeout", 0, "stop after this time, and report what was done")
	fs.DurationVar(&f.patience, "watchdog", scenarios.DefaultPatience, "give up a seed when a handler takes longer than this")
	fs.BoolVar(&f.failfast, "failfast", false, "stop at the first seed that does not pass")
	fs.BoolVar(&f.json, "json", false, "write results as JSON, one object a line")
	fs.StringVar(&f.out, "out", filepath.Join("results", "runs"), "save artifacts below this folder")
	fs.BoolVar(&f.twice, "check-determinism", false, "run every seed twice and compare the hashes")
	fs.DurationVar(&f.during, "for", 0, "soak: run seed after seed, from --seed on, for this time")
	fs.BoolVar(&f.untilFail, "until-fail", false, "run seed after seed, from --seed on, until one does not pass")
	fs.StringVar(&f.grow, "grow", "", "make the first run of each way to fail small, and put it into this corpus, for simrun regress")
	fs.StringVar(&f.junit, "junit", "", "write a report in JUnit's XML to this file")
	fs.BoolVar(&f.github, "github", false, "annotate failures for GitHub, and add to the summary of its step")
	fs.BoolVar(&f.sometimes, "sometimes", false, "tell how many runs came to each state that they should come to now and then")
	fs.BoolVarP(&f.verbose, "verbose", "v", false, "a line for every seed")
	return c
}

// A sweepPlan is what to sweep.
type sweepPlan struct {
	sweepFlags
	scenarios []scenarios.Scenario
	profile   faults.Profile
	seeds     scenarios.Seeds
	share     *shardInfo // nil if the seeds are all
	build     scenarios.Build
}

// shardInfo says which part of a sweep was run.
type shardInfo struct {
	Number uint64 `json:"number"` // from 1
	Of     uint64 `json:"of"`
	Seeds  uint64 `json:"seeds"` // of all of them together
}

func (f sweepFlags) parse(names []string, changed func(string) bool) (*sweepPlan, error) {
	p := &sweepPlan{sweepFlags: f, build: identity()}
	seen := map[string]bool{}
	for _, name := range names {
		s, err := scenarios.Find(name)
		if err != nil {
			return nil, err
		}
		if !seen[name] {
			p.scenarios = append(p.scenarios, s)
		}
		seen[name] = true
	}
	if len(names) == 0 {
		p.scenarios = slices.DeleteFunc(meantScenarios(), func(s scenarios.Scenario) bool { return s.Story != nil })
	}
	var err error
	if p.profile, err = findProfile(f.profile, f.without); err != nil {
		return nil, err
	}
	for _, s := range p.scenarios {
		if p.profile.Is(faults.Lying) && !p.profile.Lacks(faults.Byzantine) && !s.Suffers(faults.Equivocate, p.profile) {
			return nil, fmt.Errorf("replicas of the scenario %s cannot lie, and the profile %s is about that: take another, or another scenario", s.Name, faults.Lying)
		}
	}
	if p.seeds, err = f.parseSeeds(changed); err != nil {
		return nil, err
	}
	if f.shard != "" {
		if p.seeds, p.share, err = shardOf(p.seeds, f.shard); err != nil {
			return nil, err
		}
	}
	switch {
	case f.jobs < 1 || f.jobs > maxJobs:
		return nil, fmt.Errorf("--jobs is %d, and must be from 1 to %d", f.jobs, maxJobs)
	case f.timeout < 0 || changed("timeout") && f.timeout == 0:
		return nil, fmt.Errorf("--timeout is %v, and must be a time such as 90s or 10m", f.timeout)
	case f.patience < minPatience:
		return nil, badPatience(f.patience)
	}
	if err := errors.Join(f.soakFlags.check(changed), f.ciFlags.check(nil, f.json)); err != nil {
		return nil, err
	}
	return p, checkOut(f.out, changed("out"))
}

// checkOut refuses a folder that artifacts cannot be saved below, before any time is spent. Only a folder that somebody named must be
// writable: a sweep that finds nothing needs none.
func checkOut(dir string, named bool) error {
	if dir == "" {
		return errors.New("--out is empty, and must be a folder")
	}
	if named {
		return checkFolder("--out "+brief(dir), dir)
	}
	return checkPath("--out "+brief(dir), dir)
}

func (f sweepFlags) parseSeeds(changed func(string) bool) (scenarios.Seeds, error) {
	switch {
	case changed("seeds") && (changed("seed") || changed("count")):
		return scenarios.Seeds{}, errors.New("--seeds goes with neither --seed nor --count: give all the seeds in it")
	case changed("seeds"):
		return scenarios.ParseSeeds(f.seeds)
	case f.count == 0:
		return scenarios.Seeds{}, errors.New("--count is 0, and must be at least 1")
	case !changed("seed"):
		return scenarios.SeedRange(1, f.count), nil
	}
	seed, err := scenarios.ParseSeed(f.seed)
	if err != nil {
		return scenarios.Seeds{}, err
	}
	count := f.count
	if !changed("count") {
		count = 1
	}
	if count-1 > math.MaxUint64-seed {
		return scenarios.Seeds{}, fmt.Errorf("--count %d runs beyond the last seed", count)
	}
	return scenarios.SeedRange(seed, count), nil
}

// shardOf takes the i-th of n shares, which differ in length by one at most.
func shardOf(all scenarios.Seeds, text string) (scenarios.Seeds, *shardInfo, error) {
	first, second, ok := strings.Cut(text, "/")
	i, err1 := strconv.ParseUint(first, 10, 32)
	n, err2 := strconv.ParseUint(second, 10, 32)
	if !ok || err1 != nil || err2 != nil || i < 1 || i > n {
		return scenarios.Seeds{}, nil, fmt.Errorf("--shard %q must be i/n with i from 1 to n, such as 2/4", text)
	}
	part := all.Share(i-1, n)
	if part.Len() == 0 {
		return part, nil, fmt.Errorf("--shard %s leaves none of the %d seeds: take fewer shares", text, all.Len())
	}
	return part, &shardInfo{Number: i, Of: n, Seeds: all.Len()}, nil
}

// run sweeps every scenario and returns the exit status.
func (p *sweepPlan) run(ctx context.Context, t *term) (int, error) {
	if p.asked() {
		return p.soak(ctx, t)
	}
	interrupted := ctx
	if p.timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, p.timeout)
		defer cancel()
	}
	stop := notStopped
	var reports []*report
	for i, s := range p.scenarios {
		if i > 0 && !p.json {
			t.printf("\n")
		}
		r := &report{plan: p, scenario: s, term: t, failures: map[string]*failures{}}
		reports = append(reports, r)
		if stop == notStopped {
			bar := newProgress(t, s.Name, p.seeds.Len())
			stop = p.sweep(ctx, r, bar, p.seeds, p.failfast)
			bar.done()
		}
		if interrupted.Err() != nil {
			stop = byInterrupt
		}
		r.conclude()
		r.finish(stop)
		if t.writeError != nil {
			if i+1 < len(p.scenarios) && stop == notStopped {
				stop = unread
			}
			break
		}
	}
	return p.exit(t, reports, stop)
}

// expects tells whether the profile is there to bring the verdict about: it breaks an assumption of the protocols on purpose, or destroys more than
// they can survive.
func (p *sweepPlan) expects(v checker.Verdict) bool {
	breaks := p.profile.Is(faults.Lying) || p.profile.Is(faults.ClocksBeyond)
	return breaks && v.Broken != "" || p.profile.Is(faults.Destruction) && v.Kind == checker.Unrecoverable
}

// judge takes the verdict of a run into account.
func (r *report) judge(v checker.Verdict) {
	r.status = worse(r.status, r.statusOf(v))
	r.shown = r.shown || r.plan.expects(v) || r.scenario.Shows(v)
}

// statusOf returns the exit status that a verdict calls for in the sweep, whose scenario or profile may be there to bring it about.
func (r *report) statusOf(v checker.Verdict) int {
	if r.plan.expects(v) {
		return exitPass
	}
	return statusIn(r.scenario, v)
}

// conclude finds out whether the whole sweep came to what it must come to.
func (r *report) conclude() {
	s, p := r.scenario, r.plan.profile
	contrast := s.Story != nil && s.Story.Expect != "" || p.Is(faults.Lying) && s.Suffers(faults.Equivocate, p)
	if contrast && !r.shown {
		r.status = worse(r.status, exitUnproved) // nothing of what it is there to show
	}
	if r.missed() {
		r.status = worse(r.status, exitUnproved)
	}
}

// sweep runs seeds for a report, and tells what cut it short.
func (p *sweepPlan) sweep(ctx context.Context, r *report, bar *progress, seeds scenarios.Seeds, failfast bool) stopped {
	sweep := scenarios.Sweep{
		Scenario: r.scenario, Profile: p.profile, Seeds: seeds, Jobs: p.jobs, Patience: p.patience, Repeat: p.twice,
	}
	err := sweep.Run(ctx, func(result scenarios.Result) bool {
		if result.Verdict.Kind != checker.Pass || p.json || p.verbose {
			bar.clear()
		}
		r.add(ctx, result)
		bar.step(result)
		failing := r.statusOf(result.Verdict) != exitPass // what is expected of a contrast or a profile is no failure
		return !(failing && failfast) && r.term.writeError == nil
	})
	switch {
	case failfast && r.status != exitPass:
		return byFailfast
	case r.term.writeError != nil && bar.seen < r.plan.seeds.Len():
		return unread
	case err != nil:
		return byTimeout
	}
	return notStopped
}

// conclude prints the summaries of sweeps that went on side by side.
func (p *sweepPlan) conclude(t *term, reports []*report, bars []*progress, stop stopped) (int, error) {
	for i, r := range reports {
		bars[i].done()
		if i > 0 && !p.json {
			t.printf("\n")
		}
		r.finish(stop)
	}
	return p.exit(t, reports, stop)
}

// exit writes what was asked for about all sweeps, and returns the exit status.
func (p *sweepPlan) exit(t *term, reports []*report, stop stopped) (int, error) {
	status := exitPass
	for _, r := range reports {
		status = worse(status, r.status)
		if r.total.Runs == 0 {
			status = worse(status, exitUnproved) // of this scenario nothing is known
		}
	}
	if stop == byInterrupt || stop == unread && status == exitPass && errors.Is(t.failed(), errOutput) {
		status = exitInterrupted
	}
	if err := p.ciFlags.write(t, reports); err != nil {
		fmt.Fprintf(t.err, "simrun: %s\n", oneLine(err.Error()))
		if status == exitPass {
			status = exitUnwritten
		}
	}
	for _, r := range reports {
		if status == exitPass && (r.unsaved+r.untold > 0 || r.ungrown) { // even where failures are what the sweep is there for
			status = exitUnwritten
		}
	}
	return status, t.failed()
}

// stopped says what cut a sweep short.
type stopped string

const (
	notStopped  stopped = ""
	byInterrupt stopped = "by an interrupt"
	unread      stopped = "since nobody reads the results"
	byTimeout   stopped = "by --timeout"
	byFailfast  stopped = "by --failfast"
	byFor       stopped = "as --for has it"
	byFailure   stopped = "by a failure, as --until-fail has it"
)

// report gathers and prints the results of one scenario.
type report struct {
	plan     *sweepPlan
	scenario scenarios.Scenario
	term     *term
	total    scenarios.Stats
	verdicts [checker.Nondeterministic + 1]uint64
	failures map[string]*failures // by verdict and fingerprint
	names    []string             // of failures, in the order of their first seeds
	status   int
	shown    bool               // what a contrast is there to show
	species  strategies.Species // states that runs went through
	unsaved  uint64             // artifacts that could not be written
	untold   uint64             // of those that were, what belongs beside them could not
	ungrown  bool               // the corpus did not grow, and should have
	few      bool               // save only the first few artifacts of a kind
	stop     stopped            // merged: what cut a share short
	merged   bool
}

// failures counts the runs that ended in one way.
type failures struct {
	count uint64
	first uint64 // seed

	detail, artifact string // of the first
}

// Of each kind of failure the first is told in full and a few more get a line; the summary counts them all.
const (
	maxBlocks = 5
	maxLines  = 3
)

func (r *report) add(ctx context.Context, result scenarios.Result) {
	r.total.Add(result.Stats)
	r.species.Add(result.States)
	r.verdicts[result.Verdict.Kind]++
	r.judge(result.Verdict)
	file, nth := "", uint64(0)
	var told *scenarios.Collected
	if result.Verdict.Kind != checker.Pass {
		nth = r.count(result)
		if nth <= 1+maxLines {
			told = r.collect(ctx, result)
		}
		if !r.few || nth <= 1+maxLines {
			file = r.save(result, told)
		}
		if nth == 1 {
			r.failures[failureName(result.Verdict)].artifact = file
			r.grown(ctx, result)
		}
	}
	if r.plan.json {
		r.writeJSON(resultJSON(r.scenario, result, file))
		return
	}
	switch {
	case nth == 1 && len(r.names) <= maxBlocks:
		r.failure(result, told, file)
	case nth > 0 && (nth <= 1+maxLines || r.plan.verbose):
		r.term.printf("%s seed %d: %s\n", r.scenario.Name, result.Seed, r.term.paint(bad, failureName(result.Verdict)))
	case nth == 2+maxLines:
		r.term.printf("%s\n", r.term.paint(dim, "more of these are only counted below; -v lists them all"))
	case nth == 0 && r.plan.verbose:
		r.term.printf("%s seed %d: pass, %d events, %d of %d operations, hash %v\n", r.scenario.Name, result.Seed,
			result.Stats.Events, result.Stats.Finished, result.Stats.Called, result.Hash)
	}
}

// count takes note of a run that did not pass, and returns how many ended like it.
func (r *report) count(result scenarios.Result) uint64 {
	name := failureName(result.Verdict)
	f := r.failures[name]
	if f == nil {
		f = &failures{first: result.Seed, detail: oneLine(result.Verdict.Detail)}
		r.failures[name] = f
		r.names = append(r.names, name)
	}
	f.count++
	return f.count
}

// failureName names a way to fail, without any values.
func failureName(v checker.Verdict) string {
	if v.Fingerprint == "" {
		return v.Kind.String()
	}
	return v.Kind.String() + ": " + v.Fingerprint
}

func (r *report) writeJSON(v any) {
	text, err := json.Marshal(v)
	if err != nil {
		panic("simrun: a result cannot be written as JSON: " + err.Error())
	}
	r.term.printf("%s\n", text)
}

type jsonResult struct {
	Type        string          `json:"type"` // "result"
	Scenario    string          `json:"scenario"`
	Seed        uint64          `json:"seed"`
	Verdict     string          `json:"verdict"`
	Fingerprint string          `json:"fingerprint,omitempty"`
	Detail      string          `json:"detail,omitempty"`
	Broken      string          `json:"broken,omitempty"` // the assumption that was broken on purpose
	Hash        string          `json:"hash"`
	Artifact    string          `json:"artifact,omitempty"`
	Stats       scenarios.Stats `json:"stats"`
}

func resultJSON(s scenarios.Scenario, r scenarios.Result, file string) jsonResult {
	return jsonResult{
		Type: "result", Scenario: s.Name, Seed: r.Seed, Verdict: r.Verdict.Kind.String(), Fingerprint: r.Verdict.Fingerprint,
		Detail: r.Verdict.Detail, Broken: r.Verdict.Broken, Hash: r.Hash.String(), Artifact: file, Stats: r.Stats,
	}
}
