package sim

import (
	"bytes"
	"fmt"
	"math/bits"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"simrun/node"
)

// chatty sets a timer every ten nanoseconds, and notes whatever happens to it.
func (b *bench) chatty() *script {
	return &script{
		start:   func(env node.Env[string]) { env.SetTimer(1, 10) },
		receive: func(env node.Env[string], _ node.ID, m string) { b.note("recv %s at %d", m, env.Now()) },
		timer: func(env node.Env[string], _ node.TimerID) {
			b.note("timer at %d", env.Now())
			env.Append("log", []byte("x"))
			env.SendDurable(2, "written")
			env.SetTimer(1, 10)
		},
	}
}

// at runs the kernel to the time given, and calls f then.
func (b *bench) at(at int64, f func()) {
	b.On(FaultStep, func(*Event) { f() })
	b.Schedule(at, FaultStep, 0, 0, 0, 0)
	for b.Now() < at || b.Current().Kind != FaultStep {
		b.Run(b.Events() + 1)
	}
}

// A paused replica handles nothing while its clock and its disk run on. When it goes on it gets everything in order of
// arrival, and finds that it is late.
func TestPause(t *testing.T) {
	b := newBench(HostConfig{SyncMin: 3})
	b.host.Start(b.chatty())
	b.at(12, b.host.Pause)
	require.Equal(t, []string{"0: boot", "10: timer at 10"}, b.take())
	message := func(m string) { require.True(t, b.host.Receive(2, &m)) }
	b.at(15, func() { message("early") })
	b.at(30, func() { message("late") })
	b.host.Pause() // once is enough
	require.Equal(t, []string{"13: durable log x"}, b.take(), "the disk runs on")
	b.at(40, b.host.Resume)
	require.Equal(t, []string{
		"40: send n2 written", "40: recv early at 40", "40: timer at 40", "40: recv late at 40",
	}, b.take())
	b.host.Resume()
	b.at(44, func() {})
	require.Equal(t, []string{"43: durable log x", "43: send n2 written"}, b.take())
	require.Equal(t, Counts{Pauses: 1, Held: 4}, b.host.Counts())
}

// A durable send of a replica that goes on does not overtake those that the replica thinks are still waiting.
func TestPauseKeepsOrder(t *testing.T) {
	b := newBench(HostConfig{SyncMin: 5})
	b.host.Start(&script{
		start: func(env node.Env[string]) {
			env.Append("log", []byte("x"))
			env.SendDurable(2, "first")
		},
		receive: func(env node.Env[string], _ node.ID, _ string) { env.SendDurable(2, "second") },
	})
	b.host.Pause()
	m := "m"
	b.host.Receive(2, &m)
	b.at(10, b.host.Resume)
	require.Equal(t, []string{"0: boot", "5: durable log x", "10: send n2 first", "10: send n2 second"}, b.take())
}

// A crash ends a pause, and what waited is gone.
func TestPauseAndCrash(t *testing.T) {
	b := newBench(HostConfig{})
	b.host.Start(b.chatty())
	b.host.Pause()
	m := "lost"
	b.host.Receive(2, &m)
	b.host.Crash()
	b.host.Pause()
	b.host.Start(b.chatty())
	b.at(11, func() {})
	b.host.Resume()
	require.Equal(t, []string{"0: boot", "0: boot", "10: timer at 10", "10: durable log x", "10: send n2 written"}, b.take())
}

// A timer that is stopped, or set anew, by what came before it does not fire because it was due.
func TestPausedTimers(t *testing.T) {
	b := newBench(HostConfig{})
	b.host.Start(&script{
		start: func(env node.Env[string]) { env.SetTimer(1, 20); env.SetTimer(2, 20); env.SetTimer(3, 20) },
		receive: func(env node.Env[string], _ node.ID, m string) {
			env.StopTimer(1)
			env.SetTimer(2, 30)
		},
		timer: func(env node.Env[string], id node.TimerID) { b.note("timer %d", id) },
	})
	b.at(10, b.host.Pause)
	m := "stop"
	b.host.Receive(2, &m)
	b.at(50, b.host.Resume)
	b.at(100, func() {})
	require.Equal(t, []string{"0: boot", "50: timer 3", "80: timer 2"}, b.take())
}

