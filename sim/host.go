package sim

import (
	"simrun/node"
	"simrun/node/fact"
	"simrun/sim/stream"
)

// Network carries what hosts send. It is implemented by package netsim.
type Network[M any] interface {
	Send(from, to node.ID, m *M) // m is copied
	Answers
}

// Answers carries what hosts answer to clients.
type Answers interface {
	Reply(from node.ID, to node.Client, r node.Reply)
}

// Witness is told what hosts do, as it happens, and must not interfere.
type Witness interface {
	// Durable: appended became durable at the end of a file. The bytes are valid during the call.
	Durable(id node.ID, file string, appended []byte)
	// Rewritten: the durable contents of a file changed other than by an append, through a Replace or a Truncate; or with an empty name,
	// those of any files, through a crash. Files calls each with the durable contents of every file.
	Rewritten(id node.ID, file string, files func(each func(file string, durable []byte)))
	// Observed: the replica states a fact, which is valid during the call.
	Observed(id node.ID, f *fact.Fact)
	// Damaged: bytes that were durable are so no more, by a fault of the disk. Files is as with Rewritten.
	Damaged(id node.ID, files func(each func(file string, durable []byte)))
	// Stopped: the host crashed of its own, by a trap or because its disk failed.
	Stopped(id node.ID)
	// Started: the host boots, with an empty memory.
	Started(id node.ID)
	// Perturb answers a cooperative fault point.
	Perturb(id node.ID, point uint16) bool
}

// HostConfig is what one host is like.
type HostConfig struct {
	Clock    Clock
	SyncMin  int64 // nanoseconds a group commit takes at least
	SyncMean int64 // and how much more it takes on average
	Disk     DiskFaults
	// Replaced are the names of files that are only ever replaced, and of which the replica notices any damage: faults may damage all of such a file.
	Replaced []string
	Perturbs bool // fault points are put before the witness; otherwise the usual path is taken at all of them
}

// Host is a machine with one replica on it: its process, its timers, its clock, its disk. It is the node.Env that the
// replica sees.
type Host[M any] struct {
	machine
	network Network[M]
	replica node.Node[M] // nil while the host is down
	former  node.Node[M] // the one before, until its memory is handed on
	gated   bool         // paused or slow: what comes goes to the inbox
	crashes uint64
	boots   uint64
	syncs   uint64

	// What faults have done to the process. See inbox.go.
	paused  bool
	working bool   // slow, and at work
	works   uint64 // numbers the items that a slow host works on
	service int64
	inbox   inbox[M]

	waiting held[M] // durable sends, until their writes are durable
	self    held[M] // what the replica sent to itself, until the handler is done
	message M       // scratch for the message being handled, so that nothing escapes
	leaving M       // and for one that leaves
	request node.Request
	siteOf  func(*M) uint8 // the kind of a message
}

// machine is what of a host knows no messages. It is no generic type, so that what a replica asks of it most often is reached without detours.
type machine struct {
	kernel  *Kernel
	witness Witness
	answers Answers
	config  HostConfig
	id      node.ID
	random  stream.Stream
	wary    bool // traps are set, or it is dying
	dying   bool // a trap has sprung: nothing that the handler at hand still does has any effect
	timers  []timer
	disk    disk
	read    Bytes     // what replicas read from the disk
	noticed uint64    // operations up to this are known to be durable
	syncing bool      // a group commit is under way
	due     bool      // something follows the handler at hand: see follow
	stating fact.Fact // scratch, so that none escapes

	eachDurable func(func(string, []byte)) // a method value, made once: making one allocates

	// What faults have done. See trap.go and trouble.go.
	traps   []Trap
	trouble trouble
	counts  Counts
}

// NewHost returns a host that is down and has an empty disk.
func NewHost[M any](k *Kernel, n Network[M], w Witness) *Host[M] {
	h := &Host[M]{machine: machine{kernel: k, witness: w, answers: n}, network: n, siteOf: func(*M) uint8 { return 0 }}
	h.eachDurable = h.durableFiles
	return h
}

// SiteOf tells the host how to tell kinds of messages apart, which traps do.
func (h *Host[M]) SiteOf(kind func(*M) uint8) { h.siteOf = kind }

