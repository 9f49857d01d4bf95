package faults

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"simrun/node"
	"simrun/sim/stream"
)

// Machines is the part of a Target that is replicas' machines: their processes, disks and clocks.
type Machines interface {
	// CutPower stops a replica's host, and any write that is not durable may be lost.
	CutPower(id node.ID)
	// Revive boots a host that stopped on its own account, by a trap or because its disk failed.
	Revive(id node.ID)
	// SetCondition says what is wrong with a machine from now on.
	SetCondition(id node.ID, c Condition)
	// SetTrap makes the host stop at the step that a fault of kind CrashAt describes, RemoveTrap not any more.
	SetTrap(fault int, id node.ID, f *Fault)
	RemoveTrap(fault int, id node.ID)
	// Configure gives the replica other values of some knobs, from its next boot on.
	Configure(id node.ID, knobs map[string]int64)
	// Damage destroys durable data of a host that is down, in the way of the kind, if there is any.
	Damage(fault int, id node.ID, kind Kind) bool
	// JumpClock makes a host's clock jump forward.
	JumpClock(id node.ID, jump Span)
}

// Condition is what lasts of the faults that act on one machine. The zero Condition is a machine that is well.
type Condition struct {
	Paused   bool
	Service  Span // every event takes the replica that long
	Slower   Span // every group commit takes that much longer
	Stuck    bool // group commits do not come to an end
	Failing  bool // group commits fail
	Full     bool // group commits that add to a file fail
	Drifting bool // the clock's rate is another than usual:
	Drift    int64
}

// add adds what one fault does.
func (c *Condition) add(f *Fault) {
	switch f.Kind {
	case Pause:
		c.Paused = true
	case SlowNode:
		c.Service += f.Delay
	case SlowDisk:
		c.Slower += f.Delay
	case StuckDisk:
		c.Stuck = true
	case SyncFail:
		c.Failing = true
	case DiskFull:
		c.Full = true
	case ClockDrift:
		c.Drifting, c.Drift = true, f.Drift
	}
}

// Trigger is the kind of step at which a replica is stopped.
type Trigger uint8

const (
	// OnWrite is an operation on a file.
	OnWrite Trigger = iota + 1
	// OnSync is a group commit that makes an operation on a file durable.
	OnSync
	// OnSend is a message that leaves for another replica.
	OnSend
)

var triggerNames = []string{OnWrite: "write", OnSync: "sync", OnSend: "send"}

// String returns the trigger's name.
func (t Trigger) String() string {
	if t == 0 || int(t) >= len(triggerNames) {
		return "unknown"
	}
	return triggerNames[t]
}

// MarshalText writes the trigger's name.
func (t Trigger) MarshalText() ([]byte, error) {
	if t == 0 || int(t) >= len(triggerNames) {
		return nil, fmt.Errorf("there is no trigger %d", t)
	}
	return []byte(t.String()), nil
}

// UnmarshalText reads a trigger's name.
func (t *Trigger) UnmarshalText(text []byte) error {
	i := slices.Index(triggerNames, string(text))
	if i < 1 {
		return fmt.Errorf("there is no trigger %q: there are %v", text, triggerNames[1:])
	}
	*t = Trigger(i)
	return nil
}

// LocalKnob is a switch of the protocol that may differ from replica to replica.
type LocalKnob struct {
	Name     string
	Min, Max int64
	Draw     []int64 // what seeds choose from, evenly
}

// maxBeats bounds how often one fault strikes.
const maxBeats = 1000

