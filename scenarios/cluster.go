package scenarios

import (
	"simrun/checker"
	"simrun/faults"
	"simrun/netsim"
	"simrun/node"
	"simrun/sim"
	"simrun/sim/stream"
)

// cluster is a whole simulated system: the kernel, the network, a host for every replica, the clients, the faults,
// and whoever watches. It implements Cluster, and the small interfaces through which its parts meet: netsim.Ends, faults.Target
// and, by its stage, sim.Witness.
type cluster[M any, PM node.Message[M]] struct {
	stage
	spec  *Spec[M, PM]
	net   *netsim.Net[M, PM]
	hosts []*sim.Host[M] // hosts[i] is the replica i+1
	lie   func(from, to node.ID, m *M) bool
}

func newCluster[M any, PM node.Message[M]](spec *Spec[M, PM]) Cluster {
	c := &cluster[M, PM]{spec: spec}
	c.messages = spec.messageNames()
	c.facts, c.commands, c.namesValue = spec.Facts, spec.Commands, spec.ValueName
	if spec.Observer != nil {
		c.own = spec.Observer()
	}
	c.set()
	c.net = netsim.New[M, PM](c.kernel, c)
	c.disconnect = c.net.Disconnect
	c.lie = c.tellLie
	c.kernel.On(sim.TimerDue, func(e *sim.Event) { c.host(e.Host).OnTimer(e) })
	c.kernel.On(sim.SyncDone, func(e *sim.Event) { c.host(e.Host).OnSync(e) })
	c.kernel.On(sim.HostWorks, func(e *sim.Event) { c.host(e.Host).OnWork(e) })
	c.kernel.On(sim.ClientWakes, c.clientWakes)
	c.kernel.On(sim.FaultStep, c.faultStep)
	c.kernel.On(sim.PhaseEnds, c.phaseEnds)
	return c
}

func (c *cluster[M, PM]) host(id node.ID) *sim.Host[M] { return c.hosts[id-1] }

// Reset makes the cluster ready for a run.
func (c *cluster[M, PM]) Reset(in Input) {
	seed, config, plan := in.Seed, in.Config, in.Plan
	c.config, c.plan, c.skip, c.reseed = config, plan, in.Skip, in.Reseed
	c.lots = stream.Mix(seed, stream.Name("operations"))
	c.kernel.Reset(seed)
	c.net.Reset(netsim.Config{
		LatencyMin: int64(config.LatencyMin), LatencyMean: int64(config.LatencyMean),
		Spread: config.Spread, Drop: config.Drop, Encode: config.Encode,
		Link: config.Link, Reconnect: int64(config.Reconnect),
		Bandwidth: int64(config.Bandwidth), Backlog: int64(config.Backlog),
	}, config.Nodes)
	c.net.Except(exceptions(in.Fates))
	c.bytes.Reset()
	c.history.Reset()
	c.sights.reset(config.Nodes)
	c.oracle = asksOracle(seed)
	c.crowd.reset(seed, config.Clients)
	c.crowded = config
	c.crowded.Keys = 1
	c.steps = plan.Steps(c.steps[:0])
	c.injector.Reset(plan)
	c.roles.reset(config.Nodes)

	phase1, phase2 := c.spec.Quorums(&c.config)
	c.minority = phase2 <= config.Founders()/2
	w := checker.WatchConfig{Nodes: config.Nodes, Phase1: phase1, Phase2: phase2, Commands: c.spec.Commands, Now: c.kernel.Now, Again: c.again}
	w.MaxSessions = c.maxSessions()
	if leasable(&c.config, &c.plan) {
		w.When = c.when
	}
	c.operator.reset(c.spec.Members, &c.config, &c.plan, &w)
	c.watch.Reset(w)
	if c.own != nil {
		c.own.Reset(&c.config)
	}
	c.ticks, c.healed, c.endsAt = 0, false, 0
	c.learned, c.leased, c.unusual = 0, false, false
	c.perturb, c.perturbed = uint64(config.Knobs["perturb"]), 0
	c.verdict, c.done, c.witness, c.rereading, c.names = checker.Verdict{}, false, nil, false, nil
	c.stats = Stats{Runs: 1}

	for len(c.hosts) < config.Nodes {
		h := sim.NewHost[M](c.kernel, c.net, &c.stage)
		h.SiteOf(func(m *M) uint8 { kind, _ := PM(m).Site(); return kind })
		c.hosts = append(c.hosts, h)
	}
	c.resetMachines()
	machines := stream.New(seed, "clocks", 0)
	for i := range config.Nodes {
		clock := sim.Clock{
			Offset:   node.Local(machines.Int64(0, int64(config.ClockOffset))),
			DriftPPM: machines.Int64(-config.ClockDrift, config.ClockDrift),
		}
		c.machines[i].drift = clock.DriftPPM
		c.hosts[i].Reset(node.ID(i+1), sim.HostConfig{
			Clock:   clock,
			SyncMin: int64(config.SyncMin), SyncMean: int64(config.SyncMean),
			Disk: config.Disk, Replaced: c.spec.Replaced, Perturbs: c.perturb > 0,
		})
	}
	c.kernel.Schedule(0, sim.PhaseEnds, 0, 0, 0, 0)
}

