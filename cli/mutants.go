package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"simrun/faults"
	"simrun/scenarios"
	"simrun/scenarios/mutants"
	"simrun/scenarios/strategies"
)

// mutantFlags are what "simrun mutants" was asked for.
type mutantFlags struct {
	only, dir, profile   string
	strategies, out      []string
	without              []string
	ablate               bool
	budget               uint64
	repeat, jobs         int
	json, markdown, list bool
	resume               bool
}

// seedsApart is how far the seed ranges of two trials are from each other, and so the largest budget.
const seedsApart = 1_000_000

// strategyList lists the strategies for help.
func strategyList() string {
	var b strings.Builder
	docs := strategies.Docs()
	for i, name := range strategies.Names() {
		fmt.Fprintf(&b, "  %-10s %s\n", name, docs[i])
	}
	return b.String()
}

func mutantsCommand(t *term, status *int) *cobra.Command {
	var f mutantFlags
	c := &cobra.Command{
		Use: "mutants", Short: "measure how fast planted bugs are found", Args: noArguments,
		Long: "Mutants compiles each planted bug (a diff in scenarios/mutants, or for protocols of your own in the folder mutants) into a program of its own, searches it for a violation over several ranges of seeds, and " +
			"tells how many runs it took. The sources as they are get as many runs, and must pass them all. It needs the source tree and a Go toolchain." +
			"\n\nStrategies, which make up the inputs to try:\n" + strategyList() + "A plan is the list of a run's faults; states are those of replicas, seen from far away.",
		RunE: func(c *cobra.Command, _ []string) error {
			b, err := f.parse(c.Context())
			if c.Context().Err() != nil {
				*status = exitInterrupted
				return nil
			}
			if err != nil {
				return err
			}
			if f.list {
				b.describe(t)
				return t.failed()
			}
			s, err := b.run(c.Context(), t)
			*status = s
			return err
		},
	}
	fs := c.Flags()
	fs.StringVar(&f.only, "only", "", "only bugs whose name matches this regular expression")
	fs.StringVar(&f.dir, "dir", ".", "the source tree")
	fs.StringVar(&f.profile, "profile", faults.Default, "how bad the weather is; simrun list names the profiles")
	fs.StringSliceVar(&f.without, "without", nil, withoutUsage)
	fs.BoolVar(&f.ablate, "ablate", false, "look for each bug again without each family of faults, and tell what the families are worth")
	fs.Uint64Var(&f.budget, "budget", 1000, "runs that a search may spend")
	fs.StringSliceVar(&f.strategies, "strategy", []string{strategies.Swarm}, "how inputs are made up: "+strings.Join(strategies.Names(), ", ")+", or several of them")
	fs.IntVar(&f.repeat, "repeat", 5, "searches for each bug, with seeds of their own")
	fs.IntVar(&f.jobs, "jobs", min(runtime.NumCPU(), maxJobs), "searches at once; what is found does not depend on it")
	fs.BoolVar(&f.json, "json", false, "write JSON")
	fs.BoolVar(&f.markdown, "markdown", false, "write Markdown")
	fs.StringSliceVar(&f.out, "out", nil, "write to these files too, as .md or .json")
	fs.BoolVar(&f.resume, "resume", false, "take over what an earlier call has measured of the same programs")
	fs.BoolVarP(&f.list, "list", "l", false, "only list the bugs")
	return c
}

// bench measures mutants.
type bench struct {
	mutantFlags
	builder *mutants.Builder
	weather faults.Profile
	mutants []mutants.Mutant
	journal string // file with a line for each trial
	torn    bool   // its last line was cut short
	known   map[trialName]mutants.Trial
	writing sync.Mutex // of the journal
}

// trialName tells trials apart.
type trialName struct {
	key, scenario, strategy, profile string
	first, budget                    uint64
}

func nameOf(t *mutants.Trial) trialName {
	return trialName{t.Key, t.Scenario, t.Strategy, t.Profile, t.First, t.Budget}
}

