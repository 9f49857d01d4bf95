package speed

import (
	"bytes"
	"context"
	"encoding/xml"
	"fmt"
	"io"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"simrun/node/fact"
	"simrun/scenarios"
	"simrun/sim"
)

// A command is 32 bytes.
func TestCommandIsOf32Bytes(t *testing.T) {
	l := Saturated(5, 10, 1)
	o := Writes{}.Operation(&l.Config, 5, 7)
	require.Len(t, Writes{}.Command(nil, o), 32)
}

// BenchmarkCluster measures loads, every check on.
func BenchmarkCluster(b *testing.B) {
	for _, l := range []Load{Saturated(5, 10, 1), Saturated(5, 64, 1), Saturated(5, 64, 64), Thinking(), Idle()} {
		b.Run(l.Name, func(b *testing.B) {
			r := Begin(Log(), l)
			r.Run(200_000)
			c := r.Measure(uint64(b.N))
			b.ReportMetric(c.PerEvent(), "cpu-ns/event")
			b.ReportMetric(float64(c.Mallocs)/float64(c.Events), "mallocs/event")
			b.ReportMetric(c.Rate(c.Messages), "messages/s")
			b.ReportMetric(c.Rate(c.Commits), "commits/s")
			b.ReportMetric(float64(c.Simulated)/float64(c.CPU), "simulated-s/s")
			b.ReportMetric(float64(c.Events)/float64(max(c.Commits, 1)), "events/commit")
		})
	}
}

// The check that is left finds what it is for.
func TestAgreementOnly(t *testing.T) {
	a := &agreement{}
	a.Reset(&scenarios.Config{Nodes: 2})
	a.Observed(1, fact.Fact{Kind: fact.Learned, Slot: 2, Value: 7})
	a.Observed(2, fact.Fact{Kind: fact.Applied, Slot: 2, Value: 7})
	require.Nil(t, a.Violation())
	a.Observed(2, fact.Fact{Kind: fact.Voted, Slot: 2, Value: 8}) // a vote is no choice
	require.Nil(t, a.Violation())
	a.Observed(2, fact.Fact{Kind: fact.Learned, Slot: 2, Value: 8})
	require.Equal(t, "agreement", a.Violation().Check)
}

// BenchmarkTape measures the saturated cluster with its full trace in binary.
func BenchmarkTape(b *testing.B) {
	r := Begin(Log(), Saturated(5, 10, 1))
	r.cluster.Record(sim.NewTape(io.Discard, "a load"))
	r.Run(200_000)
	b.ReportMetric(r.Measure(uint64(b.N)).PerEvent(), "cpu-ns/event")
}

// BenchmarkQueue measures the kernel alone, and a plain one.
func BenchmarkQueue(b *testing.B) {
	for _, pending := range []int{100, 10_000, 1_000_000} {
		for name, hold := range map[string]func(int, uint64) float64{"kernel": holdKernel, "plain": holdPlain} {
			b.Run(fmt.Sprintf("pending=%d/%s", pending, name), func(b *testing.B) {
				b.ReportMetric(hold(pending, uint64(b.N)), "cpu-ns/event")
			})
		}
	}
}

// BenchmarkNetwork measures kernel and network alone.
func BenchmarkNetwork(b *testing.B) {
	for name, rough := range map[string]bool{"calm": false, "rough": true} {
		b.Run(name, func(b *testing.B) {
			b.ReportMetric(perMessage(1000, uint64(b.N), rough), "cpu-ns/message")
		})
	}
}

// BenchmarkSeeds measures whole seeds, with one worker and with two.
func BenchmarkSeeds(b *testing.B) {
	for _, jobs := range []int{1, 2} {
		b.Run(fmt.Sprintf("workers=%d", jobs), func(b *testing.B) {
			perSecond, perCPU, _ := seeds(context.Background(), uint64(b.N), jobs)
			b.ReportMetric(perSecond, "seeds/s")
			b.ReportMetric(1000/perCPU, "cpu-ms/seed")
		})
	}
}

// A seed leaves little garbage: who boots has the memory of who ran there before. The cluster itself, which is made once, is not counted.
func TestGarbageOfASeed(t *testing.T) {
	garbage := func(count uint64) uint64 {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		seeds(t.Context(), count, 1)
		runtime.ReadMemStats(&after)
		return after.TotalAlloc - before.TotalAlloc
	}
	once := garbage(100)
	each := (garbage(500) - once) / 400
	t.Logf("%d bytes", each)
	require.Less(t, each, uint64(100_000))
}

// The plain kernel and the real one do the same: they are worth comparing.
func TestBothKernelsTakeEventsInOrder(t *testing.T) {
	k, last := &plain{}, int64(0)
	for i := range 1000 {
		at := int64(mixed(uint64(i)) % 500)
		k.schedule(at, func() {
			require.Equal(t, at, k.now)
			require.GreaterOrEqual(t, at, last)
			last = at
		})
	}
	k.run(1000)
	require.Empty(t, k.queue)
}

// Every table is made, rows fit their heads, plots are XML; and no figure is missing.
func TestReport(t *testing.T) {
	if testing.Short() {
		t.Skip("measures for seconds")
	}
	var names []string
	err := Report(t.Context(), Options{Rounds: 1, Scale: 1, Progress: func(string) {}, Table: func(x *Table) {
		names = append(names, x.Name)
		require.NotEmpty(t, x.Rows)
		for _, r := range x.Rows {
			require.Len(t, r, len(x.Head), x.Name)
			require.NotContains(t, r, "NaN")
		}
		var b bytes.Buffer
		require.NoError(t, x.Write(&b))
		if x.Plot != nil {
			b.Reset()
			require.NoError(t, x.Plot.WriteSVG(&b))
			for d := xml.NewDecoder(&b); ; {
				if _, err := d.Token(); err == io.EOF {
					break
				} else {
					require.NoError(t, err)
				}
			}
		}
	}})
	require.NoError(t, err)
	require.Len(t, names, 9)
}

// A report that is cancelled says so, and makes no table of figures that are missing.
func TestCancelledReport(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	tables := 0
	err := Report(ctx, Options{Rounds: 1, Scale: 1, Progress: func(string) { cancel() }, Table: func(*Table) { tables++ }})
	require.ErrorIs(t, err, context.Canceled)
	require.Zero(t, tables)
}
