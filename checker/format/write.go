package format

import (
	"bufio"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"

	"simrun/checker"
)

// version of what Write writes.
const version = 1

// Write writes a history as JSON lines, for Read. The first line names the model, if it is not "". Operations that are open are of unknown outcome then;
// nothing else is lost. It refuses what is no history.
func Write(out io.Writer, h *checker.History, model string) error {
	return WriteWith(out, h, model, nil)
}

// Aside is what else is known of an operation. It is written beside its events, and Read passes it over.
type Aside struct {
	Client, Name  string // of the operation and who called it
	CallAt, EndAt int64  // simulated time, nanoseconds
	CallIn, EndIn uint64 // number of the event of the run
	GaveUp        uint64 // the index, which no event of the history has, at which its client stopped waiting, of an operation of unknown outcome: an info; 0: none
}

// WriteWith writes a history as Write does, with what is known besides of its operations: asides[i] goes with the operation i. There may be fewer.
func WriteWith(out io.Writer, h *checker.History, model string, asides []Aside) error {
	if err := h.Validate(); err != nil {
		return fmt.Errorf("it is no history: %w", err)
	}
	w := &writer{out: bufio.NewWriterSize(out, 1<<16), h: h, asides: asides, sums: model == "counter" || model == "bank"}
	for i := range h.Ops {
		w.sums = w.sums || summed(h.Ops[i].Kind)
	}
	w.line = append(w.line, `{"history":"simrun","version":`+strconv.Itoa(version)...)
	if model != "" {
		w.line = w.text(append(w.line, `,"model":`...), model)
	}
	w.end()
	// Calls lie in order. Ends are sorted, and then the two are merged.
	ends := make([]int, 0, len(h.Ops))
	for i := range h.Ops {
		if w.ended(i) != checker.Never {
			ends = append(ends, i)
		}
	}
	slices.SortFunc(ends, func(a, b int) int { return cmp.Compare(w.ended(a), w.ended(b)) })
	for i := range h.Ops {
		for len(ends) > 0 && w.ended(ends[0]) < h.Ops[i].Call {
			w.completion(ends[0])
			ends = ends[1:]
		}
		w.invocation(i)
	}
	for _, i := range ends {
		w.completion(i)
	}
	return w.out.Flush() // which remembers the first error
}

type writer struct {
	out    *bufio.Writer
	h      *checker.History
	asides []Aside
	sums   bool // what is read is a sum, in which 0 is 0
	line   []byte
}

// ended returns the index of the event in which an operation ended, or its client gave it up.
func (w *writer) ended(i int) uint64 {
	o := &w.h.Ops[i]
	if o.Outcome == checker.Unknown && i < len(w.asides) && w.asides[i].GaveUp > 0 {
		return w.asides[i].GaveUp
	}
	return o.Return
}

// aside writes what else is known of an operation.
func (w *writer) aside(i int, at func(a *Aside) (time int64, event uint64)) {
	if i >= len(w.asides) {
		return
	}
	a := &w.asides[i]
	time, event := at(a)
	w.line = strconv.AppendInt(append(w.line, `,"time":`...), time, 10)
	w.line = strconv.AppendUint(append(w.line, `,"event":`...), event, 10)
	w.line = w.text(append(w.line, `,"client":`...), a.Client)
	w.line = w.text(append(w.line, `,"op":`...), a.Name)
}

func (w *writer) end() {
	w.line = append(w.line, '}', '\n')
	_, _ = w.out.Write(w.line)
	w.line = w.line[:0]
}

func (w *writer) event(o *checker.Op, index uint64, typ string) {
	w.line = append(w.line, `{"index":`...)
	w.line = strconv.AppendUint(w.line, index, 10)
	w.line = append(w.line, `,"process":`...)
	w.line = strconv.AppendUint(w.line, uint64(o.Client), 10)
	w.line = append(append(append(w.line, `,"type":"`...), typ...), `","f":"`...)
	w.line = append(append(w.line, wireName(o.Kind)...), '"')
	if !keyless(o.Kind) {
		w.line = append(w.line, `,"key":`...)
		w.line = strconv.AppendUint(w.line, uint64(o.Key), 10)
	}
}

