package scenarios

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"simrun/checker"
	"simrun/faults"
	"simrun/netsim"
	"simrun/node"
	"simrun/node/multipaxos"
	"simrun/sim"
)

// sweepOf runs the first seeds of kv, adjusted, and returns the results.
func sweepOf(t *testing.T, name, weather string, seeds uint64, adjust func(*Input)) (results []Result, total Stats) {
	t.Helper()
	s, err := Find(name)
	require.NoError(t, err)
	sweep := Sweep{Scenario: s, Profile: profile(t, weather), Seeds: SeedRange(1, seeds), Jobs: 2, Adjust: func(in *Input) {
		if adjust != nil {
			adjust(in)
		}
	}}
	require.NoError(t, sweep.Run(context.Background(), func(r Result) bool {
		require.NoError(t, s.Check(r.Input), "seed %d", r.Seed)
		results = append(results, r)
		total.Add(r.Stats)
		return true
	}))
	return results, total
}

// Every fault of a machine strikes, not only exists, in the profile that has most of it, and the protocols survive it.
func TestMachineFaultsStrike(t *testing.T) {
	for _, s := range All() {
		for _, c := range []struct {
			profile string
			struck  func(s *Stats) []uint64
		}{
			{faults.Processes, func(s *Stats) []uint64 {
				m := &s.Machines
				return []uint64{s.Crashes, m.Pauses, m.Held, m.Slowed, m.Trapped, s.Reconfigured}
			}},
			{faults.Disks, func(s *Stats) []uint64 {
				m := &s.Machines
				return []uint64{m.SlowSyncs, m.HungSyncs, m.FailedSyncs, m.FullDisks, m.Rotten, m.Unreadable, m.Misdirected, m.BadReads}
			}},
			{faults.Clocks, func(s *Stats) []uint64 { return []uint64{s.Machines.ClockJumps, s.Machines.ClockRates} }},
		} {
			results, total := sweepOf(t, s.Name, c.profile, 100, nil)
			for i, n := range c.struck(&total) {
				require.Positive(t, n, "%s, %s, count %d: %+v", s.Name, c.profile, i, total)
			}
			for _, r := range results {
				require.Equal(t, checker.Pass, r.Verdict.Kind, "%s, %s, seed %d: %v", s.Name, c.profile, r.Seed, r.Verdict)
			}
		}
	}
}

// Whatever is destroyed, no wrong data is returned and nothing is silent about it. Some clusters cannot go on, and the verdict
// names what was lost.
func TestDestruction(t *testing.T) {
	for _, s := range All() {
		results, _ := sweepOf(t, s.Name, faults.Destruction, 60, func(in *Input) { in.Config.Recovery = 2 * faults.Second })
		counts := map[checker.Kind]int{}
		for _, r := range results {
			counts[r.Verdict.Kind]++
			switch r.Verdict.Kind {
			case checker.Unrecoverable:
				require.Contains(t, r.Verdict.Detail, "durable data was destroyed on n")
			default:
				require.Equal(t, checker.Pass, r.Verdict.Kind, "%s seed %d: %v", s.Name, r.Seed, r.Verdict)
			}
		}
		require.Positive(t, counts[checker.Unrecoverable], s.Name)
		require.Positive(t, counts[checker.Pass], s.Name)
	}
}

// calmly gives all seeds a calm cluster of three that suffers one fault.
func calmly(f faults.Fault) func(*Input) {
	return func(in *Input) {
		in.Config.Nodes = 3
		in.Config.Knobs["phase2"] = 0
		in.Config.Recovery = 2 * faults.Second
		in.Plan = faults.Plan{Faults: []faults.Fault{f}}
	}
}

