package machine

import (
	"cmp"
	"encoding/binary"
	"slices"
)

// Locks is a lock service: sessions, locks with fencing tokens, and small files, some of which live as long as a session. A file and a
// lock go by a number, and both may have the same; files hold numbers, 0 for none. The zero Locks has nothing.
//
// A log knows no time. So a session ends when somebody says so who has seen it unchanged for as long as a lease lasts, on a clock of his own: he names the number of
// renewals that he saw, and if there was another since, nothing happens. (Amazon's DynamoDB lock client does the same with versions of a record. In Chubby, Burrows
// 2006, the master measures the lease.)
type Locks struct {
	last     uint64 // token given out
	sessions []session
	places   []place
	digest   [2]uint64
}

type session struct {
	id       uint32
	renewals uint64 // from 1
}

// place is a lock and a file of one number.
type place struct {
	number  uint32
	holder  uint32 // session that holds the lock; 0: nobody
	token   uint64 // of the holder, or of the last one
	fence   uint64 // the highest token that a guarded write had
	value   int64
	owner   uint32 // session that the file lives as long as; 0: it stays
	changes uint64 // of lock or file
}

// Opcodes of commands of Locks. Numbers behind them are big endian: three words of eight bytes.
const (
	locksOpen    byte = iota + 1 // session
	locksRenew                   // session
	locksExpire                  // session, renewals
	locksAcquire                 // number, session
	locksRelease                 // number, token
	locksCreate                  // number, session, value
	locksCAS                     // number, expected, value
	locksPut                     // number, value
	locksGuard                   // number, value, token
	locksGet                     // number
	locksWatch                   // number
)

func appendLocks(dst []byte, op byte, a, b, c uint64) []byte {
	dst = binary.BigEndian.AppendUint64(append(dst, op), a)
	return binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(dst, b), c)
}

// AppendOpen appends the command that opens a session. Its result is 1, or 0 if it is open.
func AppendOpen(dst []byte, session uint32) []byte {
	return appendLocks(dst, locksOpen, uint64(session), 0, 0)
}

// AppendRenew appends the command that renews a session. Its result is how often that was done, its opening included, or 0 if it is not open.
func AppendRenew(dst []byte, session uint32) []byte {
	return appendLocks(dst, locksRenew, uint64(session), 0, 0)
}

// AppendExpire appends the command that ends a session which has not been renewed since it had the given number of renewals. Its locks are free, and
// its files are gone. Its result is 1 if it did, and 0 if not.
func AppendExpire(dst []byte, session uint32, renewals uint64) []byte {
	return appendLocks(dst, locksExpire, uint64(session), renewals, 0)
}

// AppendAcquire appends the command that takes a lock for a session. Its result is the fencing token, larger than any before, or 0 if another holds it or the session
// is not open. Who holds it already gets the same token again.
func AppendAcquire(dst []byte, number, session uint32) []byte {
	return appendLocks(dst, locksAcquire, uint64(number), uint64(session), 0)
}

// AppendRelease appends the command that gives a lock back. Its result is 1 if it was held with that token, and 0 if not.
func AppendRelease(dst []byte, number uint32, token uint64) []byte {
	return appendLocks(dst, locksRelease, uint64(number), token, 0)
}

// AppendCreate appends the command that makes a file which lives as long as a session. Its result is 1, or 0 if there is one or the session is not open.
func AppendCreate(dst []byte, number, session uint32, value int64) []byte {
	return appendLocks(dst, locksCreate, uint64(number), uint64(session), uint64(value))
}

// AppendSwap appends the command that sets a file to value if it holds expect, 0 for no file. Its result is what it held. The file stays.
func AppendSwap(dst []byte, number uint32, expect, value int64) []byte {
	return appendLocks(dst, locksCAS, uint64(number), uint64(expect), uint64(value))
}

// AppendWrite appends the command that sets a file, whoever holds what. Its result is 1.
func AppendWrite(dst []byte, number uint32, value int64) []byte {
	return appendLocks(dst, locksPut, uint64(number), uint64(value), 0)
}

