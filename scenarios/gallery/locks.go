package gallery

import (
	"fmt"

	"simrun/checker"
	"simrun/checker/models"
	"simrun/faults"
	"simrun/node/machine"
	"simrun/scenarios"
	"simrun/sim/stream"
)

// locking is the workload of a lock service.
type locking struct{}

// Operation makes clients open, renew and end a few sessions, their own and each other's, and fight over a few locks and files.
func (locking) Operation(c *scenarios.Config, lot uint64, index int) scenarios.Operation {
	s := stream.New(lot, "locking", 0)
	key, session, value := uint32(s.N(uint64(c.Keys))), int64(s.N(3)+1), int64(index)+1
	few := func() int64 { return int64(s.N(uint64(min(index/4, 6)) + 2)) }
	if index >= c.Operations {
		return scenarios.Operation{Kind: checker.Get, Key: key}
	}
	switch s.N(12) {
	case 0, 1:
		return scenarios.Operation{Kind: checker.OpenSession, Arg: session}
	case 2:
		return scenarios.Operation{Kind: checker.Renew, Arg: session}
	case 3:
		return scenarios.Operation{Kind: checker.Expire, Arg: session, Arg2: int64(s.N(3)) + 1}
	case 4, 5:
		return scenarios.Operation{Kind: checker.Acquire, Key: key, Arg: session}
	case 6:
		return scenarios.Operation{Kind: checker.Release, Key: key, Arg: few()}
	case 7:
		return scenarios.Operation{Kind: checker.Create, Key: key, Arg: session, Arg2: value}
	case 8:
		return scenarios.Operation{Kind: checker.CAS, Key: key, Arg: few(), Arg2: value}
	case 9:
		return scenarios.Operation{Kind: checker.Guard, Key: key, Arg: value, Arg2: few()}
	case 10:
		return scenarios.Operation{Kind: checker.Changes, Key: key}
	}
	return scenarios.Operation{Kind: checker.Get, Key: key}
}

// Command encodes the operation for machine.Locks.
func (locking) Command(dst []byte, o scenarios.Operation) []byte {
	session := uint32(o.Arg)
	switch o.Kind {
	case checker.OpenSession:
		return machine.AppendOpen(dst, session)
	case checker.Renew:
		return machine.AppendRenew(dst, session)
	case checker.Expire:
		return machine.AppendExpire(dst, session, uint64(o.Arg2))
	case checker.Acquire:
		return machine.AppendAcquire(dst, o.Key, session)
	case checker.Release:
		return machine.AppendRelease(dst, o.Key, uint64(o.Arg))
	case checker.Create:
		return machine.AppendCreate(dst, o.Key, session, o.Arg2)
	case checker.CAS:
		return machine.AppendSwap(dst, o.Key, o.Arg, o.Arg2)
	case checker.Put:
		return machine.AppendWrite(dst, o.Key, o.Arg)
	case checker.Guard:
		return machine.AppendGuard(dst, o.Key, o.Arg, uint64(o.Arg2))
	case checker.Changes:
		return machine.AppendWatch(dst, o.Key)
	}
	return machine.AppendFile(dst, o.Key)
}

// Result decodes a number.
func (locking) Result(_ scenarios.Operation, output []byte) (int64, error) {
	return machine.Amount(output)
}

// Kinds is all that a lock service can be asked.
func (locking) Kinds() []checker.OpKind { return models.Sessions.Kinds }

// Model returns the sequential lock service.
func (locking) Model() checker.Model { return models.Sessions.Model }

// The story's numbers: a lock, the file that says who leads, and the storage that both write.
const (
	lockKey    = 0
	leaderKey  = 1
	storageKey = 2
)

// pausedHolder is the script: c1, with session 1, holds the lock and stops in the middle of its work at 300ms, as in a long collection of garbage. c2, with session 2, sees no renewal for
// a lease of 200ms, ends the session, and takes the lock. At 800ms c1 goes on where it stopped, and writes. write is how both write.
func pausedHolder(write func(client int64, value, token int64) scenarios.Call) func(c *scenarios.Config) faults.Plan {
	return func(c *scenarios.Config) faults.Plan {
		c.Nodes, c.Spares, c.Clients, c.Keys, c.Horizon = 3, 0, 2, 3, 1200*ms
		one, two := write(1, 11, 1), write(2, 22, 2)
		one.At, two.At = 800*ms, 700*ms
		call := func(client int, at faults.Span, do string, key uint32, arg, arg2 int64) scenarios.Call {
			k := scenarios.Call{At: at, Do: do, Key: key, Arg: arg, Arg2: arg2}
			k.Client = one.Client
			if client == 2 {
				k.Client = two.Client
			}
			return k
		}
		c.Script = []scenarios.Call{
			call(1, 200*ms, "open", 0, 1, 0),
			call(1, 220*ms, "acquire", lockKey, 1, 0),
			call(1, 240*ms, "create", leaderKey, 1, 1),
			call(2, 250*ms, "open", 0, 2, 0),
			call(2, 270*ms, "acquire", lockKey, 2, 0),
			call(2, 290*ms, "changes", leaderKey, 0, 0),
			call(1, 295*ms, "renew", 0, 1, 0),
			call(2, 310*ms, "expire", 0, 1, 1), // too soon: it was renewed once since it was opened
			call(2, 600*ms, "expire", 0, 1, 2), // a lease later it is as it was
			call(2, 620*ms, "changes", leaderKey, 0, 0),
			call(2, 640*ms, "acquire", lockKey, 2, 0),
			call(2, 660*ms, "create", leaderKey, 2, 2),
			two,
			one,
			call(1, 850*ms, "renew", 0, 1, 0),
			call(1, 900*ms, "get", leaderKey, 0, 0),
			call(2, 950*ms, "get", storageKey, 0, 0),
		}
		return faults.Plan{Faults: []faults.Fault{
			{At: 300 * ms, For: 500 * ms, Kind: faults.Partition, Groups: groups(with(nil, 1), addrs(1, 2, 3))},
		}}
	}
}

