package gallery

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"simrun/scenarios"
)

// docs/stories.md tells every story, in the words that simrun list -v has, and how it ends.
func TestDocs(t *testing.T) {
	b, err := os.ReadFile("../../docs/stories.md")
	require.NoError(t, err)
	text := strings.ToLower(string(b))
	for _, s := range scenarios.All() {
		if s.Story == nil {
			continue
		}
		require.Contains(t, text, "\n### "+s.Name+"\n")
		require.Contains(t, text, strings.ToLower(s.Doc), s.Name)
		require.Contains(t, text, strings.ToLower(s.Story.Look), s.Name)
		_, own, _ := strings.Cut(string(b), "\n### "+s.Name+"\n")
		own, _, _ = strings.Cut(own, "\n##")
		require.Contains(t, own, "--scenario "+s.Name+" --seed 0")
		_, end, _ := strings.Cut(own, "It ends with `")
		end, _, _ = strings.Cut(end, "`")
		require.True(t, end != "" && strings.HasPrefix(told(t, s.Name).Verdict.String(), end), "%s: %q", s.Name, end)
	}
}
