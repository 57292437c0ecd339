package codegen_test

import (
	"context"
	"errors"
	"go/format"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/schemactl/schemactl/codegen"
)

const leftover = ".schemactl-0123456789abcdef.tmp"

// renamed is schemas() after changes to both files.
func renamed() fstest.MapFS {
	return fstest.MapFS{
		"one.avsc": {Data: []byte(`{"type":"record","name":"n.One","fields":[{"name":"three","type":"n.Three"}]}`)},
		"new.avsc": {Data: []byte(`{"type":"enum","name":"n.Three","symbols":["B"]}`)},
	}
}

func generateInto(t *testing.T, dir string, schemas fstest.MapFS) *codegen.Result {
	t.Helper()
	r, err := codegen.Generate(t.Context(), codegen.Request{Schemas: schemas, Out: dir, Package: "events"})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestKilledRun leaves the folder as a run does that ends between any two of
// its renames; the next run must not see a difference to a fresh folder.
func TestKilledRun(t *testing.T) {
	t.Parallel()
	before, after := t.TempDir(), t.TempDir()
	generateInto(t, before, schemas())
	generateInto(t, after, renamed())
	old, want := contents(t, before), contents(t, after)
	names := []string{"avro_events.gen.go", "new.gen.go", "one.gen.go", "two.gen.go"}
	for done := range len(names) + 1 {
		dir := t.TempDir()
		for i, name := range names {
			from := old
			if i < done {
				from = want
			}
			if text, ok := from[name]; ok {
				put(t, filepath.Join(dir, name), text)
			}
		}
		put(t, filepath.Join(dir, leftover), want["one.gen.go"][:40])
		generateInto(t, dir, renamed())
		if diff := cmp.Diff(want, contents(t, dir)); diff != "" {
			t.Errorf("after %d changes (-want +got):\n%s", done, diff)
		}
	}
}

// TestLeftovers removes what has the name of a temporary file, also when there
// is nothing else to do, and nothing that only looks like one.
func TestLeftovers(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	generateInto(t, dir, schemas())
	want := contents(t, dir)
	for _, name := range []string{".schemactl-mine.tmp", ".schemactl-0123456789abcdeg.tmp", "schemactl-0123456789abcdef.tmp", leftover + "x", "x" + leftover} {
		put(t, filepath.Join(dir, name), "mine")
		want[name] = "mine"
	}
	put(t, filepath.Join(dir, leftover), "half a fi")
	if _, err := codegen.Check(t.Context(), codegen.Request{Schemas: schemas(), Out: dir, Package: "events"}); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, leftover)); err != nil {
		t.Errorf("check removed a file: %v", err)
	}
	generateInto(t, dir, schemas())
	if diff := cmp.Diff(want, contents(t, dir)); diff != "" {
		t.Errorf("folder (-want +got):\n%s", diff)
	}
}

// TestRunsAtTheSameTime runs two sets of schemas into one folder again and
// again, while a reader looks for anything that is not a whole file.
func TestRunsAtTheSameTime(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "events")
	var runs, reader sync.WaitGroup
	stop := make(chan struct{})
	reader.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
			}
			files, _ := filepath.Glob(filepath.Join(dir, "*.gen.go"))
			for _, name := range files {
				text, err := os.ReadFile(name)
				if errors.Is(err, os.ErrNotExist) {
					continue
				}
				if err != nil || !strings.HasPrefix(string(text), header) || !strings.HasSuffix(string(text), "}\n") && !strings.HasSuffix(string(text), ")\n") {
					t.Errorf("%s: %v, %d bytes", name, err, len(text))
				}
			}
		}
	})
	for i := range 8 {
		runs.Go(func() {
			s := schemas()
			if i%2 == 1 {
				s = renamed()
			}
			for range 25 {
				if _, err := codegen.Generate(t.Context(), codegen.Request{Schemas: s, Out: dir}); err != nil {
					t.Errorf("run %d: %v", i, err)
				}
			}
		})
	}
	runs.Wait()
	close(stop)
	reader.Wait()
	generateInto(t, dir, renamed())
	want := t.TempDir()
	generateInto(t, want, renamed())
	if diff := cmp.Diff(contents(t, want), contents(t, dir)); diff != "" {
		t.Errorf("folder (-want +got):\n%s", diff)
	}
}