// Reset makes the host ready for a run, as a machine that is switched off, its disk empty.
func (h *Host[M]) Reset(id node.ID, c HostConfig) {
	h.id, h.config = id, c
	h.random = stream.New(h.kernel.Seed(), "node", uint64(id))
	h.retire()
	h.crashes, h.boots = 0, 0
	h.timers = h.timers[:0]
	h.disk.reset()
	h.read.Reset()
	h.disk.replaced = c.Replaced
	h.syncing, h.due, h.syncs, h.noticed = false, false, 0, 0
	h.waiting.clear()
	h.self.clear()
	h.gated, h.paused, h.working, h.works, h.service = false, false, false, 0, 0
	h.inbox.clear()
	h.wary, h.dying, h.traps = false, false, h.traps[:0]
	h.trouble, h.counts = trouble{}, Counts{}
}

// Reseed begins the replica's stream anew, from the kernel's present seed.
func (h *machine) Reseed() { h.random = stream.New(h.kernel.Seed(), "node", uint64(h.id)) }

// Up tells whether the host is running.
func (h *Host[M]) Up() bool { return h.replica != nil }

// Reading returns what the host's clock reads.
func (h *machine) Reading() node.Local { return h.config.Clock.Read(h.kernel.now) }

// When returns the simulated time, in nanoseconds, at which the host's clock will have advanced by span from now.
func (h *machine) When(span node.Local) int64 { return h.config.Clock.After(h.kernel.now, span) }

// Boots returns how often the host was started.
func (h *Host[M]) Boots() uint64 { return h.boots }

// Replica returns the replica that runs on the host; nil while it is down.
func (h *Host[M]) Replica() node.Node[M] { return h.replica }

// Start boots the host with a fresh replica, which finds on the disk what earlier ones left. It does nothing if the
// host is up.
func (h *Host[M]) Start(replica node.Node[M]) {
	if h.replica != nil {
		return
	}
	if heir, ok := replica.(node.Heir[M]); ok && h.former != nil {
		heir.Inherit(h.former)
	}
	h.former, h.replica = nil, replica
	h.boots++
	h.kernel.Emit(Record{Kind: Started, Who: h.id.Addr()})
	h.witness.Started(h.id)
	replica.Start(h)
	h.finish()
}

// Crash stops the host: memory, timers and waiting sends are gone, and the disk keeps what was durable and perhaps
// some of the rest. It does nothing if the host is down.
func (h *Host[M]) Crash() { h.crash(h.config.Disk) }

// CutPower stops the host as Crash does, and any write that is not durable may be lost, also where crashes of a process
// would leave it to the operating system.
func (h *Host[M]) CutPower() {
	faults := h.config.Disk
	faults.Lose = stream.Million
	h.crash(faults)
}

func (h *Host[M]) crash(faults DiskFaults) {
	if h.replica == nil {
		return
	}
	h.retire()
	h.crashes++
	for i := range h.timers {
		h.timers[i] = timer{number: h.timers[i].number + 1}
	}
	h.waiting.clear()
	h.self.clear()
	h.syncing, h.due = false, false
	h.syncs++ // whatever commit was in flight is not ours any more
	key := stream.Mix(stream.Mix(h.kernel.Seed(), stream.Name("crash")), uint64(h.id)<<32|h.crashes)
	unsynced := h.disk.issued > h.disk.durable
	lost := h.disk.crash(faults, key)
	h.counts.Lost += uint64(lost.lost)
	h.counts.Torn += uint64(lost.torn)
	h.counts.Holed += uint64(lost.holed)
	h.noticed = h.disk.durable
	h.inbox.clear()
	h.paused, h.working, h.dying = false, false, false
	h.gated, h.wary = h.service > 0, len(h.traps) > 0
	h.trouble.hung = false
	h.kernel.Fold(Unsynced, uint64(lost.lost)<<32|uint64(lost.torn)<<16|uint64(lost.holed))
	if h.kernel.Tracing() {
		h.kernel.Emit(Record{Kind: Crashed, Who: h.id.Addr(), Text: lost.String()})
	}
	if unsynced {
		h.witness.Rewritten(h.id, "", h.eachDurable)
	}
}

// retire ends the use of the replica, if the host has one. It gives back what is not plain data.
func (h *Host[M]) retire() {
	if h.replica == nil {
		return
	}
	if c, ok := h.replica.(node.Closer); ok {
		c.Close()
	}
	h.former, h.replica = h.replica, nil
}

