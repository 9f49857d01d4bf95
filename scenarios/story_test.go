package scenarios

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"simrun/faults"
	"simrun/node"
	"simrun/node/fact"
	"simrun/node/machine"
	"simrun/node/multipaxos"
	"simrun/node/paxos"
)

var update = flag.Bool("update", false, "write testdata/stories anew")

// The broken protocols of these stories are sound ones in a replica that gets in their way.

// forgetful is a replica of single-decree Paxos whose promises do not tell what it accepted.
type forgetful struct{ *paxos.Replica }

// discreet is what it sends through.
type discreet struct{ node.Env[paxos.Message] }

func (e discreet) SendDurable(to node.ID, m paxos.Message) {
	if m.Kind == paxos.Promise {
		m.Accepted, m.Value = 0, nil
	}
	e.Env.SendDurable(to, m)
}

func (f forgetful) Start(env node.Env[paxos.Message]) { f.Replica.Start(discreet{env}) }
func (f forgetful) Receive(env node.Env[paxos.Message], from node.ID, m *paxos.Message) {
	f.Replica.Receive(discreet{env}, from, m)
}
func (f forgetful) Request(env node.Env[paxos.Message], from node.Client, q *node.Request) {
	f.Replica.Request(discreet{env}, from, q)
}
func (f forgetful) Timer(env node.Env[paxos.Message], t node.TimerID) {
	f.Replica.Timer(discreet{env}, t)
}

// hard is a replica that does not hear promises: it never leads.
type hard struct{ *multipaxos.Replica }

func (h hard) Receive(env node.Env[multipaxos.Message], from node.ID, m *multipaxos.Message) {
	if m.Kind != multipaxos.Promise {
		h.Replica.Receive(env, from, m)
	}
}

// hasty is a replica that sends what waits for the disk at once.
type hasty struct{ *multipaxos.Replica }

type rash struct{ node.Env[multipaxos.Message] }

func (e rash) SendDurable(to node.ID, m multipaxos.Message) {
	if m.Kind == multipaxos.Accepted && to != e.Self() {
		e.Env.Send(to, m)
		return
	}
	e.Env.SendDurable(to, m)
}

func (h hasty) Request(env node.Env[multipaxos.Message], from node.Client, q *node.Request) {
	h.Replica.Request(rash{env}, from, q)
}

func (h hasty) Receive(env node.Env[multipaxos.Message], from node.ID, m *multipaxos.Message) {
	h.Replica.Receive(rash{env}, from, m)
}

// teller is a protocol of another kind, without slots and ballots: who is asked to write tells the others when its timer
// fires, and everybody answers from what it has.
type teller struct {
	machine.KV
	id    node.ID
	nodes int
	news  []byte
}

// rumour is what tellers send.
type rumour struct{ command []byte }

func (*rumour) Site() (uint8, uint64)      { return 1, 0 }
func (r *rumour) Append(dst []byte) []byte { return append(dst, r.command...) }
func (r *rumour) Decode(b []byte) error    { r.command = b; return nil }
func (*rumour) Facts(func(fact.Fact))      {}
func (r *rumour) String() string           { return fmt.Sprintf("Rumour of %d bytes", len(r.command)) }

func (*teller) Start(node.Env[rumour])          {}
func (y *teller) AppendState(dst []byte) []byte { return y.Snapshot(dst) }
func (y *teller) Receive(_ node.Env[rumour], _ node.ID, m *rumour) {
	y.Apply(m.command, nil)
}
func (y *teller) Request(env node.Env[rumour], from node.Client, q *node.Request) {
	env.Reply(from, node.Reply{Seq: q.Seq, Status: node.OK, Output: y.Apply(q.Command, nil)})
	y.news = q.Command
	env.SetTimer(1, 5*node.Millisecond)
}
func (y *teller) Timer(env node.Env[rumour], _ node.TimerID) {
	for id := node.ID(1); int(id) <= y.nodes; id++ {
		if id != y.id {
			env.Send(id, rumour{y.news})
		}
	}
}

// single returns single-decree Paxos with a replica of the test's own.
func single(replica func(*paxos.Replica) node.Node[paxos.Message]) Scenario {
	return Define(Spec[paxos.Message, *paxos.Message]{
		Name: "single", Quorums: flexibleQuorums, Facts: paxos.DurableFacts, Workload: Proposals{},
		Knobs:   []Knob{{Name: "backoffMin"}, {Name: "resend"}, {Name: "phase2"}},
		Replica: func(id node.ID, c *Config) node.Node[paxos.Message] { return replica(paxos.New(id, PaxosConfig(c))) },
	})
}