func TestSymlinkedFolder(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	if err := os.Mkdir(filepath.Join(root, "real"), 0o755); err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(root, "events")
	if err := os.Symlink("real", link); err != nil {
		t.Skipf("no symbolic links here: %v", err)
	}
	generateInto(t, link, schemas())
	generateInto(t, link, renamed())
	if info, err := os.Lstat(link); err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Errorf("the link is gone: %v, %v", info, err)
	}
	if got := contents(t, filepath.Join(root, "real")); len(got) != 3 || !strings.Contains(got["one.gen.go"], "Three") {
		t.Errorf("the folder behind the link holds %d files", len(got))
	}
}

// TestWindowsLineEnds has the folder as git checks it out with autocrlf.
func TestWindowsLineEnds(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	generateInto(t, dir, schemas())
	for name, text := range contents(t, dir) {
		put(t, filepath.Join(dir, name), strings.ReplaceAll(text, "\n", "\r\n"))
	}
	before := contents(t, dir)
	if r := generateInto(t, dir, schemas()); len(r.Changed()) != 0 || r.Diff() != "" {
		t.Errorf("changed %v", r.Changed())
	}
	if diff := cmp.Diff(before, contents(t, dir)); diff != "" {
		t.Errorf("folder (-want +got):\n%s", diff)
	}
	r := generateInto(t, dir, renamed())
	want := map[string]codegen.State{
		"one.gen.go": codegen.Updated, "new.gen.go": codegen.Created, "two.gen.go": codegen.Removed, "avro_events.gen.go": codegen.Unchanged,
	}
	if diff := cmp.Diff(want, states(r)); diff != "" {
		t.Errorf("states (-want +got):\n%s", diff)
	}
	if strings.Contains(r.Diff(), "\r") || strings.Contains(contents(t, dir)["one.gen.go"], "\r") {
		t.Error("carriage returns in the diff or in what was written")
	}
}

func TestFolderProblems(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name string
		make func(t *testing.T, root string) string // gives Out
		want string                                 // empty is no error
	}{
		{"a file", func(t *testing.T, root string) string {
			put(t, filepath.Join(root, "out"), "")
			return filepath.Join(root, "out")
		}, "output folder ROOT/out is a file"},
		{"below a file", func(t *testing.T, root string) string {
			put(t, filepath.Join(root, "out"), "")
			return filepath.Join(root, "out", "events")
		}, "not a directory"},
		{"a folder in the way", func(t *testing.T, root string) string {
			if err := os.Mkdir(filepath.Join(root, "two.gen.go"), 0o755); err != nil {
				t.Fatal(err)
			}
			return root
		}, "two.gen.go is a folder but in the way"},
		{"read only", func(t *testing.T, root string) string {
			if os.Geteuid() <= 0 {
				t.Skip("this user may write everywhere: run the test as another one")
			}
			if err := os.Chmod(root, 0o555); err != nil {
				t.Fatal(err)
			}
			return root
		}, "generate into ROOT: write ROOT/avro_events.gen.go: permission denied; nothing was changed"},
		{"another package", func(t *testing.T, root string) string {
			put(t, filepath.Join(root, "a.go"), "// Package mine is mine.\npackage mine\n")
			return root
		}, "ROOT/a.go is of package mine and the generated files would be of package events"},
		{"another package that is left out of builds", func(t *testing.T, root string) string {
			put(t, filepath.Join(root, "a.go"), "//go:build ignore\n\npackage main\n")
			return root
		}, ""},
		{"another package for some systems", func(t *testing.T, root string) string {
			put(t, filepath.Join(root, "a.go"), "//go:build linux && !cgo || windows\n\npackage main\n")
			return root
		}, "a.go is of package main"},
		{"tests, and what Go passes over", func(t *testing.T, root string) string {
			put(t, filepath.Join(root, "a_test.go"), "package events_test\n")
			put(t, filepath.Join(root, "_a.go"), "package other\n")
			put(t, filepath.Join(root, ".b.go"), "package other\n")
			put(t, filepath.Join(root, "c.go"), "this is no Go\n")
			return root
		}, ""},
		{"an empty file", func(t *testing.T, root string) string {
			put(t, filepath.Join(root, "one.gen.go"), "")
			return root
		}, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			root := t.TempDir()
			_, err := codegen.Generate(t.Context(), codegen.Request{Schemas: schemas(), Out: tc.make(t, root), Package: "events"})
			switch want := strings.ReplaceAll(tc.want, "ROOT", root); {
			case want == "" && err != nil:
				t.Error(err)
			case want != "" && (err == nil || !strings.Contains(filepath.ToSlash(err.Error()), filepath.ToSlash(want))):
				t.Errorf("error %v, want %q", err, want)
			}
		})
	}
}

