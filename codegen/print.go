package codegen

import (
	"bytes"
	"context"
	"fmt"
	goparser "go/parser"
	"go/token"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

// printer collects lines of Go. It takes no decisions.
type printer struct {
	b bytes.Buffer
}

// p prints lines made of its arguments: strings, numbers, and what fmt.Sprint
// makes of others. Indentation and alignment come later, see [layout], and
// identifiers bring their imports: codec.AppendLong is enough.
func (p *printer) p(args ...any) {
	p.part(args...)
	p.b.WriteByte('\n')
}

// part prints the beginning of a line, which the next call of p ends.
func (p *printer) part(args ...any) {
	for _, a := range args {
		switch a := a.(type) {
		case string:
			p.b.WriteString(a)
		case int:
			p.b.Write(strconv.AppendInt(p.b.AvailableBuffer(), int64(a), 10))
		default:
			fmt.Fprint(&p.b, a)
		}
	}
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
			} else if w == "+build" {
				w = strconv.Quote(w) // else gofmt moves the line to the top of the file
			}
			b.WriteString(sanitized(w))
		}
		p.p(strings.TrimSpace("// " + b.String()))
	}
}

// sanitized replaces what Go allows in no source, not even in a comment.
func sanitized(s string) string {
	const byteOrderMark = '\ufeff'
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == byteOrderMark {
			return utf8.RuneError
		}
		return r
	}, s)
}

// file is a whole Go file around the printed declarations: header, package and
// the imports that are used. It is formatted as gofmt would.
func (p *printer) file(packageName, source string) []byte {
	var l layout
	body := l.text(p.b.String())
	var out bytes.Buffer
	out.Grow(len(body) + 512)
	out.WriteString(header + "\n")
	if source != "" {
		out.WriteString("// Schema: " + sanitized(source) + "\n")
	}
	out.WriteString("\npackage " + packageName + "\n")
	var groups [2][]string // of the standard library, and others
	for path := range l.imports {
		group := 0
		if strings.Contains(path, ".") {
			group = 1
		}
		groups[group] = append(groups[group], path)
	}
	if len(l.imports) > 0 {
		out.WriteString("\nimport (\n")
		for i, paths := range groups {
			if i > 0 && len(groups[0]) > 0 && len(paths) > 0 {
				out.WriteString("\n")
			}
			slices.Sort(paths)
			for _, path := range paths {
				out.WriteString("\t" + strconv.Quote(path) + "\n")
			}
		}
		out.WriteString(")\n")
	}
	if len(body) > 0 {
		out.WriteByte('\n')
		out.Write(body)
		out.WriteByte('\n')
	}
	return out.Bytes()
}

// checkSyntax refuses text that is no Go, which is a fault of the printer; the
// error shows the lines by number.
func checkSyntax(name string, text []byte) error {
	if _, err := goparser.ParseFile(token.NewFileSet(), name, text, goparser.SkipObjectResolution); err != nil {
		return fmt.Errorf("generated code is no Go: %w\n%s", err, numbered(text))
	}
	return nil
}

func numbered(src []byte) string {
	var b strings.Builder
	for i, line := range strings.Split(string(src), "\n") {
		fmt.Fprintf(&b, "%4d %s\n", i+1, line)
	}
	return b.String()
}

// render prints every file of a package, by name.
func render(ctx context.Context, plan *packagePlan, progress func(done, total int)) (map[string][]byte, error) {
	texts := make([][]byte, len(plan.files)+1)
	err := parallel(ctx, len(texts), progress, func(i int) error {
		p := &printer{}
		if i == len(plan.files) {
			p.index(plan)
			texts[i] = p.file(plan.name, "")
			return nil
		}
		for _, t := range plan.files[i].types {
			p.typ(t)
		}
		texts[i] = p.file(plan.name, plan.files[i].source)
		return nil
	})
	if err != nil {
		return nil, err
	}
	out := map[string][]byte{indexName: texts[len(plan.files)]}
	for i, f := range plan.files {
		out[f.name] = texts[i]
	}
	return out, nil
}

// parallel calls work with 0 to n-1 from as many goroutines as there are
// processors, and progress from one of them at a time. It returns once all have
// ended. The error is that of the lowest index.
func parallel(ctx context.Context, n int, progress func(done, total int), work func(int) error) error {
	errs := make([]error, n)
	var mu sync.Mutex // guards next, done and calls of progress
	next, done := 0, 0
	take := func() int {
		mu.Lock()
		defer mu.Unlock()
		next++
		return next - 1
	}
	tell := func() {
		mu.Lock()
		defer mu.Unlock()
		done++
		progress(done, n)
	}
	var wg sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), n) {
		wg.Go(func() {
			for i := take(); i < n && ctx.Err() == nil; i = take() {
				errs[i] = work(i)
				tell()
			}
		})
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return ctx.Err()
}

func (p *printer) typ(t *typePlan) {
	switch {
	case t.record != nil:
		p.record(t)
	case t.enum != nil:
		p.enum(t)
	case t.union != nil:
		p.union(t)
	default:
		p.fixed(t)
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
