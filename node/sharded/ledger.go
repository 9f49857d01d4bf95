package sharded

import (
	"cmp"
	"encoding/binary"
	"slices"

	"simrun/node"
	"simrun/node/fact"
)

// id names a transaction: its client, and the client's number for it.
type id struct {
	client node.Client
	seq    uint64
}

func (a id) compare(b id) int {
	return cmp.Or(cmp.Compare(a.client, b.client), cmp.Compare(a.seq, b.seq))
}

// stage is how far a transaction is at its coordinator.
type stage uint8

const (
	begun     stage = iota + 1 // and undecided
	aborted                    // for this time: it will be tried again
	committed                  // for good
	abandoned                  // for good: its client has gone on
)

var stageNames = [...]string{begun: "begun", aborted: "aborted, to be tried again", committed: "committed", abandoned: "abandoned"}

// transaction is what a coordinator remembers until all participants have heard of the outcome.
type transaction struct {
	id
	try   uint64 // from 1
	stage stage
	items []Item // all of them
}

// share is what a participant has promised to do, and its locks.
type share struct {
	id
	try   uint64
	items []Item // those on keys of this group
}

// past is what is remembered of a client for ever.
type past struct {
	client  node.Client
	settled uint64  // its last transaction with an outcome that this group coordinated
	seen    []int64 // and what it saw; nothing if it was abandoned
	void    bool    // it was abandoned
	ended   uint64  // its last transaction that ended here as a participant
	try     uint64  // and in which try
}

// entry is a key that has a value.
type entry struct {
	key   uint32
	value int64
}

// ledger is the replicated state of a group. It implements machine.Machine. Lists are in order, without repetition.
type ledger struct {
	entries      []entry
	transactions []transaction
	shares       []share
	pasts        []past
	digest       [2]uint64
	scratch      []byte
}

func (l *ledger) find(key uint32) (at int, found bool) {
	return slices.BinarySearchFunc(l.entries, key, func(e entry, k uint32) int { return cmp.Compare(e.key, k) })
}

func (l *ledger) findTransaction(x id) (at int, found bool) {
	return slices.BinarySearchFunc(l.transactions, x, func(t transaction, x id) int { return t.id.compare(x) })
}

func (l *ledger) findShare(x id) (at int, found bool) {
	return slices.BinarySearchFunc(l.shares, x, func(s share, x id) int { return s.id.compare(x) })
}

// past returns what is remembered of a client, nothing if nothing is.
func (l *ledger) past(c node.Client) past {
	if at, found := l.findPast(c); found {
		return l.pasts[at]
	}
	return past{client: c}
}

func (l *ledger) findPast(c node.Client) (at int, found bool) {
	return slices.BinarySearchFunc(l.pasts, c, func(p past, c node.Client) int { return cmp.Compare(p.client, c) })
}

// free tells whether a transaction could have its locks.
func (l *ledger) free(items []Item) bool {
	return !slices.ContainsFunc(l.shares, func(s share) bool { return conflict(s.items, items) })
}

// look returns what the reads among items see now.
func (l *ledger) look(items []Item) []int64 {
	seen := make([]int64, 0, reads(items))
	for _, i := range items {
		if !i.Write {
			value := int64(0)
			if at, found := l.find(i.Key); found {
				value = l.entries[at].value
			}
			seen = append(seen, value)
		}
	}
	return seen
}

// write does the writes among items.
func (l *ledger) write(items []Item) {
	for _, i := range items {
		if !i.Write {
			continue
		}
		at, found := l.find(i.Key)
		if found {
			l.toggle(-1, l.entries[at].append(l.scratch[:0]))
			l.entries = slices.Delete(l.entries, at, at+1)
		}
		if i.Value != 0 {
			e := entry{i.Key, i.Value}
			l.entries = slices.Insert(l.entries, at, e)
			l.toggle(1, e.append(l.scratch[:0]))
		}
	}
}

// lock gives a transaction its locks.
func (l *ledger) lock(s share) {
	at, _ := l.findShare(s.id)
	l.shares = slices.Insert(l.shares, at, s)
	l.toggle(1, s.append(l.scratch[:0]))
}

// unlock takes the locks of a share back.
func (l *ledger) unlock(at int) {
	l.toggle(-1, l.shares[at].append(l.scratch[:0]))
	l.shares = slices.Delete(l.shares, at, at+1)
}

// setTransaction puts what is remembered of a transaction in the place of what was.
func (l *ledger) setTransaction(t transaction) {
	at, found := l.findTransaction(t.id)
	if found {
		l.forget(at)
	}
	l.transactions = slices.Insert(l.transactions, at, t)
	l.toggle(1, t.append(l.scratch[:0]))
}

func (l *ledger) forget(at int) {
	l.toggle(-1, l.transactions[at].append(l.scratch[:0]))
	l.transactions = slices.Delete(l.transactions, at, at+1)
}

func (l *ledger) setPast(p past) {
	at, found := l.findPast(p.client)
	if found {
		l.toggle(-1, l.pasts[at].append(l.scratch[:0]))
		l.pasts = slices.Delete(l.pasts, at, at+1)
	}
	l.pasts = slices.Insert(l.pasts, at, p)
	l.toggle(1, p.append(l.scratch[:0]))
}

// settle notes the outcome of a transaction, unless a later one has one.
func (l *ledger) settle(x id, seen []int64, void bool) {
	p := l.past(x.client)
	if x.seq > p.settled {
		p.settled, p.seen, p.void = x.seq, seen, void
		l.setPast(p)
	}
}

