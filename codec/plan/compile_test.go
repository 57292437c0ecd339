package plan_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/schemactl/schemactl/codec"
	"github.com/schemactl/schemactl/codec/plan"
)

func record(fields ...string) string {
	return `{"type":"record","name":"R","namespace":"n","fields":[` + strings.Join(fields, ",") + `]}`
}

func schemaOf(text string) *codec.Schema { return codec.NewSchema("n.R", text, codec.Fingerprints{}) }
func field(name, typ string) string      { return `{"name":"` + name + `","type":` + typ + `}` }
func logical(base, name string) string   { return `{"type":"` + base + `","logicalType":"` + name + `"}` }
func array(items string) string          { return `{"type":"array","items":` + items + `}` }
func enum(name, more string, symbols ...string) string {
	return `{"type":"enum","name":"` + name + `"` + more + `,"symbols":["` + strings.Join(symbols, `","`) + `"]}`
}

func fixed(name string, size int) string {
	return fmt.Sprintf(`{"type":"fixed","name":%q,"size":%d}`, name, size)
}

func decimal(precision, scale int) string {
	return fmt.Sprintf(`{"type":"bytes","logicalType":"decimal","precision":%d,"scale":%d}`, precision, scale)
}

// inner is a nested record of one field.
func inner(name, field, typ string) string {
	return `{"type":"record","name":"` + name + `","fields":[{"name":"` + field + `","type":` + typ + `}]}`
}

func compile(t *testing.T, writer, reader string) *codec.Plan {
	t.Helper()
	p, err := plan.Compile(writer, schemaOf(reader))
	if err != nil {
		t.Fatalf("%v\n%s\n%s", err, writer, reader)
	}
	return p
}

// sketch writes a node for comparing: fields as number:type, a skipped one with
// a dash, branches with the reader's number.
func sketch(n *codec.Node) string {
	if n.Unreadable != "" {
		return "!" + n.Kind.String()
	}
	var list []string
	switch n.Kind {
	case codec.KindRecord:
		for _, s := range n.Steps {
			number := fmt.Sprint(s.Field)
			if s.Field < 0 {
				number = "-"
			}
			list = append(list, number+":"+sketch(s.Node))
		}
		if len(n.Defaults) > 0 {
			list = append(list, fmt.Sprint("default", n.Defaults))
		}
		text := "{" + strings.Join(list, " ") + "}"
		if n.Same {
			text = "same" + text
		}
		return text
	case codec.KindUnion:
		for _, b := range n.Branches {
			text := sketch(b)
			if b.Unreadable == "" && (b.Branch == 0 || len(b.Steps)+len(b.Symbols) > 0) {
				text = fmt.Sprint(text, ">", b.Branch)
			}
			list = append(list, text)
		}
		return "[" + strings.Join(list, " ") + "]"
	case codec.KindArray, codec.KindMap:
		text := n.Kind.String() + "(" + sketch(n.Item) + ")"
		if n.Same {
			text = "same" + text
		}
		return text
	case codec.KindEnum:
		return fmt.Sprint("enum", n.Symbols)
	case codec.KindFixed:
		return fmt.Sprint("fixed", n.Size)
	default:
		text := n.Kind.String()
		if n.Branch > 0 {
			text += fmt.Sprint(">", n.Branch)
		}
		return text
	}
}