// Current returns the event that was handled last.
func (c *cluster[M, PM]) Current() sim.Event { return c.kernel.Current() }

// Trace makes the run report to f.
func (c *cluster[M, PM]) Trace(f func(sim.Record)) { c.kernel.Trace(f) }

// Record makes the run write a tape.
func (c *cluster[M, PM]) Record(t *sim.Tape) { c.kernel.Record(t) }

// Strikes makes the network report to f.
func (c *cluster[M, PM]) Strikes(f func(Exception)) {
	c.net.Strikes(func(e netsim.Exception) {
		f(Exception{From: e.From, To: e.To, Kind: e.Kind, Key: e.Key, Attempt: e.Attempt, Fate: e.Fate, Delay: faults.Span(e.Delay)})
	})
}

// Hash returns the digest of the run.
func (c *cluster[M, PM]) Hash() sim.Hash { return c.kernel.Hash() }

// History returns what clients saw.
func (c *cluster[M, PM]) History() *checker.History { return &c.history }

// Model returns the name of the model that the history is held against.
func (c *cluster[M, PM]) Model() string { return c.spec.Workload.Model().Name }

// Stats returns the figures of the run.
func (c *cluster[M, PM]) Stats() Stats {
	s := c.stats
	s.Events, s.Simulated, s.Net = c.kernel.Events(), c.kernel.Now(), c.net.Counts()
	s.Chosen = c.chosen()
	for _, h := range c.hosts[:c.config.Nodes] {
		s.Machines.Add(h.Counts())
	}
	for k := range faults.NumKinds {
		s.Struck[k] += c.net.Struck(uint8(k)) + c.injector.Struck(k)
	}
	c.reachesEnd(&s)
	return s
}

// AppendState appends a replica's state.
func (c *cluster[M, PM]) AppendState(id node.ID, dst []byte) []byte {
	if id == 0 || int(id) > c.config.Nodes || !c.host(id).Up() {
		return dst
	}
	return c.host(id).Replica().AppendState(dst)
}

// States returns the states that the run went through.
func (c *cluster[M, PM]) States() []uint64 { return c.sights.list }

// netsim.Ends

// Up tells whether the replica is running.
func (c *cluster[M, PM]) Up(id node.ID) bool { return c.host(id).Up() }

// Message delivers to a replica.
func (c *cluster[M, PM]) Message(to, from node.ID, m *M) bool { return c.host(to).Receive(from, m) }

// Request delivers to a replica.
func (c *cluster[M, PM]) Request(to node.ID, from node.Client, r *node.Request) bool {
	return c.host(to).Request(from, r)
}

// Leaves holds what a message states that leaves a replica against the replica's disk.
func (c *cluster[M, PM]) Leaves(from node.ID, m *M) {
	if c.facts != nil {
		c.speaker = from
		PM(m).Facts(c.stated)
	}
}
