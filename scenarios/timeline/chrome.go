package timeline

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
)

// chromeEvent is an event of the Trace Event Format, which Perfetto and chrome://tracing open.
type chromeEvent struct {
	Name  string         `json:"name,omitempty"`
	Cat   string         `json:"cat,omitempty"`
	Phase string         `json:"ph"`
	Time  json.Number    `json:"ts,omitempty"` // microseconds
	Long  json.Number    `json:"dur,omitempty"`
	Pid   int            `json:"pid"`
	Tid   int            `json:"tid"`
	ID    uint64         `json:"id,omitempty"`
	Bind  string         `json:"bp,omitempty"`
	Scope string         `json:"s,omitempty"`
	Args  map[string]any `json:"args,omitempty"`
}

// The processes of the picture.
const (
	chromeCluster = iota + 1 // a thread for every replica and client
	chromeOps                // a thread for every client
	chromeFaults             // a thread for every fault
)

// WriteChrome writes the run as Chrome trace JSON: lanes are threads, what happens on them are slices of a microsecond,
// messages are flows between these, operations and faults are slices as long as they last, and so is a replica's being down.
func WriteChrome(w io.Writer, t *Timeline) error {
	b := bufio.NewWriter(w)
	fmt.Fprint(b, `{"displayTimeUnit":"ms","traceEvents":[`)
	first := true
	var failed error
	put := func(e chromeEvent) {
		text, err := json.Marshal(e)
		if err != nil {
			failed = err
			return
		}
		if !first {
			fmt.Fprint(b, ",")
		}
		first = false
		fmt.Fprintf(b, "\n%s", text)
	}
	t.chromeNames(put)
	t.chromeSpans(put)
	t.chromeRecords(put)
	fmt.Fprint(b, "\n]}\n")
	if failed != nil {
		return failed
	}
	return b.Flush()
}

func (t *Timeline) chromeNames(put func(chromeEvent)) {
	name := func(what, name string, pid, tid int) {
		put(chromeEvent{Name: what, Phase: "M", Pid: pid, Tid: tid, Args: map[string]any{"name": name}})
	}
	name("process_name", fmt.Sprintf("%s seed %d", t.Scenario, t.Seed), chromeCluster, 0)
	name("process_name", "operations", chromeOps, 0)
	name("process_name", "faults", chromeFaults, 0)
	for lane := range t.Nodes + t.Clients {
		name("thread_name", t.laneName(lane), chromeCluster, lane+1)
		if lane >= t.Nodes {
			name("thread_name", t.laneName(lane), chromeOps, lane+1)
		}
	}
}

func (t *Timeline) chromeSpans(put func(chromeEvent)) {
	places := NewClocks(t.Nodes, t.Clients, false)
	for _, o := range t.Ops {
		end := t.End
		switch {
		case o.Return > 0:
			end = o.ReturnAt
		case o.GaveUp > 0:
			end = o.GaveUpAt
		}
		put(chromeEvent{
			Name: o.String(), Cat: "operation", Phase: "X", Time: microseconds(o.CallAt), Long: microseconds(end - o.CallAt),
			Pid: chromeOps, Tid: places.place(o.Client) + 1, Args: map[string]any{"outcome": o.Outcome, "slot": o.Slot},
		})
	}
	for i, f := range t.Faults {
		put(chromeEvent{
			Name: f.Kind, Cat: "fault", Phase: "X", Time: microseconds(f.From), Long: microseconds(f.Until - f.From),
			Pid: chromeFaults, Tid: i + 1, Args: map[string]any{"fault": f.Text},
		})
	}
}

func (t *Timeline) chromeRecords(put func(chromeEvent)) {
	ends := map[uint64]int{} // how many of a flow's two ends are among the records
	for i := range t.Records {
		switch r := &t.Records[i]; {
		case r.Message == 0:
		case r.Kind == "send" || r.Kind == "copy":
			ends[r.Message] = 1
		case (r.Kind == "recv" || r.Kind == "deaf") && ends[r.Message] == 1:
			ends[r.Message] = 2
		}
	}
	places := NewClocks(t.Nodes, t.Clients, false)
	down := map[string]int64{}
	for i := range t.Records {
		r := &t.Records[i]
		if r.Who == "" {
			continue
		}
		tid := places.place(r.Who) + 1
		text := r.Kind
		if r.Text != "" {
			text += " " + r.Text
		}
		args := map[string]any{"event": r.Event, "lamport": r.Lamport}
		if r.Peer != "" {
			args["peer"] = r.Peer
		}
		put(chromeEvent{Name: text, Cat: r.Kind, Phase: "X", Time: microseconds(r.At), Long: "0.001", Pid: chromeCluster, Tid: tid, Args: args})
		flow := chromeEvent{Name: r.Name, Cat: "message", Time: microseconds(r.At), Pid: chromeCluster, Tid: tid, ID: r.Message}
		if flow.Name == "" {
			flow.Name = "message"
		}
		switch r.Kind {
		case "send", "copy":
			flow.Phase = "s"
		case "recv", "deaf":
			flow.Phase, flow.Bind = "f", "e"
		case "crash":
			down[r.Who] = r.At
		case "start":
			if since, was := down[r.Who]; was {
				put(chromeEvent{Name: "down", Cat: "crash", Phase: "X", Time: microseconds(since), Long: microseconds(r.At - since), Pid: chromeCluster, Tid: tid})
			}
			delete(down, r.Who)
		case "VIOLATION":
			put(chromeEvent{Name: text, Cat: "violation", Phase: "i", Time: microseconds(r.At), Pid: chromeCluster, Tid: tid, Scope: "g"})
		}
		if flow.Phase != "" && ends[r.Message] == 2 {
			put(flow)
		}
	}
	for lane := range t.Nodes {
		who := t.laneName(lane)
		if since, was := down[who]; was {
			put(chromeEvent{Name: "down", Cat: "crash", Phase: "X", Time: microseconds(since), Long: microseconds(t.End - since), Pid: chromeCluster, Tid: lane + 1})
		}
	}
}

func microseconds(ns int64) json.Number {
	return json.Number(fmt.Sprintf("%d.%03d", ns/1000, ns%1000))
}
