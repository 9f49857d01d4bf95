package multipaxos

import (
	"bytes"
	"fmt"
	"maps"
	"math/bits"
	"slices"
	"strings"

	"simrun/node"
	"simrun/node/fact"
	"simrun/node/machine"
)

// This file is a whole cluster in a bottle: replicas, disks, clients, and a network that a test may torment. It watches
// what replicas do and remembers the first thing that is wrong.

// rng is a small generator (splitmix64).
type rng uint64

func (g *rng) next() uint64 {
	*g += 0x9e3779b97f4a7c15
	z := uint64(*g)
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

func (g *rng) n(n int) int             { return int(g.next() % uint64(n)) }
func (g *rng) chance(percent int) bool { return g.n(100) < percent }

// register is a state machine that executes "who" by remembering it, and answers with how many it has executed. It
// notices when it executes the same twice. Queries that end in #99 make no sense to it.
type register struct {
	done  []string
	twice string
}

func newRegister() machine.Machine { return &register{} }

func (m *register) Apply(cmd, dst []byte) []byte {
	if slices.Contains(m.done, string(cmd)) {
		m.twice = string(cmd)
	}
	m.done = append(m.done, string(cmd))
	return fmt.Appendf(dst, "%d", len(m.done))
}

func (m *register) Query(cmd, dst []byte) ([]byte, bool) {
	return fmt.Appendf(dst, "%d so far", len(m.done)), !bytes.HasSuffix(cmd, []byte("#99"))
}

func (m *register) Digest() [2]uint64 {
	return [2]uint64{fact.Digest(m.Snapshot(nil)), uint64(len(m.done))}
}

func (m *register) Snapshot(dst []byte) []byte { return append(dst, strings.Join(m.done, ",")...) }

func (m *register) Restore(b []byte) error {
	m.done = nil
	if len(b) > 0 {
		m.done = strings.Split(string(b), ",")
	}
	return nil
}

type packet struct {
	from, to node.ID
	m        Message
}

// host is one machine. Each of its files is kept as the states that a crash may leave it in.
type host struct {
	c       *cluster
	id      node.ID
	r       *Replica // nil while down
	files   [2]file  // the log, the vow
	issued  int      // disk operations so far
	durable int      // of these
	waiting []waiting
	self    []Message
	timers  map[node.TimerID]node.Local
	applied uint64      // as observed since the boot
	promise node.Ballot // durable
	image   uint64      // the slot of the durable snapshot
}

// file is a file's states: [0] is durable, the last is what the replica sees.
type file struct {
	states  [][]byte
	replace []bool // states[i] came about by something other than an append
	number  []int  // of the operation that led to states[i]
}

type waiting struct {
	to     node.ID
	m      Message
	issued int // how many disk operations it waits for
}

type vote struct {
	slot   uint64
	ballot uint64
}

type client struct {
	id      node.Client
	session uint64
	opening bool
	seq     uint64
	waits   bool
	target  node.ID
	op      node.Op
	command []byte
}

type cluster struct {
	config  Config
	rand    rng
	now     node.Local
	hosts   []*host
	flight  []packet
	clients []*client
	encode  bool // messages go through their encoding

	drop, dup, stand int // percent: messages lost, messages doubled, election timers that fire early

	votes   map[vote]map[uint64]uint64 // slot and ballot: value to durable voters
	chosen  map[uint64]uint64          // by durable votes
	state   map[uint64][2]uint64
	wrong   string
	settled int // operations answered
	leaders int
}

func newCluster(n int, seed uint64, change func(*Config)) *cluster {
	c := &cluster{
		rand: rng(seed), votes: map[vote]map[uint64]uint64{}, chosen: map[uint64]uint64{}, state: map[uint64][2]uint64{},
	}
	var ids []node.ID
	for i := range n {
		ids = append(ids, node.ID(i+1))
	}
	c.config = DefaultConfig(ids, newRegister)
	if change != nil {
		change(&c.config)
	}
	for _, id := range ids {
		h := &host{c: c, id: id}
		for i := range h.files {
			h.files[i] = file{states: [][]byte{nil}, replace: []bool{false}, number: []int{0}}
		}
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
func (h *host) Rand() uint64                              { return h.c.rand.next() }
func (h *host) SetTimer(t node.TimerID, after node.Local) { h.timers[t] = h.c.now + max(after, 0) }
func (h *host) StopTimer(t node.TimerID)                  { delete(h.timers, t) }
func (h *host) Perturb(uint16) bool                       { return false }
func (h *host) Logf(string, ...uint64)                    {}

func (h *host) Send(to node.ID, m Message) {
	if to == h.id {
		h.self = append(h.self, m)
		return
	}
	m.Facts(func(f fact.Fact) { h.c.stated(h, &m, f) })
	if h.c.encode {
		kept := m
		kept.Value = bytes.Clone(m.Value)
		if err := m.Decode(kept.Append(nil)); err != nil {
			h.c.complain("%v does not survive its encoding: %v", kept.String(), err)
		}
	}
	h.c.flight = append(h.c.flight, packet{h.id, to, m})
}

func (h *host) SendDurable(to node.ID, m Message) {
	if h.issued == h.durable {
		h.Send(to, m)
		return
	}
	h.waiting = append(h.waiting, waiting{to, m, h.issued})
}

func (h *host) Reply(to node.Client, r node.Reply) {
	c := h.c.clients[to-1]
	if !c.waits || r.Seq != c.seq {
		return
	}
	switch r.Status {
	case node.OK:
		if c.opening {
			c.session, c.opening = r.Session, false
		}
		if _, ok := h.c.chosen[r.Slot]; r.Slot > 0 && !ok {
			h.c.complain("replica %d answered for slot %d, which is not chosen in durable votes", h.id, r.Slot)
		}
		c.waits = false
		h.c.settled++
	case node.Redirect:
		c.target = r.Leader
	case node.Expired:
		c.session, c.waits = 0, false
	case node.Refused: // the machine refuses the query that ends with 99
		c.waits = false
	}
}

func (h *host) file(name string) *file {
	if name == VowFile {
		return &h.files[1]
	}
	return &h.files[0]
}

func (f *file) last() []byte { return f.states[len(f.states)-1] }

func (h *host) change(name string, b []byte, replaced bool) {
	h.issued++
	f := h.file(name)
	f.states, f.replace, f.number = append(f.states, b), append(f.replace, replaced), append(f.number, h.issued)
}

func (h *host) Append(name string, b []byte) {
	h.change(name, append(bytes.Clone(h.file(name).last()), b...), false)
}
func (h *host) Replace(name string, b []byte) { h.change(name, bytes.Clone(b), true) }
func (h *host) Truncate(name string, size int) {
	if last := h.file(name).last(); size < len(last) {
		h.change(name, bytes.Clone(last[:size]), true)
	}
}
func (h *host) Read(name string) ([]byte, error) { return bytes.Clone(h.file(name).last()), nil }

// Observe checks what the replica claims against the durable votes and the claims of others.
func (h *host) Observe(f fact.Fact) {
	c := h.c
	switch f.Kind {
	case fact.Leading:
		c.leaders++
	case fact.Learned:
		if v, ok := c.chosen[f.Slot]; !ok || v != f.Value {
			c.complain("replica %d learned %x for slot %d, chosen is %x", h.id, f.Value, f.Slot, v)
		}
	case fact.Applied:
		if f.Slot != h.applied+1 {
			c.complain("replica %d applied slot %d after %d", h.id, f.Slot, h.applied)
		}
		h.applied = f.Slot
		if c.chosen[f.Slot] != f.Value {
			c.complain("replica %d applied what is not chosen for slot %d", h.id, f.Slot)
		}
		c.agree(h, f.Slot, f.State)
	case fact.Snapshot:
		h.applied = f.Slot
		c.agree(h, f.Slot, f.State)
	}
}

func (c *cluster) agree(h *host, slot uint64, state [2]uint64) {
	if other, ok := c.state[slot]; ok && other != state {
		c.complain("replica %d has another state after slot %d than others", h.id, slot)
	}
	c.state[slot] = state
}

// stated holds what a message says against the sender's durable state.
func (c *cluster) stated(h *host, m *Message, f fact.Fact) {
	switch f.Kind {
	case fact.Promised:
		if node.Ballot(f.Ballot) > h.promise {
			c.complain("replica %d sent %v, but its durable promise is %v", h.id, m.String(), h.promise)
		}
	case fact.Voted:
		if f.Slot > h.image && c.votes[vote{f.Slot, f.Ballot}][f.Value]&(1<<h.id) == 0 {
			c.complain("replica %d sent %v, but has no such durable vote", h.id, m.String())
		}
	}
}

// persisted takes note of the durable bytes of a disk.
func (h *host) persisted(b []byte, promise node.Ballot) {
	h.promise = promise
	c := h.c
	vow := func(f fact.Fact) { h.promise = max(h.promise, node.Ballot(f.Ballot)) }
	DurableFacts(VowFile, h.files[1].states[0], vow)
	DurableFacts(File, b, func(f fact.Fact) {
		switch f.Kind {
		case fact.Promised:
			h.promise = max(h.promise, node.Ballot(f.Ballot))
		case fact.Voted:
			c.voted(h, f)
		case fact.Snapshot:
			h.image = f.Slot
		}
	})
}

func (c *cluster) voted(h *host, f fact.Fact) {
	key := vote{f.Slot, f.Ballot}
	if c.votes[key] == nil {
		c.votes[key] = map[uint64]uint64{}
	}
	c.votes[key][f.Value] |= 1 << h.id
	if len(c.votes[key]) > 1 {
		c.complain("two values in ballot %v at slot %d", node.Ballot(f.Ballot), f.Slot)
	}
	members := c.config.membership()
	_, phase2 := members.Quorums()
	if bits.OnesCount64(c.votes[key][f.Value]) >= phase2 {
		if v, ok := c.chosen[f.Slot]; ok && v != f.Value {
			c.complain("two values chosen at slot %d", f.Slot)
		}
		c.chosen[f.Slot] = f.Value
	}
}

// sync makes the first n of the writes that are pending durable, and lets go what waited for them.
func (h *host) sync(n int) {
	if n == 0 {
		return
	}
	h.durable += n
	for i := range slices.Backward(h.files[:]) {
		f := &h.files[i]
		k := 0
		for k+1 < len(f.states) && f.number[k+1] <= h.durable {
			k++
		}
		now, was, rewritten := f.states[k], f.states[0], slices.Contains(f.replace[1:k+1], true)
		f.states, f.replace, f.number = f.states[k:], f.replace[k:], f.number[k:]
		if i == 0 {
			h.became(now, was, rewritten)
		}
	}
	var ready []waiting
	for len(h.waiting) > 0 && h.waiting[0].issued <= h.durable {
		ready = append(ready, h.waiting[0])
		h.waiting = h.waiting[1:]
	}
	for _, w := range ready {
		h.Send(w.to, w.m)
	}
	h.finish()
}

// became takes note that the durable log is another.
func (h *host) became(now, was []byte, rewritten bool) {
	before := h.promise
	if rewritten {
		h.persisted(now, 0)
	} else {
		h.persisted(now[len(was):], before)
	}
	if h.promise < before {
		h.c.complain("the durable promise of replica %d fell from %v to %v", h.id, before, h.promise)
	}
}

func (h *host) boot() {
	h.timers = map[node.TimerID]node.Local{}
	h.applied = 0
	h.r = New(h.id, h.c.config)
	h.r.Start(h)
	h.finish()
}

// finish delivers what the replica sent to itself.
func (h *host) finish() {
	for h.r != nil && len(h.self) > 0 {
		m := h.self[0]
		h.self = h.self[1:]
		h.r.Receive(h, h.id, &m)
	}
	if h.r != nil {
		if h.r.machine.(*register).twice != "" {
			h.c.complain("replica %d executed %q twice", h.id, h.r.machine.(*register).twice)
		}
		if h.r.log.floor > h.r.checkpoint || h.r.checkpoint > h.r.applied {
			h.c.complain("replica %d: floor %d, checkpoint %d, applied %d", h.id, h.r.log.floor, h.r.checkpoint, h.r.applied)
		}
	}
}

// crash loses some of the pending writes of each file, and perhaps tears the first of those.
func (h *host) crash() {
	h.r, h.waiting, h.self, h.timers = nil, nil, nil, nil
	for i := range h.files {
		f := &h.files[i]
		kept := h.c.rand.n(len(f.states))
		state := f.states[kept]
		if kept+1 < len(f.states) && !f.replace[kept+1] && h.c.rand.chance(50) {
			next := f.states[kept+1]
			state = next[:len(state)+h.c.rand.n(len(next)-len(state))]
		}
		*f = file{states: [][]byte{state}, replace: []bool{false}, number: []int{h.issued}}
	}
	h.durable = h.issued
	before := h.promise
	h.persisted(h.files[0].states[0], 0)
	if h.promise < before {
		h.c.complain("the durable promise of replica %d fell from %v to %v in a crash", h.id, before, h.promise)
	}
}

func (c *cluster) deliver(i int) {
	p := c.flight[i]
	if c.rand.chance(c.dup) {
		c.flight = append(c.flight, p)
	}
	c.flight = slices.Delete(c.flight, i, i+1)
	if h := c.hosts[p.to-1]; h.r != nil && !c.rand.chance(c.drop) {
		h.r.Receive(h, p.from, &p.m)
		h.finish()
	}
}

func (c *cluster) fire(h *host, t node.TimerID) {
	delete(h.timers, t)
	h.r.Timer(h, t)
	h.finish()
}

func (c *cluster) ask(x *client) {
	if x.target == 0 {
		x.target = node.ID(c.rand.n(len(c.hosts)) + 1)
	}
	h := c.hosts[x.target-1]
	x.target = 0 // next time elsewhere, unless told
	if h.r != nil {
		q := node.Request{Op: x.op, Session: x.session, Seq: x.seq, Command: x.command}
		h.r.Request(h, x.id, &q)
		h.finish()
	}
}

func (c *cluster) begin(x *client) {
	x.seq++
	x.waits = true
	x.command = fmt.Appendf(nil, "%v#%d", x.id.Addr(), x.seq)
	x.op, x.opening = node.Command, false
	switch {
	case x.session == 0:
		x.op, x.opening, x.command = node.Register, true, nil
	case c.rand.chance(20):
		x.op = node.Read
	}
}

// torment lets one thing happen, anything at all.
func (c *cluster) torment() {
	h := c.hosts[c.rand.n(len(c.hosts))]
	switch p := c.rand.n(1000); {
	case p < 500:
		if len(c.flight) > 0 {
			c.deliver(c.rand.n(min(len(c.flight), 1+c.rand.n(30))))
		}
	case p < 750:
		h.sync(c.rand.n(h.issued - h.durable + 1))
	case p < 770:
		if h.r != nil && len(h.timers) > 0 {
			ids := slices.Sorted(maps.Keys(h.timers))
			t := ids[c.rand.n(len(ids))]
			if t != timerElection || c.rand.chance(c.stand) {
				c.fire(h, t)
			}
		}
	case p < 775:
		if h.r != nil {
			h.crash()
		}
	case p < 800:
		if h.r == nil {
			h.boot()
		}
	default:
		x := c.clients[c.rand.n(len(c.clients))]
		if !x.waits || c.rand.chance(1) { // or it gives up
			c.begin(x)
		}
		c.ask(x)
	}
}

// calm lets things happen as they do when nothing is wrong, until done or too much happened. It returns whether done.
func (c *cluster) calm(done func() bool, steps int) bool {
	c.drop, c.dup = 0, 0
	for _, h := range c.hosts {
		if h.r == nil {
			h.boot()
		}
	}
	for range steps {
		busy := false
		for _, h := range c.hosts {
			if h.issued > h.durable {
				h.sync(h.issued - h.durable)
				busy = true
			}
		}
		if len(c.flight) > 0 {
			c.deliver(0)
			busy = true
		}
		if done() {
			return true
		}
		if !busy {
			c.tick()
		}
	}
	return false
}

// tick fires the timer that is due next. Clients with an open operation repeat it.
func (c *cluster) tick() {
	var next *host
	var timer node.TimerID
	for _, h := range c.hosts {
		for _, t := range slices.Sorted(maps.Keys(h.timers)) {
			if next == nil || h.timers[t] < next.timers[timer] {
				next, timer = h, t
			}
		}
	}
	if next == nil {
		return
	}
	c.now = max(c.now, next.timers[timer])
	c.fire(next, timer)
	for _, x := range c.clients {
		if x.waits {
			c.ask(x)
		}
	}
}

// converged tells whether every client has its answer and all replicas are in the same state.
func (c *cluster) converged() bool {
	for _, x := range c.clients {
		if x.waits {
			return false
		}
	}
	for _, h := range c.hosts {
		if h.r.applied != c.hosts[0].r.applied || h.r.state() != c.hosts[0].r.state() {
			return false
		}
	}
	return len(c.flight) == 0
}
