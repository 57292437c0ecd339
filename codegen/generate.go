package codegen

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"go/token"
	"io/fs"
	"maps"
	"os"
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
	// before and after are the contents, for the diff; nil when there is none.
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

// Diff is a unified diff of all changes: what is on disk against what the
// schemas say. It is empty when nothing changed.
func (r *Result) Diff() string {
	var b strings.Builder
	for _, f := range r.Changed() {
		path := filepath.ToSlash(f.Path)
		b.Write(diff.Diff("a/"+path, f.before, "b/"+path, f.after))
	}
	return b.String()
}

// Generate brings the folder req.Out up to date with the schemas. Only files
// that differ are written, each by a rename, so that a reader never sees half a
// file; files of former runs that are no longer generated are removed. Files
// without the generator's first line are neither overwritten nor removed.
// Nothing is written unless everything could be generated. Schemas that are
// wrong are a [*SchemaError].
func Generate(ctx context.Context, req Request) (*Result, error) {
	r, err := Check(ctx, req)
	if err != nil {
		return nil, err
	}
	if err := write(req.Out, r.Changed()); err != nil {
		return nil, fmt.Errorf("generate into %s: %w", req.Out, err)
	}
	return r, nil
}

// Check compares the folder req.Out with the schemas and writes nothing: the
// result is what Generate would do.
func Check(ctx context.Context, req Request) (*Result, error) {
	texts, err := generate(ctx, &req)
	if err != nil {
		return nil, err
	}
	old, err := existing(req.Out)
	if err != nil {
		return nil, err
	}
	r := &Result{}
	for _, name := range slices.Sorted(maps.Keys(texts)) {
		f := File{Path: filepath.Join(req.Out, name), State: Created, after: texts[name]}
		if before, ok := old[name]; ok {
			if !ours(before) {
				return nil, fmt.Errorf("%s is not generated but in the way: rename it or the schema file", f.Path)
			}
			f.before, f.State = before, Updated
			if bytes.Equal(before, f.after) {
				f.State = Unchanged
			}
		}
		r.Files = append(r.Files, f)
	}
	for _, name := range slices.Sorted(maps.Keys(old)) {
		if texts[name] == nil && ours(old[name]) {
			r.Files = append(r.Files, File{Path: filepath.Join(req.Out, name), State: Removed, before: old[name]})
		}
	}
	slices.SortFunc(r.Files, func(a, b File) int { return strings.Compare(a.Path, b.Path) })
	return r, nil
}

// generate gives the text of every file, by name.
func generate(ctx context.Context, req *Request) (map[string][]byte, error) {
	if req.Schemas == nil || req.Out == "" {
		return nil, errors.New("codegen needs schemas and an output folder")
	}
	if req.Package == "" {
		abs, err := filepath.Abs(req.Out)
		if err != nil {
			return nil, fmt.Errorf("name the package: %w", err)
		}
		req.Package = filepath.Base(abs)
	}
	if !token.IsIdentifier(req.Package) || req.Package == "_" {
		return nil, fmt.Errorf("%q is %w: name one that is a Go identifier and no keyword", req.Package, ErrPackage)
	}
	parsed, err := parse(ctx, req.Schemas, req.SchemasLabel)
	if err != nil {
		return nil, err
	}
	planned, err := plan(parsed, req.Package)
	if err != nil {
		return nil, err
	}
	return render(planned)
}

// existing reads the Go files of a folder that may not be there yet.
func existing(dir string) (map[string][]byte, error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the output folder: %w", err)
	}
	files := map[string][]byte{}
	for _, e := range entries {
		if e.IsDir() || filepath.Ext(e.Name()) != ".go" {
			continue
		}
		if files[e.Name()], err = os.ReadFile(filepath.Join(dir, e.Name())); err != nil {
			return nil, fmt.Errorf("read the output folder: %w", err)
		}
	}
	return files, nil
}

// ours tells files that this generator wrote.
func ours(text []byte) bool {
	first, _, _ := bytes.Cut(text, []byte("\n"))
	return string(bytes.TrimSuffix(first, []byte("\r"))) == header
}
