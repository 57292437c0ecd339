package main

import (
	"context"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

const shapesPackage = "github.com/schemactl/schemactl/bench/codec/shapes"

// mostLines is how many generated lines a field of a primitive type may take.
const mostLines = 25

// size counts the generated code of one schema.
type size struct {
	file                    string
	fields                  int // of primitive types, logical and nullable ones included
	encode, decode, resolve int // lines of the statements for these fields
}

func (s *size) perField() float64 {
	return float64(s.encode+s.decode+s.resolve) / float64(max(1, s.fields))
}

// source is one generated file.
type source struct {
	size
	text      []byte
	positions *token.FileSet
	names     map[string][]string // of primitive fields, by record, as they stand in statements
}

// generatedSizes reads the generated files of package shapes in a folder.
func generatedSizes(dir string) ([]size, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*.gen.go"))
	if err != nil {
		return nil, err
	}
	var all []size
	for _, path := range files {
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		s := source{text: text, positions: token.NewFileSet(), names: map[string][]string{}}
		s.file = strings.TrimSuffix(filepath.Base(path), ".gen.go")
		file, err := parser.ParseFile(s.positions, path, text, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		for _, d := range file.Decls {
			if d, ok := d.(*ast.GenDecl); ok {
				s.findFields(d)
			}
		}
		for _, d := range file.Decls {
			if d, ok := d.(*ast.FuncDecl); ok {
				s.count(d)
			}
		}
		if s.fields > 0 {
			all = append(all, s.size)
		}
	}
	return all, nil
}

// findFields finds the fields of structs that are neither slices nor maps nor
// structs. A statement is for one when it has the field or its Avro name.
func (s *source) findFields(d *ast.GenDecl) {
	for _, spec := range d.Specs {
		t, ok := spec.(*ast.TypeSpec)
		if !ok {
			continue
		}
		record, ok := t.Type.(*ast.StructType)
		if !ok {
			continue
		}
		for _, f := range record.Fields.List {
			if f.Tag == nil || !primitive(f.Type) {
				continue
			}
			s.fields++
			_, name, _ := strings.Cut(f.Tag.Value, `json:`)
			s.names[t.Name.Name] = append(s.names[t.Name.Name], "r."+f.Names[0].Name, strings.TrimSuffix(name, "`"))
		}
	}
}

// count adds the lines of a method's statements for primitive fields.
func (s *source) count(d *ast.FuncDecl) {
	to := s.counter(strings.ToLower(d.Name.Name))
	if d.Recv == nil || to == nil {
		return
	}
	names := s.names[strings.TrimPrefix(s.of(d.Recv.List[0].Type), "*")]
	for _, unit := range units(d.Body) {
		words := strings.FieldsFunc(s.of(unit), func(c rune) bool { return strings.ContainsRune(" \t\n(),&*{}[]=:", c) })
		if slices.ContainsFunc(words, func(word string) bool {
			return slices.ContainsFunc(names, func(name string) bool {
				return word == name || strings.HasPrefix(word, name+".")
			})
		}) {
			*to += s.positions.Position(unit.End()).Line - s.positions.Position(unit.Pos()).Line + 1
		}
	}
}

func (s *source) of(n ast.Node) string {
	return string(s.text[s.positions.Position(n.Pos()).Offset:s.positions.Position(n.End()).Offset])
}

func (s *source) counter(method string) *int {
	switch {
	case strings.HasPrefix(method, "append"):
		return &s.encode
	case strings.HasPrefix(method, "decode"):
		return &s.decode
	case strings.HasPrefix(method, "resolve"), strings.HasPrefix(method, "default"):
		return &s.resolve
	}
	return nil
}

// units are the statements of a body, and of a switch, also within a loop, its
// cases.
func units(body *ast.BlockStmt) []ast.Node {
	var all []ast.Node
	for _, stmt := range body.List {
		var inner *ast.BlockStmt
		switch stmt := stmt.(type) {
		case *ast.SwitchStmt:
			inner = stmt.Body
		case *ast.RangeStmt:
			if hasSwitch(stmt.Body) {
				inner = stmt.Body
			}
		case *ast.ForStmt:
			if hasSwitch(stmt.Body) {
				inner = stmt.Body
			}
		}
		if inner == nil {
			all = append(all, stmt)
			continue
		}
		all = append(all, units(inner)...)
	}
	return all
}

func hasSwitch(body *ast.BlockStmt) bool {
	return slices.ContainsFunc(body.List, func(s ast.Stmt) bool {
		_, ok := s.(*ast.SwitchStmt)
		return ok
	})
}

func primitive(t ast.Expr) bool {
	switch t := t.(type) {
	case *ast.Ident:
		// Generated types begin with a capital; of those only enums are primitive.
		return t.Name == strings.ToLower(t.Name) || strings.HasSuffix(t.Name, "Kind")
	case *ast.SelectorExpr: // time.Time, codec.Decimal
		return true
	case *ast.IndexExpr: // codec.Opt[T]
		return primitive(t.Index)
	}
	return false
}

// compileTime is the CPU time of compiling package shapes, whose imports have been
// compiled.
func compileTime(ctx context.Context) (time.Duration, error) {
	cached, err := build(ctx, "-gcflags=")
	if err != nil {
		return 0, err
	}
	// A flag without effect that was never given before gets past the cache.
	fresh, err := build(ctx, fmt.Sprintf("-gcflags=%s=-D=%d", shapesPackage, time.Now().UnixNano()))
	return fresh - cached, err
}

func build(ctx context.Context, flag string) (time.Duration, error) {
	for range 2 { // the first may compile imports
		if out, err := exec.CommandContext(ctx, "go", "build", "-gcflags=", shapesPackage).CombinedOutput(); err != nil {
			return 0, fmt.Errorf("go build: %w: %s", err, out)
		}
	}
	cmd := exec.CommandContext(ctx, "go", "build", flag, shapesPackage)
	if out, err := cmd.CombinedOutput(); err != nil {
		return 0, fmt.Errorf("go build: %w: %s", err, out)
	}
	return cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(), nil
}

// generatedReport is the section on generated code.
func generatedReport(ctx context.Context) (string, error) {
	dir, err := exec.CommandContext(ctx, "go", "list", "-f", "{{.Dir}}", shapesPackage).Output()
	if err != nil {
		return "", fmt.Errorf("go list %s: %w", shapesPackage, err)
	}
	sizes, err := generatedSizes(strings.TrimSpace(string(dir)))
	if err != nil {
		return "", err
	}
	var out strings.Builder
	fmt.Fprintf(&out, "| schema | primitive fields | lines to encode them | decode | resolve | per field (at most %d) |\n", mostLines)
	out.WriteString("| --- | --: | --: | --: | --: | --: |\n")
	for _, s := range sizes {
		fmt.Fprintf(&out, "| %s | %d | %d | %d | %d | %.1f |\n", s.file, s.fields, s.encode, s.decode, s.resolve, s.perField())
	}
	took, err := compileTime(ctx)
	if err != nil {
		return "", err
	}
	fmt.Fprintf(&out, "\nCompiling the package takes %.2f s of CPU time.\n", took.Seconds())
	return out.String(), nil
}
