package scenarios

import (
	"simrun/checker"
	"simrun/faults"
	"simrun/node"
	"simrun/node/fact"
	"simrun/sim"
	"simrun/sim/stream"
)

// stage is what of a cluster knows no messages: the run as it stands, and whoever watches it. It is no generic type, so that hosts tell it what they do
// without detours. It implements sim.Witness.
type stage struct {
	config Config
	plan   faults.Plan
	skip   []int    // Input.Skip
	reseed []Reseed // what is left of Input.Reseed
	lots   uint64   // seed of the operations

	kernel   *sim.Kernel
	machines []machineState // machines[i] is that of the replica i+1,
	disks    []diskFacts    // and disks[i] what its disk said
	crowd    crowd
	crowded  Config    // the configuration as if there were one key
	minority bool      // fewer than half of the founders can choose a value
	bytes    sim.Bytes // of commands

	steps    []faults.Step
	injector faults.Injector
	roles    roles
	operator operator

	watch    checker.Watch
	messages messageNames
	own      Observer // of the protocol; nil if it has none
	history  checker.History
	sights   sights
	decider  checker.Checker
	oracle   bool // porcupine looks at the history too

	// Of the Spec. See there.
	facts      func(file string, b []byte, emit func(fact.Fact))
	commands   func(value []byte, each func(client uint32, seq uint64, command []byte))
	namesValue func(value []byte) string

	disconnect func(id node.ID)     // breaks a replica's connections
	durable    func(fact.Fact)      // hands a decoded fact to watch, for the replica in owner
	decodeAnew func(string, []byte) // decodes what is durable in a file that was rewritten
	decoding   *fileFacts           // of the file that facts are decoded from
	rewritten  string               // the file that is told anew; empty: all are
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

// set makes what a stage needs for all its runs. It stays out of generic code, where what its functions call would be called and not inlined.
//
//go:noinline
func (c *stage) set() {
	c.kernel = &sim.Kernel{}
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
		h := c.machine(node.ID(n)).host
		return h.When(node.Local(reading) - h.Reading())
	}
	c.again = c.reachesAgain
}

// tick numbers calls and returns: the order of a history is that of events, never of simulated time.
func (c *stage) tick() uint64 {
	c.ticks++
	return c.ticks
}

// digest is how commands are known to the checks.
func digest(command []byte) uint64 { return fact.Digest(command) }

// sim.Witness

// Observed tells whoever watches what a replica says of itself.
func (c *stage) Observed(id node.ID, f *fact.Fact) {
	rare := false
	switch f.Kind {
	case fact.Applied, fact.Counted: // most are, and make nothing else plain
	case fact.Learned:
		c.tell(id, f)
		c.learned = max(c.learned, f.Slot)
	case fact.Executed:
		c.hint(f)
		if f.Index > 0 {
			c.reach(Batched)
		}
	default: // what does not come with every command
		if rare = c.observedRare(id, f); !rare {
			return
		}
	}
	if c.own != nil {
		c.ownObserves(id, f)
	}
	if c.facts != nil {
		c.watch.Observed(uint16(id), f)
		c.check()
	}
	if rare {
		c.reaches(id, f)
	}
}

func (c *stage) ownObserves(id node.ID, f *fact.Fact) {
	c.own.Observed(id, *f)
	c.check()
}

// observedRare takes note of a fact of a kind that does not come with every command. It returns false if that is all there is to do.
func (c *stage) observedRare(id node.ID, f *fact.Fact) (more bool) {
	c.tell(id, f)
	if c.sights.concerns(f.Kind) {
		c.sight(id, f)
	}
	switch f.Kind {
	case fact.Reached:
		if f.Seq < uint64(len(c.stats.Points)) {
			c.stats.Points[f.Seq] = 1
		}
		return false
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
			return false
		}
		c.leased = true
		now := c.kernel.Now()
		c.watch.Leased(uint16(id), *f, now, c.machine(id).host.When(node.Local(f.Seq)))
		c.check()
		c.reaches(id, f)
		return false
	case fact.Granted:
		c.watch.Granted(uint16(id), f, int64(c.machine(id).host.Reading())+int64(f.Seq))
		c.check()
		return false
	}
	return true
}

// hint notes where a command was executed, in case its client never hears of it.
func (c *stage) hint(f *fact.Fact) {
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
func (c *stage) Started(id node.ID) {
	c.machine(id).boots++
	c.watch.Booted(uint16(id))
	if c.own != nil {
		c.own.Started(id)
	}
	c.sights.booted(id)
	c.roles.leads(id, 0)
}

// sight takes note of a fact that may make a state worth looking at.
func (c *stage) sight(id node.ID, f *fact.Fact) {
	if c.sights.note(id, f) {
		c.lookAround()
	}
}

// lookAround takes note of the state that the cluster is in.
func (c *stage) lookAround() {
	if c.sights.full() {
		return
	}
	for id := node.ID(1); int(id) <= c.config.Nodes; id++ {
		applied, _ := c.applied(id)
		c.sights.see(id, c.machine(id).host.Up(), applied)
	}
	c.sights.look(c.healed)
}

// Perturb takes the unusual path with the chance that the knob "perturb" gives, if the protocol has that knob.
func (c *stage) Perturb(id node.ID, point uint16) bool {
	c.perturbed++
	unusual := stream.Chance(stream.Mix(c.kernel.Seed()^uint64(id)<<32^uint64(point), c.perturbed), c.perturb)
	c.unusual = c.unusual || unusual
	return unusual
}
