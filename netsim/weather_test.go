package netsim

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"simrun/node"
	"simrun/sim"
	"simrun/sim/stream"
)

const ms = 1_000_000

// arrivalsOf returns the numbers that arrived on one link, in order.
func (w world) arrivalsOf(from, to node.ID) (numbers []uint64) {
	for _, a := range w.got {
		if a.from == from.Addr() && a.to == to.Addr() {
			numbers = append(numbers, a.number)
		}
	}
	return numbers
}

// Each distribution has the mean it is asked for, and the shape that its comment tells of.
func TestSpreads(t *testing.T) {
	const mean, count = 1_000_000, 200_000
	for spread, want := range map[Spread]struct{ half, tail, longest int64 }{
		Exponential: {half: 393, tail: 0, longest: 12},
		Uniform:     {half: 250, tail: 0, longest: 2},
		HeavyTail:   {half: 646, tail: 1, longest: 815},
	} {
		r := stream.New(1, "spread", 0)
		var sum, half, tail int64
		for range count {
			d := spread.draw(r.Uint64(), mean)
			require.GreaterOrEqual(t, d, int64(0))
			sum += d
			if d < mean/2 {
				half++
			}
			if d > 49*mean {
				tail++
			}
		}
		require.InEpsilon(t, mean, sum/count, 0.05, "%v", spread)
		require.InDelta(t, want.half, half*1000/count, 5, "%v", spread)
		require.InDelta(t, want.tail, tail*1000/count, 0.5, "%v", spread)
		require.LessOrEqual(t, spread.draw(0, mean), want.longest*mean, "%v", spread)
		require.Greater(t, max(spread.draw(0, mean), spread.draw(1<<64-1, mean)), (want.longest*99/100-1)*mean, "%v", spread)
		require.Zero(t, spread.draw(r.Uint64(), 0))
		require.Positive(t, spread.draw(r.Uint64()>>1, 3600*1000*ms), "an hour does not overflow")
	}
	require.Equal(t, uint64(1<<32), exp2Table[0])
	require.InDelta(t, int64(6074000999), int64(exp2Table[128]), 16) // the square root of 2
}

func TestWords(t *testing.T) {
	var c struct {
		Spread Spread
		Link   Transport
	}
	for _, text := range []string{`{"Spread":"exponential","Link":"datagram"}`, `{"Spread":"heavy-tail","Link":"fifo"}`, `{"Spread":"uniform","Link":"fifo"}`} {
		require.NoError(t, json.Unmarshal([]byte(text), &c))
		again, err := json.Marshal(c)
		require.NoError(t, err)
		require.Equal(t, text, string(again))
	}
	require.ErrorContains(t, json.Unmarshal([]byte(`{"Spread":"normal"}`), &c), `"normal" is no distribution of delays: there are [exponential uniform heavy-tail]`)
	require.ErrorContains(t, json.Unmarshal([]byte(`{"Link":"tcp"}`), &c), `"tcp" is no kind of link: there are [datagram fifo]`)
}

// A link of 1000 bytes a second carries a message of 17 bytes in 17 ms, one after the other, and keeps 60 bytes waiting: the fourth of a
// salvo finds the queue full. Another link, and the way back, are free.
func TestBandwidth(t *testing.T) {
	for _, encode := range []bool{false, true} {
		testBandwidth(t, newWorld(1, Config{Bandwidth: 1000, Backlog: 60, Encode: encode}))
	}
	// A line so slow that it is never free again overflows nothing but the queue.
	w := newWorld(1, Config{Bandwidth: 1})
	w.AddRule(1, Rule{From: Everybody(), To: Everybody(), Delay: longest})
	for range 20 {
		w.links.between(1, 2).busyUntil += longest / 2 // as by a billion bytes
		w.Send(1, 2, &note{kind: 1})
	}
	w.drain(t)
	require.Len(t, w.got, 20)
}

