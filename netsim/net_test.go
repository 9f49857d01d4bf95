package netsim

import (
	"encoding/binary"
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"simrun/node"
	"simrun/node/fact"
	"simrun/sim"
	"simrun/sim/stream"
)

// note is the smallest of messages: a kind and a number.
type note struct {
	kind   uint8
	number uint64
	body   []byte
}

func (m *note) Site() (uint8, uint64) { return m.kind, m.number }
func (m *note) Append(dst []byte) []byte {
	dst = binary.BigEndian.AppendUint64(append(dst, m.kind), m.number)
	return append(dst, m.body...)
}
func (m *note) Decode(b []byte) error {
	if len(b) < 9 || b[0] == 99 {
		return errors.New("malformed")
	}
	m.kind, m.number, m.body = b[0], binary.BigEndian.Uint64(b[1:]), b[9:]
	return nil
}
func (m *note) Facts(emit func(fact.Fact)) { emit(fact.Fact{Kind: fact.Promised, Ballot: m.number}) }
func (m *note) String() string             { return fmt.Sprint("note ", m.number) }

// inbox receives everything and writes down what came when.
type inbox struct {
	k    *sim.Kernel
	got  []arrival
	left []uint64
	down map[node.ID]bool
}

type arrival struct {
	at       int64
	from, to node.Addr
	number   uint64
}

func (b *inbox) Up(id node.ID) bool { return !b.down[id] }
func (b *inbox) Message(to, from node.ID, m *note) bool {
	return b.add(to, arrival{b.k.Now(), from.Addr(), to.Addr(), m.number})
}
func (b *inbox) Request(to node.ID, from node.Client, r *node.Request) bool {
	return b.add(to, arrival{b.k.Now(), from.Addr(), to.Addr(), r.Seq})
}
func (b *inbox) add(to node.ID, a arrival) bool {
	if b.down[to] {
		return false
	}
	b.got = append(b.got, a)
	return true
}
func (b *inbox) Reply(to node.Client, from node.ID, r *node.Reply) {
	b.got = append(b.got, arrival{b.k.Now(), from.Addr(), to.Addr(), r.Seq})
}
func (b *inbox) Leaves(_ node.ID, m *note) { b.left = append(b.left, m.number) }

type world struct {
	*sim.Kernel
	*Net[note, *note]
	*inbox
}

func newWorld(seed uint64, c Config) world {
	k := &sim.Kernel{}
	in := &inbox{k: k, down: map[node.ID]bool{}}
	n := New[note, *note](k, in)
	k.Reset(seed)
	n.Reset(c, 5)
	return world{k, n, in}
}

var plain = Config{LatencyMin: 1000, LatencyMean: 500_000}

func (w world) broadcast(rounds int) {
	for i := range rounds {
		for from := node.ID(1); from <= 5; from++ {
			for to := node.ID(1); to <= 5; to++ {
				if from != to {
					w.Send(from, to, &note{kind: 1, number: uint64(i + 1)})
				}
			}
		}
	}
}

func (w world) drain(t *testing.T) {
	t.Helper()
	require.Equal(t, sim.Drained, w.Run(1<<40))
}

// In good weather everything arrives once, after the minimal latency, and was told of when it left.
func TestGoodWeather(t *testing.T) {
	w := newWorld(1, plain)
	w.broadcast(100)
	require.Len(t, w.left, 2000)
	w.drain(t)
	require.Len(t, w.got, 2000)
	var sum int64
	for _, a := range w.got {
		require.GreaterOrEqual(t, a.at, int64(1000))
		sum += a.at
	}
	require.InEpsilon(t, 501_000, sum/2000, 0.1)
	require.Positive(t, w.Counts().Reordered, "random latency reorders")
}

// A rule covers the links it names, in the direction it names, for as long as it is in force.
func TestPartition(t *testing.T) {
	w := newWorld(1, plain)
	w.AddRule(7, Rule{From: SetOf(node.ID(1).Addr(), node.Client(2).Addr()), To: SetOf(node.ID(2).Addr(), node.ID(3).Addr()), Block: true})
	w.broadcast(10)
	w.SendRequest(2, 2, &node.Request{Seq: 77})
	w.SendRequest(1, 2, &node.Request{Seq: 78})
	w.Net.Reply(2, 2, node.Reply{Seq: 79})
	w.drain(t)
	for _, a := range w.got {
		require.False(t, a.from == node.ID(1).Addr() && (a.to == node.ID(2).Addr() || a.to == node.ID(3).Addr()))
		require.NotEqual(t, uint64(77), a.number)
	}
	require.Len(t, w.got, 200-20+2)
	require.Equal(t, uint64(21), w.Counts().Blocked)

	w.RemoveRule(7)
	w.inbox.got = nil
	w.broadcast(1)
	w.drain(t)
	require.Len(t, w.got, 20)
}

// Loss, duplication and delay come at the rates asked for.
func TestRates(t *testing.T) {
	w := newWorld(1, plain)
	w.AddRule(1, Rule{From: Everybody(), To: Everybody(), Drop: 200_000, Duplicate: 100_000, CopyMean: 10_000_000, Reorder: 50_000, HoldMean: 1_000_000})
	w.broadcast(1000)
	w.drain(t)
	c := w.Counts()
	require.InEpsilon(t, 4000, c.Dropped, 0.05)
	require.InEpsilon(t, 1600, c.Duplicated, 0.1)
	require.InEpsilon(t, 800, c.Held, 0.15)
	require.Equal(t, c.Sent-c.Dropped+c.Duplicated, c.Arrived)
}

