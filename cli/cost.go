package cli

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"simrun/checker"
	"simrun/faults"
	"simrun/node"
	"simrun/scenarios"
	"simrun/sim"
)

// costFlags are what "simrun cost" was asked for.
type costFlags struct {
	nodes      []int
	operations int
	markdown   bool
}

func costCommand(t *term, status *int) *cobra.Command {
	var f costFlags
	c := &cobra.Command{
		Use: "cost", Short: "measure messages and round trips a command, in a cluster where nothing goes wrong", Args: noArguments,
		Long: "Cost runs clusters without faults, whose network takes the same time for every message and whose disks take none, and tells how many messages " +
			"replicas send each other for a command, and how many round trips a command takes at the leader: by single-decree Paxos for each command, " +
			"and by Multi-Paxos under a stable leader, with and without batches and slots in flight. Heartbeats are not counted.",
		RunE: func(c *cobra.Command, _ []string) error {
			if err := f.check(); err != nil {
				return err
			}
			s, err := f.run(c.Context(), t)
			*status = s
			return err
		},
	}
	fs := c.Flags()
	fs.IntSliceVar(&f.nodes, "nodes", []int{3, 5, 7}, "sizes of clusters")
	fs.IntVar(&f.operations, "operations", 2000, "commands in each run")
	fs.BoolVar(&f.markdown, "markdown", false, "write Markdown")
	return c
}

func (f *costFlags) check() error {
	for _, n := range f.nodes {
		if n < minCostNodes || n > maxCostNodes {
			return fmt.Errorf("--nodes is %d, and must be from %d to %d", n, minCostNodes, maxCostNodes)
		}
	}
	if f.operations < minCostOperations || f.operations > maxCostOperations {
		return fmt.Errorf("--operations is %d, and must be from %d to %d", f.operations, minCostOperations, maxCostOperations)
	}
	return nil
}

const (
	minCostNodes      = 2
	maxCostNodes      = 64
	minCostOperations = 100
	maxCostOperations = 1_000_000

	// oneWay is how long every message takes. It is long beside nothing else: disks take no time.
	oneWay = 1 * faults.Millisecond
)

// cost is a way of agreeing on commands, and what it took.
type cost struct {
	name          string
	scenario      string
	clients       int
	window, batch int64

	commands, proposals, votes, learns, phase1 int
	roundTrips                                 float64 // from a request's arrival at the leader to its answer, in the median
}

// costs are the ways.
func costs() []cost {
	return []cost{
		{name: "single-decree Paxos for each", scenario: "single-decree", clients: 1},
		{name: "stable leader", scenario: "kv", clients: 1, window: 1, batch: 1},
		{name: "stable leader, many clients", scenario: "kv", clients: 32, window: 1, batch: 1},
		{name: "with batching", scenario: "kv", clients: 32, window: 1, batch: 64},
		{name: "with pipelining", scenario: "kv", clients: 32, window: 64, batch: 1},
		{name: "with both", scenario: "kv", clients: 32, window: 4, batch: 64},
	}
}

func (f *costFlags) run(ctx context.Context, t *term) (int, error) {
	note := &notice{term: t, shown: time.Now()}
	if f.markdown {
		t.printf("# What agreement costs\n\nMade by `go run ./cmd/simrun cost --markdown`: clusters in which nothing goes wrong, every message takes 1 ms, and disks take no time. " +
			"Messages are those between replicas, divided by commands; heartbeats are left out, and the one election of a stable leader is in the first of the columns. " +
			"Round trips are from the arrival of a request at the leader to its answer, in the median, waiting included.\n\n")
		t.printf("| replicas | clients | slots in flight | commands in a slot, at most | | prepare and promise | accept | accepted | learn | together | round trips |\n" +
			"|---|---|---|---|---|---|---|---|---|---|---|\n")
	} else {
		t.printf("%s\n", t.paint(head, fmt.Sprintf("%8s  %-30s %8s %8s %8s %8s %8s %12s", "replicas", "a command", "phase 1", "accept", "accepted", "learn", "together", "round trips")))
	}
	for _, n := range f.nodes {
		for _, c := range costs() {
			note.say(func() string { return fmt.Sprintf("%d replicas, %s", n, c.name) })
			if err := c.measure(ctx, n, f.operations); err != nil {
				note.clear()
				if ctx.Err() != nil {
					return exitInterrupted, nil
				}
				return exitUnproved, err
			}
			note.clear()
			c.print(t, n, f.markdown)
		}
	}
	return exitPass, t.failed()
}

