package scenarios

import (
	"fmt"
	"slices"
	"strings"

	"simrun/checker"
	"simrun/faults"
	"simrun/node"
	"simrun/sim"
)

// Story makes a scenario one that is told: seed 0 is the story as it is always told, every other seed a variation on it. Stories
// run when they are named, and not in a sweep of everything.
type Story struct {
	// Look says in a few sentences what happens in seed 0, and what to look for.
	Look string
	// Told makes the configuration of seed 0 out of a still one (every message takes a millisecond, every group commit 100
	// microseconds, every knob is calm), and returns its plan.
	Told func(c *Config) faults.Plan
	// Expect is how the fingerprint of the violation begins that seed 0 must end with. Empty: it must pass. Such a story is a
	// contrast, which shows what happens without the thing that the others have.
	Expect string
}

// StoryTold is the seed of a story as it is told.
const StoryTold = 0

// Expected tells whether a run of the scenario may end like this: it passed, or the scenario is a contrast, and something was violated.
func (s Scenario) Expected(v checker.Verdict) bool {
	contrast := s.Story != nil && s.Story.Expect != ""
	return v.Kind == checker.Pass || contrast && v.Kind == checker.Violated
}

// Shows tells whether the verdict is the failure that the scenario is there to show.
func (s Scenario) Shows(v checker.Verdict) bool {
	return s.Story != nil && s.Story.Expect != "" && v.Kind == checker.Violated &&
		len(v.Fingerprint) >= len(s.Story.Expect) && v.Fingerprint[:len(s.Story.Expect)] == s.Story.Expect
}

// tell returns the input of seed 0.
func (s Scenario) tell() (Config, faults.Plan) {
	c := Config{
		Nodes: 5, Clients: 1, Operations: 1, Keys: 1,
		Retry: 100 * faults.Millisecond, Patience: 300 * faults.Millisecond,
		LatencyMin: faults.Millisecond, SyncMin: 100 * faults.Microsecond,
		Disk:    sim.DiskFaults{Lose: 1_000_000},
		Horizon: faults.Second, Recovery: 10 * faults.Second,
	}
	if len(s.Knobs) > 0 {
		c.Knobs = make(map[string]int64, len(s.Knobs))
	}
	for _, k := range s.Knobs {
		c.Knobs[k.Name] = k.Calm
	}
	plan := s.Story.Told(&c)
	if len(c.Script) > 0 {
		c.Operations = len(c.Script)
	}
	return c, plan
}

// Call is one line of a script: what a client does, when, and which replica it turns to first. A client that still waits for
// the answer to its call before begins later.
type Call struct {
	Client node.Client `json:"client"`
	At     faults.Span `json:"at,omitempty"`
	To     node.ID     `json:"to,omitempty"` // 0: whichever it turned to last
	Do     string      `json:"do"`           // a checker.OpKind
	Key    uint32      `json:"key,omitempty"`
	Arg    int64       `json:"arg,omitempty"`
	Arg2   int64       `json:"arg2,omitempty"`
}

func (k *Call) operation() (o Operation, known bool) {
	kind, known := checker.FindOpKind(k.Do)
	return Operation{Kind: kind, Key: k.Key, Arg: k.Arg, Arg2: k.Arg2}, known
}

// checkScript refuses scripts that make no sense.
func (c *Config) checkScript() error {
	if len(c.Script) > 0 && len(c.Script) != c.Operations {
		return fmt.Errorf("config: operations is %d, and the script has %d: make them the same", c.Operations, len(c.Script))
	}
	for i := range c.Script {
		k := &c.Script[i]
		_, known := k.operation()
		switch {
		case !known:
			return fmt.Errorf("config: call %d of the script: there is no operation %q", i+1, k.Do)
		case k.Client < 1 || int64(k.Client) > int64(c.Clients):
			return fmt.Errorf("config: call %d of the script: there is no client c%d", i+1, k.Client)
		case int(k.To) > c.Nodes:
			return fmt.Errorf("config: call %d of the script: the cluster has no n%d", i+1, k.To)
		case k.At < 0 || k.At > c.Horizon:
			return fmt.Errorf("config: call %d of the script: %v is out of range: it goes from 0 to the horizon, %v", i+1, k.At, c.Horizon)
		}
	}
	return nil
}

// checkCalls refuses operations that the workload has not, which would be taken for others.
func (s Scenario) checkCalls(c *Config) error {
	if s.words == nil {
		return nil
	}
	kinds := s.words.Kinds()
	for i := range c.Script {
		if kind, _ := checker.FindOpKind(c.Script[i].Do); !slices.Contains(kinds, kind) {
			var names []string
			for _, k := range kinds {
				names = append(names, k.String())
			}
			return fmt.Errorf("config: call %d of the script: clients of this scenario do not %s: there are %s", i+1, c.Script[i].Do, strings.Join(names, ", "))
		}
	}
	return nil
}

// nextOperation deals the client the number of its next operation. It returns false if there is none for it, or not yet.
func (c *cluster[M, PM]) nextOperation(x *client) (index int, ok bool) {
	w := &c.crowd
	switch {
	case c.healed && !x.quota:
		return 0, false
	case c.healed:
		x.quota = false
		if len(c.config.Script) > 0 {
			w.issued = max(w.issued, c.config.Operations) // numbers of the script are taken
		}
	case len(c.config.Script) > 0:
		for x.line < len(c.config.Script) && c.config.Script[x.line].Client != x.id {
			x.line++
		}
		if x.line == len(c.config.Script) {
			return 0, false
		}
		if wait := int64(c.config.Script[x.line].At) - c.kernel.Now(); wait > 0 {
			c.wakeAfter(x, wait)
			return 0, false
		}
		w.issued++
		x.line++
		return x.line - 1, true
	case w.issued >= c.config.Operations:
		return 0, false
	}
	w.issued++
	return w.issued - 1, true
}

// scripted returns the call of the script with that number, or nil.
func (c *cluster[M, PM]) scripted(index int) *Call {
	if index < len(c.config.Script) {
		return &c.config.Script[index]
	}
	return nil
}