func TestCompile(t *testing.T) {
	t.Parallel()
	union := func(branches ...string) string { return "[" + strings.Join(branches, ",") + "]" }
	for _, tc := range []struct{ name, writer, reader, want string }{
		{"same", record(field("a", `"int"`)), record(field("a", `"int"`)), "same{0:int}"},
		{"no fields", record(), record(), "same{}"},
		{"reordered", record(field("a", `"int"`), field("b", `"string"`)), record(field("b", `"string"`), field("a", `"int"`)), "{1:int 0:string}"},
		{"dropped and added", record(field("x", array(`["null","bytes"]`)), field("a", `"int"`)),
			record(`{"name":"b","type":"int","default":1}`, field("a", `"int"`), `{"name":"c","type":"null","default":null}`),
			"{-:array([null>0 bytes>0]) 1:int default[0 2]}"},
		{"promoted", record(field("a", `"int"`), field("b", `"float"`), field("c", `"string"`)),
			record(field("a", `"long"`), field("b", `"double"`), field("c", `"bytes"`)), "{0:int 1:float 2:string}"},
		{"alias", record(field("old", `"int"`)), record(`{"name":"a","type":"int","aliases":["older","old"]}`), "same{0:int}"},
		{"name before alias", record(field("old", `"string"`), field("a", `"int"`)),
			record(`{"name":"a","type":"int","aliases":["old"]}`), "{-:string 0:int}"},
		{"first alias", record(field("y", `"int"`), field("x", `"int"`)), record(`{"name":"a","type":"int","aliases":["x","y"]}`), "{-:int 0:int}"},
		{"alias of a field with a reader", record(field("a", `"int"`)),
			record(field("a", `"int"`), `{"name":"b","type":"int","default":0,"aliases":["a"]}`), "{0:int default[1]}"},
		{"names swapped by aliases", record(field("a", `"int"`), field("b", `"int"`)),
			record(`{"name":"a","type":"int","aliases":["b"]}`, `{"name":"b","type":"int","aliases":["a"]}`), "same{0:int 1:int}"},

		{"another namespace", `{"type":"record","name":"m.R","fields":[]}`, record(), "same{}"},
		{"root alias", `{"type":"record","name":"m.Old","fields":[]}`, `{"type":"record","name":"n.R","aliases":["m.Old"],"fields":[]}`, "same{}"},
		{"alias in the namespace", `{"type":"record","name":"n.Old","fields":[]}`, `{"type":"record","name":"n.R","aliases":["Old"],"fields":[]}`, "same{}"},
		{"error record", `{"type":"error","name":"R","fields":[]}`, record(), "same{}"},
		{"root union", union(`"null"`, record(field("a", `"int"`))), record(field("a", `"int"`)), "[!null same{0:int}>0]"},
		{"root enum", enum("E", "", "A", "B"), enum("E", "", "B", "A"), "enum[1 0]"},

		{"enum fallback", record(field("a", enum("E", "", "A", "B", "C"))), record(field("a", enum("E", `,"default":"C"`, "C", "A"))), "{0:enum[1 0 0]}"},
		{"enum without a place", record(field("a", enum("E", "", "A", "B"))), record(field("a", enum("E", "", "A"))), "{0:enum[0 -1]}"},
		{"enum with a symbol fewer", record(field("a", enum("E", "", "A"))), record(field("a", enum("E", "", "A", "B"))), "{0:enum[0]}"},
		{"enum same", record(field("a", enum("E", "", "A"))), record(field("a", enum("n.E", "", "A"))), "same{0:enum[0]}"},
		{"fixed", record(field("a", fixed("F", 3))), record(field("a", fixed("m.F", 3))), "same{0:fixed3}"},

		{"plain into union", record(field("a", `"int"`)), record(field("a", `["null","int"]`)), "{0:int>1}"},
		{"plain into union by promotion", record(field("a", `"int"`)), record(field("a", `["string","double","long"]`)), "{0:int>1}"},
		{"same type before promotion", record(field("a", `"int"`)), record(field("a", `["long","int"]`)), "{0:int>1}"},
		{"union into plain", record(field("a", `["null","int","string"]`)), record(field("a", `"long"`)), "{0:[!null int>0 !string]}"},
		{"union into union", record(field("a", `["null","int","boolean"]`)), record(field("a", `["string","long","null"]`)), "{0:[null>2 int>1 !boolean]}"},
		{"union same", record(field("a", `["null","int"]`)), record(field("a", `["null","int"]`)), "same{0:[null>0 int>1]}"},
		{"union longer", record(field("a", `["null","int"]`)), record(field("a", `["null","int","string"]`)), "{0:[null>0 int>1]}"},
		{"empty union", record(field("a", `[]`)), record(field("a", `"int"`)), "{0:[]}"},
		{"exact name in a union", record(field("a", union(inner("x.A", "v", `"int"`)))),
			record(field("a", union(inner("y.A", "v", `"int"`), inner("x.A", "v", `"int"`)))), "{0:[same{0:int}>1]}"},
		{"alias in a union", record(field("a", inner("x.Old", "v", `"int"`))),
			record(field("a", union(inner("y.B", "v", `"int"`), `{"type":"record","name":"x.A","aliases":["Old"],"fields":[{"name":"v","type":"int"}]}`))), "{0:same{0:int}}"},
		{"same position in unions of equal length", record(field("a", union(inner("x.a.A", "v", `"int"`), inner("x.b.A", "v", `"int"`)))),
			record(field("a", union(inner("y.a.A", "v", `"int"`), inner("y.b.A", "v", `"int"`)))), "same{0:[same{0:int}>0 same{0:int}>1]}"},
		{"last namesake", record(field("a", inner("x.A", "v", `"int"`))),
			record(field("a", union(inner("y.A", "v", `"int"`), inner("z.A", "v", `"int"`)))), "{0:same{0:int}}"},
		{"shape in a union", record(field("a", inner("X", "v", `"int"`))),
			record(field("a", union(`"null"`, inner("Y", "w", `"int"`), inner("Z", "v", `"int"`)))), "{0:same{0:int}}"},
		{"namesake that does not fit", record(field("a", inner("X", "v", `"int"`))),
			record(field("a", union(inner("m.X", "w", `"int"`), inner("Z", "v", `"long"`)))), "{0:{0:int}}"},
		{"no guess beside the full name", record(field("a", union(`"null"`, inner("X", "v", `"int"`)))),
			record(field("a", union(`"null"`, inner("n.X", "w", `"int"`), inner("Z", "v", `"int"`)))), "{0:[null>0 !record]}"},
		{"namesake beside the full name", record(field("a", union(`"null"`, inner("X", "v", `"int"`)))),
			record(field("a", union(`"null"`, inner("n.X", "w", `"int"`), inner("m.X", "v", `"int"`)))), "{0:[null>0 same{0:int}>2]}"},
		{"enum in a union", record(field("a", enum("x.E", "", "A"))), record(field("a", union(`"string"`, enum("y.E", "", "A")))), "{0:enum[0]}"},
		{"fixed of the right size in a union", record(field("a", fixed("x.F", 2))),
			record(field("a", union(fixed("y.F", 3), fixed("z.F", 2)))), "{0:fixed2}"},

		{"arrays and maps", record(field("a", array(`"int"`)), field("b", array(array(`"int"`))), field("c", `{"type":"map","values":["null","int"]}`)),
			record(field("c", `{"type":"map","values":["null","int"]}`), field("b", array(array(`"long"`))), field("a", array(`"int"`))),
			"{2:samearray(int) 1:array(array(int)) 0:samemap([null>0 int>1])}"},
		{"arrays of records", record(field("a", array(inner("X", "v", `"int"`))), field("b", array(array(inner("Y", "v", `"int"`))))),
			record(field("a", array(inner("X", "v", `"int"`))), field("b", array(array(inner("Y", "v", `"long"`))))),
			"{0:samearray(same{0:int}) 1:array(array({0:int}))}"},
		{"logical type and its base", record(field("a", logical("long", "timestamp-millis"))), record(field("a", `"long"`)), "{0:long}"},
		{"uuid and text", record(field("a", `"string"`)), record(field("a", logical("string", "uuid"))), "{0:string}"},
		{"unknown logical type", record(field("a", logical("long", "parsecs"))), record(field("a", logical("long", "timestamp-millis"))), "{0:long}"},
		{"logical type of another base", record(field("a", logical("int", "timestamp-micros"))), record(field("a", logical("long", "timestamp-millis"))), "{0:int}"},
		{"decimal with bad parameters", record(field("a", decimal(2, 3))), record(field("a", decimal(9, 2))), "{0:bytes}"},
		{"same decimal", record(field("a", decimal(9, 2))), record(field("a", decimal(9, 2))), "same{0:bytes}"},
		{"branch of another unit", record(field("a", union(`"null"`, logical("long", "timestamp-millis")))),
			record(field("a", union(`"null"`, logical("long", "timestamp-micros")))), "{0:[null>0 !long]}"},
		{"no escape from a clash", record(field("a", union(`"null"`, logical("long", "timestamp-millis")))),
			record(field("a", union(`"null"`, logical("long", "timestamp-micros"), `"double"`))), "{0:[null>0 !long]}"},

		{"used before its definition", record(field("a", `["null","Late"]`), field("b", inner("Late", "v", `"int"`))),
			record(field("a", union(`"null"`, inner("Late", "v", `"int"`))), field("b", `"Late"`)), "same{0:[null>0 same{0:int}>1] 1:same{0:int}}"},
		{"name without the namespace", `{"type":"record","name":"R","fields":[{"name":"a","type":{"type":"record","name":"n.S","fields":[
			{"name":"x","type":{"type":"enum","name":"E","namespace":"","symbols":["A"]}},{"name":"y","type":"E"}]}}]}`,
			`{"type":"record","name":"R","fields":[{"name":"a","type":{"type":"record","name":"n.S","fields":[]}}]}`, "{0:{-:enum[] -:enum[]}}"},
		{"type in a type", record(field("a", `{"type":{"type":{"type":"int"}}}`)), record(field("a", `"int"`)), "same{0:int}"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			p := compile(t, tc.writer, tc.reader)
			if diff := cmp.Diff(tc.want, sketch(p.Root)); diff != "" {
				t.Errorf("plan (-want +got):\n%s", diff)
			}
			if p.Identical() != strings.HasPrefix(tc.want, "same") {
				t.Errorf("identical: %t", p.Identical())
			}
		})
	}
}

