package shrink

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"simrun/checker"
	"simrun/faults"
	"simrun/netsim"
	"simrun/node"
	"simrun/node/fact"
	"simrun/node/machine"
	"simrun/scenarios"
	"simrun/sim"
	"simrun/sim/stream"
)

// counter is a replica that tells the others of each request, with a number, and panics when one of their numbers comes three too early: when a
// message was lost, and three more came. To fail takes one loss and four operations.
type counter struct {
	store machine.KV
	sent  uint64
	heard map[node.ID]uint64
}

type tick struct{ Number uint64 }

func (m *tick) Site() (uint8, uint64)                 { return 1, m.Number }
func (m *tick) Append(dst []byte) []byte              { return binary.BigEndian.AppendUint64(dst, m.Number) }
func (m *tick) Decode(b []byte) error                 { m.Number = binary.BigEndian.Uint64(b); return nil }
func (m *tick) Facts(func(fact.Fact))                 {}
func (m *tick) String() string                        { return fmt.Sprint("Tick ", m.Number) }
func (c *counter) Start(node.Env[tick])               {}
func (c *counter) AppendState(b []byte) []byte        { return c.store.Snapshot(b) }
func (c *counter) Timer(node.Env[tick], node.TimerID) {}

func (c *counter) Request(env node.Env[tick], from node.Client, q *node.Request) {
	c.sent++
	for id := node.ID(1); id <= 7; id++ {
		if id != env.Self() {
			env.Send(id, tick{c.sent})
		}
	}
	env.Reply(from, node.Reply{Seq: q.Seq, Status: node.OK, Output: c.store.Apply(q.Command, nil)})
}

func (c *counter) Receive(_ node.Env[tick], from node.ID, m *tick) {
	switch next := c.heard[from] + 1; {
	case m.Number == next:
		c.heard[from] = m.Number
	case m.Number >= next+3:
		panic("a message is missing")
	}
}

// counters is the scenario of it.
func counters() scenarios.Scenario { return countersOf(1) }

// countersOf makes it with a least number of replicas. The replicas are one store only because every client is at home with the first.
func countersOf(least int) scenarios.Scenario {
	return scenarios.Define(scenarios.Spec[tick, *tick]{
		Name: "counters", Doc: "for tests",
		Knobs: []scenarios.Knob{{Name: "colour", Calm: 3, Min: 0, Max: 100, Draw: []int64{1, 50}}},
		Draw: func(_ *stream.Stream, c *scenarios.Config) {
			c.Keys, c.Operations, c.LatencyMean = 1, max(c.Operations, 40), 0
			c.Horizon, c.Recovery = faults.Second, 2*faults.Second
		},
		Check: func(c *scenarios.Config) error {
			if c.Nodes < least {
				return errors.New("too few replicas")
			}
			if c.LatencyMean != 0 {
				return errors.New("links must keep the order of what they carry")
			}
			return nil
		},
		Quorums:  func(*scenarios.Config) (int, int) { return 1, 1 },
		Replica:  func(node.ID, *scenarios.Config) node.Node[tick] { return &counter{heard: map[node.ID]uint64{}} },
		Workload: scenarios.Registers{},
	})
}

// failing returns the first seeds whose runs lose a message that matters, their plans cut down to faults of one kind.
func failing(t testing.TB, s scenarios.Scenario, n int, kind faults.Kind) (list []scenarios.Input) {
	t.Helper()
	weather, err := faults.FindProfile(faults.Default)
	require.NoError(t, err)
	c := s.NewCluster()
	defer c.Close()
	for seed := uint64(1); len(list) < n; seed++ {
		require.Less(t, seed, uint64(500))
		in := scenarios.Input{Seed: seed}
		in.Config, in.Plan = s.Draw(seed, weather)
		in.Plan.Faults = slices.DeleteFunc(in.Plan.Faults, func(f faults.Fault) bool { return f.Kind != kind })
		if r := scenarios.Run(c, in); lossFound(r) {
			list = append(list, in)
		}
	}
	return list
}

func lossFound(r scenarios.Result) bool {
	return r.Verdict.Kind == checker.Violated && r.Verdict.Fingerprint[:5] == "panic"
}

