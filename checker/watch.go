package checker

import (
	"fmt"
	"math"
	"math/bits"

	"simrun/node/fact"
)

// Watch holds what replicas do against the invariants of a Paxos group, as the run goes. It is told facts and remembers
// history, not snapshots: a vote counts for ever, whether its voter is up or down.
//
// The invariants, each with the file that checks it:
//
//	agreement  no two values are chosen for one slot                                    agreement.go
//	ballot     all votes for a slot in one ballot are for one value                     agreement.go
//	           so are all requests for votes, and no ballot is begun in two lives       proposed.go
//	promise    a durable promise never falls, and no vote is below it                   promise.go
//	kept       a durable vote is not forgotten, unless a snapshot covers its slot       promise.go
//	stated     what a message says of its sender's promises and votes is durable        stated.go
//	learned    what a replica takes to be chosen is, and what a leader counts was cast  applied.go
//	applied    replicas apply the chosen values in order and come to equal states       applied.go
//	once       a client's command is executed at one slot only, and has one result      once.go
//	bounds     floor <= snapshot <= applied <= chosen; log and sessions stay bounded    bounds.go
//	safe       a vote can contradict nothing that was or may be chosen before           safe.go
//	configuration  all take the same membership to govern a slot, the chosen one        membership.go
//	lease      nobody else has anything chosen while a leader relies on a lease         lease.go
//	lease      and a quorum is bound by its grants, and keeps them                      grant.go
//	read       a read sees all that was applied anywhere when it was asked for          served.go
//	validity   what is chosen was submitted                                             validity.go
//	durable    what a client was told is chosen, in durable votes                       validity.go
//	damage     who lost promises or votes to its disk takes no part, if it cannot       damaged.go
//
// Locks hold the invariants of a lock service, which are about what commands mean: see Locks.
type Watch struct {
	config   WatchConfig
	nodes    []nodeLedger // by id
	slots    []slotLedger // slots[i] is slot base+i+1
	base     uint64       // slots up to this are settled: chosen, in everybody's snapshot, and forgotten here
	last     uint64       // the highest slot that is chosen
	chosen   uint64       // how many slots are chosen
	highest  uint64       // ballot voted in or promised
	clients  []clientLedger
	values   map[uint64]struct{} // digests of submitted values, if values carry no client
	eras     []era               // in order of their first slots
	changes  []change            // in slots that are chosen ahead of others
	prefix   uint64              // slots up to it are chosen, and their memberships in eras
	lease    lease               // the one relied on last
	frontier uint64              // the highest slot applied anywhere

	reigns    []reign // ballots in which slots were chosen
	violation *Violation

	checking uint64 // slot whose value is being taken apart
	command  func(client uint32, seq uint64, cmd []byte)
	encoded  func(membership []byte)
}

// WatchConfig says what group is watched.
type WatchConfig struct {
	Nodes  int // replicas, with ids from 1; at most MaxNodes
	Phase1 int // size of a quorum of the founders
	Phase2 int
	// Founders is the first membership; none: all are voters.
	Founders Members
	// Change says how it changes; nil: never.
	Change *ChangeRule
	// MaxLog and MaxSessions bound what a replica may keep (see Holds); 0: nothing does.
	MaxLog      uint64
	MaxSessions uint64
	// Again is told of each ballot but the first in which a slot gets votes: a lower or higher one that had some, and whether they were for the same
	// value. May be nil.
	Again func(before uint64, same bool)
	// Now returns the true simulated time in nanoseconds; needed where leases are.
	Now func() int64
	// When returns the true simulated time at which a replica's clock comes to a reading, if it runs on as it does; now, if it is there already. If nil, grants
	// of leases are held against nothing: clocks go wrong beyond what leases can bear.
	When func(n uint16, reading int64) int64
	// Commands splits a value into the commands clients submitted. If nil, a value is one command of whoever.
	Commands func(value []byte, each func(client uint32, seq uint64, cmd []byte))
}

// MaxNodes is the largest group that can be watched.
const MaxNodes = 128

// clientLedger is what a client submitted, by sequence number from 1.
type clientLedger struct {
	digests []uint64
	slots   []uint64 // where each command was executed; 0 if it was not
	results []answer

	frontier uint64 // the highest slot applied anywhere when the last was submitted
}

