package paxos

import (
	"bytes"
	"fmt"
	"maps"
	"slices"

	"simrun/node"
	"simrun/node/fact"
	"simrun/sim/stream"
)

// This file is a whole group in a bottle: replicas, disks, clients, and a network that a test may torment. It watches the
// durable votes and remembers the first thing that is wrong.

type cluster struct {
	config Config
	rand   stream.Stream
	now    node.Local
	hosts  []*host
	flight []packet
	asked  []bool // by client: proposed, and not answered yet
	encode bool   // messages go through their encoding

	profile

	votes    map[node.Ballot]map[string][]node.ID // durable voters
	chosen   string                               // by durable votes, with
	decided  bool
	proposed map[string]bool
	ballots  int // highest round that a message carried
	wrong    string
}

// profile says how often what happens, relative to the rest, and how often messages are lost or doubled.
type profile struct {
	deliver, sync, fire, ask, crash uint64
	dropPPM, dupPPM                 uint64
}

type packet struct {
	from, to node.ID
	m        Message
}

// host is one machine. Its disk has one file, kept as the states that a crash may leave it in.
type host struct {
	c       *cluster
	id      node.ID
	r       *Replica // nil while down
	states  [][]byte // [0] is durable, the last is what the replica sees
	waiting []held
	self    []Message
	timers  map[node.TimerID]node.Local
	promise node.Ballot // durable
	voted   map[node.Ballot]string
}

type held struct {
	to     node.ID
	m      Message
	states int // how many there were
}

func newCluster(config Config, clients int, seed uint64) *cluster {
	c := &cluster{
		config: config, rand: stream.New(seed, "cluster", 0), asked: make([]bool, clients),
		votes: map[node.Ballot]map[string][]node.ID{}, proposed: map[string]bool{},
	}
	for _, id := range config.Nodes {
		h := &host{c: c, id: id, states: [][]byte{nil}}
		c.hosts = append(c.hosts, h)
		h.boot()
	}
	return c
}

func (c *cluster) complain(format string, args ...any) {
	if c.wrong == "" {
		c.wrong = fmt.Sprintf(format, args...)
	}
}

// The host as the replica's Env.

func (h *host) Self() node.ID                             { return h.id }
func (h *host) Now() node.Local                           { return h.c.now }
func (h *host) Rand() uint64                              { return h.c.rand.Uint64() }
func (h *host) SetTimer(t node.TimerID, after node.Local) { h.timers[t] = h.c.now + after }
func (h *host) StopTimer(t node.TimerID)                  { delete(h.timers, t) }
func (h *host) Perturb(uint16) bool                       { return false }
func (h *host) Logf(string, ...uint64)                    {}
func (h *host) Replace(string, []byte)                    { panic("the log is only appended to") }
func (h *host) Read(string) ([]byte, error)               { return bytes.Clone(h.seen()), nil }
func (h *host) Append(_ string, b []byte)                 { h.states = append(h.states, slices.Concat(h.seen(), b)) }
func (h *host) Truncate(_ string, size int)               { h.states = append(h.states, h.seen()[:size]) }
func (h *host) seen() []byte                              { return h.states[len(h.states)-1] }

func (h *host) Send(to node.ID, m Message) {
	if to == h.id {
		h.self = append(h.self, m)
		return
	}
	h.c.ballots = max(h.c.ballots, int(m.Ballot.Round()))
	m.Facts(func(f fact.Fact) { h.stated(&m, f) })
	if h.c.encode {
		encoded := m.Append(nil)
		if err := m.Decode(encoded); err != nil {
			h.c.complain("%v does not survive its encoding: %v", m.String(), err)
		}
	}
	h.c.flight = append(h.c.flight, packet{h.id, to, m})
}

func (h *host) SendDurable(to node.ID, m Message) {
	if len(h.states) == 1 {
		h.Send(to, m)
		return
	}
	h.waiting = append(h.waiting, held{to, m, len(h.states)})
}

