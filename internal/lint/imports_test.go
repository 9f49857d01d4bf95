package lint

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// allowed is the picture of ARCHITECTURE.md: which of our packages each may import. A name ending in /... covers all packages below
// it. Tests may import more.
var allowed = map[string][]string{
	"simrun":                 nil,
	"simrun/node":            {"simrun/node/fact"},
	"simrun/node/fact":       nil,
	"simrun/node/wal":        {"simrun/node", "simrun/node/fact"},
	"simrun/node/machine":    nil,
	"simrun/node/nodetest":   {"simrun/node", "simrun/node/fact"},
	"simrun/node/paxos":      protocol,
	"simrun/node/multipaxos": protocol,
	"simrun/sim":             {"simrun/node", "simrun/node/fact", "simrun/sim/stream"},
	"simrun/sim/stream":      nil,
	"simrun/netsim":          {"simrun/sim/...", "simrun/node", "simrun/node/fact"},
	"simrun/faults":          {"simrun/node", "simrun/sim/stream"},
	"simrun/checker":         {"simrun/node/fact"},
	"simrun/scenarios":       {"simrun/sim/...", "simrun/netsim", "simrun/faults", "simrun/checker", "simrun/node/..."},
	"simrun/cmd/simrun":      {"simrun", "simrun/scenarios", "simrun/faults", "simrun/checker", "simrun/sim", "simrun/node"},
	"simrun/internal/lint":   nil,
}

// protocol is what a protocol may import: it must compile without the simulator.
var protocol = []string{"simrun/node", "simrun/node/fact", "simrun/node/wal", "simrun/node/machine"}

// outside is where packages of others may be imported, apart from tests.
var outside = map[string][]string{
	"github.com/anishathalye/porcupine": {"simrun/checker"},
	"github.com/spf13/cobra":            {"simrun/cmd/simrun"},
	"github.com/stretchr/testify":       nil,
	"pgregory.net/rapid":                nil, // its init registers global flags
	"github.com/cockroachdb/datadriven": nil,
	"testing":                           nil,
}

func TestImports(t *testing.T) {
	packages, err := list(root, "./...")
	require.NoError(t, err)
	require.Greater(t, len(packages), 10)
	for _, p := range packages {
		may, known := allowed[p.ImportPath]
		if !known {
			t.Errorf("%s is a new package: say in the table of imports_test.go what it may import, and in ARCHITECTURE.md what it is", p.ImportPath)
			continue
		}
		for _, path := range p.Imports {
			if path == "simrun" || strings.HasPrefix(path, "simrun/") {
				if !slices.ContainsFunc(may, func(rule string) bool { return covers(rule, path) }) {
					t.Errorf("%s must not import %s", p.ImportPath, path)
				}
				if strings.HasSuffix(path, "/nodetest") {
					t.Errorf("%s must not import %s, which is for tests", p.ImportPath, path)
				}
				continue
			}
			for module, where := range outside {
				if (path == module || strings.HasPrefix(path, module+"/")) && !slices.Contains(where, p.ImportPath) {
					t.Errorf("%s must not import %s, except in tests", p.ImportPath, path)
				}
			}
			if strings.Contains(strings.Split(path, "/")[0], ".") && !slices.ContainsFunc(outsideNames(), func(m string) bool { return path == m || strings.HasPrefix(path, m+"/") }) {
				t.Errorf("%s imports %s, which is in no table: does it earn its place?", p.ImportPath, path)
			}
		}
	}
}

func covers(rule, path string) bool {
	if below, ok := strings.CutSuffix(rule, "/..."); ok {
		return path == below || strings.HasPrefix(path, below+"/")
	}
	return rule == path
}

func outsideNames() (names []string) {
	for name := range outside {
		names = append(names, name)
	}
	return names
}
