package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strings"
)

// mutant is one change of one file.
type mutant struct {
	file       string // in the repository
	pos        token.Position
	start, end int    // bytes of the file that are replaced
	with       string // what replaces them

	// What names it in a listing, and stays the same while other lines change.
	function string
	line     string // without indentation
	change   string // "< → <=", "never", "drop"
}

func (m mutant) String() string {
	return fmt.Sprintf("%s:%d:%d: %s: `%s`: %s", m.file, m.pos.Line, m.pos.Column, m.function, m.line, m.change)
}

// key is what a row of equivalents has of a mutant.
func (m mutant) key() equivalent {
	return equivalent{file: m.file, function: m.function, line: m.line, change: m.change}
}

// mutantsOf returns the mutants of a file, in the order of their places. Only
// bodies of functions are changed: tables are data, which other tests compare with
// the kernel. Some of the mutants do not compile.
func mutantsOf(file string, source []byte) ([]mutant, error) {
	fset := token.NewFileSet()
	parsed, err := parser.ParseFile(fset, file, source, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	w := walker{fset: fset, file: filepath.ToSlash(file), source: source, lines: strings.Split(string(source), "\n")}
	for _, decl := range parsed.Decls {
		if fn, ok := decl.(*ast.FuncDecl); ok && fn.Body != nil {
			w.function = functionName(fn)
			w.walk(fn.Type, fn.Body)
		}
	}
	slices.SortStableFunc(w.mutants, func(a, b mutant) int { return a.start - b.start })
	count := make(map[equivalent]int)
	for i := range w.mutants {
		m := &w.mutants[i]
		key := m.key()
		count[key]++
		if n := count[key]; n > 1 {
			m.change += fmt.Sprintf(" (%d)", n)
		}
	}
	return w.mutants, nil
}

func functionName(fn *ast.FuncDecl) string {
	if fn.Recv == nil {
		return fn.Name.Name
	}
	typ := fn.Recv.List[0].Type
	if star, ok := typ.(*ast.StarExpr); ok {
		typ = star.X
	}
	return fmt.Sprintf("%v.%s", typ, fn.Name.Name)
}

// walker collects the mutants of a file.
type walker struct {
	fset     *token.FileSet
	file     string
	source   []byte
	lines    []string
	function string
	mutants  []mutant
}

func (w *walker) offset(p token.Pos) int { return w.fset.Position(p).Offset }

func (w *walker) text(n ast.Node) string {
	return string(w.source[w.offset(n.Pos()):w.offset(n.End())])
}

// replace adds the mutant that has another text from one place to another.
func (w *walker) replace(from, to token.Pos, with, change string) {
	pos := w.fset.Position(from)
	w.mutants = append(w.mutants, mutant{
		file: w.file, pos: pos, start: pos.Offset, end: w.offset(to), with: with,
		function: w.function, line: strings.TrimSpace(w.lines[pos.Line-1]), change: change,
	})
}

func (w *walker) drop(n ast.Node) { w.replace(n.Pos(), n.End(), "", "drop") }

// swaps are the operators that stand in for each other.
var swaps = map[token.Token][]token.Token{
	token.EQL: {token.NEQ}, token.NEQ: {token.EQL},
	token.LSS: {token.LEQ, token.GEQ}, token.LEQ: {token.LSS, token.GTR},
	token.GTR: {token.GEQ, token.LEQ}, token.GEQ: {token.GTR, token.LSS},
	token.ADD: {token.SUB}, token.SUB: {token.ADD}, token.MUL: {token.QUO}, token.QUO: {token.MUL}, token.REM: {token.MUL},
	token.SHL: {token.SHR}, token.SHR: {token.SHL}, token.AND: {token.OR}, token.OR: {token.AND}, token.AND_NOT: {token.AND},
	token.LAND: {token.LOR}, token.LOR: {token.LAND},
	token.ADD_ASSIGN: {token.SUB_ASSIGN}, token.SUB_ASSIGN: {token.ADD_ASSIGN},
	token.OR_ASSIGN: {token.AND_ASSIGN}, token.AND_ASSIGN: {token.OR_ASSIGN},
	token.INC: {token.DEC}, token.DEC: {token.INC},
	token.BREAK: {token.CONTINUE}, token.CONTINUE: {token.BREAK},
}

func (w *walker) swap(at token.Pos, op token.Token) {
	for _, other := range swaps[op] {
		w.replace(at, at+token.Pos(len(op.String())), other.String(), fmt.Sprintf("%v → %v", op, other))
	}
}

// walk adds the mutants of a function's body, and with their own results those of
// the functions in it.
func (w *walker) walk(typ *ast.FuncType, body *ast.BlockStmt) {
	whole := make(map[ast.Expr]bool) // conditions, which are replaced as a whole
	condition := func(e ast.Expr, values ...string) {
		whole[e] = true
		for _, v := range values {
			change := map[string]string{"true || ": "always", "false && ": "never"}[v]
			w.replace(e.Pos(), e.End(), v+"("+w.text(e)+")", change)
		}
	}
	ast.Inspect(body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncLit:
			w.walk(n.Type, n.Body)
			return false
		case *ast.IfStmt:
			condition(n.Cond, "true || ", "false && ")
		case *ast.ForStmt:
			if n.Cond != nil {
				condition(n.Cond, "false && ") // always would be a loop without end
			}
		case *ast.RangeStmt:
			w.replace(n.Body.Lbrace, n.Body.Lbrace+1, "{ break;", "no iteration")
		case *ast.SwitchStmt:
			for _, stmt := range n.Body.List {
				w.clause(stmt.(*ast.CaseClause), n.Tag == nil, condition)
			}
		case *ast.BinaryExpr:
			if !whole[n] || n.Op != token.EQL && n.Op != token.NEQ { // else never and always do the same
				w.swap(n.OpPos, n.Op)
			}
			if n.Op == token.LAND || n.Op == token.LOR {
				w.replace(n.Pos(), n.End(), w.text(n.X), "only left of "+n.Op.String())
				w.replace(n.Pos(), n.End(), w.text(n.Y), "only right of "+n.Op.String())
			}
		case *ast.UnaryExpr:
			if (n.Op == token.NOT || n.Op == token.SUB) && !whole[n] {
				w.replace(n.Pos(), n.X.Pos(), "", "without "+n.Op.String())
			}
		case *ast.BasicLit:
			if n.Kind == token.INT {
				w.replace(n.Pos(), n.End(), "("+n.Value+"+1)", n.Value+" → "+n.Value+"+1")
			}
		case *ast.Ident:
			if other := map[string]string{"true": "false", "false": "true", "min": "max", "max": "min"}[n.Name]; other != "" {
				w.replace(n.Pos(), n.End(), other, n.Name+" → "+other)
			}
		case *ast.CompositeLit:
			for _, e := range n.Elts {
				if field, ok := e.(*ast.KeyValueExpr); ok {
					w.field(field)
				}
			}
		case *ast.ExprStmt:
			w.drop(n)
		case *ast.AssignStmt:
			if n.Tok != token.DEFINE {
				w.drop(n)
			}
			w.swap(n.TokPos, n.Tok)
		case *ast.IncDecStmt:
			w.swap(n.TokPos, n.Tok)
		case *ast.BranchStmt:
			w.swap(n.Pos(), n.Tok)
		case *ast.ReturnStmt:
			w.results(typ, n)
		}
		return true
	})
}

