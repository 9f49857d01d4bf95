package multipaxos

import (
	"math"
	"math/bits"

	"simrun/node"
	"simrun/node/fact"
)

// A lease lets a leader answer reads from its state without asking anybody. Those who grant it refuse every other ballot
// until the time is over on their own clocks, counted from when they were asked; the leader counts from when it asked, and
// allows for clocks that drift apart by Config.DriftPPM (Gray and Cheriton, "Leases", section 3; Chubby and Spanner do the
// same). A phase-2 quorum has to grant it: no other ballot finds a phase-1 quorum while it lasts.

const million = 1_000_000

// longestLease bounds the spans that are taken for leases, so that they can be added to a time.
const longestLease = math.MaxInt64 / 4

// grant is the lease that this replica has granted.
type grant struct {
	ballot node.Ballot // to its leader; 0: none
	round  uint64      // in answer to which heartbeat
	span   node.Local
	until  node.Local // on the own clock
	fixed  node.Local // it cannot be given back before: what was granted before a restart may be of any round
	stored bool       // that there is one is on disk
}

// forbids tells whether ballot b must wait.
func (g *grant) forbids(now node.Local, b node.Ballot) bool {
	return g.ballot != 0 && b != g.ballot && now < g.until
}

// grantLease grants what a heartbeat asks for. That there is a lease is on disk before it is told: after a crash nobody knows
// how long ago it was granted.
func (r *Replica) grantLease(env Env, m *Message) {
	g := &r.grant
	span, until, round := node.Local(m.Span), env.Now()+node.Local(m.Span), m.Mark
	stored := g.ballot == m.Ballot && g.stored && span <= g.span
	if g.ballot == m.Ballot { // what was granted before is not taken back
		span, until, round = max(span, g.span), max(until, g.until), max(round, g.round)
	}
	*g = grant{ballot: m.Ballot, round: round, span: span, until: until, fixed: g.fixed, stored: stored}
	if !g.stored {
		g.stored = true
		r.append(env, appendGrant(r.wal.Begin(recordGrant), g))
		r.writeVow(env) // damage must not end a lease
	}
	r.observeGrant(env)
}

// observeGrant states how long the lease that was granted still binds this replica.
func (r *Replica) observeGrant(env Env) {
	env.Observe(fact.Fact{Kind: fact.Granted, Ballot: uint64(r.grant.ballot), Seq: uint64(max(0, r.grant.until-env.Now()))})
}

// resumeGrant waits, after a restart, for as long as a lease may last that was granted just before the crash.
func (r *Replica) resumeGrant(env Env) {
	if r.grant.ballot != 0 {
		r.grant.until = env.Now() + r.grant.span
		r.grant.fixed = r.grant.until
	}
}

// onRelease ends a lease before its time: its holder does not rely on it any more.
func (r *Replica) onRelease(env Env, m *Message) {
	r.releaseGrant(env, m.Ballot, m.Mark)
}

// releaseGrant ends the lease of ballot b, if that is the one granted, and in answer to no round later than mark.
func (r *Replica) releaseGrant(env Env, b node.Ballot, mark uint64) {
	if g := &r.grant; g.ballot == b && g.round <= mark && g.until > 0 && env.Now() >= g.fixed {
		g.until = 0
		r.observeGrant(env)
	}
}

// leaseSpan is the lease to ask for.
func (r *Replica) leaseSpan() uint64 {
	if r.config.Reads != ReadLease || r.successor.to != 0 {
		return 0
	}
	return uint64(r.config.Lease)
}

// leaseUntil is how long the leader may rely on a lease that was asked for at a time on its own clock: the span shrinks by
// what the grantor's clock may be fast and the own slow, rounded down.
func (r *Replica) leaseUntil(asked, span node.Local) node.Local {
	hi, lo := bits.Mul64(uint64(span), uint64(million-r.config.DriftPPM))
	safe, _ := bits.Div64(hi, lo, uint64(million+r.config.DriftPPM))
	return asked + node.Local(safe)
}

// leased tells whether the leader holds a lease.
func (r *Replica) leased(env Env) bool {
	return r.successor.to == 0 && env.Now() < r.leaseEnd
}

// observeLease states that an answer rests on a lease.
func (r *Replica) observeLease(env Env) {
	env.Observe(fact.Fact{Kind: fact.Leased, Ballot: uint64(r.ballot), Slot: r.applied, Seq: uint64(max(0, r.leaseEnd-env.Now()))})
}
