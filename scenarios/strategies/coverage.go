package strategies

import (
	"simrun/faults"
	"simrun/scenarios"
	"simrun/sim/stream"
)

// coverage keeps inputs that showed states which no run before them did, and tries changes of their plans: what led to a new
// place may lead further (as in AFL; for states of a protocol, Ozkan et al. and Mocket do the like). Every other run is drawn afresh.
type coverage struct {
	fresh  swarm
	random stream.Stream
	seen   Species
	corpus []kept // the newest last
}

// kept is an input worth changing.
type kept struct {
	input scenarios.Input
	found int // new states
}

// maxCorpus bounds how many inputs are kept; the oldest go first.
const maxCorpus = 256

func newCoverage(s scenarios.Scenario, p faults.Profile, salt uint64) Strategy {
	return &coverage{fresh: swarm{s, p}, random: stream.New(salt, "coverage", 0)}
}

func (c *coverage) Next(number, seed uint64) scenarios.Input {
	in := c.fresh.Next(number, seed)
	if number%2 == 0 || len(c.corpus) == 0 {
		return in
	}
	// Of two, the one that found more; the newer half is twice as likely.
	n := uint64(len(c.corpus))
	pick := func() *kept {
		i := c.random.N(n + n/2)
		if i >= n {
			i -= n / 2
		}
		return &c.corpus[i]
	}
	a, b := pick(), pick()
	if b.found > a.found {
		a = b
	}
	// The configuration goes with the plan. The seed is new half of the time: then messages fare otherwise under the same faults.
	old := a.input
	if c.random.N(2) == 0 {
		seed = old.Seed
	}
	donor := c.fresh.scenario.DrawPlan(in.Seed, c.fresh.profile, &old.Config)
	changed := scenarios.Input{Seed: seed, Config: old.Config, Plan: mutate(&c.random, old.Plan, donor, &old.Config)}
	if c.fresh.scenario.Check(changed) != nil { // faults that came from different plans do not go together
		return in
	}
	return changed
}

func (c *coverage) Learn(r *scenarios.Result) {
	found := c.seen.Add(r.States)
	if found == 0 || len(r.Plan.Faults) > 200 {
		return
	}
	if len(c.corpus) == maxCorpus {
		c.corpus = append(c.corpus[:0], c.corpus[1:]...)
	}
	c.corpus = append(c.corpus, kept{r.Input, found})
}