// A case that was shrunk is 1-minimal: none of all single steps that make it smaller fails in the same way.
func minimal(t *testing.T, s scenarios.Scenario, replicas int, in scenarios.Input) scenarios.Result {
	t.Helper()
	r, err := Shrink(context.Background(), s, in, Options{Jobs: 2})
	require.NoError(t, err)
	require.True(t, r.Minimal)
	require.Equal(t, r.Before.Verdict.Fingerprint, r.Best.Verdict.Fingerprint)
	require.NoError(t, s.Check(r.Best.Input))

	c := s.NewCluster()
	defer c.Close()
	require.Equal(t, r.Best, scenarios.Run(c, r.Best.Input))
	size := SizeOf(s, &r.Best)
	require.Negative(t, size.Compare(SizeOf(s, &r.Before)))
	tried := 0
	for _, step := range Steps(s, r.Best.Input, r.Best.Verdict.Fingerprint) {
		if s.Check(step) != nil {
			continue
		}
		tried++
		if one := scenarios.Run(c, step); one.Verdict.Fingerprint == r.Best.Verdict.Fingerprint {
			require.GreaterOrEqual(t, SizeOf(s, &one).Compare(size), 0, "a smaller step from\n%+v\nfails too:\n%+v", r.Best.Input, step)
		}
	}
	require.Greater(t, tried, 5)
	require.Equal(t, uint64(4), r.Best.Stats.Called)
	require.Equal(t, replicas, r.Best.Config.Nodes)
	require.LessOrEqual(t, r.Best.Config.Clients, replicas)
	require.Equal(t, int64(3), r.Best.Config.Knobs["colour"])
	require.Zero(t, r.Best.Config.LatencyMean)
	return r.Best
}

// One message is lost, by what costs least: an exception. Four operations are needed to notice.
func TestShrinkToOneMessage(t *testing.T) {
	s := counters()
	for _, in := range failing(t, s, 6, faults.Drop) {
		best := minimal(t, s, 2, in)
		require.Empty(t, best.Plan.Faults)
		require.Len(t, best.Fates, 1)
		require.Equal(t, netsim.Drop, best.Fates[0].Fate)
		require.Equal(t, fmt.Sprint("Tick ", best.Fates[0].Key), best.Fates[0].Note, "it is called as in this run, and not as where it was found")
	}
}

// One replica crashes, and has forgotten three messages.
func TestShrinkToOneCrash(t *testing.T) {
	s := counters()
	for _, in := range failing(t, s, 6, faults.Crash) {
		best := minimal(t, s, 2, in)
		require.Len(t, best.Plan.Faults, 1)
		require.Len(t, best.Plan.Faults[0].Nodes, 1)
		require.Empty(t, best.Fates)
	}
}

// Of two replicas that crash at once, the one that matters is left, although none can be taken away.
func TestShrinkWhomFaultsStrike(t *testing.T) {
	s := countersOf(3)
	c := s.NewCluster()
	defer c.Close()
	for _, in := range failing(t, s, 6, faults.Crash) {
		for i := range in.Plan.Faults {
			f := &in.Plan.Faults[i]
			for id := node.ID(1); id <= node.ID(in.Config.Nodes); id++ {
				alone := slices.Clone(f.Nodes)
				if slices.Contains(alone, id) {
					continue
				}
				if f.Nodes = append(f.Nodes, id); !lossFound(scenarios.Run(c, in)) {
					f.Nodes = alone
				}
			}
		}
		best := minimal(t, s, 3, in)
		require.Len(t, best.Plan.Faults, 1)
		require.Len(t, best.Plan.Faults[0].Nodes, 1)
	}
}

// The result does not depend on the number of workers, nor on what ran before.
func TestShrinkDoesNotDependOnWorkers(t *testing.T) {
	s := counters()
	in := failing(t, s, 3, faults.Drop)[2]
	one, err := Shrink(context.Background(), s, in, Options{Jobs: 1})
	require.NoError(t, err)
	many, err := Shrink(context.Background(), s, in, Options{Jobs: 5})
	require.NoError(t, err)
	require.Equal(t, one, many)
	short, err := Shrink(context.Background(), s, in, Options{Jobs: 1, Budget: 40})
	require.NoError(t, err)
	again, err := Shrink(context.Background(), s, in, Options{Jobs: 5, Budget: 40})
	require.NoError(t, err)
	require.Equal(t, short, again)
}

