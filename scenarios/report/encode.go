package report

import (
	"encoding/json"
	"strconv"
	"strings"

	"simrun/scenarios/timeline"
)

// data is a run as the page gets it. Records stand in columns, texts once in a table, numbers that grow as differences: a record costs
// some 40 bytes instead of 200. Numbers that could be beyond what JavaScript counts exactly (2^53) are texts: the seed, slots, and the
// numbers of messages, which are counted anew from 1.
//
// It is JSON as encoding/json writes it, which escapes <, > and &, so that no text of a run can end the script element it stands in.
type data struct {
	Scenario    string       `json:"scenario"`
	Seed        string       `json:"seed"`
	Profile     string       `json:"profile"`
	Build       string       `json:"build"`
	Verdict     string       `json:"verdict"`
	Fingerprint string       `json:"fingerprint"`
	Detail      string       `json:"detail"`
	TraceHash   string       `json:"traceHash"`
	Events      uint64       `json:"events"`
	End         int64        `json:"end"`
	Nodes       int          `json:"nodes"`
	Cut         string       `json:"cut"`
	Config      []string     `json:"config"`
	Story       []string     `json:"story"`
	Witness     []int        `json:"witness"`
	Lanes       []string     `json:"lanes"`
	Texts       []string     `json:"texts"` // the first is empty
	Records     columns      `json:"records"`
	Ops         [][10]int64  `json:"ops"` // lane, process, text, out, outcome, call, callAt, return, returnAt, slot
	Faults      []fault      `json:"faults"`
	States      []stateEntry `json:"states"`
	Series      []series     `json:"series"`
}

// columns are the records. Lanes count from 0, -1 is none; the rest of what is not a number is a place in the table of texts.
type columns struct {
	Event   []int64    `json:"event"` // difference from the record before
	At      []int64    `json:"at"`    // likewise
	Kind    []int64    `json:"kind"`
	Who     []int64    `json:"who"`
	Peer    []int64    `json:"peer"`
	Message []int64    `json:"message"` // 0: none
	Name    []int64    `json:"name"`
	Text    []int64    `json:"text"`
	Slot    []int64    `json:"slot"`
	Ballot  []int64    `json:"ballot"`
	Lamport []int64    `json:"lamport"`
	Clock   [][]uint64 `json:"clock"` // empty if no record has one
}

type fault struct {
	Kind  string `json:"kind"`
	From  int64  `json:"from"`
	Until int64  `json:"until"`
	Lanes []int  `json:"lanes"`
	Text  string `json:"text"`
	Index int    `json:"index"`
}

type stateEntry struct {
	Event uint64  `json:"event"`
	Lane  int     `json:"lane"`
	Lines []int64 `json:"lines"`
}

type series struct {
	Name   string  `json:"name"`
	At     []int64 `json:"at"`
	Values []int64 `json:"values"`
}

// table gives each text a place, in the order in which they come.
type table struct {
	places map[string]int
	texts  []string
}

func newTable(texts ...string) *table {
	t := &table{places: map[string]int{}}
	for _, text := range texts {
		t.place(text)
	}
	return t
}

func (t *table) place(text string) int64 {
	at, known := t.places[text]
	if !known {
		at = len(t.texts)
		t.places[text] = at
		t.texts = append(t.texts, text)
	}
	return int64(at)
}

