package gallery

import (
	"testing"

	"github.com/stretchr/testify/require"

	"simrun/checker"
)

// attempt is one operation of a history about a lock: what it asked for, and what came of it.
type attempt struct {
	client    uint32
	kind      checker.OpKind
	key       uint32
	arg, arg2 int64
	call, ret uint64
	out       int64
}

func TestKeptOut(t *testing.T) {
	acquire := func(session int64, call, ret uint64, token int64) attempt {
		return attempt{uint32(session), checker.Acquire, 0, session, 0, call, ret, token}
	}
	guard := func(client uint32, token int64, call, ret uint64, done int64) attempt {
		return attempt{client, checker.Guard, 2, int64(client), token, call, ret, done}
	}
	for _, c := range []struct {
		name  string
		told  []attempt
		shape string // of the violation; "" for none
	}{
		{"nothing", nil, ""},
		{"tokens rise", []attempt{acquire(1, 1, 2, 1), acquire(2, 3, 4, 2)}, ""},
		{"who has it asks again", []attempt{acquire(1, 1, 2, 1), acquire(1, 3, 4, 1)}, ""},
		{"another gets the same", []attempt{acquire(1, 1, 2, 1), acquire(2, 3, 4, 1)}, "token does not rise"},
		{"tokens fall", []attempt{acquire(1, 1, 2, 5), acquire(2, 3, 4, 3)}, "token does not rise"},
		{"they fall between two that rise", []attempt{acquire(1, 1, 2, 5), acquire(2, 3, 4, 6), acquire(3, 7, 8, 5)}, "token does not rise"},
		{"who was refused got no token", []attempt{acquire(1, 1, 2, 5), acquire(2, 3, 4, 0)}, ""},
		{"both at once may take effect in either order", []attempt{acquire(1, 1, 4, 5), acquire(2, 2, 3, 3)}, ""},
		{"of another lock", []attempt{acquire(1, 1, 2, 5), {2, checker.Acquire, 1, 2, 0, 3, 4, 3}}, ""},
		{"what it guards sees tokens rise", []attempt{guard(1, 1, 1, 2, 1), guard(2, 2, 3, 4, 1)}, ""},
		{"it refuses who is late", []attempt{guard(2, 2, 1, 2, 1), guard(1, 1, 3, 4, 0)}, ""},
		{"it obeys who is late", []attempt{guard(2, 2, 1, 2, 1), guard(1, 1, 3, 4, 1)}, "older token accepted"},
		{"it refused the larger one itself", []attempt{guard(2, 2, 1, 2, 0), guard(1, 1, 3, 4, 1)}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			var h checker.History
			for _, a := range c.told {
				i := h.Call(a.client, a.kind, a.key, a.arg, a.arg2, a.call)
				h.Return(i, a.ret, checker.OK, a.out)
			}
			v := keptOut(nil, &h)
			if c.shape == "" {
				require.Nil(t, v)
				return
			}
			require.NotNil(t, v)
			require.Equal(t, "lock", v.Check)
			require.Equal(t, c.shape, v.Shape)
		})
	}
}

// Whether a result is known decides: who never heard of a token may not have got it.
func TestKeptOutIgnoresWhatNobodyHeard(t *testing.T) {
	var h checker.History
	h.Return(h.Call(1, checker.Guard, 2, 1, 2, 1), 2, checker.Unknown, 1)
	h.Return(h.Call(2, checker.Guard, 2, 2, 1, 3), 4, checker.OK, 1)
	require.Nil(t, keptOut(nil, &h))
}
