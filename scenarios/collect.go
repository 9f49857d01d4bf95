package scenarios

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"simrun/checker"
	"simrun/faults"
	"simrun/node"
	"simrun/node/fact"
	"simrun/scenarios/timeline"
	"simrun/sim"
)

// CollectOptions say what is collected of a run.
type CollectOptions struct {
	Profile string // that the input was drawn from, to be told
	Build   string // in a line, to be told
	// MaxRecords bounds the records, operations and states that are kept, each: the last ones. Faults,
	// crashes and restarts from before are kept too. 0 means DefaultMaxRecords.
	MaxRecords int
	Vector     bool   // give records vector clocks
	MaxEvents  uint64 // give up after that many; 0: never
	// Progress is called now and then with the number of events handled. May be nil.
	Progress func(events uint64)
}

// DefaultMaxRecords is how many records are kept unless something else is asked for.
const DefaultMaxRecords = 50_000

// Collected is a run and all that was collected of it.
type Collected struct {
	Result
	Timeline timeline.Timeline // its story included
	Hashes   []Checkpoint
}

// Collect runs the input and tells it as a timeline. If the run is cut short, by the context or because it has more than
// MaxEvents events, what there is until then is returned with the error, with no verdict and no story.
func Collect(ctx context.Context, s Scenario, in Input, o CollectOptions) (Collected, error) {
	if o.MaxRecords <= 0 {
		o.MaxRecords = DefaultMaxRecords
	}
	c := s.NewCluster()
	defer c.Close()
	c.Reset(in)
	k := newCollector(c, s, in, o)
	c.Trace(k.record)
	if len(in.Fates) > 0 {
		c.Strikes(k.strike)
	}
	for n := uint64(1); ; n++ {
		if n%1024 == 0 {
			if o.Progress != nil {
				o.Progress(n)
			}
			if ctx.Err() != nil {
				k.options.MaxRecords = min(k.options.MaxRecords, DefaultMaxRecords) // whoever interrupts does not want to wait for millions
				return k.collected(s, in, checker.Verdict{}), ctx.Err()
			}
		}
		v, done := c.Run(n)
		k.hashes.add(Checkpoint{n, c.Hash()})
		k.describe(n)
		if done {
			return k.collected(s, in, v), nil
		}
		if n == o.MaxEvents {
			return k.collected(s, in, v), fmt.Errorf("the run is not over after %d events", n)
		}
	}
}

func (k *collector) collected(s Scenario, in Input, v checker.Verdict) Collected {
	r := Result{Input: in, Verdict: v, Hash: k.cluster.Hash(), Stats: k.cluster.Stats(), States: slices.Clone(k.cluster.States())}
	return Collected{Result: r, Timeline: k.finish(s, r), Hashes: k.hashes.all()}
}

// collector gathers a timeline as the run goes.
type collector struct {
	cluster Cluster
	options CollectOptions
	t       timeline.Timeline
	clocks  *timeline.Clocks
	hashes  checkpoints

	cutRecords, cutStates uint64
	values                []uint64 // digest of what each record is about
	touched               []node.ID
	described             [][]string     // by replica
	calls                 map[string]int // operations by name
	ticks                 uint64         // calls, answers and givings up so far: the event numbers of the history
	begun                 []bool         // faults of the plan
	plan                  []faults.Fault // that
	fates                 []Exception    // that have not met their message
	highest               uint64         // round of a ballot
	elections, finished   int64          // so far
	messages              messageNames
	bucket                int64            // of the count of operations
	latency, rounds       *timeline.Series // and so on
	led, done             *timeline.Series
}

// bucketSpan is how long operations are counted for one point of their series, in nanoseconds.
const bucketSpan = int64(100 * faults.Millisecond)

func newCollector(c Cluster, s Scenario, in Input, o CollectOptions) *collector {
	k := &collector{
		cluster: c, options: o, messages: s.messages, plan: in.Plan.Faults, fates: slices.Clone(in.Fates), begun: make([]bool, len(in.Plan.Faults)),
		described: make([][]string, in.Config.Nodes+1), calls: map[string]int{},
		clocks: timeline.NewClocks(in.Config.Nodes, in.Config.Clients, o.Vector),
		done:   &timeline.Series{Name: "operations in 100 ms"}, latency: &timeline.Series{Name: "latency, us"},
		rounds: &timeline.Series{Name: "highest ballot, round"}, led: &timeline.Series{Name: "elections"},
	}
	k.t = timeline.Timeline{Nodes: in.Config.Nodes, Clients: in.Config.Clients, Records: []timeline.Record{}, Ops: []timeline.Op{}, Faults: []timeline.Fault{}}
	return k
}