// wireName returns the name by which Jepsen knows an operation, if it does.
func wireName(k checker.OpKind) string {
	switch k {
	case checker.Get:
		return "read"
	case checker.Put:
		return "write"
	}
	return k.String()
}

func (w *writer) invocation(i int) {
	o := &w.h.Ops[i]
	w.event(o, o.Call, "invoke")
	if o.Slot > 0 {
		w.line = append(w.line, `,"slot":`...)
		w.line = strconv.AppendUint(w.line, o.Slot, 10)
		if o.Index > 0 {
			w.line = append(w.line, `,"place":`...)
			w.line = strconv.AppendUint(w.line, uint64(o.Index), 10)
		}
	}
	w.line = w.asked(append(w.line, `,"value":`...), o)
	w.aside(i, func(a *Aside) (int64, uint64) { return a.CallAt, a.CallIn })
	w.end()
}

func (w *writer) completion(i int) {
	o, typ := &w.h.Ops[i], "ok"
	switch o.Outcome {
	case checker.Fail:
		typ = "fail"
	case checker.Unknown:
		typ = "info"
	}
	w.event(o, w.ended(i), typ)
	if o.Outcome == checker.OK {
		w.line = w.returned(append(w.line, `,"value":`...), o)
	}
	w.aside(i, func(a *Aside) (int64, uint64) { return a.EndAt, a.EndIn })
	w.end()
}

func (w *writer) text(dst []byte, s string) []byte {
	quoted, err := json.Marshal(s)
	if err != nil {
		panic("format: a text cannot be written as JSON: " + err.Error())
	}
	return append(dst, quoted...)
}

// value writes a value.
func (w *writer) value(dst []byte, v int64) []byte {
	switch {
	case v == 0:
		return append(dst, "null"...)
	case v == checker.Zero:
		return append(dst, '0')
	case v > 0 && v <= int64(len(w.h.Texts)):
		return w.text(dst, w.h.Texts[v-1])
	}
	return strconv.AppendInt(dst, v, 10)
}

// sum writes a number in which 0 is 0.
func (w *writer) sum(dst []byte, v int64) []byte { return strconv.AppendInt(dst, v, 10) }

func (w *writer) list(dst []byte, values []int64) []byte {
	dst = append(dst, '[')
	for i, v := range values {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = w.value(dst, v)
	}
	return append(dst, ']')
}

// asked writes what an operation asked for.
func (w *writer) asked(dst []byte, o *checker.Op) []byte {
	switch o.Kind {
	case checker.Get, checker.List, checker.Dequeue, checker.Elements, checker.Balances, checker.Total, checker.Changes:
		return append(dst, "null"...)
	case checker.Acquire:
		if o.Arg == 0 {
			return append(dst, "null"...)
		}
		return w.sum(dst, o.Arg)
	case checker.CAS, checker.TryCAS:
		return w.list(dst, []int64{o.Arg, o.Arg2})
	case checker.Add, checker.AddGet, checker.Release, checker.OpenSession, checker.Renew:
		return w.sum(dst, o.Arg)
	case checker.Expire, checker.Create, checker.Guard:
		return w.service(dst, o)
	case checker.Transfer:
		dst = strconv.AppendUint(append(dst, `{"from":`...), uint64(o.Key), 10)
		dst = strconv.AppendInt(append(dst, `,"to":`...), o.Arg, 10)
		dst = strconv.AppendInt(append(dst, `,"amount":`...), o.Arg2, 10)
		return append(dst, '}')
	case checker.Txn:
		return w.items(dst, o, false)
	}
	return w.value(dst, o.Arg)
}

