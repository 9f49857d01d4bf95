package scenarios

import (
	"simrun/checker"
	"simrun/faults"
	"simrun/netsim"
	"simrun/node"
	"simrun/node/fact"
	"simrun/sim"
	"simrun/sim/stream"
)

// cluster is a whole simulated system: the kernel, the network, a host for every replica, the clients, the faults,
// and whoever watches. It implements Cluster, and the small interfaces through which its parts meet: netsim.Ends,
// sim.Witness and faults.Target.
type cluster[M any, PM node.Message[M]] struct {
	spec   *Spec[M, PM]
	config Config
	plan   faults.Plan
	skip   []int    // Input.Skip
	reseed []Reseed // what is left of Input.Reseed
	lots   uint64   // seed of the operations

	kernel   *sim.Kernel
	net      *netsim.Net[M, PM]
	hosts    []*sim.Host[M] // hosts[i] is the replica i+1
	machines []machineState // machines[i] is that of hosts[i]
	crowd    crowd
	crowded  Config    // the configuration as if there were one key
	minority bool      // fewer than half of the founders can choose a value
	bytes    sim.Bytes // of commands

	steps    []faults.Step
	injector faults.Injector
	roles    roles
	operator operator

	watch      checker.Watch
	messages   messageNames
	own        Observer // of the protocol; nil if it has none
	history    checker.History
	sights     sights
	decider    checker.Checker
	oracle     bool                 // porcupine looks at the history too
	durable    func(fact.Fact)      // hands a decoded fact to watch, for the replica in owner
	decodeAnew func(string, []byte) // decodes what is durable in a file that was rewritten
	decoding   *fileFacts           // of the file that facts are decoded from
	rewritten  string               // the file that is told anew; empty: all are
	lie        func(from, to node.ID, m *M) bool
	again      func(before uint64, same bool)
	when       func(n uint16, reading int64) int64
	stated     func(fact.Fact) // holds a fact in a message of speaker against speaker's disk
	speaker    node.ID
	owner      node.ID
	names      map[uint64]string // of values by digest, if the run is traced
	rereading  bool              // what is durable is told anew

	learned   uint64 // the highest slot that a replica said it learned
	leased    bool   // a replica relied on a lease
	unusual   bool   // the unusual path was taken
	perturb   uint64 // chance of the unusual path, in parts per million
	perturbed uint64 // how often it was asked for

	ticks    uint64 // numbers calls and returns
	healed   bool   // the liveness phase has begun
	endsAt   int64  // of the liveness phase
	quiet    quiet  // what did not change lately, since everything else is done
	rest     quiet  // and what did not change anyway
	healedAt mark   // how far the replicas were when it began

	verdict checker.Verdict
	witness []checker.Op
	done    bool
	stats   Stats
	scratch []byte
}

func newCluster[M any, PM node.Message[M]](spec *Spec[M, PM]) Cluster {
	c := &cluster[M, PM]{spec: spec, kernel: &sim.Kernel{}}
	c.messages = spec.messageNames()
	c.net = netsim.New[M, PM](c.kernel, c)
	if spec.Observer != nil {
		c.own = spec.Observer()
	}
	c.stated = func(f fact.Fact) {
		if n := uint16(c.speaker); !c.watch.Covered(n, &f) {
			c.watch.Stated(n, &f)
			c.check()
		}
	}
	c.decodeAnew = c.decodeRewritten
	c.durable = func(f fact.Fact) {
		if news := c.decoding.news(&f); news || f.Kind != fact.Promised || c.kernel.Tracing() {
			c.decoded(&f, news)
		} // otherwise the watch knows, as with every vote
	}
	c.when = func(n uint16, reading int64) int64 {
		h := c.host(node.ID(n))
		return h.When(node.Local(reading) - h.Reading())
	}
	c.lie, c.again = c.tellLie, c.reachesAgain
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
		h := sim.NewHost[M](c.kernel, c.net, c)
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
			Disk: config.Disk, Replaced: c.spec.Replaced,
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

// tick numbers calls and returns: the order of a history is that of events, never of simulated time.
func (c *cluster[M, PM]) tick() uint64 {
	c.ticks++
	return c.ticks
}

// digest is how commands are known to the checks.
func digest(command []byte) uint64 { return fact.Digest(command) }

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
	if c.spec.Facts != nil {
		c.speaker = from
		PM(m).Facts(c.stated)
	}
}