// A budget is kept, and what was reached with it is not called minimal.
func TestBudget(t *testing.T) {
	s := counters()
	in := failing(t, s, 1, faults.Drop)[0]
	last := Size{mishaps: 1 << 40}
	for _, budget := range []uint64{1, 10, 100} {
		r, err := Shrink(context.Background(), s, in, Options{Jobs: 2, Budget: budget})
		require.NoError(t, err)
		require.LessOrEqual(t, r.Runs, budget)
		require.False(t, r.Minimal)
		size := SizeOf(s, &r.Best)
		require.LessOrEqual(t, size.Compare(last), 0)
		last = size
	}
}

// An interrupt keeps the best so far.
func TestInterrupt(t *testing.T) {
	s := counters()
	in := failing(t, s, 1, faults.Drop)[0]
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	r, err := Shrink(ctx, s, in, Options{Jobs: 2, Progress: func(p Progress) {
		if p.Runs > 30 {
			cancel()
		}
	}})
	require.ErrorIs(t, err, context.Canceled)
	require.False(t, r.Minimal)
	require.True(t, lossFound(scenarios.Run(s.NewCluster(), r.Best.Input)))
	require.Negative(t, SizeOf(s, &r.Best).Compare(SizeOf(s, &r.Before)))
}

// What does not fail, or not always in one way, is not shrunk.
func TestShrinkRefuses(t *testing.T) {
	s := counters()
	in := failing(t, s, 1, faults.Drop)[0]
	in.Plan = faults.Plan{}
	in.Config.Nodes, in.Config.Clients = 1, 1
	_, err := Shrink(context.Background(), s, in, Options{})
	require.ErrorContains(t, err, "its run does not fail in this build")
	_, err = Explain(context.Background(), s, in, ExplainOptions{})
	require.ErrorContains(t, err, "its run does not fail in this build")

	runs := 0
	dice := scenarios.Define(scenarios.Spec[tick, *tick]{
		Name:    "dice",
		Quorums: func(*scenarios.Config) (int, int) { return 1, 1 },
		Replica: func(id node.ID, _ *scenarios.Config) node.Node[tick] {
			runs++
			return &roller{runs: runs}
		},
		Workload: scenarios.Registers{},
	})
	_, err = Shrink(context.Background(), dice, in, Options{})
	require.True(t, errors.Is(err, ErrDiverged), "%v", err)
}

// roller writes another number of bytes each time it is made, and then panics.
type roller struct {
	counter
	runs int
}

func (r *roller) Request(env node.Env[tick], _ node.Client, _ *node.Request) {
	env.Append("log", make([]byte, r.runs))
	panic("rolled")
}

var forever = make(chan struct{})

// A run that never ends is left behind, and counts as one that does not fail.
func TestHandlerThatNeverReturns(t *testing.T) {
	base := counters()
	hangs := scenarios.Define(scenarios.Spec[tick, *tick]{
		Name:    "hangs",
		Knobs:   base.Knobs,
		Quorums: func(*scenarios.Config) (int, int) { return 1, 1 },
		Replica: func(_ node.ID, c *scenarios.Config) node.Node[tick] {
			if c.Knob("colour") == 3 {
				<-forever
			}
			return &roller{}
		},
		Workload: scenarios.Registers{},
	})
	in := failing(t, base, 1, faults.Drop)[0]
	in.Config.Knobs["colour"] = 50
	r, err := Shrink(context.Background(), hangs, in, Options{Jobs: 2, Patience: 100 * time.Millisecond})
	require.NoError(t, err)
	require.True(t, r.Minimal)
	require.Equal(t, int64(4), r.Best.Config.Knobs["colour"], "as near as it gets to the calm value, at which it hangs")

	in.Config.Knobs["colour"] = 3
	_, err = Shrink(context.Background(), hangs, in, Options{Patience: 100 * time.Millisecond})
	require.ErrorContains(t, err, "its run never ends")
}

// Delta debugging ends where no single element can go, whatever is needed: here some elements, and for some of those that stay another one.
func TestLists(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 30).Draw(t, "n")
		needed, needs := map[int]bool{}, map[int]int{}
		if n > 0 {
			element := rapid.IntRange(0, n-1)
			needed = rapid.MapOfN(element, rapid.Just(true), 0, min(n, 4)).Draw(t, "needed")
			needs = rapid.MapOfN(element, element, 0, n).Draw(t, "needs")
		}
		fails := func(keep []int) bool {
			for x := range needed {
				if !slices.Contains(keep, x) {
					return false
				}
			}
			for _, x := range keep {
				if y, asks := needs[x]; asks && !slices.Contains(keep, y) {
					return false
				}
			}
			return true
		}
		got := upTo(n)
		tries := 0
		reduce(n, func(k int, propose func(int) []int) int {
			for i := range k {
				tries++
				keep := propose(i)
				require.True(t, slices.IsSorted(keep))
				require.Less(t, len(keep), len(got))
				if fails(keep) {
					got = keep
					return i
				}
			}
			return -1
		})
		require.True(t, fails(got))
		for i := range got {
			require.False(t, fails(without(got, i, 1)), "%v: without %d it fails, too", got, got[i])
		}
		require.LessOrEqual(t, tries, n*n+3*n+1)
	})
}

