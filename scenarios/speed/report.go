package speed

import (
	"context"
	"fmt"
	"io"
	"runtime"
	"slices"
	"time"

	"simrun/checker"
	"simrun/faults"
	"simrun/scenarios"
	"simrun/sim"
)

// Options says how much is measured.
type Options struct {
	Rounds   int          // of which the median counts
	Scale    uint64       // how long a round is: 1 for a look, 10 for figures to keep
	Progress func(string) // told what is measured next
	Table    func(*Table) // told each table as soon as it is complete
}

// Report makes the tables one after another, until the context is cancelled.
func Report(ctx context.Context, o Options) error {
	for _, step := range []struct {
		name string
		make func(context.Context, Options) *Table
	}{
		{"events alone", queueTable}, {"the network alone", networkTable}, {"clusters under load", loadTable},
		{"clusters of more nodes", nodesTable}, {"clusters with more clients", clientsTable}, {"whole seeds", seedsTable},
		{"checking histories", historyTable}, {"the trace", traceTable}, {"memory", memoryTable},
	} {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		o.Progress(step.name)
		if t := step.make(ctx, o); ctx.Err() == nil {
			o.Table(t)
		}
	}
	return ctx.Err()
}

// median measures several times; 0 if the context is cancelled.
func (o Options) median(ctx context.Context, measure func() float64) float64 {
	var all []float64
	for range o.Rounds {
		if ctx.Err() != nil {
			return 0
		}
		all = append(all, measure())
	}
	return middle(all)
}

// middle returns the median; 0 of nothing.
func middle(list []float64) float64 {
	if len(list) == 0 {
		return 0
	}
	slices.Sort(list)
	return list[len(list)/2]
}

func queueTable(ctx context.Context, o Options) *Table {
	t := &Table{
		Name: "events", Note: "The kernel alone, hash included, beside a plain one (a binary heap of pointers and closures): one event happens and schedules another. Nanoseconds of cpu an event.",
		Head: []string{"pending", "kernel", "plain kernel", "ratio"},
		Plot: &Plot{Title: "cost of an event", X: "pending events", Y: "ns", Lines: []Line{{Name: "kernel"}, {Name: "plain kernel"}}},
	}
	for pending := 100; pending <= 1_000_000; pending *= 10 {
		kernel := o.median(ctx, func() float64 { return holdKernel(pending, 200_000*o.Scale) })
		simple := o.median(ctx, func() float64 { return holdPlain(pending, 200_000*o.Scale) })
		t.add(number(float64(pending)), kernel, simple, simple/kernel)
		t.Plot.add(float64(pending), kernel, simple)
	}
	return t
}

// add adds a point to each line.
func (p *Plot) add(x float64, ys ...float64) {
	for i, y := range ys {
		if y > 0 {
			p.Lines[i].Points = append(p.Lines[i].Points, [2]float64{x, y})
		}
	}
}

func networkTable(ctx context.Context, o Options) *Table {
	t := &Table{
		Name: "messages", Note: "Kernel and network alone: each message that arrives sends another. In rough weather three rules are in force. Nanoseconds of cpu a message.",
		Head: []string{"under way", "calm", "rough"},
		Plot: &Plot{Title: "cost of a message", X: "messages under way", Y: "ns", Lines: []Line{{Name: "calm"}, {Name: "rough"}}},
	}
	for pending := 100; pending <= 1_000_000; pending *= 10 {
		calm := o.median(ctx, func() float64 { return perMessage(pending, 200_000*o.Scale, false) })
		rough := o.median(ctx, func() float64 { return perMessage(pending, 200_000*o.Scale, true) })
		t.add(number(float64(pending)), calm, rough)
		t.Plot.add(float64(pending), calm, rough)
	}
	return t
}

// cost runs a load for a while and returns the median round.
func (o Options) cost(ctx context.Context, s scenarios.Scenario, l Load, events uint64) Cost {
	r := Begin(s, l)
	r.Run(100_000)
	var all []Cost
	for range o.Rounds {
		if ctx.Err() != nil {
			return Cost{}
		}
		all = append(all, r.Measure(events*o.Scale))
	}
	slices.SortFunc(all, func(a, b Cost) int { return int(a.CPU - b.CPU) })
	return all[len(all)/2]
}

