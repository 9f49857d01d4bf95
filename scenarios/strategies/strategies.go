// Package strategies decides which inputs to try in search of a bug, each strategy in a file of its own or a few lines here:
//
//	uniform    every kind of fault in every run
//	swarm      every kind of fault on or off by the seed; what "simrun run" does
//	priority   replicas have priorities, and a few moments are chosen at which one of them falls behind or fails
//
// Each makes an input of a seed, so a search does not depend on the number of workers. Each but swarm is here because there is a bug that it finds sooner, by a margin that
// chance does not explain. Guidance by new states, and a portfolio of all that divided its runs by what they yielded, were here too, and found no bug sooner: results/strategies.md.
package strategies

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"simrun/checker"
	"simrun/faults"
	"simrun/scenarios"
)

// Strategy makes up inputs.
type Strategy interface {
	// Next returns the input of a run with that seed. It is called by several workers at once.
	Next(seed uint64) scenarios.Input
}

// table holds the strategies.
var table = []struct {
	name, doc string
	make      func(s scenarios.Scenario, p faults.Profile) Strategy
}{
	{"uniform", "every kind of fault in every run", newUniform},
	{Swarm, "every kind of fault on or off by the seed", newSwarm},
	{"priority", "a few moments at which a replica falls behind or fails", newPriority},
}

// Swarm is the name of the strategy that is used unless another is asked for.
const Swarm = "swarm"

// Names returns the names of all strategies.
func Names() []string {
	names := make([]string, len(table))
	for i := range table {
		names[i] = table[i].name
	}
	return names
}

// Docs returns what each strategy does, in the order of Names.
func Docs() []string {
	docs := make([]string, len(table))
	for i := range table {
		docs[i] = table[i].doc
	}
	return docs
}

// New returns the strategy of that name.
func New(name string, s scenarios.Scenario, p faults.Profile) (Strategy, error) {
	for i := range table {
		if table[i].name == name {
			return table[i].make(s, p), nil
		}
	}
	return nil, fmt.Errorf("there is no strategy %q: there are %s", name, strings.Join(Names(), ", "))
}

// Search looks for a violation.
type Search struct {
	Scenario scenarios.Scenario
	Strategy string
	Profile  faults.Profile
	First    uint64 // seed of the first run; the next runs have the next seeds
	Budget   uint64 // runs
	Jobs     int    // workers
	Patience time.Duration
}

// Outcome is what came of a search.
type Outcome struct {
	Found   bool
	Runs    uint64           // until the violation, that run included; otherwise all
	Events  uint64           // simulated in them
	Result  scenarios.Result // the violation
	Species Species          // states seen
}

// Run searches until a violation is found or the budget is spent. An error is that of the context.
func (s Search) Run(ctx context.Context) (Outcome, error) {
	var o Outcome
	strategy, err := New(s.Strategy, s.Scenario, s.Profile)
	if err != nil {
		return o, err
	}
	sweep := scenarios.Sweep{
		Scenario: s.Scenario, Profile: s.Profile, Seeds: scenarios.SeedRange(s.First, s.Budget), Jobs: s.Jobs, Patience: s.Patience, Draw: strategy.Next,
	}
	err = sweep.Run(ctx, func(r scenarios.Result) bool {
		o.Runs++
		o.Events += r.Stats.Events
		o.Species.Add(r.States)
		if r.Verdict.Kind == checker.Violated {
			o.Found, o.Result = true, r
		}
		return !o.Found
	})
	return o, err
}

// swarm draws each input from its seed.
type swarm struct {
	scenario scenarios.Scenario
	profile  faults.Profile
}

func newSwarm(s scenarios.Scenario, p faults.Profile) Strategy { return swarm{s, p} }

func newUniform(s scenarios.Scenario, p faults.Profile) Strategy { return swarm{s, p.Always()} }

func (s swarm) Next(seed uint64) scenarios.Input {
	in := scenarios.Input{Seed: seed}
	in.Config, in.Plan = s.scenario.Draw(seed, s.profile)
	return in
}

// ordered sorts a plan by time.
func ordered(p *faults.Plan) {
	slices.SortStableFunc(p.Faults, func(a, b faults.Fault) int {
		switch {
		case a.At < b.At:
			return -1
		case a.At > b.At:
			return 1
		}
		return 0
	})
}