// nodeLedger is what one replica did.
type nodeLedger struct {
	promised uint64    // durable
	begun    uint64    // the highest ballot that it asked for promises of,
	former   uint64    // and of those that it asked for before it booted last
	floor    uint64    // slots up to this are covered by its durable snapshot
	applied  uint64    // last slot it applied since it booted
	state    [2]uint64 // its digest after that
	reload   reload
	damage   damage
	grant    grant
}

// slotLedger is what happened to one slot.
type slotLedger struct {
	votes   [2]ballotVotes // most slots see votes in one or two ballots,
	more    []ballotVotes  // and few in more
	ballots int            // how many
	chosen  bool
	value   uint64
	// The state after this slot, as the first replica to get there stated it.
	applied bool
	state   [2]uint64

	proposals []proposal // what votes were asked for
}

// ballotVotes is the durable votes of one ballot for one slot.
type ballotVotes struct {
	ballot uint64
	value  uint64
	voters nodeSet
}

// nodeSet is a set of node ids from 1 to MaxNodes.
type nodeSet [2]uint64

func (s *nodeSet) add(n uint16)      { s[(n-1)>>6] |= 1 << ((n - 1) & 63) }
func (s *nodeSet) has(n uint16) bool { return s[(n-1)>>6]>>((n-1)&63)&1 == 1 }

// without returns those that are not in o.
func (s *nodeSet) without(o *nodeSet) nodeSet { return nodeSet{s[0] &^ o[0], s[1] &^ o[1]} }

// common counts those that are in o too.
func (s *nodeSet) common(o *nodeSet) int {
	return bits.OnesCount64(s[0]&o[0]) + bits.OnesCount64(s[1]&o[1])
}

// Reset makes the watch ready for a run, keeping its memory.
func (w *Watch) Reset(c WatchConfig) {
	w.config = c
	if cap(w.nodes) <= c.Nodes {
		w.nodes = make([]nodeLedger, c.Nodes+1)
	}
	w.nodes = w.nodes[:c.Nodes+1]
	for i := range w.nodes {
		w.nodes[i] = nodeLedger{reload: reload{votes: w.nodes[i].reload.votes[:0]}}
	}
	w.slots = w.slots[:0]
	w.base, w.last, w.chosen, w.highest, w.violation = 0, 0, 0, 0, nil
	w.reigns, w.lease, w.frontier = w.reigns[:0], lease{}, 0
	w.found()
	for i := range w.clients {
		w.clients[i].digests, w.clients[i].slots = w.clients[i].digests[:0], w.clients[i].slots[:0]
		w.clients[i].results = w.clients[i].results[:0]
	}
	if w.values == nil {
		w.values = map[uint64]struct{}{}
		w.command, w.encoded = w.checkCommand, w.changeFound
	}
	clear(w.values)
}

// slot returns the ledger of a slot, which must be above base.
func (w *Watch) slot(s uint64) *slotLedger {
	i := s - w.base - 1
	if i >= uint64(len(w.slots)) {
		w.extend(i + 1)
	}
	return &w.slots[i]
}

// extend makes room for the ledgers of so many slots.
func (w *Watch) extend(n uint64) {
	for uint64(len(w.slots)) < n {
		if len(w.slots) < cap(w.slots) {
			w.slots = w.slots[:len(w.slots)+1]
			l := &w.slots[len(w.slots)-1]
			*l = slotLedger{more: l.more[:0], proposals: l.proposals[:0]}
		} else {
			w.slots = append(w.slots, slotLedger{})
		}
	}
}

// known returns the ledger of a slot if anything is known of it, and nil otherwise.
func (w *Watch) known(s uint64) *slotLedger {
	if i := s - w.base - 1; i < uint64(len(w.slots)) { // slots up to base wrap around
		return &w.slots[i]
	}
	return nil
}

