package node

import "simrun/node/fact"

// ID names a replica. It is 1 or more, and never reused: a host whose disk was wiped must come back under a new ID. (The testbed boots
// wiped hosts under their old IDs all the same: that is the misuse under test.)
type ID uint16

// Client is the address of a client, 1 or more. It is where replies go, and not a session.
type Client uint32

// Local is a time on a replica's own clock, or a span of it, in nanoseconds. That clock is monotonic, and runs on
// across a crash no better than a real one: readings of two incarnations, or of two replicas, are not comparable.
type Local int64

// Spans of local time.
const (
	Microsecond Local = 1000
	Millisecond       = 1000 * Microsecond
	Second            = 1000 * Millisecond
)

// TimerID names one of a replica's timers. Small numbers, please: a host keeps a table.
type TimerID uint16

// Env is what a replica may do, and all it may do. It is passed to every handler and must not be kept: whatever runs
// the replica may hand in another one each time.
type Env[M any] interface {
	Disk

	// Self returns the replica's own ID.
	Self() ID
	// Now returns the time on the replica's own clock.
	Now() Local
	// Rand returns 64 random bits from a stream seeded for this replica.
	Rand() uint64

	// SetTimer arms the timer to fire once, after the span given (0 or less: as soon as the handler is done). A
	// timer that is already armed is moved. Timers do not survive a crash.
	SetTimer(t TimerID, after Local)
	// StopTimer disarms the timer: it does not fire until armed again, not even if it was already due.
	StopTimer(t TimerID)

	// Send hands m to the network now. It may be lost, late, repeated or overtaken, except to Self: that is
	// delivered after the handler ends, in order, once, and is lost only at a crash. Slices in m are shared with
	// whoever receives it: they must not be written to after Send, by sender or receiver.
	Send(to ID, m M)
	// SendDurable hands m to the network as soon as every disk operation issued before this call is durable: at once
	// if nothing is pending. Durable sends leave in their own order; Send may overtake them. A crash discards those
	// that still wait. To Self it tells the replica that its writes are durable.
	SendDurable(to ID, m M)
	// Reply answers a client, through the same network. r.Output is copied.
	Reply(to Client, r Reply)

	// Observe states evidence for whoever watches; a no-op in production. f.Bytes is not kept.
	Observe(f fact.Fact)
	// Perturb asks, at a point of the protocol numbered by its author, whether to take the unusual legal path (a
	// tiny batch, an early snapshot). Always false in production.
	Perturb(point uint16) bool
	// Logf notes something worth a line in a report. The format is a constant, verbs are for uint64. Keep it off the
	// hot path: the arguments may allocate.
	Logf(format string, args ...uint64)
}

// Disk is a replica's stable storage: a few files, named by constants. A file that was never written is empty.
//
// Writes are buffered. They become durable by a group commit that the host starts on its own when a handler has
// issued some, and SendDurable is how a replica waits for it. Until then a crash may lose or tear them: of the
// operations on one file that are not yet durable a prefix survives, of which the last may be torn anywhere and earlier
// appended bytes may read as zeros; between files there is no order at all. If a group commit fails, as it does when the disk is full, the host stops the
// replica.
type Disk interface {
	// Append adds b at the end of the file. b is copied.
	Append(file string, b []byte)
	// Replace makes b the whole contents of the file, in one step: after a crash there is the old or the new, never
	// a mixture. b is copied.
	Replace(file string, b []byte)
	// Truncate drops everything from size on. A size at or beyond the end changes nothing.
	Truncate(file string, size int)
	// Read returns the file's contents, its writes that are not yet durable included. The slice stays valid and
	// unchanged for ever, so values decoded from it may alias it. The error tells that parts could not be read;
	// they are zeros in the result.
	Read(file string) ([]byte, error)
}

// Node is a replica: a single-threaded state machine. Each call runs to completion. Its whole state is plain data
// reachable from the value, without goroutines, channels, or references to an Env, so that it can be copied, compared
// and hashed.
type Node[M any] interface {
	// Start is the first call on a fresh value, at the first boot and after every crash: what is on Disk is all
	// that the replica remembers, and all of it is durable.
	Start(env Env[M])
	// Receive handles a message. m is valid during the call; the slices in it are immutable and may be kept.
	Receive(env Env[M], from ID, m *M)
	// Request handles a client's request. r is valid during the call; r.Command is immutable and may be kept.
	Request(env Env[M], from Client, r *Request)
	// Timer handles a timer that fired.
	Timer(env Env[M], t TimerID)
	// AppendState appends a canonical encoding of the whole state to dst: equal states, equal bytes. It is pure.
	AppendState(dst []byte) []byte
}

