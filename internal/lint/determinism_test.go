package lint

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const root = "../.."

// Nothing that runs inside a simulation may depend on anything but its input.
func TestDeterminism(t *testing.T) {
	patterns := []string{"./sim/...", "./netsim/...", "./faults/...", "./node/..."}
	declared, err := exports(root, patterns...)
	require.NoError(t, err)
	packages, err := list(root, patterns...)
	require.NoError(t, err)
	require.Greater(t, len(packages), 8)
	for _, p := range packages {
		if strings.HasSuffix(p.ImportPath, "/nodetest") {
			continue // for tests only
		}
		c, err := check(p.ImportPath, p.Dir, p.GoFiles, declared)
		require.NoError(t, err)
		for _, line := range nondeterminism(c) {
			t.Error(line)
		}
	}
}

// The linter finds what is planted in testdata: every line with a comment "want" and the words that it is to say, and
// no other.
func TestLinterFinds(t *testing.T) {
	files, err := filepath.Glob("testdata/*.go")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	declared, err := exports(root, "maps", "math", "math/rand/v2", "slices", "sync", "time")
	require.NoError(t, err)
	want := regexp.MustCompile(`// want (.*)$`)
	planted := 0
	for _, file := range files {
		c, err := check("planted", ".", []string{file}, declared)
		require.NoError(t, err)
		found := map[int]string{}
		for _, line := range nondeterminism(c) {
			parts := strings.SplitN(line, ":", 3)
			n := 0
			for _, digit := range parts[1] {
				n = n*10 + int(digit-'0')
			}
			found[n] += parts[2]
		}
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		for i, line := range strings.Split(string(text), "\n") {
			m := want.FindStringSubmatch(line)
			if m == nil {
				require.Empty(t, found[i+1], "%s:%d", file, i+1)
				continue
			}
			planted++
			require.Contains(t, found[i+1], m[1], "%s:%d", file, i+1)
		}
	}
	require.GreaterOrEqual(t, planted, 14)
}
