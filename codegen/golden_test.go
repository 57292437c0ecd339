package codegen_test

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/schemactl/schemactl/codegen"
)

var update = flag.Bool("update", false, "write the golden files")

// cases are the folders of testdata: schemas/ holds what goes in, golden/ what
// must come out. Package codegen/internal/agreement compiles and runs it.
func cases(t *testing.T) []string {
	t.Helper()
	dirs, err := filepath.Glob("testdata/*/schemas")
	if err != nil || len(dirs) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for i := range dirs {
		dirs[i] = filepath.Base(filepath.Dir(dirs[i]))
	}
	return dirs
}

func TestGolden(t *testing.T) {
	t.Parallel()
	for _, name := range cases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join("testdata", name)
			req := codegen.Request{
				Schemas:      os.DirFS(filepath.Join(dir, "schemas")),
				SchemasLabel: "schemas",
				Out:          filepath.Join(dir, "golden"),
				Package:      name,
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
		})
	}
}
