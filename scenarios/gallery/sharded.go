package gallery

import (
	"fmt"
	"math/bits"

	"simrun/checker"
	"simrun/checker/models"
	"simrun/faults"
	"simrun/node"
	"simrun/node/multipaxos"
	"simrun/node/sharded"
	"simrun/scenarios"
	"simrun/sim/stream"
)

// groupSize is how many replicas each group of the sharded store has.
const groupSize = 3

// ledgers is the workload of the sharded store: transactions that read some keys and write some, on one group or several.
type ledgers struct{}

// keys returns the set of keys as an operation has it.
func keys(list ...int) (set int64) {
	for _, k := range list {
		set |= 1 << k
	}
	return set
}

// Operation reads and writes up to two keys each; the last ones of a run read everything.
func (ledgers) Operation(c *scenarios.Config, lot uint64, index int) scenarios.Operation {
	all := int64(1)<<c.Keys - 1
	if index >= c.Operations {
		return scenarios.Operation{Kind: checker.Txn, Arg: all}
	}
	s := stream.New(lot, "transaction", 0)
	some := func() int64 { return keys(s.Int(0, c.Keys-1), s.Int(0, c.Keys-1)) }
	o := scenarios.Operation{Kind: checker.Txn, Arg2: int64(index) + 1}
	switch s.N(8) {
	case 0:
		o.Arg = all
	case 1, 2:
		o.Arg = some()
	case 3, 4:
		o.Key = uint32(some())
	case 5: // writes what it reads
		o.Arg = some()
		o.Key = uint32(o.Arg)
	default: // writes something else than it reads
		o.Arg, o.Key = some(), uint32(some())
	}
	if o.Key == 0 {
		o.Arg2 = 0
	}
	return o
}

// Command encodes the transaction.
func (ledgers) Command(dst []byte, o scenarios.Operation) []byte {
	var items []sharded.Item
	for list := o.Items(); len(list) > 0; list = list[3:] {
		items = append(items, sharded.Item{Write: list[0] == checker.TxnWrite, Key: uint32(list[1]), Value: list[2]})
	}
	return sharded.AppendTransaction(dst, items...)
}

// Result is not asked for: there are no other operations.
func (ledgers) Result(scenarios.Operation, []byte) (int64, error) { return 0, nil }

// Seen decodes what the transaction saw.
func (ledgers) Seen(output []byte) ([]int64, error) { return sharded.Seen(output) }

// Kinds is transactions alone.
func (ledgers) Kinds() []checker.OpKind { return models.Txn.Kinds }

// Model is transactions, each at one moment.
func (ledgers) Model() checker.Model { return models.Txn.Model }

// halfDone looks for a transaction of which another saw a part: of two keys that it wrote with one value, one has it and the other has an older one, though nobody
// wrote either alone. Strict serializability says so in general; this says which transaction it was.
func halfDone(_ *scenarios.Config, h *checker.History) *checker.Violation {
	writers := map[int64]int64{} // by value: the set of keys that it was written to
	for i := range h.Ops {
		if e := h.Ops[i].Ext; e > 0 {
			for in := h.Ext[e-1].In; len(in) > 0; in = in[3:] {
				if in[0] == checker.TxnWrite {
					writers[in[2]] |= 1 << in[1]
				}
			}
		}
	}
	for i := range h.Ops {
		o := &h.Ops[i]
		if o.Outcome != checker.OK || o.Ext == 0 {
			continue
		}
		saw := map[int64]int64{} // by key
		out := h.Ext[o.Ext-1].Out
		for in := h.Ext[o.Ext-1].In; len(in) > 0; in = in[3:] {
			if in[0] == checker.TxnRead {
				saw[in[1]], out = out[0], out[1:]
			}
		}
		for at := range int64(64) {
			value, read := saw[at]
			for set := writers[value]; read && value != 0 && set != 0; set &= set - 1 {
				other := int64(bits.TrailingZeros64(uint64(set)))
				if seen, read := saw[other]; read && seen == 0 {
					return &checker.Violation{Check: "transaction", Shape: "half done",
						Detail: fmt.Sprintf("c%d saw %d in k%d, and nothing in k%d, which the same transaction wrote", o.Client, value, at, other)}
				}
			}
		}
	}
	return nil
}

// shardedConfig translates the configuration of a run for the protocol.
func shardedConfig(c *scenarios.Config) sharded.Config {
	all := replicas(c)
	p := multipaxos.DefaultConfig(nil, nil)
	p.Heartbeat = node.Local(c.Knob("heartbeat")) * node.Microsecond
	p.ElectionMin = node.Local(c.Knob("election")) * node.Microsecond
	p.ElectionJitter = p.ElectionMin
	p.Window, p.MaxBatch = int(c.Knob("window")), int(c.Knob("batch"))
	p.CheckpointEvery, p.Retain = uint64(c.Knob("checkpoint")), uint64(c.Knob("retain"))
	p.PreVote = c.Knob("preVote") == 1
	s := sharded.Config{
		Paxos: p,
		Retry: node.Local(c.Knob("retry")) * node.Microsecond, Pause: node.Local(c.Knob("pause")) * node.Microsecond,
	}
	for len(all) > 0 {
		s.Groups, all = append(s.Groups, all[:groupSize]), all[groupSize:]
	}
	return s
}

