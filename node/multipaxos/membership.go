package multipaxos

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/bits"
	"slices"

	"simrun/node"
	"simrun/node/fact"
)

// MaxNodes is the largest number of voters in a membership.
const MaxNodes = 128

// Membership is who takes part: voters, who are the acceptors, and learners, who are told what is chosen. A replica's ID
// is never used again for another disk.
type Membership struct {
	Voters   []node.ID
	Learners []node.ID
	Phase1   int // voters in a phase-1 quorum; 0: a majority
	Phase2   int // voters in a phase-2 quorum; 0: a majority
}

func majority(n int) int { return n/2 + 1 }

// Quorums returns the sizes of phase-1 and phase-2 quorums.
func (m *Membership) Quorums() (phase1, phase2 int) {
	phase1, phase2 = m.Phase1, m.Phase2
	if phase1 == 0 {
		phase1 = majority(len(m.Voters))
	}
	if phase2 == 0 {
		phase2 = majority(len(m.Voters))
	}
	return phase1, phase2
}

// Validate refuses a membership that is unsafe or cannot work.
func (m *Membership) Validate() error {
	n := len(m.Voters)
	if n == 0 || n > MaxNodes {
		return fmt.Errorf("multipaxos: %d voters, and there must be from 1 to %d", n, MaxNodes)
	}
	if len(m.Learners) > MaxNodes {
		return fmt.Errorf("multipaxos: %d learners, and there may be %d", len(m.Learners), MaxNodes)
	}
	var members [2 * MaxNodes]node.ID
	all := append(append(members[:0], m.Voters...), m.Learners...)
	slices.Sort(all)
	for i, id := range all {
		if id == 0 {
			return errors.New("multipaxos: a replica's ID is 1 or more")
		}
		if i > 0 && id == all[i-1] {
			return fmt.Errorf("multipaxos: replica %d is listed twice", id)
		}
	}
	// Howard, Malkhi, Spiegelman, "Flexible Paxos": every phase-1 quorum must meet every phase-2 quorum, no more.
	phase1, phase2 := m.Quorums()
	if phase1 < 1 || phase1 > n || phase2 < 1 || phase2 > n {
		return fmt.Errorf("multipaxos: quorums of %d and %d do not fit %d voters", phase1, phase2, n)
	}
	if phase1+phase2 <= n {
		return fmt.Errorf("multipaxos: a phase-1 quorum of %d need not meet a phase-2 quorum of %d among %d voters", phase1, phase2, n)
	}
	return nil
}

// Append appends the membership's encoding to dst.
func (m *Membership) Append(dst []byte) []byte {
	dst = binary.AppendUvarint(dst, uint64(m.Phase1))
	dst = binary.AppendUvarint(dst, uint64(m.Phase2))
	return appendIDs(appendIDs(dst, m.Voters), m.Learners)
}

func appendIDs(dst []byte, list []node.ID) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(list)))
	for _, id := range list {
		dst = binary.AppendUvarint(dst, uint64(id))
	}
	return dst
}

func (r *reader) membership() (m Membership) {
	m.Phase1, m.Phase2 = int(r.upTo(MaxNodes)), int(r.upTo(MaxNodes))
	m.Voters = r.ids()
	m.Learners = r.ids()
	return m
}

// ids takes what appendIDs appended; nil if it is empty.
func (r *reader) ids() (list []node.ID) {
	n := r.upTo(MaxNodes)
	if n == 0 {
		return nil
	}
	list = make([]node.ID, 0, n)
	for ; n > 0 && !r.bad; n-- {
		list = append(list, node.ID(r.upTo(1<<16-1)))
	}
	return list
}

// Change is a membership to come, in place of the one that governs slots from After on: 0 for the founding one. If another change came
// first it is refused, so that a request which comes late cannot bring an old membership back.
type Change struct {
	After uint64
	Membership
}

// Append appends the change's encoding to dst, as it is the command of a node.Configure request.
func (c *Change) Append(dst []byte) []byte {
	return c.Membership.Append(binary.AppendUvarint(dst, c.After))
}

// DecodeChange reads what Append wrote, and refuses what Validate refuses.
func DecodeChange(b []byte) (Change, error) {
	in := reader{rest: b}
	c := Change{After: in.upTo(1 << 62)}
	c.Membership = in.membership()
	if in.bad || len(in.rest) > 0 {
		return Change{}, errMalformed
	}
	return c, c.Validate()
}

