package codegen

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSchemaText(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name  string
		files tree
		of    string
		want  string
	}{
		{
			"everything is kept",
			tree{"a.avsc": `{
				"doc": "An \u0041.", "x.y": {"b": [1, 2.50, null], "a": true}, "type": "error", "name": "R", "aliases": ["Old"],
				"fields": [
					{"custom": "c", "name": "f", "type": {"type": "double", "logicalType": "unknown", "unit": "ms"}, "default": 1e0, "order": "ignore", "doc": "d", "aliases": ["g"]},
					{"name": "e", "type": {"type": "enum", "name": "E", "symbols": ["A"], "default": "A", "z": []}},
					{"name": "u", "type": [{"type": "array", "items": "E", "java-class": "x"}, {"type": "map", "values": "long", "k": 1}]}
				], "namespace": "n"}`}, "n.R",
			`{"doc":"An A.","x.y":{"b":[1,2.50,null],"a":true},"type":"error","name":"R","aliases":["Old"],"fields":[` +
				`{"custom":"c","name":"f","type":{"type":"double","logicalType":"unknown","unit":"ms"},"default":1e0,"order":"ignore","doc":"d","aliases":["g"]},` +
				`{"name":"e","type":{"type":"enum","name":"E","symbols":["A"],"default":"A","z":[]}},` +
				`{"name":"u","type":[{"type":"array","items":"n.E","java-class":"x"},{"type":"map","values":"long","k":1}]}],"namespace":"n"}`,
		},
		{
			"wrapped types",
			tree{"a.avsc": inFields(`{"name":"a","type":{"type":{"type":"int"}}},{"name":"b","type":{"type":"F"}},{"name":"c","type":{"type":["null","F"]}}`), "f.avsc": `{"type":"fixed","name":"n.F","size":1}`},
			"n.R",
			inFields(`{"name":"a","type":{"type":"int"}},{"name":"b","type":{"type":"fixed","name":"n.F","size":1}},{"name":"c","type":["null","n.F"]}`),
		},
		{
			"a type of another namespace without saying so",
			tree{"a.avsc": `{"type":"record","name":"n.A","fields":[{"name":"b","type":{"type":"fixed","name":"B","size":1}}]}`, "r.avsc": `{"type":"record","name":"m.R","fields":[{"name":"b","type":"n.B"}]}`},
			"m.R",
			`{"type":"record","name":"m.R","fields":[{"name":"b","type":{"type":"fixed","name":"B","namespace":"n","size":1}}]}`,
		},
		{
			"no namespace inside a namespace",
			tree{"a.avsc": inFields(`{"name":"a","type":"X"},{"name":"b","type":"X"}`), "x.avsc": `{"type":"fixed","name":"X","size":1}`},
			"n.R",
			inFields(`{"name":"a","type":{"type":"fixed","name":"X","namespace":"","size":1}},{"name":"b","type":"X"}`),
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			p := tc.files.must(t)
			got, err := p.schemaText(p.types[tc.of])
			if diff := cmp.Diff(tc.want, got); diff != "" || err != nil {
				t.Errorf("schema %v (-want +got):\n%s", err, diff)
			}
		})
	}
}

// web is so many records that each mention all others.
func web(records, docBytes int) tree {
	var fields strings.Builder
	for i := range records {
		fmt.Fprintf(&fields, `,{"name":"f%d","type":["null","n.R%d"]}`, i, i)
	}
	files := tree{}
	for i := range records {
		files[fmt.Sprintf("r%d.avsc", i)] = fmt.Sprintf(`{"type":"record","name":"n.R%d","doc":%q,"fields":[%s]}`, i, strings.Repeat("d", docBytes), fields.String()[1:])
	}
	return files
}

// TestTextsAreBounded has few types that would be written out too often.
func TestTextsAreBounded(t *testing.T) {
	t.Parallel()
	web(40, 100).must(t)
	for _, tc := range []struct {
		files tree
		want  string
	}{
		{web(100, 10_000), "the schemas of all types up to this one, each complete in itself, take more than 67108864 bytes: make the types depend less on each other, or generate several packages"},
		{web(10, 500_000), "the schema with all the types that it mentions takes more than 4194304 bytes: make it mention fewer"},
	} {
		got := tc.files.problems(t)
		if len(got) == 0 || !strings.HasSuffix(got[0], tc.want) {
			t.Errorf("problems %v", got)
		}
	}
}
