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
		{"nothing at all", &primitives.Primitives{}, nil, "", `test.primitives.Primitives.flag: boolean: input ends early at offset 0`},
		{"int cut", &primitives.Primitives{}, nil, "\x00\x80", `test.primitives.Primitives.small: varint: input ends early at offset 1`},
		{"string too long", &optional.Inner{}, nil, "\x08abc", `test.optional.Inner.code: string of 4 bytes, 3 are left: input ends early at offset 0`},
		{"nullable", &optional.Inner{}, nil, "\x02a\x04", `test.optional.Inner.count: union branch 2 of 2: malformed value at offset 2`},
		{"in an array", &arrays.Item{}, nil, "\x00\x04\x02\xff\xff\xff\xff\xff\x01\x00", `test.arrays.Item.numbers[1]: int of more than 32 bits (-34359738368): malformed value at offset 3`},
		{"in a map", &maps.Maps{}, nil, "\x00\x02\x04ab\x07", `test.maps.Maps.booleans["ab"]: boolean byte 0x07: malformed value at offset 5`},
		{"in a record", &plain.Order{}, nil, "\x02a\x01\x02\x03", `test.records.Order.billing.place.latitude: double: input ends early at offset 2`},
		{"in a union", &unions.Payment{}, nil, "\x06\x00\x02", `unions.Payment.method.expires: varint: input ends early at offset 3`},
		{"branch", &unions.Payment{}, nil, "\x0c", `unions.Payment.method: union branch 6 of 4: malformed value at offset 0`},
		{"ordinal", &enums.Painted{}, nil, "\x06", `test.enums.Painted.color: enum ordinal 3 of 3 symbols: malformed value at offset 0`},
		{"fixed", &fixed.Hashes{}, nil, "\x00abc", `test.fixed.Hashes.digest: fixed of 16 bytes, 3 are left: input ends early at offset 1`},
		{"decimal", &decimals.Decimals{}, nil, "\x00\x06\x7f\xff\xff", `test.decimals.Decimals.whole: decimal of more than 5 digits: malformed value at offset 1`},
		{"uuid", &uuids.UUIDs{}, nil, "\x06abc", `test.uuids.UUIDs.text: uuid "abc": malformed value at offset 0`},
		{"time of day", &times.Times{}, nil, "\x00\x01", `test.times.Times.clock_millis: time-millis -1 is not within a day: malformed value at offset 1`},
		{"byte too many", &plain.Failure{}, nil, "\x02\x00", `test.records.Failure: 1 of 2: bytes follow the value at offset 1`},
		{"branch that the reader lacks", &plain.Failure{}, choice, "\x00\x02a", `test.records.Failure.code: branch string: the writer has string, the reader int: value has no place in the reader's schema at offset 0`},
		{"branch that the writer lacks", &plain.Failure{}, choice, "\x04", `test.records.Failure.code: union branch 2 of 2: malformed value at offset 0`},
		{"inside what is skipped", &plain.Failure{}, skips, "\x02\x02\x02a\x09", `test.records.Failure.gone[0]["a"]: negative length -5 of string: malformed value at offset 4`},
		{"symbol that the reader lacks", new(enums.Color), color, "\x00", `test.enums.Color: the reader has no symbol PINK and no default: value has no place in the reader's schema at offset 0`},
		{"plan for another type", &plain.Place{}, choice, "\x00", `test.records.Place: the plan reads test.records.Failure: plan is for another type at offset 0`},
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
