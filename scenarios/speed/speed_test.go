package speed

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
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
