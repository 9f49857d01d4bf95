package multipaxos

import (
	"testing"

	"github.com/stretchr/testify/require"

	"simrun/node"
	"simrun/node/machine"
	"simrun/node/nodetest"
)

func newHeir() *Replica {
	return New(1, DefaultConfig([]node.ID{1}, func() machine.Machine { return new(machine.KV) }))
}

// ruled returns a replica that ran, and whose memory is full of nonsense.
func ruled() *Replica {
	s := nodetest.New[Message](1)
	r := newHeir()
	r.Start(s)
	r.arena.Make(10)
	r.Poison()
	return r
}

// Who inherits has the memory of the former replica, all zeros, and what is left of its arena. Nothing else of either is different from two that are new, so that the
// former can do nothing with memory that is not its own any more.
func TestInherit(t *testing.T) {
	former := ruled()
	m, arena := former.memory, former.arena
	require.NotZero(t, arena)

	r := newHeir()
	r.Inherit(former)
	require.Same(t, m, r.memory)
	require.Equal(t, memory{}, *m)
	require.Equal(t, arena, r.arena)
	require.Nil(t, former.memory)
	require.Nil(t, former.log.ring)
	require.Zero(t, former.arena)
	require.Nil(t, former.config.Machine)

	fresh := newHeir()
	fresh.furnish(new(memory))
	require.Equal(t, fresh.log, r.log)
	require.Equal(t, fresh.sessions, r.sessions)
	require.Equal(t, fresh.spare, r.spare)
	require.Same(t, &m.slots[0], &r.log.ring[0])
	require.Len(t, r.log.ring, len(m.slots))
	for i, s := range []sessions{r.sessions, r.spare} {
		require.Same(t, &m.sessions[i].table[0], &s.table[0])
		require.Len(t, s.table, len(m.sessions[i].table))
		require.Empty(t, s.ids)
		require.Equal(t, len(m.sessions[i].ids), cap(s.ids))
	}
	require.Same(t, &m.sentAt, r.sentAt)
	require.Empty(t, r.scratch)
	require.Equal(t, len(m.scratch), cap(r.scratch))
}

// Who cannot inherit has memory of its own once it starts.
func TestNothingToInherit(t *testing.T) {
	for _, former := range []node.Node[Message]{nil, newHeir(), struct{ node.Node[Message] }{ruled()}} {
		r := newHeir()
		r.Inherit(former)
		require.Nil(t, r.memory)
		require.Zero(t, r.arena)
		r.Start(nodetest.New[Message](1))
		require.NotNil(t, r.memory)
	}
}

// Records are put together in the memory that the replica has for them.
func TestRecordsArePutTogetherInPlace(t *testing.T) {
	s := nodetest.New[Message](1)
	r := newHeir()
	r.Start(s)
	r.memory.records, r.memory.vow = [len(r.memory.records)]byte{}, [len(r.memory.vow)]byte{}
	r.writePromise(s)
	require.NotZero(t, r.memory.records)
	require.NotZero(t, r.memory.vow)
}

// Poison leaves nothing as it was, and puts slots where a log would find them.
func TestPoison(t *testing.T) {
	newHeir().Poison() // has no memory
	m := ruled().memory
	for i := range m.slots {
		require.NotZero(t, m.slots[i].slot)
		require.Equal(t, i, int(m.slots[i].slot)%len(m.slots))
	}
	for i := range m.sessions {
		for j := range m.sessions[i].table {
			require.Equal(t, uint64(j)+1, m.sessions[i].table[j].id)
		}
		require.NotContains(t, m.sessions[i].ids, uint64(0))
	}
	for _, b := range [][]byte{m.records[:], m.vow[:], m.scratch[:]} {
		require.NotContains(t, b, byte(0))
	}
	require.NotContains(t, m.sentAt, node.Local(0))
}
