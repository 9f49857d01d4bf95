package multipaxos

import (
	"testing"

	"github.com/stretchr/testify/require"

	"simrun/node"
)

// A run whose messages go through their encoding leaves the same states as one whose messages do not, and the states
// in between tell replicas and moments apart.
func TestStateIsCanonical(t *testing.T) {
	states := func(encode bool) (all [][]byte) {
		c := newCluster(3, 7, func(c *Config) { c.CheckpointEvery, c.Retain = 20, 5 })
		c.encode, c.drop, c.dup, c.stand = encode, 5, 5, 100
		for i := range 3 {
			c.clients = append(c.clients, &client{id: node.Client(i + 1)})
		}
		for range 15_000 {
			c.torment()
			for _, h := range c.hosts {
				if h.r != nil {
					all = append(all, h.r.AppendState(nil))
				}
			}
		}
		require.Empty(t, c.wrong)
		require.Greater(t, c.settled, 10)
		require.Greater(t, c.leaders, 2)
		return all
	}
	plain, encoded := states(false), states(true)
	require.Equal(t, plain, encoded)
	distinct := map[string]bool{}
	for _, s := range plain {
		distinct[string(s)] = true
	}
	require.Greater(t, len(distinct), 1000)
}

func TestStateIsPure(t *testing.T) {
	b := newBus(3)
	requests := uint64(0)
	b.load(&requests, 100)
	first := b.replicas[0].AppendState([]byte("prefix"))
	require.Equal(t, first, b.replicas[0].AppendState([]byte("prefix")))
	require.Equal(t, "prefix", string(first[:6]))
}

