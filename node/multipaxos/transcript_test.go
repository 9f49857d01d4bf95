package multipaxos

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"
	"github.com/stretchr/testify/require"

	"simrun/node"
	"simrun/node/fact"
	"simrun/node/nodetest"
	"simrun/node/wal"
)

// The files in testdata are transcripts of one replica at work. Each step is something that happens to it, followed by
// all it does about it. Its clients write "c1#4", which is also the command: the fourth of client 1, in session 1. The commands are
//
//	replica id=1 nodes=3 [learners=1] [founding] [blank] [leads] [reads=index|lease] [prevote] [checkquorum] [window= batch= queue=
//	        checkpoint= retain= bytes= phase1= phase2= alpha= sessions= lease= drift= late]
//	prepare|promise|reject|accept|accepted|settled|learn|heartbeat|alive|prevote|prevoted|behind|stand|release|fetch|chosen|
//	resume|repair|leave|dismiss from=2 [ballot= promised= slot= commit= floor= mark= span= value=]
//	image from=2 of=name [mark= size= span=]   a message with a state saved before, or a part of it; with span= it claims another size than it has
//	request c1#4 [op=read|register|configure|transfer] [session=] [to=] [voters=1-2 learners=3 phase1= phase2= after=] [encoded=0102]    from a client
//	timer election|heartbeat|retry
//	clock ms=10             time passes, and no timer fires
//	sync                    what was written so far becomes durable
//	restart                 the replica crashes, what was not durable is lost, and it boots
//	save name               keep an image of the state
//	damage at=n [of=vow]    a bit flips in the durable log, or in the second copy of the promise
//	torn by=n               the last bytes of the log are not on the disk
//	survives log|vow        what was written to that file becomes durable, and nothing else
//	lost log|vow            the file is empty after the next restart
//	odd                     from now on the unusual legal path is taken, or not any more
//	record kind=vote|promise|... [ballot= slot= commit= value=]   a record that the replica did not write is in its durable log
//	misdirect               the second copy of the promise is that of another replica
//	disk                    what is durable
//	timers                  when they fire, from now
//	metrics                 those that are not zero
//	stated                  what it has stated, since it was made or asked last, that the other lines do not show
//	state
//
// All timers of a replica that is late fire as late as they may, and not as early. A replica that leads has been elected in ballot 1 of its own, and has sent its first heartbeat.
// With sessions= there is room for so many sessions, and none is open; otherwise each client has one. Times are in milliseconds.
// A promise lists votes, one a line ("3 2.1 c1#4": slot, ballot or "chosen", value), and a chosen its values. A value is a list of
// commands ("c1#4+c2#1"), each with what it is if it is not a command ("c1#4:read", "c1#4:register-8" for room for 8,
// "c1#4:1-2-4/5@9" for voters 1, 2 and 4 and learner 5 in place of the
// membership that governs slots from 9 on). A dot is a no-op.
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
	stated map[string]int

	strangers bool // no client has a session yet
}

// aloud is a replica that tells more about itself, through Logf.
type aloud struct {
	*Replica
	stated map[string]int
}

type aloudEnv struct {
	Env
	stated map[string]int
}

func (a aloud) Start(env Env)                 { a.Replica.Start(aloudEnv{env, a.stated}) }
func (a aloud) Timer(env Env, t node.TimerID) { a.Replica.Timer(aloudEnv{env, a.stated}, t) }
func (a aloud) Request(env Env, from node.Client, q *node.Request) {
	a.Replica.Request(aloudEnv{env, a.stated}, from, q)
}
func (a aloud) Receive(env Env, from node.ID, m *Message) {
	if from == a.id && m.Kind != Synced {
		env.Logf("to itself: " + m.String())
	}
	a.Replica.Receive(aloudEnv{env, a.stated}, from, m)
}

func (e aloudEnv) say(format string, args ...any) { e.Logf(fmt.Sprintf(format, args...)) }