func shardedStore() scenarios.Scenario {
	return scenarios.Define(scenarios.Spec[sharded.Message, *sharded.Message]{
		Name: "two-phase-commit",
		Doc:  "keys spread over Paxos groups, and transactions across them by two-phase commit whose every party is a group: a crashed coordinator leaves nothing half done",
		Knobs: []scenarios.Knob{
			{Name: "heartbeat", Doc: "between two signs of life of a leader, in microseconds", Calm: 20_000, Min: 1, Max: 10_000_000, Draw: []int64{10_000, 20_000, 30_000}, Local: true, Time: true},
			{Name: "election", Doc: "how long a follower bears silence at least, in microseconds; the most is twice that", Calm: 100_000, Min: 2, Max: 100_000_000, Draw: []int64{50_000, 100_000, 150_000}, Local: true, Time: true},
			{Name: "window", Doc: "slots in flight", Calm: 16, Min: 1, Max: 4096, Draw: []int64{1, 2, 16}, Local: true},
			{Name: "batch", Doc: "commands in a slot", Calm: 1, Min: 1, Max: 4096, Draw: []int64{1, 2, 64}, Local: true},
			{Name: "checkpoint", Doc: "slots between two checkpoints; 0 for none", Calm: 0, Min: 0, Max: 1 << 40, Draw: []int64{0, 3, 10, 1000}, Local: true},
			{Name: "retain", Doc: "slots kept below a checkpoint", Calm: 1000, Min: 0, Max: 1 << 40, Draw: []int64{0, 2, 100}, Local: true},
			{Name: "preVote", Doc: "1: ask around before standing for election", Calm: 1, Min: 0, Max: 1, Draw: []int64{0, 1}, Local: true},
			{Name: "retry", Doc: "time after which a group that has not answered is asked again, in microseconds", Calm: 20_000, Min: 1, Max: 10_000_000, Draw: []int64{5000, 20_000, 50_000}, Local: true},
			{Name: "pause", Doc: "longest pause of a transaction that met a lock, in microseconds; doubled each time, three times at most", Calm: 10_000, Min: 1, Max: 10_000_000, Draw: []int64{2000, 10_000, 50_000}, Local: true},
		},
		Draw: func(s *stream.Stream, c *scenarios.Config) {
			c.Nodes = groupSize * s.Int(2, 3)
			c.Keys = s.Int(2, 6)
			c.Operations = s.Int(15, 40)
			c.Patience = 3 * faults.Second // what a client gave up may have happened at any time, and many such make a history undecidable in practice
		},
		Check: func(c *scenarios.Config) error {
			if c.Nodes%groupSize != 0 || c.Spares != 0 {
				return fmt.Errorf("nodes is %d and spares %d: there must be %d replicas for each group, and no spares", c.Nodes, c.Spares, groupSize)
			}
			if c.Keys > 31 {
				return fmt.Errorf("keys is %d, and transactions name at most 31", c.Keys)
			}
			return shardedConfig(c).Validate()
		},
		// Data may be lost on one replica of all, since a group of three bears no more.
		Quorums: func(c *scenarios.Config) (phase1, phase2 int) { return c.Nodes - 1, c.Nodes - 1 },
		Groups:  func(c *scenarios.Config) int { return c.Nodes / groupSize },
		Replica: func(id node.ID, c *scenarios.Config) node.Node[sharded.Message] {
			return sharded.New(id, shardedConfig(c))
		},
		Repairs:  true,
		Files:    []string{multipaxos.File, multipaxos.VowFile},
		Messages: uint8(sharded.Ack),
		Workload: ledgers{},
		Judge:    halfDone,
		Story: &scenarios.Story{
			Look: "key k0 is kept by n1 to n3, k1 by n4 to n6, and both are 1. c1 reads both and writes 2 to both. n1, which leads the coordinator, asks the other group for its vote and is gone. " +
				"n4 has promised, in its group's log, and holds the lock on k1: c2, who asks for k1, has to wait, while c3, who wants k3, does not. Nobody gives up and nobody guesses. n3 is elected, finds in its " +
				"group's log what n1 began, asks for the vote again, and commits: c1 is told that it saw 1 and 1, and c2 sees 2, as everybody does from then on.",
			Told: coordinatorCrashes,
		},
	})
}

// coordinatorCrashes is the script of the story. Even keys are on n1 to n3, odd ones on n4 to n6. n1 leads the coordinator.
func coordinatorCrashes(c *scenarios.Config) faults.Plan {
	c.Nodes, c.Clients, c.Keys, c.Horizon = 2*groupSize, 3, 4, 1500*ms
	c.Patience = 3 * faults.Second
	c.Script = []scenarios.Call{
		{Client: 1, At: 400 * ms, To: 1, Do: "txn", Key: uint32(keys(0)), Arg2: 1},
		{Client: 1, At: 450 * ms, To: 4, Do: "txn", Key: uint32(keys(1)), Arg2: 1},
		{Client: 1, At: 600 * ms, To: 1, Do: "txn", Key: uint32(keys(0, 1)), Arg: keys(0, 1), Arg2: 2},
		{Client: 2, At: 620 * ms, To: 4, Do: "txn", Arg: keys(1)},
		{Client: 3, At: 650 * ms, To: 4, Do: "txn", Key: uint32(keys(3)), Arg2: 3},
		{Client: 2, At: 1200 * ms, To: 4, Do: "txn", Arg: keys(0, 1, 2, 3)},
	}
	return faults.Plan{Faults: []faults.Fault{
		{At: 500 * ms, For: 600 * ms, Kind: faults.CrashAt, Nodes: ids(1), On: faults.OnSend, Message: uint8(sharded.Prepare), Nth: groupSize, After: true},
	}}
}
