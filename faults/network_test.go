package faults

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"simrun/node"
	"simrun/sim/stream"
)

// ruleCase is a fault and the rules that it puts in force.
type ruleCase struct {
	fault Fault
	rules []Rule
}

// What each kind in network.go puts in force.
var networkRules = []ruleCase{
	{Fault{Kind: Redeliver, From: n(1), To: n(2), Rate: 7, Delay: 9}, []Rule{{From: n(1), To: n(2), Again: 7, AgainMin: 9}}},
	{Fault{Kind: Corrupt, To: n(2), Rate: 7}, []Rule{{To: n(2), Corrupt: 7}}},
	{Fault{Kind: Throttle, From: n(1), Bandwidth: 7, Backlog: 8}, []Rule{{From: n(1), Bandwidth: 7, Backlog: 8}}},
	{Fault{Kind: Flap, From: n(1), Rate: 250_000, Period: 400}, []Rule{{From: n(1), Block: true, Period: 400, Down: 100}}},
	{Fault{Kind: Flap, Rate: 1, Period: 400}, []Rule{{Block: true, Period: 400, Down: 1}}},
	{Fault{Kind: DropNth, From: n(1), To: n(2), Nth: 3, Message: 4}, []Rule{{From: n(1), To: n(2), Nth: 3, Message: 4}}},
	{Fault{Kind: Burst, From: n(1)}, []Rule{{From: n(1), HoldBack: true}}},
	{Fault{Kind: FarNode, Nodes: []node.ID{1, 2}, Delay: 5}, []Rule{{From: n(1, 2), Delay: 5}, {To: n(1, 2), Delay: 5}}},
	{Fault{Kind: Isolate, Nodes: []node.ID{2}}, []Rule{{From: n(2), Block: true}, {To: n(2), Block: true}}},
	{Fault{Kind: Isolate, Nodes: []node.ID{2}, To: n(1, 3)}, []Rule{{From: n(2), To: n(1, 3), Block: true}, {From: n(1, 3), To: n(2), Block: true}}},
	{Fault{Kind: Mute, Nodes: []node.ID{2}, To: n(1, 3)}, []Rule{{From: n(2), To: n(1, 3), Block: true}}},
	{Fault{Kind: Deaf, Nodes: []node.ID{2}, To: n(1, 3)}, []Rule{{From: n(1, 3), To: n(2), Block: true}}},
	{Fault{Kind: Ring, Nodes: []node.ID{1, 3, 2, 5, 4}}, []Rule{
		{From: n(1), To: n(2, 5), Block: true}, {From: n(3), To: n(5, 4), Block: true}, {From: n(2), To: n(4, 1), Block: true},
		{From: n(5), To: n(1, 3), Block: true}, {From: n(4), To: n(3, 2), Block: true},
	}},
	{Fault{Kind: Swizzle, Nodes: []node.ID{3, 1, 2}, Period: 10, For: 100}, []Rule{
		{From: n(3), Block: true, Until: 90}, {To: n(3), Block: true, Until: 90},
		{From: n(1), Block: true, After: 10, Until: 80}, {To: n(1), Block: true, After: 10, Until: 80},
		{From: n(2), Block: true, After: 20, Until: 100}, {To: n(2), Block: true, After: 20, Until: 100},
	}},
	{Fault{Kind: Swizzle, Nodes: []node.ID{3, 1}, Period: 10}, []Rule{
		{From: n(3), Block: true}, {To: n(3), Block: true}, {From: n(1), Block: true, After: 10}, {To: n(1), Block: true, After: 10},
	}},
	{Fault{Kind: Bridge, Groups: [][]node.Addr{n(1, 2), n(3), n(4, 5)}}, []Rule{
		{From: n(1, 2), To: n(4, 5), Block: true}, {From: n(4, 5), To: n(1, 2), Block: true},
	}},
	{Fault{Kind: ClientCut, From: []node.Addr{node.Client(1).Addr()}, To: n(2, 3)}, []Rule{
		{From: []node.Addr{node.Client(1).Addr()}, To: n(2, 3), Block: true}, {From: n(2, 3), To: []node.Addr{node.Client(1).Addr()}, Block: true},
	}},
}

func n(nodes ...node.ID) []node.Addr { return ids(nodes) }