func (e aloudEnv) Reply(to node.Client, r node.Reply) {
	switch r.Status {
	case node.OK:
		switch {
		case r.Session != 0:
			e.say("answers %v#%d: session %d, from slot %d.%d", to.Addr(), r.Seq, r.Session, r.Slot, r.Index)
		case r.Slot == 0:
			e.say("answers %v#%d: %q", to.Addr(), r.Seq, r.Output)
		default:
			e.say("answers %v#%d: %q, from slot %d.%d", to.Addr(), r.Seq, r.Output, r.Slot, r.Index)
		}
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
	case fact.Leased:
		if f.Seq == 0 {
			e.say("relies on no lease any more")
			return
		}
		e.say("relies on its lease for %d us more", f.Seq/uint64(node.Microsecond))
	case fact.Configured:
		e.say("membership of slot %d and later: %s", f.Slot, membershipText(f.Bytes))
	case fact.Reached:
		e.stated[PointNames[f.Seq]]++
	case fact.Granted:
		e.stated[fmt.Sprintf("a lease of ballot %v for %d us more", node.Ballot(f.Ballot), f.Seq/uint64(node.Microsecond))]++
	case fact.Served:
		e.stated[fmt.Sprintf("a read from the state after slot %d", f.Slot)]++
	case fact.Counted:
		e.stated[fmt.Sprintf("a vote of %v for slot %d in ballot %v", node.ID(f.Seq).Addr(), f.Slot, node.Ballot(f.Ballot))]++
	case fact.Idle:
		e.stated[fmt.Sprintf("nothing in flight after slot %d in ballot %v", f.Slot, node.Ballot(f.Ballot))]++
	case fact.Following:
		e.say("no longer leads in ballot %v", node.Ballot(f.Ballot))
	default:
		e.say("%v slot %d", f.Kind, f.Slot)
	}
}

func membershipText(b []byte) string {
	c, err := DecodeChange(b)
	if err != nil {
		return err.Error()
	}
	return c.String()
}

// boot starts the replica. At its foundation it knows sessions 1 to 9, of the clients with these numbers.
func (s *stage) boot() {
	s.r = New(s.id, s.config)
	s.r.furnish(new(memory))
	if s.config.Found && !s.strangers {
		for id := range uint64(9) {
			s.r.sessions.record(s.r.sessions.open(id+1), 0, 0, 0, nil)
		}
	}
	s.Boot(aloud{s.r, s.stated})
}