func TestBranchOfRecords(t *testing.T) {
	t.Parallel()
	one := inner("A", "v", `"int"`)
	p := compile(t, record(field("a", one), field("b", `"A"`), field("c", `["A"]`), field("d", `"A"`)),
		record(field("a", `["null",`+one+`]`), field("b", `"A"`), field("c", `["string","null","A"]`), field("d", `["A"]`)))
	var got []int
	for _, s := range p.Root.Steps {
		n := s.Node
		if n.Kind == codec.KindUnion {
			n = n.Branches[0]
		}
		if len(n.Steps) != 1 || !n.Same || n.Least != 1 {
			t.Errorf("field %s: %+v", s.Name, n)
		}
		got = append(got, n.Branch)
	}
	if diff := cmp.Diff([]int{1, 0, 2, 0}, got); diff != "" {
		t.Errorf("branches (-want +got):\n%s", diff)
	}
}

func TestRecursive(t *testing.T) {
	t.Parallel()
	node := func(value string) string {
		return `{"type":"record","name":"Node","fields":[` + value + `{"name":"left","type":["null","Node"]},{"name":"right","type":["null","Node"]}]}`
	}
	p := compile(t, node(`{"name":"v","type":"int"},`), node(`{"name":"v","type":"int"},`))
	if n := p.Root; !n.Same || !n.Recursive || n.Least != 3 || n.Size != 0 || n.Steps[2].Node.Branches[1].Steps[1].Node != n.Steps[1].Node {
		t.Errorf("same: %+v", n)
	}
	p = compile(t, node(`{"name":"v","type":"int"},`), node(`{"name":"v","type":"long"},`))
	child := p.Root.Steps[1].Node.Branches[1]
	if child.Same || p.Root.Same || !child.Recursive || child.Branch != 1 || p.Root.Branch != 0 || child.Steps[1].Node.Branches[1] != child {
		t.Errorf("promoted: %+v", child)
	}
	// What the reader dropped is recursive too.
	p = compile(t, record(field("x", node("")), field("a", `"int"`)), record(field("a", `"int"`)))
	skipped := p.Root.Steps[0].Node
	if p.Root.Recursive || !skipped.Recursive || skipped.Least != 2 || skipped.Steps[0].Node.Branches[1] != skipped {
		t.Errorf("skipped: %+v", skipped)
	}
	// Two types that hold each other, of which only the second differs.
	mutual := func(typ string) string {
		return `{"type":"record","name":"A","fields":[{"name":"b","type":["null",{"type":"record","name":"B","fields":[
			{"name":"a","type":["null","A"]},{"name":"v","type":"` + typ + `"}]}]},{"name":"c","type":{"type":"record","name":"C","fields":[]}}]}`
	}
	tree := func(typ string) string {
		return `{"type":"record","name":"T","fields":[{"name":"sub","type":{"type":"array","items":{"type":"map","values":"T"}}},{"name":"v","type":"` + typ + `"}]}`
	}
	for typ, same := range map[string]bool{"int": true, "long": false} {
		p = compile(t, tree("int"), tree(typ))
		if sub := p.Root.Steps[0].Node; p.Root.Same != same || sub.Same != same || sub.Item.Same != same || sub.Item.Item != p.Root {
			t.Errorf("tree read as %s: %v, %v, %v", typ, p.Root.Same, sub.Same, sub.Item.Same)
		}
	}
	p = compile(t, mutual("int"), mutual("long"))
	if c := p.Root.Steps[1].Node; p.Root.Same || p.Root.Steps[0].Node.Branches[1].Same || !c.Same || c.Recursive {
		t.Error("mutual: wrong sameness")
	}
}

