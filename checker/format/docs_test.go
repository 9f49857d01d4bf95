package format

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"simrun/checker"
	"simrun/checker/models"
)

// docs/histories.md has an example for each model, which is taken for one of it and is linearizable, and in which all of its operations occur. simrun writes it as it is there.
func TestDocumentedHistories(t *testing.T) {
	text, err := os.ReadFile("../../docs/histories.md")
	require.NoError(t, err)
	_, list, found := strings.Cut(string(text), "\n## Models\n")
	require.True(t, found)
	sections := strings.Split(list, "\n### ")[1:]
	require.Len(t, sections, len(models.All()))
	for i, section := range sections {
		name, rest, _ := strings.Cut(section, "\n")
		m := models.All()[i]
		require.Equal(t, m.Name, name)
		_, example, found := strings.Cut(rest, "```json\n")
		require.True(t, found, name)
		example, _, _ = strings.Cut(example, "```")
		r, err := Read(t.Context(), strings.NewReader(example), Options{})
		require.NoError(t, err, name)
		guessed, err := models.Guess(&r.History, r.Keyed)
		require.NoError(t, err, name)
		require.Equal(t, name, guessed.Name)
		var c checker.Checker
		got := c.Check(&r.History, m.For(&r.History), checker.Options{Oracle: true})
		require.Equal(t, checker.Linearizable, got.Answer, "%s: %s", name, got.Reason)
		var b strings.Builder
		require.NoError(t, Write(&b, &r.History, name))
		again, err := Read(t.Context(), strings.NewReader(b.String()), Options{})
		require.NoError(t, err, b.String())
		require.Equal(t, dump(r), dump(again))
		for _, k := range m.Kinds {
			said := strings.Contains(rest, "`"+wireName(k)+"`") || strings.Contains(rest, `"`+wireName(k)+`"`)
			require.True(t, said || name == "kv", "%s says nothing of %v", name, k) // kv is as register is
		}
	}
}
