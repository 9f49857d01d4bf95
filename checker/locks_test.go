package checker

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// A lock's invariants fire on what breaks them, and on nothing that comes near.
func TestLocks(t *testing.T) {
	type step = func(l *Locks)
	granted := func(lock uint64, client uint32, token uint64) step {
		return func(l *Locks) { l.Granted(1, lock, client, token) }
	}
	freed := func(lock, token uint64) step { return func(l *Locks) { l.Freed(1, lock, token) } }
	guarded := func(token uint64, done bool) step { return func(l *Locks) { l.Guarded(7, token, done) } }
	for _, c := range []struct {
		name  string
		fires string
		steps []step
	}{
		{"one after another", "", []step{granted(7, 1, 33), freed(7, 33), granted(7, 2, 34)}},
		{"two locks", "", []step{granted(7, 1, 33), granted(8, 2, 33)}},
		{"two holders", "lock: two holders", []step{granted(7, 1, 33), granted(7, 2, 34)}},
		{"one holder twice", "lock: two holders", []step{granted(7, 1, 33), granted(7, 1, 34)}},
		{"the same token again", "lock: token does not rise", []step{granted(7, 1, 33), freed(7, 33), granted(7, 2, 33)}},
		{"a smaller token", "lock: token does not rise", []step{granted(7, 1, 33), freed(7, 33), granted(7, 2, 4)}},
		{"freed with an old token", "lock: freed by who does not hold it", []step{granted(7, 1, 33), freed(7, 33), granted(7, 2, 34), freed(7, 33)}},
		{"freed twice", "lock: freed by who does not hold it", []step{granted(7, 1, 33), freed(7, 33), freed(7, 33)}},
		{"the resource takes the holder's token", "", []step{granted(7, 1, 33), guarded(33, true), guarded(33, true)}},
		{"the resource takes a late token, having seen no newer one", "", []step{granted(7, 1, 33), freed(7, 33), granted(7, 2, 34), guarded(33, true)}},
		{"the resource refuses an old token", "", []step{granted(7, 1, 33), freed(7, 33), granted(7, 2, 34), guarded(34, true), guarded(33, false)}},
		{"the resource takes an old token", "lock: older token accepted", []step{granted(7, 1, 33), freed(7, 33), granted(7, 2, 34), guarded(34, true), guarded(33, true)}},
		{"the resource takes a token made up", "lock: token nobody was granted", []step{granted(7, 1, 33), guarded(35, true)}},
		{"a refused token made up binds nobody", "", []step{granted(7, 1, 33), guarded(35, false), guarded(33, true)}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var l Locks
			for range 2 {
				l.Reset()
				for i, s := range c.steps {
					if c.fires != "" && i < len(c.steps)-1 {
						require.Nil(t, l.Violation(), "before step %d", i)
					}
					s(&l)
				}
				if c.fires == "" {
					require.Nil(t, l.Violation())
					continue
				}
				require.NotNil(t, l.Violation())
				require.Equal(t, c.fires, l.Violation().Verdict().Fingerprint)
				require.NotEmpty(t, l.Violation().Detail)
			}
		})
	}
}
