package scenarios

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"simrun/checker"
	"simrun/faults"
	"simrun/node"
	"simrun/node/fact"
	"simrun/node/machine"
	"simrun/sim"
)

// rogue is a protocol that misbehaves in a way of the test's choice when it is asked for the fifth time.
type rogue struct {
	kv     machine.KV
	asked  int
	turn   func(env node.Env[whisper])
	heard  func(env node.Env[whisper])
	broken bool
}

// whisper is a message that says nothing.
type whisper struct{}

func (*whisper) Site() (uint8, uint64)    { return 1, 0 }
func (*whisper) Append(dst []byte) []byte { return dst }
func (*whisper) Decode([]byte) error      { return nil }
func (*whisper) Facts(func(fact.Fact))    {}
func (*whisper) String() string           { return "whisper" }

func (*rogue) Start(node.Env[whisper]) {}
func (r *rogue) Receive(env node.Env[whisper], _ node.ID, _ *whisper) {
	if r.heard != nil {
		r.heard(env)
	}
}
func (r *rogue) Timer(env node.Env[whisper], _ node.TimerID) { env.SetTimer(1, 0) }
func (r *rogue) AppendState(dst []byte) []byte {
	if r.broken {
		panic("broken")
	}
	return r.kv.Snapshot(dst)
}
func (r *rogue) Request(env node.Env[whisper], from node.Client, q *node.Request) {
	if r.asked++; r.asked == 5 && r.turn != nil {
		r.turn(env)
	}
	env.Reply(from, node.Reply{Seq: q.Seq, Status: node.OK, Output: r.kv.Apply(q.Command, nil)})
}

// rogues returns a scenario with one such replica and one client.
func rogues(make func() *rogue) Scenario {
	return Define(Spec[whisper, *whisper]{
		Name:     "rogue",
		Quorums:  func(*Config) (int, int) { return 1, 1 },
		Replica:  func(node.ID, *Config) node.Node[whisper] { return make() },
		Workload: Registers{},
	})
}

func oneOfEach(in *Input) {
	in.Config.Nodes, in.Config.Clients, in.Config.Operations, in.Config.Keys = 1, 1, 20, 1
	in.Config.Recovery = 2 * faults.Second
}

func verdictOf(t *testing.T, s Scenario, repeat bool) checker.Verdict {
	t.Helper()
	var v checker.Verdict
	sweep := Sweep{
		Scenario: s, Profile: profile(t, faults.Calm), Seeds: SeedRange(1, 1), Jobs: 1,
		Patience: 300 * time.Millisecond, Repeat: repeat, Adjust: oneOfEach,
	}
	require.NoError(t, sweep.Run(context.Background(), func(r Result) bool { v = r.Verdict; return true }))
	return v
}

var never = make(chan struct{})

