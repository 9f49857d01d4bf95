package scenarios

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"simrun/checker"
	"simrun/faults"
	"simrun/node"
	"simrun/sim"
	"simrun/sim/stream"
)

// host is what of a sim.Host does not hang on the messages that it handles.
type host interface {
	Up() bool
	Reading() node.Local
	When(span node.Local) int64
	Counts() sim.Counts
}

// machineState is what the run knows of a replica's host.
type machineState struct {
	host      host
	drift     int64 // usual rate of its clock
	condition faults.Condition
	config    *Config       // of the replica, if it differs from that of the others
	damaged   []faults.Kind // that struck its disk, in order
	hurt      []string      // its files that were struck
	lies      []faults.Kind // that it tells
	lied      uint64        // messages in which it did
	jumped    bool          // its clock did, farther than the configuration says
	drifted   bool          // likewise
	outside   bool          // it is out of order for good

	boots      int    // of its replica
	started    bool   // its replica has read its disk since the last boot
	sprung     uint64 // traps, when it stopped last on its own account
	leaseUntil int64  // true time to which its replica relied on a lease
	pausedAt   int64  // true time since when it is paused
}

// shape tells the generator and the validator of plans about the cluster and its replicas.
func (spec *Spec[M, PM]) shape(c *Config) faults.Shape {
	s := shape(c)
	s.Files, s.Messages, s.Wipes = spec.Files, spec.Messages, spec.Wipes
	s.ClockJumpMax, s.ClockDriftMax = c.ClockJumpMax, c.ClockDriftMax
	s.Tolerates = spec.tolerates(c)
	s.Leads = spec.Leads
	s.Members, s.Spares = spec.Members != nil, s.Nodes[c.Founders():]
	s.Keys, s.Sessions, s.Lies = c.Keys, spec.Sessions, spec.Lie != nil
	s.BearsDeaf = spec.BearsDeaf != nil && spec.BearsDeaf(c)
	s.Knobs = make([]faults.LocalKnob, 0, len(spec.Knobs))
	for i := range spec.Knobs {
		if k := &spec.Knobs[i]; k.Local {
			s.Knobs = append(s.Knobs, faults.LocalKnob{Name: k.Name, Min: k.Min, Max: k.Max, Draw: k.Draw})
		}
	}
	return s
}

// tolerates returns how many replicas may lose durable data over a run: as long as those that did not are a quorum of both
// phases, everything that was chosen has a witness among them, and they can go on without the others.
func (spec *Spec[M, PM]) tolerates(c *Config) int {
	phase1, phase2 := spec.Quorums(c)
	voters := c.Founders()
	if spec.Voters != nil {
		voters = spec.Voters(c)
	}
	return max(voters-max(phase1, phase2), 0)
}

// checkOverrides refuses settings of single replicas that the protocol would refuse.
func (s Scenario) checkOverrides(c *Config, p *faults.Plan) error {
	for i := range p.Faults {
		if knobs := p.Faults[i].Knobs; len(knobs) > 0 && s.check != nil {
			if err := s.check(c.with(knobs)); err != nil {
				return fmt.Errorf("plan: fault %d (%v): with its knobs, %w", i+1, p.Faults[i].Kind, err)
			}
		}
	}
	return nil
}

// jumps tells whether a fault makes clocks jump.
func jumps(f faults.Fault) bool { return f.Kind == faults.ClockJump || f.Kind == faults.ClockStrobe }

