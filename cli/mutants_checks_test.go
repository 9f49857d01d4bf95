package cli

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"simrun/scenarios/mutants"
)

// Every check that the sources can name a violation by is in the table, and every line of the table is a check.
func TestChecksAreNamed(t *testing.T) {
	named := regexp.MustCompile(`(?:violate\([^"\n]*|Check: +)"([a-z]+)", (?:Shape: )?(?:"([^"]+)")?`)
	used := make([]bool, len(checks))
	found := 0
	for _, dir := range []string{"../checker", "../scenarios", "../scenarios/gallery"} {
		files, err := filepath.Glob(filepath.Join(dir, "*.go"))
		require.NoError(t, err)
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			text, err := os.ReadFile(file)
			require.NoError(t, err)
			for _, m := range named.FindAllStringSubmatch(string(text), -1) {
				found++
				covers := func(c mutants.Check) bool {
					return c.Covers(m[1]+": "+m[2]) || m[2] == "" && strings.HasPrefix(c.Name, m[1]+":")
				}
				require.True(t, slices.ContainsFunc(checks, covers), "%s names a violation %q: %q, which cli/mutants_checks.go does not have", file, m[1], m[2])
				for i := range checks {
					used[i] = used[i] || covers(checks[i])
				}
			}
		}
	}
	require.Greater(t, found, 40)
	for i := range checks {
		require.True(t, used[i], "no source names a violation %q", checks[i].Name)
	}
}
