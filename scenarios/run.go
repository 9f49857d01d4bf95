package scenarios

import (
	"fmt"
	"runtime"
	"strings"

	"simrun/checker"
	"simrun/faults"
	"simrun/netsim"
	"simrun/node"
	"simrun/sim"
	"simrun/sim/stream"
)

// A run has two phases. In the safety phase clients work under faults, and the checks of package checker watch. Then
// the cluster is healed: faults end, hosts that are down come back. In the liveness phase every client must get what
// it still waits for and one operation more, and all replicas must come to the same state, within Config.Recovery.
// The run stops at the first violation.

// restPeriod is how long the healed cluster, done with everything, is watched for settling down; and how often it is
// looked at, in nanoseconds.
const restPeriod = int64(100 * faults.Millisecond)

func (c *cluster[M, PM]) openSafetyPhase() {
	for i, s := range c.steps {
		c.kernel.Schedule(int64(s.At), sim.FaultStep, 0, 0, uint64(i), 0)
	}
	c.kernel.Schedule(int64(c.config.Horizon), sim.PhaseEnds, 0, 0, 0, 0)
	for i := range c.config.Nodes {
		c.startHost(node.ID(i + 1))
	}
	for i := range c.crowd.clients {
		x := &c.crowd.clients[i]
		c.wakeAfter(x, sim.Exponential(x.random.Uint64(), int64(c.config.Think+c.config.LatencyMean)))
	}
}

// Run goes on with the run.
func (c *cluster[M, PM]) Run(untilEvent uint64) (v checker.Verdict, done bool) {
	if c.done {
		return c.verdict, true
	}
	defer func() {
		if p := recover(); p != nil {
			c.verdict, c.done = c.panicked(p), true
			c.foldWreck()
			v, done = c.verdict, true
		}
	}()
	switch c.proceed(untilEvent) {
	case sim.Paused:
		return checker.Verdict{}, false
	case sim.Livelocked:
		e := c.kernel.Current()
		c.violate("livelock", "no time passes", fmt.Sprintf(
			"more than %d steps at one instant, in a %v event at %v", sim.InstantCap, e.Kind, place(e.Host)))
	case sim.Drained:
		c.violate("liveness", "silence", "nothing is left to happen: no replica has set a timer, and "+c.unfinished())
	}
	c.done = true
	c.foldEnd()
	return c.verdict, true
}

// proceed runs the kernel, and reseeds where that is asked for.
func (c *cluster[M, PM]) proceed(untilEvent uint64) sim.Stop {
	for len(c.reseed) > 0 && c.reseed[0].Event <= untilEvent {
		if stop := c.kernel.Run(c.reseed[0].Event); stop != sim.Paused {
			return stop
		}
		salt := c.reseed[0].Salt
		c.reseed = c.reseed[1:]
		c.kernel.Reseed(salt)
		c.net.Reseed(salt)
		for i := range c.config.Nodes {
			c.hosts[i].Reseed()
		}
		c.lots = stream.Mix(c.lots, salt)
		for i := range c.crowd.clients {
			x := &c.crowd.clients[i]
			x.random = stream.Named(c.kernel.Seed(), clientStream, uint64(x.id))
		}
	}
	return c.kernel.Run(untilEvent)
}

func place(id node.ID) string {
	if id == 0 {
		return "no replica in particular"
	}
	return id.Addr().String()
}

// foldEnd makes the final states part of the hash.
func (c *cluster[M, PM]) foldEnd() {
	for i := range c.config.Nodes {
		c.scratch = c.AppendState(node.ID(i+1), c.scratch[:0])
		c.kernel.FoldBytes(sim.Final, c.scratch)
	}
	c.kernel.FoldBytes(sim.Verdict, []byte(c.verdict.Fingerprint))
}

// Close ends a run for good: replicas that hold more than plain data give it back.
func (c *cluster[M, PM]) Close() {
	for _, h := range c.hosts {
		h.SwitchOff()
	}
}

