package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"simrun/checker/models"
	"simrun/scenarios"
)

// compareFlags are what "simrun compare" was asked for.
type compareFlags struct {
	out    string
	tables []string
	more   []string
}

func compareCommand(t *term, status *int) *cobra.Command {
	var f compareFlags
	c := &cobra.Command{
		Use: "compare", Short: "run protocols side by side under the same work and the same faults", Args: noArguments,
		Long: "Compare runs protocols for a replicated store under the same clients, the same network and the same faults, and writes tables in Markdown: messages, bytes and round trips " +
			"a command, throughput and latency against batches, window, size, distance and loss, and for how long nobody is served after a crash and in each partition. All times " +
			"are simulated, so the same program writes the same page on every machine. A program that has more protocols compares them too: etcd-raft if it is there, and what --scenario names.",
		RunE: func(c *cobra.Command, _ []string) error {
			if c.Flags().Changed("out") {
				if err := checkOut(f.out, true); err != nil {
					return err
				}
			}
			s, err := f.run(c.Context(), t)
			*status = s
			return err
		},
	}
	fs := c.Flags()
	fs.StringVar(&f.out, "out", "", "write comparison.md and its plots to this directory, too")
	fs.StringSliceVar(&f.tables, "table", nil, "only these tables: "+strings.Join(comparisonNames(), ", "))
	fs.StringSliceVar(&f.more, "scenario", nil, "compare these scenarios, too: of a store that takes compare-and-sets")
	return c
}

// contender is a protocol that takes part.
type contender struct {
	name     string
	scenario string
	knobs    map[string]int64 // in which it differs from a calm configuration
	pipes    bool             // it has the knobs window and batch
	nodes    int              // it makes no sense with fewer
}

// contenders are those that take part if their scenarios are there.
var contenders = []contender{
	{name: "Paxos for each command", scenario: "paxos-log"},
	{name: "Multi-Paxos", scenario: "kv", pipes: true},
	{name: "Multi-Paxos, phase 2 small", scenario: "kv", knobs: map[string]int64{"phase2": 1}, pipes: true, nodes: 4},
	{name: "CASPaxos", scenario: "lightweight"},
	{name: "Raft (etcd)", scenario: "etcd-raft"},
}

// present returns the contenders that this program has.
func (f *compareFlags) present() (list []contender, err error) {
	for _, c := range contenders {
		if _, err := scenarios.Find(c.scenario); err == nil {
			list = append(list, c)
		}
	}
	for _, name := range f.more {
		s, err := scenarios.Find(name)
		if err != nil {
			return nil, err
		}
		if model := modelOf(s); model != models.KV.Name {
			return nil, fmt.Errorf("--scenario %s: its clients see a %s, and only stores that take compare-and-sets can be compared (model %s)", name, model, models.KV.Name)
		}
		list = append(list, contender{name: name, scenario: name})
	}
	return list, nil
}

// modelOf returns the name of what a scenario's clients see.
func modelOf(s scenarios.Scenario) string {
	c := s.NewCluster()
	defer c.Close()
	return c.Model()
}

func comparisonNames() (names []string) {
	for _, c := range comparisons {
		names = append(names, c.name)
	}
	return names
}

func (f *compareFlags) run(ctx context.Context, t *term) (int, error) {
	list, err := f.present()
	if err != nil {
		return exitUsage, err
	}
	if f.out != "" {
		if err := checkFolder("--out "+f.out, f.out); err != nil {
			return exitUsage, err
		}
	}
	for _, name := range f.tables {
		if !slices.Contains(comparisonNames(), name) {
			return exitUsage, fmt.Errorf("there is no table %q: there are %s", name, strings.Join(comparisonNames(), ", "))
		}
	}
	b := arena{ctx: ctx, contenders: list, facts: facts{messages: map[string]map[int]float64{}, trips: map[string]float64{}, silence: map[string]float64{}}, note: &notice{term: t, shown: time.Now()}}
	var page bytes.Buffer
	head := comparisonHead(list)
	page.WriteString(head)
	t.printf("%s", head)
	for _, c := range comparisons {
		if len(f.tables) > 0 && !slices.Contains(f.tables, c.name) {
			continue
		}
		x, err := c.measure(&b)
		b.note.clear()
		switch {
		case ctx.Err() != nil:
			return exitInterrupted, f.interrupted(t, page)
		case err != nil:
			return exitUnproved, err
		}
		text := x.markdown(c.name)
		page.WriteString(text)
		t.printf("%s", text)
		if f.out != "" {
			if err := x.draw(f.out, c.name); err != nil {
				return exitUnproved, fmt.Errorf("a plot could not be written: %w", err)
			}
		}
	}
	if len(f.tables) == 0 {
		page.WriteString(b.facts.claims())
		t.printf("%s", b.facts.claims())
	}
	if f.out != "" {
		if err := scenarios.WriteFile(filepath.Join(f.out, "comparison.md"), page.Bytes()); err != nil {
			return exitUnproved, fmt.Errorf("the page could not be written: %w", err)
		}
	}
	return exitPass, t.failed()
}

// interrupted marks the page as one that lacks tables, and keeps it unless there is a whole one.
func (f *compareFlags) interrupted(t *term, page bytes.Buffer) error {
	const mark = "**Interrupted: the tables that come after this one were not measured.**\n"
	t.printf("%s", mark)
	file := filepath.Join(f.out, "comparison.md")
	switch {
	case f.out == "":
		return t.failed()
	case exists(file):
		fmt.Fprintf(t.err, "simrun: %s is left as it was, since not all was measured\n", file)
		return t.failed()
	}
	page.WriteString(mark)
	if err := scenarios.WriteFile(file, page.Bytes()); err != nil {
		return fmt.Errorf("the page could not be written: %w", err)
	}
	return t.failed()
}

// comparisonHead says how the page is made and who is on it.
func comparisonHead(list []contender) string {
	var w strings.Builder
	fmt.Fprintf(&w, "# Protocols side by side\n\nMade by `%s compare --out ", again())
	module, _ := program()
	if folder, inside := strings.CutPrefix(module, simrunModule+"/"); inside {
		fmt.Fprintf(&w, "%sresults` in %s", strings.Repeat("../", 1+strings.Count(folder, "/")), folder)
	} else {
		w.WriteString("results`")
	}
	w.WriteString(". All run the same commands, compare-and-sets of which each client has a key of its own, on the same network, under the same faults. " +
		"Times are simulated: every message takes 1 ms unless something else is said, and every group commit 0.2 ms, so the same program writes the same page on every machine.\n\n" +
		"*Paxos for each command* is a log whose every slot is a single decree with both phases and without a leader. *Multi-Paxos* has a stable leader and majorities; with *phase 2 small* phase 2 takes one " +
		"replica less than a majority, and phase 1 one more. *CASPaxos* has no log: each key is a register with ballots of its own, at any replica, in two phases. ")
	if slices.ContainsFunc(list, func(c contender) bool { return c.scenario == "etcd-raft" }) {
		w.WriteString("*Raft (etcd)* is go.etcd.io/raft, unmodified, behind an adapter; it has batches of its own making, and no knobs for them here. ")
	}
	w.WriteString("Latency is what clients see, their own way to the replica and back included.\n\n")
	return w.String()
}

// errNoAnswers is a run in which nothing was measured.
var errNoAnswers = errors.New("no command was completed")
