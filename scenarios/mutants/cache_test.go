//go:build linux

package mutants

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// The cache is the user's, or a folder of nobody else's; what is wrong with it is said with the variable that mends it.
func TestCacheDir(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", "here")
	_, err := CacheDir()
	require.ErrorContains(t, err, "XDG_CACHE_HOME is here, which is not absolute")

	temporary := t.TempDir()
	t.Setenv("XDG_CACHE_HOME", "")
	t.Setenv("HOME", "")
	t.Setenv("TMPDIR", temporary)
	dir, err := CacheDir()
	require.NoError(t, err)
	info, err := os.Stat(filepath.Dir(dir))
	require.NoError(t, err)
	require.Equal(t, os.ModeDir|0o700, info.Mode())
	again, err := CacheDir()
	require.NoError(t, err)
	require.Equal(t, dir, again)
	require.NoError(t, os.Chmod(filepath.Dir(dir), 0o755))
	_, err = CacheDir()
	require.ErrorContains(t, err, "is not this user's alone: set XDG_CACHE_HOME")
	require.NoError(t, os.Remove(filepath.Dir(dir)))
	require.NoError(t, os.Symlink(t.TempDir(), filepath.Dir(dir)))
	_, err = CacheDir()
	require.ErrorContains(t, err, "is not this user's alone", "somebody else may have put the link there")
}

func TestUnusableCache(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o644))
	b, err := NewBuilder(t.Context(), Simrun("../.."), filepath.Join(file, "cache"))
	require.NoError(t, err)
	_, err = b.Build(t.Context(), nil)
	require.ErrorContains(t, err, "the cache for programs with bugs cannot be used: ")
	require.ErrorContains(t, err, "set XDG_CACHE_HOME to a folder")
}

// What the go command itself complains of is passed on.
func TestGoComplains(t *testing.T) {
	bin := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(bin, "go"), []byte("#!/bin/sh\necho 'go: download go1.2: toolchain not available' >&2\nexit 1\n"), 0o755))
	t.Setenv("PATH", bin)
	_, err := NewBuilder(t.Context(), Simrun("../.."), t.TempDir())
	require.EqualError(t, err, "go version: exit status 1: go: download go1.2: toolchain not available")
}