func testBandwidth(t *testing.T, w world) {
	for i := range uint64(4) {
		w.Send(1, 2, &note{kind: 1, number: i})
	}
	w.Send(2, 1, &note{kind: 1, number: 8})
	w.Send(1, 3, &note{kind: 1, number: 9})
	w.SendRequest(1, 2, &node.Request{Seq: 7, Command: make([]byte, 83)}) // 100 bytes with its head: more than may wait, but none does
	w.SendRequest(1, 2, &node.Request{Seq: 7})
	w.drain(t)
	require.Equal(t, []arrival{
		{17 * ms, 1, 2, 0}, {17 * ms, 2, 1, 8}, {17 * ms, 1, 3, 9}, {34 * ms, 1, 2, 1}, {51 * ms, 1, 2, 2},
		{100 * ms, node.Client(1).Addr(), 2, 7},
	}, w.got)
	require.Equal(t, uint64(2), w.Counts().Overflowed)

	w.inbox.got = nil // the line is idle again, and has kept nothing
	w.Send(1, 2, &note{kind: 1, number: 5})
	w.drain(t)
	require.Equal(t, []arrival{{117 * ms, 1, 2, 5}}, w.got)
}

// The fault has the same effect as the configuration while it lasts; the lower bandwidth counts.
func TestThrottle(t *testing.T) {
	w := newWorld(1, Config{Bandwidth: 2000})
	w.AddRule(3, Rule{Tag: 5, From: SetOf(node.ID(1).Addr()), To: Everybody(), Bandwidth: 1000, Backlog: 10})
	w.AddRule(4, Rule{Tag: 6, From: Everybody(), To: Everybody(), Bandwidth: 1700})
	w.Send(1, 2, &note{kind: 1})
	w.Send(1, 2, &note{kind: 1})
	w.Send(2, 1, &note{kind: 1})
	w.RemoveRule(3)
	w.RemoveRule(4)
	w.AddRule(5, Rule{Tag: 7, From: Everybody(), To: Everybody(), Bandwidth: 3000})
	w.Send(3, 2, &note{kind: 1, body: make([]byte, 17)})
	w.drain(t)
	require.Equal(t, []arrival{{10 * ms, 2, 1, 0}, {17 * ms, 1, 2, 0}, {17 * ms, 3, 2, 0}}, w.got)
	require.Equal(t, uint64(1), w.Counts().Overflowed)
	require.Equal(t, uint64(2), w.Struck(5))
	require.Equal(t, uint64(1), w.Struck(6))
	require.Zero(t, w.Struck(7))
}

// A flapping link is down at the beginning of every period, counted from when the fault began.
func TestFlap(t *testing.T) {
	w := newWorld(1, Config{})
	w.Kernel.Schedule(5*ms, 1, 0, 0, 0, 0)
	w.On(1, func(*sim.Event) {
		w.AddRule(1, Rule{Tag: 2, From: Everybody(), To: Everybody(), Block: true, Period: 10 * ms, Down: 3 * ms})
		for i := range int64(40) {
			w.Kernel.Schedule(5*ms+i*ms, 2, 0, 0, uint64(i), 0)
		}
	})
	w.On(2, func(e *sim.Event) { w.Send(1, 2, &note{kind: 1, number: e.B}) })
	w.drain(t)
	for _, n := range w.arrivalsOf(1, 2) {
		require.GreaterOrEqual(t, n%10, uint64(3))
	}
	require.Len(t, w.got, 28)
	require.Equal(t, uint64(12), w.Counts().Blocked)
	require.Equal(t, uint64(12), w.Struck(2))
}

