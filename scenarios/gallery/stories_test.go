package gallery

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// One of two inserts is done, and the other one is handed the row; the same with updates. A row of its own is in nobody's way.
func TestLightweight(t *testing.T) {
	c := told(t, "lightweight")
	lines := seen(c)[:6]
	count := func(want string) (n int) {
		for _, line := range lines {
			if strings.Contains(line, want) {
				n++
			}
		}
		return n
	}
	require.Equal(t, []string{"c1 cas k0 0->1 = 2", "c2 cas k0 0->2 = 0", "c3 cas k1 0->3 = 0", "c3 get k0 = 2"}, lines[:4])
	require.Equal(t, 1, count("cas k0 2->4 = 2")+count("cas k0 2->5 = 2"), "one update finds what it expects: %v", lines)
	ballots := map[string]bool{}
	for _, r := range c.Timeline.Records {
		if r.Kind == "send" && strings.HasPrefix(r.Text, "Accept ") && strings.Contains(r.Text, " of 6b000001") { // k1
			ballots[strings.Fields(r.Text)[1]] = true
		}
	}
	require.Equal(t, map[string]bool{"1.2": true}, ballots, "k1 has a ballot of its own, the first")
}

// Who was paused loses the lock, its file and the right to write.
func TestLockService(t *testing.T) {
	lines := seen(told(t, "lock-service"))
	for _, want := range []string{
		"c1 acquire k0 for s1 = 1", "c2 acquire k0 for s2 = 0", "c2 expire s1 renewed 1 times = 0", "c2 expire s1 renewed 2 times = 1", "c2 acquire k0 for s2 = 2",
		"c2 changes k1 = 1", "c2 changes k1 = 2", "c2 create k1 2 for s2 = 1",
		"c2 guard k2 22 with token 2 = 1", "c1 guard k2 11 with token 1 = 0", "c1 renew s1 = 0", "c2 get k2 = 22",
	} {
		require.Contains(t, lines, want)
	}
	require.Contains(t, seen(told(t, "lock-unfenced")), "c2 get k2 = 11", "without a token the late write replaces the other")
}

// The last piece is sold once, on the larger side; without agreement it is sold on both.
func TestInventory(t *testing.T) {
	c := told(t, "inventory")
	require.Equal(t, []string{"c3 add k0 1 = 1", "c1 transfer k0->k1 1 = 1", "c2 transfer k0->k2 1 = 0"}, seen(c)[:3])
	require.Less(t, c.Timeline.Ops[1].ReturnAt, int64(healed))
	require.Greater(t, c.Timeline.Ops[2].ReturnAt, int64(healed))
	c = told(t, "inventory-uncoordinated")
	require.Equal(t, []string{"c3 add k0 1 = 1", "c1 transfer k0->k1 1 = 1", "c2 transfer k0->k2 1 = 1"}, seen(c)[:3])
}

// One liar makes two decisions of one, and the verdict says what was assumed. Held against its disk, it is caught at once.
func TestLedger(t *testing.T) {
	require.Equal(t, "c2 propose 2 = 1", seen(told(t, "ledger"))[1])
	c := told(t, "ledger-liar")
	require.Equal(t, []string{"c1 propose 1 = 1", "c2 propose 2 = 2"}, seen(c)[:2])
	require.Contains(t, c.Verdict.Detail, "The assumption that does not hold is that replicas fail by stopping only: n3 lies")
	require.Contains(t, told(t, "ledger-caught").Verdict.Detail, "n3 sent a message that takes a promise")
}

// A learner that knows answers while all acceptors are down, and one that does not learns when they are back. No learner votes.
func TestLearners(t *testing.T) {
	c := told(t, "learners")
	ops := c.Timeline.Ops
	require.Equal(t, []string{"c1 propose 1 = 1", "c2 propose 2 = 1", "c3 propose 3 = 1"}, seen(c)[:3])
	require.Less(t, ops[1].ReturnAt, int64(110_000_000))
	require.Greater(t, ops[2].ReturnAt, int64(300_000_000))
	var learned []string
	for _, r := range c.Timeline.Records {
		if r.Kind == "durable" && r.Name == "voted" {
			require.Contains(t, []string{"n1", "n2", "n3"}, r.Who)
		}
		if r.Kind == "observe" && r.Name == "learned" {
			learned = append(learned, r.Who)
		}
	}
	require.True(t, slices.Contains(learned, "n4") && slices.Contains(learned, "n5"))
}

// A contrast whose own rule is broken tells of the operations that break it.
func TestContrastsTellOfOperations(t *testing.T) {
	for name, operations := range map[string][]string{
		"bank-uncoordinated":         {"add k0 1500 (c1#1)", "transfer k0->k1 1000 (c2#1)", "transfer k0->k2 1000 (c3#1)", "transfer k0->k3 1000 (c4#1)"},
		"inventory-uncoordinated":    {"add k0 1 (c3#1)", "transfer k0->k1 1 (c1#1)", "transfer k0->k2 1 (c2#1)"},
		"meeting-room-uncoordinated": {"insert k0 1 (c1#1)", "insert k0 4 (c4#1)"},
		"lock-unfenced":              {"expire s1 renewed 2 times (c2#5)", "acquire k0 for s2 (c2#7)", "put k2 11 (c1#5)"},
	} {
		story := strings.Join(told(t, name).Timeline.Story, "\n")
		for _, o := range operations {
			require.Contains(t, story, o, name)
		}
	}
}
