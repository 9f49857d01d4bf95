package models

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"simrun/checker"
)

// The witness of a stale read has the write that it saw and the one it should have seen, and the reason names them: also where the history was made to begin late.
func TestStaleReads(t *testing.T) {
	for _, c := range []struct {
		name    string
		model   Model
		ops     []any
		reason  string
		witness string
	}{
		{"of the write before the last", Register, []any{put(0, 3), put(0, 4), get(0, 3)},
			"c2 get k0 = 3 [4,5] is stale: c1 put k0 4 [2,3] had returned before it was called, and replaced 3",
			"c0 put k0 3 [0,1]; c1 put k0 4 [2,3]; c2 get k0 = 3 [4,5]"},
		{"on a key", KV, []any{put(1, 3), put(1, 4), get(1, 3)},
			"c2 get k1 = 3 [4,5] is stale: c1 put k1 4 [2,3] had returned before it was called, and replaced 3",
			"c0 put k1 3 [0,1]; c1 put k1 4 [2,3]; c2 get k1 = 3 [4,5]"},
		{"that another saw in time", Register, []any{put(0, 3), get(0, 3), put(0, 4), get(0, 3)},
			"c3 get k0 = 3 [6,7] is stale: c2 put k0 4 [4,5] had returned before it was called, and replaced 3",
			"c0 put k0 3 [0,1]; c2 put k0 4 [4,5]; c3 get k0 = 3 [6,7]"},
		{"of a compare-and-set", Register, []any{put(0, 2), cas(2, 3, 2), put(0, 4), get(0, 3)},
			"c3 get k0 = 3 [6,7] is stale: c2 put k0 4 [4,5] had returned before it was called, and replaced 3",
			"c1 put k0 3 [2,3]; c2 put k0 4 [4,5]; c3 get k0 = 3 [6,7]"},
		{"by a compare-and-set", Register, []any{put(0, 3), put(0, 4), cas(3, 5, 3)},
			"c2 get k0 = 3 [4,5] is stale: c1 put k0 4 [2,3] had returned before it was called, and replaced 3",
			"c0 put k0 3 [0,1]; c1 put k0 4 [2,3]; c2 get k0 = 3 [4,5]"},
		{"by one that does not tell", Register, []any{put(0, 3), put(0, 4), try(3, 5, 1)},
			"no order explains c2 get k0 = 3 [4,5], given c0 put k0 3 [0,1]; c1 put k0 4 [2,3]",
			"c0 put k0 3 [0,1]; c1 put k0 4 [2,3]; c2 get k0 = 3 [4,5]"},
		{"of what is written later", Register, []any{put(0, 3), get(0, 4), put(0, 4)},
			"c1 get k0 = 4 [2,3] saw 4 before c2 put k0 4 [4,5] was called, which alone wrote it",
			"c1 get k0 = 4 [2,3]"},
		{"of what is written later and again", Register, []any{put(0, 3), get(0, 4), put(0, 4), put(0, 4)},
			"c1 get k0 = 4 [2,3] saw 4 before c2 put k0 4 [4,5] was called, the first to write it",
			"c1 get k0 = 4 [2,3]"},
		{"of what nothing writes", Register, []any{put(0, 3), get(0, 4)},
			"c1 get k0 = 4 [2,3] saw 4, which nothing wrote",
			"c1 get k0 = 4 [2,3]"},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := sequence(c.ops...)
			h.Texts = nil
			var x checker.Checker
			r := x.Check(h, c.model.For(h), checker.Options{})
			require.Equal(t, checker.NotLinearizable, r.Answer)
			require.Equal(t, c.reason, r.Reason)
			var witness []string
			for i := range r.Witness {
				witness = append(witness, r.Shown().Describe(&r.Witness[i]))
			}
			require.Equal(t, c.witness, strings.Join(witness, "; "))
		})
	}
}