// machineKinds returns the entries of the table for kinds that happen to machines.
func machineKinds() (kinds [NumKinds]kindInfo) {
	kinds[PowerCut] = kindInfo{
		name: "power-cut", doc: "stops all of the replicas at once, and any write that was not durable may be lost", uses: usesNodes,
		check: checkNodes,
		begin: func(j *Injector, t Target, index int, f *Fault) {
			for _, id := range j.victims[index] {
				j.stop(t, f.Kind, id, t.CutPower)
			}
		},
		end:    restartAll,
		draw:   func(_ *stream.Stream, sh *Shape) Fault { return Fault{Nodes: slices.Clone(sh.Nodes)} },
		count:  [2]int{1, 2},
		long:   100_000,
		family: Processes,
	}
	kinds[CrashLoop] = kindInfo{
		name: "crash-loop", doc: "stops replicas and boots them again, over and over", uses: usesNodes | usesRole | usesPeriod,
		check: checkPeriod,
		begin: crashAll,
		beat: func(j *Injector, t Target, index int, f *Fault) {
			if j.beats[index]++; j.beats[index]%2 == 1 {
				restartAll(j, t, index, f)
			} else {
				crashAll(j, t, index, f)
			}
		},
		end: func(j *Injector, t Target, index int, f *Fault) {
			if j.beats[index]%2 == 0 {
				restartAll(j, t, index, f)
			}
		},
		draw: func(s *stream.Stream, sh *Shape) Fault {
			f := anyone(s, sh)
			f.Period = round(sh.Horizon / pick[Span](s, 200, 60, 20))
			return f
		},
		count: [2]int{1, 2}, long: 300_000, family: Processes,
	}
	kinds[CrashAt] = kindInfo{
		name: "crash-at", doc: "stops replicas exactly before or after a certain write, group commit or message", uses: usesNodes | usesRole | usesTrigger,
		check: func(f *Fault) error {
			switch {
			case f.On == 0:
				return errors.New(`it needs "on": write, sync or send`)
			case f.On == OnSend && f.Message == 0:
				return errors.New(`with "on": "send" it needs a "message", the number of a kind of message`)
			case f.On == OnSend && f.File != "" || f.On != OnSend && f.Message != 0:
				return fmt.Errorf(`with "on": "%v" it needs one of "file" and "message", and not the other`, f.On)
			case f.On != OnSend && f.File == "":
				return fmt.Errorf(`with "on": "%v" it needs a "file"`, f.On)
			case f.Nth == 0:
				return errors.New(`it needs "nth": 1 for the first such step`)
			}
			return checkNodes(f)
		},
		begin: func(j *Injector, t Target, index int, f *Fault) {
			for _, id := range j.victims[index] {
				t.SetTrap(index, id, f)
			}
		},
		end: func(j *Injector, t Target, index int, _ *Fault) {
			for _, id := range j.victims[index] {
				t.RemoveTrap(index, id)
				j.revive(t, id)
			}
		},
		can: func(sh *Shape) bool { return len(sh.Files) > 0 || sh.Messages > 0 },
		draw: func(s *stream.Stream, sh *Shape) Fault {
			f := anyone(s, sh)
			f.On, f.After = pick(s, OnWrite, OnSync, OnSend), s.Chance(500_000)
			switch {
			case len(sh.Files) == 0:
				f.On = OnSend
			case sh.Messages == 0 && f.On == OnSend:
				f.On = OnSync
			}
			if f.On == OnSend {
				f.Message = uint8(s.Int(1, int(sh.Messages)))
			} else {
				f.File = pick(s, sh.Files...)
			}
			f.Nth = pick(s, 1, 1+s.N(4), 1+s.N(20))
			return f
		},
		count: [2]int{1, 4}, long: 200_000, family: Processes,
	}
	kinds[ReconfigureKnobs] = kindInfo{
		name: "reconfigure-knobs", doc: "stops replicas and boots them again with other settings, which they keep", uses: usesNodes | usesKnobs,
		check: func(f *Fault) error {
			if len(f.Knobs) == 0 {
				return errors.New(`it needs "knobs"`)
			}
			return checkNodes(f)
		},
		begin: func(j *Injector, t Target, index int, f *Fault) {
			crashAll(j, t, index, f)
			for _, id := range j.victims[index] {
				t.Configure(id, f.Knobs)
			}
		},
		end: restartAll,
		can: func(sh *Shape) bool { return len(sh.Knobs) > 0 },
		draw: func(s *stream.Stream, sh *Shape) Fault {
			f := Fault{Nodes: few(s, sh.Nodes), Knobs: map[string]int64{}}
			for range s.Int(1, 2) {
				k := &sh.Knobs[s.N(uint64(len(sh.Knobs)))]
				f.Knobs[k.Name] = pick(s, k.Draw...)
			}
			return f
		},
		count: [2]int{1, 3}, long: 50_000, family: Processes,
	}
	kinds[Pause] = lasting(kindInfo{
		name: "pause", doc: "stops replicas where they stand, while time goes on; what came meanwhile is handled late",
		draw:  anyone,
		count: [2]int{1, 3}, long: 500_000, family: Processes,
	})
	kinds[SlowNode] = lasting(kindInfo{
		name: "slow-node", doc: "makes replicas take their time over everything, one thing after the other", uses: usesDelay,
		draw: func(s *stream.Stream, sh *Shape) Fault {
			f := anyone(s, sh)
			f.Delay = sh.LatencyMean * pick[Span](s, 1, 4, 20)
			return f
		},
		count: [2]int{1, 2}, long: 300_000, family: Processes,
	})

	kinds[SlowDisk] = lasting(kindInfo{
		name: "slow-disk", doc: "makes group commits take longer", uses: usesDelay,
		draw: func(s *stream.Stream, sh *Shape) Fault {
			f := anyone(s, sh)
			f.Delay = sh.LatencyMean * pick[Span](s, 5, 50, 300)
			return f
		},
		count: [2]int{1, 2}, long: 300_000, family: Disks,
	})
	kinds[StuckDisk] = lasting(kindInfo{
		name: "stuck-disk", doc: "makes group commits hang until it ends",
		draw:  anyone,
		count: [2]int{1, 2}, long: 200_000, family: Disks,
	})
	kinds[SyncFail] = lasting(kindInfo{
		name: "sync-fail", doc: "makes group commits fail, which stops the replica until it ends",
		draw:  anyone,
		count: [2]int{1, 2}, long: 150_000, family: Disks,
	})
	kinds[DiskFull] = lasting(kindInfo{
		name: "disk-full", doc: "makes group commits that add to a file fail, which stops the replica until it ends",
		draw:  anyone,
		count: [2]int{1, 2}, long: 150_000, family: Disks,
	})
	kinds[BitRot] = damaging("bit-rot", "stops replicas and flips bits of what was durable on their disks")
	kinds[SectorError] = damaging("sector-error", "stops replicas and makes a sector of what was durable on their disks unreadable")
	kinds[Misdirected] = damaging("misdirected-write", "stops replicas and puts one durable sector of their disks into the place of another")
	kinds[Wipe] = damaging("wipe", "stops replicas and empties their disks")
	kinds[Wipe].can = func(sh *Shape) bool { return sh.Wipes && len(sh.victims) > 0 }

	kinds[ClockJump] = kindInfo{
		name: "clock-jump", doc: "makes clocks jump forward", uses: usesNodes | usesRole | usesDelay,
		check: checkNodesDelay,
		begin: jumpAll,
		end:   func(*Injector, Target, int, *Fault) {},
		can:   func(sh *Shape) bool { return sh.ClockJumpMax > 0 },
		draw: func(s *stream.Stream, sh *Shape) Fault {
			f := anyone(s, sh)
			f.Delay = 1 + Span(s.N(uint64(sh.ClockJumpMax/pick[Span](s, 1, 10, 100)+1)))
			return f
		},
		count: [2]int{1, 4}, long: 1, family: Clocks,
	}
	kinds[ClockStrobe] = kindInfo{
		name: "clock-strobe", doc: "makes clocks jump forward a little, over and over", uses: usesNodes | usesRole | usesDelay | usesPeriod,
		check: func(f *Fault) error { return errors.Join(checkDelay(f), checkPeriod(f)) },
		begin: jumpAll,
		beat:  jumpAll,
		end:   func(*Injector, Target, int, *Fault) {},
		can:   func(sh *Shape) bool { return sh.ClockJumpMax > 0 },
		draw: func(s *stream.Stream, sh *Shape) Fault {
			return Fault{
				Nodes: few(s, sh.Nodes), Delay: 1 + sh.ClockJumpMax/pick[Span](s, 10, 100, 1000),
				Period: round(sh.Horizon / pick[Span](s, 500, 100, 30)),
			}
		},
		count: [2]int{1, 2}, long: 300_000, family: Clocks,
	}
	kinds[ClockDrift] = lasting(kindInfo{
		name: "clock-drift", doc: "makes clocks run at another rate", uses: usesDrift,
		can: func(sh *Shape) bool { return sh.ClockDriftMax > 0 },
		draw: func(s *stream.Stream, sh *Shape) Fault {
			drift := pick(s, -sh.ClockDriftMax, sh.ClockDriftMax, s.Int64(-sh.ClockDriftMax, sh.ClockDriftMax))
			f := anyone(s, sh)
			f.Drift = drift
			return f
		},
		count: [2]int{1, 3}, long: 500_000, family: Clocks,
	})
	return kinds
}

