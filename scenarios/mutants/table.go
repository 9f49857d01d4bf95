package mutants

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// Board is a table of scores, with what was measured.
type Board struct {
	Tree     string   `json:"tree"` // digest of the sources
	Go       string   `json:"go"`
	Profile  string   `json:"profile"` // of faults
	Budget   uint64   `json:"budget"`  // runs of a trial
	Repeat   int      `json:"repeat"`  // trials of each mutant and strategy
	Stopped  bool     `json:"stopped,omitempty"`
	Scores   []Score  `json:"scores"`
	Ablated  []Score  `json:"ablated,omitempty"` // without a family of faults each
	Checks   []Check  `json:"checks,omitempty"`  // that there are
	Warnings []string `json:"warnings,omitempty"`
}

// Rows writes the board as a table: a heading, a row for each score, and lines of summary. Seconds depend on the machine, all else
// does not.
func (b *Board) Rows() (heading []string, rows [][]string, summary []string) {
	heading = []string{"bug", "scenario", "strategy", "profile", "needs", "found", "runs to find: median (quartiles)", "events", "seconds", "chance a run finds it, 95%", "fired", "as expected"}
	for i := range b.Scores {
		rows = append(rows, b.row(&b.Scores[i]))
	}
	for _, strategy := range b.strategies() {
		summary = append(summary, b.summary(strategy)...)
	}
	summary = append(summary, b.duelSummary()...)
	if len(b.Checks) > 0 {
		summary = append(summary, b.checkSummary())
	}
	list := b.Families()
	for i := range list {
		summary = append(summary, fmt.Sprintf("%s without %s: %d of %d bugs take twice as many runs, %d of them not by chance: %s",
			list[i].Strategy, list[i].Name, len(list[i].Doubled), list[i].Measured, len(list[i].Surely), list[i].verdict()))
	}
	return heading, rows, append(summary, b.Warnings...)
}

func (b *Board) row(s *Score) []string {
	name, expected := s.Mutant, "-"
	if s.Trivial {
		name += " (trivial)"
	}
	if s.Mutant == Unchanged {
		name = "none (the sources as they are)"
	} else if s.Found > 0 {
		expected = fmt.Sprintf("%d/%d", s.Expected, s.Found)
	}
	needs := strings.Join(s.Needs, ", ")
	if needs == "" {
		needs = "-"
	}
	return []string{
		name, s.Scenario, s.Strategy, s.Profile, needs, fmt.Sprintf("%d/%d", s.Found, s.Trials), s.runs(), number(s.Events.Median), seconds(s.Seconds.Median),
		rate(s), s.fired(), expected,
	}
}

func (s *Score) runs() string {
	beyond := func(v float64) string {
		if v == Censored {
			return ">" + number(float64(s.Budget))
		}
		return number(v)
	}
	if s.Found == 0 {
		return beyond(Censored)
	}
	return fmt.Sprintf("%s (%s to %s)", beyond(s.Runs.Median), beyond(s.Runs.Low), beyond(s.Runs.High))
}

// fired lists the checks, those that fired most often first.
func (s *Score) fired() string {
	names := byCount(s.Checks)
	for i, name := range names {
		if len(names) > 1 {
			names[i] = fmt.Sprintf("%s %d", name, s.Checks[name])
		}
	}
	if len(names) == 0 {
		return "-"
	}
	return strings.Join(names, ", ")
}

func rate(s *Score) string {
	if s.Found == 0 {
		return "below " + share(s.Rate[1])
	}
	return share(s.Rate[0]) + " to " + share(s.Rate[1])
}

func share(p float64) string { return twoDigits(100*p) + "%" }

// twoDigits writes two digits that count, and all of those before the point.
func twoDigits(v float64) string {
	if v >= 99.5 { // which rounds to three
		return fmt.Sprintf("%.0f", v)
	}
	return fmt.Sprintf("%.2g", v)
}

