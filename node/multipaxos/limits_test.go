package multipaxos

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"simrun/node"
	"simrun/node/fact"
	"simrun/node/wal"
)

// Both queues are queues, however they use their memory again.
func TestQueuesAreFirstInFirstOut(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var q queue[pending]
		var waiting reads
		in, out := uint64(0), uint64(0)
		for range rapid.IntRange(1, 200).Draw(t, "steps") {
			for range rapid.IntRange(0, 5).Draw(t, "pushed") {
				in++
				q.push(pending{seq: in})
				waiting.push(read{seq: in})
			}
			for range rapid.IntRange(0, 5).Draw(t, "popped") {
				if out == in {
					break
				}
				out++
				require.Equal(t, out, q.first().seq)
				require.Equal(t, out, q.pop().seq)
				require.Equal(t, out, waiting.pop().seq)
			}
			require.Equal(t, int(in-out), q.len())
			require.Equal(t, int(in-out), waiting.len())
		}
		require.LessOrEqual(t, cap(q.items), 4*int(in-out)+1100, "what is taken out makes room")
	})
}

// A queue that is never empty reuses its memory.
func TestQueuesStaySmall(t *testing.T) {
	var q queue[pending]
	var waiting reads
	q.push(pending{})
	waiting.push(read{})
	for range 10_000 {
		q.push(pending{command: []byte("c")})
		waiting.push(read{command: []byte("c")})
		q.pop()
		waiting.pop()
	}
	require.LessOrEqual(t, cap(q.items), 8)
	require.LessOrEqual(t, cap(waiting.items), 8)
	for _, x := range q.items[:q.head] {
		require.Nil(t, x.command, "what was taken out is let go")
	}
	for _, x := range waiting.items[:waiting.head] {
		require.Nil(t, x.command, "what was taken out is let go")
	}
}

func TestErasThatMakeNoSense(t *testing.T) {
	one := newEra(5, Membership{Voters: []node.ID{1, 2, 3}})
	later, same, bad := one, one, one
	later.start = 6
	bad.start, bad.Voters = 6, []node.ID{2, 2}
	for _, c := range []struct {
		name string
		list eras
		ok   bool
	}{
		{"one", eras{one}, true}, {"two", eras{one, later}, true}, {"none", nil, false}, {"two at one slot", eras{one, same}, false},
		{"in the wrong order", eras{later, one}, false}, {"three", eras{one, later, later}, false}, {"a bad membership", eras{one, bad}, false},
	} {
		in := reader{rest: c.list.appendTo(nil)}
		list := in.eras()
		require.Equal(t, c.ok, !in.bad, c.name)
		require.Equal(t, c.ok, list != nil, c.name)
	}
	change := Change{After: 9, Membership: one.Membership}
	_, err := DecodeChange(append(change.Append(nil), 0))
	require.ErrorIs(t, err, errMalformed, "something behind it")
	_, err = DecodeChange(change.Append(nil)[:3])
	require.ErrorIs(t, err, errMalformed)
}

func TestMembershipsAreTheSame(t *testing.T) {
	same := Membership{Voters: []node.ID{1, 2, 3}}
	require.True(t, same.equal(&Membership{Voters: []node.ID{1, 2, 3}, Phase1: 2, Phase2: 2}), "the default, written out")
	for _, other := range []Membership{
		{Voters: []node.ID{1, 2}}, {Voters: []node.ID{1, 2, 3}, Learners: []node.ID{4}}, {Voters: []node.ID{1, 2, 3}, Phase1: 3}, {Voters: []node.ID{1, 2, 3}, Phase2: 3},
	} {
		require.False(t, same.equal(&other), other.String())
	}
}

