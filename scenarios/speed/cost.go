package speed

import (
	"fmt"
	"runtime"

	"simrun/scenarios"
)

// Cost is what a stretch of a run took, and what happened in it.
type Cost struct {
	CPU       int64 // nanoseconds
	Simulated int64 // nanoseconds
	Events    uint64
	Messages  uint64 // handed to the network: messages, requests and replies
	Commits   uint64 // commands that clients got an answer to
	Mallocs   uint64
	Bytes     uint64 // allocated
}

// PerEvent returns the nanoseconds of cpu an event.
func (c Cost) PerEvent() float64 { return float64(c.CPU) / float64(max(c.Events, 1)) }

// Rate returns how many of something there were in a second of cpu.
func (c Cost) Rate(n uint64) float64 { return float64(n) / float64(max(c.CPU, 1)) * 1e9 }

// Running is a load on its way.
type Running struct {
	cluster scenarios.Cluster
	at      uint64 // events
}

// Begin resets a cluster for the load.
func Begin(s scenarios.Scenario, l Load) *Running {
	if err := s.Check(l.Input); err != nil {
		panic("speed: " + err.Error())
	}
	c := s.NewCluster()
	c.Reset(l.Input)
	return &Running{cluster: c}
}

// Run handles that many events.
func (r *Running) Run(events uint64) {
	r.at += events
	if v, done := r.cluster.Run(r.at); done {
		panic(fmt.Sprintf("speed: the run is over: %v %s", v.Kind, v.Detail))
	}
}

// Measure handles that many events and tells what they cost.
func (r *Running) Measure(events uint64) Cost {
	var m, n runtime.MemStats
	before := r.cluster.Stats()
	runtime.ReadMemStats(&m)
	from := cpu()
	r.Run(events)
	took := cpu() - from
	runtime.ReadMemStats(&n)
	after := r.cluster.Stats()
	return Cost{
		CPU: took, Simulated: after.Simulated - before.Simulated, Events: events,
		Messages: after.Net.Sent - before.Net.Sent, Commits: uint64(after.Finished - before.Finished),
		Mallocs: n.Mallocs - m.Mallocs, Bytes: n.TotalAlloc - m.TotalAlloc,
	}
}
