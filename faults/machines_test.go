package faults

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"simrun/node"
	"simrun/sim/stream"
)

func TestMachineRefusals(t *testing.T) {
	for want, text := range map[string]string{
		`fault 1 (pause): it needs "nodes"`:                                    `{"kind": "pause"}`,
		`fault 1 (slow-node): it needs a "delay"`:                              `{"kind": "slow-node", "nodes": [1]}`,
		`fault 1 (slow-disk): it needs "nodes"`:                                `{"kind": "slow-disk", "delay": "1s"}`,
		`fault 1 (pause): it has no use for "delay"`:                           `{"kind": "pause", "nodes": [1], "delay": "1s"}`,
		`it needs a "period"`:                                                  `{"kind": "crash-loop", "nodes": [1], "for": "1s"}`,
		`it needs "for", since it strikes again and again`:                     `{"kind": "crash-loop", "nodes": [1], "period": "1s"}`,
		`it would strike more than 1000 times: its "period" is too short`:      `{"kind": "clock-strobe", "nodes": [1], "delay": "1s", "for": "2s", "period": "1us"}`,
		`it has no use for "period"`:                                           `{"kind": "crash", "nodes": [1], "period": "1s"}`,
		`it needs "on": write, sync or send`:                                   `{"kind": "crash-at", "nodes": [1], "nth": 1}`,
		`there is no trigger "fsync": there are [write sync send]`:             `{"kind": "crash-at", "nodes": [1], "on": "fsync"}`,
		`with "on": "sync" it needs a "file"`:                                  `{"kind": "crash-at", "nodes": [1], "on": "sync", "nth": 1}`,
		`with "on": "write" it needs one of "file" and "message", and not the`: `{"kind": "crash-at", "nodes": [1], "on": "write", "message": 1, "nth": 1}`,
		`with "on": "send" it needs a "message", the number of a kind`:         `{"kind": "crash-at", "nodes": [1], "on": "send", "nth": 1}`,
		`with "on": "send" it needs one of "file" and "message", and not the`:  `{"kind": "crash-at", "nodes": [1], "on": "send", "message": 1, "file": "log", "nth": 1}`,
		`it needs "nth": 1 for the first such step`:                            `{"kind": "crash-at", "nodes": [1], "on": "send", "message": 1}`,
		`its replicas have no file "lgo": there are [log vow]`:                 `{"kind": "crash-at", "nodes": [1], "on": "sync", "file": "lgo", "nth": 1}`,
		`its replicas send no messages of kind 8: kinds go to 7`:               `{"kind": "crash-at", "nodes": [1], "on": "send", "message": 8, "nth": 1}`,
		`it has no use for "nth"`:                                              `{"kind": "crash", "nodes": [1], "nth": 1}`,
		`it has no use for "after"`:                                            `{"kind": "crash", "nodes": [1], "after": true}`,
		`fault 1 (reconfigure-knobs): it needs "knobs"`:                        `{"kind": "reconfigure-knobs", "nodes": [1]}`,
		`its replicas have no knob "quorum" of their own`:                      `{"kind": "reconfigure-knobs", "nodes": [1], "knobs": {"quorum": 1}}`,
		`the knob "batch" is 65, and must be from 1 to 64`:                     `{"kind": "reconfigure-knobs", "nodes": [1], "knobs": {"batch": 65}}`,
		`it needs a "drift" from -500000 to 500000 parts per million`:          `{"kind": "clock-drift", "nodes": [1], "drift": -500001}`,
		`it has no use for "drift"`:                                            `{"kind": "clock-jump", "nodes": [1], "delay": "1s", "drift": 1}`,
		`fault 1 (clock-jump): it needs a "delay"`:                             `{"kind": "clock-jump", "nodes": [1]}`,
		`of it is named twice`:                                                 `{"kind": "bit-rot", "nodes": [1, 1]}`,
	} {
		p, err := DecodePlan(strings.NewReader(`{"faults": [` + text + `]}`))
		if err == nil {
			err = p.Validate(five)
		}
		require.ErrorContains(t, err, want, text)
		require.NotContains(t, err.Error(), "\n")
	}
	lame := five
	lame.Wipes, lame.Lies = false, false
	for kind, want := range map[Kind]string{
		Wipe:  "its replicas cannot go on with an empty disk under their old names",
		Forge: "its replicas cannot lie", Equivocate: "its replicas cannot lie", Falsify: "its replicas cannot lie",
	} {
		p := Plan{Faults: []Fault{{Kind: kind, Nodes: []node.ID{1}}}}
		require.ErrorContains(t, p.Validate(lame), "plan: fault 1 ("+kind.String()+"): "+want)
		able := five
		able.Wipes, able.Lies = true, true
		require.NoError(t, p.Validate(able))
	}
	loop := Fault{Kind: CrashLoop, Nodes: []node.ID{1}, For: 1000, Period: 1}
	plan := Plan{Faults: slices.Repeat([]Fault{loop}, 100)}
	require.NoError(t, plan.Validate(five))
	plan.Faults = append(plan.Faults, loop)
	require.EqualError(t, plan.Validate(five), "plan: its faults would strike 101000 times, and at most 100000 are possible")
	require.ErrorContains(t, (&Plan{Faults: []Fault{{Kind: CrashAt, On: 9}}}).Encode(&bytes.Buffer{}), "no trigger 9")
}

