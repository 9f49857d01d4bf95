package netsim

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"simrun/node"
	"simrun/sim/stream"
)

// Fate is what an Exception makes of a message. In text it is its name.
type Fate uint8

const (
	// Drop loses the message.
	Drop Fate = iota + 1
	// Deliver sees to it that it arrives, once and as in good weather, whatever rules and chances say.
	Deliver
	// Delay makes it arrive later by Exception.Delay.
	Delay
	// Duplicate makes it arrive twice, the second time later by Exception.Delay.
	Duplicate

	numFates
)

var fateNames = [numFates]string{Drop: "drop", Deliver: "deliver", Delay: "delay", Duplicate: "duplicate"}

// String returns the fate's name.
func (f Fate) String() string {
	if f == 0 || f >= numFates {
		return "unknown"
	}
	return fateNames[f]
}

// MarshalText writes the fate's name.
func (f Fate) MarshalText() ([]byte, error) { return []byte(f.String()), nil }

// UnmarshalText reads the fate's name.
func (f *Fate) UnmarshalText(text []byte) error {
	for i := Fate(1); i < numFates; i++ {
		if fateNames[i] == string(text) {
			*f = i
			return nil
		}
	}
	return fmt.Errorf("there is no fate %q: there are %v", text, fateNames[1:])
}

// Kind is the kind of a message as part of its name: what [node.Message].Site says, or client traffic. In text it is the number, or
// "request", or "reply" with the number of its status: "reply/1".
type Kind uint16

// String writes the kind as text.
func (k Kind) String() string {
	switch {
	case k&replyKind != 0:
		return "reply/" + strconv.Itoa(int(k&^replyKind))
	case k == requestKind:
		return "request"
	}
	return strconv.Itoa(int(k))
}

// MarshalText writes the kind as String does.
func (k Kind) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// UnmarshalText reads what String writes.
func (k *Kind) UnmarshalText(text []byte) error {
	word, base := string(text), Kind(0)
	if word == "request" {
		*k = requestKind
		return nil
	}
	if status, ok := strings.CutPrefix(word, "reply/"); ok {
		word, base = status, replyKind
	}
	n, err := strconv.ParseUint(word, 10, 8)
	if err != nil {
		return fmt.Errorf("%q is no kind of message: write a number from 0 to 255, request, or reply/1", text)
	}
	*k = base | Kind(n)
	return nil
}

// Exception fixes what becomes of one message, named as its fate is hashed: by its link, its kind and key ([node.Message].Site; a request's
// or reply's key is its number), and how often such a message was sent before. It holds until the network is calmed.
type Exception struct {
	From, To node.Addr
	Kind     Kind
	Key      uint64
	Attempt  uint64 // 0 for the first of its name
	Fate     Fate
	Delay    int64 // nanoseconds, for Delay and Duplicate
}

// exemption is an Exception as it is looked up.
type exemption struct {
	site, attempt uint64
	fate          Fate
	delay         int64
}

// turn orders the fates of one message: Deliver first, which undoes what the rules did, and Drop last, which ends all.
func (f Fate) turn() int {
	switch f {
	case Deliver:
		return 0
	case Drop:
		return 2
	}
	return 1
}

// name is what a message's fate hangs on, apart from the seed.
type name struct {
	from, to           node.Addr
	kind, key, attempt uint64
}

// Except puts the exceptions in force, in place of any earlier ones, until Calm or Reset. One message may have several: to be dropped
// goes before all else, and to be delivered undoes what the rules did to it.
func (t *traffic) Except(exceptions []Exception) {
	t.exceptions = t.exceptions[:0]
	for _, e := range exceptions {
		t.exceptions = append(t.exceptions, exemption{t.site(e.From, e.To, uint64(e.Kind), e.Key), e.Attempt, e.Fate, e.Delay})
	}
	slices.SortStableFunc(t.exceptions, func(a, b exemption) int {
		return cmp.Or(cmp.Compare(a.site, b.site), cmp.Compare(a.attempt, b.attempt), cmp.Compare(a.fate.turn(), b.fate.turn()))
	})
	t.look()
}

// Strikes makes the network tell f, in the terms of exceptions, what it does to messages other than in good weather: two
// exceptions for a message that is both late and duplicated. It holds until Reset, and changes nothing in the run.
func (t *traffic) Strikes(f func(Exception)) {
	t.strikes = f
	t.look()
}

// Reseed gives all messages that are sent from here on other fates, as another seed would. Names and exceptions keep their meaning.
func (t *traffic) Reseed(salt uint64) {
	t.salt = stream.Mix(t.salt, salt) | 1
	t.look()
}

// except applies the exceptions there are for the message at hand.
func (t *traffic) except(f *fate, lot uint64) {
	for i := t.firstExemption(t.nameSite, t.name.attempt); i < len(t.exceptions); i++ {
		e := &t.exceptions[i]
		if e.site != t.nameSite || e.attempt != t.name.attempt {
			break
		}
		t.amend(f, e, lot)
	}
}

func (t *traffic) firstExemption(site, attempt uint64) int {
	lo, hi := 0, len(t.exceptions)
	for lo < hi {
		mid := int(uint(lo+hi) / 2)
		if e := &t.exceptions[mid]; e.site < site || e.site == site && e.attempt < attempt {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return lo
}

// amend applies one exception.
func (t *traffic) amend(f *fate, e *exemption, lot uint64) {
	switch {
	case e.fate == Deliver:
		*f = fate{delay: t.latency(lot)}
		t.over, t.lots = &fair, lots{}
	case f.cause != through:
	case e.fate == Drop:
		f.cause = dropped
	case e.fate == Delay:
		f.delay = min(f.delay+e.delay, longest)
		t.counts.Held++
	case e.fate == Duplicate && f.copyDelay == 0:
		f.copyDelay = max(e.delay, 1)
		t.lots.touched = true
	case e.fate == Duplicate:
		f.againDelay = max(e.delay, 1)
		t.lots.touched = true
	}
}

// report tells in the terms of exceptions what became of the message at hand. One that is held back is told of when it is let go.
func (t *traffic) report(f *fate, lot uint64) {
	if t.strikes == nil {
		return
	}
	e := t.exception()
	if f.cause != through || f.damage != 0 {
		e.Fate = Drop
		t.strikes(e)
		return
	}
	if late := f.delay - t.latency(lot); late > 0 && f.heldBy == 0 {
		e.Fate, e.Delay = Delay, late
		t.strikes(e)
	}
	for _, later := range []int64{f.copyDelay, f.againDelay} {
		if later > 0 {
			e.Fate, e.Delay = Duplicate, later
			t.strikes(e)
		}
	}
}

// exception returns one that names the message at hand.
func (t *traffic) exception() Exception {
	m := &t.name
	return Exception{From: m.from, To: m.to, Kind: Kind(m.kind), Key: m.key, Attempt: m.attempt}
}
