package checker

import (
	"fmt"
	"math"
	"strings"
)

// OpKind says what an operation does. Values are numbers; 0 is no value, such as that of a key that was never written.
type OpKind uint8

const (
	// Get reads Key. Out is its value.
	Get OpKind = iota + 1
	// Put sets Key to Arg.
	Put
	// CAS sets Key to Arg2 if its value is Arg. Out is the value it saw, which tells whether it did.
	CAS
	// Propose asks to decide Arg. Out is what was decided.
	Propose

	// TryCAS sets Key to Arg2 if its value is Arg. Out is 1 if it did, and 0 if the value was another, which it does not tell.
	TryCAS
	// Insert sets Key to Arg if it has no value. Out is 1 if it did, and 0 if there was a value.
	Insert
	// Add adds Arg, which may be negative, to the number at Key. Its output is not looked at.
	Add
	// AddGet adds Arg to the number at Key. Out is the sum.
	AddGet
	// Append puts Arg at the end of the list, or text, at Key. Its output is not looked at.
	Append
	// List reads the list at Key. Ext.Out is its elements.
	List
	// Enqueue puts Arg at the end of the queue at Key.
	Enqueue
	// Dequeue takes the first element from the queue at Key. Out is the element, or 0 if there was none.
	Dequeue
	// Include puts Arg into the set at Key. Whether it was there already is not looked at.
	Include
	// Exclude takes Arg out of the set at Key. Whether it was there is not looked at.
	Exclude
	// Contains asks whether Arg is in the set at Key. Out is 1 if it is, and 0 if not.
	Contains
	// Elements reads the set at Key. Ext.Out is its elements, ascending.
	Elements
	// Acquire asks for the lock Key. Out is the fencing token, larger than any before it, or 0 if the lock was held.
	Acquire
	// Release gives the lock Key back that was got with the fencing token Arg. Out is 1 if it was held with that token, and 0 if not.
	Release
	// Transfer moves Arg2 from the account Key to the account Arg, if it has that much. Out is 1 if it did, and 0 if not.
	Transfer
	// Balances reads all accounts. Ext.Out is pairs of an account and what is in it. Accounts that it does not name are empty.
	Balances
	// Total reads the sum of all accounts. Out is the sum.
	Total
	// Txn does several things at once. Ext.In is triples of a TxnRead or another such number, a key and a value. Ext.Out is what its reads saw,
	// one after another: a value, or the length of a list and its elements.
	Txn

	// OpenSession opens the session Arg. Out is 1, or 0 if it was open.
	OpenSession
	// Renew renews the session Arg. Out is how often that was done since it was opened, which counts, or 0 if it is not open.
	Renew
	// Expire ends the session Arg if it has been renewed Arg2 times. Out is 1 if it did, and 0 if not.
	Expire
	// Create makes the file Key with the value Arg2, which lives as long as the session Arg. Out is 1, or 0 if there is one or the session is not open.
	Create
	// Guard sets Key to Arg unless a token above Arg2 was there before. Out is 1 if it did, and 0 if not.
	Guard
	// Changes asks how often Key has changed. Out is how often.
	Changes

	numOpKinds
)

// What a transaction may do, in Ext.In.
const (
	TxnRead   int64 = iota + 1 // reads a register
	TxnWrite                   // writes a register
	TxnAppend                  // puts a value at the end of a list
	TxnList                    // reads a list
)

// Zero stands for the number 0 where it is a value, since 0 is no value there. It does not occur in sums, of counters and accounts, where 0 is 0.
const Zero = math.MinInt64

var opKindNames = [numOpKinds]string{
	Get: "get", Put: "put", CAS: "cas", Propose: "propose",
	TryCAS: "try-cas", Insert: "insert", Add: "add", AddGet: "add-get", Append: "append", List: "list",
	Enqueue: "enqueue", Dequeue: "dequeue", Include: "include", Exclude: "exclude", Contains: "contains", Elements: "elements",
	Acquire: "acquire", Release: "release", Transfer: "transfer", Balances: "balances", Total: "total", Txn: "txn",
	OpenSession: "open", Renew: "renew", Expire: "expire", Create: "create", Guard: "guard", Changes: "changes",
}