func (f mutantFlags) parse(ctx context.Context) (*bench, error) {
	b := &bench{mutantFlags: f, known: map[trialName]mutants.Trial{}}
	pattern, err := regexp.Compile(f.only)
	if err != nil {
		return nil, fmt.Errorf("--only: %w", err)
	}
	switch {
	case f.budget < 1 || f.budget > seedsApart:
		return nil, fmt.Errorf("--budget is %d, and must be from 1 to %d", f.budget, seedsApart)
	case f.repeat < 1 || f.repeat > 1000:
		return nil, fmt.Errorf("--repeat is %d, and must be from 1 to 1000", f.repeat)
	case f.jobs < 1 || f.jobs > maxJobs:
		return nil, fmt.Errorf("--jobs is %d, and must be from 1 to %d", f.jobs, maxJobs)
	case f.json && f.markdown:
		return nil, errors.New("--json and --markdown contradict each other")
	case f.list && (f.json || f.markdown || len(f.out) > 0):
		return nil, errors.New("--list only lists the bugs: it goes with neither --json nor --markdown nor --out")
	}
	weather, err := findProfile(f.profile, f.without)
	if err != nil {
		return nil, err
	}
	b.profile, b.weather = weather.Name, weather
	if f.ablate && len(weather.Families()) == 0 {
		return nil, fmt.Errorf("--ablate: profile %s has no faults to leave out", weather.Name)
	}
	if len(f.strategies) == 0 {
		return nil, fmt.Errorf("--strategy is empty: there are %s", strings.Join(strategies.Names(), ", "))
	}
	for _, name := range f.strategies {
		if err := checkStrategy(name); err != nil {
			return nil, err
		}
	}
	var outputs []output
	for _, file := range f.out {
		outputs = append(outputs, output{"--out", file})
		if e := filepath.Ext(file); e != ".md" && e != ".json" {
			return nil, fmt.Errorf("--out %s: the name must end in .md or .json", file)
		}
	}
	if err := checkOutputs(nil, outputs...); err != nil {
		return nil, err
	}
	if err := b.open(ctx, f.dir); err != nil {
		return nil, err
	}
	b.mutants = slices.DeleteFunc(b.mutants, func(m mutants.Mutant) bool { return !pattern.MatchString(m.Name) })
	if len(b.mutants) == 0 {
		return nil, fmt.Errorf("--only %s: no planted bug has such a name (simrun mutants --list lists them)", f.only)
	}
	return b, nil
}

func checkStrategy(name string) error {
	if !slices.Contains(strategies.Names(), name) {
		return fmt.Errorf("--strategy: there is no strategy %q: there are %s", brief(name), strings.Join(strategies.Names(), ", "))
	}
	return nil
}

// open finds the source tree, the toolchain and the mutants.
func (b *bench) open(ctx context.Context, dir string) error {
	cache, err := mutants.CacheDir()
	if err != nil {
		return err
	}
	if b.builder, err = mutants.NewBuilder(ctx, source(dir), cache); err != nil {
		return err
	}
	b.mutants, err = b.builder.Mutants()
	b.journal = filepath.Join(dir, "results", "runs", "mutants", "trials.jsonl")
	return err
}

func (b *bench) describe(t *term) {
	for _, m := range b.mutants {
		needs := "no faults"
		if len(m.Needs) > 0 {
			needs = strings.Join(m.Needs, ", ")
		}
		t.printf("%s\n  %s\n  seen: %s\n  %s, %s; needs %s; should fire: %s\n", t.paint(head, m.Name), m.Wrong, m.Seen, m.Scenario, m.Family, needs, strings.Join(m.Expect, ", "))
	}
}

// task is what is to be done for one mutant, or for the unchanged sources: all its trials.
type task struct {
	mutant   *mutants.Mutant // nil for none
	scenario string
}

// done is what came of a task.
type done struct {
	scores  []mutants.Score
	ablated []mutants.Score
	err     error
}

func (b *bench) tasks() (list []task) {
	var names []string
	for i := range b.mutants {
		if s := b.mutants[i].Scenario; !slices.Contains(names, s) {
			names = append(names, s)
		}
	}
	for _, name := range names {
		list = append(list, task{nil, name})
	}
	for i := range b.mutants {
		list = append(list, task{&b.mutants[i], b.mutants[i].Scenario})
	}
	return list
}

