// Package lint holds tests that hold the code against its rules: which package may import which (imports_test.go),
// what may not be used in code that runs inside a simulation (determinism_test.go), and that the commands in
// the documentation work (readme_test.go). It uses the standard library only.
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
	"os"
	"os/exec"
	"path/filepath"
)

// listed is what "go list" tells of a package.
type listed struct {
	ImportPath   string
	Dir          string
	GoFiles      []string
	Imports      []string
	TestImports  []string
	XTestImports []string
	Export       string // file with its compiled declarations
	Standard     bool
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
	path  string
	fset  *token.FileSet
	files []*ast.File
	info  *types.Info
}

// check parses the files and finds the types of their expressions. exports tells where the compiled declarations of
// an imported package are.
func check(path, dir string, files []string, exports map[string]string) (*checked, error) {
	c := &checked{path: path, fset: token.NewFileSet()}
	for _, name := range files {
		f, err := parser.ParseFile(c.fset, filepath.Join(dir, name), nil, parser.ParseComments)
		if err != nil {
			return nil, err
		}
		c.files = append(c.files, f)
	}
	c.info = &types.Info{Types: map[ast.Expr]types.TypeAndValue{}, Uses: map[*ast.Ident]types.Object{}, Defs: map[*ast.Ident]types.Object{}}
	config := types.Config{Importer: importer.ForCompiler(c.fset, "gc", func(path string) (io.ReadCloser, error) {
		file, ok := exports[path]
		if !ok {
			return nil, fmt.Errorf("no declarations of %s", path)
		}
		return os.Open(file)
	})}
	_, err := config.Check(path, c.fset, c.files, c.info)
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
