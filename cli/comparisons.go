package cli

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"simrun/faults"
	"simrun/node"
	"simrun/scenarios"
	"simrun/scenarios/speed"
)

// comparison is one table of the page.
type comparison struct {
	name    string
	measure func(b *arena) (comparisonTable, error)
}

// comparisons are the tables, in the order of the page.
var comparisons = []comparison{
	{"messages", compareMessages},
	{"batches", compareBatches},
	{"sizes", compareSizes},
	{"distance", compareDistance},
	{"loss", compareLoss},
	{"contention", compareContention},
	{"crash", compareCrash},
	{"partitions", comparePartitions},
}

// comparisonTable is a table with what it says.
type comparisonTable struct {
	note string
	head []string
	rows [][]string
	plot *speed.Plot
}

func (x *comparisonTable) add(cells ...any) {
	row := make([]string, len(cells))
	for i, c := range cells {
		switch v := c.(type) {
		case float64:
			row[i] = fmt.Sprintf("%.2f", v)
		default:
			row[i] = fmt.Sprint(c)
		}
	}
	x.rows = append(x.rows, row)
}

func (x *comparisonTable) markdown(name string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "## %s\n\n%s\n\n| %s |\n|%s\n", strings.ToUpper(name[:1])+name[1:], x.note, strings.Join(x.head, " | "), strings.Repeat("---|", len(x.head)))
	for _, r := range x.rows {
		fmt.Fprintf(&b, "| %s |\n", strings.Join(r, " | "))
	}
	if x.plot != nil {
		fmt.Fprintf(&b, "\n![%s](comparison-%s.svg)\n", x.plot.Title, name)
	}
	b.WriteString("\n")
	return b.String()
}

// draw writes the plot, if there is one.
func (x *comparisonTable) draw(dir, name string) error {
	if x.plot == nil {
		return nil
	}
	var b strings.Builder
	if err := x.plot.WriteSVG(&b); err != nil {
		return err
	}
	return scenarios.WriteFile(filepath.Join(dir, "comparison-"+name+".svg"), []byte(b.String()))
}

// point adds a point to the line of that name.
func (x *comparisonTable) point(name string, at, value float64) {
	for i := range x.plot.Lines {
		if l := &x.plot.Lines[i]; l.Name == name {
			l.Points = append(l.Points, [2]float64{at, value})
			return
		}
	}
	x.plot.Lines = append(x.plot.Lines, speed.Line{Name: name, Points: [][2]float64{{at, value}}})
}

// arena measures for all tables, and keeps what the claims at the end are held against.
type arena struct {
	ctx        context.Context
	contenders []contender
	note       *notice
	facts      facts
}

func (b *arena) run(x trial) (measured, error) {
	b.note.say(func() string { return fmt.Sprintf("%s: %d replicas, %d clients", x.name, x.nodes, x.clients) })
	if x.seed == 0 {
		x.seed = 1
	}
	if x.oneWay == 0 {
		x.oneWay = faults.Millisecond
	}
	if x.sync == 0 {
		x.sync = 200 * faults.Microsecond
	}
	return x.run(b.ctx)
}

// usual is many clients at a cluster of five.
func (c contender) usual() trial { return trial{contender: c, nodes: 5, clients: 32, each: 20} }

func compareMessages(b *arena) (comparisonTable, error) {
	x := comparisonTable{
		note: "What one command takes, with one client and nothing going wrong: messages between replicas (signs of life left out), bytes between replicas (those included), and round trips from " +
			"the arrival of a request at a replica to its answer, where disks take a microsecond. With more clients the news of a slot travels in the next one's proposal, and a stable leader needs two messages for each other replica instead of three.",
		head: []string{"replicas", "", "messages", "for each other replica", "bytes", "round trips"},
		plot: &speed.Plot{Title: "messages a command", X: "replicas", Y: "messages"},
	}
	for _, n := range []int{3, 5, 7, 9} {
		for _, c := range b.contenders {
			if n < c.nodes {
				continue
			}
			o, err := b.run(trial{contender: c, nodes: n, clients: 1, each: 100, sync: faults.Microsecond})
			if err != nil {
				return x, err
			}
			messages, trips := float64(o.messages)/float64(o.commands), float64(o.trips)/2e6
			x.add(n, c.name, messages, messages/float64(n-1), o.bytes/uint64(o.commands), trips)
			x.point(c.name, float64(n), messages)
			b.facts.note(c.name, n, messages, trips)
		}
	}
	return x, nil
}

