//go:build unix

package mutants

import (
	"io/fs"
	"os"
	"syscall"
)

// mine tells whether a folder belongs to this user, and nobody else may use it.
func mine(info fs.FileInfo) bool {
	s, ok := info.Sys().(*syscall.Stat_t)
	return ok && int64(s.Uid) == int64(os.Getuid()) && info.Mode().Perm()&0o077 == 0
}
