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

	// Draw adjusts a drawn configuration to the scenario. May be nil.
	Draw func(s *stream.Stream, c *Config)
	// Check refuses configurations that the protocol would refuse. May be nil.
	Check func(c *Config) error
	// Quorums returns the sizes of the quorums of both phases.
	Quorums func(c *Config) (phase1, phase2 int)
	// Voters returns how many of the replicas have a vote, if others have none. May be nil: all have.
	Voters func(c *Config) int
	// Replica makes the replica with that id, with an empty memory. It is called at every boot.
	Replica func(id node.ID, c *Config) node.Node[M]
	// Facts decodes a run of whole records, as they became durable in a file, into promises, votes and snapshots of a
	// log that is chosen slot by slot. If nil, the protocol is no such thing: then only what clients saw is checked.
	Facts func(file string, b []byte, emit func(fact.Fact))
	// Observer makes what holds the protocol against invariants of its own, one for each cluster. May be nil.
	Observer func() Observer
	// Holds tells how much a replica holds, which the checks hold against its bounds: see checker.Watch.Holds. May be nil.
	Holds func(n node.Node[M]) checker.Holding
	// MaxSessions returns how many sessions a replica with the configuration may keep. May be nil: as many as it likes.
	MaxSessions func(c *Config) uint64
	// Commands splits the value of a slot into the commands that clients submitted. May be nil: the value is one.
	Commands func(value []byte, each func(client uint32, seq uint64, command []byte))
	// ValueName tells what is in the value of a slot, where that is more than commands: "register c1#1 c2#4" and the like, with the names of operations as in
	// OperationName. May be nil: it is told by its commands.
	ValueName func(value []byte) string
	// Groups returns how many groups the replicas form, each with a leader of its own. May be nil: one.
	Groups func(c *Config) int
	// SendOnce makes clients send an operation to one replica only, and once: for a protocol that would execute a
	// retry again.
	SendOnce bool
	// Sessions makes clients open a session before anything else, and another when theirs has expired.
	Sessions bool
	// Reads makes clients send reads as such, which replicas may answer without the log.
	Reads bool
	// Leads is the name of the knob, one that may differ from replica to replica, that says how long a replica bears the silence of its leader, for a
	// group that keeps one: seeds then draw faults that aim at the seams between two leaders (faults/gambit.go). May be empty.
	Leads string
	// Files are the names of replicas' files, and Messages the highest number of a kind of message: steps at which
	// replicas can be stopped. May be empty.
	Files    []string
	Messages uint8
	// MessageName returns what the protocol calls a kind of message, from 1 to Messages: artifacts name messages so. May be nil: they have numbers.
	MessageName func(kind uint8) string
	// BearsDeaf tells whether a replica that hears nobody, for good, does not keep the others from working: it must neither depose their leader nor go on
	// as one. May be nil: it does.
	BearsDeaf func(c *Config) bool
	// BearsJumps tells whether replicas with the configuration bear clocks that jump forward, as far as Config.ClockJumpMax says. May be nil: they do.
	BearsJumps func(c *Config) bool
	// Replaced are the names of those of its files that are only ever replaced, and of which a replica notices any damage. May be empty.
	Replaced []string
	// Repairs says that a replica whose durable data was damaged in part is repaired by others. Otherwise it is lost for good:
	// nothing is expected of it, and if promises or votes of it are gone it must not take part.
	Repairs bool
	// Wipes says that replicas may come back with an empty disk: seeds draw that, and nothing is expected of such a replica.
	Wipes bool
	// Members says how a group changes who takes part; nil if it does not.
	Members *Members
	// Lie turns a message that a replica sends to another into a lie of a kind, faults.Equivocate, Forge or Falsify, and tells whether it did. It may
	// change the fields of m, and must not write to its slices. May be nil: then replicas do not lie.
	Lie func(m *M, to node.ID, kind faults.Kind) bool
	// Points are the names of points of the protocol that its author wants runs to come to, at most MaxPoints: replicas state them as fact.Reached, by
	// their place in this list. May be empty.
	Points []string
	// Demands tells whether a large sweep must come to a state now and then, and to each point. May be nil: nothing is demanded.
	Demands func(s Sometimes) bool
	// Workload is what clients do.
	Workload Workload
	// Judge looks at what clients saw in a run that came to its end, before linearizability is asked about: for demands beyond
	// that, and for those that are better said in the scenario's own words. May be nil.
	Judge func(c *Config, h *checker.History) *checker.Violation
	// Story makes the scenario one that is told. May be nil.
	Story *Story
}

// Members says how to ask a group to change who takes part, and how to read in its log that it did. See checker.ChangeRule.
type Members struct {
	Alpha  func(c *Config) uint64
	Find   func(value []byte, emit func(encoded []byte))
	Decode func(encoded []byte) (checker.Members, bool)
	// Encode appends the command of a request to have these members (node.Configure) after those who govern slots from after on.
	Encode func(dst []byte, c *Config, after uint64, voters, learners []node.ID) []byte
	// Transfer appends the command of a request to hand leadership over (node.Transfer).
	Transfer func(dst []byte, to node.ID) []byte
}

// Scenario is a Spec without its message type, which is what the command line and sweeps see.
type Scenario struct {
	Name  string
	Doc   string
	Knobs []Knob
	Story *Story // nil: it is none

	draw       func(s *stream.Stream, c *Config)
	check      func(c *Config) error
	bearsJumps func(c *Config) bool
	words      Vocabulary // nil: the workload does not say
	shape      func(c *Config) faults.Shape
	newCluster func() Cluster
	wipes      bool
	members    bool
	sessions   bool
	lies       bool
	sendOnce   bool
	points     []string
	messages   messageNames
	demands    func(s Sometimes) bool
}

