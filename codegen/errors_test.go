package codegen_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/schemactl/schemactl/codegen"
)

// record is a schema file of one record with these fields.
func record(fields string) string {
	return `{"type":"record","name":"R","namespace":"n","fields":[` + fields + `]}`
}

func field(typ string) string { return record(`{"name":"f","type":` + typ + `}`) }

func withDefault(typ, value string) string {
	return record(`{"name":"f","type":` + typ + `,"default":` + value + `}`)
}

// event is a record with attributes.
func event(attributes string) string {
	return `{"type":"record","name":"E","namespace":"n",` + attributes + `,"fields":[
		{"name":"id","type":"long"},
		{"name":"name","type":"string"},
		{"name":"at","type":{"type":"long","logicalType":"timestamp-micros"}},
		{"name":"maybe","type":["null","long"]},
		{"name":"inner","type":{"type":"record","name":"I","fields":[{"name":"id","type":"double"}]}}]}`
}

func TestSchemaProblems(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, schema string
		want         []string // problems, one by one
	}{
		{"empty file", ``, []string{`1:1: text ends where a value should be`}},
		{"no JSON", "{\n  \"type\": record}", []string{`2:11: found 'r' where a value should be`}},
		{"member twice", `{"type":"record","type":"enum"}`, []string{`1:18: member "type" occurs twice`}},
		{"too deep", strings.Repeat("[", 600), []string{`1:514: nested more than 512 deep`}},
		{"a primitive", `"string"`, []string{`1:1: a schema file defines a record, an enum or a fixed, or a list of them; this is a string`}},
		{"empty list", `[]`, []string{`1:1: an empty list defines no type`}},
		{"no type", `{"name":"R"}`, []string{`1:1: a type needs the member "type"`}},
		{"no name", `{"type":"record","fields":[]}`, []string{`1:1: record needs the member "name"`}},
		{"bad name", `{"type":"record","name":"a-b","fields":[]}`, []string{`1:25: "a-b" is no Avro name: letters, digits and underscores, not a digit first`}},
		{"bad namespace", `{"type":"record","name":"a","namespace":"b..c","fields":[]}`, []string{`1:41: "b..c" is no Avro namespace: Avro names joined by dots`}},
		{"primitive name", `{"type":"record","name":"string","fields":[]}`, []string{`"string" is the name of a primitive type`}},
		{"no fields", `{"type":"record","name":"R"}`, []string{`1:1: R: a record needs the member "fields", a list`}},
		{"field without a type", record(`{"name":"f"}`), []string{`n.R.f: a field needs the member "type"`}},
		{"field without a name", record(`{"type":"int"}`), []string{`1:55: n.R: a field needs the member "name"`}},
		{"field twice", record(`{"name":"f","type":"int"},{"name":"f","type":"int"}`), []string{`n.R: field f occurs twice`}},
		{"unknown type", field(`"Other"`), []string{`1:74: n.R.f: type n.Other is not defined in any file`}},
		{"unknown type with a hint", field(`"x.r"`), []string{`type x.r is not defined in any file; there is n.R`}},
		{"array without items", field(`{"type":"array"}`), []string{`n.R.f: array needs the member "items"`}},
		{"array beside the field", record(`{"name":"f","type":"array","items":"int"}`), []string{`n.R.f: "array" alone is no type: write {"type": {"type": "array", …}}`}},
		{"empty union", field(`[]`), []string{`n.R.f: a union needs at least one type`}},
		{"union in a union", field(`["null",["int"]]`), []string{`n.R.f: a union may not hold a union directly`}},
		{"enum without symbols", field(`{"type":"enum","name":"E","symbols":[]}`), []string{`n.E: an enum needs the member "symbols" with at least one name`}},
		{"symbol twice", field(`{"type":"enum","name":"E","symbols":["A","A"]}`), []string{`n.E: symbol A occurs twice`}},
		{"bad symbol", field(`{"type":"enum","name":"E","symbols":["a b"]}`), []string{`n.E: symbol "a b" is no Avro name`}},
		{"enum default", field(`{"type":"enum","name":"E","symbols":["A"],"default":"B"}`), []string{`n.E: default "B" is none of the symbols`}},
		{"fixed without a size", field(`{"type":"fixed","name":"F"}`), []string{`n.F: a fixed needs the member "size"`}},
		{"huge fixed", field(`{"type":"fixed","name":"F","size":2147483647}`), []string{`n.F: a fixed of 2147483647 bytes is larger than`}},
		{"contains itself", field(`"R"`), []string{`n.R: contains itself without end: make one of the fields nullable, an array or a map`}},
		{"decimal without precision", field(`{"type":"bytes","logicalType":"decimal"}`), []string{`n.R.f: decimal needs the member "precision"`}},
		{"decimal scale", field(`{"type":"bytes","logicalType":"decimal","precision":4,"scale":5}`), []string{`n.R.f: decimal scale 5 is outside 0 to the precision 4`}},
		{"decimal in too small a fixed", field(`{"type":"fixed","name":"F","size":2,"logicalType":"decimal","precision":5}`), []string{`n.F: a fixed of 2 bytes holds decimals of at most 4 digits, not 5`}},
		{"default of the wrong type", withDefault(`"int"`, `"5"`), []string{`n.R.f: default "5" is not a whole number of 32 bits`}},
		{"default above 32 bits", withDefault(`"int"`, `5000000000`), []string{`n.R.f: default 5000000000 is not a whole number of 32 bits`}},
		{"default with a fraction", withDefault(`"long"`, `1.5`), []string{`n.R.f: default 1.5 is not a whole number of 64 bits`}},
		{"default null", withDefault(`"string"`, `null`), []string{`n.R.f: default null is not a string`}},
		{"default of bytes", withDefault(`"bytes"`, `"€"`), []string{`is not a string of one character per byte`}},
		{"default of a fixed", withDefault(`{"type":"fixed","name":"F","size":2}`, `"a"`), []string{`default "a" is not 2 bytes long`}},
		{"default symbol", withDefault(`{"type":"enum","name":"E","symbols":["A"]}`, `"B"`), []string{`default "B" is not a symbol of n.E`}},
		{"default record", withDefault(`{"type":"record","name":"I","fields":[{"name":"a","type":"int"}]}`, `{}`), []string{`default {} is not of n.I, which needs field a`}},
		{"default record with more", withDefault(`{"type":"record","name":"I","fields":[]}`, `{"b":1}`), []string{`default {"b":1} is not of n.I, which has no field "b"`}},
		{"default without end", withDefault(`["null","R"]`, `{}`), []string{`is not finite`}},
		{"key without topic", event(`"schemactl.key":"id"`), []string{`n.E: has "schemactl.key" but not "schemactl.topic": an event needs a topic and a key`}},
		{"topic without key", event(`"schemactl.topic":"t"`), []string{`n.E: has "schemactl.topic" but not "schemactl.key"`}},
		{"sequence alone", event(`"schemactl.sequence":"id"`), []string{`n.E: has "schemactl.sequence" but not "schemactl.topic"`}},
		{"topic with a space", event(`"schemactl.topic":"a b","schemactl.key":"id"`), []string{`n.E: "a b" is no Kafka topic`}},
		{"topic no string", event(`"schemactl.topic":5,"schemactl.key":"id"`), []string{`n.E: "schemactl.topic" is a string that is not empty`}},
		{"key of no field", event(`"schemactl.topic":"t","schemactl.key":"idd"`), []string{`n.E: "schemactl.key" is "idd", but there is no field idd`}},
		{"key in no record", event(`"schemactl.topic":"t","schemactl.key":"id.x"`), []string{`but there is no field x`}},
		{"nullable key", event(`"schemactl.topic":"t","schemactl.key":"maybe"`), []string{`which must be an int, a long, a string, bytes or a uuid, not nullable and without another logical type`}},
		{"key of a time", event(`"schemactl.topic":"t","schemactl.key":"at"`), []string{`"schemactl.key" is "at", which must be`}},
		{"key of a double", event(`"schemactl.topic":"t","schemactl.key":"inner.id"`), []string{`"schemactl.key" is "inner.id", which must be`}},
		{"sequence of a string", event(`"schemactl.topic":"t","schemactl.key":"id","schemactl.sequence":"name"`), []string{`"schemactl.sequence" is "name", which must be an int or a long`}},
		{"several", record(`{"name":"a","type":"Nope"},{"name":"b","type":["int","int"]},{"name":"c","type":"int","default":"x"},{"name":"d"},{"name":"e","type":"int","order":"up"}`),
			[]string{`n.R.a: type n.Nope is not defined`, `n.R.b: a union may hold int only once`, `n.R.c: default "x" is not a whole number`, `n.R.d: a field needs the member "type"`, `n.R.e: "order" is "up"`}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			out := filepath.Join(t.TempDir(), "out")
			_, err := codegen.Generate(t.Context(), codegen.Request{
				Schemas: fstest.MapFS{
					"sub/bad.avsc":  {Data: []byte(tc.schema)},
					"good/ok.avsc":  {Data: []byte(`{"type":"record","name":"Fine","fields":[]}`)},
					"good/not.json": {Data: []byte(`{`)},
				},
				SchemasLabel: "schemas",
				Out:          out,
			})
			schemaErr, ok := errors.AsType[*codegen.SchemaError](err)
			if !ok {
				t.Fatalf("error %v", err)
			}
			if len(schemaErr.Problems) != len(tc.want) {
				t.Errorf("problems, want %d:\n%v", len(tc.want), err)
			}
			for i, p := range schemaErr.Problems {
				if i < len(tc.want) && !strings.Contains(p.String(), tc.want[i]) {
					t.Errorf("problem %q\nhas no   %q", p, tc.want[i])
				}
				if !strings.HasPrefix(p.String(), "schemas/sub/bad.avsc:") || p.Line < 1 || p.Column < 1 {
					t.Errorf("problem %q has no place", p)
				}
			}
			if _, err := os.Stat(out); !os.IsNotExist(err) {
				t.Errorf("something was written: %v", err)
			}
		})
	}
}

