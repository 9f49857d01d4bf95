package sharded

import (
	"encoding/binary"
	"slices"
)

// Commands of a group's log. Each is an opcode, a transaction, the number of a try, and what is said with it.
const (
	opBegin   byte = iota + 1 // items: of the whole transaction; own: how many groups it is on, and this group's share
	opPrepare                 // items: this group's share
	opDecide                  // verdict, and what the reads saw
	opFinish                  // verdict
	opForget
)

// verdict is the outcome of a try.
type verdict byte

const (
	abort verdict = iota + 1 // and try again
	commit
	abandon
)

// Results of commands: the first byte. What was seen follows, where something was.
const (
	resultDone    byte = iota + 1 // the transaction is committed: what it saw follows
	resultBegun                   // others have to vote
	resultVote                    // prepared: what the share saw follows
	resultBusy                    // a key is locked
	resultStale                   // this try is over
	resultAborted                 // to be tried again
	resultVoid                    // the transaction was abandoned
	resultAck
	resultError
)

// command is a command taken apart.
type command struct {
	op byte
	id
	try     uint64
	verdict verdict
	groups  uint64 // opBegin: how many groups the transaction is on
	group   uint64 // and which of them this is
	items   []Item
	seen    []int64
}

func (c *command) append(dst []byte) []byte {
	dst = binary.AppendUvarint(c.id.append(append(dst, c.op)), c.try)
	switch c.op {
	case opBegin:
		dst = binary.AppendUvarint(binary.AppendUvarint(dst, c.groups), c.group)
		return appendItems(dst, c.items)
	case opPrepare:
		return appendItems(dst, c.items)
	case opDecide:
		return appendSeen(binary.AppendUvarint(append(dst, byte(c.verdict)), uint64(len(c.seen))), c.seen)
	case opFinish:
		return append(dst, byte(c.verdict))
	}
	return dst
}

func readCommand(b []byte) (c command, ok bool) {
	in := reader{rest: b}
	c.op, c.id, c.try = in.byte(), in.id(), in.uvarint()
	switch c.op {
	case opBegin:
		c.groups, c.group = in.uvarint(), in.uvarint()
		c.items = in.items()
		in.bad = in.bad || c.groups == 0 || c.group >= c.groups
	case opPrepare:
		c.items = in.items()
	case opDecide:
		c.verdict = verdict(in.byte())
		c.seen = in.seen(in.uvarint())
	case opFinish:
		c.verdict = verdict(in.byte())
	case opForget:
	default:
		return c, false
	}
	return c, !in.bad && len(in.rest) == 0
}

// groupOf returns the group that has a key, of so many.
func groupOf(key uint32, groups uint64) uint64 { return uint64(key) % groups }

// sharesOf returns the items on keys of one group, in their order.
func sharesOf(items []Item, group, groups uint64) []Item {
	var own []Item
	for _, i := range items {
		if groupOf(i.Key, groups) == group {
			own = append(own, i)
		}
	}
	return own
}

// Apply executes a command of the log.
func (l *ledger) Apply(cmd, dst []byte) []byte {
	c, ok := readCommand(cmd)
	if !ok {
		return append(dst, resultError)
	}
	switch c.op {
	case opBegin:
		return l.begin(&c, dst)
	case opPrepare:
		return l.prepare(&c, dst)
	case opDecide:
		return l.decide(&c, dst)
	case opFinish:
		return l.finish(&c, dst)
	}
	if at, found := l.findTransaction(c.id); found && l.transactions[at].stage >= committed {
		l.forget(at)
	}
	return append(dst, resultAck)
}

// Query has nothing to answer: reads take locks.
func (l *ledger) Query(_, dst []byte) ([]byte, bool) { return dst, false }