// Whatever the log decides shows in the digest of the state: the machine, the sessions, the memberships.
func TestStateShowsAllThatTheLogDecides(t *testing.T) {
	c := newCluster(3, 1, nil)
	fresh := func(change func(r *Replica)) [2]uint64 {
		r := New(1, c.config)
		r.setEras(eras{newEra(0, c.config.membership())})
		r.sessions.register(7, 10)
		r.machine.Apply([]byte("c1#1"), nil)
		change(r)
		return r.state()
	}
	was := fresh(func(*Replica) {})
	for name, change := range map[string]func(r *Replica){
		"the machine": func(r *Replica) { r.machine.Apply([]byte("c1#2"), nil) },
		"a session":   func(r *Replica) { r.sessions.register(8, 10) },
		"a membership": func(r *Replica) {
			r.setEras(eras{newEra(0, Membership{Voters: []node.ID{1, 2}})})
		},
		"when it begins": func(r *Replica) { r.setEras(eras{newEra(1, c.config.membership())}) },
	} {
		now := fresh(change)
		require.NotEqual(t, was, now, name)
	}
	alone := func(machine, sessions bool, learners ...node.ID) [2]uint64 { // what shows beside nothing else
		r := New(1, c.config)
		if machine {
			r.machine.Apply([]byte("c1#1"), nil)
		}
		if sessions {
			r.sessions.register(7, 10)
		}
		r.setEras(eras{newEra(0, Membership{Voters: []node.ID{1, 2}, Learners: learners})})
		return r.state()
	}
	require.NotEqual(t, alone(false, false), alone(true, false), "the machine, without a session")
	require.NotEqual(t, alone(false, false), alone(false, false, 3), "the membership, without a session")
	empty := &Replica{machine: c.config.Machine()}
	machine, membership, one := empty.state()[0], fact.Digest(eras{newEra(0, Membership{Voters: []node.ID{1, 2}})}.appendTo(nil)), sessions{}
	one.register(7, 10)
	require.Equal(t, machine^membership, alone(false, false)[0])
	require.Equal(t, machine^membership^one.digest[0], alone(false, true)[0])
	opened := fresh(func(r *Replica) { r.sessions.register(8, 10) })
	require.NotEqual(t, was[0], opened[0])
	require.NotEqual(t, was[1], opened[1])
}

// An answer to a heartbeat counts while fewer than 64 have followed it: for older ones it is not known any more when they were sent.
func TestOldRoundsDoNotCount(t *testing.T) {
	for _, c := range []struct {
		after  int
		counts bool
	}{{rounds - 1, true}, {rounds, false}, {rounds + 1, false}} {
		b := newBus(3)
		r := b.replicas[0]
		mark := r.round
		for range c.after {
			r.beginRound(&b.ends[0])
		}
		r.peer(2).heard = false
		r.Receive(&b.ends[0], 2, &Message{Kind: Alive, Ballot: r.ballot, Mark: mark})
		require.Equal(t, c.counts, r.peer(2).heard, "%d later", c.after)
	}
}

// Numbers at the bounds of a configuration are legal, and one beyond is not.
func TestConfigurationBounds(t *testing.T) {
	for _, c := range []struct {
		name string
		set  func(c *Config, v int64)
		low  int64
		high int64 // 0: not tried
	}{
		{"alpha", func(c *Config, v int64) { c.Alpha = int(v) }, 1, ahead / 2},
		{"window", func(c *Config, v int64) { c.Window = int(v) }, 1, ahead / 2},
		{"batch", func(c *Config, v int64) { c.MaxBatch = int(v) }, 1, maxBatch},
		{"queue", func(c *Config, v int64) { c.MaxQueue = int(v) }, 1, 1<<31 - 1},
		{"sessions", func(c *Config, v int64) { c.MaxSessions = int(v) }, 1, 1<<31 - 1},
		{"drift", func(c *Config, v int64) { c.DriftPPM = v }, 0, million - 1},
		{"lease", func(c *Config, v int64) { c.Lease = node.Local(v) }, 0, (1<<63 - 1) / (4 * million)},
		{"catch-up bytes", func(c *Config, v int64) { c.CatchUpBytes = int(v) }, 1, 1<<31 - 1},
		{"checkpoint interval", func(c *Config, v int64) { c.CheckpointEvery = uint64(v) }, 0, 1 << 40},
		{"retained slots", func(c *Config, v int64) { c.Retain = uint64(v) }, 0, 1 << 40},
		{"retry", func(c *Config, v int64) { c.Retry = node.Local(v) }, 1, 0},
		{"heartbeat", func(c *Config, v int64) { c.Heartbeat = node.Local(v) }, 1, int64(100*node.Millisecond) - 1},
		{"election jitter", func(c *Config, v int64) { c.ElectionJitter = node.Local(v) }, 0, int64(2 * node.Second)},
		{"backoff maximum", func(c *Config, v int64) { c.BackoffMax = node.Local(v) }, int64(100 * node.Millisecond), (1<<63 - 1) / 4},
	} {
		try := func(v int64) error {
			config := DefaultConfig([]node.ID{1, 2, 3}, newRegister)
			c.set(&config, v)
			return config.Validate()
		}
		require.NoError(t, try(c.low), c.name)
		if c.low > 0 {
			require.Error(t, try(c.low-1), c.name)
		}
		if c.high > 0 {
			require.NoError(t, try(c.high), c.name)
			if c.high < 1<<31-1 || c.high > 1<<31 { // one more would not fit an int of 32 bits
				require.Error(t, try(c.high+1), c.name)
			}
		}
	}
}