func TestProblemsOfSeveralFiles(t *testing.T) {
	t.Parallel()
	_, err := codegen.Check(t.Context(), codegen.Request{
		Schemas: fstest.MapFS{
			"b.avsc": {Data: []byte(`{"type":"record","name":"n.A","fields":[{"name":"f","type":"int"}]}`)},
			"a.avsc": {Data: []byte(`{"type":"record","name":"n.A","fields":[]}`)},
			"d.avsc": {Data: []byte(`{"type":"record",`)},
			"c.avsc": {Data: []byte(`{"type":"record","name":"n.C","fields":[{"name":"f","type":"B"}]}`)},
		},
		Out: t.TempDir(), Package: "p",
	})
	want := strings.Join([]string{
		`b.avsc:1:41: n.A.f: defined twice, and not the same: the field is {"name":"f","type":"int"} here and missing at a.avsc:1:1`,
		`c.avsc:1:60: n.C.f: type n.B is not defined in any file`,
		`d.avsc:1:18: text ends where a member name in quotes should be`,
	}, "\n")
	if err == nil {
		t.Fatal("no error")
	}
	if diff := cmp.Diff(want, err.Error()); diff != "" {
		t.Errorf("error (-want +got):\n%s", diff)
	}
}

func TestRequestErrors(t *testing.T) {
	t.Parallel()
	ok := fstest.MapFS{"a.avsc": {Data: []byte(`{"type":"record","name":"A","fields":[]}`)}}
	for _, tc := range []struct {
		name string
		req  codegen.Request
		text string
	}{
		{"no schemas", codegen.Request{Out: "x"}, "codegen needs schemas and an output folder"},
		{"no folder", codegen.Request{Schemas: ok}, "codegen needs schemas and an output folder"},
		{"no files", codegen.Request{Schemas: fstest.MapFS{}, SchemasLabel: "dir", Out: "x"}, "no .avsc files in dir"},
		{"package", codegen.Request{Schemas: ok, Out: "a-b"}, `"a-b" is no Go package name: name one that is a Go identifier`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if _, err := codegen.Check(t.Context(), tc.req); err == nil || !strings.Contains(err.Error(), tc.text) {
				t.Errorf("error %v, want %q", err, tc.text)
			}
		})
	}
}

