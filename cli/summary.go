package cli

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"simrun/checker"
	"simrun/faults"
	"simrun/scenarios"
	"simrun/scenarios/strategies"
)

// finish prints the summary of a scenario.
func (r *report) finish(stop stopped) {
	s := r.total
	if r.unsaved > 1 {
		fmt.Fprintf(r.term.err, "simrun: %s artifacts of %s were not saved\n", thousands(r.unsaved), r.scenario.Name)
	}
	if r.untold > 1 {
		fmt.Fprintf(r.term.err, "simrun: what belongs beside %s artifacts of %s was not saved\n", thousands(r.untold), r.scenario.Name)
	}
	if r.plan.json {
		r.writeJSON(r.summaryJSON(stop))
		return
	}
	row := func(label, format string, args ...any) {
		r.term.printf("  %-12s %s\n", label, fmt.Sprintf(format, args...))
	}
	if s.Runs == 0 {
		r.term.printf("%s: not run: stopped %s\n", r.term.paint(head, r.scenario.Name), stop)
		return
	}
	r.term.printf("%s: %s of %s, profile %s: %s\n", r.term.paint(head, r.scenario.Name),
		thousands(s.Runs), seeds(r.plan.seeds.Len()), r.plan.profile.Name, r.outcome())
	row("verdicts", "%s", r.verdictsLine())
	for _, name := range r.names {
		row("", "%s %s, first at seed %d", thousands(r.failures[name].count), name, r.failures[name].first)
	}
	row("operations", "%s called, %s finished (%s), %s unknown", thousands(s.Called), thousands(s.Finished), percent(s.Finished, s.Called), thousands(s.Unknown))
	row("simulated", "%s in %s events", simulated(s.Simulated), thousands(s.Events))
	row("replicas", "%s elections, %s crashes, %s restarts, %s slots chosen", thousands(s.Elections), thousands(s.Crashes), thousands(s.Restarts), thousands(s.Chosen))
	n := s.Net
	row("messages", "%s sent: %s dropped, %s blocked by partitions, %s repeated, %s overtaken, %s to hosts that were down,",
		thousands(n.Sent), thousands(n.Dropped), thousands(n.Blocked), thousands(n.Duplicated+n.Redelivered), thousands(n.Reordered), thousands(n.Deaf))
	row("", "%s damaged and found out, %s lost to full queues, %s with the %s connections that broke",
		thousands(n.Caught), thousands(n.Overflowed), thousands(n.Cut+n.Refused), thousands(n.Resets))
	label := "faults"
	for _, line := range wrapped(faultCounts(r.scenario, r.plan.profile, &s), 100) {
		row(label, "%s", line)
		label = ""
	}
	for i, line := range r.censusLines() {
		row([]string{"sometimes", ""}[min(i, 1)], "%s", line)
	}
	if !r.merged && r.species.Distinct() > 0 { // states of several processes cannot be told apart
		row("states", "%s", enough(&r.species))
	}
	if stop != notStopped {
		row("stopped", "%s, after %s of %s", stop, thousands(s.Runs), seeds(r.plan.seeds.Len()))
	}
}

// outcome says in a few words what came of the sweep.
func (r *report) outcome() string {
	switch contrast := r.scenario.Story != nil && r.scenario.Story.Expect != ""; {
	case contrast && r.status == exitPass:
		return r.term.paint(good, fmt.Sprintf("contrast: failed in %s of %s, as it must", thousands(r.verdicts[checker.Violated]), seeds(r.total.Runs)))
	case contrast && !r.shown:
		return r.term.paint(bad, "did not pass") + ": it is a contrast, and no seed failed as one must"
	case r.status != exitPass:
		return r.term.paint(bad, "did not pass")
	}
	return r.term.paint(good, "passed")
}

// enough tells whether more seeds are likely to show something new: states are those of replicas seen from far away.
func enough(s *strategies.Species) string {
	line := fmt.Sprintf("%s kinds seen, at least %s not yet", thousands(s.Distinct()), thousands(s.Missing()))
	switch {
	case s.Once() == 0:
		return line
	case s.Once() > s.Runs:
		tenths := s.Once() * 10 / s.Runs
		return fmt.Sprintf("%s; %s.%d new ones a seed", line, thousands(tenths/10), tenths%10)
	}
	if tenths := s.Runs * 10 / s.Once(); tenths < 100 {
		return fmt.Sprintf("%s; a new one every %d.%d seeds", line, tenths/10, tenths%10)
	}
	return fmt.Sprintf("%s; a new one every %s seeds", line, thousands(s.Runs/s.Once()))
}

