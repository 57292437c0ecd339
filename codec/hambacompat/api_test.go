package hambacompat_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hamba/avro/v2"

	"github.com/schemactl/schemactl/codec"
	"github.com/schemactl/schemactl/codec/hambacompat"
	tagged "github.com/schemactl/schemactl/codec/hambacompat/testdata/tagged/golden"
	"github.com/schemactl/schemactl/codec/plan"
	unions "github.com/schemactl/schemactl/codegen/testdata/unions/golden"
	"github.com/schemactl/schemactl/events"
)

func message() *events.MessageCreated {
	return &events.MessageCreated{
		MessageID: 7, Version: 1, Body: "hello", Price: events.Money{Amount: codec.NewDecimal(250, 2), Currency: "EUR"},
		ReplyTo: codec.Some[int64](3), Attachments: []events.Attachment{{FileName: "a", SizeBytes: 1}},
		CreatedAt: time.UnixMicro(1_700_000_000_000_000).UTC(),
	}
}

func TestMarshalAndUnmarshal(t *testing.T) {
	t.Parallel()
	v := message()
	schema := parsed(t, v.AvroSchema().String())
	want, err := v.AppendAvro(nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, from := range map[string]any{"pointer": v, "value": *v, "pointer to a pointer": &v} {
		data, err := hambacompat.Marshal(schema, from)
		if err != nil || !bytes.Equal(data, want) {
			t.Errorf("%s: %x (%v), want %x", name, data, err, want)
		}
	}
	var a events.MessageCreated
	var b *events.MessageCreated
	c := new(events.MessageCreated)
	same := c
	for _, into := range []any{&a, &b, &c} {
		if err := hambacompat.Unmarshal(schema, want, into); err != nil {
			t.Errorf("%T: %v", into, err)
		}
	}
	if !a.Equal(v) || b == nil || !b.Equal(v) || !c.Equal(v) || c != same {
		t.Errorf("got %+v, %+v, %+v", a, b, c)
	}
}

// What Marshal returned stays as it is when it is called again.
func TestMarshalGivesBytesOfTheirOwn(t *testing.T) {
	t.Parallel()
	schema := parsed(t, new(events.Money).AvroSchema().String())
	var all [][]byte
	for range 50 {
		for _, currency := range []string{"EUR", "USD"} {
			data, err := hambacompat.Marshal(schema, &events.Money{Currency: currency})
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, data)
		}
	}
	for i, data := range all {
		if want := []string{"EUR", "USD"}[i%2]; string(data[3:]) != want || cap(data) > 2*len(data)+8 {
			t.Fatalf("value %d: %q of room for %d, want %s", i, data, cap(data), want)
		}
	}
}

// hamba refuses the type's own schema, but not without its defaults.
func TestDefaultsThatHambaRefuses(t *testing.T) {
	t.Parallel()
	v := unions.NewPayment()
	if _, err := avro.ParseWithCache(v.AvroSchema().String(), "", &avro.SchemaCache{}); err == nil {
		t.Error("hamba takes the schema now")
	}
	schema := schemaOf(t, v)
	data, err := hambacompat.Marshal(schema, v)
	if err != nil {
		t.Fatal(err)
	}
	var got unions.Payment
	if err := hambacompat.Unmarshal(schema, data, &got); err != nil || !got.Equal(v) {
		t.Errorf("%+v (%v)", got, err)
	}
}

// Enums and fixed are generated types with schemas of their own.
func TestNamedTypes(t *testing.T) {
	t.Parallel()
	kind, hash := tagged.Kind(1), tagged.Hash{1, 2, 3, 4}
	for _, v := range []codec.Record{&kind, &hash} {
		schema := parsed(t, v.AvroSchema().String())
		want, err := v.AppendAvro(nil)
		if err != nil {
			t.Fatal(err)
		}
		data, err := hambacompat.Marshal(schema, v)
		if err != nil || !bytes.Equal(data, want) {
			t.Errorf("%T: %x (%v), want %x", v, data, err, want)
		}
		if err := hambacompat.Unmarshal(schema, data, v); err != nil {
			t.Errorf("%T: %v", v, err)
		}
	}
}