// String returns the kind's name.
func (k OpKind) String() string {
	if k > 0 && k < numOpKinds {
		return opKindNames[k]
	}
	return "invalid"
}

// FindOpKind returns the kind of that name.
func FindOpKind(name string) (OpKind, bool) {
	for k := Get; k < numOpKinds; k++ {
		if opKindNames[k] == name {
			return k, true
		}
	}
	return 0, false
}

// Phrase says what an operation asks for, such as "transfer k0->k1 100".
func Phrase(k OpKind, key uint32, arg, arg2 int64) string {
	return phrase(&Op{Kind: k, Key: key, Arg: arg, Arg2: arg2}, nil)
}

// ReadsOnly tells that such an operation never changes anything.
func (k OpKind) ReadsOnly() bool {
	switch k {
	case Get, List, Contains, Elements, Balances, Total, Changes:
		return true
	}
	return false
}

// changedNothing tells whether an operation certainly changed nothing: in any state in which it has this output, the state stays.
func changedNothing(o *Op) bool {
	switch o.Kind {
	case CAS, Propose:
		return o.Outcome == OK && o.Out != o.Arg
	case TryCAS, Insert, Dequeue, Acquire, Release, Transfer, OpenSession, Renew, Expire, Create, Guard:
		return o.Outcome == OK && o.Out == 0
	}
	return o.Kind.ReadsOnly()
}

// Describe writes an operation of the history as Op.String does, with its texts and lists.
func (h *History) Describe(o *Op) string { return describe(o, h) }

// describe writes the operation, without what is in the history if that is nil.
func describe(o *Op, h *History) string {
	at := fmt.Sprintf("c%d %s", o.Client, phrase(o, h))
	switch {
	case o.Outcome != OK:
		at += " (" + o.Outcome.String() + ")"
	default:
		at += result(o, h)
	}
	if o.Return == Never {
		return fmt.Sprintf("%s [%d,...]", at, o.Call)
	}
	return fmt.Sprintf("%s [%d,%d]", at, o.Call, o.Return)
}

// phrase says what the operation asked for.
func phrase(o *Op, h *History) string {
	key := fmt.Sprintf("%s k%d", o.Kind, o.Key)
	switch o.Kind {
	case Acquire:
		if o.Arg != 0 {
			return fmt.Sprintf("%s for s%d", key, o.Arg)
		}
		return key
	case OpenSession, Renew:
		return fmt.Sprintf("%s s%d", o.Kind, o.Arg)
	case Expire:
		return fmt.Sprintf("expire s%d renewed %d times", o.Arg, o.Arg2)
	case Create:
		return fmt.Sprintf("%s %s for s%d", key, h.Value(o.Arg2), o.Arg)
	case Guard:
		return fmt.Sprintf("%s %s with token %d", key, h.Value(o.Arg), o.Arg2)
	case Get, List, Dequeue, Elements, Changes:
		return key
	case Put, Insert, Append, Enqueue, Include, Exclude, Contains:
		return key + " " + h.Value(o.Arg)
	case CAS, TryCAS:
		return fmt.Sprintf("%s %s->%s", key, h.Value(o.Arg), h.Value(o.Arg2))
	case Add, AddGet, Release:
		return fmt.Sprintf("%s %d", key, o.Arg)
	case Propose:
		return "propose " + h.Value(o.Arg)
	case Transfer:
		return fmt.Sprintf("%s->k%d %d", key, o.Arg, o.Arg2)
	case Txn:
		return "txn" + items(o, h)
	}
	return o.Kind.String()
}