// SwitchOff stops the host at the end of a run. Nothing else changes.
func (h *Host[M]) SwitchOff() { h.retire() }

func (h *machine) durableFiles(each func(string, []byte)) {
	for i := range h.disk.files {
		f := &h.disk.files[i]
		each(f.name, f.images[0].bytes[:f.durable])
	}
}

// Receive hands the replica a message. It returns false if the host is down.
func (h *Host[M]) Receive(from node.ID, m *M) bool {
	if h.replica == nil {
		return false
	}
	if h.gated {
		h.putMessage(from, m)
		return true
	}
	h.replica.Receive(h, from, m)
	h.finish()
	return true
}

// Request hands the replica a client's request. It returns false if the host is down.
func (h *Host[M]) Request(from node.Client, r *node.Request) bool {
	if h.replica == nil {
		return false
	}
	if h.gated {
		h.putRequest(from, r)
		return true
	}
	h.replica.Request(h, from, r)
	h.finish()
	return true
}

// finish does what follows every handler, if anything does.
func (h *Host[M]) finish() {
	if h.due {
		h.follow()
	}
}

// follow delivers what the replica sent to itself, and starts a group commit if something was written and none is under way. If a trap
// has sprung, the host stops instead.
func (h *Host[M]) follow() {
	for h.self.len() > 0 && !h.dying {
		if h.kernel.Spin() {
			return // Run will say so
		}
		h.message = h.self.first().m
		h.self.drop()
		h.replica.Receive(h, h.id, &h.message)
	}
	if h.dying {
		h.die()
		return
	}
	h.due = false
	if !h.syncing && h.disk.issued > h.noticed {
		h.syncing = true
		h.beginSync(h.syncs)
	}
}

// beginSync begins a group commit of all operations issued so far.
func (h *machine) beginSync(number uint64) {
	took := h.config.SyncMin
	if h.config.SyncMean > 0 {
		key := stream.Mix(stream.Mix(h.kernel.Seed(), syncName), uint64(h.id)<<48^h.disk.issued)
		took += Exponential(key, h.config.SyncMean)
	}
	if h.trouble.slower > 0 {
		took += h.trouble.slower
		h.counts.SlowSyncs++
	}
	h.kernel.Schedule(h.kernel.now+took, SyncDone, h.id, 0, number, h.disk.issued)
}

// syncName names what the spans of group commits are drawn from.
var syncName = stream.Name("sync")

// die stops the host on its own account.
func (h *Host[M]) die() {
	h.Crash()
	h.witness.Stopped(h.id)
}

// OnSync handles a SyncDone event: writes are durable, unless the disk has something against it.
func (h *Host[M]) OnSync(e *Event) {
	if e.B != h.syncs {
		return // begun before a crash
	}
	if h.troubled(e.C) {
		return
	}
	h.syncs++
	if h.wary && !h.commits(e.C) {
		h.die()
		return
	}
	h.commit(e.C)
	if h.kernel.Tracing() {
		h.kernel.Emit(Record{Kind: Synced, Who: h.id.Addr()})
	}
	if h.dying {
		h.die()
		return
	}
	if h.gated {
		h.putSync()
		return
	}
	h.syncNoticed()
}

// syncNoticed tells the process that a group commit is complete: what waited for it leaves.
func (h *Host[M]) syncNoticed() {
	h.syncing = false
	h.noticed = h.disk.durable
	h.due = h.disk.issued > h.noticed
	for h.waiting.len() > 0 {
		x := h.waiting.first()
		if x.barrier > h.noticed {
			break
		}
		if x.to == h.id {
			h.toSelf(&x.m)
		} else if !h.wary || h.sends(&x.m) {
			h.network.Send(h.id, x.to, &x.m)
		}
		h.waiting.drop()
	}
	h.finish()
}

// commit makes operations durable, and tells the witness what changed.
func (h *machine) commit(upTo uint64) {
	for more := true; more; {
		var f *file
		var from int
		switch f, from, more = h.disk.commitNext(upTo); {
		case f == nil:
		case from == rewrote:
			h.witness.Rewritten(h.id, f.name, h.eachDurable)
		default:
			h.witness.Durable(h.id, f.name, f.images[0].bytes[from:f.durable])
		}
	}
}
