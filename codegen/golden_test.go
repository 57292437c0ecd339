package codegen_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"go/format"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/schemactl/schemactl/codegen"
)

var update = flag.Bool("update", false, "write the golden files")

// folders hold cases: those of this package, and of one that tests generated
// types too. A package cannot make its own again when they no longer compile.
var folders = []string{"testdata", "../codec/hambacompat/testdata"}

// cases are the folders of a case: schemas/ holds what goes in, golden/ what must
// come out. Package codegen/internal/agreement compiles and runs it.
func cases(t *testing.T) []string {
	t.Helper()
	var all []string
	for _, folder := range folders {
		dirs, err := filepath.Glob(filepath.Join(folder, "*", "schemas"))
		if err != nil || len(dirs) == 0 {
			t.Fatalf("no cases in %s: %v", folder, err)
		}
		for _, dir := range dirs {
			all = append(all, filepath.Dir(dir))
		}
	}
	return all
}

// options are those of the case's options.json, when there is one.
func options(t *testing.T, dir string) codegen.Options {
	t.Helper()
	var o codegen.Options
	text, err := os.ReadFile(filepath.Join(dir, "options.json"))
	if errors.Is(err, fs.ErrNotExist) {
		return o
	}
	if err != nil {
		t.Fatal(err)
	}
	in := json.NewDecoder(bytes.NewReader(text))
	in.DisallowUnknownFields()
	if err := in.Decode(&o); err != nil {
		t.Fatal(err)
	}
	return o
}

func TestGolden(t *testing.T) {
	t.Parallel()
	for _, dir := range cases(t) {
		name := filepath.Base(dir)
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			req := codegen.Request{
				Schemas:      os.DirFS(filepath.Join(dir, "schemas")),
				SchemasLabel: "schemas",
				Out:          filepath.Join(dir, "golden"),
				Package:      name,
				Options:      options(t, dir),
			}
			if *update {
				if _, err := codegen.Generate(t.Context(), req); err != nil {
					t.Fatal(err)
				}
			}
			r, err := codegen.Check(t.Context(), req)
			if err != nil {
				t.Fatal(err)
			}
			if diff := r.Diff(); diff != "" {
				t.Errorf("golden files differ, run the test with -update if that is wanted:\n%s", diff)
			}
			again, err := codegen.Check(t.Context(), req)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(r.Diff(), again.Diff()); diff != "" {
				t.Errorf("a second run differs:\n%s", diff)
			}
			onlyGenerated(t, req.Out, r)
		})
	}
}

// onlyGenerated checks that a golden folder holds what the schemas make and
// nothing else, each file as gofmt has it.
func onlyGenerated(t *testing.T, dir string, r *codegen.Result) {
	t.Helper()
	made := map[string]bool{}
	for _, f := range r.Files {
		made[f.Path] = f.State != codegen.Removed
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		if !made[path] {
			t.Errorf("no schema makes %s", path)
			continue
		}
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		formatted, err := format.Source(text)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(formatted), string(text)); diff != "" {
			t.Errorf("%s is not as gofmt has it (-want +got):\n%s", path, diff)
		}
	}
}

// TestGoldenFolders checks that no golden files are left without schemas.
func TestGoldenFolders(t *testing.T) {
	t.Parallel()
	known := cases(t)
	for _, folder := range folders {
		dirs, err := filepath.Glob(filepath.Join(folder, "*", "golden"))
		if err != nil {
			t.Fatal(err)
		}
		for _, dir := range dirs {
			if !slices.Contains(known, filepath.Dir(dir)) {
				t.Errorf("%s has no schemas", dir)
			}
		}
	}
}
