package cli

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"simrun/checker"
	"simrun/scenarios"
	"simrun/scenarios/timeline"
	"simrun/sim"
)

// takers are the commands that an artifact is for.
var takers = []string{"replay"}

// failure tells of a run that did not pass, in fixed sections, the last of which are lines to paste.
func (r *report) failure(result scenarios.Result, told *scenarios.Collected, file string) {
	t := r.term
	v := result.Verdict
	section := func(name string) { t.printf("  %s\n", t.paint(head, name)) }
	t.printf("%s seed %d: %s\n", r.scenario.Name, result.Seed, t.paint(bad, failureName(v)))
	if v.Detail != "" {
		t.printf("  %s\n", v.Detail)
	}
	if told != nil && len(told.Timeline.Story) > 0 {
		section("what happened")
		for i, sentence := range told.Timeline.Story {
			t.printf("    %2d. %s\n", i+1, sentence)
		}
	}
	section("configuration, drawn from profile " + r.plan.profile.Name)
	for _, line := range result.Config.Lines() {
		t.printf("    %s\n", line)
	}
	section("faults")
	for i := range result.Plan.Faults {
		t.printf("    %s\n", result.Plan.Faults[i].Describe(r.scenario.MessageNames()))
	}
	if len(result.Plan.Faults) == 0 {
		t.printf("    none\n")
	}
	if told != nil {
		section("last events")
		for _, line := range lastEvents(told, 12) {
			t.printf("    %s\n", line)
		}
	}
	section("again")
	if v.Kind == checker.Nondeterministic {
		t.printf("    %s run %s --seed %d --profile %s --check-determinism\n", again(), r.scenario.Name, result.Seed, r.plan.profile.Name)
	}
	if file != "" {
		for _, command := range takers {
			t.printf("    %s %s %s\n", again(), command, shellWord(file))
		}
		if v.Kind == checker.Violated && told != nil {
			t.printf("    %s shrink %s\n", again(), shellWord(file))
		}
		if module, _ := program(); module == simrunModule {
			where := "./scenarios"
			if r.scenario.Story != nil {
				where += "/gallery" // which knows the stories
			}
			from := `"$PWD"/`
			if filepath.IsAbs(file) {
				from = ""
			}
			t.printf("    SIMRUN_ARTIFACT=%s%s go test %s -run TestArtifactAgain -v\n", from, shellWord(file), where)
		}
	}
	t.printf("    %s replay --scenario %s --seed %d --profile %s\n\n", again(), r.scenario.Name, result.Seed, r.plan.profile.Name)
}

// lastEvents returns the last n significant lines of a run's timeline.
func lastEvents(told *scenarios.Collected, n int) []string {
	var lines []string
	for _, r := range slices.Backward(told.Timeline.Records) {
		if significantKinds[r.Kind] {
			lines = append(lines, recordLine(&r))
		}
		if len(lines) == n {
			break
		}
	}
	slices.Reverse(lines)
	return lines
}

// significant tells which records are in a timeline unless it is asked for others.
func significant(k sim.RecordKind) bool { return significantKinds[k.String()] }

var significantKinds = func() map[string]bool {
	kinds := map[string]bool{}
	for _, k := range []sim.RecordKind{
		sim.Crashed, sim.Started, sim.FaultOn, sim.FaultOff, sim.Called, sim.Returned, sim.Observed, sim.Logged, sim.PhaseSet, sim.Violation,
	} {
		kinds[k.String()] = true
	}
	return kinds
}()

func timelineLine(r sim.Record) string {
	x := scenarios.TimelineRecord(r)
	return recordLine(&x)
}

// recordLine writes a record: event, time in milliseconds, who, what, text.
func recordLine(r *timeline.Record) string {
	who := r.Who
	if r.Peer != "" {
		switch r.Kind {
		case sim.Sent.String(), sim.Lost.String(), sim.Copied.String():
			who += " -> " + r.Peer
		default:
			who += " <- " + r.Peer
		}
	}
	line := fmt.Sprintf("%8d %6d.%03dms  %-10s %-9s %s", r.Event, r.At/1_000_000, r.At/1000%1000, who, r.Kind, r.Text)
	return strings.TrimRight(line, " ")
}
