package netsim

// attempts counts how often each message site occurred, so that the second transmission of a message has a fate of its
// own. The counts live with the network, and so survive crashes of the sender.
//
// Sites are kept in two tables, a young and an old one. When the young one is full, it becomes the old one, and what
// was old is forgotten: a site is counted without a gap as long as it recurs within generation sites of its last occurrence,
// while memory stays bounded in runs without end. The tables hold 64-bit hashes of sites. Two sites with one hash would share a count,
// which does no harm.
type attempts struct {
	young, old table
}

const generation = 4096

// table is an open-addressing hash table, half full at most.
type table struct {
	slots *[2 * generation]tableSlot
	len   int
	epoch uint32 // slots of other epochs are free: emptying the table touches none of them
}

type tableSlot struct {
	site  uint64
	count uint32
	epoch uint32
}

func (a *attempts) reset() {
	a.young.reset()
	a.old.reset()
}

func (t *table) reset() {
	if t.slots == nil {
		t.slots = new([2 * generation]tableSlot)
	}
	t.len = 0
	t.epoch++
	if t.epoch == 0 { // all epochs are used up: begin anew
		clear(t.slots[:])
		t.epoch = 1
	}
}

// next returns how often the site occurred before, and counts it.
func (a *attempts) next(site uint64) uint64 {
	s, found := a.young.find(site)
	if !found {
		count := uint32(0)
		if o, found := a.old.find(site); found {
			count = o.count
		}
		*s = tableSlot{site: site, count: count, epoch: a.young.epoch}
		a.young.len++
	}
	n := s.count
	s.count++
	if a.young.len == generation {
		a.age()
	}
	return uint64(n)
}

// age makes the young table the old one, and forgets what was old. It is called seldom, and kept out of next.
//
//go:noinline
func (a *attempts) age() {
	a.young, a.old = a.old, a.young
	a.young.reset()
}

// find returns the slot of the site, or the free slot where it belongs.
func (t *table) find(site uint64) (s *tableSlot, found bool) {
	slots, epoch := t.slots, t.epoch
	for i := site >> 8; ; i++ {
		s := &slots[i%(2*generation)]
		if s.epoch != epoch {
			return s, false
		}
		if s.site == site {
			return s, true
		}
	}
}