// TimelineRecord translates a record, which has no logical clocks then, and no name for its value.
func TimelineRecord(r sim.Record) timeline.Record {
	x := timeline.Record{
		Event: r.Event, At: r.At, Kind: r.Kind.String(), Message: r.Message, Name: r.Name, Text: r.Text, Slot: r.Slot,
	}
	if r.Who != 0 {
		x.Who = r.Who.String()
	}
	if r.Peer != 0 {
		x.Peer = r.Peer.String()
	}
	if r.Ballot != 0 {
		x.Ballot = r.Ballot.String()
	}
	return x
}

// record takes in a record of the trace.
func (k *collector) record(r sim.Record) {
	x := TimelineRecord(r)
	k.clocks.Stamp(&x)
	if len(k.t.Records) == 2*k.options.MaxRecords {
		k.keepLast()
	}
	k.t.Records = append(k.t.Records, x)
	k.values = append(k.values, r.Value)
	if id := r.Who.ID(); id != 0 && !slices.Contains(k.touched, id) {
		k.touched = append(k.touched, id)
	}
	k.figures(&r)
	switch r.Kind {
	case sim.Called:
		k.called(&x)
	case sim.Returned:
		k.returned(&x)
	case sim.FaultOn:
		k.fault(&x)
	case sim.PhaseSet: // whatever is on ends now
		for i := range k.t.Faults {
			k.t.Faults[i].Until = min(k.t.Faults[i].Until, r.At)
		}
	}
}

// landmarks are the kinds of records that are kept of the beginning of a long run too.
var landmarks = func() map[string]bool {
	kinds := map[string]bool{}
	for _, k := range []sim.RecordKind{sim.Crashed, sim.Started, sim.FaultOn, sim.FaultOff, sim.PhaseSet, sim.Violation} {
		kinds[k.String()] = true
	}
	return kinds
}()

// keepLast leaves no more records than are to be kept: the last ones, and of those before them landmarks, which make up half
// of all at most.
func (k *collector) keepLast() {
	bound, records := k.options.MaxRecords, k.t.Records
	cut, marks := 0, 0 // of the first cut records, marks are landmarks
	for ; min(marks, bound/2)+len(records)-cut > bound; cut++ {
		if landmarks[records[cut].Kind] {
			marks++
		}
	}
	if cut == 0 {
		return
	}
	surplus := marks - min(marks, bound/2) // landmarks that go as well: the first
	n := 0
	for i := range records {
		if i < cut {
			if !landmarks[records[i].Kind] {
				continue
			}
			if surplus > 0 {
				surplus--
				continue
			}
		}
		records[n], k.values[n] = records[i], k.values[i]
		n++
	}
	k.cutRecords += uint64(len(records) - n)
	k.t.Records, k.values = records[:n], k.values[:n]
}

func (k *collector) called(x *timeline.Record) {
	_, text, _ := strings.Cut(x.Text, " ") // behind its number
	k.ticks++
	k.calls[x.Name] = len(k.t.Ops)
	k.t.Ops = append(k.t.Ops, timeline.Op{Client: x.Who, Name: x.Name, Text: text, Call: x.Event, CallAt: x.At})
}

func (k *collector) returned(x *timeline.Record) {
	o := &k.t.Ops[k.calls[x.Name]]
	delete(k.calls, x.Name)
	k.ticks++
	if x.Peer == "" {
		o.GaveUp, o.GaveUpAt, o.Index = x.Event, x.At, k.ticks
		return
	}
	o.Return, o.ReturnAt = x.Event, x.At
	k.latency.At = append(k.latency.At, x.At)
	k.latency.Values = append(k.latency.Values, (x.At-o.CallAt)/1000)
	k.count(x.At, 1)
}