// log returns Multi-Paxos with a replica of the test's own.
func log(replica func(*multipaxos.Replica) node.Node[multipaxos.Message]) Scenario {
	return Define(Spec[multipaxos.Message, *multipaxos.Message]{
		Name: "log", Quorums: flexibleQuorums, Facts: multipaxos.DurableFacts, Commands: multipaxos.Commands, Sessions: true, Workload: Registers{},
		Replica: func(id node.ID, c *Config) node.Node[multipaxos.Message] {
			return replica(multipaxos.New(id, multipaxosConfig(c, newKV)))
		},
	})
}

func tellers() Scenario {
	return Define(Spec[rumour, *rumour]{
		Name: "tellers", Quorums: flexibleQuorums, Workload: Registers{},
		Replica: func(id node.ID, c *Config) node.Node[rumour] { return &teller{id: id, nodes: c.Nodes} },
	})
}

// plain is an input in which nearly everything is fixed, so that stories change when the telling does.
func plain(seed uint64, clients, operations int) Input {
	return Input{Seed: seed, Config: Config{
		Nodes: 3, Clients: clients, Operations: operations, Keys: 1,
		Think: 0, Retry: 40 * faults.Millisecond, Patience: faults.Second,
		LatencyMin: faults.Millisecond, SyncMin: faults.Millisecond,
		Horizon: 200 * faults.Millisecond, Recovery: 2 * faults.Second,
		Knobs: map[string]int64{
			"backoffMin": 5000, "resend": 20_000, "phase2": 0, "heartbeat": 20_000, "election": 50_000, "window": 16, "batch": 1,
			"queue": 64, "catchUpBytes": 65536, "checkpoint": 0, "retain": 0,
			"sessions": 100, "alpha": 128, "reads": 0, "preVote": 0, "checkQuorum": 0, "perturb": 0,
		},
	}}
}

func lanes(words ...string) (all []node.Addr) {
	for _, w := range words {
		var a node.Addr
		if err := a.UnmarshalText([]byte(w)); err != nil {
			panic(err)
		}
		all = append(all, a)
	}
	return all
}

var stories = []struct {
	name     string
	scenario func() Scenario
	input    func() Input
	print    string // of the violation
}{
	{"promises-tell-nothing", func() Scenario {
		return single(func(r *paxos.Replica) node.Node[paxos.Message] { return forgetful{r} })
	}, func() Input {
		in := plain(1, 2, 2)
		in.Plan.Faults = []faults.Fault{{
			For: 15 * faults.Millisecond, Kind: faults.Partition, Groups: [][]node.Addr{lanes("n1", "n2", "c1"), lanes("n3", "c2")},
		}}
		return in
	}, "safe: vote for another value than may be chosen"},
	{"votes-before-the-disk", func() Scenario {
		return log(func(r *multipaxos.Replica) node.Node[multipaxos.Message] { return hasty{r} })
	}, func() Input { return plain(1, 1, 3) }, "stated: vote not durable"},
	{"deaf-to-promises", func() Scenario {
		return log(func(r *multipaxos.Replica) node.Node[multipaxos.Message] { return hard{r} })
	}, func() Input {
		in := plain(1, 2, 4)
		in.Plan.Faults = []faults.Fault{{At: 30 * faults.Millisecond, For: 40 * faults.Millisecond, Kind: faults.Crash, Nodes: []node.ID{2}}}
		return in
	}, "liveness: no progress"},
	{"rumours", tellers, func() Input { return plain(1, 2, 6) }, "linearizability: not linearizable"},
}

// Each planted bug is told in a few sentences, in the words of its protocol.
func TestStories(t *testing.T) {
	for _, c := range stories {
		t.Run(c.name, func(t *testing.T) {
			got, err := Collect(context.Background(), c.scenario(), c.input(), CollectOptions{})
			require.NoError(t, err)
			require.Equal(t, c.print, got.Verdict.Fingerprint, "%v", got.Verdict)
			story := strings.Join(got.Timeline.Story, "\n") + "\n"
			file := filepath.Join("testdata", "stories", c.name+".txt")
			if *update {
				require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
				require.NoError(t, os.WriteFile(file, []byte(story), 0o644))
			}
			want, err := os.ReadFile(file)
			require.NoError(t, err)
			require.Equal(t, string(want), story)
			require.LessOrEqual(t, len(got.Timeline.Story), 20)
		})
	}
}
