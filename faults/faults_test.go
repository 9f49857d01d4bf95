package faults

import (
	"bytes"
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"simrun/node"
	"simrun/sim/stream"
)

var five = Shape{
	Nodes: []node.ID{1, 2, 3, 4, 5}, Clients: 3, Horizon: 3 * Second, LatencyMean: Millisecond,
	Files: []string{"log", "vow"}, Messages: 7, Tolerates: 2, Wipes: true, Members: true, Spares: []node.ID{5}, ClockJumpMax: Second, ClockDriftMax: 200,
	Keys: 3, Sessions: true, Lies: true,
	Knobs: []LocalKnob{{Name: "batch", Min: 1, Max: 64, Draw: []int64{1, 2, 64}}, {Name: "window", Min: 1, Max: 16, Draw: []int64{1, 16}}},
}

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
	for _, text := range []string{"", "5", "s", "-1s", "1m", "1e3s", "1.s1", "0.5ns", "1.0000000001s", "9999999999999s", "9223372036.9s", "1 s", "1.s", ".5s", "+1s", "1.-5s", "NaNs", "1.5.5s", "0x5s"} {
		_, err := ParseSpan(text)
		require.Error(t, err, text)
	}
	_, err := ParseSpan(Span(math.MaxInt64).String())
	require.NoError(t, err)
	require.Equal(t, "-9223372036.854775808s", Span(math.MinInt64).String())
	_, err = Span(-1).MarshalText()
	require.ErrorContains(t, err, "-1ns is negative")
	rapid.Check(t, func(t *rapid.T) {
		s := Span(rapid.Int64Range(0, math.MaxInt64).Draw(t, "span"))
		got, err := ParseSpan(s.String())
		require.NoError(t, err)
		require.Equal(t, s, got)
	})
}

