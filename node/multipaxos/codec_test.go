package multipaxos

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"simrun/node"
	"simrun/node/fact"
	"simrun/node/wal"
)

// samples is one message of every kind that travels, with everything in it that can be in it.
func samples() []Message {
	value := appendCommand(nil, &pending{op: node.Command, client: 3, seq: 300, command: []byte("put")})
	value = appendCommand(value, &pending{op: node.Read, client: maxClient, session: 1 << 40, seq: 1, command: nil})
	report := appendReport(nil, 9, 9, node.NewBallot(2, 3), value)
	report = appendReport(report, 10, 10, learned, nil)
	b := node.NewBallot(1<<40, 5)
	return []Message{
		{Kind: Prepare, Ballot: b, Slot: 7},
		{Kind: Promise, Ballot: b, Slot: 7, Floor: 8, Value: report},
		{Kind: Promise, Ballot: b, Slot: 7},
		{Kind: Reject, Ballot: b, Promised: b + 1},
		{Kind: Accept, Ballot: b, Slot: 7, Commit: 6, Value: value},
		{Kind: Accepted, Ballot: b, Slot: 7, Digest: 1<<64 - 1},
		{Kind: Settled, Ballot: b, Slot: 7, Floor: 8, Commit: 9},
		{Kind: Learn, Ballot: b, Commit: 9},
		{Kind: Heartbeat, Ballot: b, Commit: 9, Slot: 4, Mark: 12},
		{Kind: Heartbeat, Ballot: b, Commit: 9, Slot: 4, Mark: 12, Span: 1000},
		{Kind: Alive, Ballot: b, Commit: 8, Mark: 12, Span: 1000},
		{Kind: PreVote, Ballot: b, Commit: 9},
		{Kind: PreVoted, Ballot: b, Commit: 9},
		{Kind: Behind, Ballot: b, Commit: 9},
		{Kind: Stand, Ballot: b, Mark: 12},
		{Kind: Release, Ballot: b, Mark: 12},
		{Kind: Repair, Ballot: b, Promised: b + 1},
		{Kind: Leave, Slot: 9},
		{Kind: Dismiss, Slot: 9},
		{Kind: Resume, Slot: 9, Mark: 100},
		{Kind: Fetch},
		{Kind: Fetch, Slot: 7},
		{Kind: Chosen, Slot: 7, Commit: 9, Value: appendValue(appendValue(nil, value), nil)},
		{Kind: Image, Slot: 7, Mark: 100, Span: 200, Commit: 9, Value: []byte("image")},
	}
}

func TestMessagesSurviveTheirEncoding(t *testing.T) {
	for _, m := range samples() {
		var got Message
		require.NoError(t, got.Decode(m.Append(nil)))
		require.Equal(t, m.String(), got.String())
		require.Equal(t, m.Append(nil), got.Append(nil))
		kind, _ := m.Site()
		require.NotZero(t, kind)
	}
}

func TestMessagesInProtocolTerms(t *testing.T) {
	want := []string{
		"Prepare 1099511627776.5 from slot 7",
		"Promise 1099511627776.5 from slot 7, floor 8, 9 accepted in 2.3 as [c3#300 read c2147483647#1], 10 chosen as []",
		"Promise 1099511627776.5 from slot 7",
		"Reject 1099511627776.5, promised 1099511627776.6",
		"Accept 1099511627776.5 slot 7 [c3#300 read c2147483647#1], commit 6",
		"Accepted 1099511627776.5 slot 7",
		"Settled 1099511627776.5 slot 7, floor 8, commit 9",
		"Learn 1099511627776.5 commit 9",
		"Heartbeat 1099511627776.5 round 12, commit 9",
		"Heartbeat 1099511627776.5 round 12, commit 9, asks for a lease",
		"Alive 1099511627776.5 round 12, commit 8, grants the lease",
		"PreVote 1099511627776.5 commit 9",
		"PreVoted 1099511627776.5 commit 9",
		"Behind 1099511627776.5 commit 9",
		"Stand in place of 1099511627776.5 after round 12",
		"Release 1099511627776.5 leases up to round 12",
		"Repair above 1099511627776.6",
		"Leave at slot 9",
		"Dismiss at slot 9",
		"Resume the image of slot 9 from byte 100",
		"Fetch an image",
		"Fetch from slot 7",
		"Chosen from slot 7, commit 9: [c3#300 read c2147483647#1] []",
		"Image of slot 7, bytes 100 to 105 of 200, commit 9",
	}
	for i, m := range samples() {
		require.Equal(t, want[i], m.String())
	}
}

