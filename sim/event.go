package sim

import "simrun/node"

// EventKind says what an event is, and so which handler gets it.
type EventKind uint8

// The kinds of events. The kernel knows their names only; whoever owns a kind registers its handler with Kernel.On.
const (
	TimerDue       EventKind = iota + 1 // a host's timer
	SyncDone                            // a host's group commit
	MessageArrives                      // a protocol message at a replica
	RequestArrives                      // a client's request at a replica
	ReplyArrives                        // a replica's reply at a client
	ClientWakes                         // a client's think time or patience is over
	FaultStep                           // a fault of the plan begins or ends
	PhaseEnds                           // the run goes from its safety phase to its liveness phase, or stops
	HostWorks                           // a slow host is done with something

	numEventKinds
)

var eventKindNames = [numEventKinds]string{
	TimerDue: "timer", SyncDone: "sync", MessageArrives: "message", RequestArrives: "request", ReplyArrives: "reply",
	ClientWakes: "client", FaultStep: "fault", PhaseEnds: "phase", HostWorks: "work",
}

// String returns the kind's name.
func (k EventKind) String() string {
	if k < numEventKinds {
		return eventKindNames[k]
	}
	return "unknown"
}

// Event is something that will happen. It is plain data, so that a queue full of events can be copied and compared;
// what A, B and C mean is up to the kind. A is for a handle, such as an index into a slab, that may differ between two
// runs of the same seed and so is left out of the trace hash; B and C are in it.
type Event struct {
	At   int64 // simulated time, nanoseconds
	A    uint64
	B    uint64
	C    uint64
	next uint32
	Host node.ID // the replica it happens to; 0 if to none
	Kind EventKind
}
