// Package lint holds the code against its rules, as tests: which package may import which (imports_test.go), what
// code that runs inside a simulation may not use (determinism_test.go), and that the commands in the documentation
// work (readme_test.go).
//
// The determinism linter is written with go/ast and go/types on top of "go list", so that it brings no dependency into go.mod. A
// generic analyzer that follows calls into the standard library would have to be told which of its insides are
// harmless; this one looks at our sources alone, and names the few packages of the standard library that they may import.
package lint

import (
	"bytes"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
)

// listed is what "go list" tells of a package.
type listed struct {
	ImportPath     string
	Dir            string
	GoFiles        []string
	IgnoredGoFiles []string // for other machines, or with build tags
	CgoFiles       []string
	SFiles         []string // assembly
	Imports        []string // but those of tests
	Export         string   // file with its compiled declarations
}

// touch opens all folders of the tree. The cache of test results then knows that the test depends on every file in them, also on those
// that only a go command reads.
func touch(root string) error {
	return filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if d != nil && d.IsDir() && (d.Name() == ".git" || d.Name() == "runs") {
			return filepath.SkipDir
		}
		return err
	})
}

// list runs "go list" in a folder.
func list(dir string, args ...string) ([]listed, error) {
	c := exec.Command("go", append([]string{"list", "-json"}, args...)...)
	c.Dir = dir
	c.Stderr = os.Stderr
	out, err := c.Output()
	if err != nil {
		return nil, fmt.Errorf("go list: %w", err)
	}
	var all []listed
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var p listed
		if err := d.Decode(&p); err == io.EOF {
			return all, nil
		} else if err != nil {
			return nil, err
		}
		all = append(all, p)
	}
}

// checked is a package with the types of its expressions.
type checked struct {
	fset  *token.FileSet
	files []*ast.File
	pkg   *types.Package
	info  *types.Info
}

// check parses the files and finds the types of their expressions. exports tells where the compiled declarations of
// an imported package are.
func check(path, dir string, files []string, exports map[string]string) (*checked, error) {
	c := &checked{fset: token.NewFileSet()}
	for _, name := range files {
		f, err := parser.ParseFile(c.fset, filepath.Join(dir, name), nil, parser.ParseComments)
		if err != nil {
			return nil, err
		}
		c.files = append(c.files, f)
	}
	c.info = &types.Info{
		Types:      map[ast.Expr]types.TypeAndValue{},
		Uses:       map[*ast.Ident]types.Object{},
		Defs:       map[*ast.Ident]types.Object{},
		Selections: map[*ast.SelectorExpr]*types.Selection{},
	}
	config := types.Config{Importer: importer.ForCompiler(c.fset, "gc", func(path string) (io.ReadCloser, error) {
		file, ok := exports[path]
		if !ok {
			return nil, fmt.Errorf("no declarations of %s", path)
		}
		return os.Open(file)
	})}
	var err error
	c.pkg, err = config.Check(path, c.fset, c.files, c.info)
	return c, err
}

// exports lists the compiled declarations of packages and all that they import.
func exports(dir string, patterns ...string) (map[string]string, error) {
	all, err := list(dir, append([]string{"-export", "-deps"}, patterns...)...)
	if err != nil {
		return nil, err
	}
	files := map[string]string{}
	for _, p := range all {
		files[p.ImportPath] = p.Export
	}
	return files, nil
}