// A replica whose data is damaged is no reason to get stuck; two of three are, and then the verdict is no violation.
func TestToleratedDamage(t *testing.T) {
	at := faults.Fault{Kind: faults.BitRot, At: 2 * faults.Second, For: 100 * faults.Millisecond}
	at.Nodes = []node.ID{2}
	results, total := sweepOf(t, "kv", faults.Calm, 20, calmly(at))
	require.Positive(t, total.Machines.Rotten)
	for _, r := range results {
		require.Equal(t, checker.Pass, r.Verdict.Kind, "seed %d: %v", r.Seed, r.Verdict)
	}
	at.Nodes = []node.ID{1, 2}
	results, _ = sweepOf(t, "kv", faults.Calm, 20, calmly(at))
	said := ""
	for _, r := range results {
		if r.Verdict.Kind != checker.Pass {
			said = r.Verdict.String()
			require.Equal(t, checker.Unrecoverable, r.Verdict.Kind, said)
		}
	}
	require.Equal(t, "unrecoverable: durable data was destroyed on n1 (bit-rot), n2 (bit-rot), and a group of 3 must survive that on 1", said)
}

// Replicas that come back with empty disks, under their old names, have forgotten votes. That they vote again is caught.
func TestWipedMajority(t *testing.T) {
	caught := map[string]int{}
	wipe := calmly(faults.Fault{
		Kind: faults.Wipe, At: 10 * faults.Millisecond, For: 100 * faults.Microsecond, Nodes: []node.ID{1, 2, 3},
	})
	spec := SingleDecree()
	spec.Wipes = true // which is not so
	s, wiped := Define(spec), uint64(0)
	for seed := uint64(1); seed <= 30; seed++ {
		in := inputOf(t, s, seed, faults.Calm)
		wipe(&in)
		require.EqualError(t, singleDecree().Check(in), "plan: fault 1 (wipe): its replicas cannot go on with an empty disk under their old names")
		_, r := tracedRun(t, s, in, func(sim.Record) bool { return false })
		if r.Verdict.Kind == checker.Violated {
			caught[r.Verdict.Fingerprint]++
		}
		wiped += r.Stats.Machines.Wiped
	}
	require.Positive(t, wiped)
	require.Positive(t, caught["damage: takes part after losing promises or votes"], "%v", caught)
}

// A replica may get settings of its own, which are those that it boots with from then on; but none that the protocol refuses.
func TestReconfigureKnobs(t *testing.T) {
	s, err := Find("kv")
	require.NoError(t, err)
	in := Input{Seed: 1}
	in.Config, _ = s.Draw(1, profile(t, faults.Calm))
	plan := func(knobs map[string]int64) faults.Plan {
		return faults.Plan{Faults: []faults.Fault{{Kind: faults.ReconfigureKnobs, At: 1, For: 1, Nodes: []node.ID{1}, Knobs: knobs}}}
	}
	require.NoError(t, s.Check(Input{Config: in.Config, Plan: plan(map[string]int64{"batch": 7})}))
	require.EqualError(t, s.Check(Input{Config: in.Config, Plan: plan(map[string]int64{"heartbeat": 200_000})}),
		`plan: fault 1 (reconfigure-knobs): with its knobs, the knob "heartbeat" must be below the knob "election"`)
	require.ErrorContains(t, s.Check(Input{Config: in.Config, Plan: plan(map[string]int64{"phase2": 1})}), `no knob "phase2" of their own`)

	booted := map[node.ID][]int64{}
	spied := Define(Spec[whisper, *whisper]{
		Name:  "spied",
		Knobs: []Knob{{Name: "batch", Min: 1, Max: 9, Draw: []int64{1}, Local: true}},
		Replica: func(id node.ID, c *Config) node.Node[whisper] {
			booted[id] = append(booted[id], c.Knob("batch"))
			return &rogue{}
		},
		Quorums:  func(*Config) (int, int) { return 1, 1 },
		Workload: Registers{},
	})
	in.Config, _ = spied.Draw(1, profile(t, faults.Calm))
	in.Config.Nodes, in.Config.Recovery = 2, faults.Second
	in.Plan = plan(map[string]int64{"batch": 7})
	in.Plan.Faults = append(in.Plan.Faults, faults.Fault{Kind: faults.Crash, At: 10, For: 1, Nodes: []node.ID{1, 2}})
	require.NoError(t, spied.Check(in))
	c := spied.NewCluster()
	r := Run(c, in)
	require.Equal(t, uint64(1), r.Stats.Reconfigured)
	require.Equal(t, map[node.ID][]int64{1: {1, 7, 7}, 2: {1, 1}}, booted)
	clear(booted)
	in.Plan = faults.Plan{}
	Run(c, in)
	require.Equal(t, map[node.ID][]int64{1: {1}, 2: {1}}, booted, "the next run knows nothing of it")
}

