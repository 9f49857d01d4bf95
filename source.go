// Package simrun names the build: the commit, and a digest of the sources that decide what a run does. The packages that
// do the work are in the folders below; the command is in cmd/simrun.
package simrun

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
)

// sources holds what decides a run. An overlay given to the build replaces these files too, so a planted bug shows.
//
//go:embed go.mod go.sum sim/*.go sim/*/*.go node/*.go node/*/*.go netsim/*.go faults/*.go checker/*.go scenarios/*.go
var sources embed.FS

// Build identifies a build. Two runs of one seed are the same if their builds are.
type Build struct {
	Commit   string // that the build was stamped with, or empty: go run and go test do not stamp
	Modified bool   // the tree had changes that were not committed
	Sources  string // SourceHash
	Go       string // version of the toolchain
}

// Identity returns the identity of this build.
func Identity() Build {
	b := Build{Sources: SourceHash(), Go: runtime.Version()}
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			switch s.Key {
			case "vcs.revision":
				b.Commit = s.Value
			case "vcs.modified":
				b.Modified = s.Value == "true"
			}
		}
	}
	return b
}

// SourceHash returns the first 12 hexadecimal digits of a SHA-256 over the paths and contents of the sources that decide a
// run: all Go files but tests, go.mod and go.sum.
var SourceHash = sync.OnceValue(func() string {
	var files []string
	_ = fs.WalkDir(sources, ".", func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && !strings.HasSuffix(path, "_test.go") {
			files = append(files, path)
		}
		return err
	})
	slices.Sort(files)
	h := sha256.New()
	for _, path := range files {
		text, err := sources.ReadFile(path)
		if err != nil {
			panic("simrun: an embedded file cannot be read: " + err.Error())
		}
		h.Write([]byte(path))
		h.Write([]byte{0})
		h.Write(text)
		h.Write([]byte{0})
	}
	return hex.EncodeToString(h.Sum(nil))[:12]
})