// How faults of machines read.
func TestDescribeMachines(t *testing.T) {
	one := []node.ID{1}
	for want, f := range map[string]Fault{
		"0s +2s crash-loop n1 every 50ms":                    {Kind: CrashLoop, Nodes: one, For: 2 * Second, Period: 50 * Millisecond},
		"1s +2s crash-at n1 before write 3 of log":           {At: Second, Kind: CrashAt, Nodes: one, For: 2 * Second, On: OnWrite, File: "log", Nth: 3},
		"0s until healed crash-at n1 after send 1 of kind 2": {Kind: CrashAt, Nodes: one, On: OnSend, Message: 2, Nth: 1, After: true},
		"0s +1ms reconfigure-knobs n1 n2 batch=2 window=1":   {Kind: ReconfigureKnobs, Nodes: []node.ID{1, 2}, For: Millisecond, Knobs: map[string]int64{"window": 1, "batch": 2}},
		"0s +1ms clock-drift n1 at -200 ppm":                 {Kind: ClockDrift, Nodes: one, For: Millisecond, Drift: -200},
		"0s +1ms clock-jump n1 by 1s":                        {Kind: ClockJump, Nodes: one, For: Millisecond, Delay: Second},
	} {
		require.NoError(t, f.validate(five))
		require.Equal(t, want, f.Describe(nil))
	}
	named := Fault{Kind: DropNth, Nth: 2, Message: 1}
	require.Equal(t, "0s until healed drop-nth all -> all number 2 of Prepare", named.Describe([]string{"", "Prepare"}))
	require.Equal(t, "0s until healed drop-nth all -> all number 2 of kind 1", named.Describe([]string{""}))
}

// What a fault does as it begins, strikes again and ends, told by what the target is told.
func TestMachineFaults(t *testing.T) {
	nodes := []node.ID{1, 2}
	for _, c := range []struct {
		fault  Fault
		events []string
		down   bool // between its beginning and its end
	}{
		{Fault{Kind: PowerCut}, []string{"n1 has no power", "n2 has no power"}, true},
		{Fault{Kind: ReconfigureKnobs, Knobs: map[string]int64{"batch": 2}}, []string{"n1 gets map[batch:2]", "n2 gets map[batch:2]"}, true},
		{Fault{Kind: BitRot}, []string{"bit-rot n1", "bit-rot n2"}, true},
		{Fault{Kind: SectorError}, []string{"sector-error n1", "sector-error n2"}, true},
		{Fault{Kind: Misdirected}, []string{"misdirected-write n1", "misdirected-write n2"}, true},
		{Fault{Kind: Wipe}, []string{"wipe n1", "wipe n2"}, true},
		{Fault{Kind: ClockJump, Delay: 7}, []string{"n1 jumps 7ns", "n2 jumps 7ns"}, false},
		{Fault{Kind: ClockStrobe, Delay: 7, Period: 4}, []string{"n1 jumps 7ns", "n2 jumps 7ns", "n1 jumps 7ns", "n2 jumps 7ns", "n1 jumps 7ns", "n2 jumps 7ns"}, false},
		{Fault{Kind: SyncFail}, []string{"revive n1", "revive n2"}, false},
		{Fault{Kind: DiskFull}, []string{"revive n1", "revive n2"}, false},
		{Fault{Kind: CrashAt, On: OnSync, File: "log", Nth: 1}, []string{"revive n1", "revive n2"}, false},
	} {
		c.fault.Nodes, c.fault.For = nodes, 10
		plan := Plan{Faults: []Fault{c.fault}}
		require.NoError(t, plan.Validate(five))
		b := newBoard()
		var j Injector
		j.Reset(plan)
		for _, s := range plan.Steps(nil) {
			switch {
			case s.End:
				j.End(b, 0)
			case s.Beat > 0:
				j.Beat(b, 0)
			default:
				j.Begin(b, 0)
			}
			require.Equal(t, c.down && !s.End, b.down[2], "%v", c.fault.Kind)
		}
		require.Equal(t, c.events, b.events, "%v", c.fault.Kind)
		j.Beat(b, 0)
		require.Equal(t, c.events, b.events, "%v: it is over", c.fault.Kind)
	}
}

