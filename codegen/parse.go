package codegen

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/schemactl/schemactl/internal/avrojson"
)

// maxFile bounds a schema file, in bytes.
const maxFile = 4 << 20

// parser turns files into types. It collects problems and goes on, so that one
// run shows as many as can be told apart.
type parser struct {
	label    string // what stands before a path in messages
	files    []*schemaFile
	types    map[string]*namedType // by full name
	refs     map[*avrojson.Value]*namedType
	defs     map[*avrojson.Value]*namedType
	pending  []pendingRef
	problems []Problem
	file     *schemaFile // the one being read
}

// pendingRef is a name that is looked up once all files are read.
type pendingRef struct {
	file *schemaFile
	path string
	json *avrojson.Value
	full string
	into *schemaType
}

// parse reads every .avsc file below root, in the order of their paths.
func parse(ctx context.Context, schemas fs.FS, label string) (*parser, error) {
	p := &parser{
		label: label,
		types: map[string]*namedType{},
		refs:  map[*avrojson.Value]*namedType{},
		defs:  map[*avrojson.Value]*namedType{},
	}
	err := fs.WalkDir(schemas, ".", func(name string, d fs.DirEntry, err error) error {
		if err == nil {
			err = ctx.Err()
		}
		if err != nil || d.IsDir() || path.Ext(name) != ".avsc" {
			return err
		}
		return p.read(schemas, name)
	})
	if err != nil {
		return nil, fmt.Errorf("read schemas: %w", err)
	}
	if len(p.files) == 0 {
		return nil, fmt.Errorf("%w in %s", ErrNoSchemas, cmp.Or(label, "the schemas folder"))
	}
	for _, f := range p.files {
		p.file = f
		p.topLevel(f)
	}
	p.resolve()
	return p, p.err()
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
		p.problems = append(p.problems, Problem{File: p.where(file), Message: fmt.Sprintf("larger than %d bytes", maxFile)})
		return nil
	}
	file.json, err = avrojson.Parse(src)
	if syntax, ok := errors.AsType[*avrojson.SyntaxError](err); ok {
		p.problems = append(p.problems, Problem{
			File: p.where(file), Line: syntax.Pos.Line, Column: syntax.Pos.Column, Message: syntax.Reason,
		})
		return nil
	}
	return err
}

func (p *parser) where(f *schemaFile) string { return path.Join(p.label, f.path) }

// fail notes a problem at v.
func (p *parser) fail(v *avrojson.Value, typePath, format string, args ...any) {
	p.failIn(p.file, v, typePath, format, args...)
}

func (p *parser) failIn(f *schemaFile, v *avrojson.Value, typePath, format string, args ...any) {
	p.problems = append(p.problems, Problem{
		File: p.where(f), Line: v.Pos.Line, Column: v.Pos.Column,
		Path: typePath, Message: fmt.Sprintf(format, args...),
	})
}

// err is all problems so far, by file and place.
func (p *parser) err() error {
	if len(p.problems) == 0 {
		return nil
	}
	slices.SortStableFunc(p.problems, func(a, b Problem) int {
		return cmp.Or(strings.Compare(a.File, b.File), a.Line-b.Line, a.Column-b.Column)
	})
	return &SchemaError{Problems: p.problems}
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
		if v.Kind != avrojson.Object || v.Get("name") == nil {
			p.fail(v, "", "a schema file defines a record, an enum or a fixed, or a list of them; this is %s", v.Kind)
			continue
		}
		p.schema(v, "", "")
	}
}

// resolve looks up all names that were mentioned.
func (p *parser) resolve() {
	for _, r := range p.pending {
		n := p.types[r.full]
		if n == nil {
			p.failIn(r.file, r.json, r.path, "type %s is not defined in any file%s", r.full, p.hint(r.full))
			continue
		}
		p.refs[r.json] = n
		r.into.kind, r.into.named = n.kind, n
		if n.kind == kindFixed {
			r.into.logical = n.logical
		}
	}
}

// hint names a type that was probably meant.
func (p *parser) hint(full string) string {
	short := full[strings.LastIndexByte(full, '.')+1:]
	var found []string
	for name, n := range p.types {
		if strings.EqualFold(n.name, short) {
			found = append(found, name)
		}
	}
	if len(found) == 0 {
		return ""
	}
	slices.Sort(found)
	return "; there is " + strings.Join(found, ", ")
}
