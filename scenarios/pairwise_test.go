package scenarios

import (
	"context"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"simrun/checker"
	"simrun/faults"
	"simrun/netsim"
)

// A bug often needs two switches at certain values together. All pairs of values of any two switches are in a few dozen configurations: a
// pairwise covering array (Cohen, Dalal, Fredman and Patton, "The AETG System", 1997).

// factor is a switch and the values that seeds draw.
type factor struct {
	name   string
	values []int64
	set    func(c *Config, v int64)
}

// factors are all switches of a scenario: its knobs, and those of the machines and the network.
func factors(s Scenario) (list []factor) {
	for _, k := range s.Knobs {
		values := slices.Compact(slices.Sorted(slices.Values(k.Draw)))
		list = append(list, factor{k.Name, values, func(c *Config, v int64) { c.Knobs[k.Name] = v }})
	}
	return append(list,
		factor{"encode", []int64{0, 1}, func(c *Config, v int64) { c.Encode = v == 1 }},
		factor{"link", []int64{0, 1}, func(c *Config, v int64) { c.Link = netsim.Transport(v) }},
		factor{"lose", []int64{0, 500_000, 1_000_000}, func(c *Config, v int64) { c.Disk.Lose = uint64(v) }},
		factor{"tear", []int64{0, 300_000, 1_000_000}, func(c *Config, v int64) { c.Disk.Tear = uint64(v) }},
		factor{"hole", []int64{0, 200_000}, func(c *Config, v int64) { c.Disk.Hole = uint64(v) }},
		factor{"nodes", []int64{3, 4, 5, 7}, func(c *Config, v int64) { c.Nodes = int(v) }},
		factor{"spread", []int64{int64(netsim.Exponential), int64(netsim.Uniform), int64(netsim.HeavyTail)}, func(c *Config, v int64) { c.Spread = netsim.Spread(v) }},
	)
}

// pair is two factors at one value each, by their places; the first factor is the lower.
type pair struct{ f, v, g, w int }

// cover returns rows, which tell the place of each factor's value, such that every pair is in one of them. It is greedy: a row begins with the first
// pair that is not covered, and each other factor takes the value that covers most pairs with those that have theirs. Ties go to the value that
// rows had least.
func cover(list []factor) (rows [][]int) {
	open := map[pair]bool{}
	for f := range list {
		for g := f + 1; g < len(list); g++ {
			for v := range list[f].values {
				for w := range list[g].values {
					open[pair{f, v, g, w}] = true
				}
			}
		}
	}
	used := make([][]int, len(list))
	for f := range list {
		used[f] = make([]int, len(list[f].values))
	}
	for len(open) > 0 {
		first := slices.MinFunc(slices.Collect(maps.Keys(open)), func(a, b pair) int {
			return slices.Compare([]int{a.f, a.g, a.v, a.w}, []int{b.f, b.g, b.v, b.w})
		})
		row := slices.Repeat([]int{-1}, len(list))
		row[first.f], row[first.g] = first.v, first.w
		for f := range list {
			if row[f] < 0 {
				row[f] = best(list, open, row, f, used[f])
			}
		}
		for f, v := range row {
			used[f][v]++
			for g := f + 1; g < len(row); g++ {
				delete(open, pair{f, v, g, row[g]})
			}
		}
		rows = append(rows, row)
	}
	return rows
}

// best returns the value of factor f that covers most pairs with those of the row.
func best(list []factor, open map[pair]bool, row []int, f int, used []int) int {
	choice, most := 0, -1
	for v := range list[f].values {
		gain := 0
		for g, w := range row {
			if w < 0 || g == f {
				continue
			}
			p := pair{f, v, g, w}
			if g < f {
				p = pair{g, w, f, v}
			}
			if open[p] {
				gain++
			}
		}
		if gain > most || gain == most && used[v] < used[choice] {
			choice, most = v, gain
		}
	}
	return choice
}

// describeRow tells a row: "window 1, batch 64".
func describeRow(list []factor, row []int) string {
	var words []string
	for f, v := range row {
		words = append(words, fmt.Sprintf("%s %d", list[f].name, list[f].values[v]))
	}
	return strings.Join(words, ", ")
}

func TestCoverHasEveryPair(t *testing.T) {
	list := factors(kv())
	rows := cover(list)
	require.Equal(t, rows, cover(list))
	require.Less(t, len(rows), 40, "no more rows than need be")
	for f := range list {
		for g := range list {
			for v := range list[f].values {
				for w := range list[g].values {
					if f != g {
						require.True(t, slices.ContainsFunc(rows, func(row []int) bool { return row[f] == v && row[g] == w }),
							"%s %d with %s %d", list[f].name, list[f].values[v], list[g].name, list[g].values[w])
					}
				}
			}
		}
	}
}

