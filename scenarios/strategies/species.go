package strategies

// Species counts in how many runs each state was seen, and tells from that how many are yet to be seen: as one tells from a
// sample of butterflies how many species were missed (Good, Biometrika 1953; for runs that each show several states, Chao and
// Jost, Ecology 2012; for testing, Böhme, "STADS", TOSEM 2018).
type Species struct {
	Runs   uint64
	counts map[uint64]uint32 // runs by state
	seen   uint64            // states summed over runs
	once   uint64            // states seen in one run only
	twice  uint64            // and in two
}

// Add takes the states of a run, each given once, and returns how many of them are new.
func (s *Species) Add(states []uint64) (fresh int) {
	if s.counts == nil {
		s.counts = map[uint64]uint32{}
	}
	s.Runs++
	for _, state := range states {
		s.counts[state]++
		s.seen++
		switch s.counts[state] {
		case 1:
			s.once++
			fresh++
		case 2:
			s.once--
			s.twice++
		case 3:
			s.twice--
		}
	}
	return fresh
}

// Distinct returns how many states were seen.
func (s *Species) Distinct() uint64 { return uint64(len(s.counts)) }

// Once returns how many of them were seen in one run only.
func (s *Species) Once() uint64 { return s.once }

// Discovery returns how many new states the next run is expected to show, in millionths: those seen once, by runs (the estimator of
// Good and Turing).
func (s *Species) Discovery() uint64 {
	if s.Runs == 0 {
		return 0
	}
	return s.once * 1_000_000 / s.Runs
}

// Coverage returns the share of what a run shows that was seen before, in parts per million.
func (s *Species) Coverage() uint64 {
	if s.seen == 0 {
		return 0
	}
	return 1_000_000 - s.once*1_000_000/s.seen
}

// Missing returns a lower bound for the states not yet seen (Chao 1987: the square of those seen once, by twice those seen twice).
func (s *Species) Missing() uint64 {
	if s.twice == 0 {
		return s.once * max(s.once, 1) / 2
	}
	return s.once * s.once / (2 * s.twice)
}
