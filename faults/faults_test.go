package faults

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"simrun/node"
	"simrun/sim/stream"
)

var five = Shape{Nodes: []node.ID{1, 2, 3, 4, 5}, Clients: 3, Horizon: 3 * Second, LatencyMean: Millisecond}

func swarm(t testing.TB) Profile {
	p, err := FindProfile(Default)
	require.NoError(t, err)
	return p
}

func draw(t testing.TB, seed uint64, sh Shape) Plan {
	s := stream.New(seed, "plan", 0)
	return Draw(&s, swarm(t), sh)
}

func TestSpan(t *testing.T) {
	for text, want := range map[string]Span{
		"0s": 0, "1ns": 1, "1us": 1000, "1.5ms": 1_500_000, "250ms": 250_000_000, "2s": 2 * Second, "1.000000001s": Second + 1, "3600s": 3600 * Second,
	} {
		got, err := ParseSpan(text)
		require.NoError(t, err, text)
		require.Equal(t, want, got)
		require.Equal(t, text, got.String())
	}
	for _, text := range []string{"", "5", "s", "-1s", "1m", "1e3s", "1.s1", "0.5ns", "1.0000000001s", "9999999999999s", "1 s", "+1s", "1.-5s", "NaNs", "1.5.5s", "0x5s"} {
		_, err := ParseSpan(text)
		require.Error(t, err, text)
	}
	rapid.Check(t, func(t *rapid.T) {
		s := Span(rapid.Int64Range(0, 1<<62).Draw(t, "span"))
		got, err := ParseSpan(s.String())
		require.NoError(t, err)
		require.Equal(t, s, got)
	})
}

func TestRefusals(t *testing.T) {
	for want, text := range map[string]string{
		`fault 1 (partition): it needs at least two "groups"`:       `{"kind": "partition", "groups": [["n1"]]}`,
		`an address is in two groups`:                               `{"kind": "partition", "groups": [["n1"], ["n1", "n2"]]}`,
		`the cluster has no n6`:                                     `{"kind": "partition", "groups": [["n6"], ["n2"]]}`,
		`the cluster has no c4`:                                     `{"kind": "drop", "rate": 5, "from": ["c4"]}`,
		`the cluster has no replica n9`:                             `{"kind": "crash", "nodes": [9]}`,
		`fault 1 (crash): it needs "nodes"`:                         `{"kind": "crash"}`,
		`of it is named twice`:                                      `{"kind": "crash", "nodes": [1, 1]}`,
		`it has no use for "rate"`:                                  `{"kind": "crash", "nodes": [1], "rate": 5}`,
		`it has no use for "groups"`:                                `{"kind": "drop", "rate": 5, "groups": [["n1"]]}`,
		`it needs a "rate" from 1 to 1000000`:                       `{"kind": "drop", "rate": 1000001}`,
		`fault 1 (duplicate): it needs a "rate"`:                    `{"kind": "duplicate"}`,
		`it needs a "delay"`:                                        `{"kind": "slow"}`,
		`it needs "from" or "to"`:                                   `{"kind": "one-way"}`,
		`out of range: spans go from 0 to 30 days`:                  `{"kind": "crash", "nodes": [1], "at": "99999999s"}`,
		`there is no such kind of fault`:                            `{"at": "1s"}`,
		`there is no kind of fault "flood": there are [drop`:        `{"kind": "flood"}`,
		`unknown field "nods"`:                                      `{"kind": "crash", "nods": [1]}`,
		`"noon" is not a span of time`:                              `{"kind": "crash", "nodes": [1], "at": "noon"}`,
		`"1" is not an address: write n3 for the third replica, c2`: `{"kind": "drop", "rate": 5, "from": ["1"]}`,
	} {
		p, err := DecodePlan(strings.NewReader(`{"faults": [` + text + `]}`))
		if err == nil {
			err = p.Validate(five)
		}
		require.ErrorContains(t, err, want, text)
		require.NotContains(t, err.Error(), "\n")
	}
	_, err := DecodePlan(strings.NewReader(`{"faults": []} {}`))
	require.ErrorContains(t, err, "something behind it")
}

// board is a Target that keeps the score.
type board struct {
	rules map[int]int
	down  map[node.ID]bool
	bad   string
}

func (b *board) AddRule(id int, _ Rule) { b.rules[id]++ }
func (b *board) RemoveRule(id int)      { delete(b.rules, id) }
func (b *board) Crash(id node.ID) {
	if b.down[id] {
		b.bad = fmt.Sprintf("n%d crashes and is down", id)
	}
	b.down[id] = true
}
func (b *board) Restart(id node.ID) {
	if !b.down[id] {
		b.bad = fmt.Sprintf("n%d restarts and is up", id)
	}
	delete(b.down, id)
}

// Whatever the plan, its steps come in order of time, each fault comes off again, and when all is healed nothing is
// left of any.
func TestInjection(t *testing.T) {
	began := map[Kind]int{}
	one := func(t *rapid.T) {
		s := stream.New(rapid.Uint64().Draw(t, "seed"), "plan", 0)
		plan := Draw(&s, Profiles()[1], five)
		require.NoError(t, plan.Validate(five))
		var j Injector
		j.Reset(plan)
		b := &board{rules: map[int]int{}, down: map[node.ID]bool{}}
		steps := plan.Steps(nil)
		require.True(t, slices.IsSortedFunc(steps, func(a, b Step) int { return cmp.Compare(a.At, b.At) }))
		stop := rapid.IntRange(0, len(steps)).Draw(t, "healed after")
		for _, step := range steps[:stop] {
			if step.End {
				j.End(b, step.Index)
			} else {
				began[plan.Faults[step.Index].Kind]++
				j.Begin(b, step.Index)
				j.Begin(b, step.Index) // twice is once
				if kinds[plan.Faults[step.Index].Kind].uses&usesNodes == 0 {
					require.Positive(t, b.rules[step.Index])
				}
			}
		}
		if stop < len(steps) {
			j.HealAll(b)
		}
		require.Empty(t, b.rules)
		require.Empty(t, b.down)
		require.Empty(t, b.bad)
	}
	rapid.Check(t, func(t *rapid.T) {
		for range 10 { // so that the counts below cannot fail by chance
			one(t)
		}
	})
	for k := Kind(1); k < NumKinds; k++ {
		require.Positive(t, began[k], "%v", k)
	}
}

