package speed

import (
	"encoding/binary"

	"simrun/checker"
	"simrun/faults"
	"simrun/netsim"
	"simrun/node"
	"simrun/node/machine"
	"simrun/node/multipaxos"
	"simrun/scenarios"
	"simrun/sim"
)

// Load is a run that is measured: enough operations for it never to end by itself.
type Load struct {
	Name string // as it stands in tables
	scenarios.Input
}

const endless = scenarios.MaxOperations

// What replicas keep of their logs: every so many slots the log is cut down to the newest few.
const (
	CompactEvery = 400
	Retained     = 50
)

// Saturated is a cluster of five with that many clients that send a command of 32 bytes as soon as the last one is answered. Batch is
// how many commands a slot takes.
func Saturated(nodes, clients, batch int) Load {
	return Load{Name: "saturated", Input: scenarios.Input{Seed: 1, Config: scenarios.Config{
		Nodes: nodes, Clients: clients, Operations: endless, Keys: 16,
		Retry: 100 * faults.Millisecond, Patience: 1 * faults.Second,
		LatencyMin: 200 * faults.Microsecond, LatencyMean: 300 * faults.Microsecond,
		SyncMin: 100 * faults.Microsecond, SyncMean: 100 * faults.Microsecond,
		Disk:    sim.DiskFaults{Lose: 500_000, Tear: 500_000},
		Horizon: 24 * 3600 * faults.Second, Recovery: 60 * faults.Second,
		Knobs: map[string]int64{"window": 64, "batch": int64(batch), "heartbeat": 20_000, "election": 100_000},
	}}}
}

// InOrder makes the links of a load connections, which keep messages in order as a protocol over TCP may expect.
func (l Load) InOrder() Load {
	l.Config.Link, l.Config.Reconnect = netsim.FIFO, 10*faults.Millisecond
	return l
}

// Thinking is a cluster of five with ten clients that wait 100 ms on average after each answer, under faults: loss, copies, messages held
// up, crashes and partitions.
func Thinking() Load {
	l := Saturated(5, 10, 1)
	l.Name = "thinking"
	l.Config.Think = 100 * faults.Millisecond
	l.Plan.Faults = []faults.Fault{
		{Kind: faults.Drop, Rate: 10_000},
		{Kind: faults.Duplicate, Rate: 10_000, Delay: 5 * faults.Millisecond},
		{Kind: faults.Reorder, Rate: 10_000, Delay: 5 * faults.Millisecond},
	}
	for i := range 1000 {
		n := node.ID(i%5 + 1)
		l.Plan.Faults = append(l.Plan.Faults,
			faults.Fault{At: faults.Span(4*i+1) * faults.Second, For: 500 * faults.Millisecond, Kind: faults.Crash, Nodes: []node.ID{n}},
			faults.Fault{At: faults.Span(4*i+3) * faults.Second, For: 500 * faults.Millisecond, Kind: faults.OneWay, From: []node.Addr{n.Addr()}})
	}
	return l
}

// Idle is a cluster of five whose one client has nothing to say: a leader's signs of life are all there is.
func Idle() Load {
	l := Saturated(5, 1, 1)
	l.Name = "idle"
	l.Config.Think = 3600 * faults.Second
	return l
}

// Log is the scenario that loads are for: Multi-Paxos, every check on, and commands of 32 bytes. Knobs window, batch, heartbeat and
// election are those of the scenario kv.
func Log() scenarios.Scenario { return scenarios.Define(log("speed-log")) }

// AgreementOnly is Log with one check of what replicas do, the agreement of what they learn and apply; all of the others are off.
func AgreementOnly() scenarios.Scenario {
	s := log("speed-log-agreement")
	s.Facts, s.Commands = nil, nil
	s.Observer = Agreement
	return scenarios.Define(s)
}

func log(name string) scenarios.Spec[multipaxos.Message, *multipaxos.Message] {
	return scenarios.Spec[multipaxos.Message, *multipaxos.Message]{
		Name: name, Doc: "Multi-Paxos under a load to be measured", Knobs: Knobs(),
		Quorums: Majority,
		Replica: func(id node.ID, c *scenarios.Config) node.Node[multipaxos.Message] {
			ids := make([]node.ID, c.Nodes)
			for i := range ids {
				ids[i] = node.ID(i + 1)
			}
			m := multipaxos.DefaultConfig(ids, func() machine.Machine { return new(machine.KV) })
			m.Window, m.MaxBatch, m.Reads = int(c.Knob("window")), int(c.Knob("batch")), multipaxos.ReadLog
			m.CheckpointEvery, m.Retain = CompactEvery, Retained
			m.Heartbeat = node.Local(c.Knob("heartbeat")) * node.Microsecond
			m.ElectionMin = node.Local(c.Knob("election")) * node.Microsecond
			m.ElectionJitter = m.ElectionMin
			return multipaxos.New(id, m)
		},
		Facts: multipaxos.DurableFacts, Commands: multipaxos.Commands, Sessions: true,
		Files: []string{multipaxos.File, multipaxos.VowFile}, Messages: uint8(multipaxos.Synced) - 1,
		Repairs: true, Workload: Writes{},
	}
}

// Knobs are those that a scenario for these loads must have.
func Knobs() []scenarios.Knob {
	return []scenarios.Knob{
		{Name: "window", Doc: "slots in flight", Calm: 64, Min: 1, Max: 4096},
		{Name: "batch", Doc: "commands in a slot", Calm: 1, Min: 1, Max: 4096},
		{Name: "heartbeat", Doc: "between two signs of life of a leader, in microseconds", Calm: 20_000, Min: 1, Max: 10_000_000},
		{Name: "election", Doc: "how long a follower bears silence at least, in microseconds", Calm: 100_000, Min: 2, Max: 100_000_000},
	}
}

// Majority returns quorums of more than half.
func Majority(c *scenarios.Config) (phase1, phase2 int) { return c.Nodes/2 + 1, c.Nodes/2 + 1 }

// Writes is a workload of puts, each of which makes a command of 32 bytes for machine.KV.
type Writes struct{ scenarios.Registers }

// Operation writes a value of its own under one of the keys.
func (Writes) Operation(c *scenarios.Config, lot uint64, index int) scenarios.Operation {
	return scenarios.Operation{Kind: checker.Put, Key: uint32(lot % uint64(c.Keys)), Arg: int64(index) + 1}
}

// Command encodes the operation.
func (Writes) Command(dst []byte, o scenarios.Operation) []byte {
	var value [25]byte
	binary.BigEndian.PutUint64(value[:], uint64(o.Arg))
	return machine.AppendPut(dst, []byte{'k', byte(o.Key >> 16), byte(o.Key >> 8), byte(o.Key)}, value[:])
}

// Result accepts any answer to a put.
func (Writes) Result(_ scenarios.Operation, output []byte) (int64, error) {
	_, _, err := machine.Output(output)
	return 0, err
}