func TestVerdicts(t *testing.T) {
	count := 0 // outlives a run, as nothing may
	for _, c := range []struct {
		name   string
		make   func() *rogue
		repeat bool
		kind   checker.Kind
		print  string // the fingerprint
		detail string
	}{
		{name: "a replica that behaves", make: func() *rogue { return &rogue{} }, repeat: true, kind: checker.Pass},
		{
			name: "a panic", make: func() *rogue { return &rogue{turn: func(node.Env[whisper]) { panic("at the fifth") }} },
			kind: checker.Violated, print: "panic: simrun/scenarios.TestVerdicts", detail: "n1 panicked in a request event: at the fifth",
		},
		{
			name: "an index out of range", make: func() *rogue { return &rogue{turn: func(env node.Env[whisper]) { _ = make([]int, 1)[env.Self()] }} },
			kind: checker.Violated, print: "panic: simrun/scenarios.TestVerdicts", detail: "index out of range",
		},
		{
			name: "a panic that leaves a wreck", kind: checker.Violated, print: "panic: simrun/scenarios.TestVerdicts", detail: "halfway",
			make: func() *rogue {
				r := &rogue{}
				r.turn = func(node.Env[whisper]) { r.broken = true; panic("halfway") }
				return r
			},
		},
		{
			name: "sending to itself for ever", kind: checker.Violated, print: "livelock: no time passes", detail: "in a request event at n1",
			make: func() *rogue {
				send := func(env node.Env[whisper]) { env.Send(env.Self(), whisper{}) }
				return &rogue{turn: send, heard: send}
			},
		},
		{
			name: "a timer that is always due", kind: checker.Violated, print: "livelock: no time passes", detail: "in a timer event at n1",
			make: func() *rogue { return &rogue{turn: func(env node.Env[whisper]) { env.SetTimer(1, 0) }} },
		},
		{
			name: "a handler that never returns", kind: checker.Violated, print: "watchdog: a handler never returns", detail: "was still being handled",
			make: func() *rogue { return &rogue{turn: func(node.Env[whisper]) { <-never }} },
		},
		{
			name: "a run that depends on another", repeat: true, kind: checker.Nondeterministic, detail: "the second",
			make: func() *rogue {
				return &rogue{turn: func(env node.Env[whisper]) {
					count++
					env.Append("log", []byte{byte(count)})
				}}
			},
		},
		{
			name: "wrong answers", kind: checker.Violated, print: "linearizability: not linearizable", detail: "which nothing wrote",
			make: func() *rogue {
				r := &rogue{}
				r.turn = func(node.Env[whisper]) {
					r.kv = machine.KV{}
					r.kv.Apply(machine.AppendPut(nil, []byte{'k', 0, 0, 0}, []byte("12345678")), nil)
				}
				return r
			},
		},
		{
			name: "unreadable answers", kind: checker.Violated, print: "reply: unreadable result", detail: "only 8 are ever written",
			make: func() *rogue {
				r := &rogue{}
				r.turn = func(node.Env[whisper]) {
					for k := range byte(10) {
						r.kv.Apply(machine.AppendPut(nil, []byte{'k', 0, 0, k}, []byte("long value")), nil)
					}
				}
				return r
			},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			v := verdictOf(t, rogues(c.make), c.repeat)
			require.Equal(t, c.kind, v.Kind, "%v", v)
			require.Contains(t, v.Fingerprint, c.print)
			require.Contains(t, v.Detail, c.detail)
		})
	}
}

// mute never answers.
type mute struct{ rogue }

func (*mute) Request(node.Env[whisper], node.Client, *node.Request) {}

func TestNoProgress(t *testing.T) {
	s := Define(Spec[whisper, *whisper]{
		Name: "mute", Quorums: func(*Config) (int, int) { return 1, 1 },
		Replica: func(node.ID, *Config) node.Node[whisper] { return &mute{} }, Workload: Registers{},
	})
	v := verdictOf(t, s, false)
	require.Equal(t, "liveness: no progress", v.Fingerprint)
	require.Contains(t, v.Detail, "c1 still waits for n1")
}

// A trace shows a replica's log lines, its clients' calls and returns, and the violation.
func TestTraceOfAViolation(t *testing.T) {
	s := rogues(func() *rogue {
		return &rogue{turn: func(env node.Env[whisper]) { env.Logf("about to fail at %d", 5); panic("now") }}
	})
	in := Input{Seed: 1}
	in.Config, in.Plan = s.Draw(1, profile(t, faults.Calm))
	oneOfEach(&in)
	c := s.NewCluster()
	c.Reset(in)
	seen := map[sim.RecordKind]string{}
	c.Trace(func(r sim.Record) { seen[r.Kind] = r.Text })
	_, done := c.Run(1 << 40)
	require.True(t, done)
	require.Equal(t, "about to fail at 5", seen[sim.Logged])
	require.Contains(t, seen[sim.Called], "#5 ")
	require.Contains(t, seen[sim.Returned], "#4 ")
	require.Contains(t, seen[sim.Violation], "panicked")
}

