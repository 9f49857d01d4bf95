package scenarios

import (
	"fmt"

	"simrun/faults"
	"simrun/sim"
)

// Divergence is the first event at which two runs of one input differ.
type Divergence struct {
	Event  uint64
	First  string // what happened there in one run
	Second string // and in the other
}

// String tells it in one line.
func (d Divergence) String() string {
	if d.First == d.Second {
		return fmt.Sprintf("event %d: %s, with another outcome", d.Event, d.First)
	}
	return fmt.Sprintf("event %d: %s; or: %s", d.Event, d.First, d.Second)
}

// Diverge runs an input on two clusters side by side and returns the first event at which they differ. A run that differs now and then may
// not do so this time, which ok tells. beat is called now and then, to show that it is alive; it may be nil.
func Diverge(s Scenario, in Input, beat func()) (d Divergence, ok bool) {
	a, b := newAbreast(s, in), newAbreast(s, in)
	defer a.Close()
	defer b.Close()
	for n := uint64(1); ; n++ {
		if beat != nil && n%(slice/16) == 0 {
			beat()
		}
		doneA, doneB := a.step(n), b.step(n)
		if a.Hash() != b.Hash() || doneA != doneB {
			return Divergence{Event: n, First: a.tells(), Second: b.tells()}, true
		}
		if doneA {
			return d, false
		}
	}
}

// abreast is a cluster that keeps what its last event did.
type abreast struct {
	Cluster
	records []sim.Record
}

func newAbreast(s Scenario, in Input) *abreast {
	t := &abreast{Cluster: s.NewCluster()}
	t.Reset(in)
	t.Trace(func(r sim.Record) { t.records = append(t.records, r) })
	return t
}

func (t *abreast) step(n uint64) (done bool) {
	t.records = t.records[:0]
	_, done = t.Run(n)
	return done
}

// tells puts the event in words: what it was, and its first few records.
func (t *abreast) tells() string {
	e := t.Current()
	text := fmt.Sprintf("at %v, %v", faults.Span(e.At), e.Kind)
	if e.Host != 0 {
		text += " of " + e.Host.Addr().String()
	}
	for i, r := range t.records {
		if i == 3 {
			return text + " ..."
		}
		text += ", "
		if r.Who != 0 {
			text += r.Who.String() + " "
		}
		text += r.Kind.String()
		if r.Peer != 0 {
			text += " " + r.Peer.String()
		}
		if r.Text != "" {
			text += " " + r.Text
		}
	}
	return text
}