// A replica that two faults keep down comes back when the second ends.
func TestOverlappingCrashes(t *testing.T) {
	plan := Plan{Faults: []Fault{
		{Kind: Crash, Nodes: []node.ID{1, 2}, For: 10}, {Kind: Crash, Nodes: []node.ID{2, 3}, At: 5, For: 10},
	}}
	b := &board{rules: map[int]int{}, down: map[node.ID]bool{}}
	var j Injector
	j.Reset(plan)
	j.Begin(b, 0)
	j.Begin(b, 1)
	j.End(b, 0)
	require.Equal(t, map[node.ID]bool{2: true, 3: true}, b.down)
	j.End(b, 1)
	require.Empty(t, b.down)
	require.Empty(t, b.bad)
}

// JSON keeps a plan as it is.
func TestJSON(t *testing.T) {
	for seed := range uint64(200) {
		plan := draw(t, seed, five)
		var text bytes.Buffer
		require.NoError(t, plan.Encode(&text))
		again, err := DecodePlan(&text)
		require.NoError(t, err)
		require.Equal(t, describe(plan), describe(again))
		a, err := json.Marshal(plan)
		require.NoError(t, err)
		b, err := json.Marshal(again)
		require.NoError(t, err)
		require.Equal(t, string(a), string(b))
	}
}

func describe(p Plan) string {
	var lines []string
	for i := range p.Faults {
		lines = append(lines, p.Faults[i].Describe())
	}
	return strings.Join(lines, "\n")
}

// One seed's plan, for a person to look at.
func TestDrawnPlan(t *testing.T) {
	require.Equal(t, strings.TrimSpace(drawnPlan), describe(draw(t, 4, five)))
}

// Every kind comes in many plans and is missing from many. What a kind draws does not hang on whether another is there: a
// profile in which all are on has the same faults, and more.
func TestSwarm(t *testing.T) {
	in := map[Kind]int{}
	all := Profile{Name: "all", on: stream.Million}
	const n = 400
	for seed := range uint64(n) {
		plan := draw(t, seed, five)
		s := stream.New(seed, "plan", 0)
		more := describe(Draw(&s, all, five))
		seen := map[Kind]bool{}
		for i := range plan.Faults {
			f := &plan.Faults[i]
			seen[f.Kind] = true
			require.Contains(t, more, f.Describe())
			require.Less(t, f.At, five.Horizon)
			require.Positive(t, f.For)
		}
		for k := range seen {
			in[k]++
		}
	}
	for k := Kind(1); k < NumKinds; k++ {
		require.InDelta(t, n/2, in[k], n/8, "%v", k)
	}
	s := stream.New(1, "plan", 0)
	require.Empty(t, Draw(&s, Profiles()[0], five).Faults, "calm is calm")
}

// Plans for clusters of all sizes are valid.
func TestDrawShapes(t *testing.T) {
	for n := range 8 {
		for clients := range 3 {
			sh := Shape{Clients: clients, Horizon: Second, LatencyMean: Millisecond}
			for i := range n {
				sh.Nodes = append(sh.Nodes, node.ID(i+1))
			}
			for seed := range uint64(50) {
				plan := draw(t, seed, sh)
				require.NoError(t, plan.Validate(sh), "%d nodes, %d clients, seed %d", n, clients, seed)
			}
		}
	}
}

func FuzzDecodePlan(f *testing.F) {
	f.Add(`{"faults": [{"kind": "crash", "nodes": [1], "at": "1s", "for": "2.5ms"}]}`)
	f.Add(`{"faults": [{"kind": "partition", "groups": [["n1"], ["n2", "c1"]]}]}`)
	f.Fuzz(func(t *testing.T, text string) {
		p, err := DecodePlan(strings.NewReader(text))
		if err != nil || p.Validate(five) != nil {
			return
		}
		_ = describe(p)
		b := &board{rules: map[int]int{}, down: map[node.ID]bool{}}
		var j Injector
		j.Reset(p)
		for _, s := range p.Steps(nil) {
			if s.End {
				j.End(b, s.Index)
			} else {
				j.Begin(b, s.Index)
			}
		}
		j.HealAll(b)
		if len(b.rules) > 0 || len(b.down) > 0 || b.bad != "" {
			t.Fatalf("left over: %v", b)
		}
	})
}

const drawnPlan = `
182.62ms +319.97ms partition {n4 | n1 n2 n3 n5}
528.66ms +719.94ms partition {n5 c3 | n1 n2 n3 n4 c1 c2}
812.69ms +102.16ms one-way n1 -> n2
949.77ms +10.13ms crash n1
1.1285s +214.79ms partition {n5 | n1 n2 n3 n4}
1.55053s +86.89ms crash n1 n2 n3 n4 n5
1.98787s +360.84ms partition {n3 | n1 n2 n4 n5}
2.08626s +2.82944s duplicate all -> n3 2% by 400ms
2.41303s +15.83ms one-way all -> n4
2.46999s +526.28ms one-way n1 -> all
2.82596s +19.39ms crash n5
2.95922s +389.57ms reorder n4 -> all 30% by 40ms
`