// returned writes what an operation returned.
func (w *writer) returned(dst []byte, o *checker.Op) []byte {
	switch o.Kind {
	case checker.Get:
		if w.sums {
			return w.sum(dst, o.Out)
		}
		return w.value(dst, o.Out)
	case checker.Dequeue, checker.Propose, checker.CAS:
		return w.value(dst, o.Out)
	case checker.AddGet, checker.Total, checker.Renew, checker.Changes:
		return w.sum(dst, o.Out)
	case checker.Acquire:
		if o.Out == 0 {
			return append(dst, "null"...)
		}
		return w.sum(dst, o.Out)
	case checker.TryCAS, checker.Insert, checker.Contains, checker.Release, checker.Transfer, checker.OpenSession, checker.Expire, checker.Create,
		checker.Guard:
		return strconv.AppendBool(dst, o.Out != 0)
	case checker.List, checker.Elements:
		return w.list(dst, w.ext(o).Out)
	case checker.Balances:
		return w.balances(dst, w.ext(o).Out)
	case checker.Txn:
		return w.items(dst, o, true)
	}
	return append(dst, "null"...)
}

// service writes the two arguments of an operation on a lock service.
func (w *writer) service(dst []byte, o *checker.Op) []byte {
	first, second := serviceNames(o.Kind)
	dst = w.text(append(dst, '{'), first)
	dst = append(dst, ':')
	if o.Kind == checker.Guard {
		dst = w.value(dst, o.Arg)
	} else {
		dst = w.sum(dst, o.Arg)
	}
	dst = w.text(append(dst, ','), second)
	dst = append(dst, ':')
	if o.Kind == checker.Create {
		dst = w.value(dst, o.Arg2)
	} else {
		dst = w.sum(dst, o.Arg2)
	}
	return append(dst, '}')
}

// items writes a transaction, with what its reads saw if it completed.
func (w *writer) items(dst []byte, o *checker.Op, completed bool) []byte {
	e := w.ext(o)
	out := e.Out
	dst = append(dst, '[')
	for j := 0; j+2 < len(e.In); j += 3 {
		if j > 0 {
			dst = append(dst, ',')
		}
		dst = append(append(append(dst, `["`...), itemName(e.In[j])...), `",`...)
		dst = append(strconv.AppendInt(dst, e.In[j+1], 10), ',')
		switch {
		case e.In[j] == checker.TxnWrite || e.In[j] == checker.TxnAppend:
			dst = w.value(dst, e.In[j+2])
		case !completed || len(out) == 0:
			dst = append(dst, "null"...)
		case e.In[j] == checker.TxnList:
			n := 1 + min(max(out[0], 0), int64(len(out)-1))
			dst = w.list(dst, out[1:n])
			out = out[n:]
		default:
			dst = w.value(dst, out[0])
			out = out[1:]
		}
		dst = append(dst, ']')
	}
	return append(dst, ']')
}

func itemName(item int64) string {
	switch item {
	case checker.TxnRead:
		return "r"
	case checker.TxnWrite:
		return "w"
	case checker.TxnAppend:
		return "append"
	}
	return "list"
}

// balances writes pairs of an account and what is in it.
func (w *writer) balances(dst []byte, out []int64) []byte {
	dst = append(dst, '{')
	for j := 0; j+1 < len(out); j += 2 {
		if j > 0 {
			dst = append(dst, ',')
		}
		dst = strconv.AppendInt(append(dst, '"'), out[j], 10)
		dst = strconv.AppendInt(append(dst, `":`...), out[j+1], 10)
	}
	return append(dst, '}')
}

// ext returns what does not fit into the operation's numbers.
func (w *writer) ext(o *checker.Op) checker.Ext {
	if o.Ext == 0 || uint64(o.Ext) > uint64(len(w.h.Ext)) {
		return checker.Ext{}
	}
	return w.h.Ext[o.Ext-1]
}