// Steps leave what they are taken from as it was, and share nothing with it.
func TestStepsShareNothing(t *testing.T) {
	s := counters()
	for _, in := range failing(t, s, 3, faults.Drop) {
		in.Fates = []scenarios.Exception{{Fate: netsim.Drop, From: node.ID(1).Addr(), To: node.ID(2).Addr(), Kind: 1}}
		in.Skip = []int{3, 5}
		before := in.Hash()
		seen := map[string]bool{}
		for _, step := range Steps(s, in, "") {
			require.Equal(t, before, in.Hash())
			if s.Check(step) != nil {
				continue
			}
			name := step.Hash()
			seen[name] = true
			spoil(&step)
			require.Equal(t, before, in.Hash(), "a step shares memory with its origin")
		}
		require.Greater(t, len(seen), 50)
		require.False(t, seen[before], "a step leads nowhere")
	}
}

// spoil overwrites all that an input refers to.
func spoil(in *scenarios.Input) {
	for k := range in.Config.Knobs {
		in.Config.Knobs[k] = -1
	}
	for i := range in.Plan.Faults {
		f := &in.Plan.Faults[i]
		for _, list := range append(slices.Clone(f.Groups), f.From, f.To) {
			clear(list)
		}
		clear(f.Nodes)
	}
	clear(in.Plan.Faults)
	clear(in.Skip)
	clear(in.Fates)
}

// Operations that are kept are neither skipped nor cut off.
func TestKeepOperations(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := scenarios.Input{Config: scenarios.Config{Operations: rapid.IntRange(1, 20).Draw(t, "n")}}
		var keep []int
		for i := range in.Config.Operations {
			if rapid.Bool().Draw(t, "keep") {
				keep = append(keep, i)
			}
		}
		out := keepOperations(&in, keep)
		require.Equal(t, keep, kept(&out))
		fewer := renumberOperations(&out)
		require.Len(t, kept(&fewer), max(len(keep), 1))
	})
}

// Dropping a replica or a client leaves a plan that the smaller cluster can suffer, in which the others have what they had.
func TestDropped(t *testing.T) {
	s := counters()
	weather, err := faults.FindProfile(faults.Default)
	require.NoError(t, err)
	for seed := range uint64(100) {
		in := scenarios.Input{Seed: seed}
		in.Config, in.Plan = s.Draw(seed, weather)
		for i := range in.Plan.Faults { // how many replicas may be gone for good depends on how many there are: such a step may be refused
			in.Plan.Faults[i].Stays = false
		}
		in.Fates = []scenarios.Exception{
			{Fate: netsim.Drop, From: node.ID(1).Addr(), To: node.ID(3).Addr()},
			{Fate: netsim.Drop, From: node.ID(2).Addr(), To: node.ID(3).Addr()},
		}
		for in.Config.Nodes > 1 {
			gone := node.ID(1 + seed%2)
			in = dropReplica(&in, gone)
			require.NoError(t, s.Check(in), "seed %d", seed)
		}
		require.Empty(t, in.Fates)
		for in.Config.Clients > 1 {
			in = dropClient(&in, 1)
			require.NoError(t, s.Check(in), "seed %d", seed)
		}
	}
	in := scenarios.Input{Config: scenarios.Config{Nodes: 3, Clients: 2}}
	n1, n2, n3, c2 := node.ID(1).Addr(), node.ID(2).Addr(), node.ID(3).Addr(), node.Client(2).Addr()
	in.Plan.Faults = []faults.Fault{
		{Kind: faults.Partition, Groups: [][]node.Addr{{n1, c2}, {n2}, {n3}}},
		{Kind: faults.Crash, Nodes: []node.ID{2}},
		{Kind: faults.Crash, Nodes: []node.ID{3, 2}},
		{Kind: faults.OneWay, From: []node.Addr{n2}, To: []node.Addr{n3}},
		{Kind: faults.OneWay, From: []node.Addr{n3}},
	}
	out := dropReplica(&in, 2)
	require.Equal(t, []faults.Fault{
		{Kind: faults.Partition, Groups: [][]node.Addr{{n1, c2}, {n2}}},
		{Kind: faults.Crash, Nodes: []node.ID{2}},
		{Kind: faults.OneWay, From: []node.Addr{n2}},
	}, out.Plan.Faults)
}

