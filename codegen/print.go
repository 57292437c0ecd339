package codegen

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/format"
	goparser "go/parser"
	"go/token"
	"slices"
	"strings"
)

// printer collects lines of Go. It takes no decisions.
type printer struct {
	b bytes.Buffer
}

// p prints one line, made of its arguments.
func (p *printer) p(args ...any) {
	fmt.Fprint(&p.b, stringsOf(args)...)
	p.b.WriteByte('\n')
}

// stringsOf keeps Fprint from putting spaces between arguments that are no
// strings.
func stringsOf(args []any) []any {
	for i, a := range args {
		args[i] = fmt.Sprint(a)
	}
	return args
}

// comment prints text as a comment of lines that fit a page.
func (p *printer) comment(text string) {
	const width = 77
	for line := range strings.Lines(strings.ReplaceAll(text, "\r", "")) {
		var b strings.Builder
		for w := range strings.FieldsSeq(line) {
			if b.Len() > 0 && b.Len()+1+len(w) > width {
				p.p("// ", b.String())
				b.Reset()
			}
			if b.Len() > 0 {
				b.WriteByte(' ')
			}
			b.WriteString(w)
		}
		p.p(strings.TrimSpace("// " + b.String()))
	}
}

// imports are the packages that generated code may use, by the name it uses.
var imports = map[string]string{
	"bytes":   "bytes",
	"codec":   "github.com/schemactl/schemactl/codec",
	"maps":    "maps",
	"slices":  "slices",
	"strconv": "strconv",
	"time":    "time",
}

// file is a whole Go file around the printed declarations: header, package,
// the imports that are used, all formatted. A body that is no Go is a fault of
// the printer; the error then shows its lines by number.
func (p *printer) file(packageName, source string) ([]byte, error) {
	var out bytes.Buffer
	out.WriteString(header + "\n")
	if source != "" {
		out.WriteString("// Schema: " + source + "\n")
	}
	out.WriteString("\npackage " + packageName + "\n\n")
	used, err := usedPackages(packageName, p.b.Bytes())
	if err != nil {
		return nil, err
	}
	if len(used) > 0 {
		out.WriteString("import (\n")
		standard := true
		for _, path := range used {
			if dotted := strings.Contains(path, "."); dotted && standard {
				out.WriteString("\n")
				standard = false
			}
			fmt.Fprintf(&out, "%q\n", path)
		}
		out.WriteString(")\n\n")
	}
	out.Write(p.b.Bytes())
	text, err := format.Source(out.Bytes())
	if err != nil {
		return nil, fmt.Errorf("format generated code: %w\n%s", err, numbered(out.Bytes()))
	}
	return text, nil
}

// usedPackages finds the imports that code needs, those of the standard
// library first.
func usedPackages(packageName string, body []byte) ([]string, error) {
	src := append([]byte("package "+packageName+"\n"), body...)
	f, err := goparser.ParseFile(token.NewFileSet(), "", src, goparser.SkipObjectResolution)
	if err != nil {
		return nil, fmt.Errorf("parse generated code: %w\n%s", err, numbered(src))
	}
	used := map[string]bool{}
	ast.Inspect(f, func(n ast.Node) bool {
		if sel, ok := n.(*ast.SelectorExpr); ok {
			if id, ok := sel.X.(*ast.Ident); ok && imports[id.Name] != "" {
				used[imports[id.Name]] = true
			}
		}
		return true
	})
	var paths []string
	for path := range used {
		paths = append(paths, path)
	}
	slices.SortFunc(paths, func(a, b string) int {
		if x, y := strings.Contains(a, "."), strings.Contains(b, "."); x != y {
			if y {
				return -1
			}
			return 1
		}
		return strings.Compare(a, b)
	})
	return paths, nil
}

func numbered(src []byte) string {
	var b strings.Builder
	for i, line := range strings.Split(string(src), "\n") {
		fmt.Fprintf(&b, "%4d %s\n", i+1, line)
	}
	return b.String()
}

// render writes every file of a package, by name.
func render(plan *packagePlan) (map[string][]byte, error) {
	out := map[string][]byte{}
	for _, f := range plan.files {
		p := &printer{}
		for _, t := range f.types {
			p.typ(t)
		}
		text, err := p.file(plan.name, f.source)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", f.source, err)
		}
		out[f.name] = text
	}
	p := &printer{}
	p.index(plan)
	text, err := p.file(plan.name, "")
	if err != nil {
		return nil, err
	}
	out[indexName] = text
	return out, nil
}

func (p *printer) typ(t *typePlan) {
	switch {
	case t.record != nil:
		p.record(t)
	case t.enum != nil:
		p.enum(t)
	default:
		p.doc(t, "fixed", "")
		p.p("type ", t.goName, " [", t.fixed.size, "]byte")
		p.p()
	}
}

// doc prints the comment of a type.
func (p *printer) doc(t *typePlan, kind, more string) {
	p.comment(t.goName + " is the Avro " + kind + " " + t.fullName + "." + more)
	if strings.TrimSpace(t.doc) != "" {
		p.p("//")
		p.comment(strings.TrimSpace(t.doc))
	}
}

func (p *printer) index(plan *packagePlan) {
	p.p("// AvroEvents has a zero value of every event type, by the full names of their")
	p.p("// schemas.")
	p.p("func AvroEvents() []codec.Event {")
	if len(plan.events) == 0 {
		p.p("return nil")
		p.p("}")
		return
	}
	p.p("return []codec.Event{")
	for _, e := range plan.events {
		p.p("&", e, "{},")
	}
	p.p("}")
	p.p("}")
}