// equal tells whether two memberships are the same but for the order of their members.
func (m *Membership) equal(o *Membership) bool {
	p1, p2 := m.Quorums()
	q1, q2 := o.Quorums()
	same := func(a, b []node.ID) bool {
		return slices.Equal(slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b)))
	}
	return p1 == q1 && p2 == q2 && same(m.Voters, o.Voters) && same(m.Learners, o.Learners)
}

// String writes the membership as "n1 n2 n3, learners n4".
func (m *Membership) String() string {
	text := ""
	for i, list := range [...][]node.ID{m.Voters, m.Learners} {
		if i == 1 && len(list) > 0 {
			text += ", learners"
		}
		for _, id := range list {
			if text != "" {
				text += " "
			}
			text += id.Addr().String()
		}
	}
	if m.Phase1|m.Phase2 != 0 {
		p1, p2 := m.Quorums()
		text += fmt.Sprintf(", quorums %d and %d", p1, p2)
	}
	return text
}

// era is a membership and the first slot that it governs. Each slot has exactly one.
type era struct {
	Membership
	start  uint64
	phase1 int
	phase2 int
}

func newEra(start uint64, m Membership) era {
	e := era{Membership: m, start: start}
	e.phase1, e.phase2 = m.Quorums()
	return e
}

// voterSet is a set of voters of one era, by their place in its membership.
type voterSet [MaxNodes / 64]uint64

// place returns where the replica stands among the voters; a negative number if it is none.
func (e *era) place(id node.ID) int {
	if i := int(id) - 1; uint(i) < uint(len(e.Voters)) && e.Voters[i] == id { // as where IDs count from 1
		return i
	}
	for i, voter := range e.Voters {
		if voter == id {
			return i
		}
	}
	return -1
}

// votes tells whether the replica is a voter.
func (e *era) votes(id node.ID) bool { return e.place(id) >= 0 }

// add puts the replica into the set, if it is a voter.
func (e *era) add(set *voterSet, id node.ID) {
	if i := e.place(id); i >= 0 {
		set[i>>6] |= 1 << (i & 63)
	}
}

// in tells whether the replica is in the set.
func (e *era) in(set *voterSet, id node.ID) bool {
	i := e.place(id)
	return i >= 0 && set[i>>6]>>(i&63)&1 == 1
}

// quorum tells whether the set has at least size members.
func quorum(set *voterSet, size int) bool {
	return bits.OnesCount64(set[0])+bits.OnesCount64(set[1]) >= size
}

// eras are those that govern slots not yet applied, the present one first: one, or two while a change is under way. Nothing but
// the log decides them. Before a replica was told of any it has none, and takes no part.
type eras []era

// of returns the era that governs a slot not yet applied.
func (l eras) of(slot uint64) *era {
	for i := len(l) - 1; i > 0; i-- {
		if slot >= l[i].start {
			return &l[i]
		}
	}
	return &l[0]
}

// voter tells whether the replica is a voter in any of them.
func (l eras) voter(id node.ID) bool {
	for i := range l {
		if l[i].votes(id) {
			return true
		}
	}
	return false
}

// has tells whether the replica is a voter or learner in any of them.
func (l eras) has(id node.ID) bool {
	return l.voter(id) || slices.ContainsFunc(l, func(e era) bool { return slices.Contains(e.Learners, id) })
}

// agreed tells whether in each of them a phase-1 quorum answers yes.
func (l eras) agreed(yes []node.ID) bool {
	for i := range l {
		if !l[i].promised(yes) {
			return false
		}
	}
	return true
}

// promised tells whether a phase-1 quorum is among those named.
func (e *era) promised(by []node.ID) bool {
	var set voterSet
	for _, id := range by {
		e.add(&set, id)
	}
	return quorum(&set, e.phase1)
}

func (l eras) appendTo(dst []byte) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(l)))
	for i := range l {
		dst = binary.AppendUvarint(dst, l[i].start)
		dst = l[i].Append(dst)
	}
	return dst
}

func (r *reader) eras() (l eras) {
	for n := r.upTo(2); n > 0 && !r.bad; n-- {
		start, m := r.uvarint(), r.membership()
		if r.bad || m.Validate() != nil || len(l) > 0 && start <= l[0].start {
			r.fail()
			return nil
		}
		l = append(l, newEra(start, m))
	}
	if len(l) == 0 {
		r.fail()
	}
	return l
}

// setEras makes the eras the ones in force, after slot r.applied.
func (r *Replica) setEras(l eras) {
	r.eras = l
	r.scratch = l.appendTo(slices.Grow(r.scratch[:0], 64)) // one or two of a few members have room there
	r.membership = fact.Digest(r.scratch)
	r.offered = image{} // a new member waits for an image that has it
	if r.role == leader {
		r.enlist()
	}
}
