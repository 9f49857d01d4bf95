package faults

import "simrun/node"

// Rule changes what becomes of the traffic on some links while it is in force. Chances are in parts per million.
type Rule struct {
	From, To  []node.Addr // from one of these to one of these; empty means anybody
	Block     bool        // nothing gets through
	Period    Span        // if set, nothing gets through at the beginning of every period only,
	Down      Span        // for this long
	After     Span        // nothing gets through only from so much later on,
	Until     Span        // and if this is set, until so much later
	Drop      uint32      // chance that a message is lost
	Nth       uint64      // if set, this message is lost, counted from 1 from now on
	Message   uint8       // if set, only messages of this kind count for that
	Duplicate uint32      // chance that it arrives twice
	CopyMean  Span        // how much later than the first the second arrives, on average
	Again     uint32      // chance that it arrives once more, much later
	AgainMin  Span        // how much later at least
	Reorder   uint32      // chance that it is held up
	HoldMean  Span        // for how long, on average
	Corrupt   uint32      // chance that its bytes are damaged
	Delay     Span        // how much longer everything takes
	Bandwidth uint64      // if set, how many bytes a second each link carries
	Backlog   uint64      // if set, how many bytes may wait for it
	HoldBack  bool        // everything is held back until the rule is taken off
}

// Target is what faults are injected into.
type Target interface {
	// AddRule puts a rule in force. Its id is the index of its fault in the plan; several rules may have one.
	AddRule(id int, r Rule)
	// RemoveRule takes all rules with that id off.
	RemoveRule(id int)
	// Crash stops a replica's host, losing its memory.
	Crash(id node.ID)
	// Restart boots it again.
	Restart(id node.ID)
	// Up tells whether its host is running, which may have stopped on its own account.
	Up(id node.ID) bool
	// Role returns the replica that has a role at the moment, if one has.
	Role(r Role) (node.ID, bool)

	Machines
	Operator
	Crowd
	Liars
}

// Injector carries out a plan. It is told when to begin and when to end each fault: see Plan.Steps.
type Injector struct {
	plan    Plan
	on      []bool      // by fault
	victims [][]node.ID // by fault, of those that are on: whom it happens to, if it happens to replicas
	down    []int       // by node.ID: how many faults keep it down
	beats   []int       // by fault: how often it struck again
	lasting []int       // faults that are a Condition of machines, in the order in which they began
	manners []int       // faults that are a Manner of the clients
	lying   []int       // faults that make replicas lie
	struck  [NumKinds]uint64
}

// Reset makes the injector ready for a plan, with no fault on.
func (j *Injector) Reset(p Plan) {
	j.plan = p
	j.on = append(j.on[:0], make([]bool, len(p.Faults))...)
	j.victims = append(j.victims[:0], make([][]node.ID, len(p.Faults))...)
	clear(j.down)
	j.beats = append(j.beats[:0], make([]int, len(p.Faults))...)
	j.lasting, j.manners, j.lying = j.lasting[:0], j.manners[:0], j.lying[:0]
	j.struck = [NumKinds]uint64{}
}

// Begin begins the fault with that index in the plan. It does nothing if the fault is on.
func (j *Injector) Begin(t Target, index int) {
	if j.on[index] {
		return
	}
	j.victims[index] = j.Victims(t, index)
	j.on[index] = true
	f := &j.plan.Faults[index]
	kinds[f.Kind].begin(j, t, index, f)
}

// Beat makes the fault with that index strike again. It does nothing if the fault is not on.
func (j *Injector) Beat(t Target, index int) {
	f := &j.plan.Faults[index]
	if beat := kinds[f.Kind].beat; j.on[index] && beat != nil {
		beat(j, t, index, f)
	}
}

// Victims returns the replicas that a fault happens to: those it was found to happen to when it began, or would be if it
// began now. It is empty for kinds of faults that do not happen to replicas.
func (j *Injector) Victims(t Target, index int) []node.ID {
	if j.on[index] {
		return j.victims[index]
	}
	f := &j.plan.Faults[index]
	if f.Role != 0 {
		if id, ok := t.Role(f.Role); ok {
			return []node.ID{id}
		}
	}
	return f.Nodes
}

// Parted tells whether a fault is on that blocks links.
func (j *Injector) Parted() bool {
	for i, on := range j.on {
		if on {
			switch j.plan.Faults[i].Kind {
			case Partition, OneWay, Flap, Isolate, Mute, Deaf, Ring, Swizzle, Bridge:
				return true
			}
		}
	}
	return false
}

// Struck returns how often faults of a kind struck a replica. What they do to messages is counted by whoever carries those.
func (j *Injector) Struck(k Kind) uint64 { return j.struck[k] }

// End ends the fault with that index in the plan. It does nothing if the fault is not on.
func (j *Injector) End(t Target, index int) {
	if !j.on[index] {
		return
	}
	j.on[index] = false
	f := &j.plan.Faults[index]
	kinds[f.Kind].end(j, t, index, f)
}

// HealAll ends every fault that is on and does not stay.
func (j *Injector) HealAll(t Target) {
	for i := range j.on {
		if !j.Stays(i) {
			j.End(t, i)
		}
	}
}

// Stays tells whether the fault with that index stays on when the cluster is healed.
func (j *Injector) Stays(index int) bool { return j.on[index] && j.plan.Faults[index].Stays }

// stop takes the replica down, in the way given, unless a fault did so before. That strikes one that is up, and one that is to get other settings.
func (j *Injector) stop(t Target, kind Kind, id node.ID, down func(node.ID)) {
	for int(id) >= len(j.down) {
		j.down = append(j.down, 0)
	}
	if j.down[id]++; j.down[id] == 1 {
		if t.Up(id) || kind == ReconfigureKnobs {
			j.struck[kind]++
		}
		down(id)
	}
}

func (j *Injector) restart(t Target, id node.ID) {
	if j.down[id]--; j.down[id] == 0 {
		t.Restart(id)
	}
}