// A block may begin after its rule, and be over before it.
func TestBlockForAWhile(t *testing.T) {
	w := newWorld(1, Config{})
	w.AddRule(1, Rule{Tag: 2, From: Everybody(), To: Everybody(), Block: true, After: 3, Until: 7})
	w.AddRule(2, Rule{Tag: 3, From: Everybody(), To: Everybody(), Block: true, After: 12})
	w.On(2, func(e *sim.Event) { w.Send(1, 2, &note{kind: 1, number: e.B}) })
	for i := range int64(20) {
		w.Kernel.Schedule(i, 2, 0, 0, uint64(i), 0)
	}
	w.drain(t)
	require.Equal(t, []uint64{0, 1, 2, 7, 8, 9, 10, 11}, w.arrivalsOf(1, 2))
	require.Equal(t, []uint64{4, 8}, []uint64{w.Struck(2), w.Struck(3)})
}

// One message is lost by its number: of all that take the link, or of one kind.
func TestNth(t *testing.T) {
	w := newWorld(1, Config{})
	w.AddRule(1, Rule{Tag: 1, From: SetOf(node.ID(1).Addr()), To: Everybody(), Nth: 3})
	w.AddRule(2, Rule{Tag: 2, From: Everybody(), To: Everybody(), Nth: 2, Kind: 9})
	for i := range uint64(6) {
		w.Send(1, 2, &note{kind: uint8(8 + i%2), number: i})
	}
	w.Send(2, 1, &note{kind: 8, number: 1})
	w.drain(t)
	require.Equal(t, []uint64{0, 1, 4, 5}, w.arrivalsOf(1, 2))
	require.Equal(t, []uint64{1}, w.arrivalsOf(2, 1))
	require.Equal(t, uint64(1), w.Struck(1))
	require.Equal(t, uint64(1), w.Struck(2))
}

// What is held back comes when the rule is taken off, at once and in the order it was sent; so it does when all is calmed.
func TestHoldBack(t *testing.T) {
	w := newWorld(1, plain)
	w.AddRule(1, Rule{Tag: 3, From: SetOf(node.ID(1).Addr()), To: Everybody(), HoldBack: true})
	w.AddRule(2, Rule{From: SetOf(node.ID(2).Addr()), To: Everybody(), HoldBack: true})
	for i := range uint64(20) {
		w.Send(1, 2, &note{kind: 1, number: i})
		w.Send(2, 1, &note{kind: 1, number: i})
	}
	w.SendRequest(1, 1, &node.Request{Seq: 3})
	w.drain(t)
	require.Len(t, w.got, 1, "a client's request, which is not covered")
	at := w.Now()
	w.RemoveRule(1)
	w.RemoveRule(1)
	w.drain(t)
	require.Len(t, w.arrivalsOf(1, 2), 20)
	require.True(t, slices.IsSorted(w.arrivalsOf(1, 2)))
	require.Empty(t, w.arrivalsOf(2, 1))
	require.Equal(t, at+20, w.Now())
	require.Equal(t, uint64(20), w.Struck(3))
	w.Calm(none)
	w.drain(t)
	require.Len(t, w.arrivalsOf(2, 1), 20)
}

// Damage of every kind, at every place, is found out by the checksum, and the message never arrives. Copies are not damaged.
func TestDamage(t *testing.T) {
	for _, encode := range []bool{false, true} {
		w := newWorld(1, Config{Encode: encode, LatencyMean: 1000})
		w.AddRule(1, Rule{Tag: 4, From: SetOf(node.ID(1).Addr(), node.Client(1).Addr()), To: Everybody(), Corrupt: stream.Million})
		w.AddRule(2, Rule{Tag: 5, From: SetOf(node.ID(3).Addr()), To: Everybody(), Corrupt: 300_000, Duplicate: stream.Million})
		for i := range uint64(3000) {
			w.Send(1, 2, &note{kind: 1, number: i, body: make([]byte, i%50)})
			w.Send(3, 2, &note{kind: 1, number: i})
			w.SendRequest(1, 2, &node.Request{Seq: i, Command: make([]byte, i%50)})
			w.Net.Reply(1, 1, node.Reply{Seq: i})
		}
		w.drain(t)
		c := w.Counts()
		require.Equal(t, uint64(9000), w.Struck(4))
		require.Equal(t, c.Damaged, c.Caught)
		require.InDelta(t, 9900, c.Damaged, 100)
		require.Zero(t, c.Undecoded)
		require.Equal(t, 6000-int(c.Damaged-9000), len(w.got))
		require.Equal(t, c.Sent+c.Duplicated-c.Damaged, c.Arrived)
	}
}

