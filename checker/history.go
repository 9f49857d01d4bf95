package checker

import (
	"math"
	"slices"
)

// Never is the event number of a return that did not happen.
const Never = math.MaxUint64

// Outcome is how an operation ended, as its client knows.
type Outcome uint8

const (
	// Open: it has not ended.
	Open Outcome = iota
	// OK: it took effect, with the result in Out.
	OK
	// Fail: it did not take effect and never will.
	Fail
	// Unknown: it may have taken effect, may yet at any later time, or never will.
	Unknown
)

var outcomeNames = [...]string{Open: "open", OK: "ok", Fail: "fail", Unknown: "unknown"}

// String returns the outcome's name.
func (o Outcome) String() string {
	if int(o) < len(outcomeNames) {
		return outcomeNames[o]
	}
	return "invalid"
}

// Op is one operation of one client.
type Op struct {
	Call    uint64 // number of the event in which it began
	Return  uint64 // and in which it ended, or Never
	Slot    uint64 // where it took effect, 0 if not known: a hint, which is verified and never trusted
	Index   uint32 // and its place there
	Client  uint32 // a client has one operation open at a time
	Key     uint32
	Kind    OpKind
	Outcome Outcome
	Ext     uint32 // 1 + the place in History.Ext of what does not fit into numbers; 0: nothing
	Arg     int64
	Arg2    int64
	Out     int64
}

// Ext is the part of an operation that does not fit into its numbers: the items of a transaction, the elements of a list.
// Texts are numbers here too: see History.Texts.
type Ext struct {
	In  []int64
	Out []int64
}

// String writes the operation as "c3 cas k1 4->7 = 4 [12,18]". History.Describe also knows its texts and lists.
func (o Op) String() string { return describe(&o, nil) }

// History is the operations of a run, in order of their calls. The zero History is empty and ready.
type History struct {
	Ops []Op
	Ext []Ext // of those operations that need it
	// Texts[i] is what the number i+1 stands for, in histories whose values are texts. Equal texts have one number.
	Texts []string
	// Nil tells that the number 0 is a value too (see Zero), so that no value is written "nil".
	Nil bool
}

// Reset empties the history, keeping its memory.
func (h *History) Reset() {
	h.Ops, h.Ext, h.Texts = h.Ops[:0], h.Ext[:0], h.Texts[:0]
}

// Call records that a client began an operation, and returns its index.
func (h *History) Call(client uint32, kind OpKind, key uint32, arg, arg2 int64, event uint64) int {
	i := len(h.Ops)
	if i == cap(h.Ops) {
		h.Ops = slices.Grow(h.Ops, max(i, 64)) // append would grow by a quarter, and copy a long history five times over
	}
	h.Ops = h.Ops[:i+1]
	o := &h.Ops[i]
	*o = Op{} // and set in place: a literal is made elsewhere, and the copy waits for its fields
	o.Call, o.Return, o.Client = event, Never, client
	o.Kind, o.Key, o.Arg, o.Arg2 = kind, key, arg, arg2
	return i
}

// Return records how an operation ended. An operation whose outcome is unknown stays open for ever, since it may still take effect.
func (h *History) Return(i int, event uint64, outcome Outcome, out int64) {
	o := &h.Ops[i]
	o.Outcome, o.Out = outcome, out
	if outcome != Unknown {
		o.Return = event
	}
}

// Hint records where an operation is said to have taken effect.
func (h *History) Hint(i int, slot uint64, index uint32) { h.Ops[i].Slot, h.Ops[i].Index = slot, index }