// The fate of a message hangs on its name: messages that others are sent between, or that another rule does not
// cover, keep theirs. The second message of a name has a fate of its own.
func TestFateKeepsToTheName(t *testing.T) {
	lossy := Rule{From: Everybody(), To: Everybody(), Drop: 300_000}
	arrivals := func(others bool) map[uint64]int64 {
		w := newWorld(3, plain)
		w.AddRule(1, lossy)
		if others {
			w.AddRule(2, Rule{From: SetOf(node.ID(4).Addr()), To: Everybody(), Drop: 900_000, Delay: 5})
		}
		for i := range uint64(300) {
			if others {
				w.Send(4, 2, &note{kind: 1, number: i})
				w.Send(1, 3, &note{kind: 1, number: i})
				w.Send(1, 2, &note{kind: 2, number: 1000 + i})
			}
			w.Send(1, 2, &note{kind: 1, number: i})
		}
		w.drain(t)
		at := map[uint64]int64{}
		for _, a := range w.got {
			if a.from == node.ID(1).Addr() && a.to == node.ID(2).Addr() && a.number < 1000 {
				at[a.number] = a.at
			}
		}
		return at
	}
	alone := arrivals(false)
	require.Equal(t, alone, arrivals(true))
	require.InDelta(t, 210, len(alone), 30)

	y := newWorld(3, plain)
	y.AddRule(1, lossy)
	fates := map[bool]int{}
	for range 300 {
		before := y.Counts().Dropped
		y.Send(1, 2, &note{kind: 1, number: 5})
		fates[y.Counts().Dropped > before]++
	}
	require.InDelta(t, 90, fates[true], 30, "a message that is sent again may get through")
}

// A network that encodes delivers the same messages at the same times, and loses what does not decode.
func TestEncode(t *testing.T) {
	a, b := newWorld(5, plain), newWorld(5, Config{LatencyMin: 1000, LatencyMean: 500_000, Encode: true})
	a.broadcast(20)
	b.broadcast(20)
	b.Send(1, 2, &note{kind: 99})
	a.drain(t)
	b.drain(t)
	require.Equal(t, a.got, b.got)
	require.Equal(t, uint64(1), b.Counts().Undecoded)
}

func TestDownHost(t *testing.T) {
	w := newWorld(5, plain)
	w.down[2] = true
	w.Send(1, 2, &note{kind: 1})
	w.Send(1, 9, &note{kind: 1})
	w.drain(t)
	require.Empty(t, w.got)
	require.Equal(t, uint64(1), w.Counts().Deaf)
}

// Attempts are counted without a gap while a site recurs, and memory stays bounded.
func TestAttempts(t *testing.T) {
	var a attempts
	a.reset()
	r := stream.New(1, "test", 0)
	for i := range uint64(200_000) {
		if i%1000 == 0 {
			require.Equal(t, i/1000, a.next(42, 7))
		}
		a.next(r.Uint64()|1<<63, i)
	}
	require.LessOrEqual(t, a.len, generation)
	a.reset()
	require.Zero(t, a.next(42, 7))
}

// Wherever sites are looked for, be it that many share a place, they are counted as two maps would count them, and emptied tables are empty however often that was done.
func TestAttemptsAreThoseOfTwoMaps(t *testing.T) {
	var a attempts
	for run := range uint64(3) {
		for range 2 * epochMask / 3 {
			a.reset()
		}
		young, old := map[uint64]uint64{}, map[uint64]uint64{}
		s := stream.New(run, "test", 0)
		for range 100_000 {
			x := s.N(20_000)
			if s.Chance(500_000) {
				x = s.N(500)
			}
			site := stream.Mix(x, run)
			want, known := young[site]
			if !known {
				want = old[site]
			}
			young[site] = want + 1
			require.Equal(t, want, a.next(site, x%(run*3000+17)))
			if len(young) == generation {
				young, old = map[uint64]uint64{}, young
			}
		}
	}
}

// The short way of messages that nothing could hurt leads where the long one does: to the same arrivals and counts, in calm weather and where rules cover other links.
func TestPlainWay(t *testing.T) {
	for _, rules := range [][]Rule{nil, {{From: SetOf(node.ID(2).Addr()), To: Everybody(), Drop: 300_000, Duplicate: 300_000}, {From: Everybody(), To: SetOf(node.ID(3).Addr()), Nth: 4}}} {
		run := func(long bool) ([]arrival, Counts, sim.Hash) {
			w := newWorld(7, plain)
			if long {
				w.OnDraw(func(Drawn) {})
			}
			require.Equal(t, !long, w.plain)
			w.down[4] = true
			w.broadcast(5)
			for id, r := range rules {
				w.AddRule(id, r)
			}
			w.broadcast(20)
			w.broadcast(3) // every message once more, under the same name
			w.RemoveRule(0)
			w.broadcast(20)
			w.Run(1 << 40)
			return w.got, w.Counts(), w.Hash()
		}
		got, counts, hash := run(false)
		wantGot, wantCounts, wantHash := run(true)
		require.NotZero(t, counts.Deaf)
		require.Equal(t, len(rules) > 0, counts.Dropped > 0)
		require.Equal(t, wantGot, got)
		require.Equal(t, wantCounts, counts)
		require.Equal(t, wantHash, hash)
	}
}
