package format

import (
	"errors"
	"fmt"
	"math"

	"simrun/checker"
)

// recorder makes a history of events.
type recorder struct {
	Recording
	history *checker.History
	limits  Limits
	asked   string // the model of the options
	any     bool   // an event was seen
	events  uint64 // so far

	indexed bool   // events have an index
	last    uint64 // of the event before

	open map[uint32]int32    // by process: the operation that it has under way
	gone map[uint32]struct{} // processes whose last operation may be under way for ever

	texts   map[string]int64  // numbers of values
	names   map[string]uint32 // numbers of keys
	values  sort              // of values: sortNumber or sortText, once there was one
	keySort sort              // the same of keys
	unkeyed bool              // an operation that might have had a key had none
	numbers int               // in lists so far
	line    *ednReader        // of log lines
	json    jsonReader
}

func newRecorder(o Options) *recorder {
	r := &recorder{
		Recording: Recording{Format: o.Format, Model: o.Model}, limits: o.Limits, asked: o.Model,
		open: map[uint32]int32{}, gone: map[uint32]struct{}{}, texts: map[string]int64{}, names: map[string]uint32{},
	}
	r.history = &r.Recording.History
	return r
}

// event takes an event, which must be a map.
func (r *recorder) event(line uint32, v *value) error {
	if v.sort != sortMap {
		return fmt.Errorf("an event must be a map with process, type, f and value, and it is %s", v)
	}
	if h := v.get("history"); h != nil && !r.any {
		r.any = true
		return r.header(v)
	}
	r.any = true
	process, typ, f := v.get("process"), v.get("type"), v.get("f")
	if process == nil || typ == nil || f == nil {
		return errors.New("an event must have process, type and f")
	}
	event, err := r.number(v.get("index"))
	if err != nil {
		return err
	}
	if _, other := process.word(); other {
		return nil // such as :nemesis, which is no client
	}
	if process.sort != sortNumber || process.number < 0 || process.number > math.MaxUint32 {
		return fmt.Errorf("process %s is no number from 0 to %d", process, uint32(math.MaxUint32))
	}
	client := uint32(process.number)
	name, ok := f.word()
	if !ok {
		return fmt.Errorf("f is %s, and must be the name of an operation", f)
	}
	kind, err := kindOf(name)
	if err != nil {
		return err
	}
	switch t, _ := typ.word(); t {
	case "invoke":
		return r.invoke(line, client, kind, event, v)
	case "ok", "fail", "info":
		return r.complete(client, kind, event, t, v)
	}
	return fmt.Errorf("type %s is none of invoke, ok, fail and info", typ)
}

// number returns the number of an event: its index, if events have one.
func (r *recorder) number(index *value) (uint64, error) {
	r.events++
	if r.events == 1 {
		r.indexed = index != nil
	}
	if r.indexed != (index != nil) {
		return 0, errors.New("some events have an index, and some have none: number all of them or none")
	}
	if !r.indexed {
		return r.events - 1, nil
	}
	if index.sort != sortNumber || index.number < 0 || index.number > checker.LastEvent {
		return 0, fmt.Errorf("index %s is no number from 0 to %d", index, int64(checker.LastEvent))
	}
	n := uint64(index.number)
	if r.events > 1 && n <= r.last {
		return 0, fmt.Errorf("index %d comes behind index %d: events must lie in order", n, r.last)
	}
	r.last = n
	return n, nil
}

func (r *recorder) invoke(line, client uint32, kind checker.OpKind, event uint64, v *value) error {
	if i, busy := r.open[client]; busy {
		return fmt.Errorf("process %d invokes an operation, and its operation of line %d has not ended", client, r.Lines[i])
	}
	if _, gone := r.gone[client]; gone {
		return fmt.Errorf("process %d goes on after info: its last operation may still be under way, so a client must go on as a new process", client)
	}
	if len(r.history.Ops) >= r.limits.Operations {
		return fmt.Errorf("there are more than %d operations, the most that are read", r.limits.Operations)
	}
	o := checker.Op{Call: event, Return: checker.Never, Client: client, Kind: kind, Outcome: checker.Unknown}
	if err := r.asks(&o, v); err != nil {
		return fmt.Errorf("%s: %w", kind, err)
	}
	if err := hints(&o, v); err != nil {
		return err
	}
	r.history.Ops = append(r.history.Ops, o)
	r.Lines = append(r.Lines, line)
	r.open[client] = int32(len(r.history.Ops) - 1)
	return nil
}

// hints takes where in a log the operation is said to have taken effect.
func hints(o *checker.Op, v *value) error {
	slot, place := v.get("slot"), v.get("place")
	if slot == nil && place == nil {
		return nil
	}
	if slot == nil || slot.sort != sortNumber || slot.number <= 0 {
		return errors.New("slot must be a number from 1")
	}
	o.Slot = uint64(slot.number)
	if place == nil {
		return nil
	}
	if place.sort != sortNumber || place.number < 0 || place.number > math.MaxUint32 {
		return fmt.Errorf("place must be a number from 0 to %d", uint32(math.MaxUint32))
	}
	o.Index = uint32(place.number)
	return nil
}

