package scenarios

import (
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"simrun/faults"
	"simrun/node"
	"simrun/sim"
)

// steady returns a long run of five Multi-Paxos replicas with ten busy clients; with faults, things go wrong all the time.
func steady(t testing.TB, operations int, faulty bool) Input {
	t.Helper()
	s, err := Find("kv")
	require.NoError(t, err)
	in := Input{Seed: 1, Config: Config{
		Nodes: 5, Clients: 10, Operations: operations, Keys: 5,
		Retry: 100 * faults.Millisecond, Patience: 1 * faults.Second,
		LatencyMin: 200 * faults.Microsecond, LatencyMean: 300 * faults.Microsecond,
		SyncMin: 100 * faults.Microsecond, SyncMean: 100 * faults.Microsecond,
		Disk:    sim.DiskFaults{Lose: 500_000, Tear: 500_000},
		Horizon: 3600 * faults.Second, Recovery: 60 * faults.Second,
		Knobs: map[string]int64{},
	}}
	for _, k := range s.Knobs {
		in.Config.Knobs[k.Name] = k.Calm
	}
	in.Config.Knobs["window"], in.Config.Knobs["checkpoint"], in.Config.Knobs["retain"] = 64, 1000, 500
	in.Config.Knobs["heartbeat"], in.Config.Knobs["election"] = 20_000, 100_000
	if faulty {
		in.Plan.Faults = []faults.Fault{
			{Kind: faults.Drop, Rate: 10_000},
			{Kind: faults.Duplicate, Rate: 10_000, Delay: 5 * faults.Millisecond},
			{Kind: faults.Reorder, Rate: 10_000, Delay: 5 * faults.Millisecond},
		}
		for i := range 20 {
			in.Plan.Faults = append(in.Plan.Faults,
				faults.Fault{At: faults.Span(4*i+1) * faults.Second, For: 500 * faults.Millisecond, Kind: faults.Crash, Nodes: nodes(i%5 + 1)},
				faults.Fault{At: faults.Span(4*i+3) * faults.Second, For: 500 * faults.Millisecond, Kind: faults.OneWay, From: addrs(i%5 + 1)})
		}
	}
	require.NoError(t, s.Check(in))
	return in
}

func nodes(i int) []node.ID   { return []node.ID{node.ID(i)} }
func addrs(i int) []node.Addr { return []node.Addr{node.ID(i).Addr()} }

// BenchmarkEvents measures what an event costs: protocol, network, disks, hash and invariants together.
func BenchmarkEvents(b *testing.B) {
	for _, mode := range []struct {
		name   string
		faulty bool
	}{{"calm", false}, {"faults", true}} {
		b.Run(mode.name, func(b *testing.B) {
			in := steady(b, MaxOperations, mode.faulty)
			s, err := Find("kv")
			require.NoError(b, err)
			c := s.NewCluster()
			c.Reset(in)
			const warm = 200_000
			c.Run(warm)
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			b.ResetTimer()
			_, done := c.Run(warm + uint64(b.N))
			b.StopTimer()
			runtime.ReadMemStats(&after)
			require.False(b, done)
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N), "ns/event")
			b.ReportMetric(float64(after.Mallocs-before.Mallocs)/float64(b.N), "mallocs/event")
			b.ReportMetric(float64(after.TotalAlloc-before.TotalAlloc)/float64(b.N), "B/event")
			b.ReportMetric(float64(c.Stats().Chosen)/b.Elapsed().Seconds(), "commits/s")
		})
	}
}

// BenchmarkSeeds measures whole runs of drawn seeds, as a sweep does them.
func BenchmarkSeeds(b *testing.B) {
	oracleEvery = usualOracle
	for _, s := range All() {
		b.Run(s.Name, func(b *testing.B) {
			c := s.NewCluster()
			p := profile(b, faults.Default)
			seed, events := uint64(0), uint64(0)
			for b.Loop() {
				seed++
				in := Input{Seed: seed}
				in.Config, in.Plan = s.Draw(seed, p)
				events += Run(c, in).Stats.Events
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(events), "ns/event")
		})
	}
}