func (s *stage) play(t *testing.T, d *datadriven.TestData) string {
	switch d.Cmd {
	case "replica":
		s.create(t, d)
	case "request":
		s.request(t, d)
	case "timer":
		timers := map[string]node.TimerID{"election": timerElection, "heartbeat": timerHeartbeat, "retry": timerRetry}
		s.Fire(timers[d.CmdArgs[0].Key])
	case "sync":
		s.Sync()
	case "restart":
		s.boot()
	case "save":
		m := Message{Kind: Image, Slot: s.r.applied, Commit: s.r.applied, Value: s.r.appendImage(nil)}
		m.Span = uint64(len(m.Value))
		s.images[d.CmdArgs[0].Key] = m
	case "image":
		s.Receive(number[node.ID](t, d, "from"), s.image(t, d))
	case "clock":
		s.Clock += number[node.Local](t, d, "ms") * node.Millisecond
	case "damage":
		file := File
		if d.HasArg("of") {
			file = VowFile
		}
		s.Durable(file)[number[int](t, d, "at")] ^= 1
	case "survives":
		b, err := s.Read(d.CmdArgs[0].Key)
		require.NoError(t, err)
		s.SetDurable(d.CmdArgs[0].Key, b)
	case "lost":
		s.SetDurable(d.CmdArgs[0].Key, nil)
	case "odd":
		s.Odd = !s.Odd
	case "record":
		s.record(t, d)
	case "torn":
		b := s.Durable(File)
		s.SetDurable(File, b[:len(b)-number[int](t, d, "by")])
	case "misdirect":
		other := stage{Stage: nodetest.New[Message](9)}
		other.Boot(New(9, s.config))
		b, err := other.Read(VowFile)
		require.NoError(t, err)
		s.SetDurable(VowFile, b)
	case "disk":
		return s.disk()
	case "timers":
		return s.timers()
	case "metrics":
		return s.metrics()
	case "stated":
		return s.tell()
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

func (s *stage) request(t *testing.T, d *datadriven.TestData) {
	text := d.CmdArgs[0].Key
	client, seq := parseCommand(t, text)
	q := node.Request{Op: node.Command, Session: uint64(client), Seq: seq, Command: []byte(text)}
	if d.HasArg("session") {
		q.Session = number[uint64](t, d, "session")
	}
	switch arg(d, "op") {
	case "read":
		q.Op = node.Read
	case "register":
		q.Op, q.Command = node.Register, nil
	case "transfer":
		q.Op, q.Command = node.Transfer, binary.AppendUvarint(nil, number[uint64](t, d, "to"))
	case "configure":
		m := Membership{
			Voters: replicas(t, arg(d, "voters")), Learners: replicas(t, arg(d, "learners")),
			Phase1: number[int](t, d, "phase1"), Phase2: number[int](t, d, "phase2"),
		}
		q.Op, q.Command = node.Configure, (&Change{After: number[uint64](t, d, "after"), Membership: m}).Append(nil)
	case "nothing":
		q.Op = 0
	case "unknown":
		q.Op = node.Transfer + 1
	case "":
	default:
		d.Fatalf(t, "no such operation")
	}
	if d.HasArg("encoded") {
		b, err := hex.DecodeString(arg(d, "encoded"))
		require.NoError(t, err)
		q.Command = b
	}
	s.Request(client, q)
}

// replicas reads "1-2-3".
func replicas(t *testing.T, text string) (list []node.ID) {
	if text == "" {
		return nil
	}
	for _, word := range strings.Split(text, "-") {
		id, err := strconv.ParseUint(word, 10, 16)
		require.NoError(t, err)
		list = append(list, node.ID(id))
	}
	return list
}

func (s *stage) image(t *testing.T, d *datadriven.TestData) Message {
	m, ok := s.images[arg(d, "of")]
	require.True(t, ok, d.Pos)
	if d.HasArg("size") {
		m.Mark = number[uint64](t, d, "mark")
		m.Value = m.Value[m.Mark:min(m.Mark+number[uint64](t, d, "size"), m.Span)]
	}
	if d.HasArg("span") {
		m.Span = number[uint64](t, d, "span")
	}
	if d.HasArg("flip") {
		m.Value = slices.Clone(m.Value)
		m.Value[number[int](t, d, "flip")] ^= 1
	}
	return m
}

func (s *stage) create(t *testing.T, d *datadriven.TestData) {
	var ids []node.ID
	for i := range number[int](t, d, "nodes") {
		ids = append(ids, node.ID(i+1))
	}
	learners := number[int](t, d, "learners")
	c := DefaultConfig(ids[:len(ids)-learners], newRegister)
	c.Found, c.Learners = !d.HasArg("blank"), ids[len(ids)-learners:]
	c.MaxBatch, c.CheckpointEvery, c.Retain = 1, 0, 0
	c.PreVote, c.CheckQuorum = d.HasArg("prevote"), d.HasArg("checkquorum")
	for name, to := range map[string]*int{
		"window": &c.Window, "batch": &c.MaxBatch, "queue": &c.MaxQueue, "bytes": &c.CatchUpBytes,
		"phase1": &c.Phase1, "phase2": &c.Phase2, "alpha": &c.Alpha, "sessions": &c.MaxSessions,
	} {
		if d.HasArg(name) {
			*to = number[int](t, d, name)
		}
	}
	c.CheckpointEvery, c.Retain = number[uint64](t, d, "checkpoint"), number[uint64](t, d, "retain")
	c.Reads = map[string]ReadMode{"": ReadLog, "index": ReadIndex, "lease": ReadLease}[arg(d, "reads")]
	if d.HasArg("lease") {
		c.Lease = number[node.Local](t, d, "lease") * node.Millisecond
	}
	if d.HasArg("drift") {
		c.DriftPPM = number[int64](t, d, "drift")
	}
	s.strangers = d.HasArg("sessions")
	require.NoError(t, c.Validate())
	s.id, s.config, s.stated = number[node.ID](t, d, "id"), c, map[string]int{}
	s.Stage = nodetest.New[Message](s.id)
	if d.HasArg("late") {
		s.Random = math.MaxUint64
	}
	s.boot()
	if !d.HasArg("founding") {
		s.Sync()
	}
	if d.HasArg("leads") {
		s.lead()
	}
}

// lead has the replica elected in ballot 1 of its own, by as many as it takes.
func (s *stage) lead() {
	preVote := s.r.config.PreVote
	s.r.config.PreVote = false
	s.Fire(timerElection)
	s.Sync()
	for i := 0; s.r.role == candidate; i++ {
		if id := s.config.Nodes[i]; id != s.id {
			s.Receive(id, Message{Kind: Promise, Ballot: node.NewBallot(1, s.id), Slot: 1})
		}
	}
	s.Sync()
	s.r.config.PreVote = preVote
	s.Take()
}

var recordNames = [...]string{
	recordPromise: "promise", recordVote: "vote", recordLearned: "learned", recordSnapshot: "snapshot", recordGrant: "grant",
	recordRepairing: "repairing", recordLeft: "left",
}

// record puts a record into the durable log.
func (s *stage) record(t *testing.T, d *datadriven.TestData) {
	kind := uint8(max(0, slices.Index(recordNames[:], arg(d, "kind"))))
	e := entry{slot: number[uint64](t, d, "slot"), ballot: ballot(t, arg(d, "ballot")), value: value(t, arg(d, "value"))}
	var payload []byte
	switch kind {
	case 0:
		kind = 99
	case recordPromise, recordRepairing:
		payload = appendWord(nil, uint64(e.ballot))
	case recordVote:
		payload = appendVote(nil, &e, number[uint64](t, d, "commit"))
	case recordLearned:
		payload = appendLearned(nil, &e)
	case recordGrant:
		payload = appendGrant(nil, &grant{ballot: e.ballot, span: -1})
	case recordSnapshot:
		r := New(node.ID(number[uint64](t, d, "of")), s.config)
		r.log.floor = number[uint64](t, d, "floor")
		r.alpha = 1
		r.setEras(eras{newEra(0, s.config.membership())})
		payload = r.appendImage(r.appendSnapshot(nil))
	}
	s.Sync()
	log, _, err := wal.Open(s, File, func(wal.Record) {})
	require.NoError(t, err)
	log.Append(s, kind, payload)
	s.Sync()
	s.Take()
}

// disk writes down what is durable.
func (s *stage) disk() string {
	var out strings.Builder
	report := wal.Scan(File, s.Durable(File), func(w wal.Record) {
		d, ok := decodeRecord(w.Kind, w.Payload)
		switch {
		case !ok:
			fmt.Fprintf(&out, "a record of an unknown kind\n")
			return
		case d.kind == recordVote:
			fmt.Fprintf(&out, "vote in %v for slot %d %s, commit %d\n", d.ballot, d.slot, describe(d.rest), d.commit)
		case d.kind == recordLearned:
			fmt.Fprintf(&out, "learned slot %d %s\n", d.slot, describe(d.rest))
		case d.kind == recordSnapshot:
			slot, _, _ := imageHead(d.rest)
			fmt.Fprintf(&out, "snapshot of slot %d, floor %d\n", slot, d.floor)
		case d.kind == recordGrant:
			fmt.Fprintf(&out, "grant to %v for %d ms\n", d.ballot, d.span/uint64(node.Millisecond))
		default:
			fmt.Fprintf(&out, "%s %v\n", recordNames[d.kind], d.ballot)
		}
		if n := len(d.rest); n > 0 && !slices.Contains([]uint8{recordVote, recordLearned, recordSnapshot}, d.kind) {
			fmt.Fprintf(&out, "and %d bytes behind it\n", n)
		}
	})
	if report.Damage != wal.Clean {
		fmt.Fprintf(&out, "%v\n", report.Damage)
	}
	wal.Scan(VowFile, s.Durable(VowFile), func(w wal.Record) {
		in := reader{rest: w.Payload}
		fmt.Fprintf(&out, "second copy: %v\n", node.Ballot(in.word()))
	})
	return out.String()
}

func (s *stage) timers() string {
	text := ""
	for id, name := range []string{"election", "heartbeat", "retry"} {
		if at, armed := s.Armed(node.TimerID(id)); armed {
			text += fmt.Sprintf("%s in %d ms\n", name, (at-s.Clock)/node.Millisecond)
		}
	}
	return text
}

func (s *stage) metrics() string {
	m := s.r.Metrics()
	text := ""
	for _, f := range []struct {
		name  string
		value uint64
	}{
		{"candidacies", m.Candidacies}, {"elections", m.Elections}, {"preemptions", m.Preemptions}, {"resigned", m.Resigned}, {"commits", m.Commits},
		{"commands", m.Commands}, {"overloaded", m.Overloaded}, {"checkpoints", m.Checkpoints}, {"installed", m.Installed}, {"evicted", m.Evicted},
		{"messages", m.Messages}, {"bytes", m.Bytes}, {"most waiting", uint64(m.QueueMax)}, {"longest log", m.LogMax}, {"waiting", uint64(m.Queue)},
		{"log", m.Log}, {"sessions", uint64(m.Sessions)}, {"accepts sent", m.Sent[Accept]},
	} {
		if f.value > 0 {
			text += fmt.Sprintf("%s %d\n", f.name, f.value)
		}
	}
	return text
}

// tell writes down what was stated, and forgets it.
func (s *stage) tell() string {
	text := ""
	for _, what := range slices.Sorted(maps.Keys(s.stated)) {
		text += what
		if n := s.stated[what]; n > 1 {
			text += fmt.Sprintf(", %d times", n)
		}
		text += "\n"
	}
	clear(s.stated)
	if text == "" {
		return "nothing\n"
	}
	return text
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
		Mark: number[uint64](t, d, "mark"), Span: number[uint64](t, d, "span") * uint64(node.Millisecond), Value: value(t, arg(d, "value")),
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

func number[T ~int | ~int64 | ~uint16 | ~uint64](t *testing.T, d *datadriven.TestData, name string) T {
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
		name, what, _ := strings.Cut(c, ":")
		client, seq := parseCommand(t, name)
		p := pending{op: node.Command, session: uint64(client), client: client, seq: seq, command: []byte(name)}
		room, isRegister := strings.CutPrefix(what, "register-")
		switch {
		case what == "":
		case what == "read":
			p.op = node.Read
		case what == "unknown":
			p.op = node.Transfer + 1
		case isRegister:
			limit, err := strconv.ParseUint(room, 10, 32)
			require.NoError(t, err)
			p.op, p.session, p.command = node.Register, limit, nil
		default:
			what, after, _ := strings.Cut(what, "@")
			voters, learners, _ := strings.Cut(what, "/")
			c := Change{Membership: Membership{Voters: replicas(t, voters), Learners: replicas(t, learners)}}
			if after != "" {
				var err error
				c.After, err = strconv.ParseUint(after, 10, 64)
				require.NoError(t, err)
			}
			p.op, p.session, p.command = node.Configure, 0, c.Append(nil)
		}
		v = appendCommand(v, &p)
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