// Closer is a Node that holds something besides plain data, such as a process of its own. Close is called when the node
// crashes and when the run is over.
type Closer interface{ Close() }

// Heir is a Node that can do with the memory of another one, so that a host need not allocate as much at every boot. Inherit is called before Start, with a replica of
// that host which is out of use for good: no handler of it is called any more, and nobody looks at it. It hands over memory and none of
// what is in it, which would be to remember more than is on the disk. It is optional, and so is what comes of it.
type Heir[M any] interface{ Inherit(former Node[M]) }

// Message is what a protocol's message type M provides through *M. M is one struct for all kinds of message, since
// messages are moved by value.
type Message[M any] interface {
	*M
	// Site names the message across runs that differ a little: its kind (1 or more), and the slot, round or request it is
	// about, or a hash of several such things. Two messages with one site, on one link, are told apart by counting.
	Site() (kind uint8, key uint64)
	// Append appends the message's binary encoding to dst.
	Append(dst []byte) []byte
	// Decode sets the message from its encoding. Slices in it may alias b, which is immutable. On an error the
	// message counts as lost.
	Decode(b []byte) error
	// Facts emits what the message states about its sender's promises and votes. Each must be covered by the
	// sender's durable state when the message leaves.
	Facts(emit func(fact.Fact))
	// String describes the message in protocol terms, for a timeline: "Promise 3.1 slot 4 (accepted 2.2)".
	String() string
}

// About is a message that can tell what it is about, for timelines and stories: the slot, the ballot, and fact.Digest of the
// value that it carries; 0 for what it is not about. It is optional.
type About interface {
	About() (slot uint64, ballot Ballot, value uint64)
}

// Describer is a Node that can put its state in words, for timelines: a line of "name value" for each part, always in
// the same order. It is pure, and optional.
type Describer interface{ Describe() []string }

// Op says what a client asks for.
type Op uint8

const (
	// Command is to be executed once by the replicated state machine.
	Command Op = iota + 1
	// Read is answered from the state machine without changing it; replicas may serve it without the log.
	Read
	// Register opens a session; the reply carries its number.
	Register
	// Configure proposes the membership change encoded in Request.Command.
	Configure
	// Transfer asks the leader to hand leadership to the replica encoded in Request.Command.
	Transfer
)

// Request is what a client sends, the same type for every protocol: clients know no M.
type Request struct {
	Op      Op
	Session uint64 // from Register; 0 where the protocol has no sessions, which then go by the client's address
	Seq     uint64 // numbers a client's requests from 1; a retry repeats it
	Command []byte // for the state machine; immutable
}

// Status is the fate of a request, as far as the replica knows.
type Status uint8

const (
	// OK: done; Output is the result.
	OK Status = iota + 1
	// Redirect: not done by this attempt; try Leader (0: nobody known).
	Redirect
	// Overloaded: not done by this attempt; try again later.
	Overloaded
	// Expired: the session is unknown. Whether an earlier attempt was executed is not known.
	Expired
	// Refused: not done by this attempt, and it will not be.
	Refused
	// Unknown: the replica has stopped trying. The operation may have taken effect, may yet, or never will.
	Unknown
)

var statusNames = [...]string{
	OK: "ok", Redirect: "redirect", Overloaded: "overloaded", Expired: "expired", Refused: "refused", Unknown: "unknown",
}

// String returns the status in lower case.
func (s Status) String() string {
	if int(s) < len(statusNames) && statusNames[s] != "" {
		return statusNames[s]
	}
	return "invalid"
}

// Reply answers a Request.
type Reply struct {
	Seq     uint64 // of the request
	Status  Status
	Leader  ID     // with Redirect: whom to try
	Session uint64 // with Register: the session
	Slot    uint64 // with OK: where in the log it took effect, or 0 if there is no log; and
	Index   uint32 // its place in that slot: hints for a checker, which verifies them and trusts none
	Output  []byte // with OK: the state machine's result
}
