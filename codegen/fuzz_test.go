package codegen_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"

	"github.com/twmb/avro"

	"github.com/schemactl/schemactl/codegen"
)

// FuzzParseSchema gives any text as a schema file. Whatever is accepted must
// give the same code twice; whatever is refused, a place in the file.
func FuzzParseSchema(f *testing.F) {
	seeds := os.DirFS("testdata")
	err := fs.WalkDir(seeds, ".", func(path string, _ fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".avsc" {
			return err
		}
		text, err := fs.ReadFile(seeds, path)
		f.Add(text)
		return err
	})
	if err != nil {
		f.Fatal(err)
	}
	f.Add([]byte(event(`"schemactl.topic":"t","schemactl.key":"inner.id"`)))
	f.Add([]byte(withDefault(`["null",{"type":"map","values":"R"}]`, `{"a":{"f":{}}}`)))
	f.Add([]byte(withDefault(`{"type":"fixed","name":"F","size":2}`, `"\u0001\u00ff"`)))
	out := filepath.Join(f.TempDir(), "none")
	f.Fuzz(func(t *testing.T, text []byte) {
		req := codegen.Request{Schemas: fstest.MapFS{"a.avsc": {Data: text}}, Out: out, Package: "p"}
		r, err := codegen.Check(t.Context(), req)
		if err != nil {
			schemaErr, ok := errors.AsType[*codegen.SchemaError](err)
			if !ok {
				t.Fatalf("not a problem of the schema: %v", err)
			}
			for _, p := range schemaErr.Problems {
				if p.Line < 1 || p.Column < 1 || p.Message == "" {
					t.Fatalf("problem without a place: %+v", p)
				}
			}
			return
		}
		again, err := codegen.Check(t.Context(), req)
		if err != nil || again.Diff() != r.Diff() {
			t.Fatalf("a second run differs: %v", err)
		}
		if s, err := avro.Parse(string(text)); err == nil && s.Root().Type == "record" && len(r.Files) < 2 {
			t.Fatalf("no code for %s", s.Canonical())
		}
	})
}
