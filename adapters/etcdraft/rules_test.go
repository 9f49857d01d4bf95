package etcdraft

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// What runs inside the simulation imports nothing that knows the time or the outside world, starts no goroutines, and uses no channels. The library is
// trusted in this, but for what doc.go says of it; that it keeps to it is shown by the hashes.
func TestRules(t *testing.T) {
	allowed := []string{"bytes", "encoding/binary", "errors", "fmt", "math/bits", "slices", "go.etcd.io/raft/v3", "go.etcd.io/raft/v3/raftpb"}
	files, err := filepath.Glob("*.go")
	require.NoError(t, err)
	looked := 0
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		looked++
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		require.NoError(t, err)
		for _, i := range f.Imports {
			path, _ := strconv.Unquote(i.Path.Value)
			require.True(t, strings.HasPrefix(path, "simrun/") || slices.Contains(allowed, path), "%s imports %s", file, path)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			switch n.(type) {
			case *ast.GoStmt, *ast.SelectStmt, *ast.SendStmt, *ast.ChanType:
				t.Errorf("%s uses goroutines or channels", file)
			}
			return true
		})
	}
	require.Greater(t, looked, 10)
}
