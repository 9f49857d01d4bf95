// Package strategies decides which inputs to try in search of a bug, each strategy in a file of its own:
//
//	uniform    every kind of fault in every run
//	swarm      every kind of fault on or off by the seed; what "simrun run" does
//	priority   replicas have priorities, and a few moments are chosen at which one of them falls behind or fails
//	coverage   plans that led to new states are changed a little and tried again
//	portfolio  all of these, more of those that find more new states for their events
//
// A strategy makes generations of inputs, and learns from the results of one before it makes the next. Generations have a fixed
// size, so a search does not depend on the number of workers.
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
	"simrun/sim/stream"
)

// Generation is how many inputs are made before results are learned from.
const Generation = 64

// Strategy makes up inputs.
type Strategy interface {
	// Next returns the input of the number-th run of a search, whose seed is the one given. All inputs of a generation are
	// asked for before any of its results is known.
	Next(number, seed uint64) scenarios.Input
	// Learn takes note of a result. Results come in the order in which their inputs were asked for.
	Learn(r *scenarios.Result)
}

// strategy is an entry of the table of strategies.
type strategy struct {
	name, doc string
	make      func(s scenarios.Scenario, p faults.Profile, salt uint64) Strategy
}

// table is filled in by init since portfolio refers to the others.
var table []strategy

func init() {
	table = []strategy{
		{"uniform", "every kind of fault in every run", newUniform},
		{Swarm, "every kind of fault on or off by the seed", newSwarm},
		{"priority", "a few moments at which a replica falls behind or fails", newPriority},
		{"coverage", "plans that led to new states, changed a little", newCoverage},
		{"portfolio", "all of these, by what they yield", newPortfolio},
	}
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

// New returns the strategy of that name. Its own decisions are drawn from the salt.
func New(name string, s scenarios.Scenario, p faults.Profile, salt uint64) (Strategy, error) {
	for i := range table {
		if table[i].name == name {
			return table[i].make(s, p, salt), nil
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
	strategy, err := New(s.Strategy, s.Scenario, s.Profile, stream.Mix(s.First, stream.Name("strategy")))
	if err != nil {
		return o, err
	}
	inputs := make([]scenarios.Input, 0, Generation)
	for o.Runs < s.Budget && !o.Found {
		inputs = inputs[:0]
		for i := range min(Generation, s.Budget-o.Runs) {
			inputs = append(inputs, strategy.Next(o.Runs+i, s.First+o.Runs+i))
		}
		sweep := scenarios.Sweep{
			Scenario: s.Scenario, Profile: s.Profile, Seeds: scenarios.SeedRange(0, uint64(len(inputs))), Jobs: s.Jobs, Patience: s.Patience,
			Draw: func(i uint64) scenarios.Input { return inputs[i] },
		}
		err := sweep.Run(ctx, func(r scenarios.Result) bool {
			o.Runs++
			o.Events += r.Stats.Events
			o.Species.Add(r.States)
			if r.Verdict.Kind == checker.Violated {
				o.Found, o.Result = true, r
				return false
			}
			strategy.Learn(&r)
			return true
		})
		if err != nil {
			return o, err
		}
	}
	return o, nil
}

// swarm draws each input from its seed.
type swarm struct {
	scenario scenarios.Scenario
	profile  faults.Profile
}

func newSwarm(s scenarios.Scenario, p faults.Profile, _ uint64) Strategy { return swarm{s, p} }

func newUniform(s scenarios.Scenario, p faults.Profile, _ uint64) Strategy {
	return swarm{s, p.Always()}
}

func (s swarm) Next(_, seed uint64) scenarios.Input {
	in := scenarios.Input{Seed: seed}
	in.Config, in.Plan = s.scenario.Draw(seed, s.profile)
	return in
}

func (swarm) Learn(*scenarios.Result) {}

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
