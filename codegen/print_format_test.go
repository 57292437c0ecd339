package codegen_test

import (
	"go/format"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/schemactl/schemactl/codegen"
)

// formatted fails unless every Go file of a folder is exactly what gofmt makes
// of it.
func formatted(t *testing.T, dir string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no Go files in %s: %v", dir, err)
	}
	for _, name := range files {
		got, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		want, err := format.Source(got)
		if err != nil {
			t.Errorf("%s: %v\n%s", name, err, got)
			continue
		}
		if diff := cmp.Diff(string(want), string(got)); diff != "" {
			t.Errorf("%s is not as gofmt has it (-gofmt +got):\n%s", name, diff)
		}
	}
}

func TestFormatted(t *testing.T) {
	t.Parallel()
	for _, name := range cases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			formatted(t, filepath.Join(name, "golden"))
		})
	}
	for _, o := range []codegen.Options{{}, {Optional: "pointer", Decimal: "rat", UUID: "string", Maps: "pairs"}} {
		t.Run("tree "+o.Optional, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			if _, err := codegen.Generate(t.Context(), codegen.Request{Schemas: tree(30), Out: dir, Package: "p", Options: o}); err != nil {
				t.Fatal(err)
			}
			formatted(t, dir)
		})
	}
}

// TestFormattedNames has names and texts of lengths at which gofmt changes its
// mind.
func TestFormattedNames(t *testing.T) {
	t.Parallel()
	schemas := fstest.MapFS{}
	for n := 1; n < 110; n += 3 {
		name := strings.Repeat("x", n)
		schemas[strconv.Itoa(n)+".avsc"] = &fstest.MapFile{Data: []byte(`{"type":"record","name":"Type` + name + `","namespace":"n",
			"doc":"` + name + `\n\n- a\n- b","schemactl.topic":"` + name + `","schemactl.key":"` + name + `","schemactl.sequence":"short","fields":[
			{"name":"` + name + `","type":"int","default":1},
			{"name":"short","type":"long","default":-2,"doc":"- a\n- b"},
			{"name":"maybe_` + name + `","type":["null",{"type":"enum","name":"Enum` + name + `","symbols":["A","B_` + name + `"]}],"default":null},
			{"name":"list","type":{"type":"array","items":{"type":"record","name":"Inner` + name + `","fields":[
				{"name":"f","type":"float","default":1e30},{"name":"m","type":{"type":"map","values":["null","double"]},"default":{"a":null}}]}}}]}`)}
	}
	dir := t.TempDir()
	if _, err := codegen.Generate(t.Context(), codegen.Request{Schemas: schemas, Out: dir, Package: "p"}); err != nil {
		t.Fatal(err)
	}
	formatted(t, dir)
}

// FuzzDoc puts any text where schemas have documentation.
func FuzzDoc(f *testing.F) {
	for _, doc := range []string{
		"A thing.", "Heading\n\nText", "- a\n- b", "1. a\n\n2. b", "# Head\n\ntext", "text:\n\n\tcode", "[a]: b", "``a''", "A''0\n\n0", "+build x",
		"go:build x", "line a:1", "\x00\ufeff\u2028", "a\r\nb\rc", "[time.Time] and time.Now", "*/ /*", "TODO(x): y", "\u0085a", "a\n\n\n\nb", "\u2022 a",
	} {
		f.Add(doc)
	}
	f.Fuzz(func(t *testing.T, doc string) {
		q := strconv.Quote(strings.Map(func(r rune) rune {
			if r < ' ' && r != '\n' && r != '\t' && r != '\r' || r > 0xffff || !strconv.IsPrint(r) && r >= 0x7f {
				return '.'
			}
			return r
		}, doc))
		schema := `{"type":"record","name":"n.R","doc":` + q + `,"fields":[{"name":"a","type":"int","doc":` + q + `},
			{"name":"e","type":{"type":"enum","name":"E","doc":` + q + `,"symbols":["A"]}}]}`
		dir := t.TempDir()
		if _, err := codegen.Generate(t.Context(), codegen.Request{Schemas: fstest.MapFS{"a.avsc": {Data: []byte(schema)}}, Out: dir, Package: "p"}); err != nil {
			t.Fatal(err)
		}
		formatted(t, dir)
	})
}