// What is tried in place of a number is legal where the number is, and ends at calm.
func TestCalmer(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := number{calm: rapid.SampledFrom([]int64{0, 1, 1000, 1_000_000}).Draw(t, "calm")}
		n.also = rapid.SampledFrom([]int64{n.calm, 1_000_000}).Draw(t, "also")
		v := rapid.Int64Range(0, 1<<50).Draw(t, "v")
		for steps := 0; v != n.calm; steps++ {
			require.Less(t, steps, 200, "it must come to an end")
			least := int64(-1)
			for _, w := range n.calmer(v) {
				if n.clutter(w) < n.clutter(v) || n.clutter(w) == n.clutter(v) && n.unrest(w) < n.unrest(v) {
					least = w // the least bold one that counts as smaller
				}
			}
			if least < 0 {
				return // as near as it gets without being calm
			}
			v = least
		}
	})
	require.Equal(t, int64(4_000_000), rounded(4_160_000, 1))
	require.Equal(t, int64(4_100_000), rounded(4_160_000, 2))
	require.Equal(t, int64(0), rounded(0, 1))
	n := number{}
	require.Equal(t, int64(3), n.clutter(4_160_000))
}

// All numbers of a configuration and of a fault are found, those that will be added, too.
func TestNumbersAreFound(t *testing.T) {
	s := counters()
	in := failing(t, s, 1, faults.Drop)[0]
	require.Len(t, weather(s, &in), 1+4+3+2+4+2+3+4+1+0, "spares; keys, think, retry, patience; latency; drop, encode; links; sync; disk; clock; one knob")
	in.Plan.Faults = in.Plan.Faults[:1]
	require.Len(t, mishapNumbers(&in), 13, "all of a fault of any kind")
	require.Len(t, ends(s, &in, "agreement"), 2)
	recovery := ends(s, &in, "liveness: no progress")[1]
	require.Equal(t, []int64{patient}, slices.Compact(recovery.calmer(60_000_000_000))[:1])
	for v := patient * 2; v > patient/2; v -= patient / 8 {
		for _, w := range recovery.calmer(v) {
			require.GreaterOrEqual(t, w, patient, "the time to recover is not cut short where recovery is what fails")
		}
	}
	// A client that asks once may be patient until then, and has not begun yet what is asked of the healed cluster.
	once := scenarios.Define(scenarios.Spec[tick, *tick]{SendOnce: true})
	in.Config.Patience = 1500 * faults.Millisecond
	recovery = ends(once, &in, "agreement")[1]
	require.Equal(t, int64(2500*faults.Millisecond), recovery.calm)
	for v := recovery.calm * 8; v > recovery.calm/2; v -= recovery.calm / 8 {
		for _, w := range recovery.calmer(v) {
			require.GreaterOrEqual(t, w, recovery.calm, "from %d", v)
		}
	}
	require.Equal(t, int64(faults.Second), ends(s, &in, "agreement")[1].calm)
	for _, n := range slices.Concat(weather(s, &in), mishapNumbers(&in), ends(s, &in, "")) {
		c := clone(&in)
		v := n.get(&in)
		n.set(&c, 1-min(v, 1))
		require.NotEqual(t, v, n.get(&c))
		require.Equal(t, v, n.get(&in))
	}
}