// lasting completes a kind whose faults are a Condition of machines.
func lasting(k kindInfo) kindInfo {
	k.uses |= usesNodes | usesRole
	k.check = checkNodes
	if k.uses&usesDelay != 0 {
		k.check = checkNodesDelay
	}
	if k.uses&usesDrift != 0 {
		k.check = func(f *Fault) error {
			if f.Drift < -MaxDrift || f.Drift > MaxDrift {
				return fmt.Errorf(`it needs a "drift" from %d to %d parts per million`, -MaxDrift, MaxDrift)
			}
			return checkNodes(f)
		}
	}
	k.begin = func(j *Injector, t Target, index int, f *Fault) {
		j.lasting = append(j.lasting, index)
		j.setConditions(t, index)
		if f.Kind != SyncFail && f.Kind != DiskFull { // whether a group commit came to be, only the target knows
			j.struck[f.Kind] += uint64(len(j.victims[index]))
		}
	}
	k.end = func(j *Injector, t Target, index int, f *Fault) {
		j.lasting = without(j.lasting, index)
		j.setConditions(t, index)
		for _, id := range j.victims[index] {
			if f.Kind == SyncFail || f.Kind == DiskFull {
				j.revive(t, id)
			}
		}
	}
	return k
}

// MaxDrift is how far a clock may run fast or slow, in parts per million.
const MaxDrift = 500_000

