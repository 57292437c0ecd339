package codegen

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

// tree is a folder of schema files, by path.
type tree map[string]string

func (tr tree) parse(t testing.TB) (*parser, error) {
	t.Helper()
	files := fstest.MapFS{}
	for name, text := range tr {
		files[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return parse(t.Context(), files, "")
}

// must parses what has no problems.
func (tr tree) must(t testing.TB) *parser {
	t.Helper()
	p, err := tr.parse(t)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// problems are the lines of all problems.
func (tr tree) problems(t testing.TB) []string {
	t.Helper()
	_, err := tr.parse(t)
	if err == nil {
		return nil
	}
	if _, ok := errors.AsType[*SchemaError](err); !ok {
		t.Fatal(err)
	}
	return strings.Split(err.Error(), "\n")
}

// inFields is a schema file of the record n.R.
func inFields(fields string) string {
	return `{"type":"record","name":"R","namespace":"n","fields":[` + fields + `]}`
}

func typed(typ string) string { return inFields(`{"name":"f","type":` + typ + `}`) }

func defaulted(typ, value string) string {
	return inFields(`{"name":"f","type":` + typ + `,"default":` + value + `}`)
}

func fieldNamed(t testing.TB, n *namedType, name string) *schemaField {
	t.Helper()
	for _, f := range n.fields {
		if f.name == name {
			return f
		}
	}
	t.Fatalf("%s has no field %s", n.fullName(), name)
	return nil
}

func TestNamespaces(t *testing.T) {
	t.Parallel()
	p := tree{"a.avsc": `{"type":"record","name":"Outer","namespace":"a.b","aliases":["Old","x.Older","Old","a.b.Outer"],"fields":[
		{"name":"inherits","type":{"type":"enum","name":"E","symbols":["A"]}},
		{"name":"dotted","type":{"type":"record","name":"c.Dotted","namespace":"ignored","fields":[
			{"name":"in","type":{"type":"fixed","name":"F","size":1,"aliases":["G"]}}]}},
		{"name":"own","type":{"type":"record","name":"Own","namespace":"d","fields":[
			{"name":"f","type":{"type":"fixed","name":"F","size":2}},
			{"name":"other","type":"c.F"},{"name":"same","type":"F"},{"name":"outer","type":["null","a.b.Outer"]}]}},
		{"name":"none","type":{"type":"record","name":"None","namespace":"","aliases":["Nil"],"fields":[
			{"name":"f","type":{"type":"fixed","name":"F","size":3}},
			{"name":"again","type":"F"}]}},
		{"name":"e","type":"E"},{"name":"none2","type":"None"},{"name":"none3","type":".None"},{"name":"f","type":"F"}]}`}.must(t)
	want := map[string]bool{"a.b.Outer": true, "a.b.E": true, "c.Dotted": true, "c.F": true, "d.Own": true, "d.F": true, "None": true, "F": true}
	for name := range p.types {
		if !want[name] {
			t.Errorf("type %s", name)
		}
		delete(want, name)
	}
	if len(want) > 0 {
		t.Errorf("no types %v", want)
	}
	for _, tc := range []struct{ record, field, want string }{
		{"d.Own", "other", "c.F"},
		{"d.Own", "same", "d.F"},
		{"None", "again", "F"},
		{"a.b.Outer", "e", "a.b.E"},
		{"a.b.Outer", "none2", "None"},
		{"a.b.Outer", "none3", "None"},
		{"a.b.Outer", "f", "F"},
	} {
		if got := fieldNamed(t, p.types[tc.record], tc.field).typ.named; got != p.types[tc.want] {
			t.Errorf("%s.%s is %s, want %s", tc.record, tc.field, got.fullName(), tc.want)
		}
	}
	for name, aliases := range map[string][]string{"a.b.Outer": {"a.b.Old", "x.Older"}, "c.F": {"c.G"}, "None": {"Nil"}} {
		if diff := cmp.Diff(aliases, p.types[name].aliases); diff != "" {
			t.Errorf("aliases of %s (-want +got):\n%s", name, diff)
		}
	}
}

func TestRecordParts(t *testing.T) {
	t.Parallel()
	p := tree{"a.avsc": `[{"type":"error","name":"n.Failed","doc":"It failed.","fields":[
		{"name":"a","type":"int","order":"descending","aliases":["a","b","b","c"],"doc":"The a."},
		{"name":"d","type":["int"],"order":"ignore"},{"name":"e","type":"n.E"}]},
		{"type":"enum","name":"n.E","symbols":["A","B"],"default":"B"}]`}.must(t)
	n := p.types["n.Failed"]
	if !n.isError || n.kind != kindRecord || n.doc != "It failed." {
		t.Errorf("record %+v", n)
	}
	a, d, e := n.fields[0], n.fields[1], n.fields[2]
	if diff := cmp.Diff([]string{"b", "c"}, a.aliases); diff != "" || a.doc != "The a." || a.owner != n {
		t.Errorf("field %+v\n%s", a, diff)
	}
	if got := []string{a.order, d.order, e.order}; !cmp.Equal(got, []string{"descending", "ignore", "ascending"}) {
		t.Errorf("order %v", got)
	}
	if d.typ.kind != kindUnion || len(d.typ.branches) != 1 || e.typ.named.symbolDefault != "B" {
		t.Errorf("types %+v, %+v", d.typ, e.typ.named)
	}
}

func TestLogicalTypes(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ typ, want string }{
		{`{"type":"bytes","logicalType":"decimal","precision":4,"scale":2}`, "decimal(4,2)"},
		{`{"type":"bytes","logicalType":"decimal","precision":40}`, "decimal(40,0)"},
		{`{"type":"fixed","name":"X","size":2,"logicalType":"decimal","precision":4,"scale":4}`, "decimal(4,4)"},
		{`{"type":"fixed","name":"X","size":16,"logicalType":"decimal","precision":38}`, "decimal(38,0)"},
		{`{"type":"bytes","logicalType":"big-decimal"}`, "big-decimal"},
		{`{"type":"string","logicalType":"uuid"}`, "uuid"},
		{`{"type":"fixed","name":"X","size":16,"logicalType":"uuid"}`, "uuid"},
		{`{"type":"int","logicalType":"date"}`, "date"},
		{`{"type":"int","logicalType":"time-millis"}`, "time-millis"},
		{`{"type":"long","logicalType":"time-micros"}`, "time-micros"},
		{`{"type":"long","logicalType":"timestamp-millis"}`, "timestamp-millis"},
		{`{"type":"long","logicalType":"timestamp-micros"}`, "timestamp-micros"},
		{`{"type":"long","logicalType":"timestamp-nanos"}`, "timestamp-nanos"},
		{`{"type":"long","logicalType":"local-timestamp-millis"}`, "local-timestamp-millis"},
		{`{"type":"long","logicalType":"local-timestamp-micros"}`, "local-timestamp-micros"},
		{`{"type":"long","logicalType":"local-timestamp-nanos"}`, "local-timestamp-nanos"},
		{`{"type":"fixed","name":"X","size":12,"logicalType":"duration"}`, "duration"},
		// On a wrong base, or unknown: ignored.
		{`{"type":"int","logicalType":"timestamp-millis"}`, ""},
		{`{"type":"long","logicalType":"date"}`, ""},
		{`{"type":"long","logicalType":"time-millis"}`, ""},
		{`{"type":"int","logicalType":"time-micros"}`, ""},
		{`{"type":"string","logicalType":"timestamp-micros"}`, ""},
		{`{"type":"string","logicalType":"decimal"}`, ""},
		{`{"type":"int","logicalType":"decimal","precision":0}`, ""},
		{`{"type":"fixed","name":"X","size":16,"logicalType":"big-decimal"}`, ""},
		{`{"type":"fixed","name":"X","size":12,"logicalType":"uuid"}`, ""},
		{`{"type":"fixed","name":"X","size":16,"logicalType":"duration"}`, ""},
		{`{"type":"bytes","logicalType":"uuid"}`, ""},
		{`{"type":"bytes","logicalType":"duration"}`, ""},
		{`{"type":"string","logicalType":"email"}`, ""},
		{`{"type":"string","logicalType":5}`, ""},
		{`{"type":"array","items":"long","logicalType":"timestamp-millis"}`, ""},
		{`{"type":"enum","name":"X","symbols":["A"],"logicalType":"date"}`, ""},
		{`{"type":"record","name":"X","fields":[],"logicalType":"duration"}`, ""},
	} {
		p := tree{"a.avsc": inFields(`{"name":"f","type":` + tc.typ + `}`)}.must(t)
		typ := fieldNamed(t, p.types["n.R"], "f").typ
		got := typ.logical.name
		if got == "decimal" {
			got = fmt.Sprintf("decimal(%d,%d)", typ.logical.precision, typ.logical.scale)
		}
		if got != tc.want {
			t.Errorf("%s: %q, want %q", tc.typ, got, tc.want)
		}
		if typ.kind == kindFixed && typ.named.logical != typ.logical {
			t.Errorf("%s: the type has %+v", tc.typ, typ.named.logical)
		}
	}
}

// TestLogicalTypeOfReference mentions an annotated fixed before and after its
// definition.
func TestLogicalTypeOfReference(t *testing.T) {
	t.Parallel()
	p := tree{
		"a.avsc": inFields(`{"name":"f","type":"D"},{"name":"g","type":{"type":"D","logicalType":"uuid"}}`),
		"b.avsc": `{"type":"fixed","name":"n.D","size":12,"logicalType":"duration"}`,
		"c.avsc": `{"type":"record","name":"n.S","fields":[{"name":"f","type":"D"}]}`,
	}.must(t)
	for _, f := range []*schemaField{p.types["n.R"].fields[0], p.types["n.R"].fields[1], p.types["n.S"].fields[0]} {
		if f.typ.logical.name != "duration" {
			t.Errorf("%s is %+v", f.path(), f.typ)
		}
	}
}