func TestMalformedMessagesAreRefused(t *testing.T) {
	value := appendValue(nil, []byte("value"))
	for name, b := range map[string][]byte{
		"empty":                     nil,
		"no kind":                   {0, 0, 0, 0, 0, 0, 0, 0, 0},
		"a kind that never travels": {byte(Synced), 0, 0, 0, 0, 0, 0, 0, 0},
		"an unknown kind":           {200, 0, 0, 0, 0, 0, 0, 0, 0},
		"cut":                       {byte(Prepare), 1, 0, 0, 0, 0},
		"an endless number":         {byte(Prepare), 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1},
		"a value longer than all":   (&Message{Kind: Chosen, Value: value[:4]}).Append(nil),
		"a vote without a ballot":   (&Message{Kind: Promise, Value: appendReport(nil, 1, 1, 0, nil)}).Append(nil),
		"a vote far away":           (&Message{Kind: Promise, Value: appendReport(nil, 1, 2+ahead, 1, nil)}).Append(nil),
	} {
		var m Message
		require.Error(t, m.Decode(b), name)
	}
}

func TestMessagesStateTheirFacts(t *testing.T) {
	b := node.NewBallot(4, 2)
	value := []byte("value")
	promised := fact.Fact{Kind: fact.Promised, Ballot: uint64(b)}
	list := appendReport(nil, 1, 1, learned, value) // known to be chosen, which is no vote
	list = appendReport(list, 2, 3, b-1, value)
	vote := fact.Fact{Kind: fact.Voted, Slot: 3, Ballot: uint64(b - 1), Value: fact.Digest(value), Bytes: value}
	for _, c := range []struct {
		m    Message
		want []fact.Fact
	}{
		{Message{Kind: Prepare, Ballot: b, Slot: 1}, []fact.Fact{promised}},
		{Message{Kind: Accept, Ballot: b, Slot: 1, Value: value}, []fact.Fact{promised}},
		{Message{Kind: Learn, Ballot: b}, []fact.Fact{promised}},
		{Message{Kind: Heartbeat, Ballot: b}, []fact.Fact{promised}},
		{Message{Kind: Promise, Ballot: b, Slot: 1, Value: list}, []fact.Fact{promised, vote}},
		{Message{Kind: Reject, Ballot: 1, Promised: b}, []fact.Fact{promised}},
		{
			Message{Kind: Accepted, Ballot: b, Slot: 3, Digest: 7},
			[]fact.Fact{promised, {Kind: fact.Voted, Slot: 3, Ballot: uint64(b), Value: 7}},
		},
		{Message{Kind: Alive, Ballot: b, Mark: 1}, nil},
		{Message{Kind: Alive, Ballot: b, Mark: 1, Span: 1}, []fact.Fact{{Kind: fact.Granted, Ballot: uint64(b)}}},
		{Message{Kind: Fetch, Slot: 1}, nil},
		{Message{Kind: Chosen, Slot: 1, Value: appendValue(nil, value)}, nil},
	} {
		var got []fact.Fact
		c.m.Facts(func(f fact.Fact) { got = append(got, f) })
		require.Equal(t, c.want, got, c.m.String())
	}
}

func TestCommandsSplitsAValue(t *testing.T) {
	var got []string
	value := appendCommand(nil, &pending{op: node.Command, client: 3, seq: 300, command: []byte("put")})
	value = appendCommand(value, &pending{op: node.Command, client: 4, seq: 1, command: []byte("get")})
	Commands(value, func(client uint32, seq uint64, cmd []byte) {
		got = append(got, node.Client(client).Addr().String()+string(rune('0'+seq%10))+string(cmd))
	})
	require.Equal(t, []string{"c30put", "c41get"}, got)

	got = nil
	Commands(nil, func(uint32, uint64, []byte) { got = append(got, "a no-op holds none") })
	Commands(value[:3], func(uint32, uint64, []byte) { got = append(got, "cut short") })
	Commands(appendCommand(nil, &pending{op: node.Command, seq: 1}), func(uint32, uint64, []byte) { got = append(got, "no client") })
	require.Empty(t, got)
}

func FuzzDecode(f *testing.F) {
	for _, m := range samples() {
		f.Add(m.Append(nil))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var m Message
		if m.Decode(b) != nil {
			return
		}
		_ = m.String()
		m.Facts(func(fact.Fact) {})
		Commands(m.Value, func(uint32, uint64, []byte) {})
		var again Message
		require.NoError(t, again.Decode(m.Append(nil)))
		require.Equal(t, m, again)
	})
}

// disk is a disk of one file that never fails.
type disk struct{ bytes []byte }

