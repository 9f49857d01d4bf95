// Package bench holds loads of the simulator against the same loads on other programs, in one process and one run.
package bench

import (
	"fmt"
	"testing"

	"simrun/bench/etcdraft"
	"simrun/scenarios"
	"simrun/scenarios/speed"
)

// BenchmarkProtocols measures Multi-Paxos, with every check on and with agreement as the only one, and etcd's raft (v3.6.0), of which agreement is checked too,
// with the same network, disks, clients and machine.
func BenchmarkProtocols(b *testing.B) {
	for _, batch := range []int{1, 64} {
		for _, p := range []scenarios.Scenario{speed.Log(), speed.AgreementOnly(), etcdraft.Scenario()} {
			b.Run(fmt.Sprintf("batch=%d/%s", batch, p.Name), func(b *testing.B) {
				l := speed.Saturated(5, 64, batch).InOrder()
				if batch > 1 {
					l.Config.Knobs["window"] = 4 // so that commands have to wait for each other
				}
				r := speed.Begin(p, l)
				r.Run(100_000)
				c := r.Measure(uint64(b.N))
				b.ReportMetric(c.PerEvent(), "cpu-ns/event")
				b.ReportMetric(c.Rate(c.Messages), "messages/s")
				b.ReportMetric(c.Rate(c.Commits), "commits/s")
				b.ReportMetric(float64(c.Mallocs)/float64(c.Events), "mallocs/event")
				b.ReportMetric(float64(c.Events)/float64(max(c.Commits, 1)), "events/commit")
			})
		}
	}
}