// foldWreck folds the final states of a run that panicked. What a handler left halfway may panic again.
func (c *cluster[M, PM]) foldWreck() {
	defer func() {
		if recover() != nil {
			c.kernel.Fold(sim.Wrecked, 0)
		}
	}()
	c.foldEnd()
}

// faultStep handles a FaultStep event: a fault of the plan begins or ends.
func (c *cluster[M, PM]) faultStep(e *sim.Event) {
	if c.healed {
		return
	}
	s := c.steps[e.B]
	f := &c.plan.Faults[s.Index]
	kind := sim.FaultOn
	switch {
	case s.End:
		kind = sim.FaultOff
	case s.Beat == 0:
		c.stats.Faults[f.Kind]++
		if f.Role != 0 {
			if _, ok := c.Role(f.Role); ok {
				c.stats.Roles[f.Role]++
			}
		}
	}
	if c.kernel.Tracing() && s.Beat == 0 {
		c.kernel.Emit(sim.Record{Kind: kind, Name: f.Kind.String(), Text: f.Describe(c.messages) + c.whom(s.Index)})
	}
	switch {
	case s.End:
		c.injector.End(c, s.Index)
	case s.Beat > 0:
		c.injector.Beat(c, s.Index)
	default:
		c.injector.Begin(c, s.Index)
	}
}

// What follows a fault's description if its victims were found by their role.
const (
	roleMark = ": it is"
	nobody   = "nobody"
)

// whom says which replicas a fault that names a role happens to.
func (c *cluster[M, PM]) whom(index int) string {
	if c.plan.Faults[index].Role == 0 {
		return ""
	}
	text := roleMark
	victims := c.injector.Victims(c, index)
	for _, id := range victims {
		text += " " + id.Addr().String()
	}
	if len(victims) == 0 {
		text += " " + nobody
	}
	return text
}

// phaseEnds handles a PhaseEnds event: the run begins, the safety phase is over, or it is time to look how far the
// healed cluster is.
func (c *cluster[M, PM]) phaseEnds(*sim.Event) {
	if c.kernel.Events() == 1 {
		c.openSafetyPhase()
		return
	}
	if !c.healed {
		c.heal()
	} else if c.rest = c.regard(c.rest); c.finished() {
		c.pass()
		return
	} else if c.kernel.Now() >= c.endsAt {
		// A client that is done just before the end leaves no time to look again: that is no unrest, if nothing has changed since before.
		if c.allDone() && c.still(&c.rest) {
			c.pass()
			return
		}
		c.stuck()
		return
	}
	c.kernel.Schedule(c.kernel.Now()+restPeriod, sim.PhaseEnds, 0, 0, 0, 0)
}

func (c *cluster[M, PM]) heal() {
	if c.kernel.Tracing() {
		c.kernel.Emit(sim.Record{Kind: sim.PhaseSet, Text: c.healing()})
	}
	c.healed, c.healedAt = true, c.mark()
	c.reachesHeal()
	c.endsAt = c.kernel.Now() + int64(c.config.Recovery)
	c.injector.HealAll(c)
	c.net.Calm(c.injector.Stays)
	for i := range c.config.Nodes {
		c.holds(node.ID(i + 1))
	}
	c.check()
	for _, id := range c.plan.Outsiders() {
		c.machine(id).outside = true
		c.excuse(id)
	}
	c.quiet, c.rest = quiet{}, quiet{}
	for i := range c.crowd.clients {
		x := &c.crowd.clients[i]
		x.quota = true
		if x.open == none {
			c.wakeAfter(x, 0)
		}
	}
}

// finished tells whether the healed cluster has done all that is asked of it, and is at rest.
func (c *cluster[M, PM]) finished() bool { return c.allDone() && c.settledDown() }

