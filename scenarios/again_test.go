package scenarios

import (
	"context"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestArtifactAgain runs the artifact that SIMRUN_ARTIFACT names, tells what happened, and fails with its verdict: a failing run
// under a debugger, in a bisection, or as the first step of a fix.
func TestArtifactAgain(t *testing.T) {
	file := os.Getenv("SIMRUN_ARTIFACT")
	if file == "" {
		t.Skip("SIMRUN_ARTIFACT names no artifact")
	}
	a, s, err := LoadArtifact(file)
	require.NoError(t, err)
	c, err := Collect(context.Background(), s, a.Input, CollectOptions{})
	require.NoError(t, err)
	for _, sentence := range c.Timeline.Story {
		t.Log(sentence)
	}
	require.Equal(t, "pass", c.Verdict.Kind.String(), "%v", c.Verdict)
}