func (r *recorder) complete(client uint32, kind checker.OpKind, event uint64, typ string, v *value) error {
	i, busy := r.open[client]
	if !busy {
		return fmt.Errorf("process %d ends an operation, and has none under way", client)
	}
	o := &r.history.Ops[i]
	if kind != o.Kind {
		return fmt.Errorf("process %d ends %s, and what it invoked in line %d is %s", client, kind, r.Lines[i], o.Kind)
	}
	delete(r.open, client)
	switch typ {
	case "info":
		r.gone[client] = struct{}{}
		return nil
	case "fail":
		o.Outcome, o.Return = checker.Fail, event
		return nil
	}
	o.Outcome, o.Return = checker.OK, event
	if err := r.returns(o, v); err != nil {
		return fmt.Errorf("%s, invoked in line %d: %w", kind, r.Lines[i], err)
	}
	return nil
}

// header takes the first line of what Write writes.
func (r *recorder) header(v *value) error {
	if name, _ := v.get("history").word(); name != "simrun" {
		return fmt.Errorf("history is %s, and must be \"simrun\"", v.get("history"))
	}
	if n := v.get("version"); n == nil || n.sort != sortNumber || n.number != version {
		return fmt.Errorf("the version of the history must be %d: use the simrun that wrote it", version)
	}
	m := v.get("model")
	if m == nil {
		return nil
	}
	name, ok := m.word()
	switch {
	case !ok:
		return fmt.Errorf("model is %s, and must be a name", m)
	case r.asked != "" && r.asked != name:
		return fmt.Errorf("the history says that it is for the model %s, and it is to be checked with the model %s", shortened(name), shortened(r.asked))
	}
	r.Model = name
	return nil
}

// value takes a value of a key or an element: nothing, a number or a text, of which a history has one kind.
func (r *recorder) value(v *value) (int64, error) {
	s := v.sort
	if s == sortName {
		s = sortText
	}
	switch {
	case s == sortNothing:
		return 0, nil
	case s == sortFraction:
		return 0, errFraction(v)
	case s != sortNumber && s != sortText:
		return 0, fmt.Errorf("%s is neither a number nor a text", v)
	case r.values == sortNothing:
		r.values = s
	case r.values != s:
		return 0, fmt.Errorf("%s is a value, and values before it are of the other kind: they must be all numbers, or all texts", v)
	}
	if s == sortNumber {
		return number(v.number)
	}
	n, known := r.texts[v.text]
	if !known {
		r.history.Texts = append(r.history.Texts, v.text)
		n = int64(len(r.history.Texts))
		r.texts[v.text] = n
	}
	return n, nil
}

// number returns the number that stands for a number.
func number(n int64) (int64, error) {
	switch n {
	case 0:
		return checker.Zero, nil
	case checker.Zero:
		return 0, fmt.Errorf("%d is too small a number", n)
	}
	return n, nil
}

// key takes a key: a number or a text, of which a history has one kind. In the maps of JSON numbers are texts.
func (r *recorder) key(v *value, inMap bool) (uint32, error) {
	s, n := v.sort, v.number
	if s == sortName {
		s = sortText
	}
	if inMap && s == sortText && r.keySort != sortText {
		if d, ok := decimal(v.text); ok {
			s, n = sortNumber, int64(d)
		}
	}
	switch {
	case s != sortNumber && s != sortText:
		return 0, fmt.Errorf("the key %s is neither a number nor a text", v)
	case r.keySort == sortNothing:
		r.keySort = s
	case r.keySort != s:
		return 0, fmt.Errorf("%s is a key, and keys before it are of the other kind: they must be all numbers, or all texts", v)
	}
	r.Keyed = true
	if s == sortNumber {
		if n < 0 || n > math.MaxUint32 {
			return 0, fmt.Errorf("the key %s is no number from 0 to %d", v, uint32(math.MaxUint32))
		}
		return uint32(n), nil
	}
	k, known := r.names[v.text]
	if !known {
		k = uint32(len(r.Keys))
		r.Keys = append(r.Keys, v.text)
		r.names[v.text] = k
	}
	return k, nil
}

// decimal reads a key that is written as a number in the only way.
func decimal(s string) (uint32, bool) {
	n := uint64(0)
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' || i > 0 && n == 0 {
			return 0, false
		}
		if n = 10*n + uint64(s[i]-'0'); n > math.MaxUint32 {
			return 0, false
		}
	}
	return uint32(n), s != ""
}

// ext gives an operation room for what does not fit into its numbers.
func (r *recorder) ext(o *checker.Op) *checker.Ext {
	if o.Ext == 0 {
		r.history.Ext = append(r.history.Ext, checker.Ext{})
		o.Ext = uint32(len(r.history.Ext))
	}
	return &r.history.Ext[o.Ext-1]
}

// room refuses more numbers in lists than there may be.
func (r *recorder) room(more int) error {
	if r.numbers += more; r.numbers > r.limits.Numbers {
		return fmt.Errorf("there are more than %d numbers in lists, the most that are read", r.limits.Numbers)
	}
	return nil
}