func TestFrame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		body := rapid.SliceOfN(rapid.Byte(), 0, 300).Draw(t, "body")
		b := append(openFrame(nil), body...)
		closeFrame(b)
		got, ok := unframe(b)
		require.True(t, ok)
		require.Equal(t, body, append([]byte{}, got...))
		was := slices.Clone(b)
		harmed := damage(b, rapid.Uint64().Draw(t, "lot"))
		require.NotEqual(t, was, harmed)
		_, ok = unframe(harmed)
		require.False(t, ok)
	})
}

// A connection that loses a message loses all that is under way on it, both ways, and what is sent before it is back. Another one is
// not touched. The messages of a crashed host are lost too.
func TestConnections(t *testing.T) {
	w := newWorld(1, Config{Link: FIFO, LatencyMin: 10 * ms, Reconnect: 5 * ms})
	w.AddRule(1, Rule{Tag: 1, From: SetOf(node.ID(1).Addr()), To: SetOf(node.ID(2).Addr()), Nth: 3})
	for i := range uint64(5) {
		w.Send(1, 2, &note{kind: 1, number: i})
		w.Send(2, 1, &note{kind: 1, number: i})
		w.Send(1, 3, &note{kind: 1, number: i})
	}
	w.drain(t)
	require.Len(t, w.got, 5)
	require.Len(t, w.arrivalsOf(1, 3), 5)
	c := w.Counts()
	require.Equal(t, []uint64{1, 1, 4, 5}, []uint64{c.Dropped, c.Resets, c.Cut, c.Refused})

	w.inbox.got = nil
	w.Send(1, 2, &note{kind: 1, number: 7})
	w.Send(3, 4, &note{kind: 1, number: 7})
	w.SendRequest(6, 4, &node.Request{Seq: 7})
	w.SendRequest(6, 5, &node.Request{Seq: 7})
	w.Disconnect(4)
	w.SendRequest(6, 4, &node.Request{Seq: 8})
	w.drain(t)
	require.Equal(t, []arrival{{20*ms + 4, 1, 2, 7}, {20*ms + 4, node.Client(6).Addr(), 5, 7}}, w.got)
	require.Equal(t, uint64(6), w.Counts().Cut)
	require.Equal(t, uint64(6), w.Counts().Refused)

	// A partition keeps the connection down for as long as somebody tries, and some time after.
	w.AddRule(2, Rule{From: SetOf(node.ID(1).Addr()), To: Everybody(), Block: true})
	w.Send(1, 2, &note{kind: 1, number: 1})
	w.RemoveRule(2)
	w.Send(1, 2, &note{kind: 1, number: 2})
	require.Equal(t, uint64(7), w.Counts().Refused)

	// Damage ends the connection of the message when it arrives.
	resets := w.Counts().Resets
	w.AddRule(3, Rule{From: SetOf(node.ID(5).Addr()), To: Everybody(), Corrupt: stream.Million})
	w.Send(5, 2, &note{kind: 1, number: 1})
	w.RemoveRule(3)
	w.Send(5, 2, &note{kind: 1, number: 2})
	w.inbox.got = nil
	w.drain(t)
	require.Empty(t, w.got)
	require.Equal(t, resets+1, w.Counts().Resets)
}

