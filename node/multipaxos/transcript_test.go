package multipaxos

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"
	"github.com/stretchr/testify/require"

	"simrun/node"
	"simrun/node/fact"
)

// The files in testdata are transcripts of one replica at work. Each step is something that happens to it, followed by
// all it does about it. Its clients write "c1#4", which is also the command: the fourth of client 1. The commands are
//
//	replica id=1 nodes=3 [window= batch= queue= checkpoint= retain= bytes= phase1= phase2=]
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

// stage is the Env of the one replica, and writes down what it does.
type stage struct {
	id      node.ID
	config  Config
	r       *Replica
	durable []byte
	bytes   []byte // with what is not durable yet
	pending bool
	waiting []packet
	self    []Message
	images  map[string]Message
	out     strings.Builder
}

func (s *stage) say(format string, args ...any) { fmt.Fprintf(&s.out, format+"\n", args...) }

func (s *stage) Self() node.ID                     { return s.id }
func (s *stage) Now() node.Local                   { return 0 }
func (s *stage) Rand() uint64                      { return 0 }
func (s *stage) SetTimer(node.TimerID, node.Local) {}
func (s *stage) StopTimer(node.TimerID)            {}
func (s *stage) Perturb(uint16) bool               { return false }
func (s *stage) Read(string) ([]byte, error)       { return slices.Clone(s.bytes), nil }
func (s *stage) Append(_ string, b []byte)         { s.bytes, s.pending = append(s.bytes, b...), true }
func (s *stage) Replace(_ string, b []byte)        { s.bytes, s.pending = slices.Clone(b), true }
func (s *stage) Truncate(_ string, n int) {
	s.bytes, s.pending = s.bytes[:n], true
	s.say("cuts the log to %d bytes", n)
}

func (s *stage) Logf(format string, args ...uint64) {
	words := make([]any, len(args))
	for i := range args {
		words[i] = args[i]
	}
	s.say(format, words...)
}

func (s *stage) Send(to node.ID, m Message) {
	if to == s.id {
		s.self = append(s.self, m)
		return
	}
	s.say("to %v: %v", to.Addr(), m.String())
}

func (s *stage) SendDurable(to node.ID, m Message) {
	if !s.pending {
		s.Send(to, m)
		return
	}
	if m.Kind != Synced {
		s.say("once durable, to %v: %v", to.Addr(), m.String())
	}
	s.waiting = append(s.waiting, packet{s.id, to, m})
}

func (s *stage) Reply(to node.Client, r node.Reply) {
	switch r.Status {
	case node.OK:
		s.say("answers %v#%d: %q, from slot %d.%d", to.Addr(), r.Seq, r.Output, r.Slot, r.Index)
	case node.Redirect:
		s.say("redirects %v#%d to %v", to.Addr(), r.Seq, r.Leader.Addr())
	default:
		s.say("answers %v#%d: %v", to.Addr(), r.Seq, r.Status)
	}
}

func (s *stage) Observe(f fact.Fact) {
	switch f.Kind {
	case fact.Executed:
		s.say("executes %v#%d", node.Client(f.Client).Addr(), f.Seq)
	case fact.Leading:
		s.say("leads in ballot %v, inherits slots up to %d", node.Ballot(f.Ballot), f.Slot)
	case fact.Following:
		s.say("no longer leads in ballot %v", node.Ballot(f.Ballot))
	default:
		s.say("%v slot %d", f.Kind, f.Slot)
	}
}

func (s *stage) boot() {
	s.waiting, s.self = nil, nil
	s.bytes, s.pending = slices.Clone(s.durable), false
	s.r = New(s.id, s.config)
	s.r.Start(s)
}

func (s *stage) sync() {
	s.durable, s.pending = slices.Clone(s.bytes), false
	waiting := s.waiting
	s.waiting = nil
	for _, w := range waiting {
		s.Send(w.to, w.m)
	}
}

func (s *stage) play(t *testing.T, d *datadriven.TestData) string {
	s.out.Reset()
	switch d.Cmd {
	case "replica":
		s.create(t, d)
	case "request":
		client, seq := parseCommand(t, d.CmdArgs[0].Key)
		s.r.Request(s, client, &node.Request{Op: node.Command, Seq: seq, Command: []byte(d.CmdArgs[0].Key)})
	case "timer":
		timers := map[string]node.TimerID{"election": timerElection, "heartbeat": timerHeartbeat, "retry": timerRetry}
		s.r.Timer(s, timers[d.CmdArgs[0].Key])
	case "sync":
		s.sync()
	case "restart":
		s.boot()
	case "save":
		s.images[d.CmdArgs[0].Key] = Message{
			Kind: Image, Slot: s.r.applied, Commit: s.r.applied, Value: s.r.appendImage(nil),
		}
	case "image":
		m := s.images[arg(d, "of")]
		s.r.Receive(s, number[node.ID](t, d, "from"), &m)
	case "damage":
		s.durable[number[int](t, d, "at")] ^= 1
	case "state":
		s.describe()
	default:
		m := message(t, d)
		s.r.Receive(s, number[node.ID](t, d, "from"), &m)
	}
	for len(s.self) > 0 {
		m := s.self[0]
		s.self = s.self[1:]
		if m.Kind != Synced {
			s.say("to itself: %v", m.String())
		}
		s.r.Receive(s, s.id, &m)
	}
	if s.out.Len() == 0 {
		return "does nothing\n"
	}
	return s.out.String()
}

func (s *stage) create(t *testing.T, d *datadriven.TestData) {
	var ids []node.ID
	for i := range number[int](t, d, "nodes") {
		ids = append(ids, node.ID(i+1))
	}
	c := DefaultConfig(ids, newRegister)
	c.MaxBatch, c.CheckpointEvery, c.Retain = 1, 0, 0
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
	s.id, s.config, s.durable = number[node.ID](t, d, "id"), c, nil
	s.boot()
}

// describe writes down the replica's state.
func (s *stage) describe() {
	r := s.r
	if r.silent {
		s.say("silent")
		return
	}
	s.say("%s, promised %v, applied %d, floor %d", [...]string{"follower", "candidate", "leader"}[r.role], r.promised, r.applied, r.log.floor)
	for slot := r.log.floor + 1; slot <= r.log.last; slot++ {
		switch e := r.log.at(slot); {
		case e == nil:
			s.say("%d: nothing", slot)
		case e.ballot == learned:
			s.say("%d: learned %s", slot, describe(e.value))
		default:
			s.say("%d: voted in %v for %s", slot, e.ballot, describe(e.value))
		}
	}
	s.say("executed: %s", r.machine.Snapshot(nil))
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
		v = appendCommand(v, &pending{op: node.Command, client: client, seq: seq, command: []byte(c)})
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