// A type that fits only if another does, and that one does not: what was decided
// under the assumption must not outlive it.
func TestAssumptionThatFails(t *testing.T) {
	t.Parallel()
	const text = `{"type":"record","name":"Top","fields":[
		{"name":"a","type":["null",{"type":"record","name":"A","fields":[
			{"name":"b","type":{"type":"record","name":"B","fields":[{"name":"a","type":["null","A"]}]}},
			{"name":"x","type":"%s"}]}]},
		{"name":"b","type":"B"}]}`
	p := compile(t, fmt.Sprintf(text, "string"), fmt.Sprintf(text, "int"))
	b := p.Root.Steps[1].Node
	if p.Root.Steps[0].Node.Branches[1].Unreadable == "" || b.Steps[0].Node.Branches[1].Unreadable == "" {
		t.Errorf("A is readable: %s", sketch(p.Root))
	}
}

func TestSizes(t *testing.T) {
	t.Parallel()
	top := func(fields ...string) string {
		return `{"type":"record","name":"Top","fields":[` + strings.Join(fields, ",") + `]}`
	}
	var many []string
	for i := range 70 {
		many = append(many, fixed(fmt.Sprintf("F%d", i), max(9-i/6, 0)))
	}
	doubled := `{"type":"record","name":"D0","fields":[{"name":"x","type":"double"}]}`
	for i := 1; i < 80; i++ {
		doubled = fmt.Sprintf(`{"type":"record","name":"D%d","fields":[{"name":"a","type":%s},{"name":"b","type":"D%d"}]}`, i, doubled, i-1)
	}
	for _, tc := range []struct {
		name, typ   string
		least, size int
	}{
		{"null", `"null"`, 0, 0},
		{"boolean", `"boolean"`, 1, 1},
		{"float", `"float"`, 4, 4},
		{"double", `"double"`, 8, 8},
		{"long", `"long"`, 1, 0},
		{"string", `"string"`, 1, 0},
		{"fixed", fixed("F", 7), 7, 7},
		{"fixed of nothing", fixed("F", 0), 0, 0},
		{"record of fixed sizes", record(field("a", `"float"`), field("b", `"null"`), field("c", inner("I", "v", `"boolean"`))), 5, 5},
		{"record with text", record(field("a", `"float"`), field("b", `"string"`)), 5, 0},
		{"record of no fields", record(), 0, 0},
		{"array", array(`"double"`), 1, 0},
		{"union", `["double","null","int"]`, 1, 0},
		{"union of doubles", `["double"]`, 9, 0},
		{"branch beyond 63", "[" + strings.Join(many, ",") + "]", 1, 0},
		{"record in itself", `{"type":"record","name":"X","fields":[{"name":"x","type":"X"}]}`, 0, 0},
		{"beyond all memory", doubled, 1 << 24, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			p := compile(t, top(field("z", tc.typ)), top())
			n := p.Root.Steps[0].Node
			if n.Least != tc.least || n.Size != tc.size {
				t.Errorf("skipped: least %d, size %d; want %d, %d", n.Least, n.Size, tc.least, tc.size)
			}
			if tc.name == "beyond all memory" {
				return // such a reader does not exist
			}
			p = compile(t, top(field("z", tc.typ)), top(field("z", tc.typ)))
			if n := p.Root.Steps[0].Node; n.Least != tc.least || n.Size != tc.size || !p.Identical() {
				t.Errorf("read: least %d, size %d; want %d, %d", n.Least, n.Size, tc.least, tc.size)
			}
		})
	}
}