// faultCounts tells of each kind of fault that began, or struck, how many did and how many messages or replicas they struck, and how many found their
// victim by its role.
func faultCounts(of scenarios.Scenario, p faults.Profile, s *scenarios.Stats) []string {
	var words []string
	for k := faults.Kind(1); k < faults.NumKinds; k++ {
		if of.Suffers(k, p) && s.Faults[k]+s.Struck[k] > 0 {
			words = append(words, fmt.Sprintf("%v %s/%s", k, thousands(s.Faults[k]), thousands(s.Struck[k])))
		}
	}
	if len(words) == 0 {
		return []string{"none"}
	}
	words[0] = "begun/struck: " + words[0]
	kinds := len(words)
	for r := faults.Role(1); r < faults.NumRoles; r++ {
		words = append(words, fmt.Sprintf("the %v %s", r, thousands(s.Roles[r])))
	}
	words[kinds] = "by role: " + words[kinds]
	return words
}

// censusLines tells how many of the states that runs should come to were reached, which were not, and with --sometimes how many runs came to each.
func (r *report) censusLines() []string {
	var never, missing, all []string
	reached := 0
	list := r.census()
	for _, c := range list {
		switch {
		case c.Runs > 0:
			reached++
		case c.Demanded:
			missing = append(missing, c.State)
		default:
			never = append(never, c.State)
		}
		all = append(all, fmt.Sprintf("%s %s (%s)", c.State, thousands(c.Runs), perSeed(c.Runs, r.total.Runs)))
	}
	lines := []string{fmt.Sprintf("%d of %d states reached", reached, len(list))}
	switch {
	case r.plan.sometimes:
		return append(lines, wrapped(all, 100)...)
	case len(missing) > 0:
		return append(lines, wrapped(append([]string{"never, which makes this sweep vacuous: " + missing[0]}, missing[1:]...), 100)...)
	case len(never) > 0:
		lines[0] += "; --sometimes names them"
	}
	return lines
}

// census is how often runs came to the states that they should come to.
func (r *report) census() []scenarios.Census { return r.scenario.Census(r.plan.profile, &r.total) }

// missed tells whether the sweep was to come to a state that it did not come to.
func (r *report) missed() bool {
	return slices.ContainsFunc(r.census(), func(c scenarios.Census) bool { return c.Demanded && c.Runs == 0 })
}

// perSeed writes n/runs with three digits behind the point.
func perSeed(n, runs uint64) string {
	thousandths := n * 1000 / max(runs, 1)
	return fmt.Sprintf("%d.%03d a seed", thousandths/1000, thousandths%1000)
}

// wrapped joins words with commas into lines of about that width.
func wrapped(words []string, width int) []string {
	lines := words[:1]
	for _, word := range words[1:] {
		last := &lines[len(lines)-1]
		if len(*last)+len(word) > width {
			*last += ","
			lines = append(lines, word)
			continue
		}
		*last += ", " + word
	}
	return lines
}

func (r *report) verdictsLine() string {
	var parts []string
	for k := checker.Pass; k <= checker.Nondeterministic; k++ {
		if n := r.verdicts[k]; n > 0 {
			parts = append(parts, fmt.Sprintf("%s %v", thousands(n), k))
		}
	}
	if len(parts) == 0 {
		return "none"
	}
	return strings.Join(parts, ", ")
}

type jsonSummary struct {
	Type     string            `json:"type"` // "summary"
	Scenario string            `json:"scenario"`
	Profile  string            `json:"profile"`
	Build    scenarios.Build   `json:"build"`
	Seeds    uint64            `json:"seeds"`           // asked for
	Share    *shardInfo        `json:"share,omitempty"` // of a sweep that was run in several
	Verdicts map[string]uint64 `json:"verdicts"`
	Faults   map[string]uint64 `json:"faults"`            // that began, by kind
	Struck   map[string]uint64 `json:"struck"`            // messages or replicas that they did something to, by kind
	Reached  map[string]uint64 `json:"sometimes"`         // runs that came to a state, or strokes of a fault
	Stopped  stopped           `json:"stopped,omitempty"` // what cut the sweep short
	Stats    scenarios.Stats   `json:"stats"`
	States   uint64            `json:"states"`  // told apart
	New      uint64            `json:"newSoon"` // expected of the next seed, in millionths
}