func TestRefused(t *testing.T) {
	t.Parallel()
	schema := parsed(t, new(events.Money).AvroSchema().String())
	type foreign struct {
		Amount   codec.Decimal `avro:"amount"`
		Currency string        `avro:"currency"`
	}
	var nothing *events.Money
	var unknown struct{ avro.Schema }
	data := []byte{2, 0, 0}
	for name, test := range map[string]struct {
		err  error
		is   error
		says string
	}{
		"marshal a struct":            {marshal(schema, foreign{}), hambacompat.ErrForeign, "foreign"},
		"marshal a map":               {marshal(schema, map[string]any{}), hambacompat.ErrForeign, "map[string]interface {}"},
		"marshal a slice":             {marshal(schema, []events.Money{{}}), hambacompat.ErrForeign, "[]events.Money"},
		"marshal nil":                 {marshal(schema, nil), hambacompat.ErrForeign, "nil"},
		"marshal a nil pointer":       {marshal(schema, nothing), nil, "*events.Money: it is nil"},
		"marshal a nil pointer of it": {marshal(schema, &nothing), nil, "*events.Money: it is nil"},
		"unmarshal a struct":          {hambacompat.Unmarshal(schema, data, &foreign{}), hambacompat.ErrForeign, "foreign"},
		"unmarshal any":               {hambacompat.Unmarshal(schema, data, new(any)), hambacompat.ErrForeign, "*interface {}"},
		"unmarshal a value":           {hambacompat.Unmarshal(schema, data, events.Money{}), nil, "it takes a pointer"},
		"unmarshal into nil":          {hambacompat.Unmarshal(schema, data, nil), nil, "nil"},
		"unmarshal into a nil pointer": {
			hambacompat.Unmarshal(schema, data, nothing), nil, "*events.Money: it is nil",
		},
		"no schema":        {marshal(nil, events.Money{}), hambacompat.ErrSchema, "none of hamba's"},
		"a foreign schema": {marshal(unknown, events.Money{}), hambacompat.ErrSchema, "none of hamba's"},
		"bytes cut":        {hambacompat.Unmarshal(schema, data[:2], new(events.Money)), codec.ErrTruncated, "currency"},
		"bytes left":       {hambacompat.Unmarshal(schema, append(data, 0), new(events.Money)), codec.ErrTrailing, "Money"},
		"out of range":     {marshal(schema, events.Money{Amount: codec.NewDecimal(1, 4)}), codec.ErrRange, "amount"},
	} {
		if test.err == nil || test.is != nil && !errors.Is(test.err, test.is) || !strings.Contains(test.err.Error(), test.says) {
			t.Errorf("%s: %v, want %v that says %q", name, test.err, test.is, test.says)
		}
	}
}

func marshal(schema avro.Schema, v any) error {
	data, err := hambacompat.Marshal(schema, v)
	if err == nil {
		return fmt.Errorf("no error, %x", data)
	}
	return err
}

const moneyFields = `{"name":"amount","type":{"type":"bytes","logicalType":"decimal","precision":18,"scale":2}},{"name":"currency","type":"string"}`

