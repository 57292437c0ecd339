package codegen

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const (
	enumE   = `{"type":"enum","name":"E","symbols":["A","B"]}`
	fixed2  = `{"type":"fixed","name":"F","size":2}`
	partial = `{"type":"record","name":"P","fields":[{"name":"a","type":"int"},{"name":"b","type":"int","default":2}]}`
)

func TestDefaults(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		typ, value string
		want       string // after "is not "; empty when the default is right
	}{
		{`"null"`, `null`, ""},
		{`"null"`, `0`, "null"},
		{`"boolean"`, `true`, ""},
		{`"boolean"`, `"true"`, "a boolean"},
		{`"int"`, `-2147483648`, ""},
		{`"int"`, `-0`, ""},
		{`"int"`, `2147483648`, "a whole number of 32 bits"},
		{`"int"`, `5000000000`, "a whole number of 32 bits"},
		{`"int"`, `1.5`, "a whole number of 32 bits"},
		{`"int"`, `1.0`, "a whole number of 32 bits"},
		{`"int"`, `1e2`, "a whole number of 32 bits"},
		{`"int"`, `"5"`, "a whole number of 32 bits"},
		{`"long"`, `9007199254740993`, ""},
		{`"long"`, `9223372036854775807`, ""},
		{`"long"`, `9223372036854775808`, "a whole number of 64 bits"},
		{`"long"`, `null`, "a whole number of 64 bits"},
		{`"float"`, `1`, ""},
		{`"float"`, `1e38`, ""},
		{`"float"`, `1e39`, "a number that a float holds"},
		{`"float"`, `"NaN"`, ""},
		{`"double"`, `1e39`, ""},
		{`"double"`, `1e400`, "a number that a double holds"},
		{`"double"`, `true`, "a number that a double holds"},
		{`"double"`, `"-Infinity"`, ""},
		{`"double"`, `"Infinity"`, ""},
		{`"double"`, `"1.5"`, ""},
		{`"double"`, `"inf"`, `a number, "NaN", "Infinity" or "-Infinity"`},
		{`"double"`, `"0x1p-2"`, `a number, "NaN", "Infinity" or "-Infinity"`},
		{`"double"`, `""`, `a number, "NaN", "Infinity" or "-Infinity"`},
		{`["null","double"]`, `"NaN"`, `a number that a double holds`},
		{`"string"`, `""`, ""},
		{`"string"`, `null`, "a string"},
		{`"bytes"`, `"\u0000\u00ff"`, ""},
		{`"bytes"`, `"Ā"`, `a string of one character per byte, up to \u00ff`},
		{`"bytes"`, `[1]`, `a string of one character per byte, up to \u00ff`},
		{fixed2, `"\u00e4b"`, ""},
		{fixed2, `"a"`, "2 bytes long"},
		{fixed2, `"abc"`, "2 bytes long"},
		{enumE, `"B"`, ""},
		{enumE, `"C"`, "a symbol of n.E"},
		{enumE, `0`, "a symbol of n.E"},
		{`{"type":"array","items":"int"}`, `[1,2]`, ""},
		{`{"type":"array","items":"int"}`, `{}`, "an array"},
		{`{"type":"map","values":"int"}`, `{"a":1}`, ""},
		{`{"type":"map","values":"int"}`, `[]`, "an object"},
		{partial, `{"a":1}`, ""},
		{partial, `{"a":1,"b":3}`, ""},
		{partial, `{"b":3}`, "of n.P, which needs field a"},
		{partial, `{"a":1,"c":3}`, `of n.P, which has no field "c"`},
		{partial, `[1]`, "an object"},
		{`["null","int"]`, `null`, ""},
		{`["null","int"]`, `5`, ""},
		{`["null","int"]`, `"5"`, "a whole number of 32 bits"},
		{`["int","null"]`, `null`, ""},
		{`["int","string"]`, `true`, "of any branch of the union of int, string"},
		{`["int"]`, `null`, "a whole number of 32 bits"},
		{`{"type":"bytes","logicalType":"decimal","precision":3}`, `"\u0003\u00e7"`, ""},
		{`{"type":"bytes","logicalType":"decimal","precision":3}`, `"\u0003\u00e8"`, "a decimal of at most 3 digits, as the bytes of its unscaled value, the highest first"},
		{`{"type":"bytes","logicalType":"decimal","precision":3}`, `"\u00fc\u0019"`, ""},
		{`{"type":"bytes","logicalType":"decimal","precision":3}`, `"\u00fc\u0018"`, "a decimal of at most 3 digits, as the bytes of its unscaled value, the highest first"},
		{`{"type":"fixed","name":"F","size":2,"logicalType":"decimal","precision":3}`, `"\u0003\u00e8"`, "a decimal of at most 3 digits, as the bytes of its unscaled value, the highest first"},
		{`{"type":"bytes","logicalType":"big-decimal"}`, `"\u0002\u0001\u0004"`, ""},
		{`{"type":"bytes","logicalType":"big-decimal"}`, `"\u0001"`, "a big-decimal: the unscaled value as Avro bytes, then the scale as an Avro int"},
		{`{"type":"string","logicalType":"uuid"}`, `"123e4567-e89b-12d3-a456-426614174000"`, ""},
		{`{"type":"string","logicalType":"uuid"}`, `"123e4567"`, "a UUID such as 123e4567-e89b-12d3-a456-426614174000"},
		{`{"type":"fixed","name":"F","size":16,"logicalType":"uuid"}`, `"0123456789abcdef"`, ""},
		{`{"type":"fixed","name":"F","size":12,"logicalType":"duration"}`, `"0123456789a"`, "12 bytes long"},
		{`{"type":"int","logicalType":"time-millis"}`, `86399999`, ""},
		{`{"type":"int","logicalType":"time-millis"}`, `86400000`, "a time of day: 0 to 86399999 milliseconds"},
		{`{"type":"int","logicalType":"time-millis"}`, `-1`, "a time of day: 0 to 86399999 milliseconds"},
		{`{"type":"long","logicalType":"time-micros"}`, `86399999999`, ""},
		{`{"type":"long","logicalType":"time-micros"}`, `86400000000`, "a time of day: 0 to 86399999999 microseconds"},
		{`{"type":"long","logicalType":"timestamp-nanos"}`, `-9223372036854775808`, ""},
		{`{"type":"int","logicalType":"date"}`, `-2147483648`, ""},
		{`["null","R"]`, `{}`, "finite: it holds itself"},
		{`["null","R"]`, `{"f":null}`, ""},
	} {
		t.Run(tc.typ+" "+tc.value, func(t *testing.T) {
			t.Parallel()
			var want []string
			if tc.want != "" {
				want = []string{fmt.Sprintf("n.R.f: default %s is not %s", tc.value, tc.want)}
			}
			got := tree{"a.avsc": defaulted(tc.typ, tc.value)}.problems(t)
			for i, p := range got {
				_, got[i], _ = strings.Cut(p, ": ")
				got[i] = strings.ReplaceAll(got[i], "ÿ", `\u00ff`)
			}
			if strings.Contains(tc.value, `\u`) && len(got) == 1 { // shown as the characters
				_, after, _ := strings.Cut(got[0], " is not ")
				got[0] = "n.R.f: default " + tc.value + " is not " + after
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
		})
	}
}

