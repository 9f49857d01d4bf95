package checker

import "fmt"

// writeOrder is the certificate for logs that have no place for reads, because a leader with a lease answers them, or any replica that
// has caught up to an index. Hints order the operations that wrote; operations that only read (a get, a compare-and-set that missed)
// are placed between two writes, by the value they returned, whatever their hints say. It is for registers.
//
// Accepting is sound, since the places are found such that (1) the writes in their order are a legal history that respects real time,
// (2) a read stands behind all that returned before it was called, be it write or read, and ahead of all writes called after it
// returned, and (3) it returned the value that the write ahead of it left. Taking reads in the order of their calls, and for each the
// earliest place that is allowed, loses nothing: an earlier place of one read leaves more places to those behind it.
// So a refusal means that this order of the writes explains nothing.
type writeOrder struct {
	versions []version
	table    valueTable
	returned []ranked // operations of the key, in order of their returns
	place    []int32  // by position among the key's operations: the version it wrote, or read; 0 if none yet
	upTo     []int32  // the last version a read may have seen; of a write, the first version called at it or later
	writes   []ranked
}

// version is one value of a register in the course of the log. Version 0 is the value at first.
type version struct {
	value int64
	same  int32 // the next version with the same value, or 0
}

// certify returns why the order of writes to one key does not explain its operations, or nil.
func (w *writeOrder) certify(ops []Op, part []int32, s *sorter) *refusal {
	if r := w.order(ops, part, s); r != nil {
		return r
	}
	w.bound(ops, part, s)
	return w.placeReads(ops, part)
}

// order runs the writes in the order of the log, and numbers the versions.
func (w *writeOrder) order(ops []Op, part []int32, s *sorter) *refusal {
	w.writes = empty(w.writes, len(part))
	w.place = resize(w.place, len(part))
	clear(w.place)
	for p, i := range part {
		switch o := &ops[i]; {
		case reads(o):
		case o.Slot > 0:
			w.writes = append(w.writes, ranked{o.Slot, int32(p)})
		case o.Outcome == OK:
			return &refusal{why: fmt.Sprintf("%v has no place in the log", o)}
		}
	}
	sortByPlace(w.writes, s, func(p int32) uint64 { return uint64(ops[part[p]].Index) })
	w.versions = append(empty(w.versions, len(w.writes)+1), version{})
	latest := uint64(0)
	for j := range w.writes {
		o := &ops[part[w.writes[j].op]]
		if o.Return < latest {
			return &refusal{why: fmt.Sprintf("%v returned before an operation was called that lies ahead of it in the log", o), disagrees: true}
		}
		latest = max(latest, o.Call)
		value := o.Arg
		if o.Kind == CAS {
			value = o.Arg2
			if now := w.versions[len(w.versions)-1].value; now != o.Arg {
				if o.Outcome == OK {
					return &refusal{why: fmt.Sprintf("%v does not follow from the log, which makes it %d", o, now), disagrees: !missing(ops, part)}
				}
				continue // it missed
			}
		}
		w.place[w.writes[j].op] = int32(len(w.versions))
		w.versions = append(w.versions, version{value: value})
	}
	w.table.reset(len(w.versions))
	for v := len(w.versions) - 1; v >= 0; v-- {
		at := w.table.find(w.versions[v].value)
		w.versions[v].same = max(at.number, 0)
		at.value, at.number = w.versions[v].value, int32(v)
	}
	return nil
}

// bound finds for each read the last version it may have seen: the one before the first that was written by an operation called after the
// read returned.
func (w *writeOrder) bound(ops []Op, part []int32, s *sorter) {
	w.upTo = resize(w.upTo, len(part))
	w.returned = empty(w.returned, len(part))
	first := int32(len(w.versions))
	for p := len(part) - 1; p >= 0; p-- {
		if v := w.place[p]; v > 0 {
			first = min(first, v)
		}
		w.upTo[p] = first
	}
	for p, i := range part {
		if ops[i].Return != Never {
			w.returned = append(w.returned, ranked{ops[i].Return, int32(p)})
		}
	}
	s.sort(w.returned)
	// Of a read only entry p is written, and the sweep is past it when it is: its own call is before its return.
	called := 0
	for j := range w.returned {
		for called < len(part) && ops[part[called]].Call < w.returned[j].key {
			called++
		}
		last := int32(len(w.versions)) - 1
		if called < len(part) {
			last = w.upTo[called] - 1
		}
		if p := w.returned[j].op; reads(&ops[part[p]]) {
			w.upTo[p] = last
		}
	}
}

// placeReads gives each read its place.
func (w *writeOrder) placeReads(ops []Op, part []int32) *refusal {
	from, behind := int32(0), 0
	for p, i := range part {
		o := &ops[i]
		if !reads(o) {
			continue
		}
		for behind < len(w.returned) && w.returned[behind].key < o.Call {
			from = max(from, w.place[w.returned[behind].op])
			behind++
		}
		at := w.table.find(o.Out)
		v := at.number
		for v >= 0 && v < from {
			if v = w.versions[v].same; v == 0 {
				v = -1
			}
		}
		if at.number >= 0 && v >= 0 {
			at.number = v // from only grows
		}
		if v < 0 || v > w.upTo[p] {
			return &refusal{why: fmt.Sprintf("%v fits nowhere between the writes of the log", o), disagrees: !missing(ops, part)}
		}
		w.place[p] = v
	}
	return nil
}

// reads tells whether a completed operation on a register only read.
func reads(o *Op) bool {
	return o.Outcome == OK && (o.Kind == Get || o.Kind == CAS && o.Out != o.Arg)
}

// missing tells whether an operation of unknown outcome has no place in the log, which may have executed it without anybody saying so.
func missing(ops []Op, part []int32) bool {
	for _, i := range part {
		if u := &ops[i]; u.Slot == 0 && u.Outcome != OK {
			return true
		}
	}
	return false
}

// valueTable finds things by a value: open addressing, with consecutive values beside each other, since that is how they come.
type valueTable struct {
	entries []valueEntry
	mask    uint64
}

// valueEntry holds a number for a value, or -1 if the value is not there.
type valueEntry struct {
	value  int64
	number int32
}

// reset empties the table and makes room for n values.
func (t *valueTable) reset(n int) {
	size := 8
	for size < 2*n {
		size *= 2
	}
	t.entries = resize(t.entries, size)
	t.mask = uint64(size - 1)
	for i := range t.entries {
		t.entries[i].number = -1
	}
}

// find returns the entry of the value, or the free one where it belongs. It is valid until the next reset.
func (t *valueTable) find(value int64) *valueEntry {
	u := uint64(value)
	high := u &^ t.mask
	for at := (u + high*0x9e3779b97f4a7c15>>20) & t.mask; ; at = (at + 1) & t.mask {
		if e := &t.entries[at]; e.number < 0 || e.value == value {
			return e
		}
	}
}
