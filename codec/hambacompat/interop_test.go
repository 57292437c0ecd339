package hambacompat_test

import (
	"bytes"
	"errors"
	"fmt"
	"math/big"
	"math/rand/v2"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/hamba/avro/v2"

	"github.com/schemactl/schemactl/codec"
	"github.com/schemactl/schemactl/codec/hambacompat"
	tagged "github.com/schemactl/schemactl/codec/hambacompat/testdata/tagged/golden"
	pairs "github.com/schemactl/schemactl/codegen/testdata/pairs/golden"
	pointer "github.com/schemactl/schemactl/codegen/testdata/pointer/golden"
	"github.com/schemactl/schemactl/events"
)

// plain makes hamba write arrays and maps as one block without its size, as
// generated codecs do.
var plain = avro.Config{DisableBlockSizeHeader: true, BlockLength: 1 << 20}.Freeze()

// generated is what a pointer to a generated record offers.
type generated[T any] interface {
	*T
	codec.Record
	Equal(other *T) bool
}

// random fills a generated value. Times lie after 1970 and are in UTC, numbers
// fit decimals of 9 digits and scale 2: what lies outside has tests of its own.
func random(r *rand.Rand, v reflect.Value, depth int) {
	switch v.Interface().(type) {
	case time.Time:
		v.Set(reflect.ValueOf(time.UnixMicro(r.Int64N(7e15)).UTC()))
		return
	case time.Duration:
		v.SetInt(r.Int64N(int64(24 * time.Hour)))
		return
	case *big.Rat:
		v.Set(reflect.ValueOf(big.NewRat(r.Int64N(2e9-1)-1e9+1, 100)))
		return
	}
	switch v.Kind() {
	case reflect.Bool:
		v.SetBool(r.IntN(2) == 0)
	case reflect.Int: // an enum
		v.SetInt(r.Int64N(2))
	case reflect.Int32:
		v.SetInt(int64(int32(r.Uint32()) >> r.IntN(31)))
	case reflect.Int64:
		v.SetInt(int64(r.Uint64()) >> r.IntN(63))
	case reflect.Float32, reflect.Float64:
		v.SetFloat(r.NormFloat64())
	case reflect.Uint32:
		v.SetUint(uint64(r.Uint32()))
	case reflect.String:
		v.SetString(fmt.Sprintf("%08x-0000-4000-8000-%012x", r.Uint32(), r.Uint64()>>16)[:36])
	case reflect.Array:
		for i := range v.Len() {
			v.Index(i).SetUint(r.Uint64N(256))
		}
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			v.SetBytes([]byte(fmt.Sprint(r.Uint64())))
			return
		}
		v.Set(reflect.MakeSlice(v.Type(), r.IntN(3)/(1+depth/3), 4))
		for i := range v.Len() {
			random(r, v.Index(i), depth+1)
		}
	case reflect.Map: // of one entry at most: nothing orders a map's entries
		v.Set(reflect.MakeMap(v.Type()))
		if r.IntN(2+depth) == 0 {
			item := reflect.New(v.Type().Elem()).Elem()
			random(r, item, depth+1)
			v.SetMapIndex(reflect.ValueOf(fmt.Sprint(r.IntN(100))), item)
		}
	case reflect.Pointer:
		if r.IntN(2+depth) == 0 {
			v.Set(reflect.New(v.Type().Elem()))
			random(r, v.Elem(), depth+1)
		}
	case reflect.Struct:
		for _, field := range v.Fields() {
			random(r, field, depth+1)
		}
	default:
		panic("no random " + v.Type().String())
	}
}

// schemaOf is a type's schema as hamba has it, without defaults: hamba refuses
// those of a union that are not of its first branch.
func schemaOf(t *testing.T, r codec.Record) avro.Schema {
	t.Helper()
	text := regexp.MustCompile(`,"default":("[^"]*"|null|[0-9.]+)`).ReplaceAllString(r.AvroSchema().String(), "")
	return parsed(t, text)
}

