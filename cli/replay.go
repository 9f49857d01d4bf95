package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/spf13/cobra"

	"simrun/checker"
	"simrun/faults"
	"simrun/netsim"
	"simrun/node"
	"simrun/scenarios"
	"simrun/scenarios/timeline"
	"simrun/sim"
)

// replayFlags are what "simrun replay" was asked for.
type replayFlags struct {
	planting
	scenario, seed, profile string
	from, until, at, order  string
	nodes, kinds            []string
	page, tape              string
	all, state, verbose     bool
	patience                time.Duration
	maxEvents               uint64
}

// defaultMaxEvents is how many events a run may take that somebody asks for: more than any seed takes, and less than a minute of replay. Artifacts can be
// edited, and an edited one may ask for days.
const defaultMaxEvents = 20_000_000

// addMaxEvents adds the flag that allows for more.
func addMaxEvents(c *cobra.Command, to *uint64) {
	c.Flags().Uint64Var(to, "max-events", defaultMaxEvents, "give up when the run takes more events than this")
}

// minPatience is the least that one may wait for a handler: on a busy machine any of them can take some milliseconds.
const minPatience = 100 * time.Millisecond

func badPatience(d time.Duration) error {
	return fmt.Errorf("--watchdog is %v, and must be a time such as 20s, of %v at least", d, minPatience)
}

// tooLong tells that a run takes more events than it may.
func tooLong(maxEvents uint64) error {
	return fmt.Errorf("the run takes more than %s events: give it fewer operations, clients or less time, or allow for it with --max-events", thousands(maxEvents))
}

// affordable refuses an input that is bound to take too many events.
func affordable(in *scenarios.Input, maxEvents uint64) error {
	if maxEvents == 0 {
		return errors.New("--max-events is 0, and must be at least 1")
	}
	if uint64(in.Config.Operations-len(in.Skip)) >= maxEvents {
		return tooLong(maxEvents) // each operation takes one at least
	}
	return nil
}

func replayCommand(t *term, status *int) *cobra.Command {
	var f replayFlags
	c := &cobra.Command{
		Use:   "replay {ARTIFACT | --scenario NAME --seed N}",
		Short: "run one seed or artifact again, and print its timeline",
		Long: "Replay runs one seed or artifact again, and prints its timeline, the verdict and the trace hash: the same as before, with the same build. With another build it says " +
			"up to which event the run is still that of the artifact. Flags such as --node, --kind and --from narrow down what is printed, and change " +
			"nothing in the run. The exit status is that of the verdict, or 4 where the same build gave another hash.",
		RunE: func(c *cobra.Command, args []string) error {
			if err := f.planting.check(c.Flags().Changed); err != nil {
				return err
			}
			var p *replay
			err := unless(c.Context(), func() (err error) {
				p, err = f.parse(args, c.Flags().Changed)
				return err
			})
			if errors.Is(err, context.Canceled) {
				*status = exitInterrupted
				f.noReport(t)
				return nil
			}
			if err != nil {
				return err
			}
			if f.page == "-" || isOutput(f.page) {
				return fmt.Errorf("--report %s would mix with the timeline: give a file, or take simrun export --html -", brief(f.page))
			}
			if f.tape == "-" || isOutput(f.tape) {
				return fmt.Errorf("--tape %s would mix with the timeline: give a file", brief(f.tape))
			}
			if err := checkOutputs(args, output{"--report", f.page}, output{"--tape", f.tape}); err != nil {
				return err
			}
			if f.elsewhere() {
				*status, err = f.hand(c.Context(), t)
				return err
			}
			if f.tape == "" {
				*status = p.run(c.Context(), t)
			} else if err := p.record(c.Context(), t, f.tape, status); err != nil {
				return err
			}
			if f.page != "" && *status == exitInterrupted {
				f.noReport(t)
			} else if f.page != "" {
				err := p.writePage(c.Context(), t, f.page)
				if c.Context().Err() != nil {
					*status = exitInterrupted
				}
				return errors.Join(err, t.failed())
			}
			return t.failed()
		},
	}
	fs := c.Flags()
	f.addRun(c)
	f.planting.addTo(c)
	fs.StringVar(&f.from, "from", "", "print from this simulated time on, such as 1.2s")
	fs.StringVar(&f.until, "until", "", "print up to this simulated time")
	fs.StringSliceVar(&f.nodes, "node", nil, "print only what concerns these, such as n1,c2")
	fs.StringSliceVar(&f.kinds, "kind", nil, "print only records of these kinds, such as send,recv")
	fs.BoolVar(&f.all, "all", false, "print everything, every message included")
	fs.BoolVar(&f.state, "state", false, "print the replicas' states at the end, in words and by their digests")
	fs.BoolVarP(&f.verbose, "verbose", "v", false, "name the faults of an artifact that struck nothing, where the run does not fail as the artifact says")
	fs.StringVar(&f.at, "at", "", "with --state: print them as they were at this simulated time")
	fs.StringVar(&f.page, "report", "", "write the report of the run to this file: a page that opens in any browser")
	fs.StringVar(&f.tape, "tape", "", "write the full trace in binary to this file: all that the trace hash is made of, for simrun diff")
	fs.StringVar(&f.order, "order", "time", "print records in order of time, or in causal order with their Lamport clocks")
	_ = c.RegisterFlagCompletionFunc("scenario", scenarioNames)
	return c
}

