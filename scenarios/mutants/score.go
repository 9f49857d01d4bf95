package mutants

import (
	"fmt"
	"math"
	"slices"
	"sort"
)

// Trial is one search for one mutant with one strategy, over a range of seeds of its own.
type Trial struct {
	Key         string  `json:"key"` // of the program
	Mutant      string  `json:"mutant"`
	Scenario    string  `json:"scenario"`
	Strategy    string  `json:"strategy"`
	Profile     string  `json:"profile"`
	First       uint64  `json:"first"`  // seed
	Budget      uint64  `json:"budget"` // runs
	Found       bool    `json:"found"`
	Runs        uint64  `json:"runs"` // until it was found, that run included; otherwise all
	Events      uint64  `json:"events"`
	Seconds     float64 `json:"seconds"` // of one worker, by the wall clock
	Seed        uint64  `json:"seed,omitempty"`
	Fingerprint string  `json:"fingerprint,omitempty"`
	Detail      string  `json:"detail,omitempty"`
}

// Check returns the name of the check that fired.
func (t *Trial) Check() string {
	for i := range len(t.Fingerprint) {
		if t.Fingerprint[i] == ':' {
			return t.Fingerprint[:i]
		}
	}
	return t.Fingerprint
}

// Unchanged is what stands for the name of a mutant where nothing was changed.
const Unchanged = "none"

// TrivialRuns is within how many runs without any fault a mutant is found that is trivial.
const TrivialRuns = 20

// Score sums up the trials of one mutant with one strategy.
type Score struct {
	Mutant   string         `json:"mutant"`
	Family   string         `json:"family,omitempty"`
	Needs    []string       `json:"needs,omitempty"`
	Scenario string         `json:"scenario"`
	Strategy string         `json:"strategy"`
	Profile  string         `json:"profile"`
	Without  string         `json:"without,omitempty"` // the family of faults that was left out of it to see what it is worth
	Budget   uint64         `json:"budget"`            // runs of a trial
	Trials   int            `json:"trials"`
	Found    int            `json:"found"`             // trials
	Trivial  bool           `json:"trivial"`           // found without faults, too: left out of medians over mutants
	Runs     Quartiles      `json:"runs"`              // until found
	Events   Quartiles      `json:"events"`            // simulated until found
	Seconds  Quartiles      `json:"seconds"`           // of one worker until found
	Total    uint64         `json:"total"`             // runs of all trials
	Rate     [2]float64     `json:"rate"`              // 95% interval of the chance that a run shows it
	Checks   map[string]int `json:"checks"`            // that fired, by how many trials
	Shapes   map[string]int `json:"shapes"`            // fingerprints, by how many trials
	Expected int            `json:"expected"`          // trials in which one of the expected checks fired
	Example  string         `json:"example,omitempty"` // the seed and the fingerprint of the first find
}

// Quartiles are those of times to detection. Trials that found nothing are known only to take longer than the budget: such a
// quartile is infinite, written as -1, and never left out.
type Quartiles struct {
	Low    float64 `json:"low"`
	Median float64 `json:"median"`
	High   float64 `json:"high"`
}

// Censored stands for a quartile that lies beyond the budget.
const Censored = -1

// quartiles returns those of the values found, out of n trials: the smallest value with at least that share at or below it.
func quartiles(found []float64, n int) Quartiles {
	sort.Float64s(found)
	at := func(quarters int) float64 {
		i := (quarters*n+3)/4 - 1
		if i < 0 || i >= len(found) {
			return Censored
		}
		return found[i]
	}
	return Quartiles{at(1), at(2), at(3)}
}

// Sum sums up the trials of one mutant, nil for none, with one strategy. There must be at least one.
func Sum(m *Mutant, trivial bool, trials []Trial) Score {
	s := Score{
		Mutant: trials[0].Mutant, Scenario: trials[0].Scenario, Strategy: trials[0].Strategy, Profile: trials[0].Profile, Budget: trials[0].Budget,
		Trials: len(trials), Trivial: trivial, Checks: map[string]int{}, Shapes: map[string]int{},
	}
	var runs, events, seconds []float64
	for i := range trials {
		t := &trials[i]
		s.Total += t.Runs
		if !t.Found {
			continue
		}
		s.Found++
		runs, events, seconds = append(runs, float64(t.Runs)), append(events, float64(t.Events)), append(seconds, t.Seconds)
		s.Checks[t.Check()]++
		s.Shapes[t.Fingerprint]++
		if s.Example == "" {
			s.Example = fmt.Sprintf("seed %d: %s", t.Seed, t.Fingerprint)
		}
		if m != nil && slices.Contains(m.Expect, t.Check()) {
			s.Expected++
		}
	}
	if m != nil {
		s.Family, s.Needs = m.Family, m.Needs
	}
	s.Runs, s.Events, s.Seconds = quartiles(runs, s.Trials), quartiles(events, s.Trials), quartiles(seconds, s.Trials)
	s.Rate[0], s.Rate[1] = Interval(uint64(s.Found), s.Total)
	return s
}

// Median returns the median, over mutants, of the median runs to detection; Censored if it lies beyond the budget. Trivial ones do not
// count. n is how many do.
func Median(scores []Score) (median float64, n int) {
	var found []float64
	for i := range scores {
		if s := &scores[i]; !s.Trivial && s.Mutant != Unchanged {
			n++
			if s.Runs.Median != Censored {
				found = append(found, s.Runs.Median)
			}
		}
	}
	return quartiles(found, n).Median, n
}

// Interval returns the exact 95% interval (Clopper and Pearson, 1934) of the chance of something that happened k times in n
// independent runs. Searches that stop at the first success make n random too, which changes it little.
func Interval(k, n uint64) (low, high float64) {
	const tail = 0.025
	if n == 0 {
		return 0, 1
	}
	high = 1
	if k > 0 {
		low = solve(func(p float64) bool { return 1-atMost(k-1, n, p) >= tail })
	}
	if k < n {
		high = solve(func(p float64) bool { return atMost(k, n, p) <= tail })
	}
	return low, high
}

// solve returns the smallest p for which f holds, if it does for all above.
func solve(f func(p float64) bool) float64 {
	low, high := 0.0, 1.0
	for range 60 {
		if mid := (low + high) / 2; f(mid) {
			high = mid
		} else {
			low = mid
		}
	}
	return high
}

// atMost returns the probability of at most k successes in n runs.
func atMost(k, n uint64, p float64) float64 {
	if p <= 0 {
		return 1
	}
	if p >= 1 {
		return 0
	}
	sum := 0.0
	all, _ := math.Lgamma(float64(n) + 1)
	for i := uint64(0); i <= k; i++ {
		a, _ := math.Lgamma(float64(i) + 1)
		b, _ := math.Lgamma(float64(n-i) + 1)
		sum += math.Exp(all - a - b + float64(i)*math.Log(p) + float64(n-i)*math.Log1p(-p))
	}
	return min(sum, 1)
}
