package scenarios

import (
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"simrun/faults"
	"simrun/netsim"
	"simrun/node"
	"simrun/node/multipaxos"
	"simrun/sim"
	"simrun/sim/stream"
)

// site is a message's name, without the number drawn for it.
type site netsim.Drawn

// draws runs the input and returns what was drawn for each message, in order, and the replicas that the given fault struck.
func draws(t *testing.T, c *cluster[multipaxos.Message, *multipaxos.Message], in Input, fault int) (lots map[site]uint64, victims []node.ID) {
	t.Helper()
	c.Reset(in)
	lots = map[site]uint64{}
	c.net.OnDraw(func(d netsim.Drawn) {
		lot := d.Lot
		d.Lot = 0
		if before, twice := lots[site(d)]; twice {
			require.Equal(t, before, lot, "one name, two numbers: %+v", d)
		}
		lots[site(d)] = lot
	})
	if fault >= 0 {
		victims = in.Plan.Faults[fault].Nodes
		begins := in.Plan.Faults[fault].Describe(nil)
		c.Trace(func(r sim.Record) {
			if who, ok := strings.CutPrefix(r.Text, begins+": it is "); ok && r.Kind == sim.FaultOn {
				var a node.Addr
				require.NoError(t, a.UnmarshalText([]byte(who)))
				victims = []node.ID{a.ID()}
			}
		})
	}
	_, done := c.Run(1 << 40)
	require.True(t, done)
	return lots, victims
}

// struckLinks tells the links that a fault happens to: those of its rules, or all of the replicas whose machine it strikes.
func struckLinks(f faults.Fault, victims []node.ID) func(from, to node.Addr) bool {
	if f.Kind.Family() == faults.Load && f.Kind != faults.SlowClient { // all clients
		return func(from, to node.Addr) bool { return from.IsClient() || to.IsClient() }
	}
	if f.Kind.Family() != faults.Links && f.Kind != faults.SlowClient {
		return func(from, to node.Addr) bool {
			return slices.Contains(victims, from.ID()) || slices.Contains(victims, to.ID())
		}
	}
	f.Nodes, f.Role = victims, 0
	var j faults.Injector
	j.Reset(faults.Plan{Faults: []faults.Fault{f}})
	var rules ruleList
	j.Begin(&rules, 0)
	return func(from, to node.Addr) bool {
		for _, r := range rules.list {
			if (len(r.From) == 0 || slices.Contains(r.From, from)) && (len(r.To) == 0 || slices.Contains(r.To, to)) {
				return true
			}
		}
		return false
	}
}

// ruleList is a target that notes rules. It has no machines.
type ruleList struct {
	faults.Machines
	faults.Operator
	faults.Crowd
	faults.Liars
	list []faults.Rule
}

func (l *ruleList) AddRule(_ int, r faults.Rule)     { l.list = append(l.list, r) }
func (l *ruleList) RemoveRule(int)                   {}
func (l *ruleList) Up(node.ID) bool                  { return true }
func (l *ruleList) Crash(node.ID)                    {}
func (l *ruleList) Restart(node.ID)                  {}
func (l *ruleList) Role(faults.Role) (node.ID, bool) { return 0, false }

// Without one of its faults, a run draws the same number for every message of the same name, whatever the network is like; and on the links that
// the fault did not happen to, nearly all messages of the run come again. SIMRUN_STABILITY_RUNS asks for more runs.
func TestFatesWithoutAFault(t *testing.T) {
	s, err := Find("kv")
	require.NoError(t, err)
	c := s.NewCluster().(*cluster[multipaxos.Message, *multipaxos.Message])
	runs := 200
	if text := os.Getenv("SIMRUN_STABILITY_RUNS"); text != "" {
		runs, err = strconv.Atoi(text)
		require.NoError(t, err)
	}
	var equal, outside, recurred, connections, limited int
	for seed, n := uint64(1), 0; n < runs; seed++ {
		in := Input{Seed: seed}
		in.Config, in.Plan = s.Draw(seed, profile(t, faults.Default))
		if len(in.Plan.Faults) == 0 {
			continue
		}
		n++
		out := int(stream.Scale(stream.Mix(seed, stream.Name("removed")), uint64(len(in.Plan.Faults))))
		with, victims := draws(t, c, in, out)
		removed := in.Plan.Faults[out]
		in.Plan.Faults = slices.Delete(slices.Clone(in.Plan.Faults), out, out+1)
		without, _ := draws(t, c, in, -1)
		struck := struckLinks(removed, victims)
		var o, r int
		for name, lot := range with {
			again, ok := without[name]
			if ok {
				require.Equal(t, lot, again, "seed %d: %+v", seed, name)
				equal++
			}
			if !struck(name.From, name.To) {
				o++
				if ok {
					r++
				}
			}
		}
		outside, recurred = outside+o, recurred+r
		if in.Config.Link == netsim.FIFO {
			connections++
		}
		if in.Config.Bandwidth > 0 {
			limited++
		}
	}
	t.Logf("%d runs less one fault, %d of them with connections, %d with limited bandwidth: %d equal numbers; %d of %d messages on other links come again (%d.%d%%)",
		runs, connections, limited, equal, recurred, outside, recurred*100/outside, recurred*1000/outside%10)
	require.Positive(t, connections)
	require.Positive(t, limited)
	require.GreaterOrEqual(t, 10*recurred, 9*outside)
}