// noReport tells that an interrupt came before the report.
func (f *replayFlags) noReport(t *term) {
	if f.page != "" {
		fmt.Fprintf(t.err, "simrun: interrupted: no report is written to %s\n", brief(f.page))
	}
}

// addRun adds the flags that say which run is meant.
func (f *replayFlags) addRun(c *cobra.Command) {
	fs := c.Flags()
	fs.StringVar(&f.scenario, "scenario", "", "the scenario of the seed")
	fs.StringVar(&f.seed, "seed", "", "the seed, decimal or 0x")
	fs.StringVar(&f.profile, "profile", faults.Default, "the profile the seed was run with")
	addMaxEvents(c, &f.maxEvents)
	fs.DurationVar(&f.patience, "watchdog", scenarios.DefaultPatience, "give up when a handler takes longer than this")
}

// replay is a run to be shown.
type replay struct {
	scenario scenarios.Scenario
	input    scenarios.Input
	artifact *scenarios.Artifact // what was expected; nil if only a seed was given
	from     faults.Span
	until    faults.Span // 0 for the end
	at       faults.Span // of the states; -1 for the end
	causal   bool
	clocks   *timeline.Clocks             // if causal
	kept     []timeline.Record            // if causal: to be sorted
	met      map[scenarios.Exception]bool // exceptions that fixed the fate of a message, but for their notes; those not met are false
	follow   *scenarios.Follower          // of the artifact's checkpoints
	sameTo   faults.Span                  // time of the last one at which the runs are the same
	nodes    []node.Addr
	wanted   func(sim.RecordKind) bool
	profile  string // that the input was drawn from
	state    bool
	verbose  bool
	patience time.Duration // with one event
	most     uint64        // events
	since    []sim.Record  // the first few since the run was last known to be the artifact's
	missing  *missing      // of the artifact's last events; nil without an artifact
	tape     *sim.Tape     // nil if none is wanted
	ended    bool          // the run came to a verdict by itself
}

func (f replayFlags) parse(args []string, changed func(string) bool) (*replay, error) {
	p := &replay{state: f.state, verbose: f.verbose, patience: f.patience, at: -1}
	if err := f.parseRun("replay", p, args, changed); err != nil {
		return nil, err
	}
	return p, f.parseFilters(p)
}

// parseRun finds the run that is meant.
func (f replayFlags) parseRun(command string, p *replay, args []string, changed func(string) bool) (err error) {
	switch bySeed := changed("scenario") || changed("seed") || changed("profile"); {
	case f.patience < minPatience:
		return badPatience(f.patience)
	case len(args) > 1:
		return fmt.Errorf("%s takes one artifact, and there are %d", command, len(args))
	case len(args) == 1 && bySeed:
		return errors.New("an artifact says itself what its scenario, seed and profile are: give either it or these flags")
	case len(args) == 1:
		err = p.fromArtifact(args[0])
	case !changed("scenario") || !changed("seed"):
		return errors.New(command + " needs an artifact, or both --scenario and --seed")
	default:
		err = p.fromSeed(f.scenario, f.seed, f.profile)
	}
	if err != nil {
		return err
	}
	p.most = f.maxEvents
	return affordable(&p.input, p.most)
}