// run measures everything, prints the table and returns the exit status.
func (b *bench) run(ctx context.Context, t *term) (int, error) {
	if err := b.openJournal(); err != nil {
		return exitUsage, err
	}
	tasks := b.tasks()
	results := make([]done, len(tasks))
	watch := &bulletin{term: t, total: len(tasks), began: time.Now()}
	var workers sync.WaitGroup
	next := make(chan int)
	for range min(b.jobs, len(tasks)) {
		workers.Add(1)
		go func() {
			defer workers.Done()
			for i := range next {
				results[i] = b.measure(ctx, tasks[i], watch)
				watch.finish(&tasks[i], &results[i])
			}
		}()
	}
	for i := range tasks {
		next <- i
	}
	close(next)
	workers.Wait()
	watch.clear()

	board := mutants.Board{Tree: b.builder.Tree(), Go: runtime.Version(), Profile: b.profile, Checks: checks, Budget: b.budget, Repeat: b.repeat, Stopped: ctx.Err() != nil}
	status := exitPass
	for i := range results {
		if r := &results[i]; r.err != nil && ctx.Err() == nil {
			status = worse(status, exitUnproved)
			board.Warnings = append(board.Warnings, "not measured: "+oneLine(r.err.Error()))
		}
		board.Ablated = append(board.Ablated, results[i].ablated...)
		for _, s := range results[i].scores {
			board.Scores = append(board.Scores, s)
			if s.Mutant == mutants.Unchanged && s.Found > 0 {
				status = exitViolation
				board.Warnings = append(board.Warnings, fmt.Sprintf("%s fails without any planted bug, at %s by %s: its figures mean little until that is settled", s.Scenario, s.Example, s.Strategy))
			}
		}
	}
	if len(board.Scores) == 0 && ctx.Err() == nil {
		return exitUsage, results[0].err
	}
	if err := b.write(t, &board); err != nil {
		return exitUnwritten, err
	}
	if ctx.Err() != nil {
		return exitInterrupted, t.failed()
	}
	return status, t.failed()
}

func (b *bench) write(t *term, board *mutants.Board) error {
	command := fmt.Sprintf("%s mutants --profile %s --budget %d --repeat %d --strategy %s", again(), shellWord(b.profile), b.budget, b.repeat, strings.Join(b.strategies, ","))
	if b.ablate {
		command += " --ablate"
	}
	if b.only != "" {
		command += " --only " + shellWord(b.only)
	}
	text, err := json.MarshalIndent(struct {
		*mutants.Board
		Families []mutants.Family `json:"families,omitempty"`
		Duels    []mutants.Duel   `json:"duels,omitempty"`
		Firings  []mutants.Firing `json:"firings"`
	}{board, board.Families(), board.Duels(), board.Firings()}, "", " ")
	if err != nil {
		return err
	}
	for _, file := range b.out {
		if _, err := os.Stat(file); err == nil && board.Stopped {
			fmt.Fprintf(t.err, "simrun: %s is left as it was, since not all was measured: the same command with --resume goes on\n", file)
			continue
		}
		content := append(text, '\n')
		if filepath.Ext(file) == ".md" {
			content = []byte(board.Markdown(command))
		}
		if err := scenarios.WriteFile(file, content); err != nil {
			return err
		}
	}
	switch {
	case b.json:
		t.printf("%s\n", text)
	case b.markdown:
		t.printf("%s", board.Markdown(command))
	default:
		t.printf("%s", board.Text())
	}
	return nil
}

// measure compiles one mutant and does its trials. If it is interrupted the scores are those of the strategies that are done.
func (b *bench) measure(ctx context.Context, x task, watch *bulletin) (d done) {
	if ctx.Err() != nil {
		return done{err: ctx.Err()}
	}
	p, err := b.builder.Build(ctx, x.mutant)
	if err != nil {
		return done{err: err}
	}
	name := mutants.Unchanged
	trivial := false
	if x.mutant != nil {
		name = x.mutant.Name
		calm, err := b.trial(ctx, p, mutants.Trial{
			Key: p.Key, Mutant: name, Scenario: x.scenario, Strategy: strategies.Swarm, Profile: faults.Calm, First: 1, Budget: mutants.TrivialRuns,
		})
		if err != nil {
			return done{err: err}
		}
		trivial = calm.Found
	}
	for _, strategy := range b.strategies {
		trials, err := b.searches(ctx, p, x, mutants.Trial{Strategy: strategy, Profile: b.profile, Budget: b.budget}, watch)
		if err != nil {
			d.err = err
			return d
		}
		whole := mutants.Sum(x.mutant, trivial, trials)
		d.scores = append(d.scores, whole)
		if b.ablate && x.mutant != nil && !trivial {
			if d.err = b.ablation(ctx, p, x, &whole, &d, watch); d.err != nil {
				return d
			}
		}
	}
	return d
}

// searches does all the trials of one kind, each with seeds of its own.
func (b *bench) searches(ctx context.Context, p mutants.Program, x task, like mutants.Trial, watch *bulletin) (trials []mutants.Trial, err error) {
	like.Key, like.Scenario, like.Mutant = p.Key, x.scenario, mutants.Unchanged
	if x.mutant != nil {
		like.Mutant = x.mutant.Name
	}
	for i := range b.repeat {
		watch.begin(&like, i)
		like.First = 1 + uint64(i)*seedsApart
		trial, err := b.trial(ctx, p, like)
		if err != nil {
			return nil, err
		}
		trials = append(trials, trial)
	}
	return trials, nil
}

