package scenarios

import (
	"encoding/json"
	"fmt"

	"simrun/faults"
	"simrun/netsim"
	"simrun/node"
	"simrun/sim"
)

// Input is all that decides a run, apart from the build. What follows the plan is empty in a run as drawn: it is how a run is reduced, and how
// it is sent another way from some event on.
type Input struct {
	Seed   uint64      `json:"seed"`
	Config Config      `json:"config"`
	Plan   faults.Plan `json:"plan"`

	// Skip leaves operations of the safety phase out: those with these numbers, from 0, in ascending order. The client
	// whose turn it is lets it pass; the others keep their numbers, and so what they are about.
	Skip []int `json:"skip,omitempty"`
	// Fates fixes what becomes of single messages, until the cluster is healed.
	Fates []Exception `json:"fates,omitempty"`
	// Reseed gives the run another seed from some event on. In ascending order of events.
	Reseed []Reseed `json:"reseed,omitempty"`
}

// Exception fixes what becomes of one message: see netsim.Exception.
type Exception struct {
	Fate    netsim.Fate `json:"fate"`
	From    node.Addr   `json:"from"`
	To      node.Addr   `json:"to"`
	Kind    netsim.Kind `json:"kind"`
	Key     uint64      `json:"key"`
	Attempt uint64      `json:"attempt,omitempty"` // how often such a message was sent before
	Delay   faults.Span `json:"delay,omitempty"`   // how much later, for delay and duplicate
	Note    string      `json:"note,omitempty"`    // the message in words, for people; it decides nothing
}

// Reseed says: once Event events are handled, what is drawn for messages, disks, replicas and clients is drawn from the seed mixed with Salt. The
// plan stays as it is.
type Reseed struct {
	Event uint64 `json:"event"`
	Salt  uint64 `json:"salt"`
}

// names tells whether two exceptions are about one message.
func (e *Exception) names(o *Exception) bool {
	return e.From == o.From && e.To == o.To && e.Kind == o.Kind && e.Key == o.Key && e.Attempt == o.Attempt
}

// Describe tells the exception in one line: "drop n2 -> n3 Accept 3.1 (second time)". The messages are what the protocol calls its kinds of messages
// (Scenario.MessageNames).
func (e *Exception) Describe(messages []string) string {
	what := e.Note
	if what == "" {
		what = fmt.Sprintf("message of kind %s, key %d", messageNames(messages).text(e.Kind), e.Key)
	}
	s := fmt.Sprintf("%v %v -> %v %s", e.Fate, e.From, e.To, what)
	if e.Attempt > 0 {
		s += fmt.Sprintf(" (sent for the %d. time)", e.Attempt+1)
	}
	if e.Delay > 0 {
		s += fmt.Sprintf(" by %v", e.Delay)
	}
	return s
}

// Hash returns a digest of the input, which names the run among those of its scenario and build.
func (in Input) Hash() string {
	h := sim.Hash(0)
	h.Bytes(in.text())
	return h.String()
}

func (in Input) text() []byte { return mustMarshal(in) }

func mustMarshal(in any) []byte {
	text, err := json.Marshal(in)
	if err != nil {
		panic("scenarios: an input cannot be written as JSON: " + err.Error())
	}
	return text
}

// MaxExceptions and MaxReseeds bound the lists of an Input.
const (
	MaxExceptions = 100_000
	MaxReseeds    = 1000
)

// check refuses reductions that make no sense.
func (in *Input) check() error {
	for i, n := range in.Skip {
		if n < 0 || n >= in.Config.Operations || i > 0 && n <= in.Skip[i-1] {
			return fmt.Errorf("skip: %d is out of place: it lists numbers of operations from 0 to %d, in ascending order", n, in.Config.Operations-1)
		}
	}
	if len(in.Fates) > MaxExceptions {
		return fmt.Errorf("fates: %d exceptions, and at most %d are possible", len(in.Fates), MaxExceptions)
	}
	sh := shape(&in.Config)
	for i := range in.Fates {
		if err := in.Fates[i].check(&sh); err != nil {
			return fmt.Errorf("fates: exception %d: %w", i+1, err)
		}
	}
	if len(in.Reseed) > MaxReseeds {
		return fmt.Errorf("reseed: %d points, and at most %d are possible", len(in.Reseed), MaxReseeds)
	}
	for i, r := range in.Reseed {
		if i > 0 && r.Event <= in.Reseed[i-1].Event {
			return fmt.Errorf("reseed: event %d is out of place: events must ascend", r.Event)
		}
	}
	return nil
}

func (e *Exception) check(sh *faults.Shape) error {
	late := e.Fate == netsim.Delay || e.Fate == netsim.Duplicate
	switch {
	case e.Fate < netsim.Drop || e.Fate > netsim.Duplicate:
		return fmt.Errorf(`it needs a "fate": drop, deliver, delay or duplicate`)
	case !sh.Has(e.From):
		return fmt.Errorf("the cluster has no %v to send from", e.From)
	case !sh.Has(e.To):
		return fmt.Errorf("the cluster has no %v to send to", e.To)
	case e.Delay < 0 || e.Delay > 24*3600*faults.Second:
		return fmt.Errorf("the delay %v is out of range: it goes from 0 to 24 hours", e.Delay)
	case e.Delay > 0 && !late:
		return fmt.Errorf(`the fate %v has no use for "delay"`, e.Fate)
	case e.Delay == 0 && e.Fate == netsim.Delay:
		return fmt.Errorf(`the fate delay needs a "delay"`)
	}
	return nil
}

// exceptions translates them for the network.
func exceptions(list []Exception) []netsim.Exception {
	if len(list) == 0 {
		return nil
	}
	out := make([]netsim.Exception, len(list))
	for i, e := range list {
		out[i] = netsim.Exception{From: e.From, To: e.To, Kind: e.Kind, Key: e.Key, Attempt: e.Attempt, Fate: e.Fate, Delay: int64(e.Delay)}
	}
	return out
}
