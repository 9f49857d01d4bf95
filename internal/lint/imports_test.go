package lint

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// allowed is the picture of ARCHITECTURE.md: which of our packages each may import. A name that ends in /... covers all packages below
// it. Tests may import more.
var allowed = map[string][]string{
	"simrun":                                nil,
	"simrun/node":                           {"simrun/node/fact"},
	"simrun/node/fact":                      nil,
	"simrun/node/wal":                       {"simrun/node", "simrun/node/fact"},
	"simrun/node/machine":                   nil,
	"simrun/node/nodetest":                  {"simrun/node", "simrun/node/fact"},
	"simrun/node/paxos":                     protocol,
	"simrun/node/multipaxos":                protocol,
	"simrun/node/caspaxos":                  protocol,
	"simrun/node/paxoslog":                  {"simrun/node", "simrun/node/fact", "simrun/node/machine", "simrun/node/paxos"},
	"simrun/node/sharded":                   {"simrun/node", "simrun/node/fact", "simrun/node/machine", "simrun/node/multipaxos"},
	"simrun/node/uncoordinated":             {"simrun/node", "simrun/node/fact", "simrun/node/machine"},
	"simrun/sim":                            {"simrun/node", "simrun/node/fact", "simrun/sim/stream"},
	"simrun/sim/stream":                     nil,
	"simrun/netsim":                         {"simrun/sim/...", "simrun/node", "simrun/node/fact"},
	"simrun/faults":                         {"simrun/node", "simrun/sim/stream"},
	"simrun/checker":                        {"simrun/node/fact"},
	"simrun/checker/models":                 {"simrun/checker"},
	"simrun/checker/format":                 {"simrun/checker"},
	"simrun/scenarios":                      {"simrun/scenarios/timeline", "simrun/sim/...", "simrun/netsim", "simrun/faults", "simrun/checker", "simrun/node/..."},
	"simrun/scenarios/gallery":              {"simrun/scenarios", "simrun/sim/...", "simrun/faults", "simrun/checker/...", "simrun/node/..."},
	"simrun/scenarios/timeline":             {"simrun/checker", "simrun/checker/format"},
	"simrun/scenarios/report":               {"simrun/scenarios/timeline"},
	"simrun/scenarios/report/sample":        {"simrun/scenarios/timeline"},
	"simrun/scenarios/shrink":               {"simrun/scenarios", "simrun/faults", "simrun/checker", "simrun/node", "simrun/sim/..."},
	"simrun/scenarios/shrink/study":         {"simrun/scenarios", "simrun/scenarios/mutants"},
	"simrun/scenarios/shrink/study/program": {"simrun/cli"},
	"simrun/scenarios/mutants":              nil,
	"simrun/scenarios/speed":                {"simrun/scenarios", "simrun/sim/...", "simrun/netsim", "simrun/faults", "simrun/checker", "simrun/node/..."},
	"simrun/scenarios/strategies":           {"simrun/scenarios", "simrun/sim/stream", "simrun/faults", "simrun/checker", "simrun/node"},
	"simrun/cmd/simrun":                     {"simrun/cli", "simrun/scenarios/gallery"},
	"simrun/cli":                            {"simrun", "simrun/scenarios/...", "simrun/faults", "simrun/checker/...", "simrun/sim", "simrun/netsim", "simrun/node"},
	"simrun/scenarios/regress":              {"simrun/scenarios", "simrun/faults", "simrun/checker", "simrun/sim"},
	"simrun/simtest":                        {"simrun", "simrun/scenarios", "simrun/scenarios/regress", "simrun/faults", "simrun/checker"},
	"simrun/simtest/gen":                    {"simrun/simtest", "simrun/scenarios", "simrun/faults", "simrun/checker"},
	"simrun/internal/lint":                  nil,
	"simrun/internal/mutate":                nil,
}

// protocol is what a protocol may import: it must compile without the simulator.
var protocol = []string{"simrun/node", "simrun/node/fact", "simrun/node/wal", "simrun/node/machine"}

// restricted are packages for the named packages of ours and for tests only. What is below them is restricted too.
var restricted = map[string][]string{
	"github.com/anishathalye/porcupine": {"simrun/checker"},
	"github.com/spf13/cobra":            {"simrun/cli"},
	"github.com/stretchr/testify":       nil,
	"github.com/cockroachdb/datadriven": nil,
	"pgregory.net/rapid":                {"simrun/simtest/gen"}, // its init registers global flags
	"testing":                           {"simrun/simtest", "simrun/simtest/gen"},
	"simrun/node/nodetest":              nil,
	"simrun/scenarios/report/sample":    nil,
}