// Whatever decides bytes, or what they mean, makes another schema.
func TestSchemasThatDiffer(t *testing.T) {
	t.Parallel()
	money := `{"type":"record","name":"schemactl.shared.Money","fields":[` + moneyFields + `]}`
	nanos := new(tagged.Nanos).AvroSchema().String()
	scalars := new(tagged.Scalars).AvroSchema().String()
	choice := new(tagged.Choice).AvroSchema().String()
	tree := new(tagged.Tree).AvroSchema().String()
	fixed := new(tagged.FixedID).AvroSchema().String()
	for name, test := range map[string]struct {
		v        codec.Record
		schema   string
		old, new string
		says     string // empty: it is the same
	}{
		"same":              {new(events.Money), money, "", "", ""},
		"doc":               {new(events.Money), money, `"fields"`, `"doc":"x","fields"`, ""},
		"alias":             {new(events.Money), money, `"fields"`, `"aliases":["x"],"fields"`, ""},
		"default":           {new(events.Money), money, `"type":"string"`, `"type":"string","default":"EUR"`, ""},
		"property":          {new(events.Money), money, `"type":"string"`, `"type":{"type":"string","avro.java.string":"String"}`, ""},
		"unknown logical":   {new(events.Money), money, `"type":"string"`, `"type":{"type":"string","logicalType":"currency"}`, ""},
		"namespace apart":   {new(events.Money), money, `"schemactl.shared.Money"`, `"Money","namespace":"schemactl.shared"`, ""},
		"error":             {new(events.Money), money, `"type":"record"`, `"type":"error"`, ""},
		"name":              {new(events.Money), money, "Money", "Coin", "record schemactl.shared.Coin where the type has record schemactl.shared.Money"},
		"namespace":         {new(events.Money), money, "schemactl.shared", "other", "record other.Money"},
		"field's name":      {new(events.Money), money, `"currency"`, `"unit"`, "field unit where the type has currency"},
		"fields swapped":    {new(events.Money), money, moneyFields, `{"name":"currency","type":"string"}`, "field currency where the type has amount"},
		"field more":        {new(events.Money), money, moneyFields, moneyFields + `,{"name":"x","type":"null"}`, "3 fields where the type has 2"},
		"field's type":      {new(events.Money), money, `"string"`, `"bytes"`, "currency: bytes where the type has string"},
		"precision":         {new(events.Money), money, `:18`, `:17`, `"precision":17`},
		"scale":             {new(events.Money), money, `"scale":2`, `"scale":3`, `"scale":3`},
		"no logical type":   {new(events.Money), money, `"logicalType"`, `"was"`, "amount: bytes where"},
		"enum order":        {new(tagged.Scalars), scalars, `"NONE","SOME"`, `"SOME","NONE"`, "kind: symbols"},
		"enum longer":       {new(tagged.Scalars), scalars, `"ALL"`, `"ALL","MORE"`, "kind: symbols"},
		"fixed size":        {new(tagged.Scalars), scalars, `"size":4`, `"size":5`, "hash: 5 bytes where the type has 4"},
		"fixed name":        {new(tagged.Scalars), scalars, `"Hash"`, `"Sum"`, "hash: fixed tagged.Sum"},
		"branches swapped":  {new(tagged.Choice), choice, `["string","double"]`, `["double","string"]`, "value: double"},
		"branch more":       {new(tagged.Choice), choice, `["string","double"]`, `["string","double","int"]`, "3 branches"},
		"recursive":         {new(tagged.Tree), tree, "", "", ""},
		"inside recursion":  {new(tagged.Tree), tree, `"values":"tagged.Tree"`, `"values":"string"`, "named{}: string where the type has record tagged.Tree"},
		"items":             {new(tagged.Tree), tree, `"items":"tagged.Tree"`, `"items":"int"`, "children[]: int"},
		"unknown to hamba":  {&tagged.Nanos{Value: time.Unix(0, 2)}, nanos, "", "", ""},
		"nanos for bare":    {&tagged.Nanos{Value: time.Unix(0, 2)}, nanos, `"logicalType"`, `"was"`, "value: long where"},
		"nanos for micros":  {&tagged.Nanos{Value: time.Unix(0, 2)}, nanos, `-nanos`, `-micros`, "timestamp-micros"},
		"uuid in fixed":     {new(tagged.FixedID), fixed, "", "", ""},
		"no uuid in fixed":  {new(tagged.FixedID), fixed, `"logicalType"`, `"was"`, "value: fixed tagged.Raw16 where"},
		"no record at all":  {new(tagged.FixedID), `["null","long"]`, "", "", "union where the type has record"},
		"no record, a long": {new(tagged.FixedID), `"long"`, "", "", "long where the type has record"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text := strings.Replace(test.schema, test.old, test.new, 1)
			if test.old != "" && text == test.schema {
				t.Fatalf("%s is not in %s", test.old, test.schema)
			}
			schema := parsed(t, text)
			data, err := hambacompat.Marshal(schema, test.v)
			if err == nil {
				err = hambacompat.Unmarshal(schema, data, test.v)
			} else if err2 := hambacompat.Unmarshal(schema, nil, test.v); !errors.Is(err2, hambacompat.ErrSchema) {
				t.Errorf("Unmarshal: %v", err2)
			}
			switch {
			case test.says == "" && err != nil:
				t.Error(err)
			case test.says != "" && (!errors.Is(err, hambacompat.ErrSchema) || !strings.Contains(err.Error(), test.says)):
				t.Errorf("%v, want one that says %q", err, test.says)
			}
		})
	}
}

