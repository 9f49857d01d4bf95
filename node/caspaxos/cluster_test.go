package caspaxos

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"simrun/checker"
	"simrun/node"
	"simrun/node/fact"
	"simrun/node/machine"
	"simrun/sim/stream"
)

// This file is a group in a bottle: replicas, disks, clients, and a network that loses, doubles and reorders everything. What clients saw must be
// linearizable, also while the membership changes.

type bottle struct {
	rand    stream.Stream
	now     node.Local
	hosts   []*host
	flight  []letter
	clients []client
	history checker.History
	tick    uint64

	steps []step // of a change of membership that are still to be made, in order
	asked bool   // the first of them is on its way
}

type letter struct {
	to, from node.ID
	client   node.Client   // the sender of a request, if not 0
	request  *node.Request // nil: m
	m        Message
}

// step tells a proposer of a membership, or reads a key through one.
type step struct {
	to      node.ID
	request node.Request
}

type client struct {
	open  int // in the history; -1: none
	proc  uint32
	seq   uint64
	op    checker.Op
	to    node.ID
	tries int
}

type host struct {
	b       *bottle
	id      node.ID
	r       *Replica // nil while down
	durable []byte
	file    []byte
	waiting []letter
	self    []Message
	timer   node.Local // 0: not armed
}

func (h *host) Self() node.ID                             { return h.id }
func (h *host) Now() node.Local                           { return h.b.now }
func (h *host) Rand() uint64                              { return h.b.rand.Uint64() }
func (h *host) SetTimer(_ node.TimerID, after node.Local) { h.timer = h.b.now + max(after, 1) }
func (h *host) StopTimer(node.TimerID)                    { h.timer = 0 }
func (h *host) Perturb(uint16) bool                       { return false }
func (h *host) Logf(string, ...uint64)                    {}
func (h *host) Observe(fact.Fact)                         {}
func (h *host) Append(_ string, b []byte)                 { h.file = append(slices.Clone(h.file), b...) }
func (h *host) Replace(_ string, b []byte)                { h.file = slices.Clone(b) }
func (h *host) Truncate(_ string, n int)                  { h.file = h.file[:n:n] }
func (h *host) Read(string) ([]byte, error)               { return h.file, nil }

func (h *host) Send(to node.ID, m Message) {
	if to == h.id {
		h.self = append(h.self, m)
		return
	}
	encoded := m.Append(nil)
	var copy Message
	if err := copy.Decode(encoded); err != nil {
		panic(err)
	}
	h.b.flight = append(h.b.flight, letter{to: to, from: h.id, m: copy})
}

func (h *host) SendDurable(to node.ID, m Message) {
	if bytes.Equal(h.file, h.durable) {
		h.Send(to, m)
		return
	}
	h.waiting = append(h.waiting, letter{to: to, m: m})
}

func (h *host) Reply(to node.Client, r node.Reply) { h.b.reply(to, h.id, &r) }

func (h *host) sync() {
	h.durable = h.file
	waiting := h.waiting
	h.waiting = nil
	for _, w := range waiting {
		h.Send(w.to, w.m)
	}
	h.settle()
}

func (h *host) settle() {
	for h.r != nil && len(h.self) > 0 {
		m := h.self[0]
		h.self = h.self[1:]
		h.r.Receive(h, h.id, &m)
	}
}

func (h *host) boot(c Config) {
	h.file, h.waiting, h.self, h.timer = h.durable, nil, nil, 0
	h.r = New(c)
	h.r.Start(h)
	h.settle()
}

const admin = node.Client(99)

// run runs a group of some replicas, of which the first three are the members, and returns what clients saw.
func (b *bottle) run(hosts, moves int, keys uint64, crashes uint64) *checker.History {
	config := DefaultConfig(1, 2, 3)
	config.Rewrite = 5
	for i := range hosts {
		h := &host{b: b, id: node.ID(i + 1)}
		b.hosts = append(b.hosts, h)
		h.boot(config)
	}
	for i := range b.clients {
		b.clients[i] = client{open: -1, proc: uint32(i + 1)}
	}
	for range moves {
		b.now += node.Millisecond / 10
		h := b.hosts[b.rand.N(uint64(hosts))]
		switch at := b.rand.N(100); {
		case at < 60 && len(b.flight) > 0:
			b.deliver()
		case at < 88 && h.r != nil:
			h.sync()
		case at < 90 && h.r != nil && h.timer != 0:
			b.now = max(b.now, h.timer)
			h.timer = 0
			h.r.Timer(h, timerRounds)
			h.settle()
		case at < 91 && h.r != nil && b.rand.N(1000) < crashes:
			h.r = nil
		case at < 94 && h.r == nil:
			h.boot(config)
		case at < 98:
			b.ask(int(b.rand.N(uint64(len(b.clients)))), keys)
		default:
			b.step()
		}
	}
	return &b.history
}