// AppendGuard appends the command that sets a file unless a higher token was there before. Its result is 1 if it did, and 0 if not.
func AppendGuard(dst []byte, number uint32, value int64, token uint64) []byte {
	return appendLocks(dst, locksGuard, uint64(number), uint64(value), token)
}

// AppendFile appends the command that reads a file.
func AppendFile(dst []byte, number uint32) []byte {
	return appendLocks(dst, locksGet, uint64(number), 0, 0)
}

// AppendWatch appends the command that tells how often the lock and the file of a number have changed, so that somebody who watches sees that they have.
func AppendWatch(dst []byte, number uint32) []byte {
	return appendLocks(dst, locksWatch, uint64(number), 0, 0)
}

// Apply executes a command made by one of the Append functions above. The result has eight bytes: see Amount.
func (l *Locks) Apply(cmd, dst []byte) []byte {
	if len(cmd) != 25 || cmd[0] < locksOpen || cmd[0] > locksWatch {
		return append(dst, resultError)
	}
	if out, ok := l.Query(cmd, dst); ok {
		return out
	}
	a, b, c := binary.BigEndian.Uint64(cmd[1:]), binary.BigEndian.Uint64(cmd[9:]), binary.BigEndian.Uint64(cmd[17:])
	var out uint64
	switch id := uint32(a); cmd[0] {
	case locksOpen:
		out = l.open(id)
	case locksRenew:
		out = l.renew(id)
	case locksExpire:
		out = l.expire(id, b)
	default:
		p := l.at(id)
		before := *p
		out = l.change(cmd[0], p, b, c)
		if *p != before {
			p.changes++
			l.toggle(before.words(), -1)
			l.toggle(p.words(), 1)
		}
	}
	return binary.BigEndian.AppendUint64(dst, out)
}

// change executes a command about one number.
func (l *Locks) change(op byte, p *place, b, c uint64) (out uint64) {
	switch op {
	case locksAcquire:
		return l.acquire(p, uint32(b))
	case locksRelease:
		if p.holder == 0 || p.token != b {
			return 0
		}
		p.holder = 0
	case locksCreate:
		if !l.isOpen(uint32(b)) || p.value != 0 {
			return 0
		}
		p.value, p.owner = int64(c), uint32(b)
	case locksCAS:
		out = uint64(p.value)
		if p.value == int64(b) {
			p.value, p.owner = int64(c), 0
		}
		return out
	case locksPut:
		p.value, p.owner = int64(b), 0
	case locksGuard:
		if c < p.fence {
			return 0
		}
		p.value, p.owner, p.fence = int64(b), 0, c
	}
	return 1
}

func (l *Locks) acquire(p *place, by uint32) (token uint64) {
	switch {
	case !l.isOpen(by) || p.holder != 0 && p.holder != by:
		return 0
	case p.holder == 0:
		l.toggle([]uint64{0, l.last}, -1)
		l.last++
		l.toggle([]uint64{0, l.last}, 1)
		p.holder, p.token = by, l.last
	}
	return p.token
}

// Query executes a command made by AppendFile or AppendWatch.
func (l *Locks) Query(cmd, dst []byte) ([]byte, bool) {
	if len(cmd) != 25 || cmd[0] != locksGet && cmd[0] != locksWatch {
		return dst, false
	}
	var p place
	if at, found := l.find(uint32(binary.BigEndian.Uint64(cmd[1:]))); found {
		p = l.places[at]
	}
	if cmd[0] == locksWatch {
		return binary.BigEndian.AppendUint64(dst, p.changes), true
	}
	return appendAmount(dst, p.value), true
}

func (l *Locks) find(number uint32) (int, bool) {
	return slices.BinarySearchFunc(l.places, number, func(p place, n uint32) int { return cmp.Compare(p.number, n) })
}

// at returns the place of a number, which it makes if there is none.
func (l *Locks) at(number uint32) *place {
	i, found := l.find(number)
	if !found {
		p := place{number: number}
		l.places = slices.Insert(l.places, i, p)
		l.toggle(p.words(), 1)
	}
	return &l.places[i]
}

func (l *Locks) findSession(id uint32) (int, bool) {
	return slices.BinarySearchFunc(l.sessions, id, func(s session, id uint32) int { return cmp.Compare(s.id, id) })
}