func loadTable(ctx context.Context, o Options) *Table {
	t := &Table{
		Name: "clusters", Note: "Five Multi-Paxos replicas with commands of 32 bytes, real bytes in their logs, disks, hash, and every check on where nothing else is said. Rates are per second of cpu.",
		Head: []string{"load", "ns an event", "mallocs an event", "messages/s", "commits/s", "simulated s/s"},
	}
	batched := Saturated(5, 64, 64)
	batched.Config.Knobs["window"] = 4
	for _, x := range []struct {
		name     string
		scenario scenarios.Scenario
		load     Load
	}{
		{"10 clients", Log(), Saturated(5, 10, 1)}, {"10 clients, agreement alone is checked", AgreementOnly(), Saturated(5, 10, 1)},
		{"64 clients", Log(), Saturated(5, 64, 1)}, {"64 clients, batches", Log(), batched},
		{"10 that think 100 ms, under faults", Log(), Thinking()}, {"idle", Log(), Idle()},
	} {
		c := o.cost(ctx, x.scenario, x.load, 200_000)
		t.add(x.name, c.PerEvent(), float64(c.Mallocs)/float64(max(c.Events, 1)), c.Rate(c.Messages), c.Rate(c.Commits), float64(c.Simulated)/float64(max(c.CPU, 1)))
	}
	return t
}

func nodesTable(ctx context.Context, o Options) *Table {
	return o.grow(ctx, "nodes", "How the cost grows with the replicas, with 10 clients.", []int{3, 5, 9, 17, 33, 63, 101},
		func(n int) Load { return Saturated(n, 10, 1) })
}

func clientsTable(ctx context.Context, o Options) *Table {
	return o.grow(ctx, "clients", "How the cost grows with the clients of five replicas.", []int{1, 10, 100, 1000},
		func(n int) Load { return Saturated(5, n, 1) })
}

func (o Options) grow(ctx context.Context, what, note string, sizes []int, load func(int) Load) *Table {
	t := &Table{
		Name: what, Note: note, Head: []string{what, "ns an event", "events/s", "commits/s"},
		Plot: &Plot{Title: "rates against " + what, X: what, Y: "per second of cpu", Lines: []Line{{Name: "events"}, {Name: "commits"}}},
	}
	for _, n := range sizes {
		c := o.cost(ctx, Log(), load(n), 200_000)
		t.add(n, c.PerEvent(), c.Rate(c.Events), c.Rate(c.Commits))
		t.Plot.add(float64(n), c.Rate(c.Events), c.Rate(c.Commits))
	}
	return t
}

// seeds runs whole seeds of 200 operations under the profile default and returns how many there were in a second by the clock,
// and in a second of cpu.
func seeds(ctx context.Context, count uint64, jobs int) (perSecond, perCPU float64, total scenarios.Stats) {
	kv, err := scenarios.Find("kv")
	if err != nil {
		panic("speed: " + err.Error())
	}
	profile, err := faults.FindProfile(faults.Default)
	if err != nil {
		panic("speed: " + err.Error())
	}
	s := scenarios.Sweep{Scenario: kv, Profile: profile, Seeds: scenarios.SeedRange(1, count), Jobs: jobs, Adjust: func(in *scenarios.Input) { in.Config.Operations = 200 }}
	from, used := time.Now(), cpu()
	if s.Run(ctx, func(r scenarios.Result) bool { total.Add(r.Stats); return true }) != nil {
		return 0, 0, total
	}
	return float64(count) / time.Since(from).Seconds(), float64(count) / float64(max(cpu()-used, 1)) * 1e9, total
}

func seedsTable(ctx context.Context, o Options) *Table {
	t := &Table{
		Name: "seeds", Note: fmt.Sprintf("Whole seeds of up to 200 operations under the profile default, every check on, on %d cores. By the clock they need a machine that does nothing else.", runtime.NumCPU()),
		Head: []string{"workers", "seeds/s", "times one", "seeds a second of cpu", "events a seed", "operations a seed"},
	}
	one := 0.0
	for _, jobs := range []int{1, 2, 4} {
		var total scenarios.Stats
		var perCPU float64
		rate := o.median(ctx, func() float64 {
			var perSecond float64
			perSecond, perCPU, total = seeds(ctx, 500*o.Scale, jobs)
			return perSecond
		})
		if jobs == 1 {
			one = rate
		}
		runs := float64(max(total.Runs, 1))
		t.add(jobs, rate, rate/max(one, 1), perCPU, float64(total.Events)/runs, float64(total.Called)/runs)
	}
	return t
}