// count adds to the operations completed, in the point of their time.
func (k *collector) count(at, n int64) {
	for ; k.bucket+bucketSpan <= at; k.bucket += bucketSpan {
		k.done.At, k.done.Values = append(k.done.At, k.bucket), append(k.done.Values, k.finished)
		k.finished = 0
	}
	k.finished += n
}

// fault takes note of a fault that begins: the first one of those that are described like this and have not begun.
func (k *collector) fault(x *timeline.Record) {
	text, whom, byRole := strings.Cut(x.Text, roleMark)
	for i := range k.plan {
		f := &k.plan[i]
		if k.begun[i] || f.Describe(k.messages) != text {
			continue
		}
		k.begun[i] = true
		until := int64(1<<63 - 1)
		if f.For > 0 {
			until = x.At + int64(f.For)
		}
		lanes := lanesOf(f)
		if byRole {
			lanes = slices.DeleteFunc(strings.Fields(whom), func(s string) bool { return s == nobody })
		}
		k.t.Faults = append(k.t.Faults, timeline.Fault{
			Index: i, Kind: f.Kind.String(), From: x.At, Until: until, Nodes: lanes, Text: x.Text,
		})
		return
	}
}

// strike takes note of a message whose fate an exception fixed: it is told among the faults, and has no length.
func (k *collector) strike(e Exception) {
	for i := range k.fates {
		if f := &k.fates[i]; f.Fate == e.Fate && f.names(&e) {
			at := k.cluster.Stats().Simulated
			k.t.Faults = append(k.t.Faults, timeline.Fault{
				Index: len(k.t.Faults), Kind: "message", From: at, Until: at + 1, Nodes: []string{f.From.String(), f.To.String()}, Text: f.Describe(k.messages),
			})
			k.fates = slices.Delete(k.fates, i, i+1)
			return
		}
	}
}

// lanesOf returns whom a fault happens to; nobody stands for all.
func lanesOf(f *faults.Fault) []string {
	var addrs []node.Addr
	for _, id := range f.Nodes {
		addrs = append(addrs, id.Addr())
	}
	addrs = slices.Concat(append([][]node.Addr{addrs, f.From, f.To}, f.Groups...)...)
	slices.Sort(addrs)
	var lanes []string
	for _, a := range slices.Compact(addrs) {
		lanes = append(lanes, a.String())
	}
	return lanes
}

// figures follows what is plotted over time.
func (k *collector) figures(r *sim.Record) {
	if round := r.Ballot.Round(); round > k.highest {
		k.highest = round
		k.rounds.At, k.rounds.Values = append(k.rounds.At, r.At), append(k.rounds.Values, int64(round))
	}
	if r.Kind == sim.Observed && r.Name == fact.Leading.String() {
		k.elections++
		k.led.At, k.led.Values = append(k.led.At, r.At), append(k.led.Values, k.elections)
	}
}

// describe takes note of the states of the replicas that something happened to in an event, where they changed.
func (k *collector) describe(event uint64) {
	for _, id := range k.touched {
		lines := k.cluster.Describe(id)
		if slices.Equal(lines, k.described[id]) {
			continue
		}
		k.described[id] = lines
		if len(k.t.States) == 2*k.options.MaxRecords {
			half := k.options.MaxRecords
			k.t.States = k.t.States[:copy(k.t.States, k.t.States[half:])]
			k.cutStates += uint64(half)
		}
		if lines == nil {
			lines = []string{"down"}
		}
		k.t.States = append(k.t.States, timeline.State{Event: event, Who: id.Addr().String(), Lines: lines})
	}
	k.touched = k.touched[:0]
}

// finish completes the timeline of a run that is over.
func (k *collector) finish(s Scenario, r Result) timeline.Timeline {
	t := &k.t
	t.Scenario, t.Seed, t.Profile, t.Build = s.Name, r.Seed, k.options.Profile, k.options.Build
	t.Verdict, t.Fingerprint, t.Detail = r.Verdict.Kind.String(), r.Verdict.Fingerprint, r.Verdict.Detail
	t.TraceHash, t.Events, t.End = r.Hash.String(), r.Stats.Events, r.Stats.Simulated
	t.Config = r.Config.Lines()
	for i := range t.Faults {
		t.Faults[i].Until = min(t.Faults[i].Until, t.End)
	}
	k.keepLast()
	k.name()
	k.judge()
	t.History, t.Model, t.AllOps = *k.cluster.History(), k.cluster.Model(), t.Ops
	k.count(t.End+bucketSpan, 0)
	for _, series := range []*timeline.Series{k.done, k.latency, k.rounds, k.led} {
		if len(series.At) > 0 {
			t.Series = append(t.Series, *series)
		}
	}
	k.cut()
	t.Story = t.Tell()
	return *t
}