// TestProgress counts what the caller is told.
func TestProgress(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	last := map[codegen.Step]codegen.Progress{}
	var order []codegen.Step
	req := codegen.Request{Schemas: schemas(), Out: dir, Package: "events", Progress: func(p codegen.Progress) {
		if _, seen := last[p.Step]; !seen {
			order = append(order, p.Step)
		}
		if p.Done < last[p.Step].Done {
			t.Errorf("progress goes back to %+v", p)
		}
		last[p.Step] = p
	}}
	if _, err := codegen.Generate(t.Context(), req); err != nil {
		t.Fatal(err)
	}
	want := map[codegen.Step]codegen.Progress{
		codegen.StepRead: {codegen.StepRead, 2, 2}, codegen.StepPrint: {codegen.StepPrint, 3, 3}, codegen.StepWrite: {codegen.StepWrite, 3, 3},
	}
	if diff := cmp.Diff(want, last); diff != "" {
		t.Errorf("ends (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]codegen.Step{codegen.StepRead, codegen.StepPrint, codegen.StepWrite}, order); diff != "" {
		t.Errorf("steps (-want +got):\n%s", diff)
	}
}

// TestCancelledWhileWriting ends a run at its first written file: no file may
// have changed, and no temporary one may be left.
func TestCancelledWhileWriting(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	generateInto(t, dir, schemas())
	before := contents(t, dir)
	ctx, cancel := context.WithCancel(t.Context())
	_, err := codegen.Generate(ctx, codegen.Request{Schemas: renamed(), Out: dir, Package: "events", Progress: func(p codegen.Progress) {
		if p.Step == codegen.StepWrite {
			cancel()
		}
	}})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	if diff := cmp.Diff(before, contents(t, dir)); diff != "" {
		t.Errorf("folder (-want +got):\n%s", diff)
	}
}

// TestLargeTree is the whole of it at the size of a company.
func TestLargeTree(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	r := generateInto(t, dir, tree(benchmarkFiles))
	if len(r.Changed()) != benchmarkFiles+1 {
		t.Errorf("%d files", len(r.Changed()))
	}
	if r := generateInto(t, dir, tree(benchmarkFiles)); len(r.Changed()) != 0 {
		t.Errorf("a second run changes %v", r.Changed()[0].Path)
	}
	text, err := os.ReadFile(filepath.Join(dir, "order_changed_495.gen.go"))
	if err != nil {
		t.Fatal(err)
	}
	if want, err := format.Source(text); err != nil || string(want) != string(text) {
		t.Errorf("not as gofmt has it: %v", err)
	}
}