// number writes a whole number with commas, "-" for one that is not known.
func number(v float64) string {
	if v == Censored {
		return "-"
	}
	s := fmt.Sprintf("%.0f", math.Ceil(v))
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

func seconds(v float64) string {
	if v == Censored {
		return "-"
	}
	return twoDigits(v)
}

func (b *Board) strategies() (names []string) {
	for i := range b.Scores {
		if !slices.Contains(names, b.Scores[i].Strategy) {
			names = append(names, b.Scores[i].Strategy)
		}
	}
	return names
}

// summary tells how a strategy fared, and names the bugs that it did not find, or not always.
func (b *Board) summary(strategy string) []string {
	var scores []Score
	var never, sometimes []string
	all, found, always, trivial := 0, 0, 0, 0
	var clean, alarms uint64
	for i := range b.Scores {
		s := &b.Scores[i]
		if s.Strategy != strategy {
			continue
		}
		if s.Mutant == Unchanged {
			clean += s.Total
			alarms += uint64(s.Found)
			continue
		}
		scores = append(scores, *s)
		all++
		switch s.Found {
		case s.Trials:
			always++
		case 0:
			never = append(never, s.Mutant)
		default:
			sometimes = append(sometimes, s.Mutant)
		}
		if s.Found > 0 {
			found++
		}
		if s.Trivial {
			trivial++
		}
	}
	median, n := Median(scores)
	middle := fmt.Sprintf("half of the %d that are not trivial within %s runs", n, number(median))
	if median == Censored {
		middle = fmt.Sprintf("less than half of the %d that are not trivial", n)
	}
	lines := []string{fmt.Sprintf("%s: %d of %d bugs found (%s), %d in every search (%s), %s; %d trivial; %d false alarms in %s runs of the sources as they are",
		strategy, found, all, percent(found, all), always, percent(always, all), middle, trivial, alarms, number(float64(clean)))}
	if len(never) > 0 {
		lines = append(lines, fmt.Sprintf("%s did not find %s", strategy, strings.Join(never, ", ")))
	}
	if len(sometimes) > 0 {
		lines = append(lines, fmt.Sprintf("%s did not always find %s", strategy, strings.Join(sometimes, ", ")))
	}
	return lines
}

func percent(n, of int) string {
	if of == 0 {
		return "-"
	}
	return fmt.Sprintf("%d%%", 100*n/of)
}

// Markdown writes the board for people, with the command that made it.
func (b *Board) Markdown(command string) string {
	var w strings.Builder
	title := "How many runs until a bug shows"
	if len(b.strategies()) > 1 {
		title += ", by strategy"
	}
	fmt.Fprintf(&w, "# %s\n\n", title)
	fmt.Fprintf(&w, "Each row is a bug that a real system had, planted in the sources (scenarios/mutants), and a strategy that looks for it: %d searches of up to %s runs under the profile %s, "+
		"from different seeds. A search that finds nothing counts as one that takes longer than that. Seconds are those of one core, and the only column that depends on the machine. "+
		"A bug is trivial if %d runs without any fault show it; medians leave it out.\n\n", b.Repeat, number(float64(b.Budget)), b.Profile, TrivialRuns)
	fmt.Fprintf(&w, "Made by `%s`, %s, sources %s.\n\n", command, b.Go, b.Tree)
	heading, rows, summary := b.Rows()
	for _, line := range summary {
		fmt.Fprintf(&w, "- %s\n", line)
	}
	if b.Stopped {
		fmt.Fprintf(&w, "- stopped before all was done\n")
	}
	if names := b.strategies(); len(names) > 1 {
		w.WriteString("\n## Median runs by strategy\n\n")
		table(&w, append([]string{"bug"}, names...), b.compare(names))
		fmt.Fprintf(&w, "\n## Where strategies differ\n\nEach strategy against the first, on the bugs that are not trivial. It wins on a bug, or loses, if equal chances would show as large a difference, "+
			"on any bug, in less than %.0f%% of tables like this (binomial, corrected for the number of comparisons); the chances are those of a run, as 95%% intervals.\n\n", 100*level)
		duelHeading, duels := b.duelRows()
		table(&w, duelHeading, duels)
	}
	w.WriteString("\n## All figures\n\n")
	table(&w, heading, rows)
	if len(b.Checks) > 0 {
		w.WriteString("\n## What each check is worth\n\nA search ends with the first check that fires: a check that never is the first shows nothing on its own with these bugs.\n\n")
		heading, rows = b.checkRows()
		table(&w, heading, rows)
	}
	if len(b.Ablated) > 0 {
		fmt.Fprintf(&w, "\n## What each family of faults is worth\n\nThe bugs that are not trivial, looked for again from the same seeds under the same profile without one family of faults: plans are as they were, less its faults and "+
			"the weather of its kind. A search that takes %d times the median with all families is given up. A difference is not by chance if equal chances would show one as large "+
			"in less than %.0f%% of tables like this (binomial, corrected for the number of bugs).\n\n", CutAt, 100*level)
		heading, rows = b.familyRows()
		table(&w, heading, rows)
		w.WriteString("\nTimes as many runs, by the medians; > where most searches were given up, bold where it is not by chance:\n\n")
		heading, rows = b.ablationRows()
		table(&w, heading, rows)
	}
	return w.String()
}

// compare returns a row for each bug, with the median of each strategy.
func (b *Board) compare(names []string) (rows [][]string) {
	var order []string
	cells := map[string][]string{}
	for i := range b.Scores {
		s := &b.Scores[i]
		if s.Mutant == Unchanged {
			continue
		}
		row := cells[s.Mutant]
		if row == nil {
			order = append(order, s.Mutant)
			row = make([]string, len(names))
			for i := range row {
				row[i] = "-"
			}
			cells[s.Mutant] = row
		}
		text, _, _ := strings.Cut(s.runs(), " (")
		row[slices.Index(names, s.Strategy)] = text
	}
	for _, name := range order {
		rows = append(rows, append([]string{name}, cells[name]...))
	}
	return rows
}

func table(w *strings.Builder, heading []string, rows [][]string) {
	line := func(cells []string) { fmt.Fprintf(w, "| %s |\n", strings.Join(cells, " | ")) }
	line(heading)
	w.WriteString(strings.Repeat("|---", len(heading)) + "|\n")
	for _, row := range rows {
		line(row)
	}
}

// Text writes the board for a terminal.
func (b *Board) Text() string {
	var w strings.Builder
	heading, rows, summary := b.Rows()
	short := func(r []string) []string { return []string{r[0], r[2], r[5], r[6], r[8], r[10], r[11]} }
	lines := [][]string{{"bug", "strategy", "found", "runs: median (quartiles)", heading[8], heading[10], heading[11]}}
	for _, row := range rows {
		lines = append(lines, short(row))
	}
	width := make([]int, len(lines[0]))
	for _, line := range lines {
		for i, cell := range line {
			width[i] = max(width[i], len(cell))
		}
	}
	for _, line := range lines {
		var text strings.Builder
		for i, cell := range line {
			fmt.Fprintf(&text, "%-*s  ", width[i], cell)
		}
		fmt.Fprintln(&w, strings.TrimRight(text.String(), " "))
	}
	fmt.Fprintln(&w)
	for _, line := range summary {
		fmt.Fprintln(&w, line)
	}
	return w.String()
}
