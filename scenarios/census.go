package scenarios

import "simrun/faults"

// Census is how often the runs of a sweep came to a state that they should come to now and then.
type Census struct {
	State    string
	Runs     uint64
	Demanded bool // a sweep of CensusSeeds seeds must come to it
}

// CensusSeeds is how many seeds a sweep must have before anything is demanded of it.
const CensusSeeds = 5000

// Census tells how often a sweep under a profile came to each state that matters to the scenario: those of the cluster, the points of the protocol, and
// for each kind of fault that it did something. Something is demanded only under the profiles that have every kind of fault.
func (s Scenario) Census(p faults.Profile, of *Stats) []Census {
	demanding := s.demands != nil && (p.Name == faults.Default || p.Name == faults.Storm) && of.Runs >= CensusSeeds
	var list []Census
	for state := range NumSometimes {
		if s.demands != nil && !s.demands(state) {
			continue
		}
		list = append(list, Census{state.String(), of.Sometimes[state], demanding})
	}
	for i, name := range s.points {
		list = append(list, Census{name, of.Points[i], demanding})
	}
	for k := faults.Kind(1); k < faults.NumKinds; k++ {
		if s.Suffers(k, p) {
			list = append(list, Census{k.String() + " strikes", of.Struck[k], demanding})
		}
	}
	return list
}
