package scenarios

import (
	"fmt"
	"maps"
	"slices"

	"simrun/faults"
	"simrun/netsim"
	"simrun/node"
	"simrun/sim"
)

// Config is what a run is like apart from its faults: the cluster, its clients, the machines and the network in good
// weather. It is drawn from the seed, saved with the run, and may be edited by hand. Chances are in parts per million.
type Config struct {
	Nodes      int `json:"nodes"`      // replicas, 1 to MaxNodes
	Spares     int `json:"spares"`     // the last of these are no members at first
	Clients    int `json:"clients"`    // each has one operation open at a time
	Operations int `json:"operations"` // that the clients share out among them
	Keys       int `json:"keys"`       // that the operations are about

	Think    faults.Span `json:"think"`    // a client's pause between two operations, on average
	Retry    faults.Span `json:"retry"`    // a client's patience with one replica, before it tries another
	Patience faults.Span `json:"patience"` // a client's patience with an operation, before it counts as unknown

	LatencyMin  faults.Span      `json:"latencyMin"`  // a message's way takes this long
	LatencyMean faults.Span      `json:"latencyMean"` // and this much longer on average
	Spread      netsim.Spread    `json:"spread"`      // how that is distributed
	Drop        uint64           `json:"drop"`        // a message's chance to be lost in good weather
	Encode      bool             `json:"encode"`      // messages go through their encoding
	Link        netsim.Transport `json:"link"`        // what links promise of the order of messages
	Reconnect   faults.Span      `json:"reconnect"`   // a broken connection of a FIFO link is back after this long
	Bandwidth   uint64           `json:"bandwidth"`   // bytes a second that each link carries one way; 0 for no limit
	Backlog     uint64           `json:"backlog"`     // bytes that may wait for a link, what comes on top is lost; 0 for no limit

	SyncMin  faults.Span    `json:"syncMin"`  // a group commit takes this long
	SyncMean faults.Span    `json:"syncMean"` // and this much longer on average
	Disk     sim.DiskFaults `json:"disk"`     // what a crash does to writes that are not durable

	ClockOffset faults.Span `json:"clockOffset"` // replicas' clocks differ by up to this
	ClockDrift  int64       `json:"clockDrift"`  // and run fast or slow by up to this many parts per million

	// What replicas must expect of clocks, faults included: protocols that rest on clocks are told so.
	ClockDriftMax int64       `json:"clockDriftMax"` // they run fast or slow by up to this many parts per million
	ClockJumpMax  faults.Span `json:"clockJumpMax"`  // and jump forward by up to this, as after a suspended machine resumes

	Horizon  faults.Span `json:"horizon"`  // faults end, and the cluster is healed, at this time at the latest
	Recovery faults.Span `json:"recovery"` // the healed cluster must be done with everything within this time

	Knobs map[string]int64 `json:"knobs,omitempty"` // the protocol's own switches, by name

	// Script is what clients do in the safety phase, each its own calls in this order; empty: what the workload makes up.
	Script []Call `json:"script,omitempty"`

	wiped bool // of the replica that boots with this, the disk was emptied
}

// Founders returns how many replicas are members from the start: those with the lowest IDs.
func (c *Config) Founders() int { return c.Nodes - c.Spares }

// Founder tells whether a replica is a member from the start, and has its disk still.
func (c *Config) Founder(id node.ID) bool { return int(id) <= c.Founders() && !c.wiped }

// Bounds on a Config, so that an artifact edited into nonsense is refused and not run.
const (
	MaxNodes      = 127
	MaxClients    = 10_000
	MaxOperations = 100_000_000

	maxBandwidth = 1_000_000_000_000
)

// Knob is one switch of a protocol: a number with a default and the range that seeds are drawn from.
type Knob struct {
	Name     string
	Doc      string  // what it does, and its unit
	Calm     int64   // the tame value, which a shrunk case tends to
	Min, Max int64   // what is legal
	Draw     []int64 // what seeds choose from, evenly
	Local    bool    // replicas of one group may have different values
	Time     bool    // it is a time: what a shrunk case shows should not hang on its last digits
}

// Knob returns the value of a knob, which the scenario has declared.
func (c *Config) Knob(name string) int64 {
	v, ok := c.Knobs[name]
	if !ok {
		panic("scenarios: no knob " + name + " in the configuration")
	}
	return v
}

// check refuses configurations that make no sense.
func (c *Config) check(knobs []Knob) error {
	type bound struct {
		name      string
		v, lo, hi int64
	}
	spans := int64(24 * 3600 * faults.Second)
	for _, b := range []bound{
		{"nodes", int64(c.Nodes), 1, MaxNodes},
		{"spares", int64(c.Spares), 0, int64(max(c.Nodes-1, 0))},
		{"clients", int64(c.Clients), 1, MaxClients},
		{"operations", int64(c.Operations), 1, MaxOperations},
		{"keys", int64(c.Keys), 1, 1 << 30},
		{"think", int64(c.Think), 0, spans},
		{"retry", int64(c.Retry), 1, spans},
		{"patience", int64(c.Patience), 1, spans},
		{"latencyMin", int64(c.LatencyMin), 0, spans},
		{"latencyMean", int64(c.LatencyMean), 0, spans / 24},
		{"reconnect", int64(c.Reconnect), 0, spans},
		{"bandwidth", int64(min(c.Bandwidth, 1<<60)), 0, maxBandwidth},
		{"backlog", int64(min(c.Backlog, 1<<60)), 0, maxBandwidth},
		{"drop", int64(min(c.Drop, 1<<40)), 0, 900_000},
		{"syncMin", int64(c.SyncMin), 0, spans},
		{"syncMean", int64(c.SyncMean), 0, spans / 24},
		{"disk.lose", int64(min(c.Disk.Lose, 1<<40)), 0, 1_000_000},
		{"disk.tear", int64(min(c.Disk.Tear, 1<<40)), 0, 1_000_000},
		{"disk.hole", int64(min(c.Disk.Hole, 1<<40)), 0, 1_000_000},
		{"clockOffset", int64(c.ClockOffset), 0, spans},
		{"clockDrift", c.ClockDrift, 0, faults.MaxDrift},
		{"clockDriftMax", c.ClockDriftMax, 0, faults.MaxDrift},
		{"clockJumpMax", int64(c.ClockJumpMax), 0, spans},
		{"horizon", int64(c.Horizon), 0, 30 * spans},
		{"recovery", int64(c.Recovery), 1, 30 * spans},
	} {
		if b.v < b.lo || b.v > b.hi {
			return fmt.Errorf("config: %s is %d, and must be from %d to %d", b.name, b.v, b.lo, b.hi)
		}
	}
	for _, k := range knobs {
		v, ok := c.Knobs[k.Name]
		if !ok {
			return fmt.Errorf("config: the knob %q is missing", k.Name)
		}
		if v < k.Min || v > k.Max {
			return fmt.Errorf("config: the knob %q is %d, and must be from %d to %d", k.Name, v, k.Min, k.Max)
		}
	}
	if err := c.checkScript(); err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(c.Knobs)) {
		if !slices.ContainsFunc(knobs, func(k Knob) bool { return k.Name == name }) {
			return fmt.Errorf("config: this scenario has no knob %q", name)
		}
	}
	return nil
}
