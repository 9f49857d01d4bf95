package scenarios

import (
	"simrun/node"
	"simrun/node/fact"
	"simrun/sim/stream"
)

// sights notes which states a run goes through, seen from so far away that runs share many of them: who holds the highest promise,
// who the highest vote, who leads, who is down, who lags. Replicas are not told apart. A state that no run has shown
// before tells that a seed did something new.
//
// What changes with every message, such as the slots themselves, is looked at only when one of the rare things changes.
type sights struct {
	nodes []sight               // by node.ID, from 1
	list  []uint64              // digests of the states seen, each once
	table [2 * maxSights]uint64 // the same, hashed
}

// sight is what is noted of a replica.
type sight struct {
	promised, voted uint64 // ballots
	leading         bool

	up      bool // when it was looked at last, likewise
	applied uint64
}

const (
	maxSights  = 256 // states kept of a run
	maxSighted = 16  // replicas; nothing is noted of a larger cluster
)

func (s *sights) reset(nodes int) {
	s.list = s.list[:0]
	clear(s.table[:])
	s.nodes = append(s.nodes[:0], make([]sight, nodes+1)...)
}

// concerns tells whether facts of that kind can change what is noted of a replica.
func (s *sights) concerns(k fact.Kind) bool {
	const kinds = 1<<fact.Promised | 1<<fact.Voted | 1<<fact.Leading | 1<<fact.Following | 1<<fact.Snapshot
	return kinds>>k&1 != 0
}

// note takes a fact into account and tells whether it is one of the rare changes.
func (s *sights) note(id node.ID, f *fact.Fact) (changed bool) {
	if int(id) >= len(s.nodes) {
		return false
	}
	n := &s.nodes[id]
	switch f.Kind {
	case fact.Promised:
		changed = f.Ballot > n.promised
		n.promised = max(n.promised, f.Ballot)
	case fact.Voted:
		changed = f.Ballot > n.voted
		n.voted = max(n.voted, f.Ballot)
	case fact.Leading:
		changed, n.leading = true, true
	case fact.Following:
		changed, n.leading = n.leading, false
	case fact.Snapshot:
		changed = true
	}
	return changed
}

// booted notes that a replica starts with an empty memory.
func (s *sights) booted(id node.ID) { s.nodes[id].leading = false }

// full tells whether nothing is added to the list any more.
func (s *sights) full() bool { return len(s.nodes)-1 > maxSighted || len(s.list) == maxSights }

// see takes note of whether a replica runs, and how far it is.
func (s *sights) see(id node.ID, up bool, applied uint64) {
	n := &s.nodes[id]
	n.up, n.applied = up, applied
}

// look adds the state that was seen to the list.
func (s *sights) look(healed bool) {
	nodes := s.nodes[1:]
	var promised, voted, last uint64
	for i := range nodes {
		x := &nodes[i]
		promised, voted, last = max(promised, x.promised), max(voted, x.voted), max(last, x.applied)
	}
	var count [1 << 6 / 8]uint64 // replicas by shape, a byte each: they are not told apart
	for i := range nodes {
		x := &nodes[i]
		shape := bit(x.up) | bit(x.leading)<<1 | bit(x.promised == promised)<<2 | bit(x.applied < last)<<5
		switch {
		case x.voted == 0:
		case x.voted == voted:
			shape |= 1 << 3
		default:
			shape |= 2 << 3
		}
		count[shape/8%8] += 1 << (shape % 8 * 8)
	}
	h := stream.Mix(uint64(len(nodes))<<2|bit(healed)<<1|bit(voted < promised), min(promised>>16, 3)) // and how many rounds it took, if they are few
	for i, word := range count {
		if word != 0 {
			h = stream.Mix(h, word^uint64(8*i)<<56)
		}
	}
	s.add(h | 1) // 0 marks a free place
}

func bit(b bool) uint64 {
	if b {
		return 1
	}
	return 0
}

func (s *sights) add(h uint64) {
	for i := h >> 32; ; i++ {
		switch place := &s.table[i%uint64(len(s.table))]; *place {
		case h:
			return
		case 0:
			*place = h
			s.list = append(s.list, h)
			return
		}
	}
}

func (s *sights) poison() {
	for i := range s.table {
		s.table[i] = 0xdbdbdbdbdbdbdbdb
	}
	for i := range s.nodes[:cap(s.nodes)] {
		s.nodes[:cap(s.nodes)][i] = sight{promised: 0xdbdb, voted: 0xdbdb, leading: true}
	}
}