// An image is refused, and nothing changes, if anything in it makes no sense: also what its digest does not cover.
func TestImagesThatMakeNoSense(t *testing.T) {
	c := newCluster(3, 1, nil)
	fresh := func(alpha uint64) *Replica {
		r := New(1, c.config)
		r.alpha, r.applied = alpha, 5
		r.setEras(eras{newEra(0, c.config.membership())})
		r.sessions.register(7, 10)
		r.machine.Apply([]byte("c1#1"), nil)
		return r
	}
	for alpha, ok := range map[uint64]bool{0: false, 1: true, ahead / 2: true, ahead/2 + 1: false} {
		r := New(1, c.config)
		require.Equal(t, ok, r.restore(fresh(alpha).appendImage(nil)), "alpha %d", alpha)
		require.Equal(t, ok, r.applied == 5)
		require.Equal(t, ok, len(r.eras) == 1)
	}
	whole := fresh(1).appendImage(nil)
	for size := range whole {
		r := New(1, c.config)
		require.False(t, r.restore(whole[:size]), "%d of %d bytes", size, len(whole))
		require.Equal(t, uint64(0), r.applied)
	}
	for size, ok := range map[int]bool{0: false, 23: false, 24: true, len(whole): true} {
		slot, _, got := imageHead(whole[:size])
		require.Equal(t, ok, got, "%d bytes", size)
		require.Equal(t, ok, slot == 5)
	}
}

// The longest lease that may be on the disk is a quarter of all time.
func TestLongestLeaseOnDisk(t *testing.T) {
	var r Replica
	require.False(t, r.replay(&record{kind: recordGrant, ballot: 9, span: math.MaxInt64/4 + 1}))
	require.Equal(t, grant{}, r.grant)
	require.True(t, r.replay(&record{kind: recordGrant, ballot: 9, span: math.MaxInt64 / 4}))
	require.Equal(t, grant{ballot: 9, span: math.MaxInt64 / 4, stored: true}, r.grant)
}

// A vote for a slot up to the floor of a log does not come back: its place is another slot's.
func TestNoVoteUpToTheFloor(t *testing.T) {
	r := newHeir()
	r.furnish(new(memory))
	r.log.drop(5)
	for slot := uint64(4); slot <= 6; slot++ {
		require.True(t, r.replay(&record{kind: recordVote, ballot: 9, slot: slot, rest: []byte("v")}))
		require.Equal(t, slot > 5, r.log.at(slot) != nil, "slot %d", slot)
	}
	require.Equal(t, node.Ballot(9), r.promised, "the promise in it is one all the same")
}

// A second copy whose lease lasts beyond all reason, or that ends before it, is no copy.
func TestVowMustMakeSense(t *testing.T) {
	promise := appendWord(appendWord(nil, 7), 1)
	for _, x := range []struct {
		payload []byte
		ok      bool
	}{
		{appendGrant(promise, &grant{ballot: 5, span: longestLease}), true},
		{appendGrant(promise, &grant{ballot: 5, span: longestLease + 1}), false},
		{appendGrant(promise, &grant{ballot: 5, span: -1}), false},
		{appendWord(promise, 5), false},
		{promise, false},
	} {
		c := newCluster(1, 1, nil)
		h := c.hosts[0]
		var d disk
		log, _, err := wal.Open(&d, VowFile, func(wal.Record) {})
		require.NoError(t, err)
		log.Append(&d, recordPromise, x.payload)
		h.files[1].states = [][]byte{d.bytes}
		_, _, ok := New(1, c.config).readVow(h)
		require.Equal(t, x.ok, ok, "%v", x.payload)
	}
}

// A second copy of the promise that any record gives to another replica is of no use.
func TestVowOfTwo(t *testing.T) {
	for _, ids := range [][2]uint64{{1, 1}, {2, 1}, {1, 2}} {
		c := newCluster(1, 1, nil)
		h := c.hosts[0]
		var d disk
		log, _, err := wal.Open(&d, VowFile, func(wal.Record) {})
		require.NoError(t, err)
		for _, id := range ids {
			log.Append(&d, recordPromise, appendGrant(appendWord(appendWord(nil, 7), id), &grant{ballot: 5, span: 6}))
		}
		h.files[1].states = [][]byte{d.bytes}
		b, lease, ok := New(1, c.config).readVow(h)
		require.Equal(t, node.Ballot(7), b)
		require.Equal(t, grant{ballot: 5, span: 6}, lease)
		require.Equal(t, ids == [2]uint64{1, 1}, ok, "%v", ids)
	}
}
