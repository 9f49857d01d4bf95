package main

import (
	"encoding/json"
	"fmt"
	"strings"

	"simrun/checker"
	"simrun/scenarios"
	"simrun/sim"
)

// failure tells of a run that did not pass, in fixed sections, the last of which are lines to paste.
func (r *report) failure(result scenarios.Result, file string) {
	t := r.term
	v := result.Verdict
	section := func(name string) { t.printf("  %s\n", t.paint(head, name)) }
	t.printf("%s seed %d: %s\n", r.scenario.Name, result.Seed, t.paint(bad, failureName(v)))
	if v.Detail != "" {
		t.printf("  %s\n", v.Detail)
	}
	section("configuration, drawn from profile " + r.plan.profile.Name)
	for _, line := range configLines(result.Config) {
		t.printf("    %s\n", line)
	}
	section("faults")
	for i := range result.Plan.Faults {
		t.printf("    %s\n", result.Plan.Faults[i].Describe())
	}
	if len(result.Plan.Faults) == 0 {
		t.printf("    none\n")
	}
	if result.Hash != 0 {
		section("last events")
		for _, line := range lastEvents(r.scenario, result, 12) {
			t.printf("    %s\n", line)
		}
	}
	section("again")
	if v.Kind == checker.Nondeterministic {
		t.printf("    go run ./cmd/simrun run %s --seed %d --profile %s --check-determinism\n", r.scenario.Name, result.Seed, r.plan.profile.Name)
	}
	if file != "" {
		t.printf("    go run ./cmd/simrun replay %s\n", shellWord(file))
	}
	t.printf("    go run ./cmd/simrun replay --scenario %s --seed %d --profile %s\n\n", r.scenario.Name, result.Seed, r.plan.profile.Name)
}

// configLines tells a configuration in a few lines, in the words of an artifact.
func configLines(c scenarios.Config) []string {
	text, err := json.Marshal(c)
	if err != nil {
		panic("simrun: a configuration cannot be written as JSON: " + err.Error())
	}
	const width = 100
	words := strings.Split(strings.NewReplacer("\"", "", ":{", " {", ":", " ").Replace(string(text[1:len(text)-1])), ",")
	return wrapped(words, width)
}

// lastEvents runs the input again and returns the last n significant lines of its timeline.
func lastEvents(s scenarios.Scenario, result scenarios.Result, n int) []string {
	var lines []string
	c := s.NewCluster()
	c.Reset(result.Seed, result.Config, result.Plan)
	c.Trace(func(r sim.Record) {
		if significant(r.Kind) {
			if len(lines) == 2*n {
				lines = lines[:copy(lines, lines[n:])]
			}
			lines = append(lines, timelineLine(r))
		}
	})
	for until := result.Stats.Events; ; until += 1 << 16 {
		if _, done := c.Run(until); done || until > 2*result.Stats.Events+1<<20 {
			return lines[max(0, len(lines)-n):]
		}
	}
}

// significant tells which records are in a timeline unless it is asked for others.
func significant(k sim.RecordKind) bool {
	switch k {
	case sim.Crashed, sim.Started, sim.FaultOn, sim.FaultOff, sim.Called, sim.Returned, sim.Observed, sim.Logged, sim.PhaseSet, sim.Violation:
		return true
	}
	return false
}

// timelineLine writes a record: event, time in milliseconds, who, what, text.
func timelineLine(r sim.Record) string {
	who, text := "", r.Text
	if r.Who != 0 {
		who = r.Who.String()
	}
	if r.Peer != 0 {
		switch r.Kind {
		case sim.Sent, sim.Lost, sim.Copied:
			who += " -> " + r.Peer.String()
		default:
			who += " <- " + r.Peer.String()
		}
	}
	line := fmt.Sprintf("%8d %6d.%03dms  %-10s %-9s %s", r.Event, r.At/1_000_000, r.At/1000%1000, who, r.Kind, text)
	return strings.TrimRight(line, " ")
}
