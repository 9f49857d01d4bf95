package gallery

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// However reads are answered: while the network is in two nothing on the smaller side is answered, though the old leader still leads there; the larger side goes on,
// and afterwards all hear what it did.
func TestSplitBrain(t *testing.T) {
	for _, name := range []string{"split-brain", "split-brain-read-index", "split-brain-lease"} {
		t.Run(name, func(t *testing.T) {
			c := told(t, name)
			ops := c.Timeline.Ops
			require.Equal(t, []string{
				"c1 put k0 1 = 0", "c1 get k0 = 1",
				"c2 put k0 2 = 0", "c1 get k0 = 3", "c3 put k0 3 = 0", "c2 get k0 = 2",
			}, seen(c)[:6])
			for i, larger := range []bool{2: true, 3: false, 4: false, 5: true} {
				if i >= 2 {
					require.Equal(t, larger, ops[i].ReturnAt < int64(healed), "%s", seen(c)[i])
				}
			}
			for _, r := range c.Timeline.Records { // n4 believes to lead all the while
				if r.Who == "n4" && r.Name == "following" {
					require.Greater(t, r.At, int64(healed))
				}
			}
		})
	}
}
