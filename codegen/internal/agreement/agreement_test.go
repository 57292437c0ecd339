package agreement_test

import (
	"bytes"
	"errors"
	"reflect"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/twmb/avro"

	"github.com/schemactl/schemactl/codec"
	"github.com/schemactl/schemactl/codegen/testdata/defaults/golden"
	files "github.com/schemactl/schemactl/codegen/testdata/files/golden"
	names "github.com/schemactl/schemactl/codegen/testdata/names/golden"
	recursive "github.com/schemactl/schemactl/codegen/testdata/recursive/golden"
	shapes "github.com/schemactl/schemactl/codegen/testdata/shapes/golden"
	types "github.com/schemactl/schemactl/codegen/testdata/types/golden"
	"github.com/schemactl/schemactl/events"
	"github.com/schemactl/schemactl/internal/avrojson"
)

// records are generated types that together have every construct.
var records = []codec.Record{
	&events.MessageCreated{}, &events.MessageDelivered{}, &events.PaymentReceived{}, &events.AccountState{},
	&events.Money{}, &events.AccountRef{}, &events.Attachment{},
	&types.Everything{}, &types.Inner{}, &types.Empty{},
	&recursive.Tree{}, &recursive.Chain{}, &recursive.Left{}, &recursive.Right{}, &recursive.Forest{}, &recursive.Grid{}, &recursive.Cube{},
	&names.APIClient{}, &names.StateMachine{}, &names.AvroEventsType{}, &names.OtherShopMoney{}, &names.Lonely{},
	&defaults.Settings{}, &files.ZooOpened{}, &files.Keeper{}, &files.DottedName{}, &files.AvroEventsType{},
	&shapes.Event{}, &shapes.Small{}, &shapes.Strings{}, &shapes.Batch{}, &shapes.Evo{},
}

// fresh is a new value of r's type.
func fresh(r codec.Record) codec.Record {
	v, ok := reflect.TypeAssert[codec.Record](reflect.New(reflect.TypeOf(r).Elem()))
	if !ok {
		panic("a record's pointer is no record")
	}
	return v
}

// bare parses a schema without its logical types.
func bare(t testing.TB, schema *avrojson.Value) *avro.Schema {
	t.Helper()
	s, err := avro.Parse(schema.String(), avro.CustomType{LogicalType: "decimal"}, avro.CustomType{LogicalType: "timestamp-millis"},
		avro.CustomType{LogicalType: "timestamp-micros"}, avro.CustomType{LogicalType: "date"}, avro.CustomType{LogicalType: "uuid"})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func parsed(t testing.TB, r codec.Record) *avrojson.Value {
	t.Helper()
	v, err := avrojson.Parse([]byte(r.AvroSchema().String()))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// each runs a test for every record.
func each(t *testing.T, run func(t *testing.T, r codec.Record)) {
	t.Helper()
	for _, r := range records {
		t.Run(r.AvroSchema().Name(), func(t *testing.T) {
			t.Parallel()
			run(t, r)
		})
	}
}

func TestSchemas(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r codec.Record) {
		s, err := avro.Parse(r.AvroSchema().String())
		if err != nil {
			t.Fatal(err)
		}
		fp := r.AvroSchema().Fingerprints()
		if got := s.Fingerprint(avro.NewRabin()); !bytes.Equal(got, bigEndian(fp.CRC64)) {
			t.Errorf("CRC-64-AVRO %x, want %x of %s", fp.CRC64, got, s.Canonical())
		}
		if got := s.Root(); got.Namespace+"."+got.Name != r.AvroSchema().Name() && got.Name != r.AvroSchema().Name() {
			t.Errorf("name %s, want %s.%s", r.AvroSchema().Name(), got.Namespace, got.Name)
		}
		digest(t, s, fp)
	})
}