// allDone tells whether every client is settled, and all replicas have the same state.
func (c *cluster[M, PM]) allDone() bool {
	for i := range c.crowd.clients {
		if x := &c.crowd.clients[i]; !c.settled(x) {
			return false
		}
	}
	return c.converged()
}

// pass ends a run in which nothing was violated as it went: what clients saw is checked now.
func (c *cluster[M, PM]) pass() {
	c.kernel.Halt()
	if c.spec.Judge != nil {
		if v := c.spec.Judge(&c.config, &c.history); v != nil {
			c.end(v)
			return
		}
	}
	c.verdict = c.judgeHistory()
	if c.verdict.Kind == checker.Pass && c.stats.Finished == 0 {
		c.verdict = checker.Verdict{Kind: checker.Vacuous, Detail: "no operation was completed"}
	}
}

// oracleSteps is how many steps porcupine may take on one key. Mostly it takes some dozens. Of a hundred keys one or two need more than this, which takes it 5 ms,
// and most of those more than a million.
const oracleSteps = 100_000

func (c *cluster[M, PM]) judgeHistory() checker.Verdict {
	r := c.decider.Check(&c.history, c.spec.Workload.Model(), checker.Options{Oracle: c.oracle, OracleSteps: oracleSteps})
	v := r.Verdict()
	c.blame(&v)
	if v.Kind == checker.Violated {
		c.witness = r.Witness
		c.kernel.Emit(sim.Record{Kind: sim.Violation, Name: "linearizability", Text: v.Fingerprint + ": " + v.Detail})
	}
	return v
}

// stuck ends a run in which the healed cluster did not finish in time. What clients saw is checked first: a history
// that is not linearizable is the graver finding.
func (c *cluster[M, PM]) stuck() {
	if v := c.judgeHistory(); v.Kind == checker.Violated {
		c.kernel.Halt()
		c.verdict = v
		return
	}
	if v, beyond := c.destroyed(); beyond {
		c.kernel.Halt()
		c.verdict = v
		return
	}
	shape := "no convergence"
	if c.converged() {
		shape = "no rest"
	}
	for i := range c.crowd.clients {
		if !c.settled(&c.crowd.clients[i]) {
			shape = "no progress"
		}
	}
	c.violate("liveness", shape, fmt.Sprintf("%v after everything was healed, %s", faults.Span(c.config.Recovery), c.unfinished()))
}

// unfinished says who waits for what.
func (c *cluster[M, PM]) unfinished() string {
	var parts []string
	for i := range c.crowd.clients {
		if x := &c.crowd.clients[i]; x.open != none {
			parts = append(parts, fmt.Sprintf("%v still waits for %v to %s", x.id.Addr(), x.target.Addr(), x.op))
		}
	}
	if duel := c.duelling(); duel != "" {
		parts = append(parts, duel)
	}
	if c.converged() && len(parts) == 0 {
		parts = append(parts, c.unrest()...)
	}
	if !c.converged() {
		for i := range c.config.Nodes {
			slot, state := c.applied(node.ID(i + 1))
			parts = append(parts, fmt.Sprintf("n%d is at slot %d with state %08x", i+1, slot, uint32(state[0])))
		}
	}
	if who := c.outside(); who != "" {
		parts = append(parts, who+" out of order for good")
	}
	return strings.Join(parts, ", ")
}

// violate ends the run with a violation found by the testbed itself.
func (c *stage) violate(check, shape, detail string) {
	c.end(&checker.Violation{Check: check, Shape: shape, Detail: detail})
}

// check ends the run if the watch has found a violation.
func (c *stage) check() {
	if c.watch.Violation() != nil || c.own != nil {
		c.found()
	}
}

func (c *stage) found() {
	if v := c.violation(); v != nil && c.verdict.Kind != checker.Violated {
		c.end(v)
	}
}

