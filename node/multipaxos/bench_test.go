package multipaxos

import (
	"testing"

	"github.com/stretchr/testify/require"

	"simrun/node"
	"simrun/node/fact"
	"simrun/node/machine"
)

// bus is the cheapest cluster there can be: messages in one ring, disks that are durable when a handler ends and keep
// nothing, no timers.
type bus struct {
	replicas []*Replica
	ends     []end
	ring     []packet
	head     int
	tail     int
	sessions []uint64
	session  uint64 // opened last
	answers  int
	messages int
}

// end is the Env of one replica on the bus.
type end struct {
	bus     *bus
	id      node.ID
	rand    rng
	waiting []packet
	self    []Message
	disk    map[string][]byte // nil: what is written is forgotten
}

func (e *end) Self() node.ID                      { return e.id }
func (e *end) Now() node.Local                    { return 0 }
func (e *end) Rand() uint64                       { return e.rand.next() }
func (e *end) SetTimer(node.TimerID, node.Local)  {}
func (e *end) StopTimer(node.TimerID)             {}
func (e *end) Truncate(string, int)               {}
func (e *end) Read(string) ([]byte, error)        { return nil, nil }
func (e *end) Observe(fact.Fact)                  {}
func (e *end) Perturb(uint16) bool                { return false }
func (e *end) Logf(string, ...uint64)             {}
func (e *end) SendDurable(to node.ID, m Message)  { e.waiting = append(e.waiting, packet{e.id, to, m}) }
func (e *end) Reply(to node.Client, r node.Reply) { e.bus.answers++; e.bus.session = r.Session }

func (e *end) Append(file string, b []byte) {
	if e.disk != nil {
		e.disk[file] = append(e.disk[file], b...)
	}
}

func (e *end) Replace(file string, b []byte) {
	if e.disk != nil {
		e.disk[file] = append(e.disk[file][:0], b...)
	}
}

func (e *end) Send(to node.ID, m Message) {
	if to == e.id {
		e.self = append(e.self, m)
		return
	}
	b := e.bus
	p := &b.ring[b.tail&(len(b.ring)-1)]
	p.from, p.to, p.m = e.id, to, m
	b.tail++
}

func (e *end) finish() {
	for len(e.waiting) > 0 || len(e.self) > 0 {
		for i := range e.waiting {
			e.Send(e.waiting[i].to, e.waiting[i].m)
		}
		e.waiting = e.waiting[:0]
		for i := range e.self {
			e.bus.replicas[e.id-1].Receive(e, e.id, &e.self[i])
		}
		e.self = e.self[:0]
	}
}

func newBus(n int) *bus {
	b := &bus{ring: make([]packet, 1<<12)}
	var ids []node.ID
	for i := range n {
		ids = append(ids, node.ID(i+1))
	}
	c := DefaultConfig(ids, func() machine.Machine { return &counter{} })
	c.MaxBatch, c.MaxSessions = 1, 32
	b.ends = make([]end, n)
	for i, id := range ids {
		b.replicas = append(b.replicas, New(id, c))
		b.ends[i] = end{bus: b, id: id}
		b.replicas[i].Start(&b.ends[i])
		b.ends[i].finish() // it is founded
	}
	b.replicas[0].Timer(&b.ends[0], timerElection)
	b.ends[0].finish()
	b.drain()
	for client := range node.Client(16) {
		b.open(client + 1)
		b.sessions = append(b.sessions, b.session)
	}
	b.answers = 0
	return b
}

// open opens a session.
func (b *bus) open(c node.Client) {
	b.replicas[0].Request(&b.ends[0], c, &node.Request{Op: node.Register, Seq: 1})
	b.ends[0].finish()
	b.drain()
}

func (b *bus) drain() {
	for b.head != b.tail {
		p := b.ring[b.head&(len(b.ring)-1)]
		b.head++
		b.messages++
		e := &b.ends[p.to-1]
		b.replicas[p.to-1].Receive(e, p.from, &p.m)
		e.finish()
	}
}

// counter is a state machine that does next to nothing.
type counter struct{ n uint64 }

func (m *counter) Apply(cmd, dst []byte) []byte {
	m.n++
	return append(dst, byte(m.n), byte(m.n>>8), 0, 0)
}
func (m *counter) Query(cmd, dst []byte) ([]byte, bool) { return dst, true }
func (m *counter) Digest() [2]uint64                    { return [2]uint64{m.n} }
func (m *counter) Snapshot(dst []byte) []byte           { return append(dst, byte(m.n)) }
func (m *counter) Restore([]byte) error                 { return nil }

// load has clients send one request after another, as each is answered.
func (b *bus) load(requests *uint64, n int) {
	r := node.Request{Op: node.Command, Command: make([]byte, 32)}
	for range n {
		*requests++
		r.Seq = *requests/16 + 2
		r.Session = b.sessions[*requests%16]
		b.replicas[0].Request(&b.ends[0], node.Client(*requests%16+1), &r)
		b.ends[0].finish()
		if b.tail-b.head > 100 { // less than what the window of three replicas holds
			b.drain()
		}
	}
	b.drain()
}

func TestSteadyStateDoesNotAllocate(t *testing.T) {
	b := newBus(5)
	requests := uint64(0)
	b.load(&requests, 10_000)
	per := testing.AllocsPerRun(10, func() { b.load(&requests, 5000) }) / 5000
	require.Less(t, per, 0.03, "allocations a command: only for arena blocks and checkpoints, now and then")
	require.Equal(t, requests, uint64(b.answers))
	require.Equal(t, requests, b.replicas[4].metrics.Commands)
}

// BenchmarkCommand measures a command of 32 bytes through five replicas, with nothing around them.
func BenchmarkCommand(b *testing.B) {
	bus := newBus(5)
	requests := uint64(0)
	bus.load(&requests, 10_000)
	before := bus.messages
	b.ReportAllocs()
	b.ResetTimer()
	bus.load(&requests, b.N)
	b.StopTimer()
	messages := float64(bus.messages-before) + float64(b.N)
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/messages, "ns/message")
	b.ReportMetric(messages/float64(b.N), "messages/command")
}
