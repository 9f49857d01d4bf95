package cli

import (
	"strconv"
	"strings"

	"simrun/faults"
	"simrun/scenarios"
	"simrun/sim"
)

// missing finds out which of an artifact's last events a run has not. Times and numbers of events are let be: they move with every change of the sources.
type missing struct {
	lines []string       // of the artifact
	texts []string       // what happened in each
	came  map[string]int // how often each of the texts did in the run
	next  int            // the first that did not come after those before it
}

func missingOf(lastEvents []string) *missing {
	m := &missing{came: map[string]int{}}
	for _, line := range lastEvents {
		_, text, ok := strings.Cut(line, "ms  ")
		kind := strings.Fields(text)
		if !ok || len(kind) < 2 || kind[1] == sim.Logged.String() || kind[0] == sim.Violation.String() || kind[1] == sim.Violation.String() {
			continue // what a protocol logs changes nothing, and that the violation is missing is said already
		}
		m.lines, m.texts = append(m.lines, line), append(m.texts, text)
		m.came[text] = 0
	}
	return m
}

// see is told of every significant record of the run.
func (m *missing) see(r sim.Record) {
	_, text, _ := strings.Cut(timelineLine(r), "ms  ")
	n, wanted := m.came[text]
	if !wanted {
		return
	}
	m.came[text] = n + 1
	if m.next < len(m.texts) && m.texts[m.next] == text {
		m.next++
	}
}

// first returns the first line that the run lacks, or that came in another order; nothing if there is none.
func (m *missing) first() (line, how string) {
	wanted := map[string]int{}
	for i, text := range m.texts {
		if wanted[text]++; m.came[text] < wanted[text] {
			return m.lines[i], "never came"
		}
	}
	if m.next < len(m.lines) {
		return m.lines[m.next], "came before what it came after"
	}
	return "", ""
}

// after returns the first of the artifact's last events that came after an event, and nothing where that is not known.
func (m *missing) after(event uint64) string {
	for i, line := range m.lines {
		number, _, _ := strings.Cut(strings.TrimSpace(line), " ")
		if n, err := strconv.ParseUint(number, 10, 64); err == nil && n > event {
			if i == 0 && event > 0 {
				return "" // there may have been others before it, which the artifact does not have
			}
			return line
		}
	}
	return ""
}

// idle returns the faults of a plan of which none of the same kind struck anything, in words.
func idle(plan *faults.Plan, s *scenarios.Stats, messages []string) (list []string) {
	for i := range plan.Faults {
		if f := &plan.Faults[i]; s.Struck[f.Kind] == 0 {
			list = append(list, f.Describe(messages))
		}
	}
	return list
}