func TestImports(t *testing.T) {
	require.NoError(t, touch(root))
	packages, err := list(root, "./...")
	require.NoError(t, err)
	picture, err := os.ReadFile(filepath.Join(root, "ARCHITECTURE.md"))
	require.NoError(t, err)
	seen := map[string]bool{}
	for _, p := range packages {
		seen[p.ImportPath] = true
		for _, wrong := range forbidden(p) {
			t.Error(wrong)
		}
		if folder, ok := strings.CutPrefix(p.ImportPath, "simrun/"); ok && !strings.Contains(string(picture), "`"+folder) {
			t.Errorf("ARCHITECTURE.md does not say what `%s` is", folder)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(allowed)) {
		if !seen[name] {
			t.Errorf("%s is in the table of imports_test.go, and does not exist", name)
		}
	}
}

// forbidden returns what a package imports and must not, a sentence each.
func forbidden(p listed) (wrong []string) {
	may, known := allowed[p.ImportPath]
	if !known {
		return []string{p.ImportPath + " is a new package: say in the table of imports_test.go what it may import, and in ARCHITECTURE.md what it is"}
	}
	for _, path := range p.Imports {
		ours := covers("simrun/...", path)
		users, limited := restrictedTo(path)
		first, _, _ := strings.Cut(path, "/")
		switch {
		case limited && !slices.Contains(users, p.ImportPath):
			wrong = append(wrong, fmt.Sprintf("%s must not import %s, except in tests", p.ImportPath, path))
		case ours && !slices.ContainsFunc(may, func(rule string) bool { return covers(rule, path) }):
			wrong = append(wrong, fmt.Sprintf("%s must not import %s: packages depend on each other as ARCHITECTURE.md says", p.ImportPath, path))
		case !ours && !limited && strings.Contains(first, "."):
			wrong = append(wrong, fmt.Sprintf("%s imports %s, a new dependency: if it earns its place, add it to restricted in imports_test.go", p.ImportPath, path))
		}
	}
	return wrong
}

// restrictedTo returns who may import a package outside tests, and whether there is such a limit.
func restrictedTo(path string) (users []string, limited bool) {
	for name, users := range restricted {
		if covers(name+"/...", path) {
			return users, true
		}
	}
	return nil, false
}

// covers tells whether a rule of the table allows a package.
func covers(rule, path string) bool {
	above, deep := strings.CutSuffix(rule, "/...")
	return path == above || deep && strings.HasPrefix(path, above+"/")
}

func TestForbidden(t *testing.T) {
	for _, c := range []struct{ importer, path, wrong string }{
		{"simrun/node/paxos", "simrun/node/wal", ""},
		{"simrun/node/paxos", "simrun/node/multipaxos", "must not import"}, // protocols do not know each other
		{"simrun/node/paxos", "simrun/sim", "must not import"},             // nor the simulator
		{"simrun/sim/stream", "simrun/node/fact", "must not import"},
		{"simrun/faults", "simrun/netsim", "must not import"},
		{"simrun/checker", "simrun/node", "must not import"},
		{"simrun/netsim", "simrun/sim/stream", ""},
		{"simrun/scenarios", "simrun/node/wal", ""},
		{"simrun/scenarios", "simrun", "must not import"}, // the identity of a build is for the command
		{"simrun/scenarios", "simrun/node/nodetest", "except in tests"},
		{"simrun/scenarios", "testing", "except in tests"},
		{"simrun/scenarios", "testing/quick", "except in tests"},
		{"simrun/scenarios", "pgregory.net/rapid", "except in tests"},
		{"simrun/scenarios", "github.com/stretchr/testify/require", "except in tests"},
		{"simrun/scenarios", "github.com/anishathalye/porcupine", "except in tests"},
		{"simrun/checker", "github.com/anishathalye/porcupine", ""},
		{"simrun/sim", "github.com/spf13/cobra", "except in tests"},
		{"simrun/cli", "github.com/spf13/cobra", ""},
		{"simrun/cli", "example.org/other", "a new dependency"},
		{"simrun/cli", "os/signal", ""},
		{"simrun/sim/other", "fmt", "is a new package"},
	} {
		wrong := forbidden(listed{ImportPath: c.importer, Imports: []string{c.path}})
		if c.wrong == "" {
			require.Empty(t, wrong, "%s -> %s", c.importer, c.path)
		} else {
			require.Len(t, wrong, 1, "%s -> %s", c.importer, c.path)
			require.Contains(t, wrong[0], c.wrong)
		}
	}
}
