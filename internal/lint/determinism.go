package lint

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"strconv"
	"strings"
)

// banned are the packages that code inside a simulation may not import: they bring in the wall clock, other goroutines, the outside world, or
// addresses.
var banned = map[string]string{
	"time": "the wall clock", "math/rand": "global randomness", "math/rand/v2": "global randomness", "crypto/rand": "true randomness",
	"sync": "other goroutines", "sync/atomic": "other goroutines", "context": "other goroutines", "runtime": "the scheduler",
	"os": "the outside world", "os/exec": "the outside world", "os/signal": "the outside world", "net": "the outside world", "syscall": "the outside world",
	"unsafe": "addresses", "reflect": "memory layout", "hash/maphash": "a seed of its own", "testing": "tests", "log": "the outside world",
}

// exempt begins a comment that allows the line it stands on or above to iterate over a map, for a reason that follows.
const exempt = "//simrun:unordered "

// nondeterminism returns what in the package could make two runs of one seed differ, a line each.
func nondeterminism(c *checked) []string {
	var found []string
	for _, f := range c.files {
		v := &visitor{checked: c, exempt: map[int]bool{}, sorted: map[ast.Node]bool{}}
		for _, group := range f.Comments {
			for _, comment := range group.List {
				if reason, ok := strings.CutPrefix(comment.Text, exempt); ok && len(strings.Fields(reason)) >= 3 {
					line := c.fset.Position(comment.Pos()).Line
					v.exempt[line], v.exempt[line+1] = true, true
				}
			}
		}
		for _, spec := range f.Imports {
			path, _ := strconv.Unquote(spec.Path.Value)
			if why, bad := banned[path]; bad {
				v.report(spec.Pos(), "imports %s: %s", path, why)
			}
		}
		ast.Inspect(f, v.visit)
		found = append(found, v.found...)
	}
	return found
}

type visitor struct {
	*checked
	exempt map[int]bool      // lines
	sorted map[ast.Node]bool // calls whose result is sorted at once
	found  []string
}

func (v *visitor) report(at token.Pos, format string, args ...any) {
	p := v.fset.Position(at)
	v.found = append(v.found, fmt.Sprintf("%s:%d: %s", p.Filename, p.Line, fmt.Sprintf(format, args...)))
}

func (v *visitor) visit(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.GoStmt:
		v.report(n.Pos(), "starts a goroutine")
	case *ast.SelectStmt:
		v.report(n.Pos(), "select chooses at random")
	case *ast.ChanType:
		v.report(n.Pos(), "uses a channel")
	case *ast.RangeStmt:
		if t := v.info.TypeOf(n.X); t != nil && isMap(t) && !v.exempt[v.fset.Position(n.Pos()).Line] {
			v.report(n.Pos(), "iterates over a map in random order: sort the keys, or say why order does not matter with %q", strings.TrimSpace(exempt))
		}
	case *ast.CallExpr:
		v.call(n)
	}
	if e, ok := n.(ast.Expr); ok {
		v.float(e)
	}
	return true
}

// call refuses the iterators over maps, unless they are sorted at once.
func (v *visitor) call(n *ast.CallExpr) {
	name := v.callee(n)
	if strings.HasPrefix(name, "math.") {
		v.report(n.Pos(), "uses floating point: %s", name)
	}
	switch name {
	case "slices.Sorted", "slices.SortedFunc", "slices.SortedStableFunc":
		v.sorted[n.Args[0]] = true
	case "maps.Keys", "maps.Values", "maps.All":
		if !v.sorted[n] {
			v.report(n.Pos(), "%s gives a map in random order: wrap it in slices.Sorted", name)
		}
	}
}

// callee returns the called function as package.name; empty if it is no function of a package.
func (v *visitor) callee(n *ast.CallExpr) string {
	fun := ast.Unparen(n.Fun)
	if index, ok := fun.(*ast.IndexExpr); ok {
		fun = index.X
	}
	sel, ok := fun.(*ast.SelectorExpr)
	if !ok {
		return ""
	}
	if f, ok := v.info.Uses[sel.Sel].(*types.Func); ok && f.Pkg() != nil {
		return f.Pkg().Name() + "." + f.Name()
	}
	return ""
}

// float refuses floating point: its results differ between machines that fuse operations and those that do not.
func (v *visitor) float(e ast.Expr) {
	switch e := e.(type) {
	case *ast.BasicLit:
		if e.Kind == token.FLOAT || e.Kind == token.IMAG {
			v.report(e.Pos(), "uses floating point")
		}
	case *ast.Ident:
		if t, ok := v.info.Uses[e].(*types.TypeName); ok {
			if b, ok := t.Type().Underlying().(*types.Basic); ok && b.Info()&(types.IsFloat|types.IsComplex) != 0 {
				v.report(e.Pos(), "uses floating point")
			}
		}
	}
}

// isMap tells whether a value of the type may be a map, also one of a type parameter.
func isMap(t types.Type) bool {
	if p, ok := t.(*types.TypeParam); ok {
		t = p.Constraint()
		if u, ok := t.Underlying().(*types.Interface); ok {
			for i := range u.NumEmbeddeds() {
				if strings.Contains(u.EmbeddedType(i).String(), "map[") {
					return true
				}
			}
		}
		return false
	}
	_, ok := t.Underlying().(*types.Map)
	return ok
}