func parsed(t *testing.T, text string) avro.Schema {
	t.Helper()
	s, err := avro.ParseWithCache(text, "", &avro.SchemaCache{})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// unchanged says that hamba's own API writes what the generated codec writes,
// and reads it into an equal value.
func unchanged[T any, P generated[T]](t *testing.T, but ...func(*T)) {
	t.Helper()
	schema := schemaOf(t, P(new(T)))
	r := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		v := new(T)
		random(r, reflect.ValueOf(v).Elem(), 0)
		for _, f := range but {
			f(v)
		}
		ours, err := P(v).AppendAvro(nil)
		if err != nil {
			t.Fatal(err)
		}
		theirs, err := plain.Marshal(schema, v)
		if err != nil {
			t.Fatalf("hamba: %v", err)
		}
		if !bytes.Equal(theirs, ours) {
			t.Fatalf("hamba writes\n%x, ours\n%x of %+v", theirs, ours, v)
		}
		var want, got T
		if err := P(&want).UnmarshalAvro(ours); err != nil {
			t.Fatal(err)
		}
		if err := avro.Unmarshal(schema, ours, &got); err != nil {
			t.Fatalf("hamba: %v", err)
		}
		if !P(&got).Equal(&want) {
			t.Fatalf("hamba reads\n%+v, want\n%+v", got, want)
		}
		// With the default settings hamba writes blocks with their size.
		sized, err := avro.Marshal(schema, *v)
		if err != nil {
			t.Fatal(err)
		}
		var back T
		if err := P(&back).UnmarshalAvro(sized); err != nil || !P(&back).Equal(&want) {
			t.Fatalf("ours read\n%+v (%v), want\n%+v", back, err, want)
		}
	}
}

// What the table of the package comment says hamba's own API reads and writes.
func TestHambaTakesTypesUnchanged(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]func(t *testing.T){
		"scalars, enum, fixed, uuid text": func(t *testing.T) { unchanged[tagged.Scalars](t) },
		"nullable of every kind":          func(t *testing.T) { unchanged[tagged.Nullables](t) },
		"dates, times, timestamps":        func(t *testing.T) { unchanged[tagged.Times](t) },
		"decimals":                        func(t *testing.T) { unchanged[tagged.Decimals](t) },
		"arrays and maps":                 func(t *testing.T) { unchanged[tagged.Containers](t) },
		"recursion":                       func(t *testing.T) { unchanged[tagged.Tree](t) },
		"uuid in a fixed":                 func(t *testing.T) { unchanged[tagged.FixedID](t) },
		"duration":                        func(t *testing.T) { unchanged[tagged.Interval](t) },
		"nullable decimal":                func(t *testing.T) { unchanged[tagged.NullableDecimal](t) },
		"nullable decimal in a fixed":     func(t *testing.T) { unchanged[tagged.NullableFixedDecimal](t) },
		"all at once":                     func(t *testing.T) { unchanged[pointer.Pointer](t) },
		"local timestamps of this zone": func(t *testing.T) {
			// In the middle of January no clocks change.
			winter := func(v time.Time) time.Time {
				return time.Date(v.Year(), time.January, 15, v.Hour(), v.Minute(), v.Second(), v.Nanosecond(), time.Local)
			}
			unchanged(t, func(v *tagged.LocalMillis) { v.Value = winter(v.Value) })
			unchanged(t, func(v *tagged.LocalMicros) { v.Value = winter(v.Value) })
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t)
		})
	}
}

// What hamba's own API cannot take is its error, in both directions.
func TestHambaRefuses(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		v    codec.Record
		want string
	}{
		"timestamp-nanos":       {&tagged.Nanos{Value: time.Unix(0, 2)}, "time.Time is unsupported for Avro long"},
		"local-timestamp-nanos": {&tagged.LocalNanos{Value: time.Unix(0, 2)}, "time.Time is unsupported for Avro long"},
		"big-decimal":           {&tagged.BigDecimal{Value: big.NewRat(1, 1)}, "*big.Rat is unsupported for Avro bytes"},
		"union":                 {new(tagged.Choice), ""},
		"pairs":                 {&pairs.Ordered{}, "codec.Pairs"},
		"optional":              {&events.Attachment{FileName: "a", MediaType: codec.Some("b")}, "codec.Opt[string]"},
		"nullable union":        {new(tagged.NullableChoice), ""},
		"union of one branch":   {new(tagged.Lonely), ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			schema := schemaOf(t, test.v)
			if _, err := avro.Marshal(schema, test.v); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("Marshal: %v, want %q", err, test.want)
			}
			data, err := test.v.AppendAvro(nil)
			if err != nil {
				t.Fatal(err)
			}
			if err := avro.Unmarshal(schema, data, test.v); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("Unmarshal: %v, want %q", err, test.want)
			}
			// The calls of this package take them.
			data, err = hambacompat.Marshal(schema, test.v)
			if err != nil {
				t.Fatal(err)
			}
			if err := hambacompat.Unmarshal(schema, data, test.v); err != nil {
				t.Error(err)
			}
		})
	}
}

