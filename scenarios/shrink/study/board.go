package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// board is what is told of all bugs.
type board struct {
	cases  []result
	diffs  []string
	budget uint64
}

// line tells of one bug.
func (r *result) line() string {
	switch {
	case r.Missed != "":
		return fmt.Sprintf("%s: %s", r.Bug, r.Missed)
	case r.Wrong != "":
		return fmt.Sprintf("%s: %s", r.Bug, r.Wrong)
	}
	return fmt.Sprintf("%s: %d faults to %d, %d operations to %d, %d events to %d, in %.1f s (%.1f s of cpu)",
		r.Bug, r.Before.mishaps(), r.After.mishaps(), r.Before.Operations, r.After.Operations, r.Before.Events, r.After.Events, r.Seconds, r.CPU)
}

// losses tells which changes the small case does not outlive, a line each.
func (r *result) losses() string {
	if len(r.Outlived) == 0 {
		return ""
	}
	text := r.Bug + " is replayed after all changes\n"
	for _, diff := range slices.Sorted(maps.Keys(r.Outlived)) {
		if why := r.Outlived[diff]; why != "" {
			text += fmt.Sprintf("  does not outlive %s: %s\n", diff, why)
		}
	}
	return text
}

// mishaps counts faults and single messages whose fate is fixed.
func (z size) mishaps() int { return z.Faults + z.Messages }

// shrunk returns the bugs that there is a small case of.
func (b *board) shrunk() (list []result) {
	for _, c := range b.cases {
		if c.Missed == "" && c.Wrong == "" {
			list = append(list, c)
		}
	}
	return list
}

// median returns the lower one of a figure.
func (b *board) median(of func(*result) float64) float64 {
	var list []float64
	for _, c := range b.shrunk() {
		list = append(list, of(&c))
	}
	if len(list) == 0 {
		return 0
	}
	slices.Sort(list)
	return list[(len(list)-1)/2]
}

// outlived counts the small cases that still fail after a change, of how many that were tried.
func (b *board) outlived(diff string) (n, of int) {
	for _, c := range b.shrunk() {
		why, ok := c.Outlived[diff]
		if ok {
			of++
		}
		if ok && why == "" {
			n++
		}
	}
	return n, of
}

// changed counts the small cases of a scenario, or of all if it is "", and those of them that are other runs after a change.
func (b *board) changed(diff, scenario string) (n, of int) {
	for _, c := range b.shrunk() {
		changed, ok := c.Changed[diff]
		if ok && (scenario == "" || c.Scenario == scenario) {
			of++
			if changed {
				n++
			}
		}
	}
	return n, of
}

// columns are the figures of a bug, before and after.
var columns = []struct {
	name string
	of   func(z *size) float64
}{
	{"faults", func(z *size) float64 { return float64(z.mishaps()) }},
	{"operations", func(z *size) float64 { return float64(z.Operations) }},
	{"replicas", func(z *size) float64 { return float64(z.Replicas) }},
	{"clients", func(z *size) float64 { return float64(z.Clients) }},
	{"events", func(z *size) float64 { return float64(z.Events) }},
	{"messages", func(z *size) float64 { return float64(z.Sent) }},
	{"sentences", func(z *size) float64 { return float64(z.Story) }},
}

func seconds(r *result) float64 { return r.Seconds }
func cpu(r *result) float64     { return r.CPU }

func (b *board) markdown() string {
	var t strings.Builder
	fmt.Fprintf(&t, `# Shrinking

The bugs of [scenarios/mutants](../scenarios/mutants), but for those of the stories, planted one at a time: the first seed of %d that finds each, and the smallest case that fails
in the same way. Every find was replayed with the same trace hash, and so was every small case; the sources without the bug pass all of them, or find that more
was destroyed than the group can survive. Faults
include single messages whose fate is fixed, operations are those that clients called until the run failed, messages those that were
sent, sentences those of the story. Seconds are those of %s on two cores, by the wall clock and of cpu. Made by

`+"```sh\ngo run ./scenarios/shrink/study -survive -out results/shrink.md\n```\n\n", b.budget, "`simrun shrink`")
	t.WriteString("| bug | check |")
	for _, c := range columns {
		t.WriteString(" " + c.name + " |")
	}
	t.WriteString(" seconds | cpu |\n|---|---|" + strings.Repeat("---|", len(columns)+2) + "\n")
	for _, c := range b.shrunk() {
		fmt.Fprintf(&t, "| %s | %s |", c.Bug, c.Check)
		for _, k := range columns {
			fmt.Fprintf(&t, " %.0f → %.0f |", k.of(&c.Before), k.of(&c.After))
		}
		fmt.Fprintf(&t, " %.1f | %.1f |\n", c.Seconds, c.CPU)
	}
	t.WriteString("| **median** | |")
	for _, k := range columns {
		fmt.Fprintf(&t, " %.0f → %.0f |", b.median(func(r *result) float64 { return k.of(&r.Before) }), b.median(func(r *result) float64 { return k.of(&r.After) }))
	}
	fmt.Fprintf(&t, " %.1f | %.1f |\n", b.median(seconds), b.median(cpu))
	b.others(&t)
	b.changes(&t)
	return t.String()
}

