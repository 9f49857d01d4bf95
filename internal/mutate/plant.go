package main

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
	"slices"
	"strings"
)

// mutant is one change.
type mutant struct {
	file string
	line int
	what string
}

func (m mutant) String() string { return fmt.Sprintf("%s:%d  %s", m.file, m.line, m.what) }

// swaps are what an operator is changed to, one after the other.
var swaps = map[token.Token][]token.Token{
	token.LSS: {token.LEQ, token.GEQ}, token.LEQ: {token.LSS, token.GTR},
	token.GTR: {token.GEQ, token.LEQ}, token.GEQ: {token.GTR, token.LSS},
	token.EQL: {token.NEQ}, token.NEQ: {token.EQL},
	token.LAND: {token.LOR}, token.LOR: {token.LAND},
	token.ADD: {token.SUB}, token.SUB: {token.ADD}, token.MUL: {token.QUO}, token.QUO: {token.MUL}, token.REM: {token.MUL},
	token.AND: {token.OR}, token.OR: {token.AND}, token.XOR: {token.AND}, token.SHL: {token.SHR}, token.SHR: {token.SHL},
	token.ADD_ASSIGN: {token.SUB_ASSIGN}, token.SUB_ASSIGN: {token.ADD_ASSIGN}, token.MUL_ASSIGN: {token.QUO_ASSIGN},
	token.OR_ASSIGN: {token.AND_ASSIGN}, token.XOR_ASSIGN: {token.AND_ASSIGN},
}

// planter changes the files of a package.
type planter struct {
	fset    *token.FileSet
	paths   []string
	trees   []*ast.File // of the paths
	pkg     *types.Package
	info    types.Info
	source  []byte
	file    string
	mutants []mutant
	edits   []edit
}

// edit puts text in at a place. Of those at one place, the text of the outer construct comes first where it opens and last where it closes.
type edit struct {
	at    int
	depth int // negative where a construct closes
	text  string
}

// load reads the package, and finds out the types of its expressions.
func load(dir string) (*planter, error) {
	c := exec.Command("go", "list", "-export", "-deps", "-json=ImportPath,Dir,GoFiles,Export,DepOnly", dir)
	c.Stderr = os.Stderr
	out, err := c.Output()
	if err != nil {
		return nil, fmt.Errorf("go list %s: %w", dir, err)
	}
	p := &planter{fset: token.NewFileSet(), info: types.Info{Types: map[ast.Expr]types.TypeAndValue{}}}
	exports := map[string]string{}
	var path string
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var l struct {
			ImportPath, Dir, Export string
			GoFiles                 []string
			DepOnly                 bool
		}
		if err := d.Decode(&l); err == io.EOF {
			break
		} else if err != nil {
			return nil, err
		}
		exports[l.ImportPath] = l.Export
		if l.DepOnly {
			continue
		}
		path = l.ImportPath
		for _, name := range l.GoFiles {
			p.paths = append(p.paths, filepath.Join(l.Dir, name))
		}
	}
	for _, name := range p.paths {
		tree, err := parser.ParseFile(p.fset, name, nil, 0)
		if err != nil {
			return nil, err
		}
		p.trees = append(p.trees, tree)
	}
	config := types.Config{Importer: importer.ForCompiler(p.fset, "gc", func(path string) (io.ReadCloser, error) { return os.Open(exports[path]) })}
	p.pkg, err = config.Check(path, p.fset, p.trees, &p.info)
	return p, err
}

// plant writes the changed sources and the overlay into scratch.
func plant(dir, scratch string, only []string) ([]mutant, error) {
	p, err := load(dir)
	if err != nil {
		return nil, err
	}
	overlay := map[string]string{}
	for i, tree := range p.trees {
		path := p.paths[i]
		p.file = filepath.Base(path)
		if len(only) > 0 && !slices.Contains(only, strings.TrimSuffix(p.file, ".go")) {
			continue
		}
		if p.source, err = os.ReadFile(path); err != nil {
			return nil, err
		}
		p.edits = p.edits[:0]
		for _, d := range tree.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Body != nil && f.Name.Name != "String" {
				p.function(f)
			}
		}
		overlay[path] = filepath.Join(scratch, p.file)
		if err := os.WriteFile(overlay[path], p.result(), 0o600); err != nil {
			return nil, err
		}
	}
	picker := "package " + p.pkg.Name() + "\n\nimport (\n\t\"os\"\n\t\"strconv\"\n)\n\nvar mutant, _ = strconv.Atoi(os.Getenv(\"MUTANT\"))\n"
	name := filepath.Join(scratch, "picker.go")
	overlay[filepath.Join(filepath.Dir(p.paths[0]), "mutant_picker.go")] = name
	if err := os.WriteFile(name, []byte(picker), 0o600); err != nil {
		return nil, err
	}
	b, err := json.Marshal(map[string]any{"Replace": overlay})
	if err != nil {
		return nil, err
	}
	return p.mutants, os.WriteFile(filepath.Join(scratch, "overlay.json"), b, 0o600)
}