func (l *Locks) isOpen(id uint32) bool {
	_, found := l.findSession(id)
	return found
}

func (l *Locks) open(id uint32) uint64 {
	at, found := l.findSession(id)
	if found || id == 0 {
		return 0
	}
	s := session{id, 1}
	l.sessions = slices.Insert(l.sessions, at, s)
	l.toggle(s.words(), 1)
	return 1
}

func (l *Locks) renew(id uint32) uint64 {
	at, found := l.findSession(id)
	if !found {
		return 0
	}
	s := &l.sessions[at]
	l.toggle(s.words(), -1)
	s.renewals++
	l.toggle(s.words(), 1)
	return s.renewals
}

func (l *Locks) expire(id uint32, renewals uint64) uint64 {
	at, found := l.findSession(id)
	if !found || l.sessions[at].renewals != renewals {
		return 0
	}
	l.toggle(l.sessions[at].words(), -1)
	l.sessions = slices.Delete(l.sessions, at, at+1)
	for i := range l.places {
		p := &l.places[i]
		before := *p
		if p.holder == id {
			p.holder = 0
		}
		if p.owner == id {
			p.value, p.owner = 0, 0
		}
		if *p != before {
			p.changes++
			l.toggle(before.words(), -1)
			l.toggle(p.words(), 1)
		}
	}
	return 1
}

// toggle puts something into the digest, or takes it out.
func (l *Locks) toggle(words []uint64, sign int64) {
	h0, h1 := uint64(empty0), uint64(empty1)
	for _, w := range words {
		h0, h1 = mix(h0, h1, w)
	}
	l.digest[0] += h0 * uint64(sign)
	l.digest[1] += h1 * uint64(sign)
}

func (s session) words() []uint64 { return []uint64{1, uint64(s.id), s.renewals} }

func (p place) words() []uint64 {
	return []uint64{2, uint64(p.number), uint64(p.holder), p.token, p.fence, uint64(p.value), uint64(p.owner), p.changes}
}

// Digest identifies the state.
func (l *Locks) Digest() [2]uint64 { return l.digest }

// Snapshot appends the last token, the number of sessions, the sessions and the places, in words of eight bytes.
func (l *Locks) Snapshot(dst []byte) []byte {
	dst = binary.BigEndian.AppendUint64(dst, l.last)
	dst = binary.BigEndian.AppendUint64(dst, uint64(len(l.sessions)))
	for _, s := range l.sessions {
		for _, w := range s.words()[1:] {
			dst = binary.BigEndian.AppendUint64(dst, w)
		}
	}
	for _, p := range l.places {
		for _, w := range p.words()[1:] {
			dst = binary.BigEndian.AppendUint64(dst, w)
		}
	}
	return dst
}

// Restore sets the state to that of a snapshot. It refuses anything that Snapshot would not write.
func (l *Locks) Restore(snapshot []byte) error {
	next := func() (w uint64) {
		w = binary.BigEndian.Uint64(snapshot)
		snapshot = snapshot[8:]
		return w
	}
	if len(snapshot)%8 != 0 || len(snapshot) < 16 {
		return errMalformed
	}
	restored := Locks{last: next()}
	if restored.last > 0 {
		restored.toggle([]uint64{0, 0}, -1)
		restored.toggle([]uint64{0, restored.last}, 1)
	}
	n := next()
	if n > uint64(len(snapshot)/16) || (uint64(len(snapshot))-16*n)%56 != 0 {
		return errMalformed
	}
	for range n {
		s := session{uint32(next()), next()}
		if k := len(restored.sessions); s.id == 0 || s.renewals == 0 || k > 0 && restored.sessions[k-1].id >= s.id {
			return errMalformed
		}
		restored.sessions = append(restored.sessions, s)
		restored.toggle(s.words(), 1)
	}
	for len(snapshot) > 0 {
		p := place{uint32(next()), uint32(next()), next(), next(), int64(next()), uint32(next()), next()}
		if k := len(restored.places); k > 0 && restored.places[k-1].number >= p.number {
			return errMalformed
		}
		restored.places = append(restored.places, p)
		restored.toggle(p.words(), 1)
	}
	*l = restored
	return nil
}
