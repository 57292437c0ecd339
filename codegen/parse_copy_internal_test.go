package codegen

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestCopies defines the same types in several files, each complete in itself.
func TestCopies(t *testing.T) {
	t.Parallel()
	p := tree{
		"b/invoice.avsc": `{"type":"record","name":"Invoice","namespace":"n","fields":[
			{"name":"total","type":{"type":"record","name":"Money","doc":"An amount.","fields":[
				{"name":"amount","type":{"logicalType":"decimal","type":"bytes","scale":2,"precision":9}},
				{"name":"currency","type":{"type":"enum","name":"n.Currency","symbols":["EUR","USD"]},"default":"EUR"}]}},
			{"name":"paid","type":["null","Money"]}]}`,
		"a/order.avsc": `{"type":"record","name":"n.Order","fields":[
			{"name":"currency","type":{"type":"enum","name":"Currency","symbols":["EUR","USD"]}},
			{"name":"price","type":{"type":"record","name":"Money","namespace":"n","doc":"An amount.","fields":[
				{"name":"amount","type":{"type":"bytes","logicalType":"decimal","precision":9,"scale":2},"order":"ascending"},
				{"name":"currency","type":"Currency","default":"EUR"}]}}]}`,
		"a/again.avsc": `[{"type":"fixed","name":"n.F","size":2,"aliases":["G"]},{"type":"fixed","name":"F","namespace":"n","size":2,"aliases":["n.G"]}]`,
	}.must(t)
	var got []string
	for _, f := range p.files {
		for _, n := range f.types {
			got = append(got, f.path+" "+n.fullName())
		}
	}
	want := []string{"a/again.avsc n.F", "a/order.avsc n.Order", "a/order.avsc n.Currency", "a/order.avsc n.Money", "b/invoice.avsc n.Invoice"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("types (-want +got):\n%s", diff)
	}
	invoice := p.types["n.Invoice"]
	money := p.types["n.Money"]
	if invoice.fields[0].typ.named != money || invoice.fields[1].typ.branches[1].named != money || money.file.path != "a/order.avsc" {
		t.Error("a copy is a type of its own")
	}
	text, err := p.schemaText(invoice)
	wantText := `{"type":"record","name":"Invoice","namespace":"n","fields":[{"name":"total","type":` +
		`{"type":"record","name":"Money","namespace":"n","doc":"An amount.","fields":[` +
		`{"name":"amount","type":{"type":"bytes","logicalType":"decimal","precision":9,"scale":2},"order":"ascending"},` +
		`{"name":"currency","type":{"type":"enum","name":"Currency","symbols":["EUR","USD"]},"default":"EUR"}]}},` +
		`{"name":"paid","type":["null","n.Money"]}]}`
	if diff := cmp.Diff(wantText, text); diff != "" || err != nil {
		t.Errorf("schema of n.Invoice: %v (-want +got):\n%s", err, diff)
	}
}