// anyConfig generates networks of every kind.
func anyConfig(t *rapid.T) Config {
	return Config{
		LatencyMin:  rapid.Int64Range(0, 10*ms).Draw(t, "latencyMin"),
		LatencyMean: rapid.Int64Range(0, 10*ms).Draw(t, "latencyMean"),
		Spread:      Spread(rapid.IntRange(0, int(numSpreads)-1).Draw(t, "spread")),
		Drop:        rapid.Uint64Range(0, 100_000).Draw(t, "drop"),
		Encode:      rapid.Bool().Draw(t, "encode"),
		Link:        Transport(rapid.IntRange(0, int(numTransports)-1).Draw(t, "link")),
		Reconnect:   rapid.Int64Range(0, 50*ms).Draw(t, "reconnect"),
		Bandwidth:   rapid.SampledFrom([]int64{0, 1, 1000, 100_000, 1 << 40}).Draw(t, "bandwidth"),
		Backlog:     rapid.SampledFrom([]int64{0, 1, 100, 10_000}).Draw(t, "backlog"),
	}
}

// anyRule generates rules with any of their effects together.
func anyRule(t *rapid.T) Rule {
	set := func(label string) Set {
		if rapid.Bool().Draw(t, label) {
			return Everybody()
		}
		return SetOf(node.ID(rapid.IntRange(1, 5).Draw(t, label)).Addr(), node.Client(rapid.IntRange(1, 2).Draw(t, label)).Addr())
	}
	chance := func(label string) uint64 {
		return rapid.SampledFrom([]uint64{0, 0, 0, 100_000, stream.Million}).Draw(t, label)
	}
	span := func(label string) int64 { return rapid.Int64Range(1, 100*ms).Draw(t, label) }
	r := Rule{
		Tag: uint8(rapid.IntRange(0, 9).Draw(t, "tag")), From: set("from"), To: set("to"),
		Block: rapid.IntRange(0, 4).Draw(t, "block") == 0, Drop: chance("drop") / 2, Duplicate: chance("duplicate"), CopyMean: span("copy"),
		Again: chance("again"), AgainMin: span("again"), Reorder: chance("reorder"), HoldMean: span("hold"), Corrupt: chance("corrupt") / 2,
		HoldBack: rapid.IntRange(0, 4).Draw(t, "hold back") == 0, Nth: rapid.Uint64Range(0, 5).Draw(t, "nth"), Kind: rapid.Uint64Range(0, 3).Draw(t, "kind"),
		Bandwidth: rapid.SampledFrom([]int64{0, 0, 500, 50_000}).Draw(t, "bandwidth"), Backlog: rapid.SampledFrom([]int64{0, 50, 5000}).Draw(t, "backlog"),
	}
	if rapid.Bool().Draw(t, "flaps") {
		r.Period = span("period")
		r.Down = r.Period / 3
	}
	if rapid.Bool().Draw(t, "a while") {
		r.After, r.Until = span("after"), span("until")
	}
	if rapid.Bool().Draw(t, "slow") {
		r.Delay = span("delay")
	}
	return r
}