func compareBatches(b *arena) (comparisonTable, error) {
	x := comparisonTable{
		note: "Five replicas and 64 clients, each of which asks again as soon as it is answered, against commands in a slot (batch) and slots in flight (window). Those without a log have neither.",
		head: []string{"", "window", "batch", "commands a second", "latency, median, ms", "latency, 99%, ms", "messages a command"},
		plot: &speed.Plot{Title: "throughput with batches, window 1", X: "batch", Y: "commands a second"},
	}
	for _, c := range b.contenders {
		settings := [][2]int64{{1, 1}}
		if c.pipes {
			settings = [][2]int64{{1, 1}, {1, 4}, {1, 16}, {1, 64}, {4, 1}, {16, 1}, {64, 1}, {4, 16}}
		}
		for _, s := range settings {
			t := c.usual()
			t.clients, t.set = 64, map[string]int64{"window": s[0], "batch": s[1]}
			o, err := b.run(t)
			if err != nil {
				return x, err
			}
			window, batch := any("-"), any("-")
			if c.pipes {
				window, batch = s[0], s[1]
			}
			x.add(c.name, window, batch, fmt.Sprintf("%.0f", o.perSecond()), o.latency(50), o.latency(99), float64(o.messages)/float64(o.commands))
			if s[0] == 1 {
				x.point(c.name, float64(s[1]), o.perSecond())
			}
			if c.name == "Multi-Paxos" && s == [2]int64{1, 1} {
				b.facts.slowest = o.perSecond()
			}
			if c.name == "Multi-Paxos" {
				b.facts.fastest = max(b.facts.fastest, o.perSecond())
			}
		}
	}
	return x, nil
}

// against runs all contenders with one thing that varies, and makes a table and a plot of it.
func (b *arena) against(x *comparisonTable, values []float64, show func(v float64) string, latency bool, set func(t *trial, v float64)) error {
	x.head = append(x.head, "", "commands a second", "latency, median, ms", "latency, 99%, ms")
	for _, v := range values {
		for _, c := range b.contenders {
			t := c.usual()
			t.jitter, t.set = true, map[string]int64{"window": 16}
			set(&t, v)
			if t.nodes < c.nodes {
				continue
			}
			o, err := b.run(t)
			if err != nil {
				return err
			}
			if o.commands == 0 {
				return fmt.Errorf("%s: %w", c.name, errNoAnswers)
			}
			x.add(show(v), c.name, fmt.Sprintf("%.0f", o.perSecond()), o.latency(50), o.latency(99))
			y := o.perSecond()
			if latency {
				y = o.latency(99)
			}
			if v > 0 {
				x.point(c.name, v, y)
			}
		}
	}
	return nil
}

func compareSizes(b *arena) (comparisonTable, error) {
	x := comparisonTable{
		note: "32 clients, with a window of 16 where there is one, as in the tables below, against the size of the cluster. Here and below a message takes half a millisecond, and half a millisecond more in the mean of " +
			"an exponential distribution: who needs fewer answers waits less for the slowest of them.",
		head: []string{"replicas"},
		plot: &speed.Plot{Title: "throughput and size", X: "replicas", Y: "commands a second"},
	}
	whole := func(v float64) string { return fmt.Sprintf("%.0f", v) }
	return x, b.against(&x, []float64{3, 4, 5, 6, 7, 8, 9}, whole, false, func(t *trial, n float64) { t.nodes = int(n) })
}