// However a host goes down, its connections break: nothing that it sent before arrives any more, and nothing that was on its way to it.
func TestConnectionsBreak(t *testing.T) {
	s := kv()
	begin, span := faults.Second, 100*faults.Millisecond
	for _, f := range []faults.Fault{
		{Kind: faults.Crash}, {Kind: faults.PowerCut}, {Kind: faults.CrashLoop, Period: span},
		{Kind: faults.SyncFail}, {Kind: faults.DiskFull}, {Kind: faults.BitRot}, {Kind: faults.Wipe},
		{Kind: faults.ReconfigureKnobs, Knobs: map[string]int64{"batch": 2}},
		{Kind: faults.CrashAt, On: faults.OnWrite, File: "log", Nth: 1},
		{Kind: faults.CrashAt, On: faults.OnSync, File: "log", Nth: 1, After: true},
		{Kind: faults.CrashAt, On: faults.OnSend, Message: uint8(multipaxos.Accepted), Nth: 1, After: true},
	} {
		cut := uint64(0)
		for seed := uint64(1); seed <= 20; seed++ {
			in := inputOf(t, s, seed, faults.Calm)
			calmly(f)(&in)
			in.Config.Link, in.Config.Reconnect = netsim.FIFO, 10*faults.Millisecond
			one := &in.Plan.Faults[0]
			one.At, one.For, one.Nodes = begin, span, []node.ID{1}
			if f.Kind == faults.CrashLoop {
				one.For = 4 * span
			}
			downUntil := int64(0)
			_, r := tracedRun(t, s, in, func(r sim.Record) bool {
				who := node.ID(1).Addr()
				switch {
				case r.Kind == sim.Crashed && r.Who == who:
					downUntil = r.At + int64(in.Config.Reconnect)
				case r.At < downUntil && (r.Kind == sim.Arrived || r.Kind == sim.ArrivedOff) && (r.Who == who || r.Peer == who):
					t.Errorf("%v, seed %d: %v %s arrives at %v from %v", f.Kind, seed, faults.Span(r.At), r.Text, r.Who, r.Peer)
				}
				return false
			})
			if f.Kind != faults.Wipe && f.Kind != faults.BitRot {
				require.Equal(t, checker.Pass, r.Verdict.Kind, "%v, seed %d: %v", f.Kind, seed, r.Verdict)
			}
			require.Equal(t, r.Stats.Crashes > 0, r.Stats.Net.Resets > 0, "%v, seed %d", f.Kind, seed)
			cut += r.Stats.Net.Cut
		}
		require.Positive(t, cut, "%v", f.Kind)
	}
}

// A trap that springs while the disk is full is what struck, and not the full disk.
func TestWhatStoppedTheHost(t *testing.T) {
	results, total := sweepOf(t, "kv", faults.Calm, 20, func(in *Input) {
		calmly(faults.Fault{Kind: faults.DiskFull, At: 900 * faults.Millisecond, For: 3 * faults.Second, Nodes: []node.ID{1}})(in)
		in.Plan.Faults = append(in.Plan.Faults, faults.Fault{
			Kind: faults.CrashAt, At: 900 * faults.Millisecond, For: 3 * faults.Second, Nodes: []node.ID{1}, On: faults.OnWrite, File: "log", Nth: 1,
		})
	})
	require.Len(t, results, 20)
	require.Positive(t, total.Machines.Trapped)
	require.Equal(t, total.Machines.Trapped, total.Struck[faults.CrashAt])
	require.Equal(t, total.Machines.FullDisks, total.Struck[faults.DiskFull])
}