func (p *replay) fromArtifact(file string) error {
	a, s, err := scenarios.LoadArtifact(file)
	p.artifact, p.scenario, p.input, p.profile = &a, s, a.Input, a.Profile
	return err
}

func (p *replay) fromSeed(scenario, seed, profile string) (err error) {
	if p.scenario, err = scenarios.Find(scenario); err != nil {
		return err
	}
	if p.input.Seed, err = scenarios.ParseSeed(seed); err != nil {
		return err
	}
	weather, err := faults.FindProfile(profile)
	if err != nil {
		return err
	}
	p.input.Config, p.input.Plan = p.scenario.Draw(p.input.Seed, weather)
	p.profile = profile
	return nil
}

func (f replayFlags) parseFilters(p *replay) (err error) {
	switch {
	case f.order != "time" && f.order != "causal":
		return fmt.Errorf("--order is %q, and must be time or causal", f.order)
	case f.at != "" && !f.state:
		return errors.New("--at says when --state is wanted: give both")
	case f.at != "":
		if p.at, err = faults.ParseSpan(f.at); err != nil {
			return fmt.Errorf("--at: %w", err)
		}
	}
	p.causal = f.order == "causal"
	if f.from != "" {
		if p.from, err = faults.ParseSpan(f.from); err != nil {
			return fmt.Errorf("--from: %w", err)
		}
	}
	if f.until != "" {
		if p.until, err = faults.ParseSpan(f.until); err != nil {
			return fmt.Errorf("--until: %w", err)
		}
		if p.until < p.from {
			return fmt.Errorf("--until %v is before --from %v", p.until, p.from)
		}
	}
	for _, text := range f.nodes {
		var a node.Addr
		if err := a.UnmarshalText([]byte(text)); err != nil {
			return fmt.Errorf("--node: %w", err)
		}
		if c := p.input.Config; int(a.ID()) > c.Nodes || a.IsClient() && uint64(a.Client()) > uint64(c.Clients) {
			return fmt.Errorf("--node: the run has no %v: it has %d replicas and %d clients", a, c.Nodes, c.Clients)
		}
		p.nodes = append(p.nodes, a)
	}
	switch {
	case f.all && len(f.kinds) > 0:
		return errors.New("--all and --kind contradict each other: give one of them")
	case f.all:
		p.wanted = func(sim.RecordKind) bool { return true }
		return nil
	case len(f.kinds) == 0:
		p.wanted = significant
		return nil
	}
	kinds := map[sim.RecordKind]bool{}
	for _, text := range f.kinds {
		k, err := recordKind(text)
		if err != nil {
			return err
		}
		kinds[k] = true
	}
	p.wanted = func(k sim.RecordKind) bool { return kinds[k] }
	return nil
}

func recordKind(text string) (sim.RecordKind, error) {
	var names []string
	for k := sim.RecordKind(1); k < sim.NumRecordKinds; k++ {
		if strings.EqualFold(k.String(), text) {
			return k, nil
		}
		names = append(names, k.String())
	}
	return 0, fmt.Errorf("--kind: there is no kind of record %q: there are %s", text, strings.Join(names, ", "))
}

// writePage runs it once more and writes the report.
func (p *replay) writePage(ctx context.Context, t *term, file string) error {
	told, err := p.collect(ctx, t, scenarios.DefaultMaxRecords)
	if ctx.Err() != nil {
		fmt.Fprintf(t.err, "simrun: interrupted: no report is written to %s\n", brief(file))
		return nil
	}
	if err != nil {
		return fmt.Errorf("--report: %w", err)
	}
	if err := writePage(file, &told); err != nil {
		return fmt.Errorf("--report: %w", err)
	}
	fmt.Fprintf(t.err, "simrun: the report is in %s\n", file)
	return nil
}

// errCut tells that a run was left before its end.
var errCut = errors.New("the run did not come to its end")

