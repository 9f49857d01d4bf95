package multipaxos

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"
	"github.com/stretchr/testify/require"

	"simrun/node"
	"simrun/node/fact"
	"simrun/node/nodetest"
)

// The files in testdata are transcripts of one replica at work. Each step is something that happens to it, followed by
// all it does about it. Its clients write "c1#4", which is also the command: the fourth of client 1. The commands are
//
//	replica id=1 nodes=3 [founding] [window= batch= queue= checkpoint= retain= bytes= phase1= phase2=]
//	prepare|promise|reject|accept|accepted|settled|learn|heartbeat|fetch|chosen from=2 [ballot= promised= slot= commit= floor= value=]
//	image from=2 of=name    a message with a state saved before
//	request c1#4            from a client
//	timer election|heartbeat|retry
//	sync                    what was written so far becomes durable
//	restart                 the replica crashes, what was not durable is lost, and it boots
//	save name               keep an image of the state
//	damage at=n             a bit flips in the durable log
//	state
//
// A promise lists votes, one a line ("3 2.1 c1#4": slot, ballot or "chosen", value), and a chosen its values. A dot
// is a no-op.
func TestTranscripts(t *testing.T) {
	datadriven.Walk(t, "testdata/transcripts", func(t *testing.T, path string) {
		s := &stage{images: map[string]Message{}}
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string { return s.play(t, d) })
	})
}

// stage holds the one replica.
type stage struct {
	*nodetest.Stage[Message, *Message]
	id     node.ID
	config Config
	r      *Replica
	images map[string]Message
}

// aloud is a replica that tells more about itself, through Logf.
type aloud struct{ *Replica }

type aloudEnv struct{ Env }

func (a aloud) Start(env Env)                 { a.Replica.Start(aloudEnv{env}) }
func (a aloud) Timer(env Env, t node.TimerID) { a.Replica.Timer(aloudEnv{env}, t) }
func (a aloud) Request(env Env, from node.Client, q *node.Request) {
	a.Replica.Request(aloudEnv{env}, from, q)
}
func (a aloud) Receive(env Env, from node.ID, m *Message) {
	if from == a.id && m.Kind != Synced {
		env.Logf("to itself: " + m.String())
	}
	a.Replica.Receive(aloudEnv{env}, from, m)
}

func (e aloudEnv) say(format string, args ...any) { e.Logf(fmt.Sprintf(format, args...)) }

func (e aloudEnv) Reply(to node.Client, r node.Reply) {
	switch r.Status {
	case node.OK:
		e.say("answers %v#%d: %q, from slot %d.%d", to.Addr(), r.Seq, r.Output, r.Slot, r.Index)
	case node.Redirect:
		e.say("redirects %v#%d to %v", to.Addr(), r.Seq, r.Leader.Addr())
	default:
		e.say("answers %v#%d: %v", to.Addr(), r.Seq, r.Status)
	}
}

func (e aloudEnv) Observe(f fact.Fact) {
	switch f.Kind {
	case fact.Executed:
		e.say("executes %v#%d", node.Client(f.Client).Addr(), f.Seq)
	case fact.Leading:
		e.say("leads in ballot %v, inherits slots up to %d", node.Ballot(f.Ballot), f.Slot)
	case fact.Following:
		e.say("no longer leads in ballot %v", node.Ballot(f.Ballot))
	default:
		e.say("%v slot %d", f.Kind, f.Slot)
	}
}

// boot starts the replica. At its foundation it knows sessions 1 to 9, of the clients with these numbers.
func (s *stage) boot() {
	s.r = New(s.id, s.config)
	if s.config.Found {
		for id := range uint64(9) {
			s.r.sessions.record(s.r.sessions.open(id+1), 0, 0, 0, nil)
		}
	}
	s.Boot(aloud{s.r})
}

func (s *stage) play(t *testing.T, d *datadriven.TestData) string {
	switch d.Cmd {
	case "replica":
		s.create(t, d)
	case "request":
		client, seq := parseCommand(t, d.CmdArgs[0].Key)
		s.Request(client, node.Request{Op: node.Command, Session: uint64(client), Seq: seq, Command: []byte(d.CmdArgs[0].Key)})
	case "timer":
		timers := map[string]node.TimerID{"election": timerElection, "heartbeat": timerHeartbeat, "retry": timerRetry}
		s.Fire(timers[d.CmdArgs[0].Key])
	case "sync":
		s.Sync()
	case "restart":
		s.boot()
	case "save":
		s.images[d.CmdArgs[0].Key] = Message{
			Kind: Image, Slot: s.r.applied, Commit: s.r.applied, Value: s.r.appendImage(nil),
		}
		m := s.images[d.CmdArgs[0].Key]
		m.Span = uint64(len(m.Value))
		s.images[d.CmdArgs[0].Key] = m
	case "image":
		s.Receive(number[node.ID](t, d, "from"), s.images[arg(d, "of")])
	case "damage":
		s.Durable(File)[number[int](t, d, "at")] ^= 1
	case "state":
		return s.describe()
	default:
		s.Receive(number[node.ID](t, d, "from"), message(t, d))
	}
	if did := s.Take(); did != "" {
		return did
	}
	return "does nothing\n"
}

