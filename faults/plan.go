package faults

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"simrun/node"
)

// Plan is all the faults of a run, as data: drawn from a seed, made by a property test, or written by hand.
type Plan struct {
	Faults []Fault `json:"faults"`
}

// Fault is one fault. At is when it begins, For how long it lasts; 0 means until the cluster is healed. Which of the other
// fields are used depends on the kind; the rest must be empty.
type Fault struct {
	At   Span `json:"at"`
	For  Span `json:"for,omitempty"`
	Kind Kind `json:"kind"`
	// Stays says that it does not end when the cluster is healed: the rest must get on without its replicas. Only some kinds can, with For 0.
	Stays bool `json:"stays,omitempty"`

	Nodes  []node.ID     `json:"nodes,omitempty"`  // the replicas it happens to, unless some replica has the role when it begins
	Role   Role          `json:"role,omitempty"`   // the replica it happens to is the one that has this role when it begins
	From   []node.Addr   `json:"from,omitempty"`   // the links it happens to: from one of these
	To     []node.Addr   `json:"to,omitempty"`     // to one of these; empty means anybody
	Groups [][]node.Addr `json:"groups,omitempty"` // that are kept apart
	Rate   uint32        `json:"rate,omitempty"`   // how likely it strikes a message, in parts per million
	Delay  Span          `json:"delay,omitempty"`  // how much later things come, or how far a clock jumps
	Period Span          `json:"period,omitempty"` // of what comes and goes, or between two strokes of what strikes again and again

	Bandwidth uint64 `json:"bandwidth,omitempty"` // of each link one way, in bytes a second
	Backlog   uint64 `json:"backlog,omitempty"`   // bytes that may wait for a link, what comes on top is lost; 0 for no limit
	Message   uint8  `json:"message,omitempty"`   // the kind of message, as the protocol numbers them; 0 for any
	Nth       uint64 `json:"nth,omitempty"`       // which message, write or sync of all from its beginning on, from 1

	Drift int64 `json:"drift,omitempty"` // by how much a clock runs fast (above 0) or slow, in parts per million

	On    Trigger `json:"on,omitempty"`    // the step at which a replica stops
	File  string  `json:"file,omitempty"`  // of a write or sync
	After bool    `json:"after,omitempty"` // it stops after the step, not before

	Knobs map[string]int64 `json:"knobs,omitempty"` // switches of the protocol, by name
}

// Shape is what a plan must know of the cluster that it is made for.
type Shape struct {
	Nodes       []node.ID
	Clients     int
	Horizon     Span // faults begin before this
	LatencyMean Span

	// What faults of machines may do, and what they can happen to.
	Files         []string    // names of replicas' files
	Messages      uint8       // kinds of messages go from 1 to this; 0 if that is not known
	Knobs         []LocalKnob // switches that may differ from replica to replica
	Tolerates     int         // replicas whose disks may be damaged, over the whole run
	Wipes         bool        // disks may be emptied
	Members       bool        // the group may change who takes part
	Leads         string      // the knob that says how long the group bears silence of its leader; empty: it keeps none
	Spares        []node.ID   // replicas that are no members at first
	Keys          int         // that operations are about
	Sessions      bool        // clients open sessions
	Lies          bool        // replicas may lie
	BearsDeaf     bool        // a replica that hears nobody for good does not keep others from working
	ClockJumpMax  Span        // how far clocks may jump
	ClockDriftMax int64       // how far they may run fast or slow, in parts per million

	victims []node.ID // whose disks are damaged
	liar    node.ID   // who lies
}

// Has tells whether the cluster has that replica or client.
func (s *Shape) Has(a node.Addr) bool {
	if a.IsClient() {
		return a.Client() > 0 && uint64(a.Client()) <= uint64(s.Clients)
	}
	return slices.Contains(s.Nodes, a.ID())
}

// MaxFaults bounds the length of a plan.
const MaxFaults = 100_000

// Validate refuses a plan that the cluster cannot suffer. The error names the fault by its place in the plan, from 1.
func (p *Plan) Validate(s Shape) error {
	if len(p.Faults) > MaxFaults {
		return fmt.Errorf("plan: %d faults, and at most %d are possible", len(p.Faults), MaxFaults)
	}
	for i := range p.Faults {
		if err := p.Faults[i].validate(s); err != nil {
			return fmt.Errorf("plan: fault %d (%v): %w", i+1, p.Faults[i].Kind, err)
		}
	}
	if err := p.checkStaying(&s); err != nil {
		return err
	}
	if n := p.beats(); n > MaxFaults {
		return fmt.Errorf("plan: its faults would strike %d times, and at most %d are possible", n, MaxFaults)
	}
	return nil
}

// maxSpan bounds every span in a plan, so that sums of spans stay far from overflow: 30 days.
const maxSpan = 30 * 24 * 3600 * Second