func (d *disk) Append(_ string, b []byte)   { d.bytes = append(d.bytes, b...) }
func (d *disk) Replace(_ string, b []byte)  { d.bytes = append([]byte(nil), b...) }
func (d *disk) Truncate(_ string, size int) { d.bytes = d.bytes[:min(size, len(d.bytes))] }
func (d *disk) Read(string) ([]byte, error) { return append([]byte(nil), d.bytes...), nil }

// Records with any contents are either understood or make the replica silent: it never panics, and facts can be read.
func FuzzRecords(f *testing.F) {
	c := newCluster(1, 1, func(c *Config) { c.CheckpointEvery, c.Retain = 2, 1 })
	c.clients = []*client{{id: 1, target: 1}}
	for range 4 {
		if !c.clients[0].waits {
			c.begin(c.clients[0])
		}
		c.calm(c.converged, 1000)
	}
	wal.Scan(File, c.hosts[0].files[0].states[0], func(r wal.Record) { f.Add(r.Kind, r.Payload, r.Kind, r.Payload) })
	f.Fuzz(func(t *testing.T, kind1 uint8, payload1 []byte, kind2 uint8, payload2 []byte) {
		if kind1 == 0 || kind2 == 0 {
			return
		}
		var d disk
		log, _, err := wal.Open(&d, File, func(wal.Record) {})
		require.NoError(t, err)
		log.Append(&d, kind1, payload1)
		log.Append(&d, kind2, payload2)
		facts := 0
		DurableFacts(File, d.bytes, func(fact.Fact) { facts++ })
		DurableFacts("another file", d.bytes, func(fact.Fact) { facts = -1 })
		require.GreaterOrEqual(t, facts, 0)

		c := newCluster(1, 1, nil)
		h := c.hosts[0]
		h.files[0].states[0] = d.bytes
		h.boot()
		_ = h.r.AppendState(nil)
	})
}

// rest returns what has yet to be taken.
func (l *commands) rest() []byte { return l.value[l.end:] }

// The numbers of a command are read as binary.Uvarint reads them, whatever the bytes.
func TestCommandNumbers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := rapid.SliceOfN(rapid.SampledFrom([]byte{0, 1, 2, 0x7f, 0x80, 0x81, 0xff}), 0, 40).Draw(t, "bytes")
		in, ok := reader{rest: b}, false
		session, client, seq := in.uvarint(), in.uvarint(), in.uvarint()
		command := in.bytes(in.uvarint())
		ok = !in.bad && client > 0 && client <= maxClient && seq > 0
		list := commands{value: append([]byte{byte(node.Command)}, b...)}
		require.Equal(t, ok, list.next())
		if !ok {
			require.Empty(t, list.rest())
			return
		}
		require.Equal(t, []uint64{session, client, seq}, []uint64{list.session, uint64(list.client), list.seq})
		require.True(t, bytes.Equal(command, list.command()))
		require.Equal(t, len(in.rest), len(list.rest()))
	})
}

// What has up to three bytes is read by the short way as by the long one, and what has more is told from it.
func TestShortNumbers(t *testing.T) {
	for _, v := range []uint64{0, 1, 0x7f, 0x80, 0x81, 0xff, 0x3fff, 0x4000, 0x4001, 0x7fff, long - 1, long, long + 1, 1<<28 - 1, 1 << 28, math.MaxUint64} {
		b := binary.AppendUvarint(nil, v)
		all := append(append([]byte{0xff}, b...), 0xff, 0xff)
		got, end := short(all, 1)
		require.Equal(t, v < long, got < long, "%x", v)
		if v < long {
			require.Equal(t, []uint64{v, 1 + uint64(len(b))}, []uint64{got, uint64(end)})
		}
		got, end = uvarint(all, 1)
		require.Equal(t, []uint64{v, 1 + uint64(len(b))}, []uint64{got, uint64(end)})
		got, _ = short(b, len(b)-1)
		require.GreaterOrEqual(t, got, uint64(long), "it stands at the very end")
		got, _ = short(b, len(b)+1)
		require.GreaterOrEqual(t, got, uint64(long), "there is none")
	}
	got, end := short([]byte{7, 8, 9}, 0)
	require.Equal(t, []uint64{7, 1}, []uint64{got, uint64(end)}, "it may stand at the very beginning")
	got, _ = short([]byte{0, 0x80, 0x80}, 1)
	require.GreaterOrEqual(t, got, uint64(long), "the end comes before the third byte")
}

