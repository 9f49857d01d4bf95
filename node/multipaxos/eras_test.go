package multipaxos

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"simrun/node"
)

// deliverAll makes everything durable and hands over all that is under way, until nothing is left; what is not let through is lost.
func (c *cluster) deliverAll(t *testing.T, through func(p *packet) bool) {
	for range 10_000 {
		idle := true
		for _, h := range c.hosts {
			if h.r != nil && h.issued > h.durable {
				h.sync(h.issued - h.durable)
				idle = false
			}
		}
		if len(c.flight) > 0 {
			p := c.flight[0]
			c.flight = c.flight[1:]
			if h := c.hosts[p.to-1]; h.r != nil && through(&p) {
				h.r.Receive(h, p.from, &p.m)
				h.finish()
			}
			idle = false
		}
		if idle {
			return
		}
	}
	t.Fatal("it never comes to rest")
}

// behindAChange is a group whose leader, n1, has replaced n3 by n4 and gone on: in the slot returned, the first that the new members decide, n1 and n4 have chosen a
// value and n1 has told the client. n2 and n3 have not heard that the change is chosen. Then nobody hears of n1 any more.
func behindAChange(t *testing.T, change func(*Config)) (c *cluster, slot, digest uint64) {
	c = newCluster(4, 1, func(c *Config) {
		c.Nodes, c.Learners = []node.ID{1, 2, 3}, []node.ID{4}
		c.Alpha, c.MaxBatch, c.PreVote, c.CheckpointEvery, c.CheckQuorum = 8, 1, false, 0, false
		change(c)
	})
	c.clients = []*client{{id: 1}}
	anybody := func(*packet) bool { return true }
	c.deliverAll(t, anybody)
	n1 := c.hosts[0]
	c.now += 200 * node.Millisecond
	c.fire(n1, timerElection)
	c.deliverAll(t, anybody)
	ask := func(q node.Request) { n1.r.Request(n1, 1, &q); n1.finish() }
	ask(node.Request{Op: node.Register, Seq: 1})
	c.deliverAll(t, anybody)
	c.fire(n1, timerHeartbeat) // so that the learner is heard of
	c.deliverAll(t, anybody)

	changed := n1.r.next
	replaced := Change{Membership: Membership{Voters: []node.ID{1, 2, 4}}}
	ask(node.Request{Op: node.Configure, Seq: 2, Command: replaced.Append(nil)})
	unheard := func(p *packet) bool { return p.to != 2 && p.to != 3 || p.m.Commit < changed }
	seq := uint64(2)
	more := func(n int) {
		for range n {
			seq++
			ask(node.Request{Op: node.Command, Session: place(1, 0), Seq: seq, Command: fmt.Appendf(nil, "command %d", seq)})
		}
	}
	more(7) // all that the old members decide is proposed before the change is chosen
	c.deliverAll(t, unheard)
	c.fire(n1, timerHeartbeat)
	c.deliverAll(t, unheard)
	for range 6 {
		more(1)
		c.deliverAll(t, unheard)
	}
	slot = changed + 8
	require.Greater(t, n1.r.applied, slot)
	require.Less(t, c.hosts[1].r.applied, changed)
	require.Less(t, c.hosts[2].r.applied, changed)
	c.flight = nil
	return c, slot, n1.r.log.at(slot).digest
}

// lead makes a replica stand for election, twice if the first is in vain.
func (c *cluster) lead(t *testing.T, h *host, through func(*packet) bool) {
	for range 2 {
		c.now += 200 * node.Millisecond
		if h.r.role != leader {
			c.fire(h, timerElection)
		}
		c.deliverAll(t, through)
	}
	require.Equal(t, leader, h.r.role)
}

// goOn lets timers go off that are set.
func (c *cluster) goOn(t *testing.T, through func(*packet) bool, hosts ...*host) {
	for range 5 {
		for _, h := range hosts {
			for _, timer := range []node.TimerID{timerHeartbeat, timerRetry} {
				if _, set := h.timers[timer]; set {
					c.now += node.Millisecond
					c.fire(h, timer)
					c.deliverAll(t, through)
				}
			}
		}
	}
}

