// Package simrun names the build: the commit, and a digest of the sources that decide what a run does. The packages that
// do the work are in the folders below; the command is in cmd/simrun and cli.
package simrun

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
)

// sources holds what decides a run. An overlay given to the build replaces these files too, so a planted bug shows.
//
//go:embed go.mod go.sum sim/*.go sim/*/*.go node/*.go node/*/*.go netsim/*.go faults/*.go checker/*.go checker/*/*.go scenarios/*.go scenarios/*/*.go
var sources embed.FS

// Build identifies a build. Two runs of one seed are the same if their builds are.
type Build struct {
	Commit   string // that the build was stamped with, or empty: go run and go test do not stamp
	Modified bool   // the tree had changes that were not committed
	Sources  string // SourceHash; in a program of another module, a digest of the program too
	Go       string // version of the toolchain
}

// Identity returns the identity of this build.
func Identity() Build {
	b := Build{Sources: SourceHash(), Go: runtime.Version()}
	if info, ok := debug.ReadBuildInfo(); ok {
		if info.Main.Path != "simrun" {
			b.Sources = programHash()
		}
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
// run: all Go files but tests, go.mod and go.sum. It is computed once.
func SourceHash() string { return sourceHash() }

var sourceHash = sync.OnceValue(func() string {
	digits, err := hashFiles(sources)
	if err != nil {
		panic("simrun: an embedded file cannot be read: " + err.Error())
	}
	return digits
})

// programHash returns the first 12 hexadecimal digits of a SHA-256 over SourceHash and the running program: of a program with protocols of its
// own, the sources are not at hand. Programs built from the same sources in the same way are the same. It is computed once.
var programHash = sync.OnceValue(func() string {
	h := sha256.New()
	h.Write([]byte(SourceHash()))
	if file, err := os.Executable(); err == nil {
		if f, err := os.Open(file); err == nil {
			defer f.Close()
			if _, err := io.Copy(h, f); err != nil {
				return SourceHash() // all that is known
			}
		}
	}
	return hex.EncodeToString(h.Sum(nil))[:12]
})

// hashFiles does the work of SourceHash. Contents follow their length, so that text cannot pass from one file to the next
// unnoticed.
func hashFiles(files fs.FS) (string, error) {
	h := sha256.New()
	err := fs.WalkDir(files, ".", func(path string, d fs.DirEntry, err error) error { // in the order of names
		if err != nil || d.IsDir() || strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := fs.ReadFile(files, path)
		fmt.Fprintf(h, "%s %d\n%s", path, len(text), text)
		return err
	})
	return hex.EncodeToString(h.Sum(nil))[:12], err
}