func (h *host) Reply(to node.Client, r node.Reply) {
	if r.Status != node.OK || r.Slot != 1 {
		h.c.complain("replica %d answers client %d with %v", h.id, to, r.Status)
	}
	h.c.heard(h, string(r.Output))
	h.c.asked[to-1] = false
}

func (h *host) Observe(f fact.Fact) {
	if f.Kind == fact.Learned {
		h.c.heard(h, string(f.Bytes))
	}
}

// heard holds what a replica tells to be the decision against the durable votes.
func (c *cluster) heard(h *host, value string) {
	switch {
	case !c.decided:
		c.complain("replica %d tells that %q was chosen, and nothing was", h.id, value)
	case value != c.chosen:
		c.complain("replica %d tells that %q was chosen, and it was %q", h.id, value, c.chosen)
	}
}

// stated holds what a message says against the sender's durable state.
func (h *host) stated(m *Message, f fact.Fact) {
	switch f.Kind {
	case fact.Promised:
		if node.Ballot(f.Ballot) > h.promise {
			h.c.complain("replica %d sends %v, and its durable promise is %v", h.id, m.String(), h.promise)
		}
	case fact.Voted:
		if v, ok := h.voted[node.Ballot(f.Ballot)]; !ok || v != string(f.Bytes) {
			h.c.complain("replica %d sends %v, and has no such durable vote", h.id, m.String())
		}
	}
}

// persisted reads from a disk what its replica has promised and voted.
func (h *host) persisted(b []byte) {
	before := h.promise
	h.promise, h.voted = 0, map[node.Ballot]string{}
	DurableFacts(file, b, func(f fact.Fact) {
		switch f.Kind {
		case fact.Promised:
			h.promise = max(h.promise, node.Ballot(f.Ballot))
		case fact.Voted:
			h.c.vote(h, node.Ballot(f.Ballot), string(f.Bytes))
		}
	})
	if h.promise < before {
		h.c.complain("the durable promise of replica %d falls from %v to %v", h.id, before, h.promise)
	}
}

func (c *cluster) vote(h *host, b node.Ballot, value string) {
	h.voted[b] = value
	if c.votes[b] == nil {
		c.votes[b] = map[string][]node.ID{}
	}
	if !slices.Contains(c.votes[b][value], h.id) {
		c.votes[b][value] = append(c.votes[b][value], h.id)
	}
	if len(c.votes[b]) > 1 {
		c.complain("two values in ballot %v", b)
	}
	if !c.proposed[value] {
		c.complain("replica %d votes for %q, which nobody proposed", h.id, value)
	}
	if len(c.votes[b][value]) < c.config.Phase2 {
		return
	}
	if c.decided && value != c.chosen {
		c.complain("two values chosen: %q, and in ballot %v %q", c.chosen, b, value)
	}
	c.decided, c.chosen = true, value
}

func (h *host) boot() {
	h.timers = map[node.TimerID]node.Local{}
	h.r = New(h.id, h.c.config)
	h.r.Start(h)
	if h.r.silent {
		h.c.complain("replica %d takes a torn tail for corruption", h.id)
	}
	h.finish()
}

// crash loses some of the pending writes, and perhaps tears the first of those.
func (h *host) crash() {
	kept := h.c.rand.Int(0, len(h.states)-1)
	state := h.states[kept]
	if kept+1 < len(h.states) && len(h.states[kept+1]) > len(state) {
		next := h.states[kept+1]
		state = next[:h.c.rand.Int(len(state), len(next)-1)]
	}
	h.r, h.waiting, h.self, h.timers = nil, nil, nil, nil
	h.states = [][]byte{state}
	h.persisted(state)
}

// sync makes the first n of the pending writes durable, and lets go what waited for them.
func (h *host) sync(n int) {
	if n == 0 {
		return
	}
	h.states = h.states[n:]
	h.persisted(h.states[0])
	var ready []held
	for len(h.waiting) > 0 && h.waiting[0].states <= n+1 {
		ready, h.waiting = append(ready, h.waiting[0]), h.waiting[1:]
	}
	for i := range h.waiting {
		h.waiting[i].states -= n
	}
	for _, w := range ready {
		h.Send(w.to, w.m)
	}
	h.finish()
}

