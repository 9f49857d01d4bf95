package cli

import (
	"context"
	"fmt"
	"slices"

	"simrun/checker"
	"simrun/faults"
	"simrun/netsim"
	"simrun/node"
	"simrun/scenarios"
	"simrun/sim"
)

// trial is one run of a contender.
type trial struct {
	contender
	nodes, clients, each int // each client has that many commands
	seed                 uint64
	oneWay, sync         faults.Span
	jitter               bool             // half of oneWay is the mean of a distribution that is exponential
	impatient            bool             // clients try another replica soon
	drop                 uint64           // chance of a message to be lost, in parts per million
	set                  map[string]int64 // knobs, of those that the contender has
	one                  bool             // all clients want the same key
	plan                 func(leader node.ID) faults.Plan
	horizon              faults.Span // how long clients work at most; 0: until they are done
}

// startAt is when clients begin: there is a leader by then, where there is to be one.
const startAt = 1 * faults.Second

// measured is what came of a trial.
type measured struct {
	commands  int
	messages  int // between replicas, from the first call to the last answer, signs of life left out
	bytes     uint64
	trips     int64   // from a request's arrival to its answer at the replica that gave it, in the median, in nanoseconds
	latencies []int64 // of commands, sorted
	answers   []int64 // when they came
	began     int64
	ended     int64
	leader    node.ID // when clients began; 0 for none
}

// config is that of a still cluster, and the same script for all.
func (x *trial) config(s scenarios.Scenario) scenarios.Config {
	c := scenarios.Config{
		Nodes: x.nodes, Clients: x.clients, Operations: x.clients * (x.each + 1), Keys: x.clients,
		Retry: 300*faults.Millisecond + 12*x.oneWay, Patience: 120 * faults.Second, LatencyMin: x.oneWay, SyncMin: x.sync, Drop: x.drop, Encode: true,
		Horizon: 600 * faults.Second, Recovery: 120 * faults.Second, Knobs: map[string]int64{},
	}
	if x.jitter {
		c.LatencyMin, c.LatencyMean, c.Spread = x.oneWay/2, x.oneWay/2, netsim.Exponential
	}
	if x.impatient {
		c.Retry = 100 * faults.Millisecond
	}
	if x.horizon > 0 {
		c.Horizon = x.horizon
	}
	for _, k := range s.Knobs {
		c.Knobs[k.Name] = k.Calm
		for _, own := range []map[string]int64{x.knobs, x.set} {
			if v, ok := own[k.Name]; ok {
				c.Knobs[k.Name] = v
			}
		}
	}
	for i := range x.each + 1 {
		for client := 1; client <= x.clients; client++ {
			key, value := uint32(client-1), int64(i)*int64(x.clients)+int64(client)
			before := max(value-int64(x.clients), 0)
			if x.one {
				key = 0
			}
			c.Script = append(c.Script, scenarios.Call{Client: node.Client(client), At: startAt, Do: checker.CAS.String(), Key: key, Arg: before, Arg2: value})
		}
	}
	return c
}

// run runs the trial. Its verdict must be a pass.
func (x *trial) run(ctx context.Context) (measured, error) {
	s, err := scenarios.Find(x.scenario)
	if err != nil {
		return measured{}, err
	}
	in := scenarios.Input{Seed: x.seed, Config: x.config(s)}
	leader := node.ID(1)
	if x.plan != nil {
		first := *x
		first.plan, first.each, first.horizon = nil, 1, 0
		before, err := first.run(ctx)
		if err != nil {
			return measured{}, err
		}
		if before.leader != 0 {
			leader = before.leader
		}
		in.Plan = x.plan(leader)
	}
	if err := s.Check(in); err != nil {
		return measured{}, fmt.Errorf("%s with %d replicas: %w", x.name, x.nodes, err)
	}
	c := s.NewCluster()
	defer c.Close()
	w := watcher{warm: x.clients, cluster: c, arrived: map[node.Addr]int64{}, called: map[node.Addr]int64{}}
	c.Reset(in)
	c.Trace(w.record)
	for until := uint64(0); ctx.Err() == nil; {
		until += 10_000
		v, done := c.Run(until)
		if !done {
			continue
		}
		if v.Kind != checker.Pass {
			return measured{}, fmt.Errorf("%s with %d replicas: %v", x.name, x.nodes, v)
		}
		return w.done(), nil
	}
	return measured{}, ctx.Err()
}

// watcher takes from the trace what is measured.
type watcher struct {
	measured
	cluster scenarios.Cluster
	arrived map[node.Addr]int64 // when a client's request did
	called  map[node.Addr]int64 // when its open operation was
	waits   []int64
	warm    int    // first answers that are yet to come: sessions are opened, and proposers find each other
	before  uint64 // bytes sent before that
	sent    int    // messages since then
	over    bool   // the liveness phase has begun
}

// signs are kinds of messages that are sent whether or not there is work.
var signs = []string{"Heartbeat", "Alive", "MsgHeartbeat", "MsgHeartbeatResp"}

func (w *watcher) record(r sim.Record) {
	if w.over {
		return
	}
	switch r.Kind {
	case sim.PhaseSet:
		w.over = true
	case sim.Observed:
		if r.Name == "leading" && w.warm > 0 {
			w.leader = r.Who.ID()
		}
	case sim.Called:
		w.called[r.Who] = r.At
	case sim.Returned:
		if r.Peer != 0 { // else it gave up
			w.returned(r)
		}
	case sim.Arrived:
		if r.Peer.IsClient() {
			w.arrived[r.Peer] = r.At
		}
	case sim.Sent:
		switch {
		case r.Who.IsClient():
		case r.Peer.IsClient():
			if wait := r.At - w.arrived[r.Peer]; wait > 0 && w.warm == 0 { // a redirect takes none
				w.waits = append(w.waits, wait)
			}
		case !slices.Contains(signs, r.Name):
			w.sent++
		}
	}
}

func (w *watcher) returned(r sim.Record) {
	if w.warm > 0 {
		w.warm--
		w.began, w.before, w.sent = r.At, w.cluster.Stats().Net.Bytes, 0
		return
	}
	w.commands++
	w.ended = r.At
	w.messages, w.bytes = w.sent, w.cluster.Stats().Net.Bytes-w.before
	w.latencies = append(w.latencies, r.At-w.called[r.Who])
	w.answers = append(w.answers, r.At)
}

// done returns what was measured.
func (w *watcher) done() measured {
	slices.Sort(w.latencies)
	slices.Sort(w.waits)
	if len(w.waits) > 0 {
		w.trips = w.waits[len(w.waits)/2]
	}
	return w.measured
}

// perSecond is the throughput, in commands a second of simulated time.
func (o *measured) perSecond() float64 {
	return float64(o.commands) * 1e9 / float64(max(o.ended-o.began, 1))
}

// latency returns a percentile of what clients waited, in milliseconds.
func (o *measured) latency(percent int) float64 {
	if len(o.latencies) == 0 {
		return 0
	}
	return float64(o.latencies[(len(o.latencies)-1)*percent/100]) / 1e6
}

// silence returns the longest time after the moment given, until another, in which nobody had an answer, in milliseconds.
func (o *measured) silence(after, until int64) float64 {
	longest, last := int64(0), after
	for _, at := range append(slices.Clone(o.answers), until) {
		if at = min(at, until); at > after {
			longest, last = max(longest, at-last), at
		}
	}
	return float64(longest) / 1e6
}

// between counts the answers from one moment to another.
func (o *measured) between(from, to int64) (n int) {
	for _, at := range o.answers {
		if at >= from && at < to {
			n++
		}
	}
	return n
}