// maxNumber bounds every other number in a plan.
const maxNumber = 1_000_000_000_000

func (f *Fault) validate(s Shape) error {
	if f.Kind == 0 || f.Kind >= NumKinds {
		return errors.New("there is no such kind of fault")
	}
	for _, span := range []Span{f.At, f.For, f.Delay, f.Period} {
		if span < 0 || span > maxSpan {
			return fmt.Errorf("%v is out of range: spans go from 0 to 30 days", span)
		}
	}
	for _, id := range f.Nodes {
		if !slices.Contains(s.Nodes, id) {
			return fmt.Errorf("the cluster has no replica %v", id.Addr())
		}
	}
	for _, addrs := range append([][]node.Addr{f.From, f.To}, f.Groups...) {
		for _, a := range addrs {
			if !s.Has(a) {
				return fmt.Errorf("the cluster has no %v", a)
			}
		}
	}
	if f.Role >= NumRoles {
		return fmt.Errorf("there is no role %d", f.Role)
	}
	for _, n := range []uint64{f.Bandwidth, f.Backlog, f.Nth} {
		if n > maxNumber {
			return fmt.Errorf("%d is out of range: numbers go up to %d", n, uint64(maxNumber))
		}
	}
	k := &kinds[f.Kind]
	for _, field := range []struct {
		name        string
		set, wanted bool
	}{
		{"nodes", len(f.Nodes) > 0, k.uses&usesNodes != 0},
		{"from", len(f.From) > 0, k.uses&usesLinks != 0},
		{"to", len(f.To) > 0, k.uses&(usesLinks|usesTo) != 0},
		{"groups", len(f.Groups) > 0, k.uses&usesGroups != 0},
		{"rate", f.Rate > 0, k.uses&usesRate != 0},
		{"delay", f.Delay > 0, k.uses&usesDelay != 0},
		{"role", f.Role > 0, k.uses&usesRole != 0},
		{"period", f.Period > 0, k.uses&usesPeriod != 0},
		{"bandwidth", f.Bandwidth > 0, k.uses&usesBandwidth != 0},
		{"backlog", f.Backlog > 0, k.uses&usesBandwidth != 0},
		{"message", f.Message > 0, k.uses&(usesNth|usesTrigger) != 0},
		{"nth", f.Nth > 0, k.uses&(usesNth|usesTrigger) != 0},
		{"drift", f.Drift != 0, k.uses&usesDrift != 0},
		{"on", f.On != 0, k.uses&usesTrigger != 0},
		{"file", f.File != "", k.uses&usesTrigger != 0},
		{"after", f.After, k.uses&usesTrigger != 0},
		{"knobs", len(f.Knobs) > 0, k.uses&usesKnobs != 0},
	} {
		if field.set && !field.wanted {
			return fmt.Errorf("it has no use for %q", field.name)
		}
	}
	if f.Stays && (!slices.Contains(staying, f.Kind) || f.For > 0 || f.Role != 0 || len(f.To) > 0) {
		return fmt.Errorf(`it cannot be one that "stays": these are of the kinds %v, with no "for", "role" or "to"`, staying)
	}
	if f.Stays && f.At >= s.Horizon {
		return fmt.Errorf("it stays, and never begins: at %v the cluster is healed, and faults begin no more", s.Horizon)
	}
	if k.uses&usesLinks != 0 && f.Vain() {
		return errors.New("no message takes its links: replicas send none to themselves over the network, nor clients to clients")
	}
	if err := k.check(f); err != nil {
		return err
	}
	return f.checkShape(&s)
}

// beats tells whether the fault strikes again every period.
func (f *Fault) beats() bool { return f.Period > 0 && f.Kind < NumKinds && kinds[f.Kind].beat != nil }

// Vain tells whether the fault is about links that no message takes.
func (f *Fault) Vain() bool {
	return idle(f.From, f.To) || kinds[f.Kind].uses&usesTo != 0 && idle(ids(f.Nodes), f.To)
}

// idle tells whether there is never a message from one of these to one of those.
func idle(from, to []node.Addr) bool {
	if len(from) == 0 || len(to) == 0 {
		return false
	}
	for _, a := range from {
		for _, b := range to {
			if a != b && !(a.IsClient() && b.IsClient()) {
				return false
			}
		}
	}
	return true
}

// DecodePlan reads a plan in JSON, refusing fields that it does not know.
func DecodePlan(r io.Reader) (Plan, error) {
	d := json.NewDecoder(r)
	d.DisallowUnknownFields()
	var p Plan
	if err := d.Decode(&p); err != nil {
		return Plan{}, fmt.Errorf("plan: %w", err)
	}
	if _, err := d.Token(); err != io.EOF {
		return Plan{}, errors.New("plan: there is something behind it")
	}
	return p, nil
}

