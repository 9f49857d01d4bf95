package netsim

import "simrun/node"

// attempts counts how often each message site occurred, so that the second transmission of a message has a fate of its
// own. The counts live with the network, and so survive crashes of the sender.
//
// Sites are kept in two tables, a young and an old one. When the young one is full, it becomes the old one, and what
// was old is forgotten: a site is counted without a gap as long as it recurs within generation sites of its last occurrence,
// while memory stays bounded in runs without end.
//
// The tables are open-addressing hash tables. Most messages are the first of their site, so the tables are kept so empty that such a message mostly finds a free
// place at once in both; and its place is next to that of the one before it on its way, where memory is at hand.
type attempts struct {
	slots *[tableSize][2]slot // of the two tables
	young uint64              // which of them is the young one, 0 or 1
	len   int                 // sites in the young table
	epoch [2]slot             // of the tables: slots of other epochs are free, so that emptying a table touches none of them
}

const generation = 4096

// tableSize is how many slots a table has.
const tableSize = 4 * generation

// slot is a site in a table: the upper half of its hash, the table's epoch, and how often the site occurred. Two sites that are looked for in the same places and have
// the same upper halves would share a count, and a count begins again after a million: neither does harm.
type slot uint64

const (
	countBits = 20
	epochBits = 12
	countMask = 1<<countBits - 1
	epochMask = 1<<epochBits - 1
)

// newSlot returns that of a site which occurred that often.
func newSlot(site uint64, epoch, count slot) slot {
	return slot(site)>>32<<32 | epoch<<countBits | count&countMask
}

// taken tells whether the slot is in use, in a table of that epoch.
func (s slot) taken(epoch slot) bool { return s>>countBits&epochMask == epoch }

func (a *attempts) reset() {
	if a.slots == nil {
		a.slots = new([tableSize][2]slot)
	}
	a.empty(0)
	a.empty(1)
	a.len = 0
}

// empty empties a table.
func (a *attempts) empty(table uint64) {
	a.epoch[table]++
	if a.epoch[table] > epochMask { // all epochs are used up: begin anew
		for i := range a.slots {
			a.slots[i][table] = 0
		}
		a.epoch[table] = 1
	}
}

// place returns where a message is looked for first. Keys mostly count up, so that those of one kind lie side by side on each way.
func place(from, to node.Addr, kind, key uint64) uint64 {
	return uint64(from)*0x9e3779b1 + uint64(to)*0x85ebca77 + kind*0xc2b2ae3d + key
}

// next returns how often the site occurred before, and counts it. It is looked for at place first.
func (a *attempts) next(site, place uint64) uint64 {
	young := a.young % 2
	at := &a.slots[place%tableSize]
	if at[young].taken(a.epoch[young]) || at[young^1].taken(a.epoch[young^1]) {
		return a.search(site, place)
	}
	at[young] = newSlot(site, a.epoch[young], 1)
	a.added()
	return 0
}

// search is next where a place is taken, be it by the same site or by another.
func (a *attempts) search(site, place uint64) uint64 {
	s, found := a.find(site, place, a.young)
	count := *s & countMask
	if found {
		*s = newSlot(site, a.epoch[a.young%2], count+1)
		return uint64(count)
	}
	count = 0
	if o, found := a.find(site, place, a.young^1); found {
		count = *o & countMask
	}
	*s = newSlot(site, a.epoch[a.young%2], count+1)
	a.added()
	return uint64(count)
}

// find returns the site's slot in a table, or the free one where it belongs. Around a slot that another site has taken there are more such, so it goes on
// elsewhere.
func (a *attempts) find(site, place, table uint64) (s *slot, found bool) {
	epoch := a.epoch[table%2]
	want := newSlot(site, epoch, 0)
	for i := place; ; i += site | 1 {
		s := &a.slots[i%tableSize][table%2]
		if *s&^countMask == want {
			return s, true
		}
		if !s.taken(epoch) {
			return s, false
		}
	}
}

// added takes note of a site more in the young table. If that is full, it becomes the old one, and what was old is forgotten.
func (a *attempts) added() {
	if a.len++; a.len == generation {
		a.young ^= 1
		a.empty(a.young)
		a.len = 0
	}
}
