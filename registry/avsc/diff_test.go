package avsc_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/schemactl/schemactl/registry/avsc"
)

func TestDiff(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		old, newer string
		want       []string
	}{
		"nothing": {
			`{"type":"record","name":"n.A","fields":[{"name":"a","type":{"type":"int"}}]}`,
			`{"name":"A","namespace":"n","type":"record","fields":[{"type":"int","name":"a"}]}`, nil,
		},
		"fields": {
			`{"type":"record","name":"A","doc":"x","fields":[{"name":"a","type":"int"},{"name":"b","type":"string"},{"name":"c","type":"long","default":1},{"name":"d","type":"long","aliases":["z","y"]}]}`,
			`{"type":"record","name":"A","doc":"y","fields":[{"name":"c","type":"long","default":2},{"name":"a","type":"long"},{"name":"e","type":["null","string"],"default":null,"aliases":["b"]},{"name":"d","type":"long","doc":"","order":"ignore","aliases":["y","z"]}]}`,
			[]string{
				`changed A: doc "y", was "x"`,
				`changed A.c: default 2, was 1`,
				`changed A.a: type long, was int`,
				`added A.e: field of type union of null, string, default null, another name of b`,
				`added A.d: doc ""`,
				`added A.d: order ignore`,
				`removed A.b: field of type string, no default`,
				`changed A: order of fields c, a, d, was a, c, d`,
			},
		},
		"inside": {
			`{"type":"record","name":"A","fields":[{"name":"l","type":{"type":"array","items":{"type":"enum","name":"E","symbols":["X","Y","Z"]}}},{"name":"m","type":{"type":"map","values":["null",{"type":"fixed","name":"F","size":2},"A"]}}]}`,
			`{"type":"record","name":"A","fields":[{"name":"l","type":{"type":"array","items":{"type":"enum","name":"E","symbols":["Y","X","W"],"default":"X"}}},{"name":"m","type":{"type":"map","values":[{"type":"fixed","name":"F","size":3},"null","int","A"]}}]}`,
			[]string{
				`added E: symbol W`, `removed E: symbol Z`, `changed E: order of symbol: Y, X, was X, Y`, `added E: default "X"`,
				`changed F: size 3, was 2`, `added A.m{}: branch int`, `changed A.m{}: order of branch: F, null, A, was null, F, A`,
			},
		},
		"properties and logical types": {
			`{"type":"record","name":"A","p":{"b":1,"a":2},"fields":[{"name":"t","type":{"type":"long","logicalType":"timestamp-millis"}}]}`,
			`{"type":"record","name":"A","p":{"a":2,"b":1},"q":1,"fields":[{"name":"t","type":{"type":"long","logicalType":"timestamp-micros"}}]}`,
			[]string{`changed A.t: logicalType "timestamp-micros", was "timestamp-millis"`, `added A: q 1`},
		},
		"other types": {`"int"`, `{"type":"record","name":"A","fields":[]}`, []string{`changed A: type record A, was int`}},
		"another name": {
			`{"type":"record","name":"A","fields":[]}`, `{"type":"record","name":"B","aliases":["A"],"fields":[{"name":"x","type":"int"}]}`,
			[]string{`changed B: type record B, was record A`, `added B: aliases A`, `added B.x: field of type int, no default`},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			old, newer := mustParse(t, tc.old), mustParse(t, tc.newer)
			var got []string
			for _, c := range avsc.Diff(old, newer) {
				got = append(got, c.String())
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("changes (-want +got):\n%s", diff)
			}
			if same := old.Comparable() == newer.Comparable(); same != (len(got) == 0) {
				t.Errorf("equal by meaning: %t, changes: %q", same, got)
			}
		})
	}
}

func mustParse(t *testing.T, text string) *avsc.Schema {
	t.Helper()
	s, err := avsc.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return s
}