// clause adds the mutants of a case: of its conditions, or without one of its
// values.
func (w *walker) clause(c *ast.CaseClause, isCondition bool, condition func(ast.Expr, ...string)) {
	switch {
	case isCondition:
		for _, e := range c.List {
			condition(e, "true || ", "false && ")
		}
	case len(c.List) < 2:
		w.drop(c)
	default:
		for i, e := range c.List {
			from, to := e.Pos(), e.End()
			if i > 0 {
				from = c.List[i-1].End()
			} else {
				to = c.List[1].Pos()
			}
			w.replace(from, to, "", "without "+w.text(e))
		}
	}
}

// field leaves a field of a struct out. Keys of arrays and maps that are names look
// the same, and are as good.
func (w *walker) field(f *ast.KeyValueExpr) {
	key, ok := f.Key.(*ast.Ident)
	if !ok {
		return
	}
	to := w.offset(f.End())
	if comma := strings.IndexAny(string(w.source[to:]), ",}"); w.source[to+comma] == ',' {
		to += comma + 1
	}
	w.replace(f.Pos(), f.End()+token.Pos(to-w.offset(f.End())), "", "without "+key.Name)
}

// results replaces what is returned by zero values.
func (w *walker) results(typ *ast.FuncType, n *ast.ReturnStmt) {
	if len(n.Results) == 0 {
		w.drop(n)
		return
	}
	var zeros []string
	for _, field := range typ.Results.List {
		for range max(1, len(field.Names)) {
			zeros = append(zeros, "*new("+w.text(field.Type)+")")
		}
	}
	isZero := func(e ast.Expr) bool {
		text := w.text(e)
		return slices.Contains([]string{"nil", "0", `""`, "false"}, text) || strings.HasSuffix(text, "{}")
	}
	if slices.ContainsFunc(n.Results, func(e ast.Expr) bool { return !isZero(e) }) && w.text(n.Results[0]) != "true" {
		w.replace(n.Results[0].Pos(), n.End(), strings.Join(zeros, ", "), "return zero values")
	}
}