// others lists the bugs without a small case.
func (b *board) others(t *strings.Builder) {
	for i, c := range slices.DeleteFunc(slices.Clone(b.cases), func(c result) bool { return c.Missed == "" && c.Wrong == "" }) {
		if i == 0 {
			t.WriteString("\nNo case of these:\n\n")
		}
		fmt.Fprintf(t, "- %s: %s\n", c.Bug, c.Missed+c.Wrong)
	}
}

// changes tells which cases outlive unrelated changes.
func (b *board) changes(t *strings.Builder) {
	if _, tried := b.outlived(b.diffs[0]); tried == 0 {
		return
	}
	t.WriteString("\n## After unrelated changes\n\nEach small case was replayed after each of these changes of the sources, with the bug still in them " +
		"([scenarios/shrink/testdata/unrelated](../scenarios/shrink/testdata/unrelated)).\n\n" +
		"A change that a case's run does not come to leaves it the same run; those that do are counted, too.\n\n| change | cases | other runs | still fail in the same way |\n|---|---|---|---|\n")
	var lost []string
	for _, diff := range b.diffs {
		n, of := b.outlived(diff)
		changed, _ := b.changed(diff, "")
		fmt.Fprintf(t, "| %s | %d | %d | %d (%.0f%%) |\n", diff, of, changed, n, 100*float64(n)/float64(max(of, 1)))
		for _, c := range b.shrunk() {
			if why := c.Outlived[diff]; why != "" {
				lost = append(lost, fmt.Sprintf("- %s after %s: %s\n", c.Bug, diff, why))
			}
		}
	}
	if len(lost) > 0 {
		t.WriteString("\nThose that do not, and why, as `simrun replay` says:\n\n" + strings.Join(lost, ""))
	}
}

// summary is one line.
func (b *board) summary() string {
	text := fmt.Sprintf("shrunk: %d of %d bugs, in the median %.0f faults to %.0f, %.0f operations to %.0f, %.0f events to %.0f, in %.1f s",
		len(b.shrunk()), len(b.cases),
		b.median(func(r *result) float64 { return columns[0].of(&r.Before) }), b.median(func(r *result) float64 { return columns[0].of(&r.After) }),
		b.median(func(r *result) float64 { return columns[1].of(&r.Before) }), b.median(func(r *result) float64 { return columns[1].of(&r.After) }),
		b.median(func(r *result) float64 { return float64(r.Before.Events) }), b.median(func(r *result) float64 { return float64(r.After.Events) }), b.median(seconds))
	for _, diff := range b.diffs {
		if n, of := b.outlived(diff); of > 0 {
			text += fmt.Sprintf("; %d of %d outlive %s", n, of, diff)
		}
	}
	return text
}

// What the median small case may have, how long it may take to get it, in seconds, and how many of a hundred cases must outlive a change.
const (
	mostFaults     = 3
	mostOperations = 5
	mostSeconds    = 60
	leastOutlived  = 90
)

// enough cases of a scenario must have one that comes to a change; of a few, one may not outlive a change, though it is more than the limit.
const (
	enough = 10
	few    = 3
)

// mostLost is how many of the cases need not outlive a change.
func mostLost(of int) int {
	if lost := of * (100 - leastOutlived) / 100; lost > 0 || of < few {
		return lost
	}
	return 1
}

func (b *board) scenarios() (list []string) {
	for _, c := range b.cases {
		list = append(list, c.Scenario)
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// wrong lists what does not hold.
func (b *board) wrong() (list []string) {
	if n := b.median(func(r *result) float64 { return columns[0].of(&r.After) }); n > mostFaults {
		list = append(list, fmt.Sprintf("the median case has %.0f faults", n))
	}
	if n := b.median(func(r *result) float64 { return columns[1].of(&r.After) }); n > mostOperations {
		list = append(list, fmt.Sprintf("the median case has %.0f operations", n))
	}
	if n := b.median(seconds); n >= mostSeconds {
		list = append(list, fmt.Sprintf("shrinking took %.0f s in the median", n))
	}
	for _, c := range b.cases {
		if c.Wrong != "" {
			list = append(list, c.Bug+": "+c.Wrong)
		} else if c.Missed == "" && !c.Minimal {
			list = append(list, c.Bug+": its small case is not minimal")
		}
	}
	for _, diff := range b.diffs {
		if n, of := b.outlived(diff); of-n > mostLost(of) {
			list = append(list, fmt.Sprintf("only %d of %d cases outlive %s", n, of, diff))
		}
		for _, scenario := range b.scenarios() {
			if n, of := b.changed(diff, scenario); n == 0 && of >= enough {
				list = append(list, fmt.Sprintf("%s proves nothing: none of the %d cases of %s comes to it", diff, of, scenario))
			}
		}
	}
	return list
}