func compareDistance(b *arena) (comparisonTable, error) {
	x := comparisonTable{
		note: "Five replicas and 32 clients, against how long a message takes in the mean, from one rack to the other side of the world. Elections are given ten times as long as a round trip.",
		head: []string{"one way, ms"},
		plot: &speed.Plot{Title: "latency and distance", X: "one way, ms", Y: "99% of latencies, ms"},
	}
	show := func(v float64) string { return fmt.Sprintf("%.1f", v) }
	return x, b.against(&x, []float64{0.1, 1, 10, 80}, show, true, func(t *trial, v float64) {
		t.oneWay = faults.Span(v*10) * faults.Millisecond / 10
		if ms := int64(v); ms > 1 {
			t.set["election"], t.set["heartbeat"] = ms*20_000, ms*2000
			t.set["resend"], t.set["backoffMin"] = ms*5000, min(ms*5000, 200_000)
		}
	})
}

func compareLoss(b *arena) (comparisonTable, error) {
	x := comparisonTable{
		note: "Five replicas and 32 clients, on a network that loses a message in a thousand, in a hundred, in ten.",
		head: []string{"lost, %"},
		plot: &speed.Plot{Title: "latency and loss", X: "lost, %", Y: "99% of latencies, ms"},
	}
	show := func(v float64) string { return fmt.Sprintf("%.1f", v) }
	return x, b.against(&x, []float64{0, 0.1, 1, 5, 10}, show, true, func(t *trial, v float64) {
		t.drop = uint64(v * 10_000)
	})
}

func compareContention(b *arena) (comparisonTable, error) {
	x := comparisonTable{
		note: "Five replicas, and clients that all want one key, each by the replica it happens to ask. What has a leader or a log does not care; registers without one quarrel.",
		head: []string{"clients"},
		plot: &speed.Plot{Title: "throughput on one key", X: "clients", Y: "commands a second"},
	}
	whole := func(v float64) string { return fmt.Sprintf("%.0f", v) }
	return x, b.against(&x, []float64{1, 2, 4, 8, 16}, whole, false, func(t *trial, n float64) {
		t.clients, t.one = int(n), true
	})
}

// Crash and partitions begin at strikeAt and last for strikeFor; clients have enough to do for as long.
const (
	strikeAt  = 2 * faults.Second
	strikeFor = 3 * faults.Second
	workUntil = 7 * faults.Second
)

func compareCrash(b *arena) (comparisonTable, error) {
	x := comparisonTable{
		note: "Five replicas and five clients. At 2 s the leader crashes, or n1 where there is none, and stays down for three seconds: for how long nobody has an answer, and for how long the client that waits " +
			"longest waits, over ten seeds. The election timeout is what a follower bears at least; it bears up to twice that. A client tries another replica after 100 ms.",
		head: []string{"", "election timeout, ms", "nobody served, median, ms", "worst, ms", "somebody not served, worst, ms"},
	}
	for _, c := range b.contenders {
		timeouts := []int64{50, 100, 200}
		if c.scenario == "paxos-log" || c.scenario == "lightweight" {
			timeouts = []int64{0}
		}
		for _, timeout := range timeouts {
			var gaps []float64
			waited := 0.0
			for seed := range uint64(10) {
				t := c.struck(func(leader node.ID) faults.Plan {
					return faults.Plan{Faults: []faults.Fault{{At: strikeAt, For: strikeFor, Kind: faults.Crash, Nodes: []node.ID{leader}}}}
				})
				t.seed, t.set = seed+1, map[string]int64{"election": timeout * 1000, "heartbeat": timeout * 200}
				if timeout == 0 {
					t.set = nil
				}
				o, err := b.run(t)
				if err != nil {
					return x, err
				}
				gaps = append(gaps, o.silence(int64(strikeAt), int64(strikeAt+strikeFor)))
				waited = max(waited, o.latency(100))
			}
			slices.Sort(gaps)
			shown := any("-")
			if timeout > 0 {
				shown = timeout
			}
			x.add(c.name, shown, gaps[len(gaps)/2], gaps[len(gaps)-1], waited)
			if timeout == 100 || timeout == 0 {
				b.facts.silent(c.name, gaps[len(gaps)/2])
			}
		}
	}
	return x, nil
}

