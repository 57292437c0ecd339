package test_test

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"testing"

	hamba "github.com/hamba/avro/v2"

	"github.com/schemactl/schemactl/codec"
	arrays "github.com/schemactl/schemactl/codegen/testdata/arrays/golden"
	decimals "github.com/schemactl/schemactl/codegen/testdata/decimals/golden"
	defaults "github.com/schemactl/schemactl/codegen/testdata/defaults/golden"
	enums "github.com/schemactl/schemactl/codegen/testdata/enums/golden"
	fallback "github.com/schemactl/schemactl/codegen/testdata/fallback/golden"
	fixed "github.com/schemactl/schemactl/codegen/testdata/fixed/golden"
	maps "github.com/schemactl/schemactl/codegen/testdata/maps/golden"
	namespaces "github.com/schemactl/schemactl/codegen/testdata/namespaces/golden"
	optional "github.com/schemactl/schemactl/codegen/testdata/optional/golden"
	pairs "github.com/schemactl/schemactl/codegen/testdata/pairs/golden"
	pointer "github.com/schemactl/schemactl/codegen/testdata/pointer/golden"
	primitives "github.com/schemactl/schemactl/codegen/testdata/primitives/golden"
	records "github.com/schemactl/schemactl/codegen/testdata/records/golden"
	recursive "github.com/schemactl/schemactl/codegen/testdata/recursive/golden"
	shapes "github.com/schemactl/schemactl/codegen/testdata/shapes/golden"
	times "github.com/schemactl/schemactl/codegen/testdata/times/golden"
	unions "github.com/schemactl/schemactl/codegen/testdata/unions/golden"
	uuids "github.com/schemactl/schemactl/codegen/testdata/uuids/golden"
	uuidstring "github.com/schemactl/schemactl/codegen/testdata/uuidstring/golden"
	"github.com/schemactl/schemactl/events"
)

// What hamba writes from the schema alone, generated codecs read and write again
// byte by byte; and hamba reads what they write into a value that it writes the
// same. What hamba is known to write wrong stands at type generic.
func TestGeneratedCodecsAgreeWithHamba(t *testing.T) {
	t.Parallel()
	for _, v := range []codec.Record{
		new(arrays.Arrays), new(decimals.Decimals), new(defaults.Choices), new(defaults.Settings), new(enums.Painted),
		new(fallback.Fallback), new(fixed.Hashes), new(maps.Maps), new(namespaces.Outer), new(optional.Optional),
		new(pairs.Ordered), new(pointer.Pointer), new(primitives.Primitives), new(records.Order), new(recursive.Chain),
		new(recursive.Grid), new(recursive.Tree), new(recursive.Forest), new(shapes.Batch), new(shapes.Event),
		new(times.Times), new(unions.Payment), new(uuids.UUIDs), new(uuidstring.Texts),
		new(events.MessageCreated), new(events.MessageDelivered), new(events.PaymentReceived), new(events.AccountState),
	} {
		t.Run(v.AvroSchema().Name(), func(t *testing.T) {
			t.Parallel()
			schema, err := hamba.ParseWithCache(withoutDefaults(t, v.AvroSchema().String()), "", &hamba.SchemaCache{})
			if err != nil {
				t.Fatal(err)
			}
			agreeOnGeneric(t, v, schema)
		})
	}
}

func agreeOnGeneric(t *testing.T, v codec.Record, schema hamba.Schema) {
	t.Helper()
	plain := hamba.Config{DisableBlockSizeHeader: true, BlockLength: 1 << 20}.Freeze()
	g := generic{rand.New(rand.NewPCG(5, 6))}
	for range 300 {
		value := g.of(schema, 0)
		theirs, err := plain.Marshal(schema, value)
		if err != nil {
			t.Fatalf("hamba: %v of %v", err, value)
		}
		if err := v.UnmarshalAvro(theirs); err != nil {
			t.Fatalf("%v\n%x of %v", err, theirs, value)
		}
		ours, err := v.AppendAvro(nil)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(ours, theirs) {
			t.Fatalf("hamba writes\n%x, ours\n%x of %v", theirs, ours, value)
		}
		var back any
		if err := plain.Unmarshal(schema, ours, &back); err != nil {
			t.Fatalf("hamba: %v of %v", err, value)
		}
		again, err := plain.Marshal(schema, back)
		if err != nil || !bytes.Equal(again, ours) {
			t.Fatalf("hamba reads %v (%v), want %v", back, err, value)
		}
	}
}

// withoutDefaults takes out what decides no bytes, and of which hamba refuses a
// part: defaults of a union's other branches than the first.
func withoutDefaults(t *testing.T, schema string) string {
	t.Helper()
	var v any
	if err := json.Unmarshal([]byte(schema), &v); err != nil {
		t.Fatal(err)
	}
	var walk func(v any)
	walk = func(v any) {
		switch v := v.(type) {
		case []any:
			for _, item := range v {
				walk(item)
			}
		case map[string]any:
			delete(v, "default")
			for _, item := range v {
				walk(item)
			}
		}
	}
	walk(v)
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