// begin begins a transaction, or another try of one: with the locks on the group's own keys, or not at all. One that is on no other group is done with that.
func (l *ledger) begin(c *command, dst []byte) []byte {
	if at, found := l.findTransaction(c.id); found {
		t := &l.transactions[at]
		if t.stage != aborted || c.try != t.try+1 {
			return l.answer(t, dst)
		}
		if !slices.Equal(t.items, c.items) { // it would be another transaction
			return append(dst, resultError)
		}
	} else if l.past(c.client).settled >= c.seq {
		return l.outcome(c.id, dst)
	} else if c.try != 1 {
		return append(dst, resultStale)
	}
	own := sharesOf(c.items, c.group, c.groups)
	if len(own) == 0 {
		return append(dst, resultError)
	}
	if !l.free(own) {
		return append(dst, resultBusy)
	}
	if len(own) == len(c.items) {
		seen := l.look(own)
		l.write(own)
		l.settle(c.id, seen, false)
		return appendSeen(append(dst, resultDone), seen)
	}
	l.setTransaction(transaction{id: c.id, try: c.try, stage: begun, items: c.items})
	l.lock(share{id: c.id, try: c.try, items: own})
	return append(dst, resultBegun)
}

// answer tells how far a transaction is.
func (l *ledger) answer(t *transaction, dst []byte) []byte {
	switch t.stage {
	case begun:
		return append(dst, resultBegun)
	case aborted:
		return append(dst, resultAborted)
	}
	return l.outcome(t.id, dst)
}

// outcome tells what came of a transaction that is settled. That of an older one than the client's last is forgotten, since nobody asks.
func (l *ledger) outcome(x id, dst []byte) []byte {
	p := l.past(x.client)
	switch {
	case p.settled != x.seq:
		return append(dst, resultStale)
	case p.void:
		return append(dst, resultVoid)
	}
	return appendSeen(append(dst, resultDone), p.seen)
}

// prepare makes this group a participant: it can do its share whatever happens, until it hears of the decision.
func (l *ledger) prepare(c *command, dst []byte) []byte {
	if at, found := l.findShare(c.id); found && l.shares[at].try >= c.try {
		if s := &l.shares[at]; s.try == c.try {
			return appendSeen(append(dst, resultVote), l.look(s.items))
		}
		return append(dst, resultStale)
	} else if found { // the try before was aborted, or there would be no other
		l.unlock(at)
	}
	if l.over(c.id, c.try) {
		return append(dst, resultStale)
	}
	if !l.free(c.items) {
		return append(dst, resultBusy)
	}
	l.lock(share{id: c.id, try: c.try, items: c.items})
	return appendSeen(append(dst, resultVote), l.look(c.items))
}

// over tells whether a try has ended here, or a later one.
func (l *ledger) over(x id, try uint64) bool {
	p := l.past(x.client)
	return p.ended > x.seq || p.ended == x.seq && p.try >= try
}

// decide decides a try, unless it is decided.
func (l *ledger) decide(c *command, dst []byte) []byte {
	at, found := l.findTransaction(c.id)
	if !found {
		return l.outcome(c.id, dst)
	}
	t := l.transactions[at]
	if t.stage != begun || t.try != c.try {
		return l.answer(&t, dst)
	}
	if at, found := l.findShare(c.id); found {
		if c.verdict == commit {
			l.write(l.shares[at].items)
		}
		l.unlock(at)
	}
	switch c.verdict {
	case commit:
		t.stage = committed
		l.settle(c.id, c.seen, false)
	case abandon:
		t.stage = abandoned
		l.settle(c.id, nil, true)
	default:
		t.stage = aborted
	}
	l.setTransaction(t)
	return l.answer(&t, dst)
}

// finish ends a try at a participant.
func (l *ledger) finish(c *command, dst []byte) []byte {
	if at, found := l.findShare(c.id); found && l.shares[at].try <= c.try {
		if c.verdict == commit {
			l.write(l.shares[at].items)
		}
		l.unlock(at)
	}
	if p := l.past(c.client); !l.over(c.id, c.try) {
		p.ended, p.try = c.seq, c.try
		l.setPast(p)
	}
	return append(dst, resultAck)
}