// completeNetwork fills in what the kinds in network.go use besides what the older ones do.
func completeNetwork(t *rapid.T, sh Shape, f *Fault) {
	uses := kinds[f.Kind].uses
	if uses&usesTo != 0 && rapid.Bool().Draw(t, "against") {
		f.To = ids(sh.Nodes)
	}
	if uses&usesPeriod != 0 {
		f.Period = Span(rapid.Int64Range(1, int64(maxSpan)).Draw(t, "period"))
	}
	if uses&usesBandwidth != 0 {
		f.Bandwidth = rapid.Uint64Range(1, maxNumber).Draw(t, "bandwidth")
		f.Backlog = rapid.Uint64Range(0, maxNumber).Draw(t, "backlog")
	}
	if uses&usesNth != 0 {
		f.Nth = rapid.Uint64Range(1, maxNumber).Draw(t, "nth")
		f.Message = rapid.Byte().Draw(t, "message")
	}
	switch f.Kind {
	case Partition:
		f.Groups = f.Groups[:rapid.IntRange(2, 3).Draw(t, "groups")]
	case Ring:
		f.Nodes = rapid.Permutation(sh.Nodes).Draw(t, "ring")[:rapid.IntRange(ringLeast, len(sh.Nodes)).Draw(t, "ring")]
	case ClientCut:
		f.From = []node.Addr{node.Client(rapid.IntRange(1, sh.Clients).Draw(t, "client")).Addr()}
		f.To = ids(sh.Nodes)[:rapid.IntRange(1, len(sh.Nodes)).Draw(t, "replicas")]
	}
}

func TestNetworkRefusals(t *testing.T) {
	for want, text := range map[string]string{
		`fault 1 (throttle): it needs a "bandwidth"`:                        `{"kind": "throttle", "backlog": 5}`,
		`fault 1 (flap): it needs a "period"`:                               `{"kind": "flap", "rate": 5}`,
		`fault 1 (flap): it needs a "rate"`:                                 `{"kind": "flap", "period": "1s"}`,
		`fault 1 (drop-nth): it needs "nth": which message to lose, from 1`: `{"kind": "drop-nth"}`,
		`fault 1 (redeliver): it needs a "delay"`:                           `{"kind": "redeliver", "rate": 5}`,
		`fault 1 (far-node): it needs a "delay"`:                            `{"kind": "far-node", "role": "leader"}`,
		`fault 1 (isolate): it needs "nodes" or a "role"`:                   `{"kind": "isolate"}`,
		`fault 1 (mute): "to" names nobody else`:                            `{"kind": "mute", "nodes": [2], "to": ["n2"]}`,
		`fault 1 (ring): it needs at least four "nodes"`:                    `{"kind": "ring", "nodes": [1, 2, 3]}`,
		`fault 1 (ring): a replica of it is named twice`:                    `{"kind": "ring", "nodes": [1, 2, 3, 1]}`,
		`fault 1 (ring): it has no use for "role"`:                          `{"kind": "ring", "role": "leader", "nodes": [1, 2, 3, 4]}`,
		`fault 1 (swizzle): it needs a "period"`:                            `{"kind": "swizzle", "nodes": [1, 2]}`,
		`fault 1 (bridge): it needs three "groups"`:                         `{"kind": "bridge", "groups": [["n1"], ["n2"]]}`,
		`fault 1 (bridge): an address is in two groups`:                     `{"kind": "bridge", "groups": [["n1"], ["n2"], ["n1"]]}`,
		`fault 1 (client-cut): it needs "from", the clients`:                `{"kind": "client-cut", "to": ["n2"]}`,
		`fault 1 (client-cut): only clients may be in "from"`:               `{"kind": "client-cut", "from": ["n1"], "to": ["n2"]}`,
		`fault 1 (drop): no message takes its links`:                        `{"kind": "drop", "rate": 5, "from": ["n1"], "to": ["n1"]}`,
		`fault 1 (one-way): no message takes its links`:                     `{"kind": "one-way", "from": ["c1", "c2"], "to": ["c1", "c3"]}`,
		`there is no role "king": there are [leader candidate decider]`:     `{"kind": "isolate", "role": "king"}`,
		`1000000000001 is out of range: numbers go up to 1000000000000`:     `{"kind": "drop-nth", "nth": 1000000000001}`,
	} {
		p, err := DecodePlan(strings.NewReader(`{"faults": [` + text + `]}`))
		if err == nil {
			err = p.Validate(five)
		}
		require.ErrorContains(t, err, want, text)
		require.NotContains(t, err.Error(), "\n")
	}
	require.ErrorContains(t, (&Plan{Faults: []Fault{{Kind: Isolate, Role: NumRoles}}}).Validate(five), "there is no role 4")
}