// history makes one of that many operations of ten clients, linearizable, with the order of a log or without.
func history(operations int, ordered bool) *checker.History {
	h := &checker.History{}
	value := int64(0)
	for i := range operations {
		kind, arg := checker.Get, int64(0)
		if i%2 == 0 {
			kind, arg = checker.Put, int64(i)+1
		}
		call := uint64(10*i + 1)
		at := h.Call(uint32(i%10+1), kind, 0, arg, 0, call)
		out := value
		if kind == checker.Put {
			value, out = arg, 0
		}
		h.Return(at, call+25, checker.OK, out)
		if ordered {
			h.Hint(at, uint64(i)+1, 0)
		}
	}
	return h
}

func historyTable(ctx context.Context, o Options) *Table {
	t := &Table{
		Name: "histories", Note: "An exact verdict on a history of one key, three operations at a time: milliseconds of cpu, and bytes that the checker allocates.",
		Head: []string{"operations", "with the order of the log", "without", "bytes an operation"},
		Plot: &Plot{Title: "cost of a verdict", X: "operations", Y: "ms", Lines: []Line{{Name: "log order"}, {Name: "none"}}},
	}
	for n := 100; n <= 1_000_000*int(min(o.Scale, 10)); n *= 10 {
		var bytes uint64
		check := func(ordered bool) float64 {
			h := history(n, ordered)
			return o.median(ctx, func() float64 {
				var k checker.Checker
				var a, b runtime.MemStats
				runtime.ReadMemStats(&a)
				from := cpu()
				if r := k.Check(h, checker.KV, checker.Options{}); r.Answer != checker.Linearizable {
					panic("speed: the checker refuses a linearizable history")
				}
				took := cpu() - from
				runtime.ReadMemStats(&b)
				bytes = b.TotalAlloc - a.TotalAlloc
				return float64(took) / 1e6
			})
		}
		ordered, free := check(true), check(false)
		t.add(number(float64(n)), ordered, free, float64(bytes)/float64(n))
		t.Plot.add(float64(n), ordered, free)
	}
	return t
}

func traceTable(ctx context.Context, o Options) *Table {
	t := &Table{
		Name: "trace", Note: "The same load with its full trace: on a tape, which is all that the hash is made of, in binary; and every record in words, which a run has only when it is replayed. " +
			"Nanoseconds of cpu an event; the ratio is that of rounds in turns. What the hash costs, .ci/must/speed-ratios.sh tells: it takes a build without it.",
		Head: []string{"trace", "ns an event without", "with", "ratio"},
	}
	for _, x := range []struct {
		name   string
		events uint64
		begin  func(r *Running)
	}{
		{"on a tape", 200_000, func(r *Running) { r.cluster.Record(sim.NewTape(io.Discard, "a load")) }},
		{"in words", 20_000, func(r *Running) { r.cluster.Trace(func(sim.Record) {}) }},
	} {
		plain, traced := Begin(Log(), Saturated(5, 10, 1)), Begin(Log(), Saturated(5, 10, 1))
		x.begin(traced)
		plain.Run(x.events)
		traced.Run(x.events)
		var without, with, ratios []float64
		for range o.Rounds {
			if ctx.Err() != nil {
				break
			}
			a, b := plain.Measure(x.events*o.Scale).PerEvent(), traced.Measure(x.events*o.Scale).PerEvent()
			without, with, ratios = append(without, a), append(with, b), append(ratios, b/max(a, 1))
		}
		t.add(x.name, middle(without), middle(with), middle(ratios))
	}
	return t
}

// held returns how many bytes of the heap are kept by what make returns.
func held(make func() any) float64 {
	var a, b runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&a)
	x := make()
	runtime.GC()
	runtime.ReadMemStats(&b)
	runtime.KeepAlive(x)
	return max(float64(b.HeapAlloc)-float64(a.HeapAlloc), 0)
}

func memoryTable(context.Context, Options) *Table {
	t := &Table{Name: "memory", Note: "Bytes of heap.", Head: []string{"of", "bytes"}}
	cluster := func(nodes int) float64 {
		return held(func() any {
			r := Begin(Log(), Saturated(nodes, 10, 1))
			for r.cluster.Stats().Finished < 10_000 { // the history of the clients is as long with any number of nodes
				r.Run(1000)
			}
			return r
		})
	}
	three, thirteen := cluster(3), cluster(13)
	t.add("a simulated node, after 10,000 commands", (thirteen-three)/10)
	t.add("a cluster of three with ten clients, then", three)
	const pending = 100_000
	t.add("a pending message", held(func() any { return flooded(pending, false) })/pending)
	t.add("a pending event", held(func() any { return holding(pending) })/pending)
	t.add("a recorded operation", held(func() any { return history(pending, true) })/pending)
	return t
}
