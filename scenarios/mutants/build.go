package mutants

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"
)

// Builder compiles mutants of the command simrun, or of another program that has its commands. Programs are kept in a cache and found again by what they are made of.
type Builder struct {
	root  string   // of the module
	main  string   // the program's package, as "./cmd/simrun"
	dir   string   // where the diffs are, from the root
	flags []string // of "go build"
	cache string   // folder
	tree  string   // digest of everything that is compiled, unchanged, and of the toolchain
}

// Tree says whose bugs are planted, and where.
type Tree struct {
	Root   string   // of a module
	Module string   // its path, which go.mod must have
	Main   string   // the package of the program, as "./cmd/simrun"
	Dir    string   // where the diffs are, from the root
	Base   string   // digest of what the program is made of besides the module, or ""
	Flags  []string // of "go build", besides those that it needs
}

// Simrun returns the tree of simrun itself.
func Simrun(root string) Tree {
	return Tree{Root: root, Module: "simrun", Main: "./cmd/simrun", Dir: Dir}
}

// Dir is where the diffs are in simrun's own tree, from its root.
const Dir = "scenarios/mutants"

// NewBuilder returns a builder for a tree, whose programs are kept in the folder cache. The error says what is missing: the source tree, or
// a Go toolchain.
func NewBuilder(ctx context.Context, tree Tree, cache string) (*Builder, error) {
	root := tree.Root
	root, err := filepath.Abs(root)
	if err != nil {
		return nil, err
	}
	if text, err := os.ReadFile(filepath.Join(root, "go.mod")); err != nil || !strings.HasPrefix(string(text), "module "+tree.Module+"\n") {
		return nil, fmt.Errorf("%s is not the root of %s's source tree, which is compiled with each bug in turn: run this in a checkout", root, tree.Module)
	}
	version, err := exec.CommandContext(ctx, "go", "version").Output()
	if err != nil {
		if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
			return nil, fmt.Errorf("go version: %w: %s", err, bytes.TrimSpace(exit.Stderr))
		}
		return nil, errors.New("there is no Go toolchain: put go into the PATH, since every bug is compiled")
	}
	b := &Builder{root: root, main: tree.Main, dir: tree.Dir, flags: tree.Flags, cache: cache}
	prune(cache)
	b.tree, err = digestTree(os.DirFS(root), append(version, strings.Join(append([]string{tree.Base, tree.Main}, tree.Flags...), " ")...))
	return b, err
}

// Tree returns the digest of the unchanged sources and the toolchain.
func (b *Builder) Tree() string { return b.tree }

// Mutants returns the mutants of the tree.
func (b *Builder) Mutants() ([]Mutant, error) {
	return Load(os.DirFS(filepath.Join(b.root, filepath.FromSlash(b.dir))))
}

// digestTree digests all sources but tests, and what is embedded in them.
func digestTree(tree fs.FS, version []byte) (string, error) {
	h := sha256.New()
	h.Write(version)
	err := fs.WalkDir(tree, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if n := d.Name(); n != "." && (strings.HasPrefix(n, ".") || n == "results" || n == "testdata") {
				return fs.SkipDir
			}
			return nil
		}
		source := strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, "_test.go")
		embedded := strings.Contains(path, "/page/")
		if !source && !embedded && path != "go.mod" && path != "go.sum" {
			return nil
		}
		text, err := fs.ReadFile(tree, path)
		fmt.Fprintf(h, "%s %d\n%s", path, len(text), text)
		return err
	})
	return hex.EncodeToString(h.Sum(nil))[:16], err
}

// Program is a compiled mutant.
type Program struct {
	Path string // of the executable
	Key  string // digest of all that it is made of
}

// Build compiles the command with the mutant in it, or unchanged if m is nil, unless the cache has it.
func (b *Builder) Build(ctx context.Context, m *Mutant) (Program, error) {
	l, err := b.layOut(m)
	if err != nil {
		return Program{}, err
	}
	p := Program{Key: l.key, Path: filepath.Join(l.dir, "simrun")}
	if info, err := os.Stat(p.Path); err == nil && info.Mode().IsRegular() {
		return p, nil
	}
	// The program appears under its name only when it is whole. No stamp: it is the digest that names a build.
	// Several may be at it at once.
	aside, err := os.MkdirTemp(l.dir, "half-")
	if err != nil {
		return p, cacheError(err)
	}
	defer os.RemoveAll(aside)
	half := filepath.Join(aside, "simrun")
	if err := b.compile(ctx, l, append(slices.Clone(b.flags), "-ldflags=-s -w", "-o", half, b.main)...); err != nil {
		return p, err
	}
	return p, os.Rename(half, p.Path)
}