// ablation looks for a mutant again without each family of faults, from the same seeds.
func (b *bench) ablation(ctx context.Context, p mutants.Program, x task, whole *mutants.Score, d *done, watch *bulletin) error {
	budget, ok := mutants.CutBudget(whole)
	if !ok {
		return nil
	}
	for _, family := range b.weather.Families() {
		less, err := b.weather.Without(family)
		if err != nil {
			return err
		}
		trials, err := b.searches(ctx, p, x, mutants.Trial{Strategy: whole.Strategy, Profile: less.Name, Budget: budget}, watch)
		if err != nil {
			return err
		}
		score := mutants.Sum(x.mutant, false, trials)
		score.Without = family
		d.ablated = append(d.ablated, score)
	}
	return nil
}

// trial does one search, in a process of the mutant's own, unless the journal knows what comes of it.
func (b *bench) trial(ctx context.Context, p mutants.Program, trial mutants.Trial) (mutants.Trial, error) {
	if known, ok := b.known[nameOf(&trial)]; ok {
		return known, nil
	}
	seek := exec.CommandContext(ctx, p.Path, "seek", trial.Scenario, "--strategy", trial.Strategy, "--profile", trial.Profile,
		"--seed", fmt.Sprint(trial.First), "--count", fmt.Sprint(trial.Budget), "--watchdog", "5s")
	var said, complained bytes.Buffer
	seek.Stdout, seek.Stderr = &said, &complained
	_, err := tied(seek)
	if err == nil {
		err = seek.Run()
	}
	if ctx.Err() != nil {
		return trial, ctx.Err()
	}
	var s sought
	if bad := json.Unmarshal(said.Bytes(), &s); bad != nil {
		return trial, fmt.Errorf("%s: seek %s says nothing that can be read: %w: %s", trial.Mutant, trial.Scenario, errors.Join(err, bad), complaint(complained.Bytes()))
	}
	trial.Found, trial.Runs, trial.Events, trial.Seconds = s.Found, s.Runs, s.Events, math.Round(s.Seconds*1e4)/1e4
	trial.Seed, trial.Fingerprint, trial.Detail = s.Seed, s.Fingerprint, s.Detail
	return trial, b.note(&trial)
}

// openJournal reads the trials known. What is measured anew is added behind them, and counts for more.
func (b *bench) openJournal() error {
	if err := os.MkdirAll(filepath.Dir(b.journal), 0o755); err != nil {
		return err
	}
	text, err := os.ReadFile(b.journal)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	b.torn = len(text) > 0 && text[len(text)-1] != '\n'
	if !b.resume {
		return nil
	}
	for line := range bytes.Lines(text) {
		var t mutants.Trial
		if json.Unmarshal(line, &t) == nil { // a call that was killed leaves a line cut short
			b.known[nameOf(&t)] = t
		}
	}
	return nil
}

// note adds a trial to the journal.
func (b *bench) note(t *mutants.Trial) error {
	text, err := json.Marshal(t)
	if err != nil {
		return err
	}
	f, err := os.OpenFile(b.journal, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	b.writing.Lock()
	defer b.writing.Unlock()
	if b.torn {
		text, b.torn = append([]byte{'\n'}, text...), false
	}
	_, err = f.Write(append(text, '\n'))
	return errors.Join(err, f.Close())
}

// bulletin shows on stderr how far the measurement is.
type bulletin struct {
	sync.Mutex
	term     *term
	finished int
	total    int
	began    time.Time
	onScreen bool
}

func (w *bulletin) begin(x *mutants.Trial, trial int) {
	w.Lock()
	defer w.Unlock()
	if w.term.live {
		fmt.Fprintf(w.term.err, "\r\x1b[K%d of %d bugs: %s, %s, %s, search %d", w.finished, w.total, x.Mutant, x.Strategy, x.Profile, trial+1)
		w.onScreen = true
	}
}

func (w *bulletin) finish(x *task, d *done) {
	w.Lock()
	defer w.Unlock()
	w.finished++
	if d.err != nil {
		return
	}
	name := mutants.Unchanged + " in " + x.scenario
	if x.mutant != nil {
		name = x.mutant.Name
	}
	w.wipe()
	for i := range d.scores {
		s := &d.scores[i]
		fmt.Fprintf(w.term.err, "%d of %d, %.0f s: %s, %s: found by %d of %d searches\n", w.finished, w.total, time.Since(w.began).Seconds(), name, s.Strategy, s.Found, s.Trials)
	}
}

func (w *bulletin) clear() {
	w.Lock()
	defer w.Unlock()
	w.wipe()
}

func (w *bulletin) wipe() {
	if w.onScreen {
		fmt.Fprint(w.term.err, "\r\x1b[K")
		w.onScreen = false
	}
}