// Encode writes the plan as indented JSON.
func (p *Plan) Encode(w io.Writer) error {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetIndent("", "  ")
	if err := e.Encode(p); err != nil {
		return err
	}
	_, err := b.WriteTo(w)
	return err
}

// Step is a moment at which a fault begins, strikes again, or ends.
type Step struct {
	At    Span
	Index int // of the fault in the plan
	End   bool
	Beat  int // 1 or more: the fault strikes again, for that time
}

// beats returns how often faults of the plan strike again.
func (p *Plan) beats() (n Span) {
	for i := range p.Faults {
		if f := &p.Faults[i]; f.beats() {
			n += f.For / f.Period
		}
	}
	return n
}

// Steps appends the moments of the plan to buf, in order of time; at one time ends come before beginnings, and then the
// order is that of the plan.
func (p *Plan) Steps(buf []Step) []Step {
	start := len(buf)
	for i := range p.Faults {
		f := &p.Faults[i]
		buf = append(buf, Step{At: f.At, Index: i})
		for n := 1; f.beats() && Span(n)*f.Period < f.For; n++ {
			buf = append(buf, Step{At: f.At + Span(n)*f.Period, Index: i, Beat: n})
		}
		if f.For > 0 {
			buf = append(buf, Step{At: f.At + f.For, Index: i, End: true})
		}
	}
	slices.SortFunc(buf[start:], func(a, b Step) int {
		switch {
		case a.At != b.At:
			return cmp.Compare(a.At, b.At)
		case a.End != b.End && a.End:
			return -1
		case a.End != b.End:
			return 1
		}
		return cmp.Compare(a.Index, b.Index)
	})
	return buf
}

// Describe tells the fault in one line: "120ms +300ms partition {n1 n2 | n3 n4 n5}". The messages are what the protocol calls its kinds of
// messages, by number; a kind that has no name is told as its number.
func (f *Fault) Describe(messages []string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%v ", f.At)
	if f.For > 0 {
		fmt.Fprintf(&b, "+%v ", f.For)
	} else if f.Stays {
		b.WriteString("for good ")
	} else {
		b.WriteString("until healed ")
	}
	b.WriteString(f.Kind.String())
	if f.Role != 0 {
		b.WriteString(" the " + f.Role.String())
	}
	if f.Role != 0 && len(f.Nodes) > 0 {
		b.WriteString(" or")
	}
	if len(f.Nodes) > 0 {
		b.WriteString(" " + join(ids(f.Nodes)))
	}
	if kinds[min(f.Kind, NumKinds-1)].uses&usesTo != 0 {
		b.WriteString(" against " + anybody(f.To))
	}
	if len(f.Groups) > 0 {
		parts := make([]string, len(f.Groups))
		for i, g := range f.Groups {
			parts[i] = join(g)
		}
		b.WriteString(" {" + strings.Join(parts, " | ") + "}")
	}
	if kinds[min(f.Kind, NumKinds-1)].uses&usesLinks != 0 {
		fmt.Fprintf(&b, " %s -> %s", anybody(f.From), anybody(f.To))
	}
	if f.Rate > 0 {
		fmt.Fprintf(&b, " %s%%", strings.TrimRight(strings.TrimRight(fmt.Sprintf("%d.%04d", f.Rate/10_000, f.Rate%10_000), "0"), "."))
	}
	if f.Delay > 0 {
		fmt.Fprintf(&b, " by %v", f.Delay)
	}
	if f.Period > 0 && f.Rate > 0 {
		b.WriteString(" of")
	}
	if f.Period > 0 {
		fmt.Fprintf(&b, " every %v", f.Period)
	}
	if f.Bandwidth > 0 {
		fmt.Fprintf(&b, " to %d bytes/s", f.Bandwidth)
	}
	if f.Backlog > 0 {
		fmt.Fprintf(&b, " with a queue of %d bytes", f.Backlog)
	}
	if f.Nth > 0 && f.On == 0 {
		fmt.Fprintf(&b, " number %d", f.Nth)
	}
	if f.Message > 0 && f.On == 0 {
		b.WriteString(" of " + kindOf(f.Message, messages))
	}
	b.WriteString(f.describeMachine(messages))
	return b.String()
}

func kindOf(message uint8, names []string) string {
	if int(message) < len(names) && names[message] != "" {
		return names[message]
	}
	return fmt.Sprintf("kind %d", message)
}

// ids returns the addresses of replicas.
func ids(nodes []node.ID) []node.Addr {
	addrs := make([]node.Addr, len(nodes))
	for i, id := range nodes {
		addrs[i] = id.Addr()
	}
	return addrs
}

func join(addrs []node.Addr) string {
	words := make([]string, len(addrs))
	for i, a := range addrs {
		words[i] = a.String()
	}
	return strings.Join(words, " ")
}

func anybody(addrs []node.Addr) string {
	if len(addrs) == 0 {
		return "all"
	}
	return join(addrs)
}
