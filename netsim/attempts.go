package netsim

// attempts counts how often each message site occurred, so that the second transmission of a message has a fate of its
// own. The counts live with the network, and so survive crashes of the sender.
//
// Sites are kept in two tables, a young and an old one. When the young one is full, it becomes the old one, and what
// was old is forgotten: a site is counted without a gap as long as it recurs within generation sites of its last occurrence,
// while memory stays bounded in runs without end. The tables hold 64-bit hashes of sites. Two sites with one hash would share a count,
// which does no harm.
type attempts struct {
	slots *[2 * tableSize]slot // of the two tables in turns: they lie side by side because most sites are looked for in both
	young uint64               // which of them is the young one, 0 or 1
	len   int                  // sites in the young table
	epoch [2]uint32            // of the tables: slots of other epochs are free, so that emptying a table touches none of them
}

const generation = 4096

// tableSize is how many slots a table has: they are open-addressing hash tables, half full at most.
const tableSize = 2 * generation

type slot struct {
	site  uint64
	count uint32
	epoch uint32
}

func (a *attempts) reset() {
	if a.slots == nil {
		a.slots = new([2 * tableSize]slot)
	}
	a.empty(0)
	a.empty(1)
	a.len = 0
}

// empty empties a table.
func (a *attempts) empty(table uint64) {
	a.epoch[table]++
	if a.epoch[table] == 0 { // all epochs are used up: begin anew
		for i := table; i < uint64(len(a.slots)); i += 2 {
			a.slots[i].epoch = 0
		}
		a.epoch[table] = 1
	}
}

// next returns how often the site occurred before, and counts it.
func (a *attempts) next(site uint64) uint64 {
	s, found := a.find(site, a.young)
	if !found {
		count := uint32(0)
		if o, found := a.find(site, a.young^1); found {
			count = o.count
		}
		*s = slot{site: site, count: count, epoch: a.epoch[a.young%2]}
		a.len++
	}
	n := s.count
	s.count++
	if a.len == generation {
		a.age()
	}
	return uint64(n)
}

// age makes the young table the old one, and forgets what was old. It is called seldom, and kept out of next.
//
//go:noinline
func (a *attempts) age() {
	a.young ^= 1
	a.empty(a.young)
	a.len = 0
}

// find returns the slot of the site in a table, or the free slot where it belongs.
func (a *attempts) find(site, table uint64) (s *slot, found bool) {
	slots, epoch := a.slots, a.epoch[table%2]
	for i := site>>8<<1 | table; ; i += 2 {
		s := &slots[i%(2*tableSize)]
		if s.epoch != epoch {
			return s, false
		}
		if s.site == site {
			return s, true
		}
	}
}