func encode(t *timeline.Timeline) ([]byte, error) {
	texts, lanes := newTable(""), newTable()
	for i := range t.Nodes {
		lanes.place("n" + strconv.Itoa(i+1))
	}
	for i := range t.Clients {
		lanes.place("c" + strconv.Itoa(i+1))
	}
	lane := func(who string) int64 {
		if who == "" {
			return -1
		}
		return lanes.place(who)
	}
	d := data{
		Scenario: t.Scenario, Seed: strconv.FormatUint(t.Seed, 10), Profile: t.Profile, Build: t.Build, Verdict: t.Verdict,
		Fingerprint: t.Fingerprint, Detail: t.Detail, TraceHash: t.TraceHash, Events: t.Events, End: t.End, Nodes: t.Nodes, Cut: t.Cut,
		Config: some(t.Config), Story: some(t.Story), Witness: []int{}, Records: encodeRecords(t.Records, texts, lane),
		Ops: make([][10]int64, 0, len(t.Ops)), Faults: []fault{}, States: []stateEntry{}, Series: []series{},
	}
	for _, at := range t.Witness {
		if at >= 0 && at < len(t.Ops) {
			d.Witness = append(d.Witness, at)
		}
	}
	stands := len(t.Witness) == 0 && strings.HasPrefix(t.Fingerprint, "liveness:")
	for i := range t.Ops {
		op := &t.Ops[i]
		if stands && op.Outcome == "open" { // what a run that came to a standstill is about
			d.Witness = append(d.Witness, i)
		}
		d.Ops = append(d.Ops, [10]int64{
			lane(op.Client), int64(op.Process), texts.place(op.Text), texts.place(op.Out), texts.place(op.Outcome),
			int64(op.Call), op.CallAt, int64(op.Return), op.ReturnAt, number(texts, op.Slot),
		})
	}
	for _, f := range t.Faults {
		on := []int{}
		for _, who := range f.Nodes {
			on = append(on, int(lane(who)))
		}
		d.Faults = append(d.Faults, fault{Kind: f.Kind, From: f.From, Until: f.Until, Lanes: on, Text: f.Text, Index: f.Index})
	}
	for _, s := range t.States {
		lines := make([]int64, 0, len(s.Lines))
		for _, line := range s.Lines {
			lines = append(lines, texts.place(line))
		}
		d.States = append(d.States, stateEntry{Event: s.Event, Lane: int(lane(s.Who)), Lines: lines})
	}
	for _, s := range t.Series {
		n := min(len(s.At), len(s.Values))
		d.Series = append(d.Series, series{Name: s.Name, At: some(s.At[:n]), Values: some(s.Values[:n])})
	}
	d.Texts, d.Lanes = texts.texts, some(lanes.texts)
	return json.Marshal(&d)
}

func encodeRecords(records []timeline.Record, texts *table, lane func(string) int64) columns {
	n := len(records)
	c := columns{
		Event: make([]int64, n), At: make([]int64, n), Kind: make([]int64, n), Who: make([]int64, n), Peer: make([]int64, n),
		Message: make([]int64, n), Name: make([]int64, n), Text: make([]int64, n), Slot: make([]int64, n), Ballot: make([]int64, n),
		Lamport: make([]int64, n), Clock: [][]uint64{},
	}
	messages := map[uint64]int64{}
	var event uint64
	var at int64
	clocks := false
	for i := range records {
		r := &records[i]
		c.Event[i], event = int64(r.Event-event), r.Event
		c.At[i], at = r.At-at, r.At
		c.Kind[i], c.Name[i], c.Text[i], c.Ballot[i] = texts.place(r.Kind), texts.place(r.Name), texts.place(r.Text), texts.place(r.Ballot)
		c.Who[i], c.Peer[i] = lane(r.Who), lane(r.Peer)
		c.Slot[i], c.Lamport[i] = number(texts, r.Slot), int64(r.Lamport)
		if r.Message != 0 {
			if messages[r.Message] == 0 {
				messages[r.Message] = int64(len(messages) + 1)
			}
			c.Message[i] = messages[r.Message]
		}
		clocks = clocks || len(r.Clock) > 0
	}
	if clocks {
		for i := range records {
			c.Clock = append(c.Clock, some(records[i].Clock))
		}
	}
	return c
}

// number places a number that is written as text; 0 is none.
func number(texts *table, n uint64) int64 {
	if n == 0 {
		return 0
	}
	return texts.place(strconv.FormatUint(n, 10))
}

// some makes an empty list of none, which JSON would write as null.
func some[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