// Compiles tells why the packages that the mutant changes do not compile; nil if they do. It makes no program, which takes longer.
func (b *Builder) Compiles(ctx context.Context, m *Mutant) error {
	l, err := b.layOut(m)
	if err != nil {
		return err
	}
	var packages []string
	for _, p := range m.Files {
		packages = append(packages, "./"+path.Dir(p.Path))
	}
	return b.compile(ctx, l, packages...)
}

// layout is where the changed files of a mutant are.
type layout struct {
	name, key, dir string
}

// layOut writes the changed files and the overlay that puts them in the place of those of the tree.
func (b *Builder) layOut(m *Mutant) (l layout, err error) {
	changed := map[string][]byte{}
	l.name = Unchanged
	if m != nil {
		if changed, err = m.Apply(os.DirFS(b.root)); err != nil {
			return l, err
		}
		l.name = m.Name
	}
	h := sha256.New()
	fmt.Fprintln(h, b.tree)
	for _, path := range slices.Sorted(maps.Keys(changed)) {
		fmt.Fprintf(h, "%s %d\n%s", path, len(changed[path]), changed[path])
	}
	l.key = hex.EncodeToString(h.Sum(nil))[:16]
	l.dir = filepath.Join(b.cache, l.key)
	if err := os.MkdirAll(l.dir, 0o755); err != nil {
		return l, cacheError(err)
	}
	now := time.Now()
	_ = os.Chtimes(l.dir, now, now) // see prune
	overlay := struct{ Replace map[string]string }{map[string]string{}}
	for i, path := range slices.Sorted(maps.Keys(changed)) {
		file := filepath.Join(l.dir, fmt.Sprintf("%d-%s", i, filepath.Base(path)))
		if err := os.WriteFile(file, changed[path], 0o644); err != nil {
			return l, cacheError(err)
		}
		overlay.Replace[filepath.Join(b.root, filepath.FromSlash(path))] = file
	}
	text, err := json.Marshal(overlay)
	if err != nil {
		return l, err
	}
	if err := os.WriteFile(filepath.Join(l.dir, "overlay.json"), text, 0o644); err != nil {
		return l, cacheError(err)
	}
	return l, nil
}

// compile runs "go build" with the overlay.
func (b *Builder) compile(ctx context.Context, l layout, args ...string) error {
	build := exec.CommandContext(ctx, "go", append([]string{"build", "-buildvcs=false", "-overlay", filepath.Join(l.dir, "overlay.json")}, args...)...)
	build.Dir = b.root
	if said, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("%s does not compile: %w: %s", l.name, err, said)
	}
	return nil
}

// keepFor is how long a program stays in the cache that nobody builds any more, and keepMost how many programs do.
const (
	keepFor  = 48 * time.Hour
	keepMost = 300
)

// prune drops the programs that nobody has asked for of late: each has some 15 MB, and every change of the sources makes all of them anew.
func prune(cache string) {
	entries, _ := os.ReadDir(cache)
	used := map[string]time.Time{}
	for _, e := range entries {
		if info, err := e.Info(); err == nil && len(e.Name()) == 16 {
			used[e.Name()] = info.ModTime()
		}
	}
	latest := slices.SortedFunc(maps.Keys(used), func(a, b string) int { return used[b].Compare(used[a]) })
	for i, name := range latest {
		if i >= keepMost || time.Since(used[name]) > keepFor {
			os.RemoveAll(filepath.Join(cache, name)) // at worst it stays
		}
	}
}

// cacheVariable is the variable that says where the user's cache folder is.
func cacheVariable() string {
	switch runtime.GOOS {
	case "windows":
		return "LocalAppData"
	case "darwin", "ios":
		return "HOME"
	}
	return "XDG_CACHE_HOME"
}

// CacheDir returns where programs are kept if nobody says otherwise: below the user's cache folder, and where that is not known in a folder for
// temporary files that is this user's own, since the programs are executed.
func CacheDir() (string, error) {
	dir, err := os.UserCacheDir()
	if err == nil {
		return filepath.Join(dir, "simrun", "mutants"), nil
	}
	if dir := os.Getenv(cacheVariable()); dir != "" {
		return "", fmt.Errorf("programs with bugs are kept in a cache, and %s is %s, which is not absolute: set it to a folder's whole path", cacheVariable(), dir)
	}
	dir = filepath.Join(os.TempDir(), fmt.Sprintf("simrun-%d", os.Getuid()))
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return "", cacheError(err)
	}
	if info, err := os.Lstat(dir); err != nil || !info.IsDir() || !mine(info) {
		return "", cacheError(fmt.Errorf("%s is not this user's alone", dir))
	}
	return filepath.Join(dir, "mutants"), nil
}

// cacheError says what to do where the cache cannot be used.
func cacheError(err error) error {
	return fmt.Errorf("the cache for programs with bugs cannot be used: %w: set %s to a folder that can be written", err, cacheVariable())
}
