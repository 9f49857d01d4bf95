package gallery

import (
	"context"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"simrun/scenarios"
)

// TestArtifactAgain runs the artifact of a story that SIMRUN_ARTIFACT names, as the test of that name in package scenarios
// does for others: it tells what happened, and fails with its verdict.
func TestArtifactAgain(t *testing.T) {
	file := os.Getenv("SIMRUN_ARTIFACT")
	if file == "" {
		t.Skip("SIMRUN_ARTIFACT names no artifact")
	}
	a, s, err := scenarios.LoadArtifact(file)
	require.NoError(t, err)
	c, err := scenarios.Collect(context.Background(), s, a.Input, scenarios.CollectOptions{})
	require.NoError(t, err)
	for _, sentence := range c.Timeline.Story {
		t.Log(sentence)
	}
	require.Equal(t, "pass", c.Verdict.Kind.String(), "%v", c.Verdict)
}