func (b *bottle) deliver() {
	for len(b.flight) > 30 { // the oldest are lost
		b.flight = b.flight[1:]
	}
	i := int(b.rand.N(uint64(len(b.flight))))
	l := b.flight[i]
	if b.rand.N(10) > 0 { // else it will come once more
		b.flight[i] = b.flight[len(b.flight)-1]
		b.flight = b.flight[:len(b.flight)-1]
	}
	h := b.hosts[l.to-1]
	switch {
	case h.r == nil || b.rand.N(20) == 0:
	case l.request != nil:
		h.r.Request(h, l.client, l.request)
	default:
		h.r.Receive(h, l.from, &l.m)
	}
	h.settle()
}

func key(k uint32) []byte { return []byte{byte('a' + k)} }

// ask makes a client begin an operation, or ask another replica about the one it waits for.
func (b *bottle) ask(i int, keys uint64) {
	x := &b.clients[i]
	if x.open < 0 {
		x.seq++
		x.tries = 0
		fresh := int64(i+1)<<32 | int64(x.seq)
		x.op = checker.Op{Kind: checker.Get, Key: uint32(b.rand.N(keys))}
		switch b.rand.N(3) {
		case 0:
			x.op.Kind, x.op.Arg = checker.Put, fresh
		case 1:
			x.op.Kind, x.op.Arg2 = checker.CAS, fresh
			if n := len(b.history.Ops); n > 0 && b.rand.N(4) > 0 {
				x.op.Arg = b.history.Ops[n-1-int(b.rand.N(uint64(min(n, 4))))].Out
			}
		}
		b.tick++
		x.open = b.history.Call(x.proc, x.op.Kind, x.op.Key, x.op.Arg, x.op.Arg2, b.tick)
	}
	x.to = node.ID(b.rand.N(3) + 1)
	b.flight = append(b.flight, letter{to: x.to, client: node.Client(i + 1), request: &node.Request{Op: node.Command, Seq: x.seq, Command: command(&x.op)}})
	if x.tries++; x.tries > 20 { // it gives up and goes on as another
		b.tick++
		b.history.Return(x.open, b.tick, checker.Unknown, 0)
		x.open, x.proc = -1, x.proc+1000
	}
}

func command(o *checker.Op) []byte {
	word := func(v int64) []byte { return binary.BigEndian.AppendUint64(nil, uint64(v)) }
	switch {
	case o.Kind == checker.Get:
		return machine.AppendGet(nil, key(o.Key))
	case o.Kind == checker.Put:
		return machine.AppendPut(nil, key(o.Key), word(o.Arg))
	case o.Arg == 0:
		return machine.AppendCAS(nil, key(o.Key), nil, word(o.Arg2))
	}
	return machine.AppendCAS(nil, key(o.Key), word(o.Arg), word(o.Arg2))
}

func (b *bottle) reply(to node.Client, from node.ID, r *node.Reply) {
	if to == admin {
		if len(b.steps) > 0 && b.steps[0].to == from && b.steps[0].request.Seq == r.Seq && r.Status == node.OK {
			b.steps, b.asked = b.steps[1:], false
		}
		return
	}
	x := &b.clients[to-1]
	if x.open < 0 || r.Seq != x.seq || r.Status != node.OK {
		return
	}
	value, found, err := machine.Output(r.Output)
	if err != nil {
		panic(err)
	}
	out := int64(0)
	if found && x.op.Kind != checker.Put {
		out = int64(binary.BigEndian.Uint64(value))
	}
	b.tick++
	b.history.Return(x.open, b.tick, checker.OK, out)
	x.open = -1
}

// step asks for the next step of the change of membership.
func (b *bottle) step() {
	if len(b.steps) > 0 {
		s := b.steps[0]
		b.flight = append(b.flight, letter{to: s.to, client: admin, request: &s.request})
	}
}

