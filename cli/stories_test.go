package cli

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	_ "simrun/scenarios/gallery"

	"simrun/faults"
)

// Stories run when they are named. A contrast that fails does what is expected of it, and one that shows nothing proves nothing.
func TestStoriesRun(t *testing.T) {
	out := t.TempDir()
	for _, c := range []struct {
		args   []string
		status int
		says   string
	}{
		{[]string{"replay", "--scenario", "bank", "--seed", "0"}, exitPass, "bank seed 0: pass"},
		{[]string{"replay", "--scenario", "bank-uncoordinated", "--seed", "0"}, exitPass, "bank-uncoordinated seed 0: violation: bank: overdrawn"},
		{[]string{"run", "bank", "--count", "3", "--out", out}, exitPass, "3 pass"},
		{[]string{"run", "bank-uncoordinated", "--seed", "0", "--out", out}, exitPass, "1 violation: bank: overdrawn"},
		{[]string{"run", "bank-uncoordinated", "--seed", "0", "--out", out}, exitPass, "contrast: failed in 1 of 1 seed, as it must\n"},
		{[]string{"run", "lock-unfenced", "--profile", "partitions", "--seeds", "1", "--out", out}, exitUnproved, "1 pass"}, // nothing was shown
		{[]string{"run", "lock-unfenced", "--profile", "partitions", "--seeds", "1", "--out", out}, exitUnproved, "did not pass: it is a contrast, and no seed failed as one must\n"},
		{[]string{"list"}, exitPass, "  meeting-room-uncoordinated  contrast: "},
	} {
		status, stdout, _ := invoke(t, c.args...)
		require.Contains(t, stdout, c.says, "%v", c.args)
		require.Equal(t, c.status, status, "%v", c.args)
	}
	plan, err := sweepFlags{profile: faults.Default, count: 1, jobs: 1, patience: time.Second, out: out}.parse(nil, func(string) bool { return false })
	require.NoError(t, err)
	require.NotEmpty(t, plan.scenarios)
	for _, s := range plan.scenarios {
		require.Nil(t, s.Story, s.Name)
	}
}