// A crash loop leaves the replica up between every other two strokes, and at its end in any case.
func TestCrashLoop(t *testing.T) {
	for beats := range 5 {
		plan := Plan{Faults: []Fault{{Kind: CrashLoop, Nodes: []node.ID{3}, At: 5, For: 4*Span(beats) + 1, Period: 4}}}
		b := newBoard()
		var j Injector
		j.Reset(plan)
		steps := plan.Steps(nil)
		require.Len(t, steps, beats+2)
		j.Begin(b, 0)
		require.True(t, b.down[3])
		for n := range beats {
			require.Equal(t, Step{At: 5 + 4*Span(n+1), Beat: n + 1}, steps[n+1])
			j.Beat(b, 0)
			require.Equal(t, n%2 == 1, b.down[3])
		}
		j.End(b, 0)
		require.Empty(t, b.down)
		require.Empty(t, b.bad)
	}
}

// A replica that a crash keeps down is not revived by the end of another fault.
func TestReviveWaits(t *testing.T) {
	b := newBoard()
	var j Injector
	j.Reset(Plan{Faults: []Fault{{Kind: SyncFail, Nodes: []node.ID{1}}, {Kind: Crash, Nodes: []node.ID{1}}}})
	j.Begin(b, 0)
	j.Begin(b, 1)
	j.End(b, 0)
	require.Empty(t, b.events)
	require.True(t, b.down[1])
}

// Drawn plans damage no more replicas than the cluster tolerates, whatever the profile but one; and only what can happen to the
// cluster at all.
func TestBudget(t *testing.T) {
	for _, p := range Profiles() {
		most, beyond := 0, false
		for seed := range uint64(300) {
			s := stream.New(seed, "plan", 0)
			damaged := map[node.ID]bool{}
			plan := Draw(&s, p, five)
			require.NoError(t, plan.Validate(five))
			for _, f := range plan.Faults {
				beyond = beyond || f.Drift > five.ClockDriftMax || f.Drift < -five.ClockDriftMax || f.Kind == ClockJump && f.Delay > five.ClockJumpMax+1
				for _, id := range f.Nodes {
					if f.Kind.Damages() {
						damaged[id] = true
					}
				}
			}
			most = max(most, len(damaged))
		}
		switch p.Name {
		case Calm, Network, Partitions:
			require.Zero(t, most)
		case Destruction:
			require.Equal(t, 5, most)
		default:
			require.Equal(t, 2, most, p.Name)
		}
		require.Equal(t, p.Name == ClocksBeyond, beyond, p.Name)

		bare := Shape{Nodes: five.Nodes, Clients: 1, Horizon: Second, LatencyMean: Millisecond}
		for seed := range uint64(100) {
			s := stream.New(seed, "plan", 0)
			for _, f := range Draw(&s, p, bare).Faults {
				if !p.beyond {
					require.NotEqual(t, Clocks, f.Kind.Family(), "%v", f.Kind)
				}
				if p.Name != Destruction {
					require.False(t, f.Kind.Damages(), "%v", f.Kind)
				}
				require.NotContains(t, []Kind{Wipe, CrashAt, ReconfigureKnobs}, f.Kind)
			}
		}
	}
}

// A profile of a family has much of it, and little else.
func TestFamilies(t *testing.T) {
	for _, family := range []string{Processes, Disks, Clocks, Members, Load} {
		p, err := FindProfile(family)
		require.NoError(t, err)
		mine, others := 0, 0
		for seed := range uint64(200) {
			s := stream.New(seed, "plan", 0)
			for _, f := range Draw(&s, p, five).Faults {
				if f.Kind.Family() == family {
					mine++
				} else {
					others++
				}
			}
		}
		require.Greater(t, mine, others, family)
		require.Positive(t, others, family)
	}
}