// grow lists the steps from three acceptors to five, with proposers n1 to n3.
func grow(keys uint32) (steps []step) {
	seq := uint64(0)
	add := func(to node.ID, op node.Op, command []byte) {
		seq++
		steps = append(steps, step{to, node.Request{Op: op, Seq: seq, Command: command}})
	}
	m := Majority(1, 2, 3)
	for _, joiner := range []node.ID{4, 5} {
		wide := m.Widen(joiner)
		m = wide.Settle()
		for id := node.ID(1); id <= 3; id++ {
			add(id, node.Configure, wide.Append(nil))
		}
		for k := range keys {
			add(1+node.ID(k%3), node.Command, machine.AppendGet(nil, key(k)))
		}
		for id := node.ID(1); id <= 3; id++ {
			add(id, node.Configure, m.Append(nil))
		}
	}
	return steps
}

func linearizable(h *checker.History) checker.Verdict {
	var c checker.Checker
	return c.Check(h, checker.KV, checker.Options{}).Verdict()
}

// What clients see is linearizable, whatever happens to messages and replicas, and while the group grows from three acceptors to five.
func TestLinearizable(t *testing.T) {
	finished, grown := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		seed := rapid.Uint64().Draw(t, "seed")
		b := &bottle{rand: stream.New(seed, "bottle", 0), clients: make([]client, 3)}
		hosts := 3
		if rapid.Bool().Draw(t, "grows") {
			hosts, b.steps = 5, grow(2)
		}
		changes := len(b.steps) > 0
		h := b.run(hosts, 6000, 2, rapid.Uint64Range(0, 500).Draw(t, "crashes"))
		require.Equal(t, checker.Pass, linearizable(h).Kind, "%v", linearizable(h))
		for i := range h.Ops {
			if h.Ops[i].Outcome == checker.OK {
				finished++
			}
		}
		if changes && len(b.steps) == 0 {
			grown++
			for _, x := range b.hosts[:3] {
				if x.r != nil {
					require.Len(t, x.r.members.Prepare, 5)
				}
			}
		}
	})
	t.Logf("%d operations finished, %d groups grew to five", finished, grown)
	require.Greater(t, finished, 100)
	require.Positive(t, grown)
}

// Memberships under which quorums may miss each other are refused, and those of the steps are not.
func TestMembership(t *testing.T) {
	for n := range 6 {
		var nodes []node.ID
		for i := range n + 1 {
			nodes = append(nodes, node.ID(i+1))
		}
		m := Majority(nodes...)
		require.NoError(t, m.Validate())
		wide := m.Widen(9)
		require.NoError(t, wide.Validate())
		require.NoError(t, wide.Settle().Validate())
		got, ok := decodeMembership(wide.Append(nil))
		require.True(t, ok)
		require.Equal(t, wide, got)
		for _, refused := range []Membership{
			{Prepare: m.Prepare, Accept: wide.Accept, Quorum1: m.Quorum1, Quorum2: wide.Quorum2 - 1 - n%2},
			{Prepare: m.Prepare, Accept: m.Accept, Quorum1: 0, Quorum2: 1},
			{Prepare: append(slices.Clone(nodes), 1), Accept: m.Accept, Quorum1: 1, Quorum2: 1},
			{Prepare: nil, Accept: m.Accept, Quorum1: 1, Quorum2: 1},
			{Prepare: []node.ID{0}, Accept: m.Accept, Quorum1: 1, Quorum2: 1},
		} {
			if n == 0 && refused.Quorum2 > 0 && refused.Quorum1 > 0 && len(refused.Prepare) == 1 && refused.Prepare[0] == 1 {
				continue // one acceptor meets everybody
			}
			require.Error(t, refused.Validate(), fmt.Sprintf("%+v", refused))
		}
	}
	_, ok := decodeMembership([]byte("nonsense"))
	require.False(t, ok)
}

// Messages survive their encoding, and nonsense is refused.
func TestMessage(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		bytes := rapid.SliceOfN(rapid.Byte(), 1, 5)
		m := Message{
			Kind: Kind(rapid.IntRange(1, int(Reject)).Draw(t, "kind")), Key: bytes.Draw(t, "key"), Row: bytes.Draw(t, "row"),
			Ballot: node.Ballot(rapid.Uint64().Draw(t, "ballot")), Accepted: node.Ballot(rapid.Uint64().Draw(t, "accepted")), Promised: node.Ballot(rapid.Uint64().Draw(t, "promised")),
		}
		var got Message
		require.NoError(t, got.Decode(m.Append(nil)))
		require.Equal(t, m, got)
		require.NotContains(t, m.String(), "kind")
		_ = got.Decode(rapid.SliceOf(rapid.Byte()).Draw(t, "nonsense")) // an error or not, but no panic
	})
	require.Error(t, new(Message).Decode(make([]byte, fixedLen)))
}
