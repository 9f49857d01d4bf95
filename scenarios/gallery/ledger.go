package gallery

import (
	"fmt"

	"simrun/checker"
	"simrun/faults"
	"simrun/node"
	"simrun/node/paxos"
	"simrun/scenarios"
	"simrun/sim/stream"
)

// liar is the replica that lies, where one does.
const liar = 3

// agreeToAll is an acceptor that has no memory, whatever it says: it promises whatever it is asked to, has never accepted anything, and accepts everything.
func agreeToAll(env node.Env[paxos.Message], from node.ID, m *paxos.Message) bool {
	switch m.Kind {
	case paxos.Prepare:
		env.Send(from, paxos.Message{Kind: paxos.Promise, Ballot: m.Ballot})
	case paxos.Accept:
		env.Send(from, paxos.Message{Kind: paxos.Accepted, Ballot: m.Ballot, Value: m.Value})
	default:
		return false
	}
	return true
}

// oneEntry looks at what clients were told of the one entry of the ledger.
func oneEntry(_ *scenarios.Config, h *checker.History) *checker.Violation {
	var first *checker.Op
	for i := range h.Ops {
		o := &h.Ops[i]
		switch {
		case o.Outcome != checker.OK:
		case first == nil:
			first = o
		case o.Out != first.Out:
			return &checker.Violation{Check: "byzantine", Shape: "two decisions", Node: liar, Detail: fmt.Sprintf(
				"c%d was told that %d was decided, and c%d that %d was. The assumption that does not hold is that replicas fail by stopping only: n%d lies, it promises and accepts "+
					"whatever it is asked to and keeps nothing. Majorities meet in one replica, which here is n%d; where f may lie, quorums must meet in f+1, so that one of them is honest, which takes 3f+1 replicas",
				first.Client, first.Out, o.Client, o.Out, liar, liar)}
		}
	}
	return nil
}

// ledger returns the ledger of one entry, in which n3 may lie, and in which what replicas state may be held against their disks.
func ledger(name, doc string, lies, held bool, story scenarios.Story) scenarios.Scenario {
	s := scenarios.SingleDecree()
	s.Name, s.Doc = name, doc
	s.Judge = oneEntry
	if lies {
		honest := s.Replica
		s.Replica = func(id node.ID, c *scenarios.Config) node.Node[paxos.Message] {
			if id == liar {
				return Byzantine[paxos.Message]{honest(id, c), agreeToAll}
			}
			return honest(id, c)
		}
	}
	if !held {
		s.Facts = nil
	}
	s.Draw = func(s *stream.Stream, c *scenarios.Config) {
		competing(s, c)
		c.Nodes, c.Clients, c.Knobs["phase2"] = 3, 2, 0
		c.Script = c.Script[:2]
		c.Operations = 2
	}
	// n1 and n2 do not hear each other, and n3 hears both.
	story.Told = func(c *scenarios.Config) faults.Plan {
		c.Nodes, c.Clients, c.Horizon = 3, 2, 200*ms
		c.Script = []scenarios.Call{
			{Client: 1, At: 10 * ms, To: 1, Do: "propose", Arg: 1},
			{Client: 2, At: 50 * ms, To: 2, Do: "propose", Arg: 2},
		}
		return faults.Plan{Faults: []faults.Fault{{At: ms, Kind: faults.Partition, Groups: groups(addrs(1), addrs(2))}}}
	}
	s.Story = &story
	return scenarios.Define(s)
}

func ledgerHonest() scenarios.Scenario {
	return ledger("ledger", "one entry in a ledger of three, of which two do not hear each other: the third remembers, and there is one entry", false, true, scenarios.Story{
		Look: "n1 has entry 1 accepted by itself and n3. n2, which has heard of nothing, proposes 2 with n3's promise, and n3's promise tells of 1. All depends on n3's memory, " +
			"and on its honesty.",
	})
}

func ledgerLiar() scenarios.Scenario {
	return ledger("ledger-liar", "contrast: the same ledger, and n3 lies: both entries are decided, and the report says which assumption is broken", true, false, scenarios.Story{
		Look: "n3 promises to n2 what it promised to n1, and does not tell of what it accepted. c1 is told 1 and c2 is told 2. No crash, loss or delay " +
			"can do that to Paxos; one liar can.",
		Expect: "byzantine: two decisions",
	})
}

func ledgerCaught() scenarios.Scenario {
	return ledger("ledger-caught", "contrast: the same liar, with what replicas say held against what is on their disks: it is caught at its first lie", true, true, scenarios.Story{
		Look: "the testbed does not believe what replicas say. n3 states a promise that is not on its disk, and the run ends there, long before a client can " +
			"notice anything.",
		Expect: "stated: ",
	})
}