// Replicas that differ in anything that matters have different encodings: whoever explores states takes those with one encoding for one.
func TestStateTellsReplicasApart(t *testing.T) {
	c := newCluster(3, 1, nil)
	rich := func(as role) *Replica {
		r := New(1, c.config)
		r.alpha, r.role = 4, as
		r.setEras(eras{newEra(0, c.config.membership())})
		r.enlist()
		r.promises = []node.ID{1, 3}
		for _, slot := range []uint64{1, 2, 4} { // nothing at 3
			r.log.put(slot, node.NewBallot(2, 1), []byte("value"), 0)
		}
		r.reported = []proposal{{node.NewBallot(1, 2), []byte("reported")}, {}}
		r.queue.push(pending{op: node.Command, client: 3, session: 7, seq: 1, command: []byte("gone")})
		r.queue.push(pending{op: node.Command, client: 3, session: 7, seq: 2, command: []byte("put")})
		r.queue.pop()
		r.reads.push(read{client: 4, seq: 1, command: []byte("gone"), round: 1})
		r.reads.push(read{client: 4, seq: 2, command: []byte("get"), round: 2})
		r.reads.pop()
		r.sessions.register(7, 10)
		r.machine.Apply([]byte("c1#1"), nil)
		return r
	}
	changes := map[string]func(r *Replica){
		"standing": func(r *Replica) { r.standing = repairing }, "syncing": func(r *Replica) { r.syncing = true }, "heard": func(r *Replica) { r.heard = true },
		"retrying": func(r *Replica) { r.retrying = true }, "deaf": func(r *Replica) { r.deaf = false }, "gone": func(r *Replica) { r.gone = true },
		"promised": func(r *Replica) { r.promised++ }, "alpha": func(r *Replica) { r.alpha++ },
		"floor": func(r *Replica) { r.log.drop(1) }, "last": func(r *Replica) { r.log.last++ },
		"grant's ballot": func(r *Replica) { r.grant.ballot++ }, "grant's round": func(r *Replica) { r.grant.round++ }, "grant's span": func(r *Replica) { r.grant.span++ },
		"grant's end": func(r *Replica) { r.grant.until++ }, "fixed": func(r *Replica) { r.grant.fixed++ }, "grant on disk": func(r *Replica) { r.grant.stored = true },
		"applied": func(r *Replica) { r.applied++ }, "checkpoint": func(r *Replica) { r.checkpoint++ }, "known": func(r *Replica) { r.known++ },
		"source": func(r *Replica) { r.source++ }, "speaker": func(r *Replica) { r.speaker++ }, "missing": func(r *Replica) { r.missing++ }, "asked": func(r *Replica) { r.asked++ },
		"image coming": func(r *Replica) { r.coming.slot++ }, "how much of it": func(r *Replica) { r.coming.bytes = append(r.coming.bytes, 0) }, "offered": func(r *Replica) { r.offered.slot++ },
		"seen": func(r *Replica) { r.seen++ }, "leading": func(r *Replica) { r.leading++ }, "heard at": func(r *Replica) { r.heardAt++ }, "failures": func(r *Replica) { r.failures++ },
		"ballot": func(r *Replica) { r.ballot++ }, "from": func(r *Replica) { r.from++ }, "behind": func(r *Replica) { r.behind++ }, "first": func(r *Replica) { r.first++ },
		"taken": func(r *Replica) { r.taken++ }, "informed": func(r *Replica) { r.informed = !r.informed }, "next": func(r *Replica) { r.next++ }, "cleared": func(r *Replica) { r.cleared++ }, "overdue": func(r *Replica) { r.overdue++ },
		"round": func(r *Replica) { r.round++ }, "led at": func(r *Replica) { r.ledAt++ }, "lease": func(r *Replica) { r.leaseEnd++ }, "confirmed": func(r *Replica) { r.confirmed++ },
		"successor": func(r *Replica) { r.successor.to++ }, "since when": func(r *Replica) { r.successor.since++ }, "told": func(r *Replica) { r.successor.told = true },
		"leases from": func(r *Replica) { r.successor.leasesFrom++ },
		"an era": func(r *Replica) {
			r.eras = eras{newEra(0, c.config.membership()), newEra(9, c.config.membership())}
		},
		"a promise": func(r *Replica) { r.promises[1] = 2 }, "one promise less": func(r *Replica) { r.promises = r.promises[:1] },
		"an entry's slot": func(r *Replica) { r.log.at(2).slot += uint64(len(r.log.ring)) }, "its ballot": func(r *Replica) { r.log.at(2).ballot++ },
		"its voters": func(r *Replica) { r.log.at(2).voters[0]++ }, "a later voter": func(r *Replica) { r.log.at(2).voters[1]++ },
		"another later voter": func(r *Replica) { r.log.at(2).voters[1] = 4 }, "whether it is chosen": func(r *Replica) { r.log.at(2).chosen = true },
		"its value": func(r *Replica) { r.log.at(2).value = []byte("other") }, "the first entry": func(r *Replica) { r.log.at(1).ballot++ },
		"the last entry": func(r *Replica) { r.log.at(4).ballot++ },
		"a report":       func(r *Replica) { r.reported[0].ballot++ }, "its report": func(r *Replica) { r.reported[0].value = []byte("another") },
		"one report less": func(r *Replica) { r.reported = r.reported[:1] },
		"a request":       func(r *Replica) { r.queue.first().seq++ }, "no request": func(r *Replica) { r.queue.pop() },
		"a read": func(r *Replica) { r.reads.items[r.reads.head].client++ }, "its number": func(r *Replica) { r.reads.items[r.reads.head].seq++ },
		"its round": func(r *Replica) { r.reads.items[r.reads.head].round++ }, "its command": func(r *Replica) { r.reads.items[r.reads.head].command = []byte("new") },
		"no read": func(r *Replica) { r.reads.pop() }, "a session": func(r *Replica) { r.sessions.register(8, 10) }, "the machine": func(r *Replica) { r.machine.Apply([]byte("c1#2"), nil) },
		"a record": func(r *Replica) { r.wal.Append(&disk{}, recordLeft, nil) }, "a second copy": func(r *Replica) { r.vow.Append(&disk{}, recordLeft, nil) },
	}
	peers := map[string]func(r *Replica){
		"who": func(r *Replica) { r.peers[1].id = 9 }, "round": func(r *Replica) { r.peers[1].round++ }, "heard": func(r *Replica) { r.peers[1].heard = true },
		"heard at": func(r *Replica) { r.peers[1].heardAt++ }, "granted": func(r *Replica) { r.peers[1].granted++ }, "applied": func(r *Replica) { r.peers[1].applied++ },
	}
	for _, as := range []role{follower, leader} {
		was := rich(as).AppendState(nil)
		require.Equal(t, was, rich(as).AppendState(nil))
		seen := map[string]string{string(was): "no change"}
		for name, change := range changes {
			r := rich(as)
			change(r)
			now := string(r.AppendState(nil))
			require.NotContains(t, seen, now, "%s, and %s", name, seen[now])
			seen[now] = name
		}
		for name, change := range peers { // which count while it leads
			r := rich(as)
			change(r)
			require.Equal(t, as != leader, string(was) == string(r.AppendState(nil)), name)
		}
	}
	require.NotEqual(t, rich(follower).AppendState(nil), rich(asking).AppendState(nil))

	// What spare memory holds does not matter.
	r := rich(follower)
	r.log.grow()
	r.queue.items[0].seq, r.reads.items[0].seq = 99, 99
	r.scratch = []byte("scratch")
	require.Equal(t, rich(follower).AppendState(nil), r.AppendState(nil))
}

// The same bytes in one list or the next are not the same state.
func TestStateTellsListsApart(t *testing.T) {
	c := newCluster(3, 1, nil)
	zeros := func(n int) string { return string(make([]byte, n)) }
	for name, pair := range map[string][2]func(r *Replica){
		"promises or an entry": {
			func(r *Replica) { r.promises, r.log.last = []node.ID{1, 2, 0, 0, 0}, 1 },
			func(r *Replica) { r.log.put(1, 2, nil, 0) },
		},
		"reports or a request": {
			func(r *Replica) { r.reported = []proposal{{ballot: 1}, {}}; r.machine.Apply([]byte(zeros(1)), nil) },
			func(r *Replica) { r.queue.push(pending{}) },
		},
		"a request or the machine": {
			func(r *Replica) { r.queue.push(pending{}) },
			func(r *Replica) { r.machine.Apply([]byte(zeros(5)), nil) },
		},
		"a read or the machine": {
			func(r *Replica) { r.reads.push(read{}) },
			func(r *Replica) { r.machine.Apply([]byte(zeros(4)), nil) },
		},
	} {
		one, other := New(1, c.config), New(1, c.config)
		pair[0](one)
		pair[1](other)
		require.NotEqual(t, one.AppendState(nil), other.AppendState(nil), name)
	}
}
