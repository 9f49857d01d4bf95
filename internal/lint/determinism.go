package lint

import (
	"cmp"
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strconv"
	"strings"
)

// pure are the packages of the standard library that code inside a simulation may import: what they do depends on their arguments
// alone. Whatever is not here may bring in the wall clock, other goroutines, the outside world, or addresses. What is
// not harmless in fmt and maps has rules of its own.
var pure = []string{
	"bufio", "bytes", "cmp", "encoding/binary", "encoding/json", "errors", "fmt", "hash/crc32", "io", "maps", "math", "math/bits", "slices", "sort", "strconv",
	"strings", "unicode", "unicode/utf8",
}

// unordered are the functions of package maps that go through a map in random order.
var unordered = []string{"maps.All", "maps.Keys", "maps.Values", "maps.DeleteFunc", "maps.EqualFunc"}

// exempt begins a comment that allows the line it stands on or above to go through a map in random order. A reason of three words or
// more follows.
const exempt = "//simrun:unordered"

// finding is a place that could make two runs of one seed differ.
type finding struct {
	file string
	line int
	what string
}

func (f finding) String() string { return fmt.Sprintf("%s:%d: %s", f.file, f.line, f.what) }

// nondeterminism returns what in a package could make two runs of one seed differ, in the order of the source.
//
// The rules look at one package at a time and follow no calls. They need not: what is imported from elsewhere is either held by the
// same rules, or pure. So the linter needs no knowledge of the standard library's insides.
func nondeterminism(c *checked) []finding {
	var found []finding
	for _, f := range c.files {
		v := &visitor{checked: c, exemptions: map[int]bool{}, sorted: map[*ast.Ident]bool{}, said: map[finding]bool{}}
		v.file(f)
		for at := range v.said {
			found = append(found, at)
		}
	}
	slices.SortFunc(found, func(a, b finding) int {
		return cmp.Or(cmp.Compare(a.file, b.file), cmp.Compare(a.line, b.line), cmp.Compare(a.what, b.what))
	})
	return found
}

// visitor walks one file.
type visitor struct {
	*checked
	exemptions map[int]bool        // line of an exemption: whether something needed it
	sorted     map[*ast.Ident]bool // names of functions whose result is sorted at once
	said       map[finding]bool
}

func (v *visitor) report(at token.Pos, format string, args ...any) {
	p := v.fset.Position(at)
	v.said[finding{p.Filename, p.Line, fmt.Sprintf(format, args...)}] = true
}

func (v *visitor) file(f *ast.File) {
	for _, spec := range f.Imports {
		path, _ := strconv.Unquote(spec.Path.Value)
		if !strings.HasPrefix(path, "simrun/") && !slices.Contains(pure, path) {
			v.report(spec.Pos(), "imports %s, which is not known to depend on its arguments alone", path)
		}
	}
	for _, group := range f.Comments {
		for _, comment := range group.List {
			if reason, ok := strings.CutPrefix(comment.Text, exempt); ok {
				reason, _, _ = strings.Cut(reason, "//")
				v.exemptions[v.line(comment.Pos())] = false
				if len(strings.Fields(reason)) < 3 {
					v.report(comment.Pos(), "an exemption needs a reason: %s why order is not seen", exempt)
				}
			}
		}
	}
	for _, d := range f.Decls {
		fn, ok := d.(*ast.FuncDecl)
		running := !ok || fn.Recv != nil || fn.Name.Name != "init"
		ast.PreorderStack(d, nil, func(n ast.Node, around []ast.Node) bool {
			v.node(n)
			if running || slices.ContainsFunc(around, isLiteral) {
				v.shared(n)
			}
			return true
		})
	}
	for line, used := range v.exemptions {
		if !used {
			v.said[finding{v.fset.Position(f.Pos()).Filename, line, "an exemption that nothing needs"}] = true
		}
	}
}

