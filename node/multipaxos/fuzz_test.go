package multipaxos

import (
	"testing"

	"github.com/stretchr/testify/require"

	"simrun/node"
)

// Every decoder takes any bytes: it refuses them, or what it makes of them survives being written and read again.

func FuzzChange(f *testing.F) {
	for after, m := range []Membership{
		{Voters: []node.ID{1, 2, 3}}, {Voters: []node.ID{1}, Learners: []node.ID{2, 65535}}, {Voters: []node.ID{1, 2, 3, 4}, Phase1: 3, Phase2: 2},
	} {
		f.Add((&Change{After: uint64(after), Membership: m}).Append(nil))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := DecodeChange(b)
		if err != nil {
			return
		}
		require.NoError(t, m.Validate())
		again, err := DecodeChange(m.Append(nil))
		require.NoError(t, err)
		require.Equal(t, m, again)
		require.True(t, m.equal(&again.Membership))
		_ = m.String()
	})
}

func FuzzEras(f *testing.F) {
	one, two := newEra(1, Membership{Voters: []node.ID{1, 2, 3}}), newEra(9, Membership{Voters: []node.ID{1, 4}, Learners: []node.ID{3}})
	f.Add(eras{one}.appendTo(nil))
	f.Add(eras{one, two}.appendTo(nil))
	f.Add(eras{two, one}.appendTo(nil))
	f.Fuzz(func(t *testing.T, b []byte) {
		in := reader{rest: b}
		list := in.eras()
		require.Equal(t, in.bad, list == nil)
		if in.bad {
			return
		}
		require.True(t, len(list) == 1 || len(list) == 2 && list[0].start < list[1].start)
		in = reader{rest: list.appendTo(nil)}
		require.Equal(t, list, in.eras())
		require.False(t, in.bad)
		require.Empty(t, in.rest)
	})
}

func FuzzSessions(f *testing.F) {
	var table sessions
	f.Add(table.appendTo(nil))
	for i := range uint64(20) {
		s := table.open(place(i+1, 0))
		if i%2 == 0 {
			table.record(s, i+1, i+3, uint32(i), []byte{byte(i)})
		} else {
			table.record(s, 0, 0, 0, nil)
		}
	}
	f.Add(table.appendTo(nil))
	f.Fuzz(func(t *testing.T, b []byte) {
		in := reader{rest: b}
		read := readSessions(&in)
		if in.bad {
			return
		}
		encoded := read.appendTo(nil)
		in = reader{rest: encoded}
		again := readSessions(&in)
		require.False(t, in.bad)
		require.Equal(t, len(read.ids), len(again.ids))
		require.Equal(t, read.digest, again.digest)
		require.Equal(t, encoded, again.appendTo(nil))
	})
}

func FuzzImage(f *testing.F) {
	c := newCluster(1, 1, nil)
	c.clients = []*client{{id: 1, target: 1}}
	h := c.hosts[0]
	for range 4 {
		f.Add(h.r.appendImage(nil))
		c.begin(c.clients[0])
		c.calm(c.converged, 1000)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		r := New(1, c.config)
		r.setEras(eras{newEra(0, c.config.membership())})
		before := r.AppendState(nil)
		_, _, head := imageHead(b)
		if !r.restore(b) {
			require.Equal(t, before, r.AppendState(nil), "what is refused changes nothing")
			return
		}
		require.True(t, head)
		again := New(1, c.config)
		require.True(t, again.restore(r.appendImage(nil)))
		require.Equal(t, r.AppendState(nil), again.AppendState(nil))
		_ = r.Describe()
	})
}

// The whole log of a replica, and the second copy of its promise, as any bytes.
func FuzzDisk(f *testing.F) {
	c := newCluster(1, 1, func(c *Config) { c.CheckpointEvery, c.Retain = 2, 1 })
	c.clients = []*client{{id: 1, target: 1}}
	for range 4 {
		c.begin(c.clients[0])
		c.calm(c.converged, 1000)
		f.Add(c.hosts[0].files[0].states[0], c.hosts[0].files[1].states[0])
	}
	f.Fuzz(func(t *testing.T, log, vow []byte) {
		c := newCluster(1, 1, nil)
		h := c.hosts[0]
		h.files[0].states[0], h.files[1].states[0] = log, vow
		h.boot()
		h.sync(h.issued - h.durable)
		_, _ = h.r.AppendState(nil), h.r.Describe()
		promised := h.r.promised
		h.crash()
		h.boot()
		require.GreaterOrEqual(t, h.r.promised, promised)
	})
}