// damaging makes a kind that destroys what was durable. The replica goes down first, since what is on its disk matters to it
// only when it boots.
func damaging(name, doc string) kindInfo {
	return kindInfo{
		name: name, doc: doc, uses: usesNodes, check: checkNodes,
		begin: func(j *Injector, t Target, index int, f *Fault) {
			crashAll(j, t, index, f)
			for _, id := range j.victims[index] {
				if t.Damage(index, id, f.Kind) {
					j.struck[f.Kind]++
				}
			}
		},
		end: restartAll,
		can: func(sh *Shape) bool { return len(sh.victims) > 0 },
		draw: func(s *stream.Stream, sh *Shape) Fault {
			return Fault{Nodes: few(s, sh.victims)}
		},
		count: [2]int{1, 3}, long: 100_000, family: Disks, damages: true,
	}
}

// setConditions tells the target what lasts at the victims of a fault.
func (j *Injector) setConditions(t Target, index int) {
	for _, id := range j.victims[index] {
		var c Condition
		for _, i := range j.lasting {
			if slices.Contains(j.victims[i], id) {
				c.add(&j.plan.Faults[i])
			}
		}
		t.SetCondition(id, c)
	}
}

// revive boots a replica that may have stopped on its own account, unless a fault keeps it down.
func (j *Injector) revive(t Target, id node.ID) {
	if int(id) >= len(j.down) || j.down[id] == 0 {
		t.Revive(id)
	}
}

