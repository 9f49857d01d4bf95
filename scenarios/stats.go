package scenarios

import (
	"simrun/faults"
	"simrun/netsim"
	"simrun/sim"
)

// Stats are the figures of one run, or of many added up.
type Stats struct {
	Runs      uint64 `json:"runs"`
	Events    uint64 `json:"events"`
	Simulated int64  `json:"simulated"` // nanoseconds of simulated time

	Called   uint64 `json:"called"`   // operations that clients began
	Finished uint64 `json:"finished"` // of these, those that got a result
	Unknown  uint64 `json:"unknown"`  // of these, those that clients gave up on

	Net          netsim.Counts           `json:"net"`
	Faults       [faults.NumKinds]uint64 `json:"faults"`       // faults of the plan that began, by kind
	Struck       [faults.NumKinds]uint64 `json:"struck"`       // messages or replicas that these did something to, by kind
	Roles        [faults.NumRoles]uint64 `json:"roles"`        // times a fault found a replica in the role that it is about, by role
	Crashes      uint64                  `json:"crashes"`      // hosts that went down
	Restarts     uint64                  `json:"restarts"`     // and came back
	Machines     sim.Counts              `json:"machines"`     // what faults did to machines
	Reconfigured uint64                  `json:"reconfigured"` // replicas that were given other settings
	Elections    uint64                  `json:"elections"`    // times a replica took the lead
	Chosen       uint64                  `json:"chosen"`       // slots decided

	Sometimes [NumSometimes]uint64 `json:"sometimes"` // runs that came to a state
	Points    [MaxPoints]uint64    `json:"points"`    // and to a point of the protocol: see Spec.Points
}

// MaxPoints is how many points of its own a protocol may have.
const MaxPoints = 64

// Add adds another run's figures.
func (s *Stats) Add(o Stats) {
	s.Runs += o.Runs
	s.Events += o.Events
	s.Simulated += o.Simulated
	s.Called += o.Called
	s.Finished += o.Finished
	s.Unknown += o.Unknown
	s.Net.Add(o.Net)
	for i, n := range o.Faults {
		s.Faults[i] += n
		s.Struck[i] += o.Struck[i]
	}
	for i, n := range o.Roles {
		s.Roles[i] += n
	}
	s.Crashes += o.Crashes
	s.Restarts += o.Restarts
	s.Machines.Add(o.Machines)
	s.Reconfigured += o.Reconfigured
	s.Elections += o.Elections
	s.Chosen += o.Chosen
	for i, n := range o.Sometimes {
		s.Sometimes[i] += n
	}
	for i, n := range o.Points {
		s.Points[i] += n
	}
}