// TestDefaultBranch has defaults of unions: the first branch that fits.
func TestDefaultBranch(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		union, value string
		want         int
	}{
		{`["null","int"]`, `null`, 0},
		{`["null","int"]`, `1`, 1},
		{`["int","null"]`, `null`, 1},
		{`["int","long"]`, `1`, 0},
		{`["int","long"]`, `5000000000`, 1},
		{`["int","long","double"]`, `1.5`, 2},
		{`["double","int"]`, `1`, 0},
		{`["bytes","string"]`, `"a"`, 0},
		{`["bytes","string"]`, `"€"`, 1},
		{`[` + fixed2 + `,"string"]`, `"abc"`, 1},
		{`[` + enumE + `,"string"]`, `"C"`, 1},
		{`[` + enumE + `,"string"]`, `"A"`, 0},
		{`["string",` + enumE + `]`, `"A"`, 0},
		{`[` + partial + `,{"type":"map","values":"int"}]`, `{"b":1}`, 1},
		{`[` + partial + `,{"type":"map","values":"int"}]`, `{"a":1}`, 0},
		{`[{"type":"array","items":"int"},{"type":"map","values":"int"}]`, `{}`, 1},
		{`[{"type":"map","values":["int","null"]},{"type":"record","name":"S","fields":[{"name":"x","type":["null","string"]}]}]`, `{"x":"y"}`, 1},
	} {
		p := tree{"a.avsc": defaulted(tc.union, tc.value)}.must(t)
		f := p.types["n.R"].fields[0]
		if got := f.typ.defaultBranch(f.deflt); got != tc.want {
			t.Errorf("%s of %s: branch %d, want %d", tc.value, tc.union, got, tc.want)
		}
		if f.typ.defaultBranch(f.json) != -1 {
			t.Errorf("a branch for what is no default")
		}
	}
}