// node applies the rules that need no more than a node and its type.
func (v *visitor) node(n ast.Node) {
	switch n := n.(type) {
	case *ast.GoStmt:
		v.report(n.Pos(), "starts a goroutine")
	case *ast.SelectStmt:
		v.report(n.Pos(), "select chooses at random")
	case *ast.RangeStmt:
		if mayBeMap(v.info.TypeOf(n.X)) && !v.exempted(n.Pos()) {
			v.report(n.Pos(), "iterates over a map in random order: sort the keys, or give a reason with %s", exempt)
		}
	case *ast.CallExpr:
		v.call(n)
	case *ast.Ident:
		if name := v.function(n); slices.Contains(unordered, name) && !v.sorted[n] && !v.exempted(n.Pos()) {
			v.report(n.Pos(), "%s goes through a map in random order: use slices.Sorted(maps.Keys(m)), or give a reason with %s", name, exempt)
		}
	case *ast.BasicLit:
		if n.Kind == token.STRING && strings.Contains(n.Value, "%p") {
			v.report(n.Pos(), "prints an address")
		}
		if n.Kind == token.FLOAT || n.Kind == token.IMAG {
			v.report(n.Pos(), "uses floating point, which machines round differently")
		}
	}
	e, ok := n.(ast.Expr)
	if !ok {
		return
	}
	t := v.info.TypeOf(e)
	if t == nil {
		return
	}
	switch t := t.Underlying().(type) {
	case *types.Basic:
		if t.Info()&(types.IsFloat|types.IsComplex) != 0 {
			v.report(e.Pos(), "uses floating point, which machines round differently")
		}
		if t.Kind() == types.UnsafePointer {
			v.report(e.Pos(), "uses addresses")
		}
	case *types.Chan:
		v.report(e.Pos(), "uses a channel")
	}
}

// call notes what is sorted at once, and refuses to print addresses. Sorting with a function of one's own is not enough: what it holds
// to be equal would stay in random order.
func (v *visitor) call(n *ast.CallExpr) {
	switch name := v.function(called(n)); {
	case name == "slices.Sorted":
		if inner, ok := ast.Unparen(n.Args[0]).(*ast.CallExpr); ok {
			v.sorted[called(inner)] = true
		}
	case strings.HasPrefix(name, "fmt."):
		for _, arg := range n.Args {
			if t := v.info.TypeOf(arg); t != nil && printsAddress(t) {
				v.report(arg.Pos(), "%s of %s prints an address", name, types.TypeString(t, types.RelativeTo(v.pkg)))
			}
		}
	}
}

// shared refuses to write a package variable after it was initialised: runs would see each other, those before and those in
// other goroutines. To take its address is allowed: that is how large tables are read.
func (v *visitor) shared(n ast.Node) {
	var written []ast.Expr
	switch n := n.(type) {
	case *ast.AssignStmt:
		if n.Tok != token.DEFINE {
			written = n.Lhs
		}
	case *ast.RangeStmt:
		if n.Tok == token.ASSIGN {
			written = []ast.Expr{n.Key, n.Value}
		}
	case *ast.IncDecStmt:
		written = []ast.Expr{n.X}
	case *ast.SelectorExpr: // a method on a pointer may write what it is called on
		if s := v.info.Selections[n]; s != nil && s.Kind() == types.MethodVal &&
			isPointer(s.Obj().Type().(*types.Signature).Recv().Type()) {
			written = []ast.Expr{n.X}
		}
	}
	for _, e := range written {
		if name := v.packageVariable(e); name != "" {
			v.report(e.Pos(), "may write %s, a package variable, which all runs share", name)
		}
	}
}

// packageVariable returns the name of the package variable that the expression is part of; empty if there is none.
func (v *visitor) packageVariable(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		if o, ok := v.info.Uses[e].(*types.Var); ok && o.Pkg() != nil && o.Parent() == o.Pkg().Scope() {
			return o.Name()
		}
	case *ast.SelectorExpr:
		if name := v.packageVariable(e.Sel); name != "" {
			return name
		}
		return v.packageVariable(e.X)
	case *ast.IndexExpr:
		return v.packageVariable(e.X)
	case *ast.ParenExpr:
		return v.packageVariable(e.X)
	case *ast.StarExpr:
		return v.packageVariable(e.X)
	}
	return ""
}