// A voter whose log was damaged goes on repairing itself while the leader has yet to hear from a quorum of the new members: the vote that it lost may be what the
// choice of a value behind the change hangs on.
func TestRepairWaitsForEveryEra(t *testing.T) {
	c, slot, digest := behindAChange(t, func(*Config) {})
	n1, n2, n3, n4 := c.hosts[0], c.hosts[1], c.hosts[2], c.hosts[3]
	log := bytes.Clone(n1.files[0].states[0])
	n1.crash()
	for at := 0; at < len(log); at += 29 + int(binary.LittleEndian.Uint32(log[at+4:])) {
		if log[at+28] == recordVote && binary.LittleEndian.Uint64(log[at+29+8:]) == slot {
			log[at+30] ^= 4
		}
	}
	n1.files[0].states[0] = log
	n1.boot()
	require.Equal(t, repairing, n1.r.standing)

	without4 := func(p *packet) bool { return p.to != 4 && p.from != 4 }
	c.lead(t, n2, without4)
	c.goOn(t, without4, n2, n1, n3)
	require.GreaterOrEqual(t, n1.r.applied, n2.r.taken, "it has everything that the leader knows of")
	require.Equal(t, repairing, n1.r.standing)
	require.Less(t, n2.r.applied, slot)

	anybody := func(*packet) bool { return true }
	c.goOn(t, anybody, n2, n1, n3, n4)
	require.Equal(t, active, n1.r.standing)
	require.GreaterOrEqual(t, n2.r.applied, slot)
	require.Equal(t, digest, n2.r.log.at(slot).digest)
	require.Empty(t, c.wrong)
}

// A new leader answers no read from its state before it knows what the members of every era in force have chosen: here n4 answers its heartbeats, but the Prepare does
// not get there.
func TestReadsWaitForEveryEra(t *testing.T) {
	c, slot, digest := behindAChange(t, func(c *Config) { c.Reads = ReadIndex })
	n2, n3, n4 := c.hosts[1], c.hosts[2], c.hosts[3]
	c.hosts[0].crash()
	unprepared := func(p *packet) bool { return p.to != 4 || p.m.Kind != Prepare }
	c.lead(t, n2, unprepared)
	require.Equal(t, slot-1, n2.r.applied, "all that was taken over")
	reader := c.clients[0]
	reader.waits, reader.seq = true, 100
	n2.r.Request(n2, 1, &node.Request{Op: node.Read, Seq: 100})
	n2.finish()
	c.deliverAll(t, unprepared)
	c.goOn(t, unprepared, n2, n3, n4)
	require.True(t, reader.waits, "it was answered from the state before slot %d", slot)

	c.goOn(t, func(*packet) bool { return true }, n2, n3, n4)
	require.Equal(t, digest, n2.r.log.at(slot).digest)
	require.False(t, reader.waits)
	require.Empty(t, c.wrong)
}

// A leader whose old members elected it knows what the new ones chose once they promise too, though they have nothing to report. What it knew in an earlier reign does not count.
func TestInformedOnceInEachReign(t *testing.T) {
	c, _, _ := behindAChange(t, func(*Config) {})
	n2, n4 := c.hosts[1], c.hosts[3]
	c.hosts[0].crash()
	n2.r.informed = true // from an earlier reign
	c.lead(t, n2, func(p *packet) bool { return p.to != 4 || p.m.Kind != Prepare })
	require.False(t, n2.r.informed)
	nothing := Message{Kind: Promise, Ballot: n2.r.ballot, Slot: n2.r.from, Value: n4.r.report(1 << 40)}
	n2.r.Receive(n2, 4, &nothing)
	require.True(t, n2.r.informed)
}

