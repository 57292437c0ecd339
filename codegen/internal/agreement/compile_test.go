package agreement_test

import (
	"errors"
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/schemactl/schemactl/codegen"
)

// TestRandomSchemasCompile generates code from random schemas, with random
// options, and has it type-checked.
func TestRandomSchemasCompile(t *testing.T) {
	t.Parallel()
	exports := exportData(t)
	for seed := range 60 {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			s := &schemas{Rand: rand.New(rand.NewPCG(uint64(seed), 3))}
			files := fstest.MapFS{}
			for i := range 3 {
				files[fmt.Sprintf("f%d.avsc", i)] = &fstest.MapFile{Data: []byte(s.record())}
			}
			out := t.TempDir()
			_, err := codegen.Generate(t.Context(), codegen.Request{Schemas: files, Out: out, Package: "p", Options: s.options()})
			if err != nil {
				t.Fatal(err)
			}
			if err := typeCheck(out, exports); err != nil {
				for name, f := range files {
					t.Logf("%s: %s", name, f.Data)
				}
				t.Error(err)
			}
		})
	}
}

// exportData finds the compiled packages that generated code may import.
func exportData(t *testing.T) map[string]string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "list", "-export", "-deps", "-f", "{{.ImportPath}} {{.Export}}", "../../../codec", "bytes", "maps", "math", "math/big", "slices", "strconv", "time").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	exports := map[string]string{}
	for line := range strings.Lines(string(out)) {
		path, file, _ := strings.Cut(strings.TrimSpace(line), " ")
		exports[path] = file
	}
	return exports
}

func typeCheck(dir string, exports map[string]string) error {
	paths, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		return err
	}
	fset := token.NewFileSet()
	var files []*ast.File
	for _, path := range paths {
		f, err := parser.ParseFile(fset, path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		files = append(files, f)
	}
	var problems []error
	config := types.Config{
		Importer: importer.ForCompiler(fset, "gc", func(path string) (io.ReadCloser, error) { return os.Open(exports[path]) }),
		Error:    func(err error) { problems = append(problems, err) },
	}
	_, err = config.Check("p", fset, files, nil)
	if len(problems) > 0 {
		return errors.Join(problems...)
	}
	return err
}

// schemas makes random schemas as text.
type schemas struct {
	*rand.Rand
	named []string // records, enums and fixed so far
	count int
}

func (s *schemas) options() codegen.Options {
	pick := func(a, b string) string { return []string{a, b}[s.IntN(2)] }
	return codegen.Options{
		Optional: pick("", "pointer"), Decimal: pick("", "rat"), UUID: pick("", "string"), Maps: pick("", "pairs"),
	}
}

func (s *schemas) name() string {
	s.count++
	return fmt.Sprintf("test.random%d.T%d", s.IntN(2), s.count)
}

func (s *schemas) record() string {
	name := s.name()
	var fields []string
	for i := range s.IntN(7) {
		typ := s.typ(0)
		deflt := ""
		if value := s.zero(typ); value != "" && s.IntN(2) == 0 {
			deflt = `,"default":` + value
		}
		fields = append(fields, fmt.Sprintf(`{"name":"f%d","type":%s%s}`, i, typ, deflt))
	}
	if s.IntN(3) == 0 {
		fields = append(fields, fmt.Sprintf(`{"name":"next","type":["null",%q,"int"]}`, name))
	}
	s.named = append(s.named, name)
	return fmt.Sprintf(`{"type":"record","name":%q,"fields":[%s]}`, name, strings.Join(fields, ","))
}

// simple are types that need no definition.
var simple = []string{
	`"boolean"`, `"int"`, `"long"`, `"float"`, `"double"`, `"bytes"`, `"string"`,
	`{"type":"bytes","logicalType":"decimal","precision":9,"scale":2}`,
	`{"type":"bytes","logicalType":"decimal","precision":30}`,
	`{"type":"bytes","logicalType":"big-decimal"}`,
	`{"type":"string","logicalType":"uuid"}`,
	`{"type":"int","logicalType":"date"}`,
	`{"type":"int","logicalType":"time-millis"}`,
	`{"type":"long","logicalType":"time-micros"}`,
	`{"type":"long","logicalType":"timestamp-nanos"}`,
	`{"type":"long","logicalType":"local-timestamp-micros"}`,
}

