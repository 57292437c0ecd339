package agreement_test

import (
	"fmt"
	"testing"

	"github.com/schemactl/schemactl/codec"
	"github.com/schemactl/schemactl/codec/plan"
	arrays "github.com/schemactl/schemactl/codegen/testdata/arrays/golden"
	decimals "github.com/schemactl/schemactl/codegen/testdata/decimals/golden"
	enums "github.com/schemactl/schemactl/codegen/testdata/enums/golden"
	fixed "github.com/schemactl/schemactl/codegen/testdata/fixed/golden"
	maps "github.com/schemactl/schemactl/codegen/testdata/maps/golden"
	optional "github.com/schemactl/schemactl/codegen/testdata/optional/golden"
	primitives "github.com/schemactl/schemactl/codegen/testdata/primitives/golden"
	plain "github.com/schemactl/schemactl/codegen/testdata/records/golden"
	times "github.com/schemactl/schemactl/codegen/testdata/times/golden"
	unions "github.com/schemactl/schemactl/codegen/testdata/unions/golden"
	uuids "github.com/schemactl/schemactl/codegen/testdata/uuids/golden"
)

// failing is the plan for a writer's record Failure, whose fields are given.
func failing(t *testing.T, fields string) *codec.Plan {
	t.Helper()
	p, err := plan.Compile(fmt.Sprintf(`{"type":"record","name":"Failure","namespace":"test.records","fields":[%s]}`, fields), (&plain.Failure{}).AvroSchema())
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestErrorTexts has what a user sees, word by word.
func TestErrorTexts(t *testing.T) {
	t.Parallel()
	empty := `{"name":"empty","type":{"type":"record","name":"Empty","fields":[]}}`
	choice := failing(t, `{"name":"code","type":["string","int"]},`+empty)
	skips := failing(t, `{"name":"gone","type":{"type":"array","items":{"type":"map","values":"string"}}},{"name":"code","type":"int"},`+empty)
	color, err := plan.Compile(`{"type":"enum","name":"Color","namespace":"test.enums","symbols":["PINK","RED"]}`, new(enums.Color).AvroSchema())
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		name string
		r    codec.Record
		p    *codec.Plan
		src  string
		want string
	}{
		{"nothing at all", &primitives.Primitives{}, nil, "", ``},
		{"int cut", &primitives.Primitives{}, nil, "\x00\x80", ``},
		{"string too long", &optional.Inner{}, nil, "\x08abc", ``},
		{"nullable", &optional.Inner{}, nil, "\x02a\x04", ``},
		{"in an array", &arrays.Item{}, nil, "\x00\x04\x02\xff\xff\xff\xff\xff\x01\x00", ``},
		{"in a map", &maps.Maps{}, nil, "\x00\x02\x04ab\x07", ``},
		{"in a record", &plain.Order{}, nil, "\x02a\x01\x02\x03", ``},
		{"in a union", &unions.Payment{}, nil, "\x06\x00\x02", ``},
		{"branch", &unions.Payment{}, nil, "\x0c", ``},
		{"ordinal", &enums.Painted{}, nil, "\x06", ``},
		{"fixed", &fixed.Hashes{}, nil, "\x00abc", ``},
		{"decimal", &decimals.Decimals{}, nil, "\x00\x06\x7f\xff\xff", ``},
		{"uuid", &uuids.UUIDs{}, nil, "\x06abc", ``},
		{"time of day", &times.Times{}, nil, "\x00\x01", ``},
		{"byte too many", &plain.Failure{}, nil, "\x02\x00", ``},
		{"branch that the reader lacks", &plain.Failure{}, choice, "\x00\x02a", ``},
		{"branch that the writer lacks", &plain.Failure{}, choice, "\x04", ``},
		{"inside what is skipped", &plain.Failure{}, skips, "\x02\x02\x02a\x09", ``},
		{"symbol that the reader lacks", new(enums.Color), color, "\x00", ``},
		{"plan for another type", &plain.Place{}, choice, "\x00", ``},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			_, err := fresh(tc.r).ReadAvro([]byte(tc.src), codec.ReadOptions{Plan: tc.p, Whole: true})
			if err == nil || err.Error() != tc.want {
				t.Errorf("error %v\nwant  %s", err, tc.want)
			}
		})
	}
}