// Somebody is further on. A leader gives way if it may be one of the past: if it has yet to hear from the voters of a membership that it took over, and to propose what
// the other has chosen already.
func TestWhoIsBehindGivesWay(t *testing.T) {
	for _, x := range []struct {
		role     role
		informed bool
		commit   uint64 // of the other; 5 slots are applied, and those up to 9 proposed
		after    role
		lags     bool
	}{
		{follower, false, 5, follower, false},
		{follower, false, 6, follower, true},
		{follower, true, 10, follower, true}, // what it knew when it led counts no more
		{leader, false, 5, leader, false},
		{leader, false, 9, leader, false}, // it may have been told of what it has proposed itself
		{leader, false, 10, follower, true},
		{leader, true, 10, leader, false},
	} {
		c := newCluster(3, 1, nil)
		h := c.hosts[0]
		h.r.role, h.r.informed, h.r.applied, h.r.next = x.role, x.informed, 5, 10
		h.r.onBehind(h, 2, &Message{Kind: Behind, Commit: x.commit})
		require.Equal(t, x.after, h.r.role, x)
		require.Equal(t, x.lags, h.r.known > 5, x)
	}
}

// A replica that lost its log, or the record of a lease in it, goes on refusing other ballots for as long as the lease may last: that is in its second copy, too.
func TestRepairKeepsTheLease(t *testing.T) {
	for name, spoil := range map[string]func(log []byte) []byte{
		"the record is damaged": func(log []byte) []byte {
			for at := 0; at < len(log); at += 29 + int(binary.LittleEndian.Uint32(log[at+4:])) {
				if log[at+28] == recordGrant {
					log[at+30] ^= 4
				}
			}
			return log
		},
		"the image is gone": func(log []byte) []byte { log[40] ^= 4; return log },
		"the log is gone":   func([]byte) []byte { return nil },
	} {
		t.Run(name, func(t *testing.T) {
			const span = 100 * node.Millisecond
			c := newCluster(3, 1, nil)
			h := c.hosts[2]
			c.now = node.Millisecond
			durably := func(from node.ID, m Message) {
				h.r.Receive(h, from, &m)
				h.sync(h.issued - h.durable)
			}
			h.sync(h.issued - h.durable)
			granted := node.NewBallot(1, 1)
			durably(1, Message{Kind: Heartbeat, Ballot: granted, Mark: 1, Span: uint64(span)})
			for slot := uint64(1); slot <= 3; slot++ {
				durably(1, Message{Kind: Chosen, Slot: slot, Commit: slot, Value: appendValue(nil, nil)})
			}
			log := bytes.Clone(h.files[0].states[0])
			h.crash()
			h.files[0].states[0] = spoil(log)
			boot := func() {
				h.boot()
				h.sync(h.issued - h.durable)
			}
			boot()
			require.Equal(t, repairing, h.r.standing)
			h.crash()
			c.now += 10 * node.Millisecond
			boot() // what it knows of the lease outlives another crash
			require.Equal(t, repairing, h.r.standing)
			require.Equal(t, granted, h.r.grant.ballot)
			since := c.now

			other := node.NewBallot(2, 2)
			repairs := func() {
				durably(2, Message{Kind: Heartbeat, Ballot: other, Mark: 2, Commit: 3})
				for h.r.applied < 3 {
					asked := h.r.applied
					values := appendValue(appendValue(appendValue(nil, nil), nil), nil)
					durably(2, Message{Kind: Chosen, Slot: h.r.applied + 1, Commit: 3, Value: values})
					if h.r.applied == asked {
						break
					}
				}
				durably(2, Message{Kind: Heartbeat, Ballot: other, Mark: 3, Commit: 3})
				durably(2, Message{Kind: Prepare, Ballot: other, Slot: 4})
			}
			c.now = since + span - 1
			repairs()
			require.Less(t, h.r.promised, other, "the lease had a nanosecond to go")
			c.now = since + span
			if len(h.r.eras) > 0 { // without its image it needs more than these values
				repairs()
				require.Equal(t, other, h.r.promised)
				require.Equal(t, active, h.r.standing)
			}
		})
	}
}

