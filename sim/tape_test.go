package sim

import (
	"bytes"
	"errors"
	"io"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"simrun/node"
)

// taped runs a kernel that folds something in every event, and returns its tape and its hash.
func taped(t interface{ Helper() }, events int, what func(n uint64) []byte) (tape []byte, hash Hash) {
	t.Helper()
	var k Kernel
	var b bytes.Buffer
	k.On(TimerDue, func(e *Event) {
		k.Fold(Damaged, e.B)
		k.FoldBytes(Appended, what(k.Events()))
		k.Schedule(k.Now()+3, TimerDue, 2, 77, e.B+1, 0)
	})
	k.Reset(9)
	to := NewTape(&b, "a test")
	k.Record(to)
	k.Schedule(1, TimerDue, 1, 0, 5, 0)
	k.Run(uint64(events))
	if err := to.Close(); err != nil {
		panic(err)
	}
	return b.Bytes(), k.Hash()
}

// A tape tells every event with its time, its host and what is hashed of it, and all that handlers fold; its own hash is that of the run.
func TestTape(t *testing.T) {
	tape, hash := taped(t, 2, func(n uint64) []byte { return []byte("nine byte")[:9*(n-1)] })
	r, err := ReadTape(bytes.NewReader(tape))
	require.NoError(t, err)
	for _, says := range []string{
		"at 0.000001ms, timer of n1", "damaged: 5", "0 bytes appended to a file",
		"at 0.000004ms, timer of n2", "damaged: 6", "9 bytes appended to a file",
		"the end",
	} {
		e, err := r.Next()
		require.NoError(t, err)
		require.Equal(t, says, e.String())
	}
	_, err = r.Next()
	require.Equal(t, io.EOF, err)
	require.Equal(t, hash, r.Hash())
	require.Equal(t, uint64(2), r.entry.Number)
	require.Equal(t, "a test", r.About())
}

// What is longer than a block comes back whole.
func TestTapeOfManyBlocks(t *testing.T) {
	long := bytes.Repeat([]byte{1, 2, 3}, tapeBlock)
	tape, hash := taped(t, 2000, func(n uint64) []byte {
		if n == 1000 {
			return long
		}
		return nil
	})
	r, err := ReadTape(bytes.NewReader(tape))
	require.NoError(t, err)
	found := false
	for {
		e, err := r.Next()
		if err == io.EOF {
			break
		}
		require.NoError(t, err)
		found = found || e.Kind == TapeBytes && e.Number == 1000 && bytes.Equal(e.Bytes, long)
	}
	require.True(t, found)
	require.Equal(t, hash, r.Hash())
}

// Recording changes nothing in a run.
func TestTapeChangesNothing(t *testing.T) {
	run := func(tape *Tape) Hash {
		var k Kernel
		k.On(TimerDue, func(e *Event) { k.Fold(Damaged, e.B); k.Schedule(k.Now()+1, TimerDue, 1, 0, e.B+1, 0) })
		k.Reset(1)
		if tape != nil {
			k.Record(tape)
		}
		k.Schedule(0, TimerDue, 1, 0, 0, 0)
		k.Run(100)
		return k.Hash()
	}
	require.Equal(t, run(nil), run(NewTape(io.Discard, "a test")))
}

// A tape that is cut off, or of which a bit is another, is no tape, and nothing worse comes of it.
func TestDamagedTape(t *testing.T) {
	whole, _ := taped(t, 5, func(n uint64) []byte { return make([]byte, n) })
	rapid.Check(t, func(t *rapid.T) {
		tape := bytes.Clone(whole)
		if rapid.Bool().Draw(t, "cut") {
			tape = tape[:rapid.IntRange(0, len(tape)-1).Draw(t, "at")]
		} else {
			tape[rapid.IntRange(0, len(tape)-1).Draw(t, "at")] ^= 1 << rapid.IntRange(0, 7).Draw(t, "bit")
		}
		r, err := ReadTape(bytes.NewReader(tape))
		for err == nil {
			_, err = r.Next()
		}
		require.NotEqual(t, io.EOF, err)
	})
}

// An error of the writer is the one that Close returns, though the run goes on.
func TestTapeThatCannotBeWritten(t *testing.T) {
	full := errors.New("disk full")
	to := NewTape(failing{full}, "a test")
	var k Kernel
	k.Reset(1)
	k.Record(to)
	for range 3 * tapeBlock / 16 {
		k.Fold(Damaged, 1)
	}
	require.Equal(t, full, to.Close())
	require.Error(t, NewTape(io.Discard, "a test").Close(), "of no run")
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }

func FuzzTape(f *testing.F) {
	tape, _ := taped(f, 3, func(n uint64) []byte { return make([]byte, n) })
	f.Add(tape)
	f.Add(append(bytes.Clone(tape[:32]), tapeBytes, 1, 255, 255, 255, 0, 0, 0))
	f.Fuzz(func(_ *testing.T, b []byte) {
		r, err := ReadTape(bytes.NewReader(b))
		for err == nil {
			_, err = r.Next()
		}
	})
}

func BenchmarkTape(b *testing.B) {
	t := NewTape(io.Discard, "a test")
	t.begin(func() Hash { return 0 })
	e := Event{Kind: TimerDue, Host: node.ID(3)}
	for b.Loop() {
		t.event(&e)
	}
}