// writtenByLoser looks for a write of a client, which has the session of its own number, that was called after that session had been ended for certain.
func writtenByLoser(c *scenarios.Config, h *checker.History) *checker.Violation {
	ended := map[int64]int{} // by session, the operation that ended it
	for i := range h.Ops {
		o := &h.Ops[i]
		if o.Kind == checker.Expire && o.Outcome == checker.OK && o.Out == 1 {
			ended[o.Arg] = i
		}
	}
	for i := range h.Ops {
		o := &h.Ops[i]
		if by, lost := ended[int64(o.Client)]; lost && o.Kind == checker.Put && o.Call > h.Ops[by].Return && o.Outcome == checker.OK {
			var next []string
			for j := by; j < i; j++ {
				if p := &h.Ops[j]; p.Kind == checker.Acquire && p.Outcome == checker.OK && p.Out != 0 && p.Arg != int64(o.Client) {
					next = append(next, scenarios.OperationName(c, h, j))
				}
			}
			detail := fmt.Sprintf("c%d wrote %d to k%d after its session had ended and its lock had gone to another: ended by %s", o.Client, o.Arg, o.Key, scenarios.OperationName(c, h, by))
			if len(next) > 0 {
				detail += ", got by " + names(next)
			}
			return &checker.Violation{Check: "lock", Shape: "written without holding it", Detail: detail + ", written by " + scenarios.OperationName(c, h, i)}
		}
	}
	return nil
}

func lockService() scenarios.Scenario {
	s := scenarios.OnLog(func() machine.Machine { return new(machine.Locks) })
	s.Name = "lock-service"
	s.Doc = "a lock service in Chubby's manner: sessions with leases, locks with fencing tokens, files that go with the session; a paused holder does no harm"
	s.Workload = locking{}
	s.Judge = keptOut
	s.Story = &scenarios.Story{
		Look: "c1 holds the lock k0 with token 1, and says in the file k1 that it leads. Then it stops for half a second. c2 watches: no renewal of c1's session for a " +
			"whole lease, so c2 ends it, whereupon the lock is free and the file gone, and gets the lock with token 2. c1 wakes up at 800ms, knows of nothing, and writes with token 1: " +
			"refused, since the storage k2 has seen 2. Its next renewal tells it that its session is over.",
		Told: pausedHolder(func(client, value, token int64) scenarios.Call {
			return scenarios.Call{Client: clientOf(client), Do: "guard", Key: storageKey, Arg: value, Arg2: token}
		}),
	}
	return scenarios.Define(s)
}

func lockUnfenced() scenarios.Scenario {
	s := scenarios.OnLog(func() machine.Machine { return new(machine.Locks) })
	s.Name = "lock-unfenced"
	s.Doc = "contrast: the same lock, and a storage that looks at no token: who was paused overwrites what its successor wrote"
	s.Workload = locking{}
	s.Judge = writtenByLoser
	told := pausedHolder(func(client, value, _ int64) scenarios.Call {
		return scenarios.Call{Client: clientOf(client), Do: "put", Key: storageKey, Arg: value}
	})
	s.Draw = func(s *stream.Stream, c *scenarios.Config) {
		told(c)
		c.Operations = len(c.Script)
		c.Script[13].At = faults.Span(s.Int(700, 1100)) * ms // when c1 wakes up
		c.Knobs["sessions"] = 1000
	}
	s.Story = &scenarios.Story{
		Look: "the lock service does nothing wrong, and its answers are linearizable. But c1 still believes at 800ms that it holds the lock, as everybody may who was paused between looking and " +
			"writing, and its 11 replaces c2's 22. No lock can prevent that by itself; a token that the storage compares can.",
		Told:   told,
		Expect: "lock: written without holding it",
	}
	return scenarios.Define(s)
}
