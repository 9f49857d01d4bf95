package strategies

import (
	"simrun/faults"
	"simrun/scenarios"
	"simrun/sim/stream"
)

// portfolio divides the runs among the other strategies. Each gets a small share always, and the rest goes by what they yielded of
// late: states new to all, by simulated events.
type portfolio struct {
	arms   []arm
	random stream.Stream
	seen   Species
	asked  []int // arms in the order in which inputs were asked for, whose results are to come
}

type arm struct {
	strategy      Strategy
	fresh, events uint64 // yield, fading with time
	asked         uint64 // runs
}

func newPortfolio(s scenarios.Scenario, p faults.Profile, salt uint64) Strategy {
	f := &portfolio{random: stream.New(salt, "portfolio", 0)}
	for i := range table {
		if table[i].name != "portfolio" {
			f.arms = append(f.arms, arm{strategy: table[i].make(s, p, stream.Mix(salt, uint64(i)))})
		}
	}
	return f
}

func (f *portfolio) Next(number, seed uint64) scenarios.Input {
	if number%Generation == 0 {
		for i := range f.arms {
			f.arms[i].fresh -= f.arms[i].fresh / 4
			f.arms[i].events -= f.arms[i].events / 4
		}
	}
	at := f.choose()
	a := &f.arms[at]
	f.asked = append(f.asked, at)
	a.asked++
	return a.strategy.Next(a.asked-1, seed)
}

// choose draws an arm: one run in three evenly, the others by yield.
func (f *portfolio) choose() int {
	n := uint64(len(f.arms))
	if f.random.N(3) == 0 {
		return int(f.random.N(n))
	}
	total := uint64(0)
	for i := range f.arms {
		total += f.arms[i].yield()
	}
	lot := f.random.N(total)
	for i := range f.arms {
		if y := f.arms[i].yield(); lot >= y {
			lot -= y
			continue
		}
		return i
	}
	return 0
}

// yield is new states by a million events, and never 0.
func (a *arm) yield() uint64 { return 1 + (a.fresh+1)*1_000_000/(a.events+10_000) }

func (f *portfolio) Learn(r *scenarios.Result) {
	a := &f.arms[f.asked[0]]
	f.asked = f.asked[1:]
	a.fresh += uint64(f.seen.Add(r.States))
	a.events += r.Stats.Events
	a.strategy.Learn(r)
}
