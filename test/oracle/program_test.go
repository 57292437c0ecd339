package oracle_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/schemactl/schemactl/codegen"
)

// batch is one Go package: schemas that are generated together.
type batch struct {
	name    string
	options codegen.Options
	logical bool
	cases   []*sample
}

// sample is one schema and its evolution pairs.
type sample struct {
	seed   uint64
	number int // within its batch
	reader *node
	pairs  []pair
}

// pair is a writer's schema for a sample's reader.
type pair struct {
	writer *node
	did    map[string]bool
}

// generate writes the Go package into dir. Schemas that the generator refuses
// fail the test and are left out.
func (b *batch) generate(t *testing.T, dir string) {
	t.Helper()
	req := codegen.Request{Out: dir, Package: b.name, Options: b.options}
	files := fstest.MapFS{}
	b.cases = slices.DeleteFunc(b.cases, func(s *sample) bool {
		text := []byte(s.reader.schema())
		req.Schemas = fstest.MapFS{s.file(): {Data: text}}
		if _, err := codegen.Check(t.Context(), req); err != nil {
			t.Errorf("%s: not generated: %v\n%s", s, err, text)
			return true
		}
		files[s.file()] = &fstest.MapFile{Data: text}
		return false
	})
	req.Schemas = files
	if _, err := codegen.Generate(t.Context(), req); err != nil {
		t.Fatal(err)
	}
}

// file is the schema's file; the Go file has the same name and another ending.
func (s *sample) file() string { return fmt.Sprintf("schema_%03d.avsc", s.number) }

// startGo generates the packages, compiles them into one program and starts it.
// The program is a module of its own in a temporary folder, whose dependencies
// are those of this one.
func startGo(t *testing.T, batches []*batch) *peer {
	t.Helper()
	dir := *keep
	if dir == "" {
		dir = t.TempDir()
	}
	write(t, filepath.Join(dir, "main.go"), read(t, filepath.Join("testdata", "program.go")))
	module(t, dir)
	ctx := bounded(t)
	for range 3 {
		program(t, batches, dir)
		build := exec.CommandContext(ctx, "go", "build", "-o", "oracle.exe", ".")
		build.Dir = dir
		build.Env = append(os.Environ(), "CGO_ENABLED=0", "GOWORK=off", "GOFLAGS=-mod=readonly")
		out, err := build.CombinedOutput()
		if err == nil {
			return run(t, "Go", exec.CommandContext(ctx, filepath.Join(dir, "oracle.exe")))
		}
		t.Errorf("what was generated does not compile: %v\n%s", err, out)
		leaveOut(t, batches, string(out))
	}
	t.FailNow()
	return nil
}

// leaveOut drops the schemas whose files the compiler found fault with, so that
// the others can be compared.
func leaveOut(t *testing.T, batches []*batch, faults string) {
	t.Helper()
	for _, b := range batches {
		b.cases = slices.DeleteFunc(b.cases, func(s *sample) bool {
			bad := strings.Contains(faults, b.name+"/"+strings.TrimSuffix(s.file(), ".avsc")+".gen.go")
			if bad {
				t.Errorf("%s: does not compile:\n%s", s, s.reader.schema())
			}
			return bad
		})
	}
}

// program writes all Go files.
func program(t *testing.T, batches []*batch, dir string) {
	t.Helper()
	var imports, list strings.Builder
	for _, b := range batches {
		b.generate(t, filepath.Join(dir, b.name))
		names := typeNames(t, filepath.Join(dir, b.name))
		if len(names) > 0 {
			fmt.Fprintf(&imports, "\t\"oracle.test/%s\"\n", b.name)
		}
		for _, name := range names {
			fmt.Fprintf(&list, "\t\tnew(%s.%s),\n", b.name, name)
		}
	}
	write(t, filepath.Join(dir, "types.go"), fmt.Sprintf(`package main

import (
	"reflect"

	"github.com/schemactl/schemactl/codec"
%s)

// types makes zero values by the full names of their schemas.
var types = func() map[string]func() codec.Record {
	m := map[string]func() codec.Record{}
	for _, r := range []codec.Record{
%s	} {
		t := reflect.TypeOf(r).Elem()
		m[r.AvroSchema().Name()] = func() codec.Record { return reflect.New(t).Interface().(codec.Record) }
	}
	return m
}()
`, imports.String(), list.String()))
}

// module writes go.mod and go.sum.
func module(t *testing.T, dir string) {
	t.Helper()
	root, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	mod := read(t, filepath.Join("..", "go.mod"))
	mod = regexp.MustCompile(`(?m)^module .*$`).ReplaceAllLiteralString(mod, "module oracle.test")
	mod = regexp.MustCompile(`(?m)=> \.\./$`).ReplaceAllLiteralString(mod, fmt.Sprintf("=> %q", root))
	write(t, filepath.Join(dir, "go.mod"), mod)
	write(t, filepath.Join(dir, "go.sum"), read(t, filepath.Join("..", "go.sum")))
}

var hasSchema = regexp.MustCompile(`(?m)^func \((?:\w+ )?\*?(\w+)\) AvroSchema\(\)`)

// typeNames are the Go types of a generated package that have a schema.
func typeNames(t *testing.T, dir string) []string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, path := range paths {
		for _, m := range hasSchema.FindAllStringSubmatch(read(t, path), -1) {
			names = append(names, m[1])
		}
	}
	return names
}

func read(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
