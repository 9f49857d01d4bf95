package scenarios

import (
	"fmt"
	"slices"
	"strings"

	"simrun/checker"
	"simrun/faults"
	"simrun/node"
	"simrun/node/fact"
	"simrun/sim"
	"simrun/sim/stream"
)

// Spec describes a scenario for the protocol with message type M: what runs, what clients ask of it, and how to read
// what its replicas leave on disk. Everything else comes with the testbed.
type Spec[M any, PM node.Message[M]] struct {
	Name  string // lower case, with dashes
	Doc   string // one sentence
	Knobs []Knob // the protocol's switches

	// Messages is how many kinds of messages the protocol has, numbered from 1 as Site tells; 0 if faults are not to ask for kinds.
	Messages int
	// Draw adjusts a drawn configuration to the scenario. May be nil.
	Draw func(s *stream.Stream, c *Config)
	// Check refuses configurations that the protocol would refuse. May be nil.
	Check func(c *Config) error
	// Quorums returns the sizes of the quorums of both phases.
	Quorums func(c *Config) (phase1, phase2 int)
	// Replica makes the replica with that id, with an empty memory. It is called at every boot.
	Replica func(id node.ID, c *Config) node.Node[M]
	// Facts decodes a run of whole records, as they became durable in a file, into promises, votes and snapshots of a
	// log that is chosen slot by slot. If nil, the protocol is no such thing: then only what clients saw is checked.
	Facts func(file string, b []byte, emit func(fact.Fact))
	// Commands splits the value of a slot into the commands that clients submitted. May be nil: the value is one.
	Commands func(value []byte, each func(client uint32, seq uint64, command []byte))
	// SendOnce makes clients send an operation to one replica only, and once: for a protocol that would execute a
	// retry again.
	SendOnce bool
	// Workload is what clients do.
	Workload Workload
}

// Scenario is a Spec without its message type, which is what the command line and sweeps see.
type Scenario struct {
	Name  string
	Doc   string
	Knobs []Knob

	messages   int
	draw       func(s *stream.Stream, c *Config)
	check      func(c *Config) error
	newCluster func() Cluster
}

// Cluster is a cluster of replicas with its clients, network, disks and checks, ready to run seed after seed. It is
// used by one goroutine.
type Cluster interface {
	// Reset makes the cluster ready for a run. The configuration and the plan must have passed Scenario.Check.
	Reset(seed uint64, c Config, p faults.Plan)
	// Trace makes the run report every record to f, from here on.
	Trace(f func(sim.Record))
	// Run goes on until the event with the given number has been handled, or the run is over, which done tells. A
	// run that is over has a verdict.
	Run(untilEvent uint64) (v checker.Verdict, done bool)
	// Hash returns the digest of everything that happened so far.
	Hash() sim.Hash
	// Stats returns the figures of the run so far.
	Stats() Stats
	// History returns what clients saw so far. It belongs to the cluster.
	History() *checker.History
	// AppendState appends a replica's state to dst, and nothing if it is down.
	AppendState(id node.ID, dst []byte) []byte
	// Close gives back what replicas hold besides plain data. The cluster may be used again after a Reset.
	Close()
	// Poison overwrites all memory that is kept from one run to the next, to show that no run depends on it.
	Poison()
}

// Define makes a Scenario of a Spec.
func Define[M any, PM node.Message[M]](s Spec[M, PM]) Scenario {
	spec := &s
	return Scenario{
		Name: s.Name, Doc: s.Doc, Knobs: s.Knobs, messages: s.Messages, draw: s.Draw, check: s.Check,
		newCluster: func() Cluster { return newCluster(spec) },
	}
}

// All returns the scenarios there are, by name.
func All() []Scenario { return slices.Clone(registry) }

// Register adds a scenario to those that All and Find know, for a program with protocols of its own. It must be called before
// any run, from one goroutine, and panics if the name is taken.
func Register(s Scenario) {
	if _, err := Find(s.Name); err == nil {
		panic("scenarios: " + s.Name + " is registered already")
	}
	registry = append(registry, s)
	slices.SortFunc(registry, func(a, b Scenario) int { return strings.Compare(a.Name, b.Name) })
}

var registry = []Scenario{kv(), singleDecree()}

// Find returns the scenario of that name.
func Find(name string) (Scenario, error) {
	names := make([]string, 0, len(registry))
	for _, s := range registry {
		if s.Name == name {
			return s, nil
		}
		names = append(names, s.Name)
	}
	return Scenario{}, fmt.Errorf("unknown scenario %q: there are %s", name, strings.Join(names, ", "))
}

// NewCluster returns a cluster that runs the scenario.
func (s Scenario) NewCluster() Cluster { return s.newCluster() }

// Check refuses a configuration and a plan that the scenario cannot run, with a sentence that says why.
func (s Scenario) Check(c Config, p faults.Plan) error {
	if err := c.check(s.Knobs); err != nil {
		return err
	}
	if s.check != nil {
		if err := s.check(&c); err != nil {
			return fmt.Errorf("config: %w", err)
		}
	}
	return p.Validate(s.shape(&c))
}

// shape is shape, with what only the scenario knows.
func (s Scenario) shape(c *Config) faults.Shape {
	sh := shape(c)
	sh.Messages = s.messages
	return sh
}

// shape tells the generator and the validator of plans about the cluster.
func shape(c *Config) faults.Shape {
	s := faults.Shape{Clients: c.Clients, Horizon: c.Horizon, LatencyMean: c.LatencyMean}
	for i := range c.Nodes {
		s.Nodes = append(s.Nodes, node.ID(i+1))
	}
	return s
}
