package multipaxos

import (
	"math"
	"slices"

	"simrun/node"
	"simrun/node/fact"
)

// peer is what a leader knows of a member, itself included.
type peer struct {
	id      node.ID
	votes   uint8      // bit i: it is a voter of era i in force
	round   uint64     // the latest that it answered
	heardAt node.Local // when the answer came
	heard   bool
	granted node.Local // its lease is good until then
	applied uint64     // by what it said last
}

// rounds is how many rounds of heartbeats are remembered. An answer to an older one counts for nothing.
const rounds = 64

// enlist makes the list of peers the members of the eras in force, keeping what is known of them.
func (r *Replica) enlist() {
	known := r.peers
	members := 0
	for i := range r.eras {
		members += len(r.eras[i].Voters) + len(r.eras[i].Learners)
	}
	r.peers = make([]peer, 0, members)
	r.ranks = slices.Grow(r.ranks[:0], members)
	for i := range r.eras {
		e := &r.eras[i]
		for _, id := range e.Voters {
			r.enroll(id, known).votes |= 1 << i
		}
		for _, id := range e.Learners {
			r.enroll(id, known)
		}
	}
	r.count()
}

// enroll puts a member on the list of peers, if it is not there, with what was known of it.
func (r *Replica) enroll(id node.ID, known []peer) *peer {
	if p := r.peer(id); p != nil {
		return p
	}
	p := peer{id: id}
	for i := range known {
		if known[i].id == id {
			p = known[i]
			p.votes = 0
		}
	}
	r.peers = append(r.peers, p)
	return &r.peers[len(r.peers)-1]
}

// in tells whether the peer is a voter of the era in that place.
func (p *peer) in(era int) bool { return p.votes>>era&1 == 1 }

// peer returns what is known of a member; nil if it is none.
func (r *Replica) peer(id node.ID) *peer {
	if i := int(id) - 1; uint(i) < uint(len(r.peers)) && r.peers[i].id == id { // as where IDs count from 1
		return &r.peers[i]
	}
	for i := range r.peers {
		if r.peers[i].id == id {
			return &r.peers[i]
		}
	}
	return nil
}

// broadcast sends m to every other member.
func (r *Replica) broadcast(env Env, m Message) {
	for i := range r.peers {
		if to := r.peers[i].id; to != r.id {
			r.send(env, to, m)
		}
	}
}

// observeIdle states that the leader has nothing in flight. One that is no voter any more has handed over by then.
func (r *Replica) observeIdle(env Env) {
	if r.next == r.applied+1 {
		env.Observe(fact.Fact{Kind: fact.Idle, Ballot: uint64(r.ballot), Slot: r.applied})
	}
}

func (r *Replica) onHeartbeatTimer(env Env) {
	if r.config.CheckQuorum && !r.quorumHeard(env.Now()) {
		r.metrics.Resigned++
		reached(env, PointNoQuorum)
		env.Logf("has not heard of a quorum and steps down from ballot %d.%d", r.ballot.Round(), uint64(r.id))
		r.stepDown(env)
		return
	}
	r.beginRound(env)
	r.goOnWithTransfer(env)
	env.SetTimer(timerHeartbeat, r.config.Heartbeat)
}

// quorumHeard tells whether a quorum answered within ElectionMin, or the leader is too new for that.
func (r *Replica) quorumHeard(now node.Local) bool {
	if now-r.ledAt < r.config.ElectionMin {
		return true
	}
	for i := range r.eras {
		needed := r.eras[i].phase2
		for j := 0; j < len(r.peers) && needed > 0; j++ {
			if p := &r.peers[j]; p.in(i) && (p.heard && now-p.heardAt < r.config.ElectionMin || p.id == r.id) {
				needed--
			}
		}
		if needed > 0 {
			return false
		}
	}
	return true
}

// madeGood returns up to which slot the leader has taken over what earlier ballots may have chosen, for whoever lost votes; a slot that nobody comes to until it knows of all.
func (r *Replica) madeGood() uint64 {
	if !r.ready() {
		return math.MaxUint64
	}
	return r.taken
}

// beginRound sends a heartbeat to everybody, numbered so that the answers tell what they answer.
func (r *Replica) beginRound(env Env) {
	r.round++
	r.sentAt[r.round%rounds] = env.Now()
	m := Message{Kind: Heartbeat, Ballot: r.ballot, Slot: r.madeGood(), Commit: r.applied, Mark: r.round, Span: r.leaseSpan()}
	r.broadcast(env, m)
	r.answer(env, r.id, &m)
}