// Whatever the network, the rules and the times they come and go:
//   - every message is accounted for: it arrives, or one cause lost it
//   - a FIFO link delivers in the order of sending, nothing twice
//   - the number drawn for a message is the one that a calm network draws
//   - when all is calm, what is sent then arrives
func TestLaws(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := anyConfig(t)
		seed := rapid.Uint64().Draw(t, "seed")
		w, calm := newWorld(seed, c), newWorld(seed, Config{})
		lots, calmLots := map[Drawn]int{}, map[Drawn]int{}
		w.OnDraw(func(d Drawn) { lots[d]++ })
		calm.OnDraw(func(d Drawn) { calmLots[d]++ })
		number := uint64(0)
		send := func(n int) {
			for range n {
				number++
				from, to := node.ID(1+number%5), node.ID(1+(number/5)%5)
				for _, each := range []world{w, calm} {
					if from != to {
						each.Send(from, to, &note{kind: uint8(1 + number%3), number: number})
					}
					each.SendRequest(1, to, &node.Request{Seq: number})
					each.Net.Reply(from, 2, node.Reply{Seq: number})
				}
			}
		}
		for step := range rapid.IntRange(1, 6).Draw(t, "steps") {
			switch rapid.IntRange(0, 4).Draw(t, "step") {
			case 0, 1:
				w.AddRule(step, anyRule(t))
			case 2:
				w.RemoveRule(rapid.IntRange(0, step).Draw(t, "removed"))
			case 3:
				w.Disconnect(node.ID(rapid.IntRange(1, 5).Draw(t, "crashed")))
			case 4:
				w.Run(w.Events() + uint64(rapid.IntRange(1, 100).Draw(t, "events")))
			}
			send(25)
		}
		w.Calm(none)
		require.Equal(t, sim.Drained, w.Run(1<<40))
		require.Equal(t, calmLots, lots)

		n := w.Counts()
		require.Equal(t, n.Sent+n.Duplicated+n.Redelivered,
			n.Arrived+n.Dropped+n.Blocked+n.Refused+n.Cut+n.Overflowed+n.Caught, "%+v", n)
		if c.Link == FIFO {
			last := map[[2]node.Addr]uint64{}
			for _, a := range w.got {
				link := [2]node.Addr{a.from, a.to}
				require.Greater(t, a.number, last[link], "%v", link)
				last[link] = a.number
			}
		}

		w.inbox.got = nil
		pause := w.Now() + c.Reconnect + 1
		w.On(1, func(*sim.Event) { w.Send(1, 2, &note{kind: 1, number: 1 << 40}) })
		w.Kernel.Schedule(pause, 1, 0, 0, 0, 0)
		require.Equal(t, sim.Drained, w.Run(1<<40))
		require.Equal(t, []uint64{1 << 40}, w.arrivalsOf(1, 2))
	})
}

// Delays of several rules add up. What a rule held back in one run is not there in the next.
func TestDelaysAddUp(t *testing.T) {
	w := newWorld(1, Config{LatencyMin: 1})
	w.AddRule(1, Rule{Tag: 1, From: Everybody(), To: Everybody(), Delay: 10})
	w.AddRule(2, Rule{Tag: 2, From: SetOf(node.ID(1).Addr()), To: Everybody(), Delay: 100})
	w.AddRule(3, Rule{From: SetOf(node.ID(5).Addr()), To: Everybody(), HoldBack: true})
	w.Send(1, 2, &note{kind: 1, number: 1})
	w.Send(2, 1, &note{kind: 1, number: 2})
	w.Send(5, 1, &note{kind: 1, number: 3})
	w.drain(t)
	require.Equal(t, []arrival{{11, 2, 1, 2}, {111, 1, 2, 1}}, w.got)
	require.Equal(t, []uint64{2, 1}, []uint64{w.Struck(1), w.Struck(2)})

	w.inbox.got = nil
	w.Kernel.Reset(2)
	w.OnDraw(func(Drawn) { t.Error("the next run is nobody's business") })
	w.Net.Reset(Config{}, 5)
	w.RemoveRule(3)
	w.Send(1, 1, &note{kind: 1})
	w.drain(t)
	require.Len(t, w.got, 1)
	require.Zero(t, w.Struck(1))
}

// What two rules held back on one connection comes in the order in which it was sent, whichever is taken off first.
func TestHeldBackByTwo(t *testing.T) {
	w := newWorld(1, Config{Link: FIFO})
	w.AddRule(0, Rule{From: SetOf(node.ID(1).Addr()), To: Everybody(), HoldBack: true})
	w.Send(1, 2, &note{kind: 1, number: 1})
	w.AddRule(1, Rule{From: Everybody(), To: Everybody(), HoldBack: true})
	w.Send(1, 2, &note{kind: 1, number: 2})
	w.Send(3, 2, &note{kind: 1, number: 3})
	w.RemoveRule(1)
	w.drain(t)
	require.Empty(t, w.arrivalsOf(1, 2))
	require.Equal(t, []uint64{3}, w.arrivalsOf(3, 2))
	w.RemoveRule(0)
	w.drain(t)
	require.Equal(t, []uint64{1, 2}, w.arrivalsOf(1, 2))
}
