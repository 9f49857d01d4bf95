package faults

import "simrun/node"

// Rule changes what becomes of the traffic on some links while it is in force. Chances are in parts per million.
type Rule struct {
	From, To  []node.Addr // from one of these to one of these; empty means anybody
	Block     bool        // nothing gets through
	Drop      uint32      // chance that a message is lost
	Duplicate uint32      // chance that it arrives twice
	CopyMean  Span        // how much later than the first the second arrives, on average
	Reorder   uint32      // chance that it is held up
	HoldMean  Span        // for how long, on average
	Delay     Span        // how much longer everything takes
}

// Target is what faults are injected into.
type Target interface {
	// AddRule puts a rule in force. Several rules may have one id.
	AddRule(id int, r Rule)
	// RemoveRule takes all rules with that id off.
	RemoveRule(id int)
	// Crash stops a replica's host, losing its memory.
	Crash(id node.ID)
	// Restart boots it again.
	Restart(id node.ID)

	Machines
}

// Injector carries out a plan. It is told when to begin and when to end each fault: see Plan.Steps.
type Injector struct {
	plan Plan
	on   []bool // by fault
	down []int  // by node.ID: how many faults keep it down

	beats   []int // by fault: how often it struck again
	lasting []int // faults that are a Condition of machines, in the order in which they began
}

// Reset makes the injector ready for a plan, with no fault on.
func (j *Injector) Reset(p Plan) {
	j.plan = p
	j.on = append(j.on[:0], make([]bool, len(p.Faults))...)
	clear(j.down)
	j.beats = append(j.beats[:0], make([]int, len(p.Faults))...)
	j.lasting = j.lasting[:0]
}

// Begin begins the fault with that index in the plan. It does nothing if the fault is on.
func (j *Injector) Begin(t Target, index int) {
	if j.on[index] {
		return
	}
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

// End ends the fault with that index in the plan. It does nothing if the fault is not on.
func (j *Injector) End(t Target, index int) {
	if !j.on[index] {
		return
	}
	j.on[index] = false
	f := &j.plan.Faults[index]
	kinds[f.Kind].end(j, t, index, f)
}

// HealAll ends every fault that is on.
func (j *Injector) HealAll(t Target) {
	for i := range j.on {
		j.End(t, i)
	}
}

func (j *Injector) crash(t Target, id node.ID) { j.stop(t, id, t.Crash) }

// stop takes the replica down, in the way given, unless it is.
func (j *Injector) stop(t Target, id node.ID, down func(node.ID)) {
	for int(id) >= len(j.down) {
		j.down = append(j.down, 0)
	}
	if j.down[id]++; j.down[id] == 1 {
		down(id)
	}
}

func (j *Injector) restart(t Target, id node.ID) {
	if j.down[id]--; j.down[id] == 0 {
		t.Restart(id)
	}
}
