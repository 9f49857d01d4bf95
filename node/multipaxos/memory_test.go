package multipaxos

import (
	"os"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"simrun/node"
	"simrun/node/wal"
)

// A replica that writes checkpoints needs no more memory, and keeps no more log, for ten times as many commands, and sessions. MUST=long goes from 100,000 to
// 1,000,000.
func TestMemoryStaysFlat(t *testing.T) {
	few := 20_000
	if os.Getenv("MUST") == "long" {
		few = 100_000
	}
	if testing.Short() {
		few = 2000
	}
	b := newBus(3)
	for i := range b.ends {
		b.ends[i].disk = map[string][]byte{}
	}
	requests := uint64(0)
	type figures struct{ heap, log, records uint64 }
	measure := func() (f figures) {
		runtime.GC()
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		for i := range b.ends {
			disk := b.ends[i].disk[File]
			f.log = max(f.log, uint64(len(disk)))
			report := wal.Scan(File, disk, func(wal.Record) {})
			require.Equal(t, wal.Clean, report.Damage)
			f.records = max(f.records, uint64(report.Records))
		}
		f.heap = m.HeapAlloc
		return f
	}
	strangers := node.Client(100) // who open a session, and are never heard of again
	// The log saws: it is compared at its highest within some checkpoints.
	highest := func(upTo int) (f figures) {
		for int(requests) < upTo-5000 {
			b.load(&requests, 250)
			strangers++
			b.open(strangers)
		}
		for range 50 {
			b.load(&requests, 100)
			now := measure()
			f = figures{max(f.heap, now.heap), max(f.log, now.log), max(f.records, now.records)}
		}
		return f
	}
	before := highest(few + 5000)
	after := highest(10*few + 5000)
	require.Equal(t, requests+uint64(strangers-100), uint64(b.answers))
	require.Len(t, b.replicas[2].sessions.ids, 32)
	require.Equal(t, requests, b.replicas[2].metrics.Commands)
	ratio := func(a, b uint64) float64 { return float64(b) / float64(a) }
	t.Logf("memory after %d commands and after %d: live heap %.3f times, log on disk %.3f times, records in it %.3f times",
		few, 10*few, ratio(before.heap, after.heap), ratio(before.log, after.log), ratio(before.records, after.records))
	require.LessOrEqual(t, ratio(before.heap, after.heap), 1.1)
	require.LessOrEqual(t, ratio(before.log, after.log), 1.1)
	require.LessOrEqual(t, ratio(before.records, after.records), 1.1)
}
