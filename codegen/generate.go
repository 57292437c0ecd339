package codegen

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"go/token"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/rogpeppe/go-internal/diff"
)

// Request says what to generate from what.
type Request struct {
	// Schemas holds the schema files: every *.avsc in any folder. Types may be
	// mentioned across files in any order.
	Schemas fs.FS
	// SchemasLabel stands before a schema file's path in messages, such as the
	// folder that Schemas was opened from; it may be empty.
	SchemasLabel string
	// Out is the folder of the Go files. It is made when it does not exist.
	Out string
	// Package is the Go package's name; empty means the last part of Out. What
	// cannot name a package is [ErrPackage].
	Package string
	// Options choose the Go types and names; the zero value is the default. What
	// is wrong with them is [ErrOptions].
	Options Options
	// Progress is told how far a run is, from one goroutine at a time; nil is
	// nobody. It must not call back into this package.
	Progress func(Progress)
}

// Step is a part of a run.
type Step string

// The steps of a run, in their order.
const (
	StepRead  Step = "read"  // the schema files are read
	StepPrint Step = "print" // Go files are printed
	StepWrite Step = "write" // files that changed are written; not of Check
)

// Progress says how far a step is.
type Progress struct {
	Step Step
	// Done and Total count files; Total is 0 when it is not known yet.
	Done, Total int
}

func (req *Request) progress(step Step, done, total int) {
	if req.Progress != nil {
		req.Progress(Progress{Step: step, Done: done, Total: total})
	}
}

// State is what became, or would become, of a file.
type State string

// The states of files.
const (
	Unchanged State = "unchanged"
	Created   State = "created"
	Updated   State = "updated"
	Removed   State = "removed"
)

// File is one file of the output folder.
type File struct {
	// Path is the file's path, with the request's Out in front.
	Path  string
	State State
	// before and after are the contents, with the line ends of Unix; nil when
	// there is none.
	before, after []byte
}

// Result lists the generated files, and those of former runs that no schema
// needs any more, by path.
type Result struct {
	Files []File
}

// Changed are the files that were not as they should be.
func (r *Result) Changed() []File {
	return slices.DeleteFunc(slices.Clone(r.Files), func(f File) bool { return f.State == Unchanged })
}

// Diff is a unified diff of the file: what is on disk against what the schemas
// say. It is empty for a file that is unchanged.
func (f File) Diff() []byte {
	if f.State == Unchanged {
		return nil
	}
	path := filepath.ToSlash(f.Path)
	return diff.Diff("a/"+path, f.before, "b/"+path, f.after)
}

// Diff is the unified diff of all files that changed.
func (r *Result) Diff() string {
	var b strings.Builder
	for _, f := range r.Changed() {
		b.Write(f.Diff())
	}
	return b.String()
}

// Generate brings the folder req.Out up to date with the schemas. Files that
// are as they should be are not touched, and files without the generator's
// first line are neither overwritten nor removed. Files of former runs that are
// no longer generated are removed.
//
// Nothing is written unless everything could be generated: schemas that are
// wrong are a [*SchemaError]. Every file is written beside its place and then
// renamed, so that no reader sees half a file, also when several runs meet in
// one folder. A run that is killed in between leaves some files old and some
// new, all of them whole; the next run mends that, and removes the temporary
// files that are left.
func Generate(ctx context.Context, req Request) (*Result, error) {
	r, was, err := compare(ctx, &req)
	if err != nil {
		return nil, err
	}
	if err := write(ctx, &req, r.Changed()); err != nil {
		return nil, fmt.Errorf("generate into %s: %w", req.Out, err)
	}
	was.removeLeftovers(req.Out)
	return r, nil
}

// Check compares the folder req.Out with the schemas and writes nothing: the
// result is what Generate would do. A file that differs in nothing but line
// ends of Windows, as a checkout may have them, is unchanged.
func Check(ctx context.Context, req Request) (*Result, error) {
	r, _, err := compare(ctx, &req)
	return r, err
}

func compare(ctx context.Context, req *Request) (*Result, *folder, error) {
	if err := req.validate(); err != nil {
		return nil, nil, err
	}
	was, err := readFolder(req.Out, req.Package)
	if err != nil {
		return nil, nil, err
	}
	texts, err := generate(ctx, req)
	if err != nil {
		return nil, nil, err
	}
	r := &Result{}
	for _, name := range slices.Sorted(maps.Keys(texts)) {
		f := File{Path: filepath.Join(req.Out, name), State: Created, after: texts[name]}
		if what := was.others[name]; what != "" {
			return nil, nil, fmt.Errorf("%s is %s but in the way: rename it or the schema file", f.Path, what)
		}
		if before, ok := was.ours[name]; ok {
			f.before, f.State = before, Updated
			if bytes.Equal(before, f.after) {
				f.State = Unchanged
			}
		}
		r.Files = append(r.Files, f)
	}
	if was.clash != nil {
		return nil, nil, was.clash
	}
	for name, text := range was.ours {
		if texts[name] == nil {
			r.Files = append(r.Files, File{Path: filepath.Join(req.Out, name), State: Removed, before: text})
		}
	}
	slices.SortFunc(r.Files, func(a, b File) int { return strings.Compare(a.Path, b.Path) })
	return r, was, checkChanged(ctx, r.Changed())
}

// checkChanged refuses output that is no Go. What is on disk already has been
// looked at by the run that wrote it.
func checkChanged(ctx context.Context, changed []File) error {
	return parallel(ctx, len(changed), func(int, int) {}, func(i int) error {
		if changed[i].State == Removed {
			return nil
		}
		return checkSyntax(changed[i].Path, changed[i].after)
	})
}

// validate fills what the request leaves open, and refuses what cannot be.
func (req *Request) validate() error {
	if req.Schemas == nil || req.Out == "" {
		return errors.New("codegen needs schemas and an output folder")
	}
	if req.Package == "" {
		abs, err := filepath.Abs(req.Out)
		if err != nil {
			return fmt.Errorf("name the package: %w", err)
		}
		req.Package = filepath.Base(abs)
	}
	if !token.IsIdentifier(req.Package) || req.Package == "_" {
		return fmt.Errorf("%q is %w: name one that is a Go identifier and no keyword", req.Package, ErrPackage)
	}
	return req.Options.validate()
}

// generate gives the text of every file, by name.
func generate(ctx context.Context, req *Request) (map[string][]byte, error) {
	req.progress(StepRead, 0, 0)
	parsed, err := parse(ctx, req.Schemas, req.SchemasLabel)
	if err != nil {
		return nil, err
	}
	req.progress(StepRead, len(parsed.files), len(parsed.files))
	if err := req.Options.match(parsed); err != nil {
		return nil, err
	}
	planned, err := plan(parsed, req.Package, req.Options)
	if err != nil {
		return nil, err
	}
	return render(ctx, planned, func(done, total int) { req.progress(StepPrint, done, total) })
}