// A slow replica takes its time with everything, one thing after the other.
func TestSlowHost(t *testing.T) {
	b := newBench(HostConfig{})
	s := b.chatty()
	s.start = nil
	b.host.Start(s)
	b.take()
	b.host.SetService(100)
	for i := range 3 {
		m := fmt.Sprint("m", i)
		b.at(int64(10*i), func() { b.host.Receive(2, &m) })
	}
	b.at(250, func() {})
	require.Equal(t, []string{"100: recv m0 at 100", "200: recv m1 at 200"}, b.take())
	b.host.Pause()
	b.host.Resume()
	b.at(330, func() {})
	require.Empty(t, b.take(), "what it was at began anew")
	b.host.SetService(0)
	require.Equal(t, []string{"330: recv m2 at 330"}, b.take())
	require.Equal(t, Drained, b.Run(1000))
	require.Empty(t, b.take())
	require.Equal(t, uint64(3), b.host.Counts().Slowed)
}

// More messages than fit are lost; timers are not.
func TestInboxOverflows(t *testing.T) {
	b := newBench(HostConfig{})
	s := b.chatty()
	b.host.Start(s)
	b.host.Pause()
	m := "m"
	for range inboxCap + 7 {
		b.host.Receive(2, &m)
	}
	b.at(20, func() {})
	b.take()
	b.host.Resume()
	got := b.take()
	require.Len(t, got, inboxCap+1)
	require.Contains(t, got[inboxCap], "timer")
	require.Equal(t, uint64(7), b.host.Counts().Overflowed)
}

// writer appends to two files and sends, in a fixed order, with everything that a trap could be set at.
func (b *bench) writer() *script {
	return &script{
		start: func(env node.Env[string]) {
			env.Append("log", []byte("1"))
			env.Append("log", []byte("2"))
			env.Replace("vow", []byte("v"))
			env.Send(3, "at once")
			env.SendDurable(2, "durably")
			env.SendDurable(3, "and durably")
			env.Send(1, "to self")
			env.Reply(7, node.Reply{})
		},
		receive: func(env node.Env[string], _ node.ID, m string) { b.note("recv %s", m) },
	}
}

func TestTraps(t *testing.T) {
	const all = "send n3 at once; reply c7 invalid; recv to self; durable log 12; rewritten; send n2 durably; send n3 and durably"
	for _, c := range []struct {
		trap Trap
		want string // what it still does
		left string // what is on its disk then
	}{
		{Trap{On: OnWrite, File: "log", Nth: 1}, "stopped", ""},
		{Trap{On: OnWrite, File: "log", Nth: 1, After: true}, "rewritten; stopped", "log 1"},
		{Trap{On: OnWrite, File: "log", Nth: 2}, "rewritten; stopped", "log 1"},
		{Trap{On: OnWrite, File: "log", Nth: 2, After: true}, "rewritten; stopped", "log 12"},
		{Trap{On: OnWrite, File: "log", Nth: 3}, all, "log 12 vow v"},
		{Trap{On: OnWrite, File: "vow", Nth: 1, After: true}, "rewritten; stopped", "log 12 vow v"},
		{Trap{On: OnSend, Message: 'a', Nth: 1}, "rewritten; stopped", "log 12 vow v"},
		{Trap{On: OnSend, Message: 'a', Nth: 1, After: true}, "send n3 at once; rewritten; stopped", "log 12 vow v"},
		{Trap{On: OnSend, Message: 'd', Nth: 1}, "send n3 at once; reply c7 invalid; recv to self; durable log 12; rewritten; stopped", "log 12 vow v"},
		{Trap{On: OnSend, Message: 'd', Nth: 1, After: true}, "send n3 at once; reply c7 invalid; recv to self; durable log 12; rewritten; send n2 durably; stopped", "log 12 vow v"},
		{Trap{On: OnSend, Message: 'a', Nth: 2}, "send n3 at once; reply c7 invalid; recv to self; durable log 12; rewritten; send n2 durably; stopped", "log 12 vow v"},
		{Trap{On: OnSync, File: "log", Nth: 1}, "send n3 at once; reply c7 invalid; recv to self; rewritten; stopped", "log 12 vow v"},
		{Trap{On: OnSync, File: "vow", Nth: 1, After: true}, "send n3 at once; reply c7 invalid; recv to self; durable log 12; rewritten; stopped", "log 12 vow v"},
		{Trap{On: OnSync, File: "log", Nth: 2}, all, "log 12 vow v"},
		{Trap{On: OnSend, Message: 't', Nth: 1}, all, "log 12 vow v"}, // what it sends to itself is no message
	} {
		b := newBench(HostConfig{SyncMin: 5})
		b.host.SetTrap(c.trap)
		b.host.Start(b.writer())
		b.Run(100)
		var did []string
		for _, line := range b.take()[1:] {
			_, what, _ := strings.Cut(line, ": ")
			if strings.HasPrefix(what, "rewritten") {
				what = "rewritten"
			}
			if len(did) == 0 || did[len(did)-1] != what {
				did = append(did, what)
			}
		}
		require.Equal(t, c.want, strings.Join(did, "; "), "%+v", c.trap)
		var left []string
		b.host.durableFiles(func(file string, p []byte) {
			if len(p) > 0 {
				left = append(left, file+" "+string(p))
			}
		})
		require.Equal(t, c.left, strings.Join(left, " "), "%+v", c.trap)
		sprung := c.want != all
		require.Equal(t, !sprung, b.host.Up())
		require.Equal(t, sprung, b.host.Counts().Trapped == 1)
		require.Equal(t, !sprung, b.host.wary)
	}
}

