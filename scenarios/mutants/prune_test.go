package mutants

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// What was asked for last stays, as long as there is not too much of it; what nobody has asked for in days goes, and what is not the builder's is let be.
func TestPrune(t *testing.T) {
	cache := t.TempDir()
	put := func(name string, age time.Duration) string {
		dir := filepath.Join(cache, name)
		require.NoError(t, os.Mkdir(dir, 0o755))
		at := time.Now().Add(-age)
		require.NoError(t, os.Chtimes(dir, at, at))
		return dir
	}
	old := put("00000000000000ff", keepFor+time.Hour)
	other := put("something else", 10*keepFor)
	var programs []string
	for i := range keepMost + 5 {
		programs = append(programs, put(fmt.Sprintf("%016x", 0x1000+i), time.Duration(i)*time.Minute))
	}
	prune(cache)
	require.NoDirExists(t, old)
	require.DirExists(t, other)
	require.DirExists(t, programs[keepMost-1])
	for _, dir := range programs[keepMost:] {
		require.NoDirExists(t, dir)
	}
}
