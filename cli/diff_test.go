package cli

import (
	"bytes"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"simrun/sim"
)

// A tape tells the whole run: two of one run are the same, and their hash is its trace hash; of another run, it tells where it parts.
func TestDiff(t *testing.T) {
	t.Chdir(t.TempDir())
	got := command(t, "replay", "--scenario", "single-decree", "--seed", "1", "--tape", "one")
	require.Equal(t, exitPass, got.status, got.err)
	require.Equal(t, exitPass, command(t, "replay", "--scenario", "single-decree", "--seed", "1", "--tape", "two").status)

	same := command(t, "diff", "one", "two")
	require.Equal(t, exitPass, same.status, same.err)
	require.Regexp(t, `^single-decree, seed 1: the runs are the same, [0-9,]+ events, trace hash [0-9a-f]{16}\n$`, same.out)
	hash := same.out[len(same.out)-17 : len(same.out)-1]
	require.Contains(t, got.out, hash)

	require.Equal(t, exitPass, command(t, "replay", "--scenario", "single-decree", "--seed", "2", "--tape", "two").status)
	requireRefused(t, command(t, "diff", "one", "two"), "one is of single-decree, seed 1, and two of single-decree, seed 2: only runs of one seed of a scenario can be compared")
}

// Where the runs part is told by the last event that both have, and by what each has then.
func TestDiffTellsWhereRunsPart(t *testing.T) {
	t.Chdir(t.TempDir())
	write := func(name string, run func(k *sim.Kernel)) {
		var b bytes.Buffer
		var k sim.Kernel
		k.On(sim.TimerDue, func(e *sim.Event) { k.FoldBytes(sim.Appended, []byte{byte(e.B)}) })
		k.Reset(1)
		tape := sim.NewTape(&b, "a test")
		k.Record(tape)
		run(&k)
		k.Run(100)
		require.NoError(t, tape.Close())
		require.NoError(t, os.WriteFile(name, b.Bytes(), 0o644))
	}
	write("one", func(k *sim.Kernel) {
		k.Schedule(1_500_000, sim.TimerDue, 1, 0, 7, 0)
		k.Schedule(2_000_000, sim.TimerDue, 2, 0, 8, 0)
	})
	for _, c := range []struct {
		run  func(k *sim.Kernel)
		says string
	}{
		{func(k *sim.Kernel) { k.Schedule(1_500_000, sim.TimerDue, 1, 0, 7, 0) },
			"a test: the runs are the same through event 1, at 1.500000ms, timer of n1; what comes then is\n  one: at 2.000000ms, timer of n2\n  two: the end\n"},
		{func(k *sim.Kernel) { k.Schedule(1_500_000, sim.TimerDue, 3, 0, 7, 0) },
			"a test: the runs are different from the start; what comes then is\n  one: at 1.500000ms, timer of n1\n  two: at 1.500000ms, timer of n3\n"},
		{func(k *sim.Kernel) { k.Schedule(1_500_000, sim.TimerDue, 1, 0, 9, 0) },
			"a test: the runs are different from the start; what comes then is\n  one: at 1.500000ms, timer of n1 (7 0)\n  two: at 1.500000ms, timer of n1 (9 0)\n"},
		{func(k *sim.Kernel) {
			k.On(sim.TimerDue, func(e *sim.Event) { k.FoldBytes(sim.Appended, []byte{7, byte(e.B)}) })
			k.Schedule(1_500_000, sim.TimerDue, 1, 0, 7, 0)
		},
			"a test: the runs part in event 1, at 1.500000ms, timer of n1; what comes then is\n  one: 1 bytes appended to a file, from byte 1 on \n  two: 2 bytes appended to a file, from byte 1 on 07\n"},
	} {
		write("two", c.run)
		got := command(t, "diff", "one", "two")
		require.Equal(t, exitViolation, got.status, got.err)
		require.Equal(t, c.says, got.out)
	}
}

// What is no tape is refused, and a run that does not come to its end leaves the file as it was.
func TestTapesThatAreNone(t *testing.T) {
	t.Chdir(t.TempDir())
	require.NoError(t, os.WriteFile("text", []byte("hello\n"), 0o644))
	require.Equal(t, exitPass, command(t, "replay", "--scenario", "single-decree", "--seed", "1", "--tape", "one").status)
	whole, err := os.ReadFile("one")
	require.NoError(t, err)
	require.NoError(t, os.WriteFile("cut", whole[:len(whole)-20], 0o644))

	requireRefused(t, command(t, "diff", "one"), "diff takes two tapes, and there are 1")
	requireRefused(t, command(t, "diff", "one", "none"), "none: no such file")
	requireRefused(t, command(t, "diff", "one", "text"), "text: not a tape: simrun replay --tape makes one")
	requireRefused(t, command(t, "diff", "one", "."), "is a directory")
	damaged := bytes.Clone(whole)
	damaged[len(damaged)/2] ^= 1
	require.NoError(t, os.WriteFile("damaged", damaged, 0o644))
	requireRefused(t, command(t, "diff", "one", "damaged"), "damaged: the tape is damaged")
	requireRefused(t, command(t, "diff", "one", "cut"), "cut: the tape is cut off behind event")
	requireRefused(t, command(t, "replay", "--scenario", "single-decree", "--seed", "1", "--tape", "-"), "--tape - would mix with the timeline")

	got := interruptedAt(t, "", "", "replay", "--scenario", "single-decree", "--seed", "1", "--tape", "one")
	require.Equal(t, exitInterrupted, got.status)
	got = command(t, "replay", "--scenario", "single-decree", "--seed", "1", "--tape", "one", "--max-events", "20")
	require.Contains(t, got.err, "no tape is written to one: the run did not come to its end")
	after, err := os.ReadFile("one")
	require.NoError(t, err)
	require.Equal(t, whole, after)
}
