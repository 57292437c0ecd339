package codegen

import (
	"bytes"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/twmb/avro"

	"github.com/schemactl/schemactl/internal/avrojson"
)

// TestCanonicalExamples has schemas, their canonical forms and CRC-64-AVRO
// fingerprints as Avro itself publishes them for its implementations, one per
// line and parted by tabs.
func TestCanonicalExamples(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join("testdata", "canonical", "examples.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	if len(lines) < 30 {
		t.Errorf("%d examples", len(lines))
	}
	for i, line := range lines {
		columns := strings.Split(line, "\t")
		if len(columns) != 3 {
			t.Fatalf("line %d has %d columns", i+1, len(columns))
		}
		if got := canonicalOf(t, columns[0]); got != columns[1] {
			t.Errorf("%s\ngives %s\nwant  %s", columns[0], got, columns[1])
		}
		if columns[2] == "" {
			continue
		}
		want, err := strconv.ParseInt(columns[2], 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		if got := int64(fingerprints(columns[1]).CRC64); got != want {
			t.Errorf("%s has fingerprint %d, want %d", columns[1], got, want)
		}
	}
}

// canonicalOf is the canonical form of any schema, also of one that no file may
// hold.
func canonicalOf(t *testing.T, schema string) string {
	t.Helper()
	v, err := avrojson.Parse([]byte(schema))
	if err != nil {
		t.Fatal(err)
	}
	p := newParser("")
	p.file = &schemaFile{path: "a.avsc"}
	typ := p.schema(v, "", "")
	p.resolve()
	if err := p.err(); err != nil {
		t.Fatal(err)
	}
	w := &canonicalWriter{seen: map[*namedType]bool{}}
	w.typ(typ)
	return w.b.String()
}

// TestCanonicalAgreement compares with another implementation, and looks that
// it reads the complete schemas as the sources were meant.
func TestCanonicalAgreement(t *testing.T) {
	t.Parallel()
	compared := 0
	for _, files := range agreementTrees(t) {
		p := files.must(t)
		for name, n := range p.types {
			text, err := p.schemaText(n)
			if err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			other, err := avro.Parse(text)
			if err != nil {
				t.Errorf("%s: %v\n%s", name, err, text)
				continue
			}
			canonical := canonicalForm(n)
			if got := string(other.Canonical()); got != canonical {
				t.Errorf("%s\nours   %s\ntheirs %s", name, canonical, got)
			}
			sum := fingerprints(canonical)
			rabin := avro.NewRabin()
			if got := other.Fingerprint(rabin); !bytes.Equal(got, beBytes(sum.CRC64)) {
				t.Errorf("%s: fingerprint %x, theirs %x", name, sum.CRC64, got)
			}
			compared++
		}
	}
	if compared < 60 {
		t.Errorf("only %d types were compared", compared)
	}
}

func beBytes(v uint64) []byte {
	b := make([]byte, 0, 8)
	for shift := 56; shift >= 0; shift -= 8 {
		b = append(b, byte(v>>shift))
	}
	return b
}

// agreementTrees are all schema folders of the tests and some more.
func agreementTrees(t testing.TB) []tree {
	t.Helper()
	folders, err := filepath.Glob(filepath.Join("testdata", "*", "schemas"))
	if err != nil || len(folders) == 0 {
		t.Fatalf("no folders: %v", err)
	}
	var out []tree
	for _, folder := range append(folders, filepath.Join("..", "schemas", "avro")) {
		files := tree{}
		err := walk(folder, func(name, text string) { files[name] = text })
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, files)
	}
	return append(out,
		tree{"a.avsc": `{"type":"error","name":"n.Failed","fields":[{"name":"code","type":["int"]},{"name":"why","type":["null","string",{"type":"array","items":["long","Failed"]}]}]}`},
		tree{"a.avsc": `{"type":"record","name":"Outer","namespace":"a.b","fields":[
			{"name":"e","type":{"type":"enum","name":"E","symbols":["A"],"default":"A"}},
			{"name":"dotted","type":{"type":"record","name":"c.Dotted","fields":[{"name":"in","type":{"type":"fixed","name":"F","size":1}}]}},
			{"name":"none","type":{"type":"record","name":"None","namespace":"","fields":[{"name":"f","type":{"type":"fixed","name":"F","size":3}},{"name":"again","type":["null","F"]}]}},
			{"name":"none2","type":"None"},{"name":"f","type":"F"},{"name":"e2","type":{"type":"E"}},{"name":"m","type":{"type":"map","values":{"type":{"type":"map","values":"c.F"}}}}]}`},
		tree{
			"a.avsc": `{"type":"record","name":"n.A","fields":[{"name":"b","type":["null","B"],"default":null},{"name":"x","type":{"type":"fixed","name":"x.X","size":7,"logicalType":"decimal","precision":3}}]}`,
			"b.avsc": `{"type":"record","name":"n.B","fields":[{"name":"a","type":{"type":"array","items":"A"}},{"name":"u","type":["x.X","n.A",{"type":"map","values":"B"}]}]}`,
			"c.avsc": `{"type":"record","name":"C","fields":[{"name":"b","type":"n.B","doc":"\u003c\u2028\"\\"},{"name":"d","type":{"type":"record","name":"D","namespace":"n","fields":[]}}]}`,
		},
	)
}

// walk gives every schema file below a folder.
func walk(folder string, each func(name, text string)) error {
	schemas := os.DirFS(folder)
	return fs.WalkDir(schemas, ".", func(name string, _ fs.DirEntry, err error) error {
		if err != nil || path.Ext(name) != ".avsc" {
			return err
		}
		text, err := fs.ReadFile(schemas, name)
		each(name, string(text))
		return err
	})
}
