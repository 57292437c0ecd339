package agreement_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/twmb/avro"

	"github.com/schemactl/schemactl/codec"
	"github.com/schemactl/schemactl/internal/avrojson"
)

// fresh is a new value of r's type.
func fresh(r codec.Record) codec.Record {
	v, ok := reflect.TypeAssert[codec.Record](reflect.New(reflect.TypeOf(r).Elem()))
	if !ok {
		panic("a record's pointer is no record")
	}
	return v
}

// typeName tells generated types of one name in several packages apart.
func typeName(r codec.Record) string {
	t := reflect.TypeOf(r).Elem()
	folder := strings.TrimSuffix(t.PkgPath(), "/golden")
	return folder[strings.LastIndexByte(folder, '/')+1:] + "." + t.Name()
}

// each runs a test for every type.
func each(t *testing.T, run func(t *testing.T, r codec.Record)) {
	t.Helper()
	for _, r := range records {
		t.Run(typeName(r), func(t *testing.T) {
			t.Parallel()
			run(t, r)
		})
	}
}

func parsed(t testing.TB, r codec.Record) *avrojson.Value {
	t.Helper()
	v, err := avrojson.Parse([]byte(r.AvroSchema().String()))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// bare is the other implementation's schema without logical types: what is on
// the wire, and nothing that it would convert.
func bare(t testing.TB, schema *avrojson.Value) *avro.Schema {
	t.Helper()
	s, err := avro.Parse(without(schema, "logicalType").String())
	if err != nil {
		t.Fatalf("%v in %s", err, schema)
	}
	return s
}

// without is a schema without a member, wherever that stands; defaults are left
// as they are.
func without(v *avrojson.Value, member string) *avrojson.Value {
	out := *v
	out.Elements = slices.Clone(v.Elements)
	for i, e := range out.Elements {
		out.Elements[i] = without(e, member)
	}
	out.Members = nil
	for _, m := range v.Members {
		if m.Key == member {
			continue
		}
		if m.Key != "default" {
			m.Value = without(m.Value, member)
		}
		out.Members = append(out.Members, m)
	}
	return &out
}

// decode reads src with the other implementation.
func decode(t testing.TB, s *avro.Schema, src []byte) any {
	t.Helper()
	var v any
	rest, err := s.Decode(src, &v, avro.TaggedUnions())
	if err != nil || len(rest) != 0 {
		t.Fatalf("% x: the other implementation leaves %d bytes, %v", src, len(rest), err)
	}
	return v
}

// encoded is r in binary.
func encoded(t testing.TB, r codec.Record) []byte {
	t.Helper()
	out, err := r.AppendAvro(nil)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// same compares all fields of two values, unexported ones too, without asking
// any of their methods. Nothing and empty are the same; floats are compared by
// their bits.
func same(a, b any) bool { return sameValue(reflect.ValueOf(a), reflect.ValueOf(b)) }

func sameValue(a, b reflect.Value) bool {
	switch a.Kind() {
	case reflect.Pointer, reflect.Interface:
		if a.IsNil() || b.IsNil() || a.Pointer() == b.Pointer() {
			return a.IsNil() == b.IsNil()
		}
		return sameValue(a.Elem(), b.Elem())
	case reflect.Struct:
		for i := range a.NumField() {
			if !sameValue(a.Field(i), b.Field(i)) {
				return false
			}
		}
		return true
	case reflect.Slice, reflect.Array:
		if a.Len() != b.Len() {
			return false
		}
		for i := range a.Len() {
			if !sameValue(a.Index(i), b.Index(i)) {
				return false
			}
		}
		return true
	case reflect.Map:
		for _, k := range a.MapKeys() {
			if other := b.MapIndex(k); !other.IsValid() || !sameValue(a.MapIndex(k), other) {
				return false
			}
		}
		return a.Len() == b.Len()
	case reflect.Float32, reflect.Float64:
		return a.Float() == b.Float() || a.Float() != a.Float() && b.Float() != b.Float()
	default:
		return a.Equal(b)
	}
}

// elements are those of a value that may not be there.
func elements(v *avrojson.Value) []*avrojson.Value {
	if v == nil {
		return nil
	}
	return v.Elements
}

func text(s string) *avrojson.Value { return &avrojson.Value{Kind: avrojson.String, Text: s} }

// object has the members that are given by key and value in turn.
func object(members ...any) *avrojson.Value {
	out := &avrojson.Value{Kind: avrojson.Object}
	for i := 0; i < len(members); i += 2 {
		put(out, members[i].(string), members[i+1].(*avrojson.Value))
	}
	return out
}

func put(to *avrojson.Value, key string, v *avrojson.Value) {
	to.Members = append(to.Members, avrojson.Member{Key: key, Value: v})
}