// The same at the bounds, where chance rarely goes: the longest numbers, and ones that are a bit or a byte longer.
func TestCommandNumbersAtTheirBounds(t *testing.T) {
	number := func(v uint64) []byte { return binary.AppendUvarint(nil, v) }
	nines := bytes.Repeat([]byte{0xff}, 9)
	most := append(bytes.Clone(nines), 1)
	for _, c := range []struct {
		name                         string
		session, client, seq, length []byte
		command                      string
		ok                           bool
	}{
		{"plain", number(7), number(3), number(9), number(3), "put", true},
		{"no session", number(0), number(3), number(9), number(3), "put", true},
		{"no command", number(7), number(3), number(9), number(0), "", true},
		{"a client of four bytes", number(7), number(long), number(9), number(3), "put", true},
		{"a sequence number of four bytes", number(7), number(3), number(long), number(3), "put", true},
		{"the highest numbers", most, number(maxClient), most, number(3), "put", true},
		{"nine bytes with nothing in them", append(bytes.Repeat([]byte{0x80}, 9), 0), number(3), number(9), number(3), "put", true},
		{"65 bits", append(bytes.Clone(nines), 2), number(3), number(9), number(3), "put", false},
		{"eleven bytes", append(bytes.Clone(nines), 0x81, 0), number(3), number(9), number(3), "put", false},
		{"no client", number(7), number(0), number(9), number(3), "put", false},
		{"no client, in seven bytes", number(7), append(bytes.Repeat([]byte{0x80}, 6), 0), number(9), number(3), "put", false},
		{"a client too many", number(7), number(maxClient + 1), number(9), number(3), "put", false},
		{"no sequence number", number(7), number(3), number(0), number(3), "put", false},
		{"one byte is missing", number(7), number(3), number(9), number(4), "put", false},
		{"nearly all are missing", number(7), number(3), number(9), most, "put", false},
		{"a number ends in the middle", number(7), number(3), number(9), []byte{0x80}, "", false},
	} {
		list := commands{value: slices.Concat([]byte{byte(node.Command)}, c.session, c.client, c.seq, c.length, []byte(c.command))}
		require.Equal(t, c.ok, list.next(), c.name)
		require.Empty(t, list.rest(), c.name)
		if !c.ok {
			continue
		}
		session, _ := binary.Uvarint(c.session)
		client, _ := binary.Uvarint(c.client)
		seq, _ := binary.Uvarint(c.seq)
		require.Equal(t, []uint64{session, client, seq}, []uint64{list.session, uint64(list.client), list.seq}, c.name)
		require.Equal(t, c.command, string(list.command()), c.name)
	}
}

// What a reader is asked for is there, or nothing is, and it says so ever after.
func TestReaderAtItsBounds(t *testing.T) {
	in := reader{rest: []byte{5, 6, 7}}
	require.Equal(t, uint64(5), in.upTo(5))
	require.False(t, in.bad)
	require.Equal(t, uint64(0), in.upTo(5))
	require.True(t, in.bad)
	require.Equal(t, uint64(0), in.uvarint(), "7 is still there, and not to be had")

	in = reader{rest: []byte("abc")}
	require.Equal(t, "abc", string(in.bytes(3)))
	require.False(t, in.bad)
	in = reader{rest: []byte("abc")}
	require.Nil(t, in.bytes(4))
	require.True(t, in.bad)
}

// A vote may be as far from the one before it as a replica votes ahead, and no further.
func TestReportsAtTheirBounds(t *testing.T) {
	for _, c := range []struct {
		slot uint64
		ok   bool
	}{{7, true}, {7 + ahead, true}, {7 + ahead + 1, false}} {
		list := report{rest: appendReport(nil, 7, c.slot, 1, nil), slot: 7}
		require.Equal(t, c.ok, list.next(), "%d", c.slot)
		require.Equal(t, c.ok, !list.bad, "%d", c.slot)
	}
}

// Of a value, checkers are told the commands for the state machine, reads among them, and the memberships.
func TestWhatAValueHoldsIsToldByKind(t *testing.T) {
	change := (&Change{Membership: Membership{Voters: []node.ID{1, 2}}}).Append(nil)
	var value []byte
	for i, q := range []pending{
		{op: node.Command, command: []byte("put")}, {op: node.Read, command: []byte("get")}, {op: node.Register, session: 8},
		{op: node.Configure, command: change}, {op: node.Transfer, command: []byte("no business of the log")},
	} {
		q.client, q.seq = 3, uint64(i)+1
		value = appendCommand(value, &q)
	}
	var commands, memberships []string
	Commands(value, func(client uint32, seq uint64, cmd []byte) {
		commands = append(commands, fmt.Sprintf("%d#%d %s", client, seq, cmd))
	})
	Memberships(value, func(encoded []byte) { memberships = append(memberships, string(encoded)) })
	require.Equal(t, []string{"3#1 put", "3#2 get"}, commands)
	require.Equal(t, []string{string(change)}, memberships)
}