// checkJumps refuses clocks that jump where the configuration says that replicas must expect that, and some have settings that cannot bear it, from the
// start or later. Where ClockJumpMax is 0 jumps are beyond what they must expect, and whoever wants them may have them.
func (s Scenario) checkJumps(c *Config, p *faults.Plan) error {
	if s.bearsJumps == nil || c.ClockJumpMax == 0 || !slices.ContainsFunc(p.Faults, jumps) {
		return nil
	}
	if !s.bearsJumps(c) {
		return errors.New("plan: clocks jump, which replicas with these knobs do not bear: leave that out, or set clockJumpMax to 0, for jumps that are beyond what they must expect")
	}
	for i := range p.Faults {
		if knobs := p.Faults[i].Knobs; len(knobs) > 0 && !s.bearsJumps(c.with(knobs)) {
			return fmt.Errorf("plan: fault %d (%v): with its knobs, replicas do not bear clocks that jump, as others of the plan make them", i+1, p.Faults[i].Kind)
		}
	}
	return nil
}

// with returns a copy of the configuration with other values of some knobs.
func (c *Config) with(knobs map[string]int64) *Config {
	other := *c
	other.Knobs = maps.Clone(c.Knobs)
	maps.Copy(other.Knobs, knobs)
	return &other
}

// resetMachines forgets what happened to the machines of an earlier run.
func (c *cluster[M, PM]) resetMachines() {
	for len(c.machines) < c.config.Nodes {
		c.machines = append(c.machines, machineState{})
		c.disks = append(c.disks, diskFacts{})
	}
	for i := range c.machines {
		m := &c.machines[i]
		*m = machineState{host: c.hosts[i], damaged: m.damaged[:0], hurt: m.hurt[:0]}
		c.disks[i] = diskFacts{files: c.disks[i].files[:0]}
	}
}

func (c *stage) machine(id node.ID) *machineState { return &c.machines[id-1] }

// Stopped counts a host that crashed on its own account.
func (c *stage) Stopped(id node.ID) {
	c.stopped(id)
	m := c.machine(id)
	sprung := m.host.Counts().Trapped
	kind := faults.CrashAt
	switch {
	case sprung > m.sprung: // whatever else is wrong with the machine
	case m.condition.Failing:
		kind = faults.SyncFail
	case m.condition.Full:
		kind = faults.DiskFull
	}
	m.sprung = sprung
	c.stats.Struck[kind]++
}

// faults.Machines

// CutPower stops a replica's host.
func (c *cluster[M, PM]) CutPower(id node.ID) {
	up := c.host(id).Up()
	c.host(id).CutPower()
	if up {
		c.stopped(id)
	}
}

// Revive boots a host that stopped on its own account.
func (c *cluster[M, PM]) Revive(id node.ID) { c.Restart(id) }

// SetCondition changes what is wrong with a machine.
func (c *cluster[M, PM]) SetCondition(id node.ID, n faults.Condition) {
	m, h := c.machine(id), c.host(id)
	c.reachesPause(m, n.Paused)
	m.condition = n
	h.SlowDisk(int64(n.Slower))
	h.FailDisk(n.Failing)
	h.FillDisk(n.Full)
	h.StickDisk(n.Stuck)
	h.SetService(int64(n.Service))
	rate := m.drift
	if n.Drifting {
		rate = n.Drift
	}
	m.drifted = m.drifted || max(rate, -rate) > c.config.ClockDriftMax
	if rate != h.ClockDrift() {
		h.ChangeClock(0, rate)
	}
	if n.Paused {
		h.Pause()
	} else {
		h.Resume()
	}
}

// SetTrap makes a host stop at a step.
func (c *cluster[M, PM]) SetTrap(fault int, id node.ID, f *faults.Fault) {
	on := sim.OnWrite
	switch f.On {
	case faults.OnSync:
		on = sim.OnSync
	case faults.OnSend:
		on = sim.OnSend
	}
	c.host(id).SetTrap(sim.Trap{ID: fault, On: on, File: f.File, Message: f.Message, Nth: f.Nth, After: f.After})
}

// RemoveTrap undoes SetTrap.
func (c *cluster[M, PM]) RemoveTrap(fault int, id node.ID) { c.host(id).RemoveTraps(fault) }