func (c *cost) print(t *term, nodes int, markdown bool) {
	per := func(count int) float64 { return float64(count) / float64(c.commands) }
	together := per(c.phase1 + c.proposals + c.votes + c.learns)
	if !markdown {
		t.printf("%8d  %-30s %8.2f %8.2f %8.2f %8.2f %8.2f %12.2f\n", nodes, c.name, per(c.phase1), per(c.proposals), per(c.votes), per(c.learns), together, c.roundTrips)
		return
	}
	window, batch := "1", "1"
	if c.scenario == "kv" {
		window, batch = fmt.Sprint(c.window), fmt.Sprint(c.batch)
	}
	t.printf("| %d | %d | %s | %s | %s | %.2f | %.2f | %.2f | %.2f | %.2f | %.2f |\n",
		nodes, c.clients, window, batch, c.name, per(c.phase1), per(c.proposals), per(c.votes), per(c.learns), together, c.roundTrips)
}

// measure runs the way. Single-decree Paxos decides one value a run, so it is run many times.
func (c *cost) measure(ctx context.Context, nodes, operations int) error {
	s, err := scenarios.Find(c.scenario)
	if err != nil {
		return err
	}
	cluster := s.NewCluster()
	defer cluster.Close()
	runs, each := 1, operations
	if c.scenario == "single-decree" {
		runs, each = operations/20, 1
	}
	var waits []int64
	for seed := range runs {
		in := scenarios.Input{Seed: uint64(seed) + 1, Config: c.config(s, nodes, each)}
		if err := s.Check(in); err != nil {
			return err
		}
		m := meter{cost: c, waits: waits, arrived: map[node.Addr]int64{}}
		cluster.Reset(in)
		cluster.Trace(m.record)
		for until := uint64(0); ctx.Err() == nil; {
			until += 10_000
			if v, done := cluster.Run(until); done {
				if v.Kind != checker.Pass {
					return fmt.Errorf("the run with %s: %v", c.name, v)
				}
				break
			}
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		waits = m.waits
	}
	slices.Sort(waits)
	c.roundTrips = float64(waits[len(waits)/2]) / float64(2*oneWay)
	return nil
}

// config is that of a cluster in which nothing goes wrong. There is time for an election, and for one command after the other.
func (c *cost) config(s scenarios.Scenario, nodes, operations int) scenarios.Config {
	config := scenarios.Config{
		Nodes: nodes, Clients: c.clients, Operations: operations, Keys: 1,
		Retry: 10 * faults.Second, Patience: 60 * faults.Second, LatencyMin: oneWay,
		Horizon: 2*faults.Second + 6*oneWay*faults.Span(operations), Recovery: 60 * faults.Second, Knobs: map[string]int64{},
	}
	for _, k := range s.Knobs {
		config.Knobs[k.Name] = k.Calm
	}
	if c.scenario == "kv" {
		config.Knobs["window"], config.Knobs["batch"] = c.window, c.batch
	}
	return config
}

// meter counts what the trace tells.
type meter struct {
	*cost
	arrived map[node.Addr]int64 // when a client's request did
	waits   []int64             // of requests that took time, in nanoseconds
}

func (m *meter) record(r sim.Record) {
	switch r.Kind {
	case sim.Arrived:
		if r.Peer.IsClient() {
			m.arrived[r.Peer] = r.At
		}
	case sim.Sent:
		if r.Peer.IsClient() {
			if wait := r.At - m.arrived[r.Peer]; wait > 0 { // a redirect takes none
				m.commands++
				m.waits = append(m.waits, wait)
			}
			return
		}
		m.count(r.Name)
	}
}

func (m *meter) count(kind string) {
	switch kind {
	case "Prepare", "Promise":
		m.phase1++
	case "Accept":
		m.proposals++
	case "Accepted":
		m.votes++
	case "Learn", "Chosen":
		m.learns++
	}
}
