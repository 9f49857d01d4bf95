package sim

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"simrun/node"
	"simrun/node/fact"
)

// script is a replica that does what a test tells it to, and writes down what happens to it.
type script struct {
	start   func(node.Env[string])
	receive func(node.Env[string], node.ID, string)
	timer   func(node.Env[string], node.TimerID)
}

func (s *script) Start(env node.Env[string]) {
	if s.start != nil {
		s.start(env)
	}
}
func (s *script) Receive(env node.Env[string], from node.ID, m *string) {
	if s.receive != nil {
		s.receive(env, from, *m)
	}
}
func (s *script) Request(node.Env[string], node.Client, *node.Request) {}
func (s *script) Timer(env node.Env[string], t node.TimerID)           { s.timer(env, t) }
func (s *script) AppendState(dst []byte) []byte                        { return dst }

// bench is a host alone in the world, and a journal of what leaves it and what becomes durable on it.
type bench struct {
	*Kernel
	host    *Host[string]
	journal []string
}

func newBench(c HostConfig) *bench {
	b := &bench{Kernel: &Kernel{}}
	b.host = NewHost[string](b.Kernel, b, b)
	b.On(TimerDue, b.host.OnTimer)
	b.On(SyncDone, b.host.OnSync)
	b.On(HostWorks, b.host.OnWork)
	b.host.SiteOf(func(m *string) uint8 { return (*m)[0] })
	b.Reset(1)
	b.host.Reset(1, c)
	return b
}

func (b *bench) note(format string, args ...any) {
	b.journal = append(b.journal, fmt.Sprintf("%d: ", b.Now())+fmt.Sprintf(format, args...))
}
func (b *bench) Send(_, to node.ID, m *string)                 { b.note("send n%d %s", to, *m) }
func (b *bench) Reply(_ node.ID, to node.Client, r node.Reply) { b.note("reply c%d %v", to, r.Status) }
func (b *bench) Durable(_ node.ID, file string, p []byte)      { b.note("durable %s %s", file, p) }
func (b *bench) Rewritten(_ node.ID, _ string, files func(func(string, []byte))) {
	files(func(file string, p []byte) { b.note("rewritten %s %q", file, p) })
}
func (b *bench) Damaged(_ node.ID, files func(func(string, []byte))) {
	files(func(file string, p []byte) { b.note("damaged %s %q", file, p) })
}
func (b *bench) Stopped(node.ID)              { b.note("stopped") }
func (b *bench) Observed(node.ID, *fact.Fact) {}
func (b *bench) Started(node.ID)              { b.note("boot") }
func (b *bench) Perturb(node.ID, uint16) bool { return false }
func (b *bench) take() (j []string)           { j, b.journal = b.journal, nil; return j }

// A durable send leaves when every write issued before it is durable, in order; a plain one overtakes it; a handler's
// writes become durable together, and those of the next handler only with the next commit.
func TestSendDurable(t *testing.T) {
	b := newBench(HostConfig{SyncMin: 100})
	b.host.Start(&script{
		start: func(env node.Env[string]) {
			env.SendDurable(2, "nothing pending")
			env.Append("log", []byte("a"))
			env.SendDurable(2, "after a")
			env.Append("log", []byte("b"))
			env.SendDurable(3, "after b")
			env.Send(2, "at once")
			env.SetTimer(1, 50)
		},
		timer: func(env node.Env[string], _ node.TimerID) {
			env.Append("log", []byte("c"))
			env.SendDurable(2, "after c")
		},
	})
	require.Equal(t, Drained, b.Run(100))
	require.Equal(t, []string{
		"0: boot", "0: send n2 nothing pending", "0: send n2 at once",
		"100: durable log ab", "100: send n2 after a", "100: send n3 after b",
		"200: durable log c", "200: send n2 after c",
	}, b.take())
}

// Sends to itself come after the handler, in order; a durable one comes when its writes are durable.
func TestSelf(t *testing.T) {
	b := newBench(HostConfig{SyncMin: 100})
	b.host.Start(&script{
		start: func(env node.Env[string]) {
			env.Append("log", []byte("a"))
			env.SendDurable(1, "mine, durable")
			env.Send(1, "mine")
			env.Send(1, "mine too")
			env.Send(2, "theirs")
		},
		receive: func(_ node.Env[string], from node.ID, m string) { b.note("recv n%d %s", from, m) },
	})
	b.Run(100)
	require.Equal(t, []string{"0: boot", "0: send n2 theirs", "0: recv n1 mine", "0: recv n1 mine too",
		"100: durable log a", "100: recv n1 mine, durable"}, b.take())
}