// record is run, with a tape: a whole one or none.
func (p *replay) record(ctx context.Context, t *term, file string, status *int) error {
	err := scenarios.WriteFileBy(file, func(w io.Writer) error {
		p.tape = sim.NewTape(w, fmt.Sprintf("%s, seed %d", p.scenario.Name, p.input.Seed))
		if *status = p.run(ctx, t); !p.ended {
			return errCut // and may be using the tape still
		}
		return p.tape.Close()
	})
	switch {
	case errors.Is(err, errCut):
		fmt.Fprintf(t.err, "simrun: no tape is written to %s: %v\n", brief(file), err)
		return nil
	case err != nil:
		return fmt.Errorf("--tape: %w", err)
	}
	return nil
}

// run runs it, prints the timeline as it goes, and returns the exit status.
func (p *replay) run(ctx context.Context, t *term) int {
	if p.artifact != nil && p.artifact.Build.Sources != identity().Sources {
		fmt.Fprintf(t.err, "simrun: warning: another build made this artifact (%s; this is %s), so the run may differ\n",
			oneLine(describeBuild(p.artifact.Build)), describeBuild(identity()))
	}
	if p.artifact != nil && p.artifact.Verdict == checker.Nondeterministic.String() {
		fmt.Fprintln(t.err, "simrun: note: a replay runs once; simrun run --check-determinism compares two runs")
	}
	p.met = map[scenarios.Exception]bool{}
	if p.artifact != nil {
		p.follow = scenarios.Follow(p.artifact.Hashes)
		p.missing = missingOf(p.artifact.LastEvents)
	}
	p.clocks = timeline.NewClocks(p.input.Config.Nodes, p.input.Config.Clients, false)
	c := p.scenario.NewCluster()
	v, end := p.play(ctx, t, c)
	switch end {
	case interrupted:
		return exitInterrupted
	case long:
		fmt.Fprintf(t.err, "simrun: %v\n", tooLong(p.most))
		return exitUsage
	case hung: // the cluster is still in use
		return p.conclude(t, v, 0, &scenarios.Stats{})
	}
	p.ended = true
	if p.causal {
		p.printCausal(t)
	}
	if p.state {
		p.printStates(t, p.stage(c))
	}
	stats := c.Stats()
	return p.conclude(t, v, c.Hash(), &stats)
}

// ending says how playing a run came to an end.
type ending uint8

const (
	over        ending = iota + 1 // with a verdict
	hung                          // a handler never returned
	interrupted                   // by the user
	long                          // it takes more events than it may
)

// play runs the cluster in a goroutine of its own, event by event, which is left behind if a handler never returns.
func (p *replay) play(ctx context.Context, t *term, c scenarios.Cluster) (v checker.Verdict, end ending) {
	var event atomic.Uint64 // that is being handled
	var pen sync.Mutex      // held to write, which a pager may hold up for as long as it likes, and for good after the end
	done := make(chan checker.Verdict, 1)
	go func() {
		defer close(done)
		c.Reset(p.input)
		if p.tape != nil {
			c.Record(p.tape)
		}
		c.Strikes(p.meet)
		c.Trace(func(r sim.Record) {
			p.remember(r)
			if p.missing != nil && significant(r.Kind) {
				p.missing.see(r)
			}
			if p.causal {
				p.keep(r)
			} else if p.shows(r) {
				pen.Lock()
				p.print(t, r)
				pen.Unlock()
			}
		})
		for n := uint64(1); n <= p.most && ctx.Err() == nil; n++ { // where nobody reads any more, too: the status tells what came of it
			event.Store(n)
			v, judged := c.Run(n)
			p.hold(n, c)
			if judged {
				done <- v
				return
			}
		}
	}()
	for seen := uint64(0); ; {
		select {
		case v, judged := <-done:
			switch {
			case judged:
				return v, over
			case ctx.Err() != nil:
				return v, interrupted
			}
			return v, long
		case <-ctx.Done():
			select { // between two events it stops by itself
			case <-done:
			case <-time.After(time.Second):
			}
			return v, interrupted
		case <-time.After(p.patience):
			if now := event.Load(); now != seen || !pen.TryLock() {
				seen = now
				continue
			}
			return (&checker.Violation{Check: "watchdog", Shape: "a handler never returns", Detail: fmt.Sprintf(
				"event %d was still being handled after %v", seen, p.patience)}).Verdict(), hung
		}
	}
}