// Configure gives a replica settings of its own.
func (c *cluster[M, PM]) Configure(id node.ID, knobs map[string]int64) {
	m := c.machine(id)
	if m.config == nil {
		m.config = &c.config
	}
	m.config = m.config.with(knobs)
	c.stats.Reconfigured++
}

var damages = map[faults.Kind]sim.Damage{
	faults.BitRot: sim.Rot, faults.SectorError: sim.Sector, faults.Misdirected: sim.Misdirect, faults.Wipe: sim.Wipe,
}

// Damage destroys durable data of a host that is down, if it has any.
func (c *cluster[M, PM]) Damage(fault int, id node.ID, kind faults.Kind) bool {
	key := stream.Mix(stream.Mix(c.kernel.Seed(), stream.Name(kind.String())), uint64(fault))
	file, struck := c.host(id).Damage(damages[kind], key)
	if !struck {
		return false
	}
	m := c.machine(id)
	if file != "" && !slices.Contains(m.hurt, file) {
		m.hurt = append(m.hurt, file)
	}
	if !c.host(id).Keeps(m.hurt) { // copies that files have of each other are of no use any more
		c.excuse(id)
	}
	m.damaged = append(m.damaged, kind)
	if kind == faults.Wipe || !c.spec.Repairs {
		c.excuse(id)
		c.watch.Retire(uint16(id))
	}
	if kind == faults.Wipe {
		m.config = c.configOf(id).with(nil)
		m.config.wiped = true
	}
	return true
}

// JumpClock makes a host's clock jump forward.
func (c *cluster[M, PM]) JumpClock(id node.ID, jump faults.Span) {
	if c.roles.leading[id] > 0 {
		c.reach(ClockLeader)
	}
	m, h := c.machine(id), c.host(id)
	m.jumped = m.jumped || jump > c.config.ClockJumpMax
	h.ChangeClock(node.Local(jump), h.ClockDrift())
}

// maxSessions returns how many sessions any replica may keep, whatever settings of its own the plan gives it.
func (c *cluster[M, PM]) maxSessions() (n uint64) {
	if c.spec.MaxSessions == nil {
		return 0
	}
	n = c.spec.MaxSessions(&c.config)
	for i := range c.plan.Faults {
		if knobs := c.plan.Faults[i].Knobs; len(knobs) > 0 {
			n = max(n, c.spec.MaxSessions(c.config.with(knobs)))
		}
	}
	return n
}

// configOf returns the configuration that a replica boots with.
func (c *cluster[M, PM]) configOf(id node.ID) *Config {
	if own := c.machine(id).config; own != nil {
		return own
	}
	return &c.config
}

// destroyed tells whether more was destroyed than the group must survive, and what.
func (c *cluster[M, PM]) destroyed() (v checker.Verdict, beyond bool) {
	var parts []string
	for i := range c.config.Nodes {
		if kinds := c.machines[i].damaged; len(kinds) > 0 {
			var names []string
			for _, k := range slices.Compact(slices.Sorted(slices.Values(kinds))) {
				names = append(names, k.String())
			}
			parts = append(parts, fmt.Sprintf("n%d (%s)", i+1, strings.Join(names, ", ")))
		}
	}
	tolerated := c.spec.tolerates(&c.config) // by the founders; the operator sees to it that other groups do too
	if len(parts) <= tolerated {
		return v, false
	}
	return checker.Verdict{Kind: checker.Unrecoverable, Detail: fmt.Sprintf(
		"durable data was destroyed on %s, and a group of %d must survive that on %d", strings.Join(parts, ", "), c.config.Founders(), tolerated)}, true
}

// leasable tells whether clocks go on as replicas must expect, so that leases are as good as what they rest on.
func leasable(c *Config, p *faults.Plan) bool {
	return c.ClockJumpMax == 0 && c.ClockDrift <= c.ClockDriftMax && !slices.ContainsFunc(p.Faults, func(f faults.Fault) bool {
		return jumps(f) || max(f.Drift, -f.Drift) > c.ClockDriftMax
	})
}