// What hamba's Resolve makes has the reader's names and the writer's bytes.
func TestResolvedSchemaIsRefused(t *testing.T) {
	t.Parallel()
	own := parsed(t, new(events.Money).AvroSchema().String())
	for name, fields := range map[string]string{
		"a field more":   moneyFields + `,{"name":"x","type":"int"}`,
		"a promotion":    `{"name":"amount","type":{"type":"bytes","logicalType":"decimal","precision":18,"scale":2}},{"name":"currency","type":"bytes"}`,
		"another branch": `{"name":"amount","type":{"type":"bytes","logicalType":"decimal","precision":18,"scale":2}},{"name":"currency","type":["string"]}`,
	} {
		writer := parsed(t, `{"type":"record","name":"schemactl.shared.Money","fields":[`+fields+`]}`)
		schema, err := avro.NewSchemaCompatibility().Resolve(own, writer)
		if err != nil {
			t.Logf("%s: hamba: %v", name, err)
			continue
		}
		for _, s := range []avro.Schema{schema, avro.NewArraySchema(schema)} {
			if err := hambacompat.Unmarshal(s, nil, new(events.Money)); !errors.Is(err, hambacompat.ErrResolved) {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

func TestPlans(t *testing.T) {
	t.Parallel()
	api := hambacompat.Config{Plans: plan.NewCache()}.Freeze()
	price := events.Money{Amount: codec.NewDecimal(250, 2), Currency: "EUR"}
	record := func(fields string) string {
		return `{"type":"record","name":"Money","namespace":"schemactl.shared","fields":[` + fields + `]}`
	}
	for name, test := range map[string]struct {
		writer string
		data   []byte
	}{
		"own":           {record(moneyFields), []byte{4, 0, 250, 6, 'E', 'U', 'R'}},
		"field more":    {record(`{"name":"x","type":"int"},` + moneyFields), []byte{9, 4, 0, 250, 6, 'E', 'U', 'R'}},
		"bare bytes":    {record(`{"name":"amount","type":"bytes"},{"name":"currency","type":"string"}`), []byte{4, 0, 250, 6, 'E', 'U', 'R'}},
		"inside unions": {`["null",` + record(`{"name":"amount","type":["null","bytes"]},{"name":"currency","type":"string"}`) + `]`, []byte{2, 2, 4, 0, 250, 6, 'E', 'U', 'R'}},
	} {
		schema := parsed(t, test.writer)
		for range 2 { // the second time the plan is known
			var got events.Money
			if err := api.Unmarshal(schema, test.data, &got); err != nil || !got.Equal(&price) {
				t.Errorf("%s: %+v (%v)", name, got, err)
			}
		}
	}
	differs := parsed(t, record(`{"name":"amount","type":"int"}`))
	if err := api.Unmarshal(differs, nil, new(events.Money)); !errors.Is(err, plan.ErrIncompatible) {
		t.Errorf("incompatible: %v", err)
	}
	if _, err := api.Marshal(differs, price); !errors.Is(err, hambacompat.ErrSchema) {
		t.Errorf("plans do not write: %v", err)
	}
}

// recorder is a Plans that remembers what it was asked for.
type recorder struct{ writer string }

func (r *recorder) Plan(writer string, reader *codec.Schema) (*codec.Plan, error) {
	r.writer = writer
	return plan.Compile(writer, reader)
}

// hamba keeps types of earlier Parse calls outside of a schema's own text, and
// drops logical types that it does not know from it.
func TestWritersTextIsComplete(t *testing.T) {
	t.Parallel()
	cache := &avro.SchemaCache{}
	for _, text := range []string{
		`{"type":"fixed","name":"old.Span","size":12,"logicalType":"duration"}`,
		`{"type":"record","name":"old.Part","fields":[{"name":"span","type":"Span"},{"name":"next","type":["null","Part"]}]}`,
	} {
		if _, err := avro.ParseWithCache(text, "", cache); err != nil {
			t.Fatal(err)
		}
	}
	schema, err := avro.ParseWithCache(`{"type":"record","name":"tagged.Nanos","fields":[
		{"name":"a","type":"old.Part"},{"name":"b","type":{"type":"map","values":"old.Part"}},
		{"name":"kind","type":{"type":"enum","name":"Kind","symbols":["A"]},"default":"A"},
		{"name":"value","type":{"type":"long","logicalType":"timestamp-nanos"}}]}`, "", cache)
	if err != nil {
		t.Fatal(err)
	}
	plans := &recorder{}
	var v tagged.Nanos
	data := append(make([]byte, 12), 0, 0, 0, 4)
	if err := (hambacompat.Config{Plans: plans}).Freeze().Unmarshal(schema, data, &v); err != nil || v.Value.UnixNano() != 2 {
		t.Errorf("%v (%v)", v, err)
	}
	want := `{"type":"record","name":"Nanos","namespace":"tagged","fields":[` +
		`{"name":"a","type":{"type":"record","name":"Part","namespace":"old","fields":[` +
		`{"name":"span","type":{"type":"fixed","name":"Span","namespace":"old","logicalType":"duration","size":12}},` +
		`{"name":"next","type":[{"type":"null"},"old.Part"]}]}},` +
		`{"name":"b","type":{"type":"map","values":"old.Part"}},` +
		`{"name":"kind","type":{"type":"enum","name":"Kind","namespace":"tagged","symbols":["A"]}},` +
		`{"name":"value","type":{"type":"long","logicalType":"timestamp-nanos"}}]}`
	if plans.writer != want {
		t.Errorf("asked for\n%s, want\n%s", plans.writer, want)
	}
}

// Two types of one name live side by side only in hamba's memory.
func TestTwoTypesOfOneName(t *testing.T) {
	t.Parallel()
	api := hambacompat.Config{Plans: plan.NewCache()}.Freeze()
	field := func(name string, s avro.Schema) *avro.Field {
		f, err := avro.NewField(name, s)
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	with := func(a, b string) avro.Schema {
		s, err := avro.NewRecordSchema("Nanos", "tagged", []*avro.Field{
			field("a", parsed(t, a)), field("b", parsed(t, b)), field("value", parsed(t, `"long"`)),
		})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	const two, one = `{"type":"fixed","name":"F","size":2}`, `{"type":"fixed","name":"F","size":1}`
	var v tagged.Nanos
	if err := api.Unmarshal(with(two, two), []byte{1, 2, 3, 4, 4}, &v); err != nil || v.Value.UnixNano() != 2 {
		t.Errorf("the same twice: %v (%v)", v, err)
	}
	if err := api.Unmarshal(with(two, one), []byte{1, 2, 3, 4}, &v); err == nil || !strings.Contains(err.Error(), "two types have one name: F") {
		t.Errorf("two of one name: %v", err)
	}
	const inside = `{"type":"fixed","name":"tagged.F","size":2}`
	if err := api.Unmarshal(with(two, inside), []byte{1, 2, 3, 4, 4}, &v); err == nil || !strings.Contains(err.Error(), "two types have one name") {
		t.Errorf("one without namespace: %v", err)
	}
}

func TestConcurrentUse(t *testing.T) {
	t.Parallel()
	api := hambacompat.Config{Plans: plan.NewCache()}.Freeze()
	v := message()
	own := v.AvroSchema().String()
	shared := parsed(t, own)
	older := parsed(t, strings.Replace(own, `"fields":[`, `"fields":[{"name":"x","type":"boolean"},`, 1))
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			mine, err := avro.ParseWithCache(own, "", &avro.SchemaCache{})
			if err != nil {
				t.Error(err)
				return
			}
			for range 50 {
				for _, s := range []avro.Schema{shared, mine} {
					data, err := api.Marshal(s, v)
					if err != nil {
						t.Error(err)
						return
					}
					var a, b events.MessageCreated
					err = errors.Join(api.Unmarshal(s, data, &a), api.Unmarshal(older, append([]byte{1}, data...), &b))
					if err != nil || !a.Equal(v) || !b.Equal(v) {
						t.Errorf("%v\n%+v\n%+v", err, a, b)
						return
					}
				}
			}
		})
	}
	group.Wait()
}
