// Package timeline is what a run tells: every record of its trace with what it needs to be drawn, the operations of its clients,
// its faults and its verdict, as one plain value. Pictures, stories and exports are made from it, and from nothing else.
package timeline

import "simrun/checker"

// Timeline is one run, told.
type Timeline struct {
	Scenario    string `json:"scenario"`
	Seed        uint64 `json:"seed"`
	Profile     string `json:"profile,omitempty"`
	Build       string `json:"build,omitempty"` // in a line
	Verdict     string `json:"verdict"`         // its kind
	Fingerprint string `json:"fingerprint,omitempty"`
	Detail      string `json:"detail,omitempty"`
	TraceHash   string `json:"traceHash"`
	Events      uint64 `json:"events"`
	End         int64  `json:"end"` // simulated time of the last event, nanoseconds

	Nodes   int      `json:"nodes"`   // replicas n1 to this
	Clients int      `json:"clients"` // clients c1 to this
	Config  []string `json:"config"`  // the configuration, in lines

	Story   []string `json:"story,omitempty"` // the run in a few sentences, in order
	Records []Record `json:"records"`         // in order
	Ops     []Op     `json:"ops"`             // in order of their calls
	Faults  []Fault  `json:"faults"`          // those that began, in order
	States  []State  `json:"states,omitempty"`
	Series  []Series `json:"series,omitempty"`
	Cut     string   `json:"cut,omitempty"` // says what was left out, of a run that is too long to be told whole
	// Digests says what the digests are of which a verdict speaks, by their eight hexadecimal digits: "c2#1 (propose 10)".
	Digests map[string]string `json:"digests,omitempty"`
	Witness []int             `json:"witness,omitempty"` // places in Ops of operations that no order explains, the last of which is where it went wrong

	// For WriteHistory: what clients saw, whole, the name of the model that it is held against, and all operations, where Ops may lack the first. No page needs them.
	History checker.History `json:"-"`
	Model   string          `json:"-"`
	AllOps  []Op            `json:"-"`
}

// Record is one record of the trace.
type Record struct {
	Event   uint64   `json:"e"`           // the number of the event in which it happened, from 1
	At      int64    `json:"t"`           // simulated time, nanoseconds
	Kind    string   `json:"k"`           // the name of its sim.RecordKind
	Who     string   `json:"w,omitempty"` // n1, c2
	Peer    string   `json:"p,omitempty"` // the other end of a message
	Message uint64   `json:"m,omitempty"` // a message's number, the same where it was sent, copied, lost and received; copies have numbers of their own
	Name    string   `json:"n,omitempty"` // what it is about in a word: the kind of message, the kind of fact, the timer
	Text    string   `json:"x,omitempty"` // and in words
	Slot    uint64   `json:"s,omitempty"`
	Ballot  string   `json:"b,omitempty"` // "3.1"
	Value   string   `json:"v,omitempty"` // the value it is about, by the operations in it: "c1#4 c2#1", "no-op"
	Lamport uint64   `json:"l,omitempty"` // Lamport's clock
	Clock   []uint64 `json:"c,omitempty"` // vector clock: by replica, then client; only where it is asked for
}

// Op is one operation of a client.
type Op struct {
	Client   string `json:"client"`
	Name     string `json:"name,omitempty"` // "c2#1": the client and its number there
	Process  uint32 `json:"process"`        // of the history: a client goes on as a new one after an outcome it did not learn
	Text     string `json:"text"`           // "put k2 7"
	Out      string `json:"out,omitempty"`
	Outcome  string `json:"outcome"` // ok, fail, unknown, open
	Call     uint64 `json:"call"`    // event number
	CallAt   int64  `json:"callAt"`
	Return   uint64 `json:"return,omitempty"` // 0: never
	ReturnAt int64  `json:"returnAt,omitempty"`
	GaveUp   uint64 `json:"gaveUp,omitempty"` // event in which its client stopped waiting; the operation itself is open for ever
	GaveUpAt int64  `json:"gaveUpAt,omitempty"`
	Slot     uint64 `json:"slot,omitempty"`
	Index    uint64 `json:"-"` // in the order of all calls, answers and givings up, from 1: that of the giving up, if it came to that
}

// Fault is one fault of the plan that began.
type Fault struct {
	Index int      `json:"index"` // in the plan
	Kind  string   `json:"kind"`
	From  int64    `json:"from"` // simulated time, nanoseconds
	Until int64    `json:"until"`
	Nodes []string `json:"nodes,omitempty"` // lanes to be shaded: those it happens to; empty: all
	Text  string   `json:"text"`            // faults.Fault.Describe
}

// State is what a replica's state became in an event, in lines of "name value". Only changes are kept.
type State struct {
	Event uint64   `json:"e"`
	Who   string   `json:"w"`
	Lines []string `json:"x"`
}

// Series is a figure over simulated time.
type Series struct {
	Name   string  `json:"name"` // "operations a second", "highest ballot", "latency, ms"
	At     []int64 `json:"at"`
	Values []int64 `json:"values"`
}
