package scenarios

import (
	"slices"

	"simrun/faults"
	"simrun/netsim"
	"simrun/sim"
	"simrun/sim/stream"
)

// Draw draws the configuration and the plan of a seed. The same seed, scenario and profile give the same; every part
// is drawn from a stream of its own.
func (s Scenario) Draw(seed uint64, profile faults.Profile) (Config, faults.Plan) {
	if s.Story != nil && seed == StoryTold {
		return s.tell()
	}
	c := s.drawConfig(seed, profile)
	return c, s.DrawPlan(seed, profile, &c)
}

// DrawPlan draws the plan of a seed for a configuration that need not be the one drawn with it.
func (s Scenario) DrawPlan(seed uint64, profile faults.Profile, c *Config) faults.Plan {
	faulty := stream.New(seed, "plan", 0)
	plan := faults.Draw(&faulty, profile, s.shape(c))
	if s.checkJumps(c, &plan) != nil { // replicas get settings on the way that do not go with them
		plan.Faults = slices.DeleteFunc(plan.Faults, jumps)
	}
	return plan
}

func (s Scenario) drawConfig(seed uint64, profile faults.Profile) Config {
	size := stream.New(seed, "size", 0)
	c := Config{
		Nodes:      pick(&size, 3, 3, 3, 5, 5, 5, 4, 7),
		Clients:    size.Int(1, 6),
		Operations: size.Int(20, 60),
		Keys:       pick(&size, 1, 2, 3, 5),
		Patience:   pick[faults.Span](&size, 100, 300, 1000) * faults.Millisecond,
		Horizon:    3 * faults.Second,
		Recovery:   60 * faults.Second,
	}

	if spares := stream.New(seed, "spares", 0); s.members && !profile.Is(faults.Calm) && (profile.Is(faults.Members) || spares.Chance(300_000)) {
		c.Spares = spares.Int(1, 2)
		c.Nodes += c.Spares
	}

	net := stream.New(seed, "weather", 0)
	c.LatencyMin = pick(&net, 50*faults.Microsecond, 200*faults.Microsecond, 1*faults.Millisecond)
	c.LatencyMean = pick(&net, 100*faults.Microsecond, 500*faults.Microsecond, 2*faults.Millisecond)
	c.Retry = 40*faults.Millisecond + 20*(c.LatencyMin+c.LatencyMean)
	c.Encode = net.Chance(100_000)
	c.Spread = pick(&net, netsim.Exponential, netsim.Exponential, netsim.Uniform, netsim.HeavyTail)
	if profile.Is(faults.Calm) && c.Spread == netsim.HeavyTail {
		c.Spread = netsim.Exponential
	}
	if net.Chance(200_000) {
		c.Link = netsim.FIFO
	}
	c.Reconnect = pick[faults.Span](&net, 1, 10, 50) * faults.Millisecond
	if net.Chance(150_000) && !profile.Is(faults.Calm) {
		c.Bandwidth = pick[uint64](&net, 100_000, 1_000_000, 10_000_000)
		c.Backlog = pick[uint64](&net, 0, 10_000, 100_000)
	}

	machines := stream.New(seed, "machines", 0)
	c.SyncMin = pick(&machines, 0, 50*faults.Microsecond, 500*faults.Microsecond)
	c.SyncMean = pick(&machines, 50*faults.Microsecond, 500*faults.Microsecond, 3*faults.Millisecond)
	if !profile.Is(faults.Calm) {
		c.Disk = sim.DiskFaults{
			Lose: pick[uint64](&machines, 0, 500_000, 1_000_000, 1_000_000),
			Tear: pick[uint64](&machines, 0, 300_000, 1_000_000),
			Hole: pick[uint64](&machines, 0, 0, 200_000),
		}
		c.ClockOffset = pick(&machines, 0, 1*faults.Second, 3600*faults.Second)
		c.ClockDrift = pick[int64](&machines, 0, 200, 50_000)
		bounds := stream.New(seed, "clock bounds", 0)
		c.ClockDriftMax = max(c.ClockDrift, pick[int64](&bounds, 0, 500, 50_000))
		c.ClockJumpMax = pick(&bounds, 0, 100*faults.Millisecond, 10*faults.Second)
	}

	// A family of faults that is left out takes the weather of its kind along.
	if profile.Lacks(faults.Links) {
		c.Bandwidth, c.Backlog = 0, 0
	}
	if profile.Lacks(faults.Disks) {
		c.Disk = sim.DiskFaults{}
	}
	if profile.Lacks(faults.Clocks) {
		c.ClockOffset, c.ClockDrift = 0, 0
	}

	knobs := stream.New(seed, "knobs", 0)
	if len(s.Knobs) > 0 {
		c.Knobs = make(map[string]int64, len(s.Knobs))
	}
	for _, k := range s.Knobs {
		own := stream.New(knobs.Uint64(), k.Name, 0)
		c.Knobs[k.Name] = k.Draw[own.N(uint64(len(k.Draw)))]
	}
	if s.draw != nil {
		extra := stream.New(seed, "scenario", 0)
		s.draw(&extra, &c)
	}
	if profile.Name == faults.Calm {
		c.Drop = 0
	}
	if c.Think == 0 { // the scenario has no pace of its own: either everything at once, or spread over the time in which faults happen
		pace := stream.New(seed, "pace", 0)
		spread := c.Horizon * faults.Span(c.Clients) / faults.Span(c.Operations)
		c.Think = pick(&pace, 0, spread/4, spread, spread)
	}
	return c
}

// pick returns one of the choices.
func pick[T any](s *stream.Stream, choices ...T) T { return choices[s.N(uint64(len(choices)))] }