// Whatever two switches are set to, nothing goes wrong under faults. MUST=long has a hundred seeds for each row.
func TestPairsOfSwitches(t *testing.T) {
	s := kv()
	seeds := uint64(3)
	if os.Getenv("MUST") == "long" {
		seeds = 100
	}
	list := factors(s)
	rows := cover(list)
	total := Stats{}
	weather := profile(t, faults.Default)
	for n, row := range rows {
		sweep := Sweep{
			Scenario: s, Profile: weather, Jobs: 2, Seeds: SeedRange(uint64(n)*1000+1, seeds),
			Draw: func(seed uint64) Input {
				c, _ := s.Draw(seed, weather)
				for f, v := range row {
					list[f].set(&c, list[f].values[v])
				}
				if c.Knob("reads") == 2 {
					c.ClockJumpMax = 0 // as in a seed that draws leases
				}
				if c.Knob("heartbeat") >= c.Knob("election") {
					panic("the values of two knobs contradict each other")
				}
				return Input{Seed: seed, Config: c, Plan: s.DrawPlan(seed, weather, &c)}
			},
		}
		require.NoError(t, sweep.Run(context.Background(), func(r Result) bool {
			require.NoError(t, s.Check(r.Input))
			require.Equal(t, checker.Pass, r.Verdict.Kind, "row %d, seed %d: %v\n%s", n, r.Seed, r.Verdict, describeRow(list, row))
			total.Add(r.Stats)
			return true
		}))
	}
	t.Logf("pairwise: %d rows of %d switches, %d seeds each: %d runs, %d elections, %d slots, no violation",
		len(rows), len(list), seeds, total.Runs, total.Elections, total.Chosen)
}

// What seeds draw has every value of every switch in it, and configurations that have it on and off.
func TestSeedsDrawEveryValue(t *testing.T) {
	const seeds = 400
	var drawn [faults.NumKinds]int
	wiped := false // some scenario bears that
	for _, s := range All() {
		seen := map[string]map[int64]int{}
		note := func(name string, v int64) {
			if seen[name] == nil {
				seen[name] = map[int64]int{}
			}
			seen[name][v]++
		}
		for seed := range uint64(seeds) {
			c, plan := s.Draw(seed, profile(t, faults.Default))
			for name, v := range c.Knobs {
				note(name, v)
			}
			for name, on := range map[string]bool{
				"encode": c.Encode, "fifo": c.Link == netsim.FIFO, "bandwidth": c.Bandwidth > 0, "backlog": c.Backlog > 0,
				"lose": c.Disk.Lose > 0, "tear": c.Disk.Tear > 0, "hole": c.Disk.Hole > 0, "offset": c.ClockOffset > 0, "drift": c.ClockDrift > 0,
				"jump": c.ClockJumpMax > 0, "think": c.Think > 0, "syncMin": c.SyncMin > 0, "one key": c.Keys == 1, "one client": c.Clients == 1,
				"faults": len(plan.Faults) > 0,
			} {
				note(name, map[bool]int64{true: 1}[on])
			}
			note("spread", int64(c.Spread))
			note("nodes", int64(c.Nodes))
			for _, f := range plan.Faults {
				drawn[f.Kind]++
			}
		}
		for _, k := range s.Knobs {
			for _, v := range k.Draw {
				require.GreaterOrEqual(t, seen[k.Name][v], seeds/40, "%s: %s %d", s.Name, k.Name, v)
			}
		}
		for _, name := range []string{"encode", "fifo", "bandwidth", "backlog", "lose", "tear", "hole", "offset", "drift", "jump", "think", "syncMin", "one client"} {
			require.GreaterOrEqual(t, seen[name][0], seeds/40, "%s: without %s", s.Name, name)
			require.GreaterOrEqual(t, seen[name][1], seeds/40, "%s: with %s", s.Name, name)
		}
		require.Len(t, seen["spread"], 3, s.Name)
		for _, n := range []int64{3, 4, 5, 7} {
			require.Positive(t, seen["nodes"][n], "%s: %d replicas", s.Name, n)
		}
		wiped = wiped || s.wipes
	}
	for kind := faults.Kind(1); kind < faults.NumKinds; kind++ {
		if (kind != faults.Wipe || wiped) && profile(t, faults.Default).Has(kind) {
			require.Positive(t, drawn[kind], "no scenario has a seed with a fault of kind %v", kind)
		}
	}
}