// Before a message is lost little is decided; from then on nearly everything is.
func TestExplain(t *testing.T) {
	s := counters()
	small, err := Shrink(context.Background(), s, failing(t, s, 1, faults.Drop)[0], Options{Jobs: 2})
	require.NoError(t, err)
	// In place of the exception, a fault that loses one in ten: now it is chance that decides.
	in := small.Best.Input
	in.Fates = nil
	in.Plan.Faults = []faults.Fault{{Kind: faults.Drop, Rate: 100_000}}
	in.Config.Clients, in.Config.Operations, in.Skip, in.Config.Horizon = 1, 6, nil, faults.Second
	in.Config.Think = 20 * faults.Millisecond
	c := s.NewCluster()
	var lost []uint64
	for in.Seed = 1; len(lost) != 1; in.Seed++ { // a run in which only one message is lost
		require.Less(t, in.Seed, uint64(500))
		if r := scenarios.Run(c, in); !lossFound(r) {
			continue
		}
		lost = nil
		c.Reset(in)
		c.Trace(func(r sim.Record) {
			if r.Kind == sim.Lost {
				lost = append(lost, r.Event)
			}
		})
		c.Run(1 << 40)
	}
	in.Seed--

	o := ExplainOptions{Jobs: 1, Futures: 60, Points: 12}
	x, err := Explain(context.Background(), s, in, o)
	require.NoError(t, err)
	o.Jobs = 4
	again, err := Explain(context.Background(), s, in, o)
	require.NoError(t, err)
	require.Equal(t, x, again, "it does not depend on the number of workers")

	first, last := x.Points[0], x.Points[len(x.Points)-1]
	require.Zero(t, first.Event)
	require.Less(t, first.Failed, 30)
	require.Equal(t, x.Result.Stats.Events, last.Event)
	require.Equal(t, 60, last.Failed)
	require.Len(t, x.Points, 14)
	require.Equal(t, x.Before.Event+1, x.After.Event)
	require.Equal(t, lost[0], x.After.Event, "the message that was lost decided it")
	require.Greater(t, x.After.Failed-x.Before.Failed, 20)
	require.GreaterOrEqual(t, x.Sealed, lost[0])
}

// Futures end when they are told to.
func TestExplainInterrupted(t *testing.T) {
	s := counters()
	in := failing(t, s, 1, faults.Drop)[0]
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	x, err := Explain(ctx, s, in, ExplainOptions{Jobs: 2, Futures: 10, Points: 10, Progress: func(done, _ int) {
		if done == 3 {
			cancel()
		}
	}})
	require.ErrorIs(t, err, context.Canceled)
	require.Len(t, x.Points, 2, "the third may lack futures")
	require.Zero(t, x.Sealed)
}

// A fault is narrowed one address at a time, and to no clients at once; links of all are narrowed to those of one.
func TestNarrower(t *testing.T) {
	n1, n2, n3, c1 := node.ID(1).Addr(), node.ID(2).Addr(), node.ID(3).Addr(), node.Client(1).Addr()
	for _, c := range []struct {
		fault faults.Fault
		want  []faults.Fault
	}{
		{faults.Fault{Kind: faults.Crash, Nodes: []node.ID{1, 3}}, []faults.Fault{
			{Kind: faults.Crash, Nodes: []node.ID{3}}, {Kind: faults.Crash, Nodes: []node.ID{1}},
		}},
		{faults.Fault{Kind: faults.Partition, Groups: [][]node.Addr{{n1, c1}, {n2}}}, []faults.Fault{
			{Kind: faults.Partition, Groups: [][]node.Addr{{n1}, {n2}}},
			{Kind: faults.Partition, Groups: [][]node.Addr{{c1}, {n2}}},
			{Kind: faults.Partition, Groups: [][]node.Addr{{n1}, {n2}}},
			{Kind: faults.Partition, Groups: [][]node.Addr{{n1, c1}}}, // not legal, and refused by Check
		}},
		{faults.Fault{Kind: faults.OneWay, From: []node.Addr{n1, n2}}, []faults.Fault{
			{Kind: faults.OneWay, From: []node.Addr{n2}}, {Kind: faults.OneWay, From: []node.Addr{n1}},
			{Kind: faults.OneWay, From: []node.Addr{n1, n2}, To: []node.Addr{n1}},
			{Kind: faults.OneWay, From: []node.Addr{n1, n2}, To: []node.Addr{n2}},
			{Kind: faults.OneWay, From: []node.Addr{n1, n2}, To: []node.Addr{n3}},
			{Kind: faults.OneWay, From: []node.Addr{n1, n2}, To: []node.Addr{c1}},
		}},
	} {
		in := scenarios.Input{Config: scenarios.Config{Nodes: 3, Clients: 1}, Plan: faults.Plan{Faults: []faults.Fault{c.fault}}}
		var got []faults.Fault
		for _, step := range narrower(&in) {
			got = append(got, step.Plan.Faults[0])
		}
		require.Equal(t, c.want, got)
	}
}