// TestRandomValues has both implementations write and read the same values.
func TestRandomValues(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r codec.Record) {
		schema := parsed(t, r)
		other := bare(t, schema)
		random := newValues(7, schema)
		for range 300 {
			value := random.value(schema, 0)
			want, err := other.Encode(value)
			if err != nil {
				t.Fatalf("encode %v: %v", value, err)
			}
			v := fresh(r)
			if err := v.UnmarshalAvro(want); err != nil {
				t.Fatalf("decode % x: %v", want, err)
			}
			got, err := v.AppendAvro([]byte("before"))
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got, append([]byte("before"), want...)) {
				t.Fatalf("value %v\nours   % x\ntheirs % x", value, got[6:], want)
			}
			var back any
			if _, err := other.Decode(got[6:], &back); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(value, back, cmpopts.EquateEmpty()); diff != "" {
				t.Fatalf("read back (-want +got):\n%s", diff)
			}
			decodesTo(t, r, v, want)
		}
	})
}

// decodesTo decodes the same bytes by the other methods.
func decodesTo(t *testing.T, r, want codec.Record, src []byte) {
	t.Helper()
	again := fresh(r)
	rest, err := again.DecodeAvro(append(slices.Clip(src), 1, 2, 3))
	if err != nil || !bytes.Equal(rest, []byte{1, 2, 3}) {
		t.Fatalf("rest % x, error %v", rest, err)
	}
	if diff := cmp.Diff(want, again); diff != "" {
		t.Fatalf("decoded again (-want +got):\n%s", diff)
	}
	long := append(slices.Clip(src), make([]byte, 5000)...)
	if rest, err = again.DecodeAvro(long); err != nil || len(rest) != 5000 {
		t.Fatalf("rest of %d bytes, error %v", len(rest), err)
	}
	if diff := cmp.Diff(want, again); diff != "" {
		t.Fatalf("decoded from a long buffer (-want +got):\n%s", diff)
	}
	if err := again.UnmarshalAvro(append(slices.Clip(src), 0)); !errors.Is(err, codec.ErrTrailing) {
		t.Fatalf("with a byte more: %v", err)
	}
}

// TestTruncated cuts values at every offset.
func TestTruncated(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r codec.Record) {
		schema := parsed(t, r)
		other := bare(t, schema)
		random := newValues(11, schema)
		for range 5 {
			src, err := other.Encode(random.value(schema, 0))
			if err != nil {
				t.Fatal(err)
			}
			for n := range min(len(src), 3000) {
				if err := fresh(r).UnmarshalAvro(src[:n]); !errors.Is(err, codec.ErrTruncated) {
					t.Fatalf("first %d of % x: error %v", n, src, err)
				}
				if _, err := fresh(r).DecodeAvro(src[:n]); !errors.Is(err, codec.ErrTruncated) {
					t.Fatalf("first %d of % x: error %v", n, src, err)
				}
			}
		}
	})
}

// TestAnyBytes flips bytes of real values: whatever decodes must survive the
// way back, and nothing may panic.
func TestAnyBytes(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r codec.Record) {
		schema := parsed(t, r)
		other := bare(t, schema)
		random := newValues(13, schema)
		for range 500 {
			src, err := other.Encode(random.value(schema, 0))
			if err != nil {
				t.Fatal(err)
			}
			for range 1 + random.IntN(4) {
				if len(src) > 0 {
					src[random.IntN(len(src))] = byte(random.Uint32())
				}
			}
			survives(t, r, src)
		}
	})
}

// survives checks the properties that hold for any input.
func survives(t testing.TB, r codec.Record, src []byte) {
	t.Helper()
	v := fresh(r)
	before := bytes.Clone(src)
	if err := v.UnmarshalAvro(src); err != nil {
		return
	}
	if !bytes.Equal(before, src) {
		t.Fatal("decoding changed its input")
	}
	out, err := v.AppendAvro(nil)
	if err != nil {
		t.Fatalf("% x was decoded, but encoding says: %v", src, err)
	}
	again := fresh(r)
	if err := again.UnmarshalAvro(out); err != nil {
		t.Fatalf("% x was encoded as % x, but decoding says: %v", src, out, err)
	}
	if diff := cmp.Diff(v, again, cmpopts.EquateEmpty(), cmpopts.EquateNaNs()); diff != "" {
		t.Fatalf("% x does not survive (-want +got):\n%s", src, diff)
	}
}