// struck is five clients that work on while something is wrong.
func (c contender) struck(plan func(node.ID) faults.Plan) trial {
	return trial{contender: c, nodes: 5, clients: 5, each: 1500, horizon: workUntil, impatient: true, plan: plan}
}

// shape is a way to break a network.
type shape struct {
	name     string
	majority bool
	fault    func(leader node.ID, others []node.ID) faults.Fault
}

// plan is the fault, told from where the leader is.
func (p shape) plan(leader node.ID) faults.Plan {
	var others []node.ID
	for id := node.ID(1); id <= 5; id++ {
		if id != leader {
			others = append(others, id)
		}
	}
	f := p.fault(leader, others)
	f.At, f.For = strikeAt, strikeFor
	return faults.Plan{Faults: []faults.Fault{f}}
}

func shapes() []shape {
	group := func(ids ...node.ID) []node.Addr {
		var list []node.Addr
		for _, id := range ids {
			list = append(list, id.Addr())
		}
		return list
	}
	split := func(groups ...[]node.Addr) faults.Fault { return faults.Fault{Kind: faults.Partition, Groups: groups} }
	return []shape{
		{"leader with a majority (3, 2)", true, func(l node.ID, o []node.ID) faults.Fault { return split(group(l, o[0], o[1]), group(o[2], o[3])) }},
		{"leader with a minority (2, 3)", true, func(l node.ID, o []node.ID) faults.Fault { return split(group(l, o[0]), group(o[1], o[2], o[3])) }},
		{"leader alone (1, 4)", true, func(l node.ID, o []node.ID) faults.Fault { return split(group(l), group(o...)) }},
		{"another alone (4, 1)", true, func(l node.ID, o []node.ID) faults.Fault { return split(group(l, o[0], o[1], o[2]), group(o[3])) }},
		{"nobody has a majority (2, 2, 1)", false, func(l node.ID, o []node.ID) faults.Fault {
			return split(group(l, o[0]), group(o[1], o[2]), group(o[3]))
		}},
		{"leader is not heard", true, func(l node.ID, o []node.ID) faults.Fault {
			return faults.Fault{Kind: faults.OneWay, From: group(l), To: group(o...)}
		}},
		{"leader does not hear", true, func(l node.ID, o []node.ID) faults.Fault {
			return faults.Fault{Kind: faults.OneWay, From: group(o...), To: group(l)}
		}},
		{"two halves and a bridge", true, func(l node.ID, o []node.ID) faults.Fault {
			return faults.Fault{Kind: faults.Bridge, Groups: [][]node.Addr{group(l, o[0]), group(o[1]), group(o[2], o[3])}}
		}},
	}
}

func comparePartitions(b *arena) (comparisonTable, error) {
	x := comparisonTable{
		note: "Five replicas and five clients, who reach all replicas. From 2 s to 5 s the network between replicas is broken, told from where the leader is (n1 where there is none): for how long " +
			"nobody has an answer at most, and how many commands are answered in these three seconds, of those that are answered in as long a time without a fault.",
		head: []string{"partition", "", "nobody served for, ms", "answered", "of, %"},
	}
	whole := map[string]int{}
	for _, c := range b.contenders {
		o, err := b.run(c.struck(nil))
		if err != nil {
			return x, err
		}
		whole[c.name] = o.between(int64(strikeAt), int64(strikeAt+strikeFor))
	}
	for _, p := range shapes() {
		for _, c := range b.contenders {
			o, err := b.run(c.struck(p.plan))
			if err != nil {
				return x, err
			}
			served := o.between(int64(strikeAt)+10*int64(faults.Millisecond), int64(strikeAt+strikeFor)) // what was under way comes yet
			x.add(p.name, c.name, fmt.Sprintf("%.0f", o.silence(int64(strikeAt), int64(strikeAt+strikeFor))), served, fmt.Sprint(100*served/max(whole[c.name], 1)))
			switch {
			case p.majority:
			case c.knobs["phase2"] > 0:
				b.facts.flexible += served
			default:
				b.facts.without += served
			}
		}
	}
	return x, nil
}