// sim.Witness

// Observed tells the watch what a replica says of itself.
func (c *cluster[M, PM]) Observed(id node.ID, f *fact.Fact) {
	if c.kernel.Tracing() {
		c.tell(id, f)
	}
	switch f.Kind {
	case fact.Applied, fact.Counted: // most are, and make nothing else plain
	case fact.Learned:
		c.learned = max(c.learned, f.Slot)
	case fact.Executed:
		c.hint(f)
		if f.Index > 0 {
			c.reach(Batched)
		}
	default:
		c.observedRare(id, f)
		return
	}
	c.hold(id, f)
}

// hold has a fact held against the invariants.
func (c *cluster[M, PM]) hold(id node.ID, f *fact.Fact) {
	if c.own != nil {
		c.ownObserves(id, f)
	}
	if c.spec.Facts != nil {
		c.watch.Observed(uint16(id), f)
		c.check()
	}
}

func (c *cluster[M, PM]) ownObserves(id node.ID, f *fact.Fact) {
	c.own.Observed(id, *f)
	c.check()
}

// observedRare is Observed for the kinds of facts that do not come with every command.
func (c *cluster[M, PM]) observedRare(id node.ID, f *fact.Fact) {
	if c.sights.concerns(f.Kind) {
		c.sight(id, f)
	}
	switch f.Kind {
	case fact.Reached:
		if f.Seq < uint64(len(c.stats.Points)) {
			c.stats.Points[f.Seq] = 1
		}
		return
	case fact.Leading:
		c.stats.Elections++
		c.roles.leads(id, f.Ballot)
	case fact.Following:
		c.roles.leads(id, 0)
		c.watch.Released(f.Ballot)
	case fact.Leased:
		if f.Seq == 0 {
			c.watch.Released(f.Ballot)
			c.reach(LeaseReturned)
			return
		}
		c.leased = true
		now := c.kernel.Now()
		c.watch.Leased(uint16(id), *f, now, c.host(id).When(node.Local(f.Seq)))
		c.check()
		c.reaches(id, f)
		return
	case fact.Granted:
		c.watch.Granted(uint16(id), f, int64(c.host(id).Reading())+int64(f.Seq))
		c.check()
		return
	}
	c.hold(id, f)
	c.reaches(id, f)
}

// hint notes where a command was executed, in case its client never hears of it.
func (c *cluster[M, PM]) hint(f *fact.Fact) {
	if f.Client == 0 || int(f.Client) > len(c.crowd.clients) {
		return // the watch will have something to say
	}
	if calls := c.crowd.clients[f.Client-1].calls; f.Seq > 0 && f.Seq <= uint64(len(calls)) {
		i := int(calls[f.Seq-1])
		if o := &c.history.Ops[i]; o.Outcome == checker.Unknown && o.Slot == 0 {
			c.reach(GaveUpDone)
		}
		c.history.Hint(i, f.Slot, uint32(f.Index))
	}
}

// Started tells the watch that a replica begins with an empty memory.
func (c *cluster[M, PM]) Started(id node.ID) {
	c.machine(id).boots++
	c.watch.Booted(uint16(id))
	if c.own != nil {
		c.own.Started(id)
	}
	c.sights.booted(id)
	c.roles.leads(id, 0)
}

// sight takes note of a fact that may make a state worth looking at.
func (c *cluster[M, PM]) sight(id node.ID, f *fact.Fact) {
	if c.sights.note(id, f) {
		c.lookAround()
	}
}

// lookAround takes note of the state that the cluster is in.
func (c *cluster[M, PM]) lookAround() {
	if c.sights.full() {
		return
	}
	for id := node.ID(1); int(id) <= c.config.Nodes; id++ {
		applied, _ := c.applied(id)
		c.sights.see(id, c.Up(id), applied)
	}
	c.sights.look(c.healed)
}

// Perturb takes the unusual path with the chance that the knob "perturb" gives, if the protocol has that knob.
func (c *cluster[M, PM]) Perturb(id node.ID, point uint16) bool {
	if c.perturb == 0 {
		return false
	}
	c.perturbed++
	unusual := stream.Chance(stream.Mix(c.kernel.Seed()^uint64(id)<<32^uint64(point), c.perturbed), c.perturb)
	c.unusual = c.unusual || unusual
	return unusual
}