// settle forgets slots that are chosen and in every replica's snapshot, some time after that came to pass. What is
// stated of them later is not held against anything.
func (w *Watch) settle() {
	const keep = 1024
	low := uint64(math.MaxUint64)
	e := &w.eras[len(w.eras)-1]
	for n := uint16(1); int(n) < len(w.nodes); n++ {
		if e.members.has(n) {
			low = min(low, w.nodes[n].floor)
		}
	}
	if low < w.base+2*keep {
		return
	}
	n := low - keep - w.base
	for i := range w.slots[:n] {
		if !w.slots[i].chosen {
			n = uint64(i)
			break
		}
	}
	// Forgotten ledgers go to the end, so that their memory is used again.
	for i, kept := 0, w.slots[n:]; i < len(kept); i++ {
		w.slots[i], kept[i] = kept[i], w.slots[i]
	}
	w.slots = w.slots[:uint64(len(w.slots))-n]
	w.base += n
}

// Durable tells what became durable on a replica's disk. Facts are lent to the watch during the call, here as in Observed and Stated.
func (w *Watch) Durable(n uint16, f *fact.Fact) {
	if !w.sane(n, f.Slot) {
		w.insane(n, f)
		return
	}
	switch f.Kind {
	case fact.Promised:
		w.promised(n, f.Ballot)
	case fact.Voted:
		w.voted(n, f)
	case fact.Learned:
		if r := &w.nodes[n].reload; r.active { // what is known to be chosen may stand in the place of a vote
			r.tell(vote{f.Slot, math.MaxUint64})
		}
	case fact.Snapshot:
		w.covered(n, f.Slot)
	}
}

// Observed tells what a replica states of itself.
func (w *Watch) Observed(n uint16, f *fact.Fact) {
	if !w.sane(n, f.Slot) {
		w.insane(n, f)
		return
	}
	switch f.Kind {
	case fact.Learned:
		w.learned(n, f)
	case fact.Applied:
		w.applied(n, f)
	case fact.Snapshot:
		w.restored(n, f)
	case fact.Executed:
		w.executes(n, f)
	case fact.Configured:
		w.configured(n, f)
	case fact.Counted:
		w.counted(n, f)
	case fact.Idle:
		w.presides(n, f)
	case fact.Served:
		w.served(n, f)
	}
}

// Booted tells that a replica starts with an empty memory, and will apply from its snapshot on.
func (w *Watch) Booted(n uint16) {
	l := &w.nodes[n]
	l.applied, l.state, l.former = 0, [2]uint64{}, l.begun
	if w.lease.node == n {
		w.lease.until = 0
	}
	l.grant.lost()
}

// Promised returns the highest ballot that a replica has promised durably: to be told of it, or a lower one, once more changes nothing. It is 0 while
// the replica's disk is told anew.
func (w *Watch) Promised(n uint16) uint64 {
	if l := &w.nodes[n]; !l.reload.active {
		return l.promised
	}
	return 0
}

// Violation returns the first violation; nil if there was none.
func (w *Watch) Violation() *Violation { return w.violation }

func (w *Watch) violate(n uint16, slot uint64, check, shape, detail string) {
	if w.violation == nil {
		w.violation = &Violation{Check: check, Shape: shape, Detail: detail, Node: n, Slot: slot}
	}
}

// InFlight tells whether some slot has votes and is not chosen, beyond all that are.
func (w *Watch) InFlight() bool { return w.base+uint64(len(w.slots)) > w.last }

// Chosen returns how many slots are chosen.
func (w *Watch) Chosen() uint64 { return w.chosen }

// HighestBallot returns the highest ballot that anybody promised or voted in, durably.
func (w *Watch) HighestBallot() uint64 { return w.highest }

// StateOf returns the last slot that a replica applied since it booted, and its state's digest then.
func (w *Watch) StateOf(n uint16) (slot uint64, state [2]uint64) {
	return w.nodes[n].applied, w.nodes[n].state
}

// Converged tells whether all members of which anything is expected have applied the same, and everything that is chosen up
// to there.
func (w *Watch) Converged() bool {
	e := &w.eras[len(w.eras)-1]
	first := uint16(0)
	for n := uint16(1); int(n) < len(w.nodes); n++ {
		switch {
		case !e.members.has(n) || w.nodes[n].damage.excused:
		case first == 0:
			first = n
		case w.nodes[n].applied != w.nodes[first].applied || w.nodes[n].state != w.nodes[first].state:
			return false
		}
	}
	return first == 0 || w.nodes[first].applied == w.last
}

// name writes a packed ballot as "round.id".
func name(ballot uint64) string { return fmt.Sprintf("%d.%d", ballot>>16, ballot&0xffff) }