func TestErrors(t *testing.T) {
	t.Parallel()
	nested := func(typ string) string {
		return field("a", array(inner("E", "at", typ)))
	}
	for _, tc := range []struct {
		name, writer, reader string
		is                   error
		want                 []string
	}{
		{"no JSON", `{`, record(), plan.ErrSchema, []string{"1:2"}},
		{"no schema", `5`, record(), plan.ErrSchema, []string{"1:1: a type is a name"}},
		{"no fields", `{"type":"record","name":"R"}`, record(), plan.ErrSchema, []string{`"fields"`}},
		{"no name", `{"type":"record","fields":[]}`, record(), plan.ErrSchema, []string{`"name"`}},
		{"no symbols", `{"type":"enum","name":"E"}`, record(), plan.ErrSchema, []string{`"symbols"`}},
		{"no size", `{"type":"fixed","name":"F"}`, record(), plan.ErrSchema, []string{`"size"`}},
		{"no items", `{"type":"array"}`, record(), plan.ErrSchema, []string{`"items"`}},
		{"unknown type", record(field("a", `"Gone"`)), record(), plan.ErrSchema, []string{`"Gone" is not defined`}},
		{"defined twice", record(field("a", record())), record(), plan.ErrSchema, []string{`"n.R" is defined twice`}},
		{"field twice", record(field("a", `"int"`), field("a", `"int"`)), record(), plan.ErrSchema, []string{`"a" occurs twice`}},
		{"branch twice", record(field("a", `["int","int"]`)), record(), plan.ErrSchema, []string{"int twice"}},
		{"union in a union", record(field("a", `["int",["null"]]`)), record(), plan.ErrSchema, []string{"no union directly"}},
		{"primitive's name", `{"type":"record","name":"int","fields":[]}`, record(), plan.ErrSchema, []string{"primitive"}},
		{"too long", strings.Repeat(" ", 5<<20), record(), plan.ErrSchema, []string{"larger than"}},
		{"too deep", strings.Repeat(`{"type":"array","items":`, 1000), record(), plan.ErrSchema, []string{"deep"}},

		{"field without a default", record(), record(field("a", `"int"`)), plan.ErrIncompatible,
			[]string{"read n.R as n.R: schemas are incompatible: a: the writer's n.R lacks the field, and the reader has no default"}},
		{"all reasons", record(field("c", inner("C", "email", `"int"`)), field("d", `"int"`)),
			record(field("c", inner("C", "email", `"string"`)), field("d", `"boolean"`), field("e", `"int"`)), plan.ErrIncompatible,
			[]string{"c.email: the writer has int, the reader string; d: the writer has int, the reader boolean; e: "}},
		{"narrowed", record(field("a", `"long"`)), record(field("a", `"int"`)), plan.ErrIncompatible, []string{"a: the writer has long, the reader int"}},
		{"map", record(field("a", `{"type":"map","values":"long"}`)), record(field("a", `{"type":"map","values":"int"}`)), plan.ErrIncompatible, []string{"a{}: the writer"}},
		{"record of another name", inner("X", "v", `"int"`), inner("Y", "v", `"int"`), plan.ErrIncompatible, []string{"the writer has record X, the reader Y"}},
		{"enum of another name", record(field("a", enum("X", "", "A"))), record(field("a", enum("Y", "", "A"))), plan.ErrIncompatible, []string{"a: the writer has enum n.X, the reader n.Y"}},
		{"enum with nothing in common", record(field("a", enum("X", "", "A"))), record(field("a", enum("X", "", "B"))), plan.ErrIncompatible, []string{"a: the reader's enum n.X has no symbol"}},
		{"size", record(field("a", fixed("F", 2))), record(field("a", fixed("F", 3))), plan.ErrIncompatible, []string{"a: the writer's fixed n.F has 2 bytes, the reader's 3"}},
		{"no branch", record(field("a", `"string"`)), record(field("a", `["null","int"]`)), plan.ErrIncompatible, []string{"a: the writer has string, the reader the union [null, int]"}},
		{"no branch of a union", record(field("a", `["null","string"]`)), record(field("a", `"int"`)), plan.ErrIncompatible,
			[]string{"a: the writer has null, the reader int; a: the writer has string, the reader int"}},
		{"enum and text", record(field("a", enum("X", "", "A"))), record(field("a", `"string"`)), plan.ErrIncompatible, []string{"a: the writer has enum n.X, the reader string"}},
		{"unqualified alias of another namespace", `{"type":"record","name":"m.Old","fields":[]}`,
			`{"type":"record","name":"n.R","aliases":["Old"],"fields":[]}`, plan.ErrIncompatible, []string{"record m.Old"}},
		{"other scale", record(field("a", decimal(9, 2))), record(field("a", decimal(9, 4))), plan.ErrIncompatible, []string{"a: the writer has decimal(9,2), the reader decimal(9,4), so amounts would be wrong"}},
		{"other precision", record(field("a", decimal(8, 2))), record(field("a", decimal(9, 2))), plan.ErrIncompatible, []string{"decimal(8,2)"}},
		{"decimal and big decimal", record(field("a", decimal(8, 2))), record(field("a", logical("bytes", "big-decimal"))), plan.ErrIncompatible, []string{"a: the writer has decimal(8,2), the reader big-decimal"}},
		{"other unit of time", record(nested(logical("long", "timestamp-millis"))), record(nested(logical("long", "timestamp-micros"))),
			plan.ErrIncompatible, []string{"a[].at: the writer has timestamp-millis, the reader timestamp-micros, so times would be wrong"}},
		{"promoted unit of time", record(field("a", logical("int", "time-millis"))), record(field("a", logical("long", "time-micros"))), plan.ErrIncompatible, []string{"time-millis"}},
		{"unit beside the type", record(`{"name":"a","type":"long","logicalType":"timestamp-millis"}`), record(field("a", logical("long", "timestamp-micros"))),
			plan.ErrIncompatible, []string{"a: the writer has timestamp-millis"}},
		{"wall clock and instant", record(field("a", logical("long", "local-timestamp-micros"))), record(field("a", logical("long", "timestamp-micros"))),
			plan.ErrIncompatible, []string{"local-timestamp-micros"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			p, err := plan.Compile(tc.writer, schemaOf(tc.reader))
			if p != nil || !errors.Is(err, tc.is) {
				t.Fatalf("plan %v, error %v", p, err)
			}
			for _, want := range tc.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("error %q does not say %q", err, want)
				}
			}
		})
	}
	if _, err := plan.Compile(record(), schemaOf(`{}`)); err == nil || errors.Is(err, plan.ErrSchema) || !strings.Contains(err.Error(), "reader schema n.R") {
		t.Errorf("reader's schema: %v", err)
	}
}

func TestUnreadableReason(t *testing.T) {
	t.Parallel()
	p := compile(t, record(field("a", `["null",`+inner("X", "v", `"string"`)+`]`)), record(field("a", `["null",`+inner("X", "v", `"int"`)+`]`)))
	const want = "branch record n.X: v: the writer has string, the reader int"
	if got := p.Root.Steps[0].Node.Branches[1].Unreadable; got != want {
		t.Errorf("unreadable: %q", got)
	}
}