// name gives the values in records their names.
func (k *collector) name() {
	names := k.cluster.Names()
	for i, value := range k.values {
		if value != 0 {
			k.t.Records[i].Value = names[value]
		}
	}
	what := map[string]string{}
	for _, o := range k.t.Ops {
		what[o.Name] = o.Text
	}
	k.t.Digests = map[string]string{}
	for _, digest := range slices.Sorted(maps.Keys(names)) {
		name := names[digest]
		if text := what[name]; text != "" {
			name += " (" + text + ")"
		}
		k.t.Digests[fmt.Sprintf("%08x", uint32(digest))] = name
	}
}

// judge adds what the history says of the operations. Its operations are in order of their calls, as those of the
// timeline are.
func (k *collector) judge() {
	witness := map[uint64]uint64{} // calls and returns
	last, ended := -1, uint64(0)
	for _, o := range k.cluster.Witness() {
		witness[o.Call] = o.Return
	}
	for i, o := range k.cluster.History().Ops {
		if i == len(k.t.Ops) {
			break // it was called in a handler that panicked
		}
		x := &k.t.Ops[i]
		x.Process, x.Outcome, x.Slot = o.Client, o.Outcome.String(), o.Slot
		if o.Outcome == checker.OK {
			x.Out = strconv.FormatInt(o.Out, 10)
			if o.Ext > 0 {
				x.Out = listed(k.cluster.History().Ext[o.Ext-1].Out)
			}
		}
		end, found := witness[o.Call]
		switch {
		case !found:
			continue
		case end != checker.Never && end > ended: // where it went wrong: others may have returned later, which does not matter
			if last >= 0 {
				k.t.Witness = append(k.t.Witness, last)
			}
			last, ended = i, end
			continue
		}
		k.t.Witness = append(k.t.Witness, i)
	}
	if last >= 0 {
		slices.Sort(k.t.Witness)
		k.t.Witness = append(k.t.Witness, last)
	}
}

// cut keeps to the bounds, and says what was left out.
func (k *collector) cut() {
	t, bound := &k.t, k.options.MaxRecords
	var parts []string
	if n := len(t.States) - bound; n > 0 {
		t.States, k.cutStates = t.States[n:], k.cutStates+uint64(n)
	}
	if k.cutRecords > 0 {
		parts = append(parts, fmt.Sprintf("%d records (faults, crashes and restarts are kept)", k.cutRecords))
	}
	if k.cutStates > 0 {
		parts = append(parts, fmt.Sprintf("%d states", k.cutStates))
	}
	if n := len(t.Ops) - bound; n > 0 {
		parts = append(parts, fmt.Sprintf("%d operations", n))
		t.Ops = t.Ops[n:]
		t.Witness = slices.DeleteFunc(t.Witness, func(i int) bool { return i < n })
		for i := range t.Witness {
			t.Witness[i] -= n
		}
	}
	if len(parts) > 0 {
		t.Cut = "left out, the first of each: " + strings.Join(parts, ", ")
	}
}

// Lines tells a configuration in a few lines, in the words of an artifact.
func (c Config) Lines() []string {
	text, err := json.Marshal(c)
	if err != nil {
		panic("scenarios: a configuration cannot be written as JSON: " + err.Error())
	}
	const width = 100
	words := strings.Split(strings.NewReplacer("\"", "", ":{", " {", ":", " ").Replace(string(text[1:len(text)-1])), ",")
	lines := words[:1]
	for _, word := range words[1:] {
		last := &lines[len(lines)-1]
		if len(*last)+len(word) > width {
			*last += ","
			lines = append(lines, word)
			continue
		}
		*last += ", " + word
	}
	return lines
}
