package scenarios

import (
	"simrun/node"
	"simrun/node/fact"
	"simrun/sim/stream"
)

// sights notes which states a run goes through, seen from so far away that runs share many of them: how the replicas' promised
// and voted ballots are ordered, who leads, who is down, who lags. Replicas are not told apart. A state that no run has shown
// before tells that a seed did something new.
//
// What changes with every message, such as the slots themselves, is looked at only when one of the rare things changes.
type sights struct {
	nodes  []sight               // by node.ID, from 1
	list   []uint64              // digests of the states seen, each once
	table  [2 * maxSights]uint64 // the same, hashed
	shapes [maxSighted]uint64
	high   uint64 // ballot
}

// sight is what is noted of a replica.
type sight struct {
	promised, voted uint64 // ballots
	up, leading     bool
}

const (
	maxSights  = 256 // states kept of a run
	maxSighted = 16  // replicas; nothing is noted of a larger cluster
)

func (s *sights) reset(nodes int) {
	s.list, s.high = s.list[:0], 0
	clear(s.table[:])
	s.nodes = append(s.nodes[:0], make([]sight, nodes+1)...)
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
	s.high = max(s.high, n.promised, n.voted)
	return changed
}

// power notes that a replica went up or down.
func (s *sights) power(id node.ID, up bool) {
	s.nodes[id].up, s.nodes[id].leading = up, false
}

// look adds the present state to the list. applied tells how far a replica is.
func (s *sights) look(healed bool, applied func(id node.ID) uint64) {
	n := len(s.nodes) - 1
	if n > maxSighted || len(s.list) == maxSights {
		return
	}
	last := uint64(0)
	for id := 1; id <= n; id++ {
		last = max(last, applied(node.ID(id)))
	}
	for id := 1; id <= n; id++ {
		shape := s.shape(&s.nodes[id], last-applied(node.ID(id)))
		at := id - 1
		for ; at > 0 && s.shapes[at-1] > shape; at-- { // sorted: replicas are not told apart
			s.shapes[at] = s.shapes[at-1]
		}
		s.shapes[at] = shape
	}
	h := stream.Mix(uint64(n), min(s.high>>16, 7)) // and how many rounds it took, if they are few
	if healed {
		h = ^h
	}
	for _, shape := range s.shapes[:n] {
		h = stream.Mix(h, shape)
	}
	s.add(h | 1) // 0 marks a free place
}

// shape packs what is noted of a replica, with its ballots as ranks among all.
func (s *sights) shape(n *sight, lag uint64) uint64 {
	var below, under, same uint64
	for i := range s.nodes[1:] {
		o := &s.nodes[i+1]
		if o.promised < n.promised {
			below++
		}
		if o.promised < n.voted {
			under++
		}
		if o.voted == n.voted {
			same++
		}
	}
	shape := below | under<<8 | same<<16 | min(lag, 3)<<24
	if n.up {
		shape |= 1 << 32
	}
	if n.leading {
		shape |= 1 << 33
	}
	if n.voted == 0 {
		shape |= 1 << 34
	}
	return shape
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
		s.nodes[:cap(s.nodes)][i] = sight{promised: 0xdbdb, voted: 0xdbdb, up: true, leading: true}
	}
	for i := range s.shapes {
		s.shapes[i] = 0xdbdb
	}
}