// Where the protocol's kinds of messages are known, others are refused, and only they are drawn.
func TestKindsOfMessages(t *testing.T) {
	sh := five
	sh.Messages = 3
	p := Plan{Faults: []Fault{{Kind: DropNth, Nth: 1, Message: 3}}}
	require.NoError(t, p.Validate(sh))
	p.Faults[0].Message = 4
	require.NoError(t, p.Validate(Shape{Nodes: five.Nodes, Horizon: five.Horizon}))
	require.EqualError(t, p.Validate(sh), "plan: fault 1 (drop-nth): its replicas send no messages of kind 4: kinds go to 3")
	drawn := map[uint8]bool{}
	for seed := range uint64(100) {
		p := draw(t, seed, sh)
		require.NoError(t, p.Validate(sh))
		for _, f := range p.Faults {
			drawn[f.Message] = true
		}
	}
	require.Equal(t, map[uint8]bool{0: true, 1: true, 2: true, 3: true}, drawn)
}

// A fault with a role happens to whoever has it when the fault begins, also to its end; to the replicas it names if nobody has it; and to
// nobody, rather than to everybody, if it names none.
func TestRoles(t *testing.T) {
	plan := Plan{Faults: []Fault{
		{Kind: Crash, Role: Leader, Nodes: []node.ID{5}},
		{Kind: Isolate, Role: Decider},
		{Kind: FarNode, Role: Candidate, Delay: 1},
	}}
	require.NoError(t, plan.Validate(five))
	b := newBoard()
	b.roles[Leader] = 3
	var j Injector
	j.Reset(plan)
	require.Equal(t, []node.ID{3}, j.Victims(b, 0))
	j.Begin(b, 0)
	require.Equal(t, map[node.ID]bool{3: true}, b.down)
	b.roles[Leader] = 4
	require.Equal(t, []node.ID{3}, j.Victims(b, 0), "it stays with whom it struck")
	j.End(b, 0)
	require.Empty(t, b.down)
	require.Equal(t, uint64(1), j.Struck(Crash))

	delete(b.roles, Leader)
	j.Begin(b, 0)
	require.Equal(t, map[node.ID]bool{5: true}, b.down)
	j.Begin(b, 1)
	j.Begin(b, 2)
	require.Empty(t, b.rules)
	j.HealAll(b)

	b.roles[Decider] = 2
	j.Begin(b, 1)
	require.Equal(t, []Rule{{From: n(2), Block: true}, {To: n(2), Block: true}}, b.rules[1])
	require.Empty(t, b.bad)
}

// In a ring every replica sees the same number of others, both ways, a majority with itself; and no two see the same replicas.
func TestRing(t *testing.T) {
	for size := ringLeast; size <= 9; size++ {
		f := Fault{Kind: Ring}
		for i := range size {
			f.Nodes = append(f.Nodes, node.ID(i+1))
		}
		b := newBoard()
		var j Injector
		j.Reset(Plan{Faults: []Fault{f}})
		j.Begin(b, 0)
		seen := map[string]bool{}
		blocked := map[[2]node.Addr]bool{}
		for _, r := range b.rules[0] {
			require.NotEmpty(t, r.To, "%d replicas", size)
			require.GreaterOrEqual(t, size-len(r.To), size/2+1)
			text := join(slices.Sorted(slices.Values(r.To)))
			require.False(t, seen[text])
			seen[text] = true
			for _, to := range r.To {
				blocked[[2]node.Addr{r.From[0], to}] = true
			}
		}
		require.Len(t, seen, size)
		for pair := range blocked {
			require.NotEqual(t, pair[0], pair[1])
			require.True(t, blocked[[2]node.Addr{pair[1], pair[0]}])
		}
	}
}

// However many are swizzled, they go one by one and come back one by one, and not in the same order nor in the opposite one.
func TestSwizzle(t *testing.T) {
	for size := 1; size <= 9; size++ {
		f := Fault{Kind: Swizzle, Period: 10, For: 1000}
		for i := range size {
			f.Nodes = append(f.Nodes, node.ID(i+1))
		}
		b := newBoard()
		var j Injector
		j.Reset(Plan{Faults: []Fault{f}})
		j.Begin(b, 0)
		var back []int
		for i, r := range b.rules[0] {
			require.Equal(t, Span(i/2*10), r.After)
			if i%2 == 0 {
				back = append(back, int(1000-r.Until)/10)
			}
		}
		if size > 2 {
			require.False(t, slices.IsSorted(back), "%v", back)
			require.False(t, slices.IsSortedFunc(back, func(a, b int) int { return b - a }), "%v", back)
		}
		slices.Sort(back)
		for i := range size {
			require.Equal(t, i, back[i])
		}
	}
}

