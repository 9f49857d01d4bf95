package sim

import "simrun/node"

// RecordKind says what a trace record reports.
type RecordKind uint8

// The kinds of trace records.
const (
	Sent       RecordKind = iota + 1 // a message, request or reply left
	Lost                             // it was dropped, or blocked by a partition
	Copied                           // a second copy of it was made
	Arrived                          // it was handled
	ArrivedOff                       // it arrived at a host that was down
	TimerFired
	Synced    // writes became durable
	Crashed   // a host stopped, losing its memory
	Started   // a host booted
	FaultOn   // a fault of the plan began
	FaultOff  // a fault of the plan ended
	Called    // a client issued an operation
	Returned  // a client got its result, or gave up
	Observed  // a replica stated evidence about itself
	Logged    // a replica's own log line
	PhaseSet  // the run entered a phase
	Violation // a check fired
	Durable   // evidence of a replica became durable: a promise, a vote, a snapshot; or made a value chosen

	NumRecordKinds
)

var recordKindNames = [NumRecordKinds]string{
	Sent: "send", Lost: "lost", Copied: "copy", Arrived: "recv", ArrivedOff: "deaf", TimerFired: "timer", Synced: "sync",
	Crashed: "crash", Started: "start", FaultOn: "fault", FaultOff: "heal", Called: "call", Returned: "return",
	Observed: "observe", Logged: "log", PhaseSet: "phase", Violation: "VIOLATION", Durable: "durable",
}

// String returns the kind's name, the one used to filter a timeline.
func (k RecordKind) String() string {
	if k < NumRecordKinds {
		return recordKindNames[k]
	}
	return "unknown"
}

// Record is one line of a trace: what happened to whom, told in words. Traces are made only when somebody asks for
// them, by running the seed again: a run itself keeps no more than its Hash.
type Record struct {
	Event uint64 // the number of the event in which it happened, from 1
	At    int64  // simulated time, nanoseconds
	Kind  RecordKind
	Who   node.Addr // the replica or client it is about; 0 if neither
	Peer  node.Addr // the other end of a message
	Text  string

	Message uint64      // a message's number, where it is sent, lost and received; a copy has one of its own. 0: not about a message
	Name    string      // what it is about in a word: the kind of message or fact, the timer
	Slot    uint64      // where known
	Ballot  node.Ballot // where known
	Value   uint64      // fact.Digest of the value that it is about; 0 if not known
}
