package faults

import (
	"errors"

	"simrun/node"
	"simrun/sim/stream"
)

// Crowd is the part of a Target that is the clients.
type Crowd interface {
	// SetManner says how clients behave from now on.
	SetManner(m Manner)
}

// Manner is how clients behave, as far as faults have a part in it. The zero Manner is their usual one.
type Manner struct {
	Hot       uint32 // share of new operations that are about one key, in parts per million
	Rush      bool   // nobody pauses between operations
	Impatient Span   // if set, how long a client waits for a replica before it turns to another
	Forgetful bool   // every operation is done in a session of its own
}

// add adds what one fault does.
func (m *Manner) add(f *Fault) {
	switch f.Kind {
	case HotKey:
		m.Hot = max(m.Hot, f.Rate)
	case Rush:
		m.Rush = true
	case Impatience:
		if m.Impatient == 0 || f.Delay < m.Impatient {
			m.Impatient = f.Delay
		}
	case SessionFlood:
		m.Forgetful = true
	}
}

// loadKinds returns the entries of the table for kinds that change what clients ask for, and how.
func loadKinds() (t [NumKinds]kindInfo) {
	t[HotKey] = mannered(kindInfo{
		name: "hot-key", doc: "lets clients ask for one key in a share of their operations", uses: usesRate, check: checkRate,
		can: func(sh *Shape) bool { return sh.Keys > 1 },
		draw: func(s *stream.Stream, _ *Shape) Fault {
			return Fault{Rate: pick[uint32](s, 500_000, 900_000, 1_000_000)}
		},
		count: [2]int{1, 2}, long: 1_000_000,
	})
	t[Rush] = mannered(kindInfo{
		name: "rush", doc: "lets all clients ask at once, and go on without a pause",
		draw:  func(*stream.Stream, *Shape) Fault { return Fault{} },
		count: [2]int{1, 2}, long: 100_000,
	})
	t[Impatience] = mannered(kindInfo{
		name: "impatience", doc: "lets clients turn to another replica after delay, while the first may still be at it", uses: usesDelay, check: checkDelay,
		draw:  func(s *stream.Stream, sh *Shape) Fault { return Fault{Delay: sh.LatencyMean * pick[Span](s, 1, 3, 10)} },
		count: [2]int{1, 2}, long: 150_000,
	})
	t[SessionFlood] = mannered(kindInfo{
		name: "session-flood", doc: "lets clients open a session for every operation, and forget it",
		can:   func(sh *Shape) bool { return sh.Sessions },
		draw:  func(*stream.Stream, *Shape) Fault { return Fault{} },
		count: [2]int{1, 2}, long: 300_000,
	})
	t[SlowClient] = kindInfo{
		name: "slow-client", doc: "makes everything from and to some clients take longer", uses: usesLinks | usesDelay,
		check: func(f *Fault) error {
			if len(f.From) == 0 || len(f.To) > 0 {
				return errors.New(`it needs "from", the clients, and no "to"`)
			}
			for _, a := range f.From {
				if !a.IsClient() {
					return errors.New(`only clients may be in "from"`)
				}
			}
			return checkDelay(f)
		},
		begin: func(_ *Injector, t Target, id int, f *Fault) {
			t.AddRule(id, Rule{From: f.From, Delay: f.Delay})
			t.AddRule(id, Rule{To: f.From, Delay: f.Delay})
		},
		end:     liftRules,
		clients: 1,
		draw: func(s *stream.Stream, sh *Shape) Fault {
			f := Fault{Delay: sh.LatencyMean * pick[Span](s, 10, 50, 200)}
			for c := range sh.Clients {
				if len(f.From) == 0 && c == sh.Clients-1 || s.Chance(400_000) {
					f.From = append(f.From, node.Client(c+1).Addr())
				}
			}
			return f
		},
		count: [2]int{1, 2}, long: 500_000, family: Load,
	}
	return t
}

// mannered completes a kind whose faults are a Manner of the clients.
func mannered(k kindInfo) kindInfo {
	k.begin = func(j *Injector, t Target, index int, f *Fault) {
		j.manners = append(j.manners, index)
		j.struck[f.Kind]++
		j.setManner(t)
	}
	k.end = func(j *Injector, t Target, index int, _ *Fault) {
		j.manners = without(j.manners, index)
		j.setManner(t)
	}
	k.family = Load
	if k.check == nil {
		k.check = func(*Fault) error { return nil }
	}
	return k
}

// setManner tells the clients what all faults that are on come to.
func (j *Injector) setManner(t Target) {
	var m Manner
	for _, i := range j.manners {
		m.add(&j.plan.Faults[i])
	}
	t.SetManner(m)
}
