package scenarios

import (
	"encoding/binary"
	"fmt"

	"simrun/checker"
	"simrun/node/machine"
	"simrun/sim/stream"
)

// Operation is what a client wants done, in the terms of the checker's models.
type Operation struct {
	Kind checker.OpKind
	Key  uint32
	Arg  int64
	Arg2 int64
}

// Workload is what clients ask of a cluster, and how they read the answers. It keeps no state.
type Workload interface {
	// Operation makes up the index-th operation of the run. lot is a random number of its own for it, so that
	// removing one operation leaves the others as they were. Values written are unique: derived from index.
	Operation(c *Config, lot uint64, index int) Operation
	// Command appends the operation as the replicas' state machine reads it.
	Command(dst []byte, o Operation) []byte
	// Result reads the state machine's answer.
	Result(o Operation, output []byte) (int64, error)
	// Model is what linearizability is held against.
	Model() checker.Model
}

// Vocabulary is a Workload that says which operations it has: a script may have no others. Where a workload does not say, scripts may have any.
type Vocabulary interface {
	Workload
	Kinds() []checker.OpKind
}

// Registers is the workload for a key-value store: reads, writes and compare-and-sets on a few keys.
type Registers struct{}

// operationStream is the name of the stream of each operation.
var operationStream = stream.Name("operation")

// Operation reads, writes, or compares and sets, a third each. A compare-and-set expects a value that was likely
// written not long before, so that some succeed.
func (Registers) Operation(c *Config, lot uint64, index int) Operation {
	s := stream.Named(lot, operationStream, 0)
	o := Operation{Key: uint32(s.N(uint64(c.Keys)))}
	fresh := int64(index) + 1
	switch s.N(3) {
	case 0:
		o.Kind = checker.Get
	case 1:
		o.Kind, o.Arg = checker.Put, fresh
	default:
		o.Kind, o.Arg2 = checker.CAS, fresh
		if back := int64(s.N(uint64(4*c.Keys) + 1)); back < fresh {
			o.Arg = fresh - back
			if back == 0 {
				o.Arg = 0
			}
		}
	}
	return o
}

// Command encodes the operation for machine.KV. Values are eight bytes; a value of 0 stands for an absent key.
func (Registers) Command(dst []byte, o Operation) []byte {
	number := [5]byte{'k', byte(o.Key >> 24), byte(o.Key >> 16), byte(o.Key >> 8), byte(o.Key)}
	key := number[:]
	if o.Key < 1<<24 { // as almost always: three bytes do
		number[1] = 'k'
		key = number[1:]
	}
	var a, b [8]byte
	binary.BigEndian.PutUint64(a[:], uint64(o.Arg))
	binary.BigEndian.PutUint64(b[:], uint64(o.Arg2))
	switch o.Kind {
	case checker.Get:
		return machine.AppendGet(dst, key)
	case checker.Put:
		return machine.AppendPut(dst, key, a[:])
	}
	if o.Arg == 0 {
		return machine.AppendCAS(dst, key, nil, b[:])
	}
	return machine.AppendCAS(dst, key, a[:], b[:])
}

// Result decodes the output of machine.KV.
func (Registers) Result(o Operation, output []byte) (int64, error) {
	value, found, err := machine.Output(output)
	switch {
	case err != nil:
		return 0, err
	case o.Kind == checker.Put || !found:
		return 0, nil
	case len(value) != 8:
		return 0, fmt.Errorf("a value of %d bytes, and only 8 are ever written", len(value))
	}
	return int64(binary.BigEndian.Uint64(value)), nil
}

// Kinds is what Operation makes up.
func (Registers) Kinds() []checker.OpKind {
	return []checker.OpKind{checker.Get, checker.Put, checker.CAS}
}

// Model returns the key-value model.
func (Registers) Model() checker.Model { return checker.KV }

// Proposals is the workload for a protocol that decides one value: every operation proposes another.
type Proposals struct{}

// Operation proposes a value of its own.
func (Proposals) Operation(_ *Config, _ uint64, index int) Operation {
	return Operation{Kind: checker.Propose, Arg: int64(index) + 1}
}

// Command encodes the value as eight bytes.
func (Proposals) Command(dst []byte, o Operation) []byte {
	return binary.BigEndian.AppendUint64(dst, uint64(o.Arg))
}

// Result decodes the decided value.
func (Proposals) Result(_ Operation, output []byte) (int64, error) {
	if len(output) != 8 {
		return 0, fmt.Errorf("a decision of %d bytes, and only values of 8 were proposed", len(output))
	}
	return int64(binary.BigEndian.Uint64(output)), nil
}

// Kinds is proposals alone.
func (Proposals) Kinds() []checker.OpKind { return []checker.OpKind{checker.Propose} }

// Model returns the model of a single decision.
func (Proposals) Model() checker.Model { return checker.Decree }
