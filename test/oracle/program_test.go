package oracle_test

import (
	"fmt"
	"maps"
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

// batch is one Go package: schemas that are generated together, or have been.
type batch struct {
	name    string
	options codegen.Options
	logical bool
	chosen  bool // samples have options of their own
	cases   []*sample
	// folder is where the repository has the package, and schemas its files;
	// both are empty when it is generated here.
	folder, schemas string
}

// sample is one schema and its evolution pairs.
type sample struct {
	batch   *batch
	name    string // its full name
	text    string
	reader  *node
	files   map[string]string // by name, what the generator reads
	options codegen.Options
	pairs   []pair
}

// pair is a writer's schema for a sample's reader.
type pair struct {
	writer *node
	did    map[string]bool
}

func (s *sample) String() string { return fmt.Sprintf("%s (-seed %d)", s.id(), *seed) }

// id is what the Go program knows the type by.
func (s *sample) id() string { return s.batch.name + " " + s.name }

// generate writes the Go package into dir. Schemas that the generator refuses
// fail the test and are left out.
func (b *batch) generate(t *testing.T, dir string) {
	t.Helper()
	all := codegen.Request{Out: dir, Package: b.name, Options: b.options}
	all.Options.Names = map[string]string{}
	files := fstest.MapFS{}
	b.cases = slices.DeleteFunc(b.cases, func(s *sample) bool {
		one, own := all, fstest.MapFS{}
		for name, text := range s.files {
			own[name] = &fstest.MapFile{Data: []byte(text)}
		}
		one.Schemas, one.Options.Names, one.Options.Pairs = own, s.options.Names, s.options.Pairs
		if _, err := codegen.Check(t.Context(), one); err != nil {
			t.Errorf("%s: not generated: %v\n%s", s, err, strings.Join(sortedValues(s.files), "\n"))
			return true
		}
		maps.Copy(files, own)
		maps.Copy(all.Options.Names, s.options.Names)
		all.Options.Pairs = append(all.Options.Pairs, s.options.Pairs...)
		return false
	})
	all.Schemas = files
	if _, err := codegen.Generate(t.Context(), all); err != nil {
		t.Fatal(err)
	}
}

// sortedValues are the values in the order of their keys.
func sortedValues(m map[string]string) []string {
	var all []string
	for _, key := range sorted(m) {
		all = append(all, m[key])
	}
	return all
}

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
			bad := slices.ContainsFunc(sorted(s.files), func(name string) bool {
				return strings.Contains(faults, b.name+"/"+strings.TrimSuffix(name, ".avsc")+".gen.go")
			})
			if bad {
				t.Errorf("%s: does not compile:\n%s", s, s.text)
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
		folder, path := filepath.Join(dir, b.name), "oracle.test/"+b.name
		if b.folder != "" {
			folder, path = filepath.Join(repository, filepath.FromSlash(b.folder)), "github.com/schemactl/schemactl/"+b.folder
		} else {
			b.generate(t, folder)
		}
		names := typeNames(t, folder)
		if len(names) > 0 {
			fmt.Fprintf(&imports, "\t%s %q\n", b.name, path)
		}
		for _, name := range names {
			fmt.Fprintf(&list, "\t\t{%q, new(%s.%s)},\n", b.name, b.name, name)
		}
	}
	write(t, filepath.Join(dir, "types.go"), fmt.Sprintf(`package main

import (
	"reflect"

	"github.com/schemactl/schemactl/codec"
%s)

// types makes zero values by their packages and the full names of their schemas.
var types = func() map[string]func() codec.Record {
	m := map[string]func() codec.Record{}
	for _, r := range []struct {
		batch string
		codec.Record
	}{
%s	} {
		t := reflect.TypeOf(r.Record).Elem()
		m[r.batch+" "+r.AvroSchema().Name()] = func() codec.Record { return reflect.New(t).Interface().(codec.Record) }
	}
	return m
}()
`, imports.String(), list.String()))
}

// module writes go.mod and go.sum.
func module(t *testing.T, dir string) {
	t.Helper()
	root, err := filepath.Abs(repository)
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
