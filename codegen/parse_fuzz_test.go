package codegen

import (
	"errors"
	"testing"
)

// FuzzParse gives any bytes as a schema file, beside a sound one. What is
// refused has a place in the file. What is accepted has complete schemas that
// are accepted again, say the same and are what another implementation reads.
func FuzzParse(f *testing.F) {
	for _, files := range agreementTrees(f) {
		for _, text := range files {
			f.Add([]byte(text))
		}
	}
	for _, tc := range []struct{ typ, value string }{
		{`["null","R"]`, `{}`},
		{`["null",` + partial + `]`, `{"a":1}`},
		{`[` + fixed2 + `,` + enumE + `]`, `"A"`},
		{`{"type":"map","values":["null","double"]}`, `{"a":null,"b":1e3}`},
		{`"float"`, `"NaN"`},
		{`{"type":"bytes","logicalType":"decimal","precision":3,"scale":1}`, `"\u00fc\u0019"`},
		{`{"type":"string","logicalType":"uuid"}`, `"123e4567-e89b-12d3-a456-426614174000"`},
		{`{"type":"int","logicalType":"time-millis"}`, `5`},
		{`{"type":"fixed","name":"Beside","namespace":"m","size":1}`, `"a"`},
	} {
		f.Add([]byte(defaulted(tc.typ, tc.value)))
	}
	f.Add([]byte(`{"name":"X","type":"record","fields":[{"name":"a","type":"m.Beside"},{"name":"b","type":".X"}]`))
	const beside = `{"type":"record","name":"m.Beside","fields":[{"name":"a","type":["null","Beside"],"default":null}]}`
	f.Fuzz(func(t *testing.T, src []byte) {
		p, err := tree{"a.avsc": string(src), "b.avsc": beside}.parse(t)
		if err != nil {
			schemaErr, ok := errors.AsType[*SchemaError](err)
			if !ok {
				t.Fatalf("not a problem of the schema: %v", err)
			}
			for _, problem := range schemaErr.Problems {
				if problem.Line < 1 || problem.Column < 1 || problem.Message == "" {
					t.Fatalf("problem without a place: %+v", problem)
				}
			}
			return
		}
		checkTree(t, p)
	})
}