// The notes of the table of the package comment: where hamba takes a value and
// means another.
func TestHambaMeansAnotherValue(t *testing.T) {
	t.Parallel()
	day := &tagged.Times{Day: time.Date(1969, 12, 30, 12, 0, 0, 0, time.UTC)}
	schema := schemaOf(t, day)
	ours, err := day.AppendAvro(nil)
	if err != nil || ours[0] != 3 { // -2
		t.Errorf("ours writes %x (%v)", ours, err)
	}
	if theirs, err := avro.Marshal(schema, day); err != nil || theirs[0] != 1 { // -1
		t.Errorf("hamba writes %x (%v)", theirs, err)
	}
	if theirs, err := avro.Marshal(schema, &tagged.Times{ClockMillis: 25 * time.Hour}); err != nil {
		t.Errorf("hamba writes %x (%v)", theirs, err)
	}
	money := &tagged.Decimals{Amount: big.NewRat(1999, 1000), Wide: new(big.Rat), Fixed: new(big.Rat)}
	schema = schemaOf(t, money)
	if theirs, err := avro.Marshal(schema, money); err != nil || !bytes.HasPrefix(theirs, []byte{4, 0, 199}) {
		t.Errorf("hamba writes %x (%v)", theirs, err)
	}
	if _, err := money.AppendAvro(nil); !errors.Is(err, codec.ErrRange) {
		t.Errorf("ours: %v", err)
	}
	defer func() {
		if recover() == nil {
			t.Error("hamba does not panic at a nil decimal")
		}
	}()
	_, _ = avro.Marshal(schema, &tagged.Decimals{})
}

// The default Go form of uuid is one that hamba takes in both of its bases.
func TestHambaTakesUUIDs(t *testing.T) {
	t.Parallel()
	type ids struct {
		Text  codec.UUID  `avro:"text"`
		Maybe *codec.UUID `avro:"maybe"`
	}
	schema := parsed(t, `{"type":"record","name":"IDs","fields":[{"name":"text","type":{"type":"string","logicalType":"uuid"}},
		{"name":"maybe","type":["null",{"type":"string","logicalType":"uuid"}]}]}`)
	id := codec.UUID{1, 2, 3}
	data, err := avro.Marshal(schema, ids{id, &id})
	if err != nil {
		t.Fatal(err)
	}
	var got ids
	if err := avro.Unmarshal(schema, data, &got); err != nil || got.Text != id || got.Maybe == nil || *got.Maybe != id {
		t.Errorf("%+v (%v)", got, err)
	}
	text := id.String()
	if want := "\x48" + text + "\x02\x48" + text; string(data) != want {
		t.Errorf("%q, want %q", data, want)
	}
}

// hamba writes -128 and its like in a byte too many.
func TestHambaWritesDecimalsWithASpareByte(t *testing.T) {
	t.Parallel()
	v := &tagged.Decimals{Amount: big.NewRat(-128, 100), Wide: new(big.Rat), Fixed: big.NewRat(-128, 10000)}
	schema := schemaOf(t, v)
	ours, err := v.AppendAvro(nil)
	if err != nil {
		t.Fatal(err)
	}
	theirs, err := avro.Marshal(schema, v)
	if err != nil || len(theirs) != len(ours)+1 {
		t.Errorf("hamba writes %x, ours %x (%v)", theirs, ours, err)
	}
	var back tagged.Decimals
	if err := hambacompat.Unmarshal(schema, theirs, &back); err != nil || !back.Equal(v) {
		t.Errorf("ours reads %+v (%v)", back, err)
	}
}

// hamba v2.31 would write a pointer over the first word of a union that had
// these methods, because it is a field by value.
func TestUnionsAreNoUnionConverters(t *testing.T) {
	t.Parallel()
	for _, union := range []any{new(tagged.ChoiceValue), new(tagged.NullableChoiceValue), new(tagged.LonelyValue)} {
		if _, ok := union.(avro.UnionConverter); ok {
			t.Errorf("%T is a UnionConverter", union)
		}
	}
}