// finish delivers what the replica sent to itself.
func (h *host) finish() {
	for len(h.self) > 0 {
		m := h.self[0]
		h.self = h.self[1:]
		h.r.Receive(h, h.id, &m)
	}
}

func (c *cluster) deliver(i int) {
	p := c.flight[i]
	if !stream.Chance(c.rand.Uint64(), c.dupPPM) {
		c.flight = slices.Delete(c.flight, i, i+1)
	}
	if h := c.hosts[p.to-1]; h.r != nil && !stream.Chance(c.rand.Uint64(), c.dropPPM) {
		h.r.Receive(h, p.from, &p.m)
		h.finish()
	}
}

func (c *cluster) fire(h *host, t node.TimerID) {
	delete(h.timers, t)
	h.r.Timer(h, t)
	h.finish()
}

// ask lets a client propose its value, at any replica.
func (c *cluster) ask(client int) { c.askAt(c.hosts[c.rand.Int(0, len(c.hosts)-1)], client) }

func (c *cluster) askAt(h *host, client int) {
	if h.r == nil {
		return
	}
	value := fmt.Sprintf("of client %d", client+1)
	c.asked[client], c.proposed[value] = true, true
	h.r.Request(h, node.Client(client+1), &node.Request{Op: node.Command, Seq: 1, Command: []byte(value)})
	h.finish()
}

// torment lets one thing happen, anything at all: timers fire whenever they like, messages arrive in any order.
func (c *cluster) torment() {
	h := c.hosts[c.rand.Int(0, len(c.hosts)-1)]
	if h.r == nil {
		h.boot()
		return
	}
	p := &c.profile
	x := c.rand.N(p.deliver + p.sync + p.fire + p.ask + p.crash)
	if x < p.deliver {
		if len(c.flight) > 0 {
			c.deliver(c.rand.Int(0, len(c.flight)-1))
		}
		return
	}
	x -= p.deliver
	if x < p.sync {
		h.sync(c.rand.Int(0, len(h.states)-1))
		return
	}
	x -= p.sync
	if x < p.fire {
		if names := slices.Sorted(maps.Keys(h.timers)); len(names) > 0 {
			c.fire(h, names[c.rand.Int(0, len(names)-1)])
		}
		return
	}
	x -= p.fire
	if x < p.ask {
		c.askAt(h, c.rand.Int(0, len(c.asked)-1))
		return
	}
	h.crash()
}

// heal ends all faults and boots who is down.
func (c *cluster) heal() {
	c.dropPPM, c.dupPPM = 0, 0
	for _, h := range c.hosts {
		if h.r == nil {
			h.boot()
		}
	}
}

// calm lets a span of time go by without faults, or until done. Messages take a tenth of a millisecond each, one after
// the other.
func (c *cluster) calm(span node.Local, done func() bool) bool {
	for end := c.now + span; c.now < end && !done(); {
		next := end
		for _, h := range c.hosts {
			h.sync(len(h.states) - 1)
			for _, t := range []node.TimerID{timerProposer, timerPoll} {
				if at, armed := h.timers[t]; armed && at <= c.now {
					c.fire(h, t)
				}
			}
			for _, at := range h.timers {
				next = min(next, at)
			}
			if len(h.states) > 1 {
				next = c.now
			}
		}
		if len(c.flight) > 0 {
			c.deliver(c.rand.Int(0, min(len(c.flight), 3)-1))
			next = c.now
		}
		c.now = max(next, c.now+node.Millisecond/10)
	}
	return done()
}

// converged tells whether every replica knows the decision, for good.
func (c *cluster) converged() bool {
	for _, h := range c.hosts {
		if h.r == nil || !h.r.learner.known || len(h.states) > 1 {
			return false
		}
	}
	return true
}