// Parts of a snapshot, and the first byte of each.
const (
	partEntry byte = iota + 1
	partTransaction
	partShare
	partPast
)

func (e entry) append(dst []byte) []byte {
	return binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint32(append(dst, partEntry), e.key), uint64(e.value))
}

func (x id) append(dst []byte) []byte {
	return binary.AppendUvarint(binary.AppendUvarint(dst, uint64(x.client)), x.seq)
}

func appendItems(dst []byte, items []Item) []byte {
	return AppendTransaction(binary.AppendUvarint(dst, uint64(len(items))), items...)
}

func (t transaction) append(dst []byte) []byte {
	dst = t.id.append(append(dst, partTransaction))
	return appendItems(append(binary.AppendUvarint(dst, t.try), byte(t.stage)), t.items)
}

func (s share) append(dst []byte) []byte {
	dst = s.id.append(append(dst, partShare))
	return appendItems(binary.AppendUvarint(dst, s.try), s.items)
}

func (p past) append(dst []byte) []byte {
	dst = binary.AppendUvarint(append(dst, partPast), uint64(p.client))
	void := uint64(0)
	if p.void {
		void = 1
	}
	for _, v := range [...]uint64{p.settled, void, p.ended, p.try, uint64(len(p.seen))} {
		dst = binary.AppendUvarint(dst, v)
	}
	return appendSeen(dst, p.seen)
}

// toggle puts a part into the digest or takes it out. The part is in the scratch memory.
func (l *ledger) toggle(sign int64, part []byte) {
	l.scratch = part
	h := fact.Digest(part)
	l.digest[0] += h * uint64(sign)
	l.scratch = append(l.scratch, 0)
	l.digest[1] += fact.Digest(l.scratch) * uint64(sign)
}

// Digest identifies the state.
func (l *ledger) Digest() [2]uint64 { return l.digest }

// Snapshot appends all parts, in order.
func (l *ledger) Snapshot(dst []byte) []byte {
	for _, e := range l.entries {
		dst = e.append(dst)
	}
	for _, t := range l.transactions {
		dst = t.append(dst)
	}
	for _, s := range l.shares {
		dst = s.append(dst)
	}
	for _, p := range l.pasts {
		dst = p.append(dst)
	}
	return dst
}

// Restore sets the state to that of a snapshot. It refuses anything that Snapshot would not write.
func (l *ledger) Restore(snapshot []byte) error {
	var restored ledger
	in := reader{rest: snapshot}
	for len(in.rest) > 0 {
		switch in.byte() {
		case partEntry:
			e := entry{uint32(in.word(4)), int64(in.word(8))}
			if in.bad || e.value == 0 {
				return errMalformed
			}
			restored.write([]Item{{Write: true, Key: e.key, Value: e.value}})
		case partTransaction:
			t := transaction{id: in.id(), try: in.uvarint(), stage: stage(in.byte())}
			t.items = in.items()
			if in.bad || t.try == 0 || t.stage < begun || t.stage > abandoned {
				return errMalformed
			}
			restored.setTransaction(t)
		case partShare:
			s := share{id: in.id(), try: in.uvarint(), items: in.items()}
			if _, twice := restored.findShare(s.id); in.bad || twice || !restored.free(s.items) {
				return errMalformed
			}
			restored.lock(s)
		case partPast:
			p := past{client: in.client(), settled: in.uvarint()}
			p.void, p.ended, p.try = in.uvarint() == 1, in.uvarint(), in.uvarint()
			p.seen = in.seen(in.uvarint())
			if in.bad {
				return errMalformed
			}
			restored.setPast(p)
		default:
			return errMalformed
		}
	}
	if string(restored.Snapshot(nil)) != string(snapshot) {
		return errMalformed
	}
	*l = restored
	return nil
}

// reader takes an encoding apart. After an error it gives zeros, and bad is set.
type reader struct {
	rest []byte
	bad  bool
}

func (r *reader) take(n uint64) []byte {
	if n > uint64(len(r.rest)) {
		r.rest, r.bad = nil, true
		return nil
	}
	b := r.rest[:n:n]
	r.rest = r.rest[n:]
	return b
}

func (r *reader) byte() byte {
	if b := r.take(1); len(b) == 1 {
		return b[0]
	}
	return 0
}

// word takes a number of n bytes, big endian.
func (r *reader) word(n uint64) (v uint64) {
	for _, b := range r.take(n) {
		v = v<<8 | uint64(b)
	}
	return v
}

func (r *reader) uvarint() uint64 {
	v, n := binary.Uvarint(r.rest)
	if n <= 0 {
		r.rest, r.bad = nil, true
		return 0
	}
	r.rest = r.rest[n:]
	return v
}

// client takes a client's address, which is never 0.
func (r *reader) client() node.Client {
	v := r.uvarint()
	if v == 0 || v > 1<<31-1 {
		r.rest, r.bad = nil, true
	}
	return node.Client(v)
}

func (r *reader) id() id { return id{r.client(), r.uvarint()} }

func (r *reader) items() []Item {
	n := r.uvarint()
	if n > MaxItems {
		r.rest, r.bad = nil, true
		return nil
	}
	items, err := readItems(r.take(n * itemLen))
	if err != nil {
		r.rest, r.bad = nil, true
	}
	return items
}

func (r *reader) seen(n uint64) []int64 {
	if n > MaxItems {
		r.rest, r.bad = nil, true
		return nil
	}
	seen, _ := Seen(r.take(8 * n))
	return seen
}