// A vote further from the first slot asked for than a report may leap is told all the same, if the slots between are gone.
func TestPromiseFarBehind(t *testing.T) {
	r := New(1, DefaultConfig([]node.ID{1, 2, 3}, newRegister))
	r.log.drop(3 * ahead)
	r.log.put(3*ahead+1, node.NewBallot(1, 2), []byte("value"), 1)
	m := Message{Kind: Promise, Ballot: node.NewBallot(2, 2), Slot: 1, Commit: 3 * ahead, Floor: r.log.floor, Value: r.report(1)}
	var decoded Message
	require.NoError(t, decoded.Decode(m.Append(nil)))
	list := decoded.report()
	require.True(t, list.next())
	require.EqualValues(t, 3*ahead+1, list.slot)
	require.False(t, list.next())
}

// Who asks for the membership that there is, in another order, has it already.
func TestMembershipsAreSets(t *testing.T) {
	m := Membership{Voters: []node.ID{1, 2, 3}, Learners: []node.ID{4, 5}}
	require.True(t, m.equal(&Membership{Voters: []node.ID{3, 1, 2}, Learners: []node.ID{5, 4}}))
	require.False(t, m.equal(&Membership{Voters: []node.ID{3, 1, 4}, Learners: []node.ID{5, 2}}))
	require.False(t, m.equal(&Membership{Voters: []node.ID{1, 2, 3}, Learners: []node.ID{4}}))
}

// The only voter makes way for a learner, who does not hear of it, nor that it is to stand for election: it learns that from the one who asks to leave.
func TestSuccessorWhoDoesNotKnow(t *testing.T) {
	c := newCluster(2, 1, func(c *Config) {
		c.Nodes, c.Learners = []node.ID{1}, []node.ID{2}
		c.Alpha, c.CheckpointEvery, c.CheckQuorum = 1, 0, false
	})
	c.clients = []*client{{id: 1}}
	anybody := func(*packet) bool { return true }
	c.deliverAll(t, anybody)
	n1, n2 := c.hosts[0], c.hosts[1]
	c.lead(t, n1, anybody)
	c.fire(n1, timerHeartbeat)
	c.deliverAll(t, anybody)
	changed := n1.r.next
	succeeded := Change{Membership: Membership{Voters: []node.ID{2}}}
	n1.r.Request(n1, 1, &node.Request{Op: node.Configure, Seq: 1, Command: succeeded.Append(nil)})
	c.deliverAll(t, func(p *packet) bool { return p.to != 2 })
	require.Equal(t, follower, n1.r.role)
	require.Less(t, n2.r.applied, changed)

	for range 20 {
		for _, h := range c.hosts {
			for _, timer := range []node.TimerID{timerElection, timerHeartbeat, timerRetry} {
				if _, set := h.timers[timer]; set {
					c.now += 50 * node.Millisecond
					c.fire(h, timer)
					c.deliverAll(t, anybody)
				}
			}
		}
	}
	require.Equal(t, leader, n2.r.role)
	require.Equal(t, silent, n1.r.standing)
	require.Empty(t, c.wrong)
}

// Members of the past elect a leader of their own, while those who came after them go on under a lease: they refuse it their promises, and tell it that it is behind. It
// learns that it is no member any more.
func TestLeaderOfThePast(t *testing.T) {
	c, slot, _ := behindAChange(t, func(c *Config) { c.Reads = ReadLease })
	n1, n2, n3, n4 := c.hosts[0], c.hosts[1], c.hosts[2], c.hosts[3]
	among := func(ids ...node.ID) func(p *packet) bool {
		return func(p *packet) bool { return slices.Contains(ids, p.from) && slices.Contains(ids, p.to) }
	}
	c.lead(t, n2, among(2, 3))
	require.Less(t, n2.r.applied, slot)
	require.False(t, n2.r.informed)
	for range 10 { // the lease of the one who leads the new members never ends
		c.now += 10 * node.Millisecond
		c.fire(n1, timerHeartbeat)
		c.deliverAll(t, among(1, 4))
		c.goOn(t, func(p *packet) bool { return p.from == 2 || p.to == 2 }, n2)
	}
	require.Equal(t, leader, n1.r.role)
	require.Equal(t, follower, n2.r.role)
	require.GreaterOrEqual(t, n2.r.applied, slot)
	require.NotNil(t, n3.r)
	require.NotNil(t, n4.r)
	require.Empty(t, c.wrong)
}
