package codegen

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/schemactl/schemactl/internal/avrojson"
)

// maxFile bounds a schema file, in bytes.
const maxFile = 4 << 20

// parser turns files into types. It collects problems and goes on, so that one
// run shows as many as can be told apart.
type parser struct {
	label string // what stands before a path in messages
	files []*schemaFile
	types map[string]*namedType // by full name
	// refs and defs are the types that JSON values mention and define. A
	// definition that repeats another one means the first.
	refs, defs map[*avrojson.Value]*namedType
	copies     []copyOf
	pending    []pendingRef
	unions     []pendingUnion
	// broken are full names whose definitions are too wrong to make a type of,
	// lost the simple names in files that are no JSON. Mentioning them is no
	// problem of its own.
	broken, lost map[string]bool
	problems     []Problem
	more         int         // problems beyond maxProblems
	file         *schemaFile // the one being read
}

func newParser(label string) *parser {
	return &parser{
		label:  label,
		types:  map[string]*namedType{},
		refs:   map[*avrojson.Value]*namedType{},
		defs:   map[*avrojson.Value]*namedType{},
		broken: map[string]bool{},
		lost:   map[string]bool{},
	}
}

// parse reads every .avsc file below root, in the order of their paths.
func parse(ctx context.Context, schemas fs.FS, label string) (*parser, error) {
	p := newParser(label)
	err := fs.WalkDir(schemas, ".", func(name string, d fs.DirEntry, err error) error {
		if err == nil {
			err = ctx.Err()
		}
		if err == nil && d.Type()&fs.ModeSymlink != 0 {
			if info, serr := fs.Stat(schemas, name); serr == nil && info.IsDir() {
				p.problems = append(p.problems, Problem{
					File: path.Join(label, name), Message: "a link to a folder, which is not followed: put the folder there, or name it as the folder of schemas",
				})
				return nil
			}
		}
		if err != nil || d.IsDir() || path.Ext(name) != ".avsc" {
			return err
		}
		return p.read(schemas, name)
	})
	if err != nil {
		return nil, fmt.Errorf("read schemas in %s: %w", cmp.Or(label, "the schemas folder"), err)
	}
	if len(p.files) == 0 && len(p.problems) == 0 {
		return nil, fmt.Errorf("%w in %s", ErrNoSchemas, cmp.Or(label, "the schemas folder"))
	}
	// WalkDir takes folder by folder, so a/x comes before a.
	slices.SortFunc(p.files, func(a, b *schemaFile) int { return strings.Compare(a.path, b.path) })
	for _, f := range p.files {
		if err := ctx.Err(); err != nil {
			return nil, fmt.Errorf("read schemas: %w", err)
		}
		p.file = f
		p.topLevel(f)
	}
	p.finish()
	return p, p.err()
}

// finish does what needs the types of all files.
func (p *parser) finish() {
	p.resolve()
	p.checkUnions()
	p.checkCopies()
	p.checkFinite()
	p.checkDefaults()
	if len(p.problems) == 0 {
		p.writeTexts()
	}
}

// read reads one file's JSON. Only a file that cannot be read is an error.
func (p *parser) read(schemas fs.FS, name string) error {
	f, err := schemas.Open(name)
	if err != nil {
		return err
	}
	src, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	err = errors.Join(err, f.Close())
	if err != nil {
		return err
	}
	file := &schemaFile{path: name}
	p.files = append(p.files, file)
	if len(src) > maxFile {
		p.lose(src)
		p.add(Problem{File: p.where(file), Message: fmt.Sprintf("larger than %d bytes: split it", maxFile)})
		return nil
	}
	file.json, err = avrojson.Parse(src)
	if syntax, ok := errors.AsType[*avrojson.SyntaxError](err); ok {
		p.lose(src)
		p.add(Problem{
			File: p.where(file), Line: syntax.Pos.Line, Column: syntax.Pos.Column, Message: syntax.Reason,
		})
		return nil
	}
	return err
}

// nameMember finds what a text that is no JSON may have meant to define.
var nameMember = regexp.MustCompile(`"name"\s*:\s*"(?:[\w.]*\.)?(\w+)"`)

// lose notes the names in a file that cannot be read.
func (p *parser) lose(src []byte) {
	for _, m := range nameMember.FindAllSubmatch(src, -1) {
		p.lost[string(m[1])] = true
	}
}

func (p *parser) where(f *schemaFile) string { return path.Join(p.label, f.path) }

// fail notes a problem at v.
func (p *parser) fail(v *avrojson.Value, typePath, format string, args ...any) {
	p.failIn(p.file, v, typePath, format, args...)
}

func (p *parser) failIn(f *schemaFile, v *avrojson.Value, typePath, format string, args ...any) {
	if p.full() {
		p.more++
		return
	}
	p.add(Problem{
		File: p.where(f), Line: v.Pos.Line, Column: v.Pos.Column,
		Path: typePath, Message: fmt.Sprintf(format, args...),
	})
}

// full says that no more problems are listed, only counted.
func (p *parser) full() bool { return len(p.problems) >= maxProblems }

func (p *parser) add(problem Problem) {
	if p.full() {
		p.more++
		return
	}
	p.problems = append(p.problems, problem)
}

// err is all problems so far, by file and place.
func (p *parser) err() error {
	if len(p.problems) == 0 {
		return nil
	}
	slices.SortStableFunc(p.problems, func(a, b Problem) int {
		return cmp.Or(strings.Compare(a.File, b.File), a.Line-b.Line, a.Column-b.Column)
	})
	return &SchemaError{Problems: p.problems, More: p.more}
}

// topLevel reads a file's definition, or the definitions of an array.
func (p *parser) topLevel(f *schemaFile) {
	if f.json == nil {
		return
	}
	top := []*avrojson.Value{f.json}
	if f.json.Kind == avrojson.Array {
		top = f.json.Elements
		if len(top) == 0 {
			p.fail(f.json, "", "an empty list defines no type")
		}
	}
	for _, v := range top {
		typ := v.Get("type")
		switch {
		case v.Kind != avrojson.Object:
			p.fail(v, "", topLevelForm, v.Kind)
		case typ != nil && !defines(typ) && v.Get("fields") == nil && v.Get("symbols") == nil:
			p.fail(typ, "", topLevelForm, "of type "+clip(typ))
		default:
			p.schema(v, "", "")
		}
	}
}

const topLevelForm = "a schema file defines a record, an enum or a fixed, or a list of them; this is %s"

// defines tells the member "type" of a definition.
func defines(typ *avrojson.Value) bool {
	if typ.Kind != avrojson.String {
		return false
	}
	switch typ.Text {
	case "record", "error", "enum", "fixed":
		return true
	}
	return false
}

// clip is a value as messages show it: the beginning of its text.
func clip(v *avrojson.Value) string {
	const most = 60
	text := v.String()
	for i := range text {
		if i >= most {
			return text[:i] + "…"
		}
	}
	return text
}