func crashAll(j *Injector, t Target, index int, f *Fault) {
	for _, id := range j.victims[index] {
		j.stop(t, f.Kind, id, t.Crash)
	}
}

func restartAll(j *Injector, t Target, index int, _ *Fault) {
	for _, id := range j.victims[index] {
		j.restart(t, id)
	}
}

func jumpAll(j *Injector, t Target, index int, f *Fault) {
	for _, id := range j.victims[index] {
		t.JumpClock(id, f.Delay)
	}
	j.struck[f.Kind] += uint64(len(j.victims[index]))
}

func checkNodesDelay(f *Fault) error {
	if err := checkDelay(f); err != nil {
		return err
	}
	return checkNodes(f)
}

func checkPeriod(f *Fault) error {
	switch {
	case f.Period == 0:
		return errors.New(`it needs a "period"`)
	case f.For == 0:
		return errors.New(`it needs "for", since it strikes again and again`)
	case f.For/f.Period > maxBeats:
		return fmt.Errorf(`it would strike more than %d times: its "period" is too short, or "for" too long`, maxBeats)
	}
	return checkNodes(f)
}

// checkShape refuses what the cluster has no use for.
func (f *Fault) checkShape(s *Shape) error {
	switch {
	case kinds[f.Kind].family == Members && !s.Members:
		return errors.New("its replicas do not change who takes part")
	case kinds[f.Kind].family == Byzantine && !s.Lies:
		return errors.New("its replicas cannot lie: nothing says what a lie of theirs would be")
	case f.Kind == Wipe && !s.Wipes:
		return errors.New("its replicas cannot go on with an empty disk under their old names")
	}
	if f.File != "" && len(s.Files) > 0 && !slices.Contains(s.Files, f.File) {
		return fmt.Errorf("its replicas have no file %q: there are %v", f.File, s.Files)
	}
	if f.Message > s.Messages && s.Messages > 0 {
		return fmt.Errorf("its replicas send no messages of kind %d: kinds go to %d", f.Message, s.Messages)
	}
	for _, name := range slices.Sorted(maps.Keys(f.Knobs)) {
		i := slices.IndexFunc(s.Knobs, func(k LocalKnob) bool { return k.Name == name })
		if i < 0 {
			return fmt.Errorf("its replicas have no knob %q of their own", name)
		}
		if k, v := &s.Knobs[i], f.Knobs[name]; v < k.Min || v > k.Max {
			return fmt.Errorf("the knob %q is %d, and must be from %d to %d", name, v, k.Min, k.Max)
		}
	}
	return nil
}

// describeMachine tells what is special about a fault of a machine.
func (f *Fault) describeMachine(messages []string) (text string) {
	if f.Drift != 0 {
		text += fmt.Sprintf(" at %+d ppm", f.Drift)
	}
	if f.On != 0 {
		when := "before"
		if f.After {
			when = "after"
		}
		of := f.File
		if f.On == OnSend {
			of = kindOf(f.Message, messages)
		}
		text += fmt.Sprintf(" %s %v %d of %s", when, f.On, f.Nth, of)
	}
	for _, name := range slices.Sorted(maps.Keys(f.Knobs)) {
		text += fmt.Sprintf(" %s=%d", name, f.Knobs[name])
	}
	return text
}

// anyone chooses one of the replicas mostly, or one with a role, and sometimes several.
func anyone(s *stream.Stream, sh *Shape) Fault {
	f := Fault{Nodes: few(s, sh.Nodes)}
	if len(f.Nodes) == 1 && s.Chance(300_000) {
		f.Role = pick(s, Leader, Leader, Candidate, Decider)
	}
	return f
}

// few chooses one of the replicas mostly, and sometimes several.
func few(s *stream.Stream, nodes []node.ID) []node.ID {
	order := shuffled(s, nodes)
	n := 1
	if s.Chance(250_000) {
		n = 1 + int(s.N(uint64(len(order))))
	}
	chosen := order[:n]
	slices.Sort(chosen)
	return chosen
}