func TestRefusals(t *testing.T) {
	for want, text := range map[string]string{
		`fault 1 (partition): it needs at least two "groups"`:       `{"kind": "partition", "groups": [["n1"]]}`,
		`fault 1 (partition): a group of it is empty`:               `{"kind": "partition", "groups": [["n1"], []]}`,
		`fault 1 (reorder): it needs a "delay"`:                     `{"kind": "reorder", "rate": 5}`,
		`fault 1 (reorder): it needs a "rate"`:                      `{"kind": "reorder", "delay": "1s"}`,
		`an address is in two groups`:                               `{"kind": "partition", "groups": [["n1"], ["n1", "n2"]]}`,
		`the cluster has no n6`:                                     `{"kind": "partition", "groups": [["n6"], ["n2"]]}`,
		`the cluster has no c4`:                                     `{"kind": "drop", "rate": 5, "from": ["c4"]}`,
		`the cluster has no replica n9`:                             `{"kind": "crash", "nodes": [9]}`,
		`fault 1 (crash): it needs "nodes" or a "role"`:             `{"kind": "crash"}`,
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

	second := Plan{Faults: []Fault{{Kind: Slow, Delay: 1}, {Kind: Drop, Rate: 1, From: []node.Addr{node.Client(0).Addr()}}}}
	require.EqualError(t, second.Validate(five), "plan: fault 2 (drop): the cluster has no c0")
	long := Plan{Faults: make([]Fault, MaxFaults+1)}
	require.EqualError(t, long.Validate(five), "plan: 100001 faults, and at most 100000 are possible")
	require.ErrorContains(t, (&Plan{Faults: []Fault{{Kind: NumKinds}}}).Encode(&bytes.Buffer{}), fmt.Sprintf("no kind of fault %d", NumKinds))
}

// Every kind has a name of its own that reads back, and a complete entry in the table.
func TestKinds(t *testing.T) {
	for k := Kind(1); k < NumKinds; k++ {
		text, err := k.MarshalText()
		require.NoError(t, err)
		var again Kind
		require.NoError(t, again.UnmarshalText(text))
		require.Equal(t, k, again)
		require.NotEmpty(t, k.Doc())
		info := &kinds[k]
		require.NotNil(t, info.check, "%v", k)
		require.NotNil(t, info.begin, "%v", k)
		require.NotNil(t, info.end, "%v", k)
		require.NotNil(t, info.draw, "%v", k)
		require.Positive(t, info.count[0], "%v", k)
		require.LessOrEqual(t, info.count[0], info.count[1], "%v", k)
		require.Positive(t, info.long, "%v", k)
	}
}

// plans generates valid plans of all kinds for a cluster: few instants, so that much falls together, and faults that
// last until healed.
func plans(sh Shape) *rapid.Generator[Plan] {
	var all []node.Addr
	for _, id := range sh.Nodes {
		all = append(all, id.Addr())
	}
	for c := range sh.Clients {
		all = append(all, node.Client(c+1).Addr())
	}
	instant := rapid.Int64Range(0, 8)
	some := func(t *rapid.T, label string, least int) []node.Addr {
		n := rapid.IntRange(least, len(all)).Draw(t, label)
		if n == 0 {
			return nil
		}
		return rapid.Permutation(all).Draw(t, label)[:n]
	}
	return rapid.Custom(func(t *rapid.T) (p Plan) {
		for range rapid.IntRange(0, 8).Draw(t, "faults") {
			f := Fault{
				At: Span(instant.Draw(t, "at")) * Millisecond, For: Span(instant.Draw(t, "for")) * Millisecond,
				Kind: Kind(rapid.IntRange(1, int(NumKinds)-1).Draw(t, "kind")),
			}
			uses := kinds[f.Kind].uses
			if uses&usesNodes != 0 {
				n := rapid.IntRange(1, len(sh.Nodes)).Draw(t, "nodes")
				f.Nodes = rapid.Permutation(sh.Nodes).Draw(t, "nodes")[:n]
			}
			if uses&usesRole != 0 {
				f.Role = Role(rapid.IntRange(0, int(NumRoles)-1).Draw(t, "role"))
			}
			if uses&usesLinks != 0 {
				f.From = some(t, "from", 1)
				f.To = some(t, "to", 0)
			}
			if uses&usesGroups != 0 {
				addrs := some(t, "groups", 3)
				cut := rapid.IntRange(1, len(addrs)-2).Draw(t, "cut")
				f.Groups = [][]node.Addr{addrs[:1:1], addrs[1 : 1+cut : 1+cut], addrs[1+cut:]}
			}
			completeNetwork(t, sh, &f)
			if uses&usesRate != 0 {
				f.Rate = rapid.Uint32Range(1, stream.Million).Draw(t, "rate")
			}
			if uses&usesDelay != 0 {
				f.Delay = Span(rapid.Int64Range(1, int64(maxSpan)).Draw(t, "delay"))
			}
			if uses&usesPeriod != 0 {
				f.For += Millisecond
				f.Period = Span(rapid.Int64Range(200, 2000).Draw(t, "period")) * Microsecond
			}
			if uses&usesDrift != 0 {
				f.Drift = rapid.Int64Range(-MaxDrift, MaxDrift).Draw(t, "drift")
			}
			if uses&usesTrigger != 0 {
				f.On = Trigger(rapid.IntRange(1, 3).Draw(t, "on"))
				f.Nth = rapid.Uint64Range(1, 9).Draw(t, "nth")
				f.After = rapid.Bool().Draw(t, "after")
				if f.On == OnSend {
					f.Message = rapid.Uint8Range(1, sh.Messages).Draw(t, "message")
				} else {
					f.File = rapid.SampledFrom(sh.Files).Draw(t, "file")
				}
			}
			if uses&usesKnobs != 0 {
				f.Knobs = map[string]int64{rapid.SampledFrom(sh.Knobs).Draw(t, "knob").Name: rapid.Int64Range(1, 16).Draw(t, "value")}
			}
			if f.validate(sh) == nil { // the rest have links that no message takes
				p.Faults = append(p.Faults, f)
			}
		}
		return p
	})
}

// board is a Target that keeps the score.
type board struct {
	rules  map[int][]Rule
	down   map[node.ID]bool
	sick   map[node.ID]Condition
	traps  map[node.ID][]int
	roles  map[Role]node.ID
	wanted map[int]bool
	manner Manner
	lies   map[node.ID][]Kind
	events []string // of what does not last
	bad    string
}

func newBoard() *board {
	return &board{rules: map[int][]Rule{}, down: map[node.ID]bool{}, sick: map[node.ID]Condition{}, traps: map[node.ID][]int{}, roles: map[Role]node.ID{}, wanted: map[int]bool{}, lies: map[node.ID][]Kind{}}
}

func (b *board) note(format string, args ...any) {
	b.events = append(b.events, fmt.Sprintf(format, args...))
}

func (b *board) Role(r Role) (node.ID, bool) { id, ok := b.roles[r]; return id, ok }

func (b *board) Up(id node.ID) bool { return !b.down[id] }

func (b *board) AddRule(id int, r Rule) { b.rules[id] = append(b.rules[id], r) }
func (b *board) RemoveRule(id int)      { delete(b.rules, id) }
func (b *board) Crash(id node.ID) {
	if b.down[id] {
		b.bad = fmt.Sprintf("n%d crashes and is down", id)
	}
	b.down[id] = true
}
func (b *board) CutPower(id node.ID) { b.note("n%d has no power", id); b.Crash(id) }
func (b *board) Restart(id node.ID) {
	if !b.down[id] {
		b.bad = fmt.Sprintf("n%d restarts and is up", id)
	}
	delete(b.down, id)
}
func (b *board) Revive(id node.ID) {
	if b.down[id] {
		b.bad = fmt.Sprintf("n%d is revived, and a fault keeps it down", id)
	}
	b.note("revive n%d", id)
}
func (b *board) SetCondition(id node.ID, c Condition) {
	if b.sick[id] = c; c == (Condition{}) {
		delete(b.sick, id)
	}
}
func (b *board) SetTrap(fault int, id node.ID, f *Fault) { b.traps[id] = append(b.traps[id], fault) }
func (b *board) RemoveTrap(fault int, id node.ID) {
	b.traps[id] = slices.DeleteFunc(b.traps[id], func(i int) bool { return i == fault })
	if len(b.traps[id]) == 0 {
		delete(b.traps, id)
	}
}
func (b *board) Configure(id node.ID, knobs map[string]int64) { b.note("n%d gets %v", id, knobs) }
func (b *board) Damage(_ int, id node.ID, kind Kind) bool {
	if !b.down[id] {
		b.bad = fmt.Sprintf("n%d is damaged while it runs", id)
	}
	b.note("%v n%d", kind, id)
	return true
}
func (b *board) Want(fault int, kind Kind, nodes []node.ID) {
	b.note("%v %v is wanted", kind, nodes)
	b.wanted[fault] = true
}
func (b *board) Unwant(fault int)   { delete(b.wanted, fault) }
func (b *board) SetManner(m Manner) { b.manner = m }
func (b *board) SetLies(id node.ID, lies []Kind) {
	if b.lies[id] = lies; len(lies) == 0 {
		delete(b.lies, id)
	}
}
func (b *board) JumpClock(id node.ID, jump Span) { b.note("n%d jumps %v", id, jump) }

// What each kind puts in force.
func TestRules(t *testing.T) {
	n1, n23, n4c1 := []node.Addr{1}, []node.Addr{2, 3}, []node.Addr{4, node.Client(1).Addr()}
	covered := map[Kind]bool{}
	for _, c := range append(networkRules, []ruleCase{
		{Fault{Kind: Drop, From: n1, To: n23, Rate: 7}, []Rule{{From: n1, To: n23, Drop: 7}}},
		{Fault{Kind: Duplicate, From: n1, Rate: 7, Delay: 9}, []Rule{{From: n1, Duplicate: 7, CopyMean: 9}}},
		{Fault{Kind: Reorder, To: n1, Rate: 7, Delay: 9}, []Rule{{To: n1, Reorder: 7, HoldMean: 9}}},
		{Fault{Kind: Slow, From: n1, To: n23, Delay: 9}, []Rule{{From: n1, To: n23, Delay: 9}}},
		{Fault{Kind: OneWay, From: n1, To: n23}, []Rule{{From: n1, To: n23, Block: true}}},
		{Fault{Kind: Partition, Groups: [][]node.Addr{n1, n23, n4c1}}, []Rule{
			{From: n1, To: n23, Block: true}, {From: n1, To: n4c1, Block: true},
			{From: n23, To: n1, Block: true}, {From: n23, To: n4c1, Block: true},
			{From: n4c1, To: n1, Block: true}, {From: n4c1, To: n23, Block: true},
		}},
		{Fault{Kind: Crash, Nodes: []node.ID{1, 2}}, nil},
	}...) {
		plan := Plan{Faults: []Fault{c.fault}}
		require.NoError(t, plan.Validate(five))
		b := newBoard()
		var j Injector
		j.Reset(plan)
		j.Begin(b, 0)
		require.Equal(t, c.rules, b.rules[0], "%v", c.fault.Kind)
		covered[c.fault.Kind] = true
	}
	require.Len(t, covered, int(ClientCut))
}

// Ends come before beginnings of the same moment, so that a replica which one fault brings back and another stops is
// stopped; apart from that the order is that of the plan. What lasts until healed does not end by itself. What was in the buffer stays.
func TestSteps(t *testing.T) {
	plan := Plan{Faults: []Fault{
		{Kind: Crash, Nodes: []node.ID{1}, At: 20, For: 10},
		{Kind: Crash, Nodes: []node.ID{2}, At: 30},
		{Kind: Crash, Nodes: []node.ID{1}, At: 10, For: 20},
		{Kind: Crash, Nodes: []node.ID{3}, At: 30, For: 5},
	}}
	first := Step{At: 99}
	require.Equal(t, []Step{
		first,
		{At: 10, Index: 2},
		{At: 20, Index: 0},
		{At: 30, Index: 0, End: true}, {At: 30, Index: 2, End: true}, {At: 30, Index: 1}, {At: 30, Index: 3},
		{At: 35, Index: 3, End: true},
	}, plan.Steps([]Step{first}))
}

// Whatever the plan, after every step exactly those faults act which have begun and not ended, and when all is healed
// nothing is left of any. What still ends after that does nothing.
func TestInjection(t *testing.T) {
	began := map[Kind]int{}
	one := func(t *rapid.T) {
		plan := plans(five).Draw(t, "plan")
		if rapid.Bool().Draw(t, "drawn") {
			s := stream.New(rapid.Uint64().Draw(t, "seed"), "plan", 0)
			p, err := FindProfile(rapid.SampledFrom([]string{Default, Lying}).Draw(t, "profile"))
			require.NoError(t, err)
			plan = Draw(&s, p, five)
		}
		require.NoError(t, plan.Validate(five))
		var j Injector
		j.Reset(plan)
		b := newBoard()
		steps := plan.Steps(nil)
		require.True(t, slices.IsSortedFunc(steps, func(a, b Step) int { return cmp.Compare(a.At, b.At) }))
		stop := rapid.IntRange(0, len(steps)).Draw(t, "healed after")
		on := make([]bool, len(plan.Faults))
		beats := make([]int, len(plan.Faults))
		var order []int // in which those that are on began
		for _, step := range steps[:stop] {
			on[step.Index] = !step.End
			if order = slices.DeleteFunc(order, func(i int) bool { return i == step.Index && step.End }); !step.End && step.Beat == 0 {
				order = append(order, step.Index)
			}
			if step.Beat > 0 {
				beats[step.Index] = step.Beat
				j.Beat(b, step.Index)
			} else if step.End {
				j.End(b, step.Index)
				j.End(b, step.Index)
			} else {
				began[plan.Faults[step.Index].Kind]++
				j.Begin(b, step.Index)
				j.Begin(b, step.Index) // twice is once
			}
			down := map[node.ID]bool{}
			for i, f := range plan.Faults {
				require.Equal(t, on[i] && (f.Kind.Family() == Links || f.Kind == SlowClient), len(b.rules[i]) > 0, "fault %d", i)
				for _, id := range f.Nodes {
					if on[i] && keepsDown(f.Kind, beats[i]) {
						down[id] = true
					}
					require.Equal(t, on[i] && f.Kind == CrashAt, slices.Contains(b.traps[id], i))
				}
			}
			require.Equal(t, sickness(plan, order), b.sick)
			require.Equal(t, down, b.down)
			require.Equal(t, manners(plan, order), b.manner)
			require.Equal(t, liars(plan, order), b.lies)
		}
		j.HealAll(b)
		for _, step := range steps[stop:] {
			if step.End {
				j.End(b, step.Index)
			}
		}
		require.Empty(t, b.rules)
		require.Empty(t, b.down)
		require.Empty(t, b.sick)
		require.Empty(t, b.traps)
		require.Empty(t, b.lies)
		require.Zero(t, b.manner)
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

// An injector forgets the run before, also if that was broken off in the middle of its faults.
func TestInjectorReset(t *testing.T) {
	plan := Plan{Faults: []Fault{{Kind: Crash, Nodes: []node.ID{1}}, {Kind: Slow, Delay: 1}}}
	var j Injector
	for range 2 {
		j.Reset(plan)
		b := newBoard()
		j.Begin(b, 0)
		j.Begin(b, 1)
		require.Equal(t, map[node.ID]bool{1: true}, b.down)
		require.Equal(t, map[int][]Rule{1: {{Delay: 1}}}, b.rules)
	}
}

// A fault that stops a replica whose host has stopped on its own account strikes nobody, unless the replica gets other settings.
func TestDownAlready(t *testing.T) {
	for kind, want := range map[Kind]uint64{Crash: 1, PowerCut: 1, ReconfigureKnobs: 2} {
		var j Injector
		j.Reset(Plan{Faults: []Fault{{Kind: kind, Nodes: []node.ID{1, 2}, Knobs: map[string]int64{"batch": 1}}}})
		b := newBoard()
		b.down[1] = true
		j.Begin(b, 0)
		require.Equal(t, want, j.Struck(kind), "%v", kind)
	}
}

// keepsDown tells whether a fault that is on and struck again so many times keeps its replicas down.
func keepsDown(k Kind, beats int) bool {
	switch k {
	case Crash, PowerCut, ReconfigureKnobs, BitRot, SectorError, Misdirected, Wipe:
		return true
	case CrashLoop:
		return beats%2 == 0
	}
	return false
}

// sickness adds up what lasting faults do to each machine, in the order in which they began.
func sickness(p Plan, on []int) map[node.ID]Condition {
	sick := map[node.ID]Condition{}
	for _, i := range on {
		f := &p.Faults[i]
		for _, id := range f.Nodes {
			c := sick[id]
			switch f.Kind {
			case Pause:
				c.Paused = true
			case SlowNode:
				c.Service += f.Delay
			case SlowDisk:
				c.Slower += f.Delay
			case StuckDisk:
				c.Stuck = true
			case SyncFail:
				c.Failing = true
			case DiskFull:
				c.Full = true
			case ClockDrift:
				c.Drifting, c.Drift = true, f.Drift
			default:
				continue
			}
			sick[id] = c
		}
	}
	return sick
}

// manners adds up what faults make of the clients.
func manners(p Plan, on []int) (m Manner) {
	for _, i := range on {
		switch f := &p.Faults[i]; f.Kind {
		case HotKey:
			m.Hot = max(m.Hot, f.Rate)
		case Rush:
			m.Rush = true
		case Impatience:
			if m.Impatient == 0 || m.Impatient > f.Delay {
				m.Impatient = f.Delay
			}
		case SessionFlood:
			m.Forgetful = true
		}
	}
	return m
}

// liars adds up who lies how.
func liars(p Plan, on []int) map[node.ID][]Kind {
	lies := map[node.ID][]Kind{}
	for k := Equivocate; k <= Falsify; k++ {
		for _, i := range on {
			for _, id := range p.Faults[i].Nodes {
				if p.Faults[i].Kind == k && !slices.Contains(lies[id], k) {
					lies[id] = append(lies[id], k)
				}
			}
		}
	}
	return lies
}

// Without one of its faults, a plan has the same steps for the others.
func TestRemoval(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		plan := plans(five).Filter(func(p Plan) bool { return len(p.Faults) > 0 }).Draw(t, "plan")
		out := rapid.IntRange(0, len(plan.Faults)-1).Draw(t, "removed")
		var want []Step
		for _, s := range plan.Steps(nil) {
			if s.Index > out {
				want = append(want, Step{At: s.At, Index: s.Index - 1, End: s.End, Beat: s.Beat})
			} else if s.Index < out {
				want = append(want, s)
			}
		}
		less := Plan{Faults: slices.Delete(slices.Clone(plan.Faults), out, out+1)}
		require.Equal(t, want, less.Steps(nil))
	})
}

// A replica that two faults keep down comes back when the second ends.
func TestOverlappingCrashes(t *testing.T) {
	plan := Plan{Faults: []Fault{
		{Kind: Crash, Nodes: []node.ID{1, 2}, For: 10}, {Kind: Crash, Nodes: []node.ID{2, 3}, At: 5, For: 10},
	}}
	b := newBoard()
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
	same := func(t require.TestingT, plan Plan) {
		var text bytes.Buffer
		require.NoError(t, plan.Encode(&text))
		again, err := DecodePlan(&text)
		require.NoError(t, err)
		require.Equal(t, plan, again)
	}
	rapid.Check(t, func(t *rapid.T) { same(t, plans(five).Draw(t, "plan")) })
	for seed := range uint64(200) {
		same(t, draw(t, seed, five))
	}
}

func describe(p Plan) string {
	var lines []string
	for i := range p.Faults {
		lines = append(lines, p.Faults[i].Describe(nil))
	}
	return strings.Join(lines, "\n")
}

// One seed's plan, for a person to look at.
func TestDrawnPlan(t *testing.T) {
	require.Equal(t, strings.TrimSpace(drawnPlan), describe(draw(t, 0, five)))
}

// Every kind comes in many plans and is missing from many. What a kind draws does not hang on whether another is there: a
// profile in which all are on has the same faults, and more.
func TestSwarm(t *testing.T) {
	in := map[Kind]int{}
	all := Profile{Name: "all", on: []uint64{stream.Million}, others: stream.Million}
	const n = 800
	for seed := range uint64(n) {
		plan := draw(t, seed, five)
		s := stream.New(seed, "plan", 0)
		more := describe(Draw(&s, all, five))
		seen := map[Kind]bool{}
		for i := range plan.Faults {
			f := &plan.Faults[i]
			seen[f.Kind] = true
			require.Contains(t, more, f.Describe(nil))
			require.Less(t, f.At, five.Horizon)
			require.Positive(t, f.For)
		}
		for k := range seen {
			in[k]++
		}
	}
	mean := 0
	for _, on := range intensities {
		mean += int(on) * n / stream.Million / len(intensities)
	}
	for k := Kind(1); k < NumKinds; k++ {
		often := mean
		switch {
		case k.Family() == Byzantine:
			often = 0
		case k != Crash && k.Family() != Links:
			often = mean * 4 / 10
		}
		require.InDelta(t, often, in[k], n/10, "%v", k)
	}
	s := stream.New(1, "plan", 0)
	require.Empty(t, Draw(&s, Profiles()[0], five).Faults, "calm is calm")
	_, err := FindProfile("stormy")
	require.EqualError(t, err, `unknown profile "stormy": there are [calm default storm network partitions processes disks clocks members load clocks-beyond destruction byzantine]`)
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
	for _, horizon := range []Span{0, 1, tick, tick + 1, 3 * tick, maxSpan} {
		for seed := range uint64(50) {
			sh := Shape{Nodes: five.Nodes, Horizon: horizon}
			plan := draw(t, seed, sh)
			require.NoError(t, plan.Validate(sh), "horizon %v, seed %d", horizon, seed)
			for i := range plan.Faults {
				require.Less(t, plan.Faults[i].At, horizon)
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
		var once, twice bytes.Buffer
		require.NoError(t, p.Encode(&once))
		again, err := DecodePlan(bytes.NewReader(once.Bytes()))
		require.NoError(t, err)
		require.NoError(t, again.Encode(&twice))
		require.Equal(t, once.String(), twice.String())
		b := newBoard()
		var j Injector
		j.Reset(p)
		for _, s := range p.Steps(nil) {
			if s.Beat > 0 {
				j.Beat(b, s.Index)
			} else if s.End {
				j.End(b, s.Index)
			} else {
				j.Begin(b, s.Index)
			}
		}
		j.HealAll(b)
		if len(b.rules) > 0 || len(b.down) > 0 || len(b.sick) > 0 || len(b.traps) > 0 || len(b.lies) > 0 || b.manner != (Manner{}) || b.bad != "" {
			t.Fatalf("left over: %v", b)
		}
	})
}

const drawnPlan = `
364.77ms +35.14ms slow-disk n1 by 300ms
384.8ms +2.52ms reconfigure-knobs n5 window=1
387.51ms +137.72ms drop-nth n2 -> n5 number 1 of kind 5
388ms +15.69ms crash n1
388.6ms +34.16ms isolate the leader or n3 against all
389.04ms +700.27ms drop-nth n1 -> all number 1
389.08ms +729.4ms partition {n2 c1 c2 | n1 n3 n4 n5 c3}
390.56ms +127.83ms crash n5
390.94ms +824.21ms throttle all -> n1 to 2000 bytes/s with a queue of 2000 bytes
397.98ms +592.38ms partition {n2 n4 c2 c3 | n1 n3 n5 c1}
400.06ms +986.81ms far-node n5 by 20ms
896.99ms +132.36ms reconfigure-knobs n3 batch=64 window=1
942.85ms +440.16ms far-node the decider or n4 by 2ms
1.23252s +176.83ms swizzle n2 n5 n1 n4 every 40ms
1.54271s +302.5ms slow-disk n5 by 5ms
1.57869s +17.26ms drop-nth n4 -> n2 number 1
1.76315s +3.3ms crash n4
1.92819s +9.85ms drop-nth n2 -> n5 number 1 of kind 1
1.94398s +338.58ms isolate n2 against all
1.96457s +144.77ms mute n5 against all
1.96535s +1.10519s flap n2 -> n3 10% of every 20ms
1.96604s +547.98ms drop-nth n4 -> all number 2 of kind 6
2.00222s +38.64ms drop-nth all -> all number 1
2.1716s +38.36ms mute the decider or n2 against n1 n2 n3 n4 n5
2.8859s +15.8ms throttle n2 -> all to 20000 bytes/s with a queue of 100 bytes
`

// Faults that are put in order by their places come to lie as a stable sort has them.
func TestSortByTime(t *testing.T) {
	s := stream.New(1, "faults", 0)
	for n := range 40 {
		list := make([]Fault, n)
		for i := range list {
			list[i] = Fault{At: Span(s.N(10)), Nth: uint64(i)}
		}
		want := slices.Clone(list)
		slices.SortStableFunc(want, func(a, b Fault) int { return cmp.Compare(a.At, b.At) })
		sortByTime(list)
		require.Equal(t, want, list)
	}
}