// A crash takes waiting sends, timers, the commit under way, and what was sent to itself; the next boot finds the disk.
func TestCrash(t *testing.T) {
	b := newBench(HostConfig{SyncMin: 100, Disk: DiskFaults{Lose: 1_000_000}})
	b.host.Start(&script{start: func(env node.Env[string]) {
		env.Append("log", []byte("kept"))
	}})
	b.Run(1)
	b.take()
	b.host.Crash()
	require.Empty(t, b.take(), "nothing was unsynced, so nothing changed")

	lost := 0
	for range 20 {
		b.host.Start(&script{
			start: func(env node.Env[string]) {
				was, err := env.Read("log")
				require.NoError(t, err)
				b.note("found %s", was)
				env.Truncate("log", 4)
				env.Append("log", []byte("+"))
				env.SendDurable(2, "never")
				env.SetTimer(1, 10)
			},
			timer: func(node.Env[string], node.TimerID) { b.note("timer") },
		})
		b.host.Crash()
		require.False(t, b.host.Up())
		require.False(t, b.host.Receive(2, new(string)))
		require.Equal(t, Drained, b.Run(1000))
		for _, line := range b.take() {
			require.NotContains(t, line, "never")
			require.NotContains(t, line, "timer")
			if line == `100: rewritten log "kept"` {
				lost++
			}
		}
	}
	require.NotZero(t, lost)
}

// A timer fires once, when it was last set to; stopping it stops it even if it is due at this instant.
func TestTimers(t *testing.T) {
	b := newBench(HostConfig{})
	var script script
	script.start = func(env node.Env[string]) {
		env.SetTimer(1, 100)
		env.SetTimer(1, 300) // later
		env.SetTimer(2, 300)
		env.SetTimer(2, 100) // earlier
		env.SetTimer(3, 50)
		env.StopTimer(3)
		env.SetTimer(4, -7)
		env.SetTimer(5, 200)
		env.SetTimer(6, 200)
		env.StopTimer(99)
	}
	script.timer = func(env node.Env[string], id node.TimerID) {
		b.note("timer %d", id)
		if id == 5 {
			env.StopTimer(6)
			env.SetTimer(2, 500)
		}
		if id == 2 && env.Now() == 100 {
			env.SetTimer(2, 0)
			env.SetTimer(2, 900)
			env.SetTimer(2, 10)
		}
	}
	b.host.Start(&script)
	require.Equal(t, Drained, b.Run(100))
	require.Equal(t, []string{"0: boot", "0: timer 4", "100: timer 2", "110: timer 2", "200: timer 5",
		"300: timer 1", "700: timer 2"}, b.take())
}

// A replica that sends to itself for ever is stopped.
func TestLivelock(t *testing.T) {
	b := newBench(HostConfig{})
	b.host.Start(&script{
		start:   func(env node.Env[string]) { env.SetTimer(1, 1) },
		timer:   func(env node.Env[string], _ node.TimerID) { env.Send(1, "again") },
		receive: func(env node.Env[string], _ node.ID, _ string) { env.Send(1, "again") },
	})
	require.Equal(t, Livelocked, b.Run(1000))

	b = newBench(HostConfig{})
	b.host.Start(&script{
		start: func(env node.Env[string]) { env.SetTimer(1, 1) },
		timer: func(env node.Env[string], _ node.TimerID) { env.SetTimer(1, 0) },
	})
	require.Equal(t, Livelocked, b.Run(1<<40))
}

// heir is a replica that keeps in mind whom it inherited from.
type heir struct {
	script
	from node.Node[string]
}

func (h *heir) Inherit(former node.Node[string]) { h.from = former }

// A replica inherits from the one before it on its host, before it starts, and also from that of an earlier run.
func TestReplicasInheritFromTheOneBefore(t *testing.T) {
	b := newBench(HostConfig{})
	boot := func(from node.Node[string]) *heir {
		h := &heir{}
		h.start = func(node.Env[string]) { require.Same(t, from, h.from) }
		b.host.Start(h)
		return h
	}
	first := &heir{}
	b.host.Start(first)
	require.Nil(t, first.from)
	b.host.Crash()
	second := boot(first)
	b.host.SwitchOff()
	third := boot(second)
	b.Reset(2)
	b.host.Reset(1, HostConfig{})
	require.False(t, b.host.Up())
	boot(third)

	b.host.Crash()
	b.host.Start(&script{}) // which inherits nothing
	b.host.Crash()
	b.host.Crash()
	last := &heir{}
	b.host.Start(last)
	require.IsType(t, &script{}, last.from, "and not from the one before the last")
}