func (p *replay) print(t *term, r sim.Record) {
	line := timelineLine(r)
	if r.Kind == sim.Violation {
		line = t.paint(bad, line)
	}
	t.printf("%s\n", line)
}

// hold holds the run against the artifact's checkpoints.
func (p *replay) hold(event uint64, c scenarios.Cluster) {
	if p.follow == nil {
		return
	}
	if p.follow.Event(event, c.Hash()); p.follow.Matched == event {
		p.sameTo = faults.Span(c.Stats().Simulated)
		p.since = p.since[:0]
	}
}

// remember keeps the first records of the stretch in which the run may become another one than the artifact's.
func (p *replay) remember(r sim.Record) {
	const most = 3
	if p.follow != nil && p.follow.Differs == 0 && len(p.since) < most {
		p.since = append(p.since, r)
	}
}

// meet takes note of a message whose fate is not that of good weather.
func (p *replay) meet(e scenarios.Exception) {
	if name := nameOnly(e); len(p.input.Fates) > 0 {
		p.met[name] = true
	}
}

// nameOnly leaves of an exception what names its message.
func nameOnly(e scenarios.Exception) scenarios.Exception {
	return scenarios.Exception{From: e.From, To: e.To, Kind: e.Kind, Key: e.Key, Attempt: e.Attempt}
}

// printUnmet tells of exceptions without a message: another build may send others, or number them otherwise.
func (p *replay) printUnmet(t *term) {
	for i := range p.input.Fates {
		if e := &p.input.Fates[i]; e.Fate != netsim.Deliver && !p.met[nameOnly(*e)] {
			t.printf("the message of the exception %q was never sent\n", e.Describe(p.scenario.MessageNames()))
		}
	}
}

// keep gives a record its clock, and keeps it if it is to be shown.
func (p *replay) keep(r sim.Record) {
	x := scenarios.TimelineRecord(r)
	p.clocks.Stamp(&x)
	if p.shows(r) {
		p.kept = append(p.kept, x)
	}
}

// printCausal prints what was kept, every record after all that may have led to it.
func (p *replay) printCausal(t *term) {
	timeline.Causal(p.kept)
	for i := range p.kept {
		t.printf("%8d %s\n", p.kept[i].Lamport, recordLine(&p.kept[i]))
	}
}

// stage returns a cluster as it was at the time that states are asked for: the one given, if that is the end of its run.
func (p *replay) stage(c scenarios.Cluster) scenarios.Cluster {
	if p.at < 0 || int64(p.at) >= c.Stats().Simulated {
		return c
	}
	// The last event up to that time is found by going past it.
	past := p.scenario.NewCluster()
	past.Reset(p.input)
	n := uint64(0)
	for past.Stats().Simulated <= int64(p.at) {
		n++
		past.Run(n)
	}
	past.Reset(p.input)
	past.Run(n - 1)
	return past
}

// printStates tells the replicas' states by their digests, which are equal where the states are, and in words.
func (p *replay) printStates(t *term, c scenarios.Cluster) {
	s := c.Stats()
	t.printf("\nstates after event %d, at %v\n", s.Events, faults.Span(s.Simulated))
	for i := range p.input.Config.Nodes {
		id := node.ID(i + 1)
		state := c.AppendState(id, nil)
		if len(state) == 0 {
			t.printf("%-4v down\n", id.Addr())
			continue
		}
		digest := sim.Hash(0)
		digest.Bytes(state)
		t.printf("%-4v state %v of %s bytes\n", id.Addr(), digest, thousands(uint64(len(state))))
		for _, line := range c.Describe(id) {
			t.printf("       %s\n", line)
		}
	}
}