func (r *report) summaryJSON(stop stopped) jsonSummary {
	s := jsonSummary{
		Type: "summary", Scenario: r.scenario.Name, Profile: r.plan.profile.Name, Build: r.plan.build,
		Seeds: r.plan.seeds.Len(), Share: r.plan.share, Verdicts: map[string]uint64{}, Faults: map[string]uint64{}, Struck: map[string]uint64{}, Reached: map[string]uint64{}, Stopped: stop, Stats: r.total,
		States: r.species.Distinct(), New: r.species.Discovery(),
	}
	for k := checker.Pass; k <= checker.Nondeterministic; k++ {
		if n := r.verdicts[k]; n > 0 {
			s.Verdicts[k.String()] = n
		}
	}
	for k := faults.Kind(1); k < faults.NumKinds; k++ {
		s.Faults[k.String()] = r.total.Faults[k]
		s.Struck[k.String()] = r.total.Struck[k]
	}
	for _, c := range r.census() {
		s.Reached[c.State] = c.Runs
	}
	return s
}

// thousands writes a number with commas.
func thousands(n uint64) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// seeds counts seeds in words.
func seeds(n uint64) string {
	if n == 1 {
		return "1 seed"
	}
	return thousands(n) + " seeds"
}

func percent(n, of uint64) string {
	if of == 0 {
		return "none"
	}
	tenths := n * 1000 / of
	return fmt.Sprintf("%d.%d%%", tenths/10, tenths%10)
}

// simulated writes a simulated time for people.
func simulated(ns int64) string {
	return time.Duration(ns).Round(time.Millisecond).String()
}

// progress shows on stderr how far a sweep is.
type progress struct {
	term      *term
	name      string
	total     uint64
	seen      uint64
	failing   uint64
	simulated int64
	began     time.Time
	shown     time.Time
	onScreen  bool
}

func newProgress(t *term, name string, total uint64) *progress {
	now := time.Now()
	return &progress{term: t, name: name, total: total, began: now, shown: now}
}

func (p *progress) step(r scenarios.Result) {
	p.seen++
	p.simulated += r.Stats.Simulated
	if r.Verdict.Kind != checker.Pass {
		p.failing++
	}
	every := 10 * time.Second
	if p.term.live {
		every = 100 * time.Millisecond
	}
	if now := time.Now(); now.Sub(p.shown) >= every {
		p.shown = now
		p.show()
	}
}

func (p *progress) show() {
	line := fmt.Sprintf("%s %s of %s", p.name, thousands(p.seen), seeds(p.total))
	if p.total == 0 { // nobody knows how many there will be
		line = fmt.Sprintf("%s %s", p.name, seeds(p.seen))
	}
	if p.failing > 0 {
		line += fmt.Sprintf(", %s did not pass", thousands(p.failing))
	}
	if elapsed := time.Since(p.began); elapsed > time.Second {
		line += fmt.Sprintf(", %s seeds/s", thousands(uint64(float64(p.seen)/elapsed.Seconds())))
	}
	if !p.term.live {
		fmt.Fprintln(p.term.err, line)
		return
	}
	const width = 24
	full := int(min(p.seen, p.total) * width / max(p.total, 1))
	fmt.Fprintf(p.term.err, "\r\x1b[K[%s%s] %s", strings.Repeat("=", full), strings.Repeat(" ", width-full), line)
	p.onScreen = true
}

// clear takes the bar off the screen, before something else is written.
func (p *progress) clear() {
	if p.onScreen {
		fmt.Fprint(p.term.err, "\r\x1b[K")
		p.onScreen = false
	}
}

// done tells how fast it was. That goes to stderr: results do not depend on the machine.
func (p *progress) done() {
	p.clear()
	elapsed := time.Since(p.began).Seconds()
	if p.seen == 0 || elapsed <= 0 {
		return
	}
	fmt.Fprintf(p.term.err, "%s: %s in %.1f s, %s seeds/s, %s simulated seconds a second\n", p.name, seeds(p.seen), elapsed,
		thousands(uint64(float64(p.seen)/elapsed)), thousands(uint64(float64(p.simulated)/1e9/elapsed)))
}