func (p *planter) result() []byte {
	slices.SortStableFunc(p.edits, func(a, b edit) int {
		if a.at != b.at {
			return a.at - b.at
		}
		return a.depth - b.depth
	})
	var out bytes.Buffer
	at := 0
	for _, e := range p.edits {
		out.Write(p.source[at:e.at])
		out.WriteString(e.text)
		at = e.at
	}
	out.Write(p.source[at:])
	return out.Bytes()
}

func (p *planter) text(n ast.Node) string {
	return string(p.source[p.offset(n.Pos()):p.offset(n.End())])
}

func (p *planter) offset(pos token.Pos) int { return p.fset.Position(pos).Offset }

// add notes a mutant, and returns its number.
func (p *planter) add(at token.Pos, format string, args ...any) int {
	what := strings.Join(strings.Fields(fmt.Sprintf(format, args...)), " ")
	if r := []rune(what); len(r) > 110 {
		what = string(r[:110]) + "..."
	}
	p.mutants = append(p.mutants, mutant{p.file, p.fset.Position(at).Line, what})
	return len(p.mutants)
}

// wrap puts text around a node.
func (p *planter) wrap(n ast.Node, depth int, before, after string) {
	p.edits = append(p.edits, edit{p.offset(n.Pos()), depth, before}, edit{p.offset(n.End()), -depth, after})
}

func (p *planter) function(f *ast.FuncDecl) {
	var path []ast.Node
	ast.Inspect(f.Body, func(n ast.Node) bool {
		if n == nil {
			path = path[:len(path)-1]
			return true
		}
		var parent ast.Node
		if len(path) > 0 {
			parent = path[len(path)-1]
		}
		path = append(path, n)
		depth := 2 * len(path)
		switch n := n.(type) {
		case *ast.BinaryExpr:
			p.binary(n, depth)
		case *ast.UnaryExpr:
			if n.Op == token.NOT {
				k := p.add(n.Pos(), "%s without the negation", p.text(n))
				p.wrap(n, depth, fmt.Sprintf("func() bool { if mutant == %d { return %s }; return ", k, p.text(n.X)), " }()")
			}
		case *ast.IncDecStmt:
			other := token.DEC
			if n.Tok == token.DEC {
				other = token.INC
			}
			if inBlock(parent) {
				k := p.add(n.Pos(), "%s becomes %v", p.text(n), other)
				p.wrap(n, depth, fmt.Sprintf("if mutant == %d { %s%v } else { ", k, p.text(n.X), other), " }")
			}
		case *ast.AssignStmt:
			p.assign(n, parent, depth)
		case *ast.ExprStmt:
			if inBlock(parent) {
				k := p.add(n.Pos(), "without %s", p.text(n))
				p.wrap(n, depth, fmt.Sprintf("if mutant != %d { ", k), " }")
			}
		case *ast.BranchStmt:
			if n.Tok == token.CONTINUE && n.Label == nil && inBlock(parent) {
				k := p.add(n.Pos(), "continue becomes break")
				p.wrap(n, depth, fmt.Sprintf("if mutant == %d { break }; ", k), "")
			}
		}
		return true
	})
}

// inBlock tells whether a statement may have others beside it.
func inBlock(parent ast.Node) bool {
	switch parent.(type) {
	case *ast.BlockStmt, *ast.CaseClause:
		return true
	}
	return false
}

func (p *planter) binary(n *ast.BinaryExpr, depth int) {
	t := p.info.Types[n]
	if t.Value != nil { // a constant
		return
	}
	if basic, ok := t.Type.Underlying().(*types.Basic); !ok || basic.Info()&types.IsString != 0 {
		return
	}
	name := types.TypeString(types.Default(t.Type), func(other *types.Package) string {
		if other == p.pkg {
			return ""
		}
		return other.Name()
	})
	choices := ""
	for _, op := range swaps[n.Op] {
		k := p.add(n.OpPos, "%s: %v becomes %v", p.text(n), n.Op, op)
		choices += fmt.Sprintf("if mutant == %d { return %s %v %s }; ", k, p.text(n.X), op, p.text(n.Y))
	}
	if choices != "" {
		p.wrap(n, depth, "func() "+name+" { "+choices+"return ", " }()")
	}
}

func (p *planter) assign(n *ast.AssignStmt, parent ast.Node, depth int) {
	if !inBlock(parent) || n.Tok == token.DEFINE || p.text(n.Lhs[0]) == "_" {
		return
	}
	k := p.add(n.Pos(), "without %s", p.text(n))
	before := fmt.Sprintf("if mutant == %d { } else ", k)
	for _, op := range swaps[n.Tok] {
		if basic, ok := p.info.Types[n.Lhs[0]].Type.Underlying().(*types.Basic); !ok || basic.Info()&types.IsString != 0 {
			continue
		}
		k := p.add(n.Pos(), "%s: %v becomes %v", p.text(n), n.Tok, op)
		before += fmt.Sprintf("if mutant == %d { %s %v %s } else ", k, p.text(n.Lhs[0]), op, p.text(n.Rhs[0]))
	}
	p.wrap(n, depth, before+"{ ", " }")
}
