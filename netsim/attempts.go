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
	slots []tableSlot
	len   int
}

type tableSlot struct {
	site  uint64 // 0: free
	count uint64
}

func (a *attempts) reset() {
	a.young.reset()
	a.old.reset()
}

func (t *table) reset() {
	if t.slots == nil {
		t.slots = make([]tableSlot, 2*generation)
	}
	if t.len > 0 {
		clear(t.slots)
	}
	t.len = 0
}

// next returns how often the site occurred before, and counts it.
func (a *attempts) next(site uint64) uint64 {
	site |= 1
	s := a.young.find(site)
	if s.site == 0 {
		s.site = site
		if o := a.old.find(site); o.site == site {
			s.count = o.count
		}
		a.young.len++
		if a.young.len == generation {
			n := s.count
			s.count++
			a.young, a.old = a.old, a.young
			a.young.reset()
			return n
		}
	}
	n := s.count
	s.count++
	return n
}

// find returns the slot of the site, or the free slot where it belongs.
func (t *table) find(site uint64) *tableSlot {
	mask := uint64(len(t.slots) - 1)
	for i := site >> 8; ; i++ {
		if s := &t.slots[i&mask]; s.site == site || s.site == 0 {
			return s
		}
	}
}