func TestPackageName(t *testing.T) {
	t.Parallel()
	ok := fstest.MapFS{"a.avsc": {Data: []byte(`{"type":"record","name":"A","fields":[]}`)}}
	for _, tc := range []struct {
		name, out, pkg string
		want           string // in the error; empty when the name is good
	}{
		{"keyword", "x", "func", `"func" is no Go package name: name one that is a Go identifier and no keyword`},
		{"blank", "x", "_", `"_" is no Go package name`},
		{"path", "x", "a/b", `"a/b" is no Go package name`},
		{"space", "x", "a b", `"a b" is no Go package name`},
		{"folder with a space", "x y", "", `"x y" is no Go package name`},
		{"folder named as a keyword", "out/type", "", `"type" is no Go package name`},
		{"good name for a bad folder", "x y", "p", ""},
		{"good folder", "out/x", "", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			out := filepath.Join(t.TempDir(), tc.out)
			_, err := codegen.Generate(t.Context(), codegen.Request{Schemas: ok, Out: out, Package: tc.pkg})
			if (tc.want != "") != errors.Is(err, codegen.ErrPackage) || err != nil && !strings.Contains(err.Error(), tc.want) {
				t.Errorf("error %v, want %q", err, tc.want)
			}
			if _, err := os.Stat(out); os.IsNotExist(err) != (tc.want != "") {
				t.Errorf("the output folder: %v", err)
			}
		})
	}
}
