package codegen

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

// mark stands in a schema where a problem is to be found, in front of it.
const mark = "→"

// marked takes the marks out of files and writes their places into the
// problems, which say @ instead.
func (tr tree) marked(want []string) (tree, []string) {
	clean, places := tree{}, map[string][]string{}
	for name, text := range tr {
		for {
			before, after, found := strings.Cut(text, mark)
			if !found {
				break
			}
			line := before[strings.LastIndexByte(before, '\n')+1:]
			places[name] = append(places[name], fmt.Sprintf(":%d:%d", strings.Count(before, "\n")+1, utf8.RuneCountInString(line)+1))
			text = before + after
		}
		clean[name] = text
	}
	out := slices.Clone(want)
	for i, w := range out {
		name, rest, found := strings.Cut(w, "@")
		if found && len(places[name]) > 0 {
			out[i] = name + places[name][0] + rest
			places[name] = places[name][1:]
		}
	}
	return clean, out
}

// TestParseProblems has the whole text of every problem.
func TestParseProblems(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name  string
		files tree
		want  []string
	}{
		{"struct", tree{"a.avsc": `{"type":→"struct","name":"n.R","fields":[]}`, "b.avsc": `{"type":"record","name":"n.S","fields":[{"name":"f","type":"n.R"}]}`},
			[]string{`a.avsc@: "struct" is no type: this looks like "type": "record"`}},
		{"almost array", tree{"a.avsc": typed(`{"type":→"aray","items":"int"}`)},
			[]string{`a.avsc@: n.R.f: "aray" is no type: this looks like "type": "array"`}},
		{"primitive with a name", tree{"a.avsc": `{"type":→"string","name":"S"}`},
			[]string{`a.avsc@: a schema file defines a record, an enum or a fixed, or a list of them; this is of type "string"`}},
		{"union in a file", tree{"a.avsc": `[→"null",{"type":"record","name":"n.R","fields":[]}]`},
			[]string{`a.avsc@: a schema file defines a record, an enum or a fixed, or a list of them; this is a string`}},
		{"no name", tree{"a.avsc": `→{"type":"record","fields":[]}`}, []string{`a.avsc@: record needs the member "name"`}},
		{"name is no text", tree{"a.avsc": `{"type":"record","name":→5,"fields":[]}`}, []string{`a.avsc@: "name" is a string, not a number`}},
		{"empty name", tree{"a.avsc": `[{"type":"record","name":→"","fields":[]},{"type":"record","name":"R","fields":[{"name":"f","type":→"S"}]}]`}, []string{
			`a.avsc@: "" is no Avro name: letters, digits and underscores, not a digit first`,
			`a.avsc@: R.f: type S is not defined in any file`,
		}},
		{"name begins with a dot", tree{"a.avsc": `{"type":"record","name":→".R","fields":[]}`},
			[]string{`a.avsc@: ".R" is no Avro name: for no namespace write "namespace": ""`}},
		{"name ends with a dot", tree{"a.avsc": `{"type":"record","name":→"R.","fields":[]}`},
			[]string{`a.avsc@: "R." is no Avro name: letters, digits and underscores, not a digit first`}},
		{"bad namespace", tree{"a.avsc": `{"type":"record","name":"a","namespace":→"b..c","fields":[]}`},
			[]string{`a.avsc@: "b..c" is no Avro namespace: Avro names joined by dots`}},
		{"bad namespace in the name", tree{"a.avsc": `{"type":"record","name":→"1.a","fields":[]}`},
			[]string{`a.avsc@: "1" is no Avro namespace: Avro names joined by dots`}},
		{"long name", tree{"a.avsc": `{"type":"record","name":→"` + strings.Repeat("x", 1020) + `","namespace":"abcd","fields":[]}`},
			[]string{`a.avsc@: the full name is longer than 1024 bytes`}},
		{"references to what is broken", tree{
			"a.avsc": `[→{"type":"record","name":"n.A"},→{"type":"enum","name":"n.B"},→{"type":"fixed","name":"n.C"},→{"name":"n.D"},{"type":"record","name":→"E-","namespace":"n","fields":[]}]`,
			"b.avsc": `{"type":"record","name":"n.Lost", "fields":[→}`,
			"c.avsc": inFields(`{"name":"a","type":"A","default":{}},{"name":"b","type":"B","default":"X"},{"name":"c","type":"C","default":"long"},{"name":"d","type":["null","D"],"default":{"x":1}},{"name":"l","type":"Lost"},{"name":"x","type":→"Nowhere"}`),
		}, []string{
			`a.avsc@: n.A: a record needs the member "fields", a list`,
			`a.avsc@: n.B: an enum needs the member "symbols" with at least one name`,
			`a.avsc@: n.C: a fixed needs the member "size", a whole number of bytes and no text`,
			`a.avsc@: a type needs the member "type"`,
			`a.avsc@: "E-" is no Avro name: letters, digits and underscores, not a digit first`,
			`b.avsc@: found '}' where a value should be`,
			`c.avsc@: n.R.x: type n.Nowhere is not defined in any file`,
		}},
		{"a broken field hides nothing", tree{"a.avsc": inFields(`→{"name":"a"},→{"type":"int"},{"name":→"1","type":{"type":"fixed","name":"F","size":→"2"}},→5,{"name":"b","type":{"type":"record","name":"S","fields":[{"name":"c","type":→6}]},"default":{"c":7}},{"name":"d","type":"R","default":{}},{"name":"e","type":"int","default":→"x"}`)},
			[]string{
				`a.avsc@: n.R.a: a field needs the member "type"`,
				`a.avsc@: n.R: a field needs the member "name"`,
				`a.avsc@: n.R: "1" is no Avro name: letters, digits and underscores, not a digit first`,
				`a.avsc@: n.F: a fixed needs the member "size", a whole number of bytes and no text`,
				`a.avsc@: n.R: a field is an object, not a number`,
				`a.avsc@: n.S.c: a type is a name, an object or a list, not a number`,
				`a.avsc@: n.R.e: default "x" is not a whole number of 32 bits`,
			}},
		{"order", tree{"a.avsc": inFields(`{"name":"a","type":"int","order":→"Ascending"},{"name":"b","type":"int","order":→1}`)}, []string{
			`a.avsc@: n.R.a: "order" is "Ascending": write "ascending", "descending" or "ignore"`,
			`a.avsc@: n.R.b: "order" is 1: write "ascending", "descending" or "ignore"`,
		}},
		{"aliases of fields", tree{"a.avsc": inFields(`{"name":"a","aliases":[→"b","x",→"y-"],"type":"int"},{"name":"b","aliases":[→"x",→5],"type":"int"}`)}, []string{
			`a.avsc@: n.R.a: alias b is the name of another field`,
			`a.avsc@: n.R.a: alias "y-" is no Avro name`,
			`a.avsc@: n.R.b: alias x is also an alias of field a`,
			`a.avsc@: n.R.b: "aliases" is a list of names, this is a number`,
		}},
		{"aliases of types", tree{"a.avsc": `{"type":"enum","name":"n.E","symbols":["A"],"aliases":["a.b",→"c-",→".d"]}`}, []string{
			`a.avsc@: n.E: alias "c-" is no Avro name`,
			`a.avsc@: n.E: alias ".d" is no Avro name`,
		}},
		{"unions", tree{"a.avsc": inFields(`{"name":"a","type":["int",→{"type":"int","logicalType":"date"}]},{"name":"b","type":["S",{"type":→"S"},→"n.S","null"]},{"name":"c","type":[{"type":"array","items":"int"},→{"type":"array","items":"long"}]},{"name":"d","type":["int",→{"type":["long"]}]},{"name":"e","type":["T","S",→"n.T"]}`),
			"b.avsc": `[{"type":"record","name":"n.S","fields":[]},{"type":"fixed","name":"n.T","size":1}]`}, []string{
			`a.avsc@: n.R.a: a union may hold int only once`,
			`a.avsc@: n.R.b: a union may hold n.S only once`,
			`a.avsc@: n.R.b: a union may hold n.S only once`,
			`a.avsc@: n.R.c: a union may hold array only once`,
			`a.avsc@: n.R.d: a union may not hold a union directly: list its types here`,
			`a.avsc@: n.R.e: a union may hold n.T only once`,
		}},
		{"attributes that mean nothing", tree{"a.avsc": `[{"type":"record","name":"R","schemactl.topik":→"t","fields":[{"name":"a","type":"int","schemactl.key":→"a"}]},{"type":"enum","name":"E","symbols":["A"],"schemactl.topic":→"t"}]`}, []string{
			`a.avsc@: R: "schemactl.topik" means nothing here; a record can have "schemactl.topic", "schemactl.key" and "schemactl.sequence"`,
			`a.avsc@: R.a: "schemactl.key" means nothing here; a record can have "schemactl.topic", "schemactl.key" and "schemactl.sequence"`,
			`a.avsc@: E: "schemactl.topic" means nothing here; a record can have "schemactl.topic", "schemactl.key" and "schemactl.sequence"`,
		}},
		{"decimals", tree{"a.avsc": inFields(`{"name":"a","type":{"type":"bytes","logicalType":→"decimal","precision":"4"}},{"name":"b","type":{"type":"bytes","logicalType":"decimal","precision":4,"scale":→-1}},{"name":"c","type":{"type":"fixed","name":"F","size":0,"logicalType":→"decimal","precision":1}},{"name":"d","type":→{"type":"fixed","name":"G","logicalType":"decimal","precision":1}}`)}, []string{
			`a.avsc@: n.R.a: decimal needs the member "precision", a whole number above 0`,
			`a.avsc@: n.R.b: decimal scale -1 is outside 0 to the precision 4`,
			`a.avsc@: n.F: a fixed of 0 bytes holds decimals of at most 0 digits, not 1`,
			`a.avsc@: n.G: a fixed needs the member "size", a whole number of bytes and no text`,
		}},
		{"without end", tree{"a.avsc": `[→{"type":"record","name":"A","fields":[{"name":"b","type":"B"}]},→{"type":"record","name":"B","fields":[{"name":"a","type":["A"]}]},
			{"type":"record","name":"C","fields":[{"name":"a","type":"A"}]},
			→{"type":"record","name":"D","fields":[{"name":"a","type":["A","D"]},{"name":"n","type":["null","D"]}]},
			{"type":"record","name":"E","fields":[{"name":"e","type":["E","null"]},{"name":"l","type":{"type":"array","items":"E"}}]}]`}, []string{
			`a.avsc@: A: contains itself without end: make one of the fields nullable, an array or a map`,
			`a.avsc@: B: contains itself without end: make one of the fields nullable, an array or a map`,
			`a.avsc@: D: contains itself without end: make one of the fields nullable, an array or a map`,
		}},
		{"names are lists", tree{"a.avsc": `{"type":"enum","name":"E","symbols":→"A","aliases":→{}}`}, []string{
			`a.avsc@: E: "symbols" is a list of names, not a string`,
			`a.avsc@: E: "aliases" is a list of names, not an object`,
		}},
		{"no name of a type", tree{"a.avsc": inFields(`{"name":"a","type":→"in t"},{"name":"b","type":→""},{"name":"c","type":→"a..b"}`)}, []string{
			`a.avsc@: n.R.a: "in t" is no name of a type: Avro names joined by dots`,
			`a.avsc@: n.R.b: "" is no name of a type: Avro names joined by dots`,
			`a.avsc@: n.R.c: "a..b" is no name of a type: Avro names joined by dots`,
		}},
		{"ambiguous without a namespace", tree{"a.avsc": mark + inFields(`{"name":"a","type":{"type":"fixed","name":"X","namespace":"","size":1}},{"name":"b","type":".X"}`), "b.avsc": `{"type":"fixed","name":"n.X","size":1}`}, []string{
			`a.avsc@: n.R: type X has no namespace, so it cannot be mentioned inside namespace n, which has a X too: give it a namespace`,
		}},
		{"order of files", tree{"a/b.avsc": `→5`, "a.avsc": `→6`, "b.avsc": "\n\t→{\n}"}, []string{
			`a.avsc@: a schema file defines a record, an enum or a fixed, or a list of them; this is a number`,
			`a/b.avsc@: a schema file defines a record, an enum or a fixed, or a list of them; this is a number`,
			`b.avsc@: a type needs the member "type"`,
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			files, want := tc.files.marked(tc.want)
			if diff := cmp.Diff(want, files.problems(t)); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
		})
	}
}

// TestManyProblems has more problems than anybody reads.
func TestManyProblems(t *testing.T) {
	t.Parallel()
	problems := tree{
		"a.avsc": "[" + strings.Repeat("1,", 1500) + "1]",
		"b.avsc": inFields(strings.TrimSuffix(strings.Repeat(`{"name":"f","type":"Nowhere"},`, 100), ",")),
	}.problems(t)
	if got, want := problems[len(problems)-1], fmt.Sprintf("and %d more problems", 1501+99+100-maxProblems); got != want || len(problems) != maxProblems+1 {
		t.Errorf("%d lines, the last %q, want %q", len(problems), got, want)
	}
}

// TestHugeFile is larger than any schema is.
func TestHugeFile(t *testing.T) {
	t.Parallel()
	text := `{"type":"record","name":"n.Big","fields":[],"x":"` + strings.Repeat("x", maxFile) + `"}`
	got := tree{"a.avsc": text, "b.avsc": typed(`"Big"`)}.problems(t)
	if diff := cmp.Diff([]string{"a.avsc: larger than 4194304 bytes: split it"}, got); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
}