// A trap that was taken away does not spring, and one that did springs once.
func TestTrapsEnd(t *testing.T) {
	b := newBench(HostConfig{})
	b.host.SetTrap(Trap{ID: 1, On: OnWrite, File: "log", Nth: 1})
	b.host.SetTrap(Trap{ID: 2, On: OnWrite, File: "log", Nth: 2})
	b.host.RemoveTraps(1)
	b.host.Start(b.writer())
	require.False(t, b.host.Up())
	b.host.Start(b.writer())
	require.True(t, b.host.Up())
	require.False(t, b.host.wary)
}

// A slow disk takes longer; a stuck one completes what hung when it is well again; a crash forgets that.
func TestSlowAndStuckDisk(t *testing.T) {
	b := newBench(HostConfig{SyncMin: 5})
	b.host.SlowDisk(20)
	b.host.Start(b.writer())
	b.take()
	b.at(24, func() {})
	require.Empty(t, b.take())
	b.at(26, func() {})
	require.Len(t, b.take(), 5)
	b.host.SlowDisk(0)

	b.host.Crash()
	b.host.Start(b.writer())
	b.host.StickDisk(true)
	b.take()
	b.at(1000, func() {})
	require.Empty(t, b.take())
	b.host.StickDisk(false)
	b.at(1001, func() {})
	require.Len(t, b.take(), 5, "two files, one of them told of twice, and two messages")

	b.host.Crash()
	b.host.Start(b.writer())
	b.host.StickDisk(true)
	b.at(2000, func() {})
	b.host.Crash()
	b.take()
	b.host.StickDisk(false)
	require.Equal(t, Drained, b.Run(b.Events()+100))
	require.Empty(t, b.take())
	require.Equal(t, Counts{SlowSyncs: 1, HungSyncs: 2}, b.host.Counts())
}

// A commit that fails stops the host: nothing that waited for it leaves, and what was written may be there or not. A
// full disk still takes what adds nothing.
func TestFailingDisk(t *testing.T) {
	for _, full := range []bool{false, true} {
		left := map[string]bool{}
		for seed := range uint64(50) {
			b := newBench(HostConfig{SyncMin: 5, Disk: DiskFaults{Lose: 1_000_000}})
			b.Reset(seed)
			b.host.FailDisk(!full)
			b.host.FillDisk(full)
			b.host.Start(b.writer())
			require.Equal(t, Drained, b.Run(100))
			require.False(t, b.host.Up())
			require.Equal(t, uint64(1), b.host.Counts().FailedSyncs+b.host.Counts().FullDisks)
			for _, line := range b.take() {
				require.NotContains(t, line, "durably")
			}
			b.host.FailDisk(false)
			b.host.FillDisk(false)
			left[string(b.host.disk.contents("log"))] = true
			b.host.Start(b.writer())
			b.Run(100)
			require.True(t, b.host.Up())
			b.take()
			b.host.FillDisk(true)
			b.host.Truncate("log", 1)
			b.host.finish()
			b.Run(b.Events() + 100)
			require.True(t, b.host.Up(), "there is room for less")
		}
		require.Equal(t, map[string]bool{"": true, "1": true, "12": true}, left)
	}
}

// settledLog is a host that is down, and whose log got one byte after another, each with a commit of its own.
func settledLog(seed uint64, n int) *bench {
	b := newBench(HostConfig{})
	b.Reset(seed)
	b.host.Start(&script{})
	for i := range n {
		b.host.Append("log", []byte{byte('a' + i%26)})
		b.host.finish()
		b.Run(b.Events() + 1)
	}
	b.host.Crash()
	b.take()
	return b
}