func TestCopiesThatDiffer(t *testing.T) {
	t.Parallel()
	base := func(in string) string { return inFields(in) }
	for _, tc := range []struct {
		name          string
		first, second string
		want          []string
	}{
		{"kind", `→{"type":"fixed","name":"n.R","size":2}`, `{"type":→"enum","name":"n.R","symbols":["A"]}`,
			[]string{`b.avsc@: n.R: defined twice, and not the same: "type" is "enum" here and "fixed" at a.avsc:1:9`}},
		{"error", base(``), `{"type":→"error","name":"n.R","fields":[]}`,
			[]string{`b.avsc@: n.R: defined twice, and not the same: "type" is "error" here and "record" at a.avsc:1:9`}},
		{"size", `{"type":"fixed","name":"n.R","size":2}`, `{"type":"fixed","name":"n.R","size":→3}`,
			[]string{`b.avsc@: n.R: defined twice, and not the same: "size" is 3 here and 2 at a.avsc:1:37`}},
		{"doc", `{"type":"fixed","name":"n.R","size":2}`, `{"type":"fixed","name":"n.R","size":2,"doc":→"The R."}`,
			[]string{`b.avsc@: n.R: defined twice, and not the same: "doc" is "The R." here and missing at a.avsc:1:1`}},
		{"attribute", `{"type":"fixed","name":"n.R","x":{"y":1},"size":2}`, `→{"type":"fixed","name":"n.R","size":2}`,
			[]string{`b.avsc@: n.R: defined twice, and not the same: "x" is missing here and {"y":1} at a.avsc:1:34`}},
		{"symbols", `{"type":"enum","name":"n.R","symbols":["A","B"]}`, `{"type":"enum","name":"n.R","symbols":→["B","A"]}`,
			[]string{`b.avsc@: n.R: defined twice, and not the same: "symbols" is ["B","A"] here and ["A","B"] at a.avsc:1:39`}},
		{"aliases", `{"type":"fixed","name":"n.R","aliases":["a"],"size":2}`, `{"type":"fixed","name":"n.R","size":2,"aliases":→["b"]}`,
			[]string{`b.avsc@: n.R: defined twice, and not the same: "aliases" is ["b"] here and ["a"] at a.avsc:1:40`}},
		{"field is missing", base(`{"name":"a","type":"int"},{"name":"b","type":"int"}`), "→" + base(`{"name":"a","type":"int"}`),
			[]string{`b.avsc@: n.R.b: defined twice, and not the same: the field is missing here and {"name":"b","type":"int"} at a.avsc:1:81`}},
		{"field more", base(`{"name":"a","type":"int"}`), base(`{"name":"a","type":"int"},→{"name":"b","type":"int"}`),
			[]string{`b.avsc@: n.R.b: defined twice, and not the same: the field is {"name":"b","type":"int"} here and missing at a.avsc:1:1`}},
		{"order of fields", base(`{"name":"a","type":"int"},{"name":"b","type":"int"}`), base(`{"name":→"b","type":"int"},{"name":"a","type":"int"}`),
			[]string{`b.avsc@: n.R: defined twice, and not the same: the next field is "b" here and "a" at a.avsc:1:63`}},
		{"default", base(`{"name":"a","type":"int","default":1}`), base(`{"name":"a","type":"int","default":→2}`),
			[]string{`b.avsc@: n.R.a: defined twice, and not the same: "default" is 2 here and 1 at a.avsc:1:90`}},
		{"order", base(`{"name":"a","type":"int"}`), base(`{"name":"a","type":"int","order":→"ignore"}`),
			[]string{`b.avsc@: n.R.a: defined twice, and not the same: "order" is "ignore" here and missing at a.avsc:1:1`}},
		{"type", base(`{"name":"a","type":"int"}`), base(`{"name":"a","type":→"long"}`),
			[]string{`b.avsc@: n.R.a: defined twice, and not the same: the type is "long" here and "int" at a.avsc:1:74`}},
		{"type of items", base(`{"name":"a","type":{"type":"array","items":"int"}}`), base(`{"name":"a","type":{"type":"array","items":→["int"]}}`),
			[]string{`b.avsc@: n.R.a[]: defined twice, and not the same: the type is ["int"] here and "int" at a.avsc:1:98`}},
		{"branch", base(`{"name":"a","type":["int","null"]}`), base(`{"name":"a","type":["int",→"string"]}`),
			[]string{`b.avsc@: n.R.a: defined twice, and not the same: the type is "string" here and "null" at a.avsc:1:81`}},
		{"logical type", base(`{"name":"a","type":{"type":"long","logicalType":"timestamp-millis"}}`), base(`{"name":"a","type":{"type":"long","logicalType":→"timestamp-micros"}}`),
			[]string{`b.avsc@: n.R.a: defined twice, and not the same: "logicalType" is "timestamp-micros" here and "timestamp-millis" at a.avsc:1:103`}},
		{"attribute of a type", base(`{"name":"a","type":{"type":"string"}}`), base(`{"name":"a","type":{"type":"string","avro.java.string":→"String"}}`),
			[]string{`b.avsc@: n.R.a: defined twice, and not the same: "avro.java.string" is "String" here and missing at a.avsc:1:1`}},
		{"another named type", base(`{"name":"a","type":{"type":"fixed","name":"F","size":1}}`), base(`{"name":"a","type":→{"type":"fixed","name":"G","size":1}}`),
			[]string{`b.avsc@: n.R.a: defined twice, and not the same: the type is {"type":"fixed","name":"G","size":1} here and {"type":"fixed","name":"F","size":1} at a.avsc:1:74`}},
		{"the inner one only", base(`{"name":"a","type":{"type":"fixed","name":"F","size":1}}`), base(`{"name":"a","type":{"type":"fixed","name":"F","size":→2}}`),
			[]string{`b.avsc@: n.F: defined twice, and not the same: "size" is 2 here and 1 at a.avsc:1:108`}},
		{"first one broken", base(`→{"name":"a"}`), base(`{"name":"b","type":"int"}`),
			[]string{`a.avsc@: n.R.a: a field needs the member "type"`}},
		{"second one broken", base(`{"name":"b","type":"int"}`), base(`→{"name":"a"}`),
			[]string{`b.avsc@: n.R.a: a field needs the member "type"`}},
		{"an undefined type in both", base(`{"name":"a","type":→"X"}`), base(`{"name":"a","type":→"X"}`),
			[]string{`a.avsc@: n.R.a: type n.X is not defined in any file`, `b.avsc@: n.R.a: type n.X is not defined in any file`}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			files, want := tree{"a.avsc": tc.first, "b.avsc": tc.second}.marked(tc.want)
			if diff := cmp.Diff(want, files.problems(t)); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
		})
	}
}

// TestCopyInsideItself defines a type within its own definition.
func TestCopyInsideItself(t *testing.T) {
	t.Parallel()
	same := tree{"a.avsc": inFields(`{"name":"next","type":["null",{"type":"record","name":"R","fields":[{"name":"next","type":["null","R"]}]}]}`)}
	p := same.must(t)
	if text, err := p.schemaText(p.types["n.R"]); err != nil || text != inFields(`{"name":"next","type":["null","n.R"]}`) {
		t.Errorf("schema %s, %v", text, err)
	}
	files, want := tree{"a.avsc": inFields(`{"name":"next","type":["null",→{"type":"record","name":"R","fields":[]}]}`)}.marked([]string{
		`a.avsc@: n.R.next: defined twice, and not the same: the field is missing here and {"name":"next","type":["null",{"type":"record","name":"R","f… at a.avsc:1:55`,
	})
	if diff := cmp.Diff(want, files.problems(t)); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
}