// Leases rest on clocks that do not jump: no plan of a seed has both, wherever the lease comes from, and one made by hand is refused.
func TestLeasesAndJumps(t *testing.T) {
	s := kv()
	lent, jumped := 0, 0
	for _, weather := range []string{faults.Storm, faults.Clocks} {
		for seed := range uint64(300) {
			in := inputOf(t, s, seed, weather)
			lease := in.Config.Knob("reads") == 2
			for _, f := range in.Plan.Faults {
				lease = lease || f.Knobs["reads"] == 2
			}
			jump := slices.ContainsFunc(in.Plan.Faults, jumps)
			require.False(t, lease && jump, "seed %d", seed)
			require.NoError(t, s.Check(in))
			if lease {
				lent++
			}
			if jump {
				jumped++
			}
		}
	}
	require.Greater(t, lent, 100)
	require.Greater(t, jumped, 100)

	in := inputOf(t, s, 1, faults.Calm)
	in.Config.ClockJumpMax, in.Config.Knobs["reads"] = faults.Second, 0
	jump := faults.Fault{Kind: faults.ClockJump, Nodes: []node.ID{1}, Delay: faults.Second}
	change := faults.Fault{Kind: faults.ReconfigureKnobs, For: 1, Nodes: []node.ID{2}, Knobs: map[string]int64{"reads": 2}}
	in.Plan.Faults = []faults.Fault{jump}
	require.NoError(t, s.Check(in))
	in.Plan.Faults = []faults.Fault{jump, change}
	require.EqualError(t, s.Check(in), "plan: fault 2 (reconfigure-knobs): with its knobs, replicas do not bear clocks that jump, as others of the plan make them")
	in.Plan.Faults = []faults.Fault{change}
	require.NoError(t, s.Check(in))
	in.Plan.Faults = []faults.Fault{jump}
	in.Config.Knobs["reads"] = 2
	require.ErrorContains(t, s.Check(in), "plan: clocks jump, which replicas with these knobs do not bear")
	in.Config.ClockJumpMax = 0
	require.NoError(t, s.Check(in), "beyond what they must expect everything may be tried")
}

// Names of files and kinds of messages in a Spec are such as exist: replicas stop at them.
func TestCrashSites(t *testing.T) {
	for _, s := range All() {
		c, _ := s.Draw(1, profile(t, faults.Calm))
		sh := s.shape(&c)
		require.NotEmpty(t, sh.Files)
		for _, on := range []faults.Trigger{faults.OnWrite, faults.OnSync} {
			for _, file := range sh.Files {
				_, total := sweepOf(t, s.Name, faults.Calm, 5, calmly(faults.Fault{
					Kind: faults.CrashAt, Nodes: []node.ID{1, 2}, For: 10 * faults.Second, On: on, File: file, Nth: 1,
				}))
				require.Positive(t, total.Machines.Trapped, "%s: %v of %s", s.Name, on, file)
			}
		}
		trapped := 0
		for kind := uint8(1); kind <= sh.Messages; kind++ {
			_, total := sweepOf(t, s.Name, faults.Calm, 5, calmly(faults.Fault{
				Kind: faults.CrashAt, Nodes: []node.ID{1, 2}, For: 10 * faults.Second, On: faults.OnSend, Message: kind, Nth: 1, After: true,
			}))
			if total.Machines.Trapped > 0 {
				trapped++
			}
		}
		require.GreaterOrEqual(t, trapped, 4, "%s: some kinds of messages are sent in good weather", s.Name)
	}
}

// A pause that lasts across a crash is in force for the new process too.
func TestPauseOutlivesCrash(t *testing.T) {
	results, total := sweepOf(t, "kv", faults.Calm, 1, func(in *Input) {
		in.Config.Nodes = 3
		in.Plan = faults.Plan{Faults: []faults.Fault{
			{Kind: faults.Pause, At: faults.Second, For: faults.Second, Nodes: []node.ID{1}},
			{Kind: faults.Crash, At: 1500 * faults.Millisecond, For: 1, Nodes: []node.ID{1}},
		}}
	})
	require.Equal(t, uint64(2), total.Machines.Pauses)
	require.Equal(t, checker.Pass, results[0].Verdict.Kind, "%v", results[0].Verdict)
	require.True(t, strings.HasPrefix(results[0].Plan.Faults[0].Describe(nil), "1s +1s pause n1"))
}