// A profile for a family has that family's kinds, all of them, and no others. A storm is worse than the default.
func TestProfiles(t *testing.T) {
	count := map[string]int{}
	for _, p := range Profiles() {
		seen := map[Kind]bool{}
		for seed := range uint64(400) {
			s := stream.New(seed, "plan", 0)
			plan := Draw(&s, p, five)
			count[p.Name] += len(plan.Faults)
			for _, f := range plan.Faults {
				seen[f.Kind] = true
			}
		}
		for k := Kind(1); k < NumKinds; k++ {
			want := len(p.on) > 0 && p.chance(k, stream.Million) > 0
			require.Equal(t, want, seen[k], "%s: %v", p.Name, k)
		}
	}
	require.Greater(t, count[Storm], 4*count[Default])
	require.Greater(t, count[Default], count[Partitions])
}

// No fault that is drawn is about links that no message takes, whatever the cluster has.
func TestDrawnLinks(t *testing.T) {
	for _, sh := range []Shape{five, {Nodes: five.Nodes[:2], Horizon: Second}, {Nodes: five.Nodes[:1], Clients: 1, Horizon: Second}} {
		s := stream.New(1, "links", 0)
		pairs := 0
		for range 1000 {
			f := drawLinks(&s, &sh)
			require.False(t, idle(f.From, f.To), "%v -> %v", f.From, f.To)
			if len(f.From) > 0 && len(f.To) > 0 {
				pairs++
			}
		}
		require.InDelta(t, 200, pairs, 50)
	}
}

// Faults crowd: of those drawn, many more begin while another begins or ends than would by chance.
func TestOverlap(t *testing.T) {
	near := func(p Plan) (close, all int) {
		for i, f := range p.Faults {
			all++
			for k, g := range p.Faults {
				ends := g.At + g.For
				if k != i && (max(f.At-g.At, g.At-f.At) < 5*Millisecond || max(f.At-ends, ends-f.At) < 5*Millisecond) {
					close++
					break
				}
			}
		}
		return
	}
	drawn, drawnAll, spread, spreadAll := 0, 0, 0, 0
	for seed := range uint64(200) {
		plan := draw(t, seed, five)
		c, a := near(plan)
		drawn, drawnAll = drawn+c, drawnAll+a
		s := stream.New(seed, "spread", 0)
		for i := range plan.Faults {
			plan.Faults[i].At = Span(s.N(uint64(five.Horizon)))
		}
		c, a = near(plan)
		spread, spreadAll = spread+c, spreadAll+a
	}
	t.Logf("begin within 5 ms of another's beginning or end: %d of %d, and %d if spread evenly", drawn, drawnAll, spread)
	require.Greater(t, drawn, 2*spread)
}

// Without a family a seed draws what it did, less the faults of that family; and the name says so, in any order.
func TestProfileWithout(t *testing.T) {
	led := five
	led.Leads = led.Knobs[0].Name // so that there are gambits
	for _, p := range Profiles() {
		for _, family := range p.Families() {
			less, err := FindProfile(p.Name + ",no-" + family)
			require.NoError(t, err)
			require.NotContains(t, less.Families(), family)
			require.Len(t, less.Families(), len(p.Families())-1)
			require.True(t, less.Is(p.Name) && less.Lacks(family) && !p.Lacks(family))
			taken := 0
			for seed := range uint64(100) {
				one, other := stream.New(seed, "plan", 0), stream.New(seed, "plan", 0)
				whole, rest := Draw(&one, p, led), Draw(&other, less, led)
				n := len(whole.Faults)
				whole.Faults = slices.DeleteFunc(whole.Faults, func(f Fault) bool { return f.Kind.Family() == family })
				require.Equal(t, whole, rest, less.Name)
				taken += n - len(rest.Faults)
			}
			require.Positive(t, taken, less.Name)
		}
	}
	p, err := FindProfile("default,no-load,no-disks,no-load")
	require.NoError(t, err)
	require.Equal(t, "default,no-disks,no-load", p.Name)
	again, err := FindProfile(p.Name)
	require.NoError(t, err)
	require.Equal(t, p.without, again.without)
	for name, says := range map[string]string{
		"calm,no-links":   `profile calm has no faults of the family "links" to leave out`,
		"default,no-snow": `no faults of the family "snow" to leave out: it has links, processes, disks, clocks, members, load`,
		"default,disks":   `after a comma comes no-FAMILY, as in default,no-links`,
		"hail,no-disks":   `unknown profile "hail,no-disks"`,
	} {
		_, err := FindProfile(name)
		require.ErrorContains(t, err, says)
	}
}