// result says what a completed operation returned.
func result(o *Op, h *History) string {
	yes := func(done, not string) string {
		if o.Out != 0 {
			return " = " + done
		}
		return " = " + not
	}
	switch o.Kind {
	case Put, Add, Append, Enqueue, Include, Exclude, Txn:
		return ""
	case TryCAS:
		return yes("set", "another value")
	case Insert:
		return yes("inserted", "there already")
	case Dequeue:
		return yes(h.Value(o.Out), "empty")
	case Contains:
		return yes("yes", "no")
	case Acquire:
		return yes(fmt.Sprintf("token %d", o.Out), "busy")
	case Release, Transfer, OpenSession, Expire, Create, Guard:
		return yes("done", "refused")
	case AddGet, Total, Renew, Changes:
		return fmt.Sprintf(" = %d", o.Out)
	case List, Elements, Balances:
		e := h.ext(o)
		if e == nil {
			return ""
		}
		if o.Kind == Balances {
			var parts []string
			for i := 0; i+1 < len(e.Out); i += 2 {
				parts = append(parts, fmt.Sprintf("k%d:%d", e.Out[i], e.Out[i+1]))
			}
			return " = {" + strings.Join(parts, " ") + "}"
		}
		return " = " + h.list(e.Out)
	}
	return " = " + h.Value(o.Out)
}

// items writes what a transaction does, and what its reads saw if it completed.
func items(o *Op, h *History) string {
	e := h.ext(o)
	if e == nil {
		return ""
	}
	var s strings.Builder
	out := e.Out
	take := func() (v int64) {
		if len(out) > 0 {
			v, out = out[0], out[1:]
		}
		return v
	}
	for i := 0; i+2 < len(e.In); i += 3 {
		if i > 0 {
			s.WriteString(",")
		}
		switch e.In[i] {
		case TxnRead:
			fmt.Fprintf(&s, " get k%d", e.In[i+1])
			if o.Outcome == OK {
				s.WriteString(" = " + h.Value(take()))
			}
		case TxnList:
			fmt.Fprintf(&s, " list k%d", e.In[i+1])
			if o.Outcome == OK {
				n := min(max(take(), 0), int64(len(out)))
				s.WriteString(" = " + h.list(out[:n]))
				out = out[n:]
			}
		case TxnWrite:
			fmt.Fprintf(&s, " put k%d %s", e.In[i+1], h.Value(e.In[i+2]))
		case TxnAppend:
			fmt.Fprintf(&s, " append k%d %s", e.In[i+1], h.Value(e.In[i+2]))
		default:
			fmt.Fprintf(&s, " item %d", e.In[i])
		}
	}
	return s.String()
}

// ext returns what did not fit into the operation's numbers; nil if there is nothing, or nothing known.
func (h *History) ext(o *Op) *Ext {
	if h == nil || o.Ext == 0 || uint64(o.Ext) > uint64(len(h.Ext)) {
		return nil
	}
	return &h.Ext[o.Ext-1]
}

// Value writes a value, a text in quotes if values are texts.
func (h *History) Value(v int64) string {
	switch {
	case v == Zero:
		return "0"
	case h == nil:
		return fmt.Sprint(v)
	case v == 0 && (h.Nil || len(h.Texts) > 0):
		return "nil"
	case v > 0 && v <= int64(len(h.Texts)):
		return quoted(h.Texts[v-1])
	}
	return fmt.Sprint(v)
}

// quoted writes a text, or its ends if it is long: where texts grow, the end tells.
func quoted(s string) string {
	const most = 60
	if len(s) > most {
		return fmt.Sprintf("%q...%q", s[:most/3], s[len(s)-2*most/3:])
	}
	return fmt.Sprintf("%q", s)
}

// list writes values, or the ends of them if they are many.
func (h *History) list(values []int64) string {
	const most = 16
	var parts []string
	for i, v := range values {
		if len(values) > most && i == most/4 {
			parts = append(parts, fmt.Sprintf("...%d more...", len(values)-most))
		}
		if len(values) <= most || i < most/4 || i >= len(values)-most*3/4 {
			parts = append(parts, h.Value(v))
		}
	}
	return "[" + strings.Join(parts, " ") + "]"
}