// Suffers tells whether seeds of the scenario may draw that kind of fault under a profile.
func (s Scenario) Suffers(k faults.Kind, p faults.Profile) bool {
	switch {
	case !p.Has(k):
		return false
	case k == faults.Wipe:
		return s.wipes
	case k == faults.SessionFlood:
		return s.sessions
	case k == faults.HotKey:
		return s.hasKeys(p)
	case k.Family() == faults.Members:
		return s.members
	case k.Family() == faults.Byzantine:
		return s.lies
	}
	return true
}

// SendsOnce tells whether clients send an operation once: see Spec.SendOnce.
func (s Scenario) SendsOnce() bool { return s.sendOnce }

// hasKeys tells whether operations of the scenario may be about several keys.
func (s Scenario) hasKeys(p faults.Profile) bool {
	for seed := range uint64(20) {
		if s.drawConfig(seed, p).Keys > 1 {
			return true
		}
	}
	return false
}

// Cluster is a cluster of replicas with its clients, network, disks and checks, ready to run seed after seed. It is
// used by one goroutine.
type Cluster interface {
	// Reset makes the cluster ready for a run. The input must have passed Scenario.Check, and must not change during the run.
	Reset(in Input)
	// Trace makes the run report every record to f, from here on.
	Trace(f func(sim.Record))
	// Strikes makes the run tell f, in the terms of exceptions, what becomes of each message that does not simply arrive, before the
	// trace tells of its sending.
	Strikes(f func(Exception))
	// Record makes the run write its full trace in binary to t, from here on. Whoever hands it over closes it.
	Record(t *sim.Tape)
	// Run goes on until the event with the given number has been handled, or the run is over, which done tells. A
	// run that is over has a verdict.
	Run(untilEvent uint64) (v checker.Verdict, done bool)
	// Current returns the event that was handled last.
	Current() sim.Event
	// Hash returns the digest of everything that happened so far.
	Hash() sim.Hash
	// Stats returns the figures of the run so far.
	Stats() Stats
	// States returns digests of the states that the run went through so far, seen from far away, so that runs share many
	// of them: each once. It belongs to the cluster.
	States() []uint64
	// History returns what clients saw so far. It belongs to the cluster.
	History() *checker.History
	// Model returns the name of the model that the history is held against.
	Model() string
	// AppendState appends a replica's state to dst, and nothing if it is down.
	AppendState(id node.ID, dst []byte) []byte
	// Describe puts a replica's state in words; nil if it is down or has none for it.
	Describe(id node.ID) []string
	// Names returns the names of the values in the trace so far, by their digest: the operations in them.
	Names() map[uint64]string
	// Witness returns operations of the history that no order explains, if the run ended with that. Their calls tell which
	// they are.
	Witness() []checker.Op
	// Close gives back what replicas hold besides plain data. The cluster may be used again after a Reset.
	Close()
	// Poison overwrites all memory that is kept from one run to the next, to show that no run depends on it.
	Poison()
}

// Define makes a Scenario of a Spec.
func Define[M any, PM node.Message[M]](s Spec[M, PM]) Scenario {
	spec := &s
	if leads := func(k Knob) bool { return k.Name == s.Leads && k.Local }; s.Leads != "" && !slices.ContainsFunc(s.Knobs, leads) {
		panic(fmt.Sprintf("scenarios: the Spec of %s says that %q is how long a leader's silence is borne, and has no knob of that name that is Local", s.Name, s.Leads))
	}
	words, _ := s.Workload.(Vocabulary)
	return Scenario{
		Name: s.Name, Doc: s.Doc, Knobs: s.Knobs, Story: s.Story, draw: s.Draw, check: s.Check,
		bearsJumps: s.BearsJumps,
		words:      words,
		shape:      spec.shape,
		wipes:      spec.Wipes,
		members:    spec.Members != nil,
		sessions:   spec.Sessions,
		lies:       spec.Lie != nil,
		sendOnce:   spec.SendOnce,
		points:     s.Points,
		messages:   spec.messageNames(),
		demands:    s.Demands,
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
		if s.Story == nil {
			names = append(names, s.Name)
		}
	}
	more := ""
	if len(names) < len(registry) {
		more = ", and the stories that simrun list names"
	}
	return Scenario{}, fmt.Errorf("unknown scenario %q: there are %s%s", name, strings.Join(names, ", "), more)
}

// NewCluster returns a cluster that runs the scenario.
func (s Scenario) NewCluster() Cluster { return s.newCluster() }

// Check refuses an input that the scenario cannot run, with a sentence that says why.
func (s Scenario) Check(in Input) error {
	c := in.Config
	if err := c.check(s.Knobs); err != nil {
		return err
	}
	if err := s.checkCalls(&c); err != nil {
		return err
	}
	if s.check != nil {
		if err := s.check(&c); err != nil {
			return fmt.Errorf("config: %w", err)
		}
	}
	if err := in.Plan.Validate(s.shape(&c)); err != nil {
		return err
	}
	if err := s.checkOverrides(&c, &in.Plan); err != nil {
		return err
	}
	if err := s.checkJumps(&c, &in.Plan); err != nil {
		return err
	}
	return in.check()
}

// shape tells the generator and the validator of plans about the cluster.
func shape(c *Config) faults.Shape {
	s := faults.Shape{Nodes: make([]node.ID, c.Nodes), Clients: c.Clients, Horizon: c.Horizon, LatencyMean: c.LatencyMean}
	for i := range s.Nodes {
		s.Nodes[i] = node.ID(i + 1)
	}
	return s
}