// Damage changes durable bytes, and never those of the last commits, which no log could tell from a torn tail.
func TestDamage(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 1500).Draw(t, "length")
		kind := rapid.SampledFrom([]Damage{Rot, Sector, Misdirect}).Draw(t, "kind")
		b := settledLog(1, n)
		before := bytes.Clone(b.host.disk.contents("log"))
		_, struck := b.host.Damage(kind, rapid.Uint64().Draw(t, "key"))
		after := b.host.disk.contents("log")
		require.Equal(t, struck, b.take() != nil, "the witness is told")
		require.Len(t, after, len(before))
		safe := max(n-settling, 0)
		require.Equal(t, string(before[safe:]), string(after[safe:]))
		if !struck {
			require.Equal(t, before, after)
			require.True(t, safe == 0 || kind == Misdirect, "there was something to damage")
			return
		}
		require.NotEqual(t, before, after)
		_, err := b.host.Read("log")
		require.Equal(t, kind == Sector, err != nil)
		flipped := 0
		for i := range before {
			flipped += bits.OnesCount8(before[i] ^ after[i])
		}
		if kind == Rot {
			require.LessOrEqual(t, flipped, 8)
		}
	})
}

// A file that is written anew has no unreadable sector any more; one that is cut off keeps those before the cut.
func TestUnreadableSectorsHeal(t *testing.T) {
	b := settledLog(1, 600)
	require.True(t, struck(b.host.Damage(Sector, 7)))
	_, err := b.host.Read("log")
	require.Error(t, err)
	bad := b.host.disk.open("log").last().bad
	b.host.Start(&script{})
	b.host.Truncate("log", bad.from+1)
	_, err = b.host.Read("log")
	require.Error(t, err)
	b.host.Truncate("log", bad.from)
	_, err = b.host.Read("log")
	require.NoError(t, err)
	b.host.Crash()

	b = settledLog(1, 600)
	require.True(t, struck(b.host.Damage(Sector, 7)))
	b.host.Start(&script{})
	require.False(t, struck(b.host.Damage(Sector, 7)), "only while it is down")
	_, err = b.host.Read("log")
	require.Error(t, err)
	b.host.Replace("log", []byte("new"))
	_, err = b.host.Read("log")
	require.NoError(t, err)
	require.Equal(t, uint64(1), b.host.Counts().BadReads)
}

func TestWipe(t *testing.T) {
	b := settledLog(1, 10)
	require.True(t, struck(b.host.Damage(Wipe, 1)))
	require.Empty(t, b.take(), "no file is left to tell of")
	require.False(t, struck(b.host.Damage(Wipe, 1)), "there is nothing left")
	b.host.Start(&script{})
	got, err := b.host.Read("log")
	require.NoError(t, err)
	require.Empty(t, got)
	b.host.Append("log", []byte("new"))
	b.host.finish()
	b.Run(b.Events() + 1)
	require.Equal(t, []string{"0: boot", "0: durable log new"}, b.take())
}

// A clock that jumps takes its timers along; one that runs at another rate, too. What was due by then fires at once.
func TestTimersFollowTheClock(t *testing.T) {
	b := newBench(HostConfig{})
	b.host.Start(&script{
		start: func(env node.Env[string]) {
			for i := range node.TimerID(4) {
				env.SetTimer(i, node.Local(i+1)*100)
			}
		},
		timer: func(env node.Env[string], id node.TimerID) { b.note("timer %d at %d", id, env.Now()) },
	})
	b.at(10, func() { b.host.ChangeClock(150, 0) })
	b.at(50, func() { b.host.ChangeClock(0, -500_000) })
	require.Equal(t, int64(-500_000), b.host.ClockDrift())
	b.at(350, func() { b.host.ChangeClock(0, 0) })
	require.Equal(t, Drained, b.Run(1000))
	require.Equal(t, []string{"0: boot", "10: timer 0 at 160", "50: timer 1 at 200", "250: timer 2 at 300", "400: timer 3 at 400"}, b.take())
	require.Equal(t, Counts{ClockJumps: 1, ClockRates: 2}, b.host.Counts())
}

// struck drops the name of the file.
func struck(_ string, ok bool) bool { return ok }

// What is only ever replaced may be damaged at once; what is appended, only later.
func TestReplacedMayBeDamaged(t *testing.T) {
	d := disk{replaced: []string{"vow"}}
	nothing := func(told) {}
	d.replace("vow", []byte("whole"))
	vow := &d.files[0]
	require.Zero(t, vow.settled(), "it is not durable yet")
	d.commit(d.issued, nothing)
	require.Equal(t, len("whole"), vow.settled())
	d.truncate("vow", 3)
	d.commit(d.issued, nothing)
	require.Equal(t, 3, vow.settled())
	d.replace("vow", []byte("another"))
	d.crash(DiskFaults{}, 1)
	require.Equal(t, len("another"), vow.settled())

	d.replace("log", []byte("whole"))
	d.commit(d.issued, nothing)
	require.Zero(t, d.files[1].settled(), "something may have been appended")
}