func (s *stage) create(t *testing.T, d *datadriven.TestData) {
	var ids []node.ID
	for i := range number[int](t, d, "nodes") {
		ids = append(ids, node.ID(i+1))
	}
	c := DefaultConfig(ids, newRegister)
	c.MaxBatch, c.CheckpointEvery, c.Retain = 1, 0, 0
	c.PreVote, c.CheckQuorum, c.Reads = d.HasArg("prevote"), d.HasArg("checkquorum"), ReadLog
	for name, to := range map[string]*int{
		"window": &c.Window, "batch": &c.MaxBatch, "queue": &c.MaxQueue, "bytes": &c.CatchUpBytes,
		"phase1": &c.Phase1, "phase2": &c.Phase2,
	} {
		if d.HasArg(name) {
			*to = number[int](t, d, name)
		}
	}
	c.CheckpointEvery, c.Retain = number[uint64](t, d, "checkpoint"), number[uint64](t, d, "retain")
	require.NoError(t, c.Validate())
	s.id, s.config = number[node.ID](t, d, "id"), c
	s.Stage = nodetest.New[Message](s.id)
	s.boot()
	if !d.HasArg("founding") {
		s.Sync()
	}
}

// describe writes down the replica's state.
func (s *stage) describe() string {
	r := s.r
	var out strings.Builder
	say := func(format string, args ...any) { fmt.Fprintf(&out, format+"\n", args...) }
	switch r.standing {
	case founding:
		return "being founded\n"
	case silent:
		return "silent\n"
	case blank:
		return "waits to be added\n"
	case repairing:
		say("under repair")
	}
	say("%s, promised %v, applied %d, floor %d", [...]string{"follower", "asking", "candidate", "leader"}[r.role], r.promised, r.applied, r.log.floor)
	for slot := r.log.floor + 1; slot <= r.log.last; slot++ {
		switch e := r.log.at(slot); {
		case e == nil:
			say("%d: nothing", slot)
		case e.ballot == learned:
			say("%d: learned %s", slot, describe(e.value))
		default:
			say("%d: voted in %v for %s", slot, e.ballot, describe(e.value))
		}
	}
	say("executed: %s", r.machine.Snapshot(nil))
	return out.String()
}

func message(t *testing.T, d *datadriven.TestData) Message {
	kind := Kind(1)
	for ; kind < numKinds && !strings.EqualFold(kind.String(), d.Cmd); kind++ {
	}
	if kind >= Synced {
		d.Fatalf(t, "unknown command %s", d.Cmd)
	}
	m := Message{
		Kind: kind, Ballot: ballot(t, arg(d, "ballot")), Promised: ballot(t, arg(d, "promised")),
		Slot: number[uint64](t, d, "slot"), Commit: number[uint64](t, d, "commit"), Floor: number[uint64](t, d, "floor"),
		Value: value(t, arg(d, "value")),
	}
	expected := m.Slot
	for _, line := range strings.Split(d.Input, "\n") {
		words := strings.Fields(line)
		switch {
		case len(words) == 0:
		case kind == Chosen:
			m.Value = appendValue(m.Value, value(t, words[0]))
		case kind == Promise:
			slot, err := strconv.ParseUint(words[0], 10, 64)
			require.NoError(t, err)
			b := learned
			if words[1] != "chosen" {
				b = ballot(t, words[1])
			}
			m.Value = appendReport(m.Value, expected, slot, b, value(t, words[2]))
			expected = slot + 1
		}
	}
	return m
}

func arg(d *datadriven.TestData, name string) string {
	for _, a := range d.CmdArgs {
		if a.Key == name {
			return a.Vals[0]
		}
	}
	return ""
}

func number[T ~int | ~uint16 | ~uint64](t *testing.T, d *datadriven.TestData, name string) T {
	text := arg(d, name)
	if text == "" {
		return 0
	}
	v, err := strconv.ParseUint(text, 10, 32)
	require.NoError(t, err, d.Pos)
	return T(v)
}

func ballot(t *testing.T, text string) node.Ballot {
	if text == "" {
		return 0
	}
	round, id, _ := strings.Cut(text, ".")
	r, err := strconv.ParseUint(round, 10, 48)
	require.NoError(t, err)
	i, err := strconv.ParseUint(id, 10, 16)
	require.NoError(t, err)
	return node.NewBallot(r, node.ID(i))
}

func value(t *testing.T, text string) (v []byte) {
	if text == "" || text == "." {
		return nil
	}
	for _, c := range strings.Split(text, "+") {
		client, seq := parseCommand(t, c)
		v = appendCommand(v, &pending{op: node.Command, session: uint64(client), client: client, seq: seq, command: []byte(c)})
	}
	return v
}

func parseCommand(t *testing.T, text string) (node.Client, uint64) {
	var client node.Client
	var seq uint64
	_, err := fmt.Sscanf(text, "c%d#%d", &client, &seq)
	require.NoError(t, err, text)
	return client, seq
}