// conclude prints what came of the run and whether the artifact said so, and returns the exit status. A run that was given up has
// no hash.
func (p *replay) conclude(t *term, v checker.Verdict, hash sim.Hash, stats *scenarios.Stats) int {
	t.printf("\n%s seed %d: %s\n", p.scenario.Name, p.input.Seed, p.paintVerdict(t, v))
	if hash != 0 {
		t.printf("trace hash %v after %d events\n", hash, stats.Events)
	}
	if p.artifact == nil {
		return statusIn(p.scenario, v)
	}
	return p.compare(t, v, hash, stats)
}

func (p *replay) paintVerdict(t *term, v checker.Verdict) string {
	if v.Kind == checker.Pass {
		return t.paint(good, v.String())
	}
	return t.paint(bad, v.String())
}

func (p *replay) shows(r sim.Record) bool {
	if !p.wanted(r.Kind) || faults.Span(r.At) < p.from || p.until > 0 && faults.Span(r.At) > p.until {
		return false
	}
	if len(p.nodes) == 0 {
		return true
	}
	for _, a := range p.nodes {
		if a == r.Who || a == r.Peer {
			return true
		}
	}
	return false
}

// printMissing tells what the artifact's run has and this one lacks.
func (p *replay) printMissing(t *term, stats *scenarios.Stats) {
	inVain := idle(&p.input.Plan, stats, p.scenario.MessageNames())
	if len(inVain) > 0 && !p.verbose {
		t.printf("%d of its %d faults struck nothing; -v names them\n", len(inVain), len(p.input.Plan.Faults))
		inVain = nil
	}
	for _, text := range inVain {
		t.printf("the fault %q struck nothing\n", text)
	}
	if line, how := p.missing.first(); line != "" {
		t.printf("of what came last in the artifact's run, this is the first that %s in this one:\n%s\n", how, plain(line))
	} else if len(p.missing.lines) > 0 {
		t.printf("all that came last in the artifact's run came in this one too, but for the violation\n")
	}
}

// compare says whether the run was the artifact's.
func (p *replay) compare(t *term, v checker.Verdict, hash sim.Hash, stats *scenarios.Stats) int {
	a := p.artifact
	sameVerdict := v.Kind.String() == a.Verdict && v.Fingerprint == a.Fingerprint
	sameHash := hash.String() == a.TraceHash
	if sameVerdict {
		p.printUnmet(t) // before the last word
	}
	was := a.Verdict
	if a.Fingerprint != "" {
		was += ": " + oneLine(a.Fingerprint)
	}
	switch {
	case a.Edited() && sameVerdict:
		t.printf("same verdict as in the artifact, which was edited since, so that its trace hash is not compared\n")
	case a.Edited():
		t.printf("%s, which was %s; but it was edited since\n", t.paint(bad, "NOT the verdict of the artifact"), was)
	case sameVerdict && hash == 0:
		t.printf("same verdict as in the artifact; a run that never ends has no trace hash\n")
	case sameVerdict && sameHash:
		t.printf("same verdict and same trace hash as in the artifact\n")
	case sameVerdict:
		t.printf("same verdict as in the artifact, but %s, which was %s\n", t.paint(bad, "NOT the same trace hash"), a.TraceHash)
	default:
		t.printf("%s, which was %s, with trace hash %s\n", t.paint(bad, "NOT the verdict of the artifact"), was, a.TraceHash)
	}
	if !sameVerdict {
		p.printUnmet(t)
	}
	if !sameVerdict && !sameHash && hash != 0 && !a.Edited() {
		p.printMissing(t, stats)
	}
	if p.follow != nil && p.follow.Differs != 0 && hash != 0 && !a.Edited() {
		t.printf("the run is the artifact's up to event %d at %v, and another one by event %d; what comes first after that:\n", p.follow.Matched, p.sameTo, p.follow.Differs)
		for _, r := range p.since {
			t.printf("%s\n", timelineLine(r))
		}
		if line := p.missing.after(p.follow.Matched); line != "" && !sameVerdict {
			t.printf("where the artifact has:\n%s\n", plain(line))
		}
	}
	if !sameHash && !a.Edited() && a.Build.Sources == identity().Sources {
		t.printf("the build is the same and the trace hash is not: the run is not deterministic\n")
		return worse(statusOf(v), exitDiverged)
	}
	return statusIn(p.scenario, v)
}
