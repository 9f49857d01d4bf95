package scenarios

import (
	"testing"

	"github.com/stretchr/testify/require"

	"simrun/checker"
	"simrun/faults"
	"simrun/node/machine"
	"simrun/sim"
)

// sketch is a small story on the key-value store.
func sketch(expect string, change func(c *Config)) Scenario {
	s := OnLog(newKV)
	s.Name, s.Workload = "sketch", Registers{}
	s.Story = &Story{Expect: expect, Told: func(c *Config) faults.Plan {
		c.Nodes, c.Clients = 3, 2
		c.Script = []Call{
			{Client: 1, At: 300 * faults.Millisecond, To: 2, Do: "put", Arg: 1},
			{Client: 2, At: 400 * faults.Millisecond, To: 3, Do: "get"},
			{Client: 1, At: 10 * faults.Millisecond, Do: "cas", Arg: 1, Arg2: 2}, // later than it says: the put comes first
		}
		if change != nil {
			change(c)
		}
		return faults.Plan{}
	}}
	return Define(s)
}

// Seed 0 is the story, whatever the profile, and no other seed is. Clients do what the script says, in its order, at its times.
func TestScript(t *testing.T) {
	s := sketch("", nil)
	for _, p := range faults.Profiles() {
		c, plan := s.Draw(StoryTold, p)
		require.Len(t, c.Script, 3)
		require.Equal(t, 3, c.Operations)
		require.Empty(t, plan.Faults)
		c, _ = s.Draw(1, p)
		require.Empty(t, c.Script)
	}
	in := Input{}
	in.Config, in.Plan = s.Draw(StoryTold, faults.Profile{})
	require.NoError(t, s.Check(in))
	c, err := Collect(t.Context(), s, in, CollectOptions{})
	require.NoError(t, err)
	require.Equal(t, checker.Pass, c.Verdict.Kind, "%v", c.Verdict)
	var lines []string
	for _, o := range c.Timeline.Ops[:3] {
		lines = append(lines, o.Client+" "+o.Text+" = "+o.Out)
	}
	require.Equal(t, []string{"c1 put k0 1 = 0", "c1 cas k0 1->2 = 1", "c2 get k0 = 2"}, lines)
	require.Equal(t, int64(300*faults.Millisecond), c.Timeline.Ops[0].CallAt)
	require.Equal(t, int64(400*faults.Millisecond), c.Timeline.Ops[2].CallAt)
	require.Len(t, c.Timeline.Ops, 5, "and one operation more of each client when all is healed")

	in.Skip = []int{1} // a call can be left out, by its place in the script
	c, err = Collect(t.Context(), s, in, CollectOptions{})
	require.NoError(t, err)
	require.Equal(t, checker.Pass, c.Verdict.Kind)
	require.Equal(t, "cas k0 1->2", c.Timeline.Ops[1].Text)
	require.Len(t, c.Timeline.Ops, 4)
}

// A script that makes no sense is refused in a sentence that says which line.
func TestScriptRefused(t *testing.T) {
	for _, c := range []struct {
		change func(c *Config)
		want   string
	}{
		{func(c *Config) { c.Script[1].Do = "jump" }, `config: call 2 of the script: there is no operation "jump"`},
		{func(c *Config) { c.Script[1].Do = "enqueue" }, "config: call 2 of the script: clients of this scenario do not enqueue: there are get, put, cas"},
		{func(c *Config) { c.Script[1].Client = 3 }, "config: call 2 of the script: there is no client c3"},
		{func(c *Config) { c.Script[0].Client = 0 }, "config: call 1 of the script: there is no client c0"},
		{func(c *Config) { c.Script[2].To = 4 }, "config: call 3 of the script: the cluster has no n4"},
		{func(c *Config) { c.Script[2].At = 2 * faults.Second }, "config: call 3 of the script: 2s is out of range: it goes from 0 to the horizon, 1s"},
	} {
		s := sketch("", c.change)
		in := Input{}
		in.Config, in.Plan = s.Draw(StoryTold, faults.Profile{})
		require.EqualError(t, s.Check(in), c.want)
	}
	s := sketch("", nil)
	in := Input{}
	in.Config, in.Plan = s.Draw(StoryTold, faults.Profile{})
	in.Config.Operations = 4
	require.EqualError(t, s.Check(in), "config: operations is 4, and the script has 3: make them the same")
}

// Keys are told apart however large they are, and the small ones are as they always were.
func TestLargeKeys(t *testing.T) {
	seen := map[string]uint32{}
	for _, key := range []uint32{0, 1, 1<<8 + 1, 1<<24 - 1, 1 << 24, 1<<24 + 1, 107 << 24, 1<<32 - 1} {
		command := string(Registers{}.Command(nil, Operation{Kind: checker.Get, Key: key}))
		require.NotContains(t, seen, command, "%d", key)
		seen[command] = key
	}
	require.Equal(t, machine.AppendGet(nil, []byte{'k', 1, 2, 3}), Registers{}.Command(nil, Operation{Kind: checker.Get, Key: 1<<16 + 2<<8 + 3}))

	s := sketch("", func(c *Config) {
		for i := range c.Script {
			c.Script[i].Key = 1 << 24 * uint32(i)
		}
	})
	in := Input{}
	in.Config, in.Plan = s.Draw(StoryTold, faults.Profile{})
	_, r := tracedRun(t, s, in, func(sim.Record) bool { return false })
	require.Equal(t, checker.Pass, r.Verdict.Kind, "%v", r.Verdict)
}

// A story must pass; a contrast may, and may fail, and shows what it is there for by failing in its own way.
func TestExpected(t *testing.T) {
	pass, undecided := checker.Verdict{Kind: checker.Pass}, checker.Verdict{Kind: checker.Undecided}
	own, other := checker.Verdict{Kind: checker.Violated, Fingerprint: "bank: overdrawn"}, checker.Verdict{Kind: checker.Violated, Fingerprint: "safe: x"}
	for _, c := range []struct {
		s               Scenario
		v               checker.Verdict
		expected, shows bool
	}{
		{kv(), pass, true, false}, {kv(), own, false, false},
		{sketch("", nil), pass, true, false}, {sketch("", nil), own, false, false},
		{sketch("bank", nil), pass, true, false}, {sketch("bank", nil), own, true, true}, {sketch("bank", nil), other, true, false}, {sketch("bank", nil), undecided, false, false},
	} {
		require.Equal(t, c.expected, c.s.Expected(c.v))
		require.Equal(t, c.shows, c.s.Shows(c.v))
	}
}