func (s *schemas) typ(depth int) string {
	if depth > 2 {
		return simple[s.IntN(len(simple))]
	}
	switch s.IntN(12) {
	case 0:
		return `"null"`
	case 1:
		return fmt.Sprintf(`{"type":"array","items":%s}`, s.typ(depth+1))
	case 2:
		return fmt.Sprintf(`{"type":"map","values":%s}`, s.typ(depth+1))
	case 3:
		return s.union(depth)
	case 4:
		return fmt.Sprintf([]string{`["null",%s]`, `[%s,"null"]`}[s.IntN(2)], s.branch(depth))
	case 5:
		return s.definition()
	case 6:
		if len(s.named) > 0 {
			return fmt.Sprintf("%q", s.named[s.IntN(len(s.named))])
		}
		return s.record()
	case 7:
		return s.record()
	}
	return simple[s.IntN(len(simple))]
}

// branch is a type that may stand beside null.
func (s *schemas) branch(depth int) string {
	for {
		named := s.named
		typ := s.typ(depth + 1)
		if typ[0] != '[' && typ != `"null"` {
			return typ
		}
		s.named = named // what was thrown away is not defined
	}
}

func (s *schemas) definition() string {
	name := s.name()
	s.named = append(s.named, name)
	return fmt.Sprintf([]string{
		`{"type":"enum","name":%q,"symbols":["A","B","C"]}`,
		`{"type":"fixed","name":%q,"size":5}`,
		`{"type":"fixed","name":%q,"size":12,"logicalType":"duration"}`,
		`{"type":"fixed","name":%q,"size":16,"logicalType":"uuid"}`,
		`{"type":"fixed","name":%q,"size":8,"logicalType":"decimal","precision":18,"scale":3}`,
		`{"type":"fixed","name":%q,"size":20,"logicalType":"decimal","precision":40,"scale":3}`,
	}[s.IntN(6)], name)
}

// union has at most one branch of each base type.
func (s *schemas) union(depth int) string {
	pick := func(from ...string) func() string { return func() string { return from[s.IntN(len(from))] } }
	bases := []func() string{
		pick(`"null"`), pick(simple[0]), pick(simple[1], simple[11], simple[12]), pick(simple[2], simple[13], simple[14], simple[15]),
		pick(simple[3]), pick(simple[4]), pick(simple[5], simple[7], simple[8], simple[9]), pick(simple[6], simple[10]),
		func() string { return fmt.Sprintf(`{"type":"array","items":%s}`, s.typ(depth+1)) },
		func() string { return fmt.Sprintf(`{"type":"map","values":%s}`, s.typ(depth+1)) },
		s.definition, s.definition, s.record,
	}
	s.Shuffle(len(bases), func(i, j int) { bases[i], bases[j] = bases[j], bases[i] })
	var branches []string
	for _, base := range bases[:1+s.IntN(4)] {
		branches = append(branches, base())
	}
	return "[" + strings.Join(branches, ",") + "]"
}

// zero is a default for some types.
func (s *schemas) zero(typ string) string {
	switch {
	case typ == `"null"` || strings.HasPrefix(typ, `["null"`):
		return "null"
	case strings.HasPrefix(typ, `{"type":"array"`):
		return "[]"
	case strings.HasPrefix(typ, `{"type":"map"`):
		return "{}"
	case typ == `"boolean"`:
		return "true"
	case typ == `"int"`, typ == `"long"`, typ == `"double"`, strings.Contains(typ, `"type":"int"`) && typ[0] == '{' && !strings.Contains(typ, "name"):
		return "5"
	case typ == `"string"`, typ == `"bytes"`, strings.HasPrefix(typ, `{"type":"bytes","logicalType":"decimal"`):
		return `"a"`
	}
	return ""
}