// called returns the name of the called function, without its package and type arguments; nil if it has none.
func called(n *ast.CallExpr) *ast.Ident {
	fun := ast.Unparen(n.Fun)
	switch index := fun.(type) {
	case *ast.IndexExpr:
		fun = index.X
	case *ast.IndexListExpr:
		fun = index.X
	}
	switch fun := fun.(type) {
	case *ast.Ident:
		return fun
	case *ast.SelectorExpr:
		return fun.Sel
	}
	return nil
}

// function returns path.Name of the function of a package that the name stands for; empty if it stands for none.
func (v *visitor) function(name *ast.Ident) string {
	if name == nil {
		return ""
	}
	if f, ok := v.info.Uses[name].(*types.Func); ok && f.Pkg() != nil && f.Signature().Recv() == nil {
		return f.Pkg().Path() + "." + f.Name()
	}
	return ""
}

func (v *visitor) line(at token.Pos) int { return v.fset.Position(at).Line }

// exempted tells whether a comment on this line or the one above allows random order.
func (v *visitor) exempted(at token.Pos) bool {
	for _, line := range []int{v.line(at), v.line(at) - 1} {
		if _, ok := v.exemptions[line]; ok {
			v.exemptions[line] = true
			return true
		}
	}
	return false
}

// mayBeMap tells whether a value of the type can be a map, also where the type is a parameter.
func mayBeMap(t types.Type) bool {
	if t == nil {
		return false
	}
	switch u := t.Underlying().(type) {
	case *types.Map:
		return true
	case *types.Interface: // of a type parameter: nothing else with this type can be iterated over
		for i := range u.NumEmbeddeds() {
			if mayBeMap(u.EmbeddedType(i)) {
				return true
			}
		}
	case *types.Union:
		for i := range u.Len() {
			if mayBeMap(u.Term(i).Type()) {
				return true
			}
		}
	}
	return false
}

// isLiteral tells whether the node is a function literal, which may run at any time.
func isLiteral(n ast.Node) bool {
	_, ok := n.(*ast.FuncLit)
	return ok
}

func isPointer(t types.Type) bool {
	_, ok := t.Underlying().(*types.Pointer)
	return ok
}

// printsAddress tells whether package fmt shows an address when it prints a value of the type. What is behind a pointer is printed only
// where the pointer is the argument itself.
func printsAddress(t types.Type) bool {
	if p, ok := t.Underlying().(*types.Pointer); ok && !printsItself(t) {
		switch p.Elem().Underlying().(type) {
		case *types.Struct, *types.Array, *types.Slice, *types.Map:
			t = p.Elem()
		}
	}
	return holdsAddress(t, nil)
}

// holdsAddress does the work of printsAddress; within are the types around this one.
func holdsAddress(t types.Type, within []types.Type) bool {
	if printsItself(t) || slices.Contains(within, t) {
		return false
	}
	within = append(within, t)
	switch u := t.Underlying().(type) {
	case *types.Pointer, *types.Signature, *types.Chan:
		return true
	case *types.Basic:
		return u.Kind() == types.UnsafePointer
	case *types.Struct:
		for i := range u.NumFields() {
			if holdsAddress(u.Field(i).Type(), within) {
				return true
			}
		}
	case *types.Array:
		return holdsAddress(u.Elem(), within)
	case *types.Slice:
		return holdsAddress(u.Elem(), within)
	case *types.Map:
		return holdsAddress(u.Key(), within) || holdsAddress(u.Elem(), within)
	}
	return false
}

// printsItself tells whether package fmt calls a method of the type.
func printsItself(t types.Type) bool {
	methods := types.NewMethodSet(t)
	return slices.ContainsFunc([]string{"Error", "String", "Format"}, func(name string) bool { return methods.Lookup(nil, name) != nil })
}
