package checker

import "fmt"

// Locks holds what a lock service does against what a lock is, as it goes: at most one holder; every fencing token is larger than any before it of the same lock; and
// whatever a lock guards takes nothing from who comes with a token older than one that it has seen. It is told what took effect, in the order in which it did: that of
// the log.
//
// What clients see of a lock may be linearizable and still break the last rule, which is about a resource that knows nothing of the log.
type Locks struct {
	locks     map[uint64]*lockLedger
	violation *Violation
}

// lockLedger is what happened to one lock.
type lockLedger struct {
	holder uint32 // 0: nobody
	token  uint64 // the last one granted
	seen   uint64 // the largest that the resource has seen
}

// Reset forgets all locks.
func (l *Locks) Reset() { l.locks, l.violation = nil, nil }

// Violation returns the first violation; nil if there was none.
func (l *Locks) Violation() *Violation { return l.violation }

func (l *Locks) lock(lock uint64) *lockLedger {
	if l.locks == nil {
		l.locks = map[uint64]*lockLedger{}
	}
	g := l.locks[lock]
	if g == nil {
		g = &lockLedger{}
		l.locks[lock] = g
	}
	return g
}

func (l *Locks) violate(slot uint64, shape, detail string) {
	if l.violation == nil {
		l.violation = &Violation{Check: "lock", Shape: shape, Detail: detail, Slot: slot}
	}
}

// Granted tells that a client, numbered from 1, got a lock with a fencing token at a slot.
func (l *Locks) Granted(slot, lock uint64, client uint32, token uint64) {
	g := l.lock(lock)
	switch {
	case g.holder != 0:
		l.violate(slot, "two holders", fmt.Sprintf("client %d got lock %d at slot %d, while client %d holds it", client, lock, slot, g.holder))
	case token <= g.token:
		l.violate(slot, "token does not rise", fmt.Sprintf("client %d got lock %d at slot %d with token %d, and token %d was granted before", client, lock, slot, token, g.token))
	}
	g.holder, g.token = client, max(g.token, token)
}

// Freed tells that a lock was given back with a token, or taken from its holder, at a slot. Only the last token's holder has it to give back.
func (l *Locks) Freed(slot, lock uint64, token uint64) {
	g := l.lock(lock)
	if g.holder == 0 || token != g.token {
		l.violate(slot, "freed by who does not hold it", fmt.Sprintf("lock %d was freed at slot %d with token %d, and its last token is %d", lock, slot, token, g.token))
		return
	}
	g.holder = 0
}

// Guarded tells that what a lock guards was asked for something with a token, and whether it did it: it must refuse tokens older than one it has seen, and tokens that
// nobody was granted.
func (l *Locks) Guarded(lock uint64, token uint64, done bool) {
	g := l.lock(lock)
	switch {
	case !done:
	case token < g.seen:
		l.violate(0, "older token accepted", fmt.Sprintf("what lock %d guards accepted token %d, having seen %d", lock, token, g.seen))
	case token > g.token:
		l.violate(0, "token nobody was granted", fmt.Sprintf("what lock %d guards accepted token %d, and the last that was granted is %d", lock, token, g.token))
	}
	if token <= g.token {
		g.seen = max(g.seen, token)
	}
}