func (c *stage) end(v *checker.Violation) {
	c.kernel.Halt()
	if c.verdict.Kind == checker.Violated {
		return
	}
	c.verdict = v.Verdict()
	c.blame(&c.verdict)
	c.kernel.Emit(sim.Record{Kind: sim.Violation, Who: node.Addr(v.Node), Slot: v.Slot, Name: v.Check, Text: c.verdict.Fingerprint + ": " + c.verdict.Detail})
}

// panicked turns a panic in a handler into a violation, named by the function that panicked and not by its message,
// which may hold values.
func (c *cluster[M, PM]) panicked(p any) checker.Verdict {
	e := c.kernel.Current()
	v := &checker.Violation{
		Check: "panic", Shape: panicSite(), Node: uint16(e.Host),
		Detail: fmt.Sprintf("%v panicked in a %v event: %v", place(e.Host), e.Kind, p),
	}
	verdict := v.Verdict()
	c.blame(&verdict)
	c.kernel.Emit(sim.Record{Kind: sim.Violation, Who: e.Host.Addr(), Name: v.Check, Text: verdict.Detail})
	return verdict
}

// panicSite returns the innermost function outside the runtime on the panicking stack.
func panicSite() string {
	pcs := make([]uintptr, 64)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(1, pcs)])
	past := false
	for {
		f, more := frames.Next()
		if past && !strings.HasPrefix(f.Function, "runtime.") {
			return f.Function
		}
		past = past || f.Function == "runtime.gopanic" || f.Function == "runtime.sigpanic"
		if !more {
			return "unknown function"
		}
	}
}

// faults.Target

// AddRule puts a link rule of a fault in force.
func (c *cluster[M, PM]) AddRule(id int, r faults.Rule) {
	c.net.AddRule(id, netsim.Rule{
		Tag:  uint8(c.plan.Faults[id].Kind),
		From: set(r.From), To: set(r.To), Block: r.Block, Period: int64(r.Period), Down: int64(r.Down),
		After: int64(r.After), Until: int64(r.Until),
		Drop: uint64(r.Drop), Nth: r.Nth, Kind: uint64(r.Message),
		Duplicate: uint64(r.Duplicate), CopyMean: int64(r.CopyMean), Again: uint64(r.Again), AgainMin: int64(r.AgainMin),
		Reorder: uint64(r.Reorder), HoldMean: int64(r.HoldMean), Corrupt: uint64(r.Corrupt), Delay: int64(r.Delay),
		Bandwidth: int64(r.Bandwidth), Backlog: int64(r.Backlog), HoldBack: r.HoldBack,
	})
}

// The kinds of faults are the tags of their rules.
var _ [netsim.Tags - faults.NumKinds]struct{}

// set translates a list of addresses, of which an empty one means everybody.
func set(addrs []node.Addr) netsim.Set {
	if len(addrs) == 0 {
		return netsim.Everybody()
	}
	return netsim.SetOf(addrs...)
}

// RemoveRule takes a link rule out of force.
func (c *cluster[M, PM]) RemoveRule(id int) { c.net.RemoveRule(id) }

// Crash stops a replica's host.
func (c *cluster[M, PM]) Crash(id node.ID) {
	up := c.host(id).Up()
	c.host(id).Crash()
	if up {
		c.stopped(id)
	}
}

// stopped does what follows whenever a host goes down that was up, by whatever cause.
func (c *stage) stopped(id node.ID) {
	c.stats.Crashes++
	c.disconnect(id)
	c.fell(id)
}

// Restart boots a replica's host.
func (c *cluster[M, PM]) Restart(id node.ID) {
	if int(id) > c.config.Founders() && c.configOf(id).wiped {
		return // its name may have been a voter's, and is not used again: others take its place
	}
	if !c.host(id).Up() {
		c.stats.Restarts++
	}
	c.startHost(id)
}

func (c *cluster[M, PM]) startHost(id node.ID) {
	c.machine(id).started = false
	c.host(id).Start(c.spec.Replica(id, c.configOf(id)))
	c.machine(id).started = true
	if c.machine(id).condition.Paused {
		c.host(id).Pause()
	}
}