// Results come in the order of the seeds, all of them, also when the consumer stops.
func TestSweepOrder(t *testing.T) {
	s, err := Find("single-decree")
	require.NoError(t, err)
	seeds, err := ParseSeeds("5,100-180,3,0x10")
	require.NoError(t, err)
	for _, stopAfter := range []int{1, 7, 1000} {
		var got []uint64
		sweep := Sweep{Scenario: s, Profile: profile(t, faults.Default), Seeds: seeds, Jobs: 3}
		require.NoError(t, sweep.Run(context.Background(), func(r Result) bool {
			got = append(got, r.Seed)
			return len(got) < stopAfter
		}))
		require.Len(t, got, min(stopAfter, int(seeds.Len())))
		for i, seed := range got {
			require.Equal(t, seeds.At(uint64(i)), seed)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	n := 0
	sweep := Sweep{Scenario: s, Profile: profile(t, faults.Default), Seeds: SeedRange(0, 1<<40), Jobs: 2}
	require.ErrorIs(t, sweep.Run(ctx, func(Result) bool {
		if n++; n == 10 {
			cancel()
		}
		return true
	}), context.Canceled)
}

func TestParseSeeds(t *testing.T) {
	s, err := ParseSeeds("7,0x10-0x12,3-3")
	require.NoError(t, err)
	var all []uint64
	for i := range s.Len() {
		all = append(all, s.At(i))
	}
	require.Equal(t, []uint64{7, 16, 17, 18, 3}, all)
	var parts []uint64
	for i := range uint64(3) {
		share := s.Share(i, 3)
		for j := range share.Len() {
			parts = append(parts, share.At(j))
		}
	}
	require.Equal(t, all, parts)
	for _, bad := range []string{"", "x", "1-", "-1", "5-4", "1,,2", "0-0xffffffffffffffff", "99999999999999999999", "1.5"} {
		_, err := ParseSeeds(bad)
		require.Error(t, err, bad)
	}
}

// Every configuration that is drawn passes its own check; edited ones are refused with the field's name.
func TestConfigCheck(t *testing.T) {
	for _, s := range All() {
		for seed := range uint64(300) {
			c, p := s.Draw(seed, profile(t, faults.Default))
			require.NoError(t, s.Check(Input{Config: c, Plan: p}), "%s seed %d", s.Name, seed)
		}
	}
	s, err := Find("kv")
	require.NoError(t, err)
	for want, spoil := range map[string]func(*Config){
		"nodes is 0":                func(c *Config) { c.Nodes = 0 },
		"nodes is 128":              func(c *Config) { c.Nodes = MaxNodes + 1 },
		"clients":                   func(c *Config) { c.Clients = -1 },
		"operations":                func(c *Config) { c.Operations = 0 },
		"latencyMean":               func(c *Config) { c.LatencyMean = 1 << 60 },
		"drop":                      func(c *Config) { c.Drop = 1_000_000 },
		"reconnect is -1":           func(c *Config) { c.Reconnect = -1 },
		"bandwidth is":              func(c *Config) { c.Bandwidth = 1 << 63 },
		"backlog is":                func(c *Config) { c.Backlog = maxBandwidth + 1 },
		"disk.lose":                 func(c *Config) { c.Disk.Lose = 1 << 63 },
		"clockDrift":                func(c *Config) { c.ClockDrift = -1 },
		`knob "window" is 0`:        func(c *Config) { c.Knobs["window"] = 0 },
		`knob "batch" is missing`:   func(c *Config) { delete(c.Knobs, "batch") },
		`no knob "gear"`:            func(c *Config) { c.Knobs["gear"] = 1 },
		`"heartbeat" must be below`: func(c *Config) { c.Knobs["heartbeat"] = c.Knobs["election"] },
	} {
		c, p := s.Draw(1, profile(t, faults.Default))
		spoil(&c)
		require.ErrorContains(t, s.Check(Input{Config: c, Plan: p}), want)
	}
}
