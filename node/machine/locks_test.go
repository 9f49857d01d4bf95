package machine

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// A session's life, in commands and their results.
func TestLocks(t *testing.T) {
	var l Locks
	is := func(want int64, cmd []byte) {
		t.Helper()
		got, err := Amount(l.Apply(cmd, nil))
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
	is(0, AppendAcquire(nil, 7, 1)) // no session
	is(1, AppendOpen(nil, 1))
	is(0, AppendOpen(nil, 1))
	is(1, AppendAcquire(nil, 7, 1)) // token 1
	is(1, AppendAcquire(nil, 7, 1)) // once more: the same token
	is(1, AppendOpen(nil, 2))
	is(0, AppendAcquire(nil, 7, 2)) // busy
	is(1, AppendCreate(nil, 7, 1, 42))
	is(0, AppendCreate(nil, 7, 2, 43))
	is(42, AppendFile(nil, 7))
	is(2, AppendWatch(nil, 7)) // the lock was taken, the file was made
	is(0, AppendExpire(nil, 1, 2))
	is(2, AppendRenew(nil, 1))
	is(0, AppendExpire(nil, 1, 1)) // it was renewed since
	is(1, AppendExpire(nil, 1, 2))
	is(0, AppendRenew(nil, 1))
	is(0, AppendFile(nil, 7))
	is(3, AppendWatch(nil, 7)) // both went at once
	is(2, AppendAcquire(nil, 7, 2))
	is(0, AppendRelease(nil, 7, 1))
	is(1, AppendGuard(nil, 8, 5, 2))
	is(0, AppendGuard(nil, 8, 6, 1)) // who lost the lock
	is(5, AppendFile(nil, 8))
	is(5, AppendSwap(nil, 8, 4, 9))
	is(5, AppendSwap(nil, 8, 5, 9))
	is(9, AppendFile(nil, 8))
	is(1, AppendRelease(nil, 7, 2))
	is(0, AppendRelease(nil, 7, 2))
	is(1, AppendWrite(nil, 8, 1))
	is(0, AppendOpen(nil, 0)) // 0 is no session
	before := l.Digest()
	for _, cmd := range [][]byte{nil, {1}, make([]byte, 25), append(AppendWatch(nil, 7), 0)} {
		_, err := Amount(l.Apply(cmd, nil))
		require.Error(t, err)
	}
	require.Equal(t, before, l.Digest())
}

// A restored machine is the same, and goes on in the same way. States that differ have digests that differ.
func TestLocksSnapshot(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var l Locks
		seen := map[[2]uint64]string{}
		for range rapid.IntRange(0, 30).Draw(t, "commands") {
			small := rapid.Uint64Range(0, 3)
			cmd := appendLocks(nil, byte(rapid.IntRange(1, int(locksWatch)).Draw(t, "op")), small.Draw(t, "a"), small.Draw(t, "b"), small.Draw(t, "c"))
			var restored Locks
			require.NoError(t, restored.Restore(l.Snapshot(nil)))
			require.Equal(t, l.Apply(cmd, nil), restored.Apply(cmd, nil))
			require.Equal(t, l.Digest(), restored.Digest())
			state := string(l.Snapshot(nil))
			require.Equal(t, state, string(restored.Snapshot(nil)))
			if other, known := seen[l.Digest()]; known {
				require.Equal(t, other, state)
			}
			seen[l.Digest()] = state
		}
		b := l.Snapshot(nil)
		before := l.Digest()
		require.Error(t, l.Restore(b[:len(b)-1]))
		require.Error(t, l.Restore(append(b, make([]byte, 8)...)))
		require.Equal(t, before, l.Digest())
	})
}