// answer answers a heartbeat, and grants the lease that it asks for: once that is durable.
func (r *Replica) answer(env Env, to node.ID, m *Message) {
	if m.Span > 0 {
		r.grantLease(env, m)
	}
	r.sendDurable(env, to, Message{Kind: Alive, Ballot: m.Ballot, Mark: m.Mark, Span: m.Span, Commit: r.applied})
}

// onAlive takes note of an answer to a heartbeat.
func (r *Replica) onAlive(env Env, from node.ID, m *Message) {
	p := r.peer(from)
	if r.role != leader || m.Ballot != r.ballot || p == nil || m.Mark+rounds <= r.round || m.Mark > r.round {
		return
	}
	p.heard, p.heardAt = true, env.Now()
	// Only who moves past what a quorum stands behind can move that. Two answers in five do not.
	answers, grants := p.round <= r.confirmed && m.Mark > r.confirmed, false
	p.round = max(p.round, m.Mark)
	p.applied = max(p.applied, m.Commit)
	if m.Span > 0 && m.Mark >= r.successor.leasesFrom {
		until := r.leaseUntil(r.sentAt[m.Mark%rounds], node.Local(m.Span))
		grants = p.granted <= r.leaseEnd && until > r.leaseEnd
		p.granted = max(p.granted, until)
	}
	if (answers || grants) && r.moved(p, answers, grants) {
		r.count()
	}
	if r.reads.len() > 0 {
		r.serveReads(env)
	}
	if r.successor.to != 0 {
		r.goOnWithTransfer(env)
	}
}

// past is how many voters of an era are past what a quorum stands behind: who answered a later round, and whose lease lasts longer.
type past struct{ rounds, leases int }

// moved takes note that a peer is past what a quorum stands behind, and tells whether it has moved that: by now a phase-2 quorum of every era in force is.
func (r *Replica) moved(p *peer, answers, grants bool) bool {
	answered, granted := true, true
	for i := range r.eras {
		t, phase2 := &r.past[i], r.eras[i].phase2
		if p.in(i) && answers {
			t.rounds++
		}
		if p.in(i) && grants {
			t.leases++
		}
		answered = answered && t.rounds >= phase2
		granted = granted && t.leases >= phase2
	}
	return answered || granted
}

// count finds out what a phase-2 quorum of every era in force stands behind: which rounds they answered, and how long they
// granted their leases; and who is past that.
func (r *Replica) count() {
	r.confirmed, r.leaseEnd = r.round, node.Local(1<<62)
	for i := range r.eras {
		answered, granted := 0, false
		for j := range r.peers {
			if p := &r.peers[j]; p.in(i) {
				if p.round == r.round {
					answered++
				}
				granted = granted || p.granted != 0
			}
		}
		if answered < r.eras[i].phase2 { // otherwise the latest round is the highest that a quorum answered
			r.confirmed = min(r.confirmed, uint64(r.ranked(i, func(p *peer) int64 { return int64(p.round) })))
		}
		lease := node.Local(0) // as always, unless reads are by lease
		if granted {
			lease = node.Local(r.ranked(i, func(p *peer) int64 { return int64(p.granted) }))
		}
		r.leaseEnd = min(r.leaseEnd, lease)
	}
	for i := range r.eras {
		t := past{}
		for j := range r.peers {
			p := &r.peers[j]
			if p.in(i) && p.round > r.confirmed {
				t.rounds++
			}
			if p.in(i) && p.granted > r.leaseEnd {
				t.leases++
			}
		}
		r.past[i] = t
	}
}

// ranked returns the number that a phase-2 quorum of the era in that place reaches or exceeds.
func (r *Replica) ranked(era int, number func(*peer) int64) int64 {
	list := r.ranks[:0] // there is room for all members
	for j := range r.peers {
		if p := &r.peers[j]; p.in(era) {
			list = append(list, number(p))
		}
	}
	return highest(list, r.eras[era].phase2)
}

// highest returns the n-th highest number of the list, from 1. Most are one of two or three: a pass for each is quicker than a sort.
func highest(list []int64, n int) int64 {
	bound := int64(math.MaxInt64)
	for n > 0 {
		top, times := int64(math.MinInt64), 0 // the highest below the bound, and how often it is there
		for _, x := range list {
			switch {
			case x >= bound:
			case x > top:
				top, times = x, 1
			case x == top:
				times++
			}
		}
		bound, n = top, n-times
	}
	return bound
}