// TestNestedDefaultBranches has unions in parts of defaults, also in the
// defaults that missing members take.
func TestNestedDefaultBranches(t *testing.T) {
	t.Parallel()
	p := tree{"a.avsc": inFields(`{"name":"list","type":{"type":"array","items":["null","string",{"type":"array","items":["int","boolean"]}]},"default":[null,"a",[true,1]]},
		{"name":"sub","type":{"type":"record","name":"S","fields":[{"name":"u","type":["null","long"],"default":7}]},"default":{}}`)}.must(t)
	list := p.types["n.R"].fields[0]
	var got []int
	for _, e := range list.deflt.Elements {
		got = append(got, list.typ.item.defaultBranch(e))
	}
	inner := list.typ.item.branches[2].item
	for _, e := range list.deflt.Elements[2].Elements {
		got = append(got, inner.defaultBranch(e))
	}
	u := p.types["n.S"].fields[0]
	got = append(got, u.typ.defaultBranch(u.deflt))
	if diff := cmp.Diff([]int{0, 1, 2, 1, 0, 1}, got); diff != "" {
		t.Errorf("branches (-want +got):\n%s", diff)
	}
}

// TestDefaultOfManyValues has defaults that are short but mean much, and one
// whose part is wrong.
func TestDefaultOfManyValues(t *testing.T) {
	t.Parallel()
	chain := func(levels int) tree {
		var b strings.Builder
		b.WriteString(`[{"type":"record","name":"n.L0","fields":[]}`)
		for i := 1; i <= levels; i++ {
			fmt.Fprintf(&b, `,{"type":"record","name":"n.L%d","fields":[{"name":"a","type":"L%d","default":{}},{"name":"b","type":"L%d","default":{}}]}`, i, i-1, i-1)
		}
		b.WriteString("]")
		return tree{"a.avsc": b.String()}
	}
	if got := chain(12).problems(t); got != nil {
		t.Errorf("problems %v", got)
	}
	got := chain(200).problems(t)
	if len(got) == 0 || !strings.HasSuffix(got[0], "n.L14.a: default {} is not finite: it expands to more than 10000 values") {
		t.Errorf("problems %v", got)
	}
	files, want := tree{
		"a.avsc": `{"type":"record","name":"n.A","fields":[{"name":"b","type":["null","n.B"],"default":→{}}]}`,
		"b.avsc": `{"type":"record","name":"n.B","fields":[{"name":"a","type":["null","n.A"],"default":{}}]}`,
		"c.avsc": defaulted(`{"type":"array","items":"double"}`, `[→"NaN"]`),
	}.marked([]string{
		"a.avsc@: n.A.b: default {} is not finite: it holds itself",
		`c.avsc@: n.R.f: default "NaN" is not a number that a double holds`,
	})
	if diff := cmp.Diff(want, files.problems(t)); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
}

// TestDefaultOfAmbiguousRecords nests a value that fits no branch until the
// innermost is read; looking at all ways would take 3^60 steps.
func TestDefaultOfAmbiguousRecords(t *testing.T) {
	t.Parallel()
	const depth = 60
	record := func(name string) string {
		return `{"type":"record","name":"n.` + name + `","fields":[{"name":"f","type":["null","A","B","C"]}]}`
	}
	value := strings.Repeat(`{"f":`, depth) + `1` + strings.Repeat(`}`, depth)
	got := tree{
		"a.avsc": "[" + record("A") + "," + record("B") + "," + record("C") + "]",
		"r.avsc": defaulted(`["null","A","B","C"]`, value),
	}.problems(t)
	if len(got) != 1 || !strings.HasSuffix(got[0], "… is not of any branch of the union of null, n.A, n.B, n.C") {
		t.Errorf("problems %v", got)
	}
}

func TestDefaultFloat(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		value string
		want  float64
	}{
		{`"NaN"`, math.NaN()},
		{`"Infinity"`, math.Inf(1)},
		{`"-Infinity"`, math.Inf(-1)},
		{`"-2.5"`, -2.5},
		{`0.1`, float64(float32(0.1))},
	} {
		f := tree{"a.avsc": defaulted(`"float"`, tc.value)}.must(t).types["n.R"].fields[0]
		got, ok := defaultFloat(f.typ.kind, f.deflt)
		if !ok || got != tc.want && !(math.IsNaN(got) && math.IsNaN(tc.want)) {
			t.Errorf("%s is %v, %t", tc.value, got, ok)
		}
	}
}
