package plan_test

import (
	"errors"
	"fmt"
	"math/big"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/avro"

	"github.com/schemactl/schemactl/codec"
	"github.com/schemactl/schemactl/codec/plan"
	"github.com/schemactl/schemactl/events"
)

// payment is a value that every writer in the tests below writes in its way.
func payment() *events.PaymentReceived {
	return &events.PaymentReceived{
		PaymentID:  1 << 40,
		Version:    3,
		MessageID:  77,
		Payer:      events.AccountRef{AccountID: 5, DisplayName: "Ada"},
		Amount:     events.Money{Amount: codec.NewDecimal(-123456789012345678, 2), Currency: "EUR"},
		Method:     events.PaymentMethodCard,
		Reference:  codec.Some("order 7"),
		ReceivedAt: time.Date(2026, 11, 22, 16, 43, 1, 123456000, time.UTC),
	}
}

// replace is the reader's schema with one piece of text changed.
func replace(t *testing.T, old, with string) string {
	t.Helper()
	schema := payment().AvroSchema().String()
	if strings.Count(schema, old) != 1 {
		t.Fatalf("schema has %d times %s", strings.Count(schema, old), old)
	}
	return strings.Replace(schema, old, with, 1)
}

// written encodes payment's values with another schema.
func written(t *testing.T, schema string, change func(map[string]any)) []byte {
	t.Helper()
	value := map[string]any{
		"payment_id":  int64(1 << 40),
		"version":     int64(3),
		"message_id":  int64(77),
		"payer":       map[string]any{"account_id": int64(5), "display_name": "Ada"},
		"amount":      map[string]any{"amount": big.NewRat(-123456789012345678, 100), "currency": "EUR"},
		"method":      "CARD",
		"reference":   "order 7",
		"received_at": time.Date(2026, 11, 22, 16, 43, 1, 123456000, time.UTC),
	}
	if change != nil {
		change(value)
	}
	s, err := avro.Parse(schema)
	if err != nil {
		t.Fatal(err)
	}
	b, err := s.Encode(value)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestDecodeEvolved(t *testing.T) {
	t.Parallel()
	const (
		version   = `{"name":"version","type":"long","doc":"The payment's version that this event made."}`
		reference = `{"name":"reference","type":["null","string"],"default":null,"doc":"The payer's own reference."}`
		symbols   = `["UNKNOWN","BALANCE","CARD","TRANSFER"]`
	)
	for _, tc := range []struct {
		name     string
		old, new string // the writer's schema is the reader's with old replaced
		value    func(map[string]any)
		want     func(*events.PaymentReceived)
	}{
		{name: "same", old: version, new: version},
		{name: "writer has another doc", old: `The payment's version that this event made.`, new: `Counts.`},
		{name: "writer promotes int to long", old: version, new: `{"name":"version","type":"int"}`,
			value: func(v map[string]any) { v["version"] = int32(3) }},
		{name: "writer lacks a field with a default", old: "," + reference, new: "",
			value: func(v map[string]any) { delete(v, "reference") },
			want:  func(p *events.PaymentReceived) { p.Reference = codec.None[string]() }},
		{name: "writer has a field more", old: version, new: version + `,{"name":"legacy","type":{"type":"map","values":["null",{"type":"array","items":"double"}]}}`,
			value: func(v map[string]any) { v["legacy"] = map[string]any{"a": []any{1.5, 2.5}} }},
		{name: "writer's field was not nullable", old: `["null","string"],"default":null,"doc":"The payer's`, new: `"string","doc":"The payer's`},
		{name: "writer has the null last", old: `["null","string"],"default":null,"doc":"The payer's`, new: `["string","null"],"doc":"The payer's`},
		{name: "writer has another order of symbols", old: symbols, new: `["TRANSFER","CARD","UNKNOWN","BALANCE"]`},
		{name: "writer has a symbol more", old: symbols, new: `["UNKNOWN","CASH","CARD"]`,
			value: func(v map[string]any) { v["method"] = "CASH" },
			want:  func(p *events.PaymentReceived) { p.Method = events.PaymentMethodUnknown }},
		{name: "writer has bytes for a string", old: `{"name":"display_name","type":"string"}`, new: `{"name":"display_name","type":"bytes"}`,
			value: func(v map[string]any) {
				v["payer"] = map[string]any{"account_id": int64(5), "display_name": []byte("Ada")}
			}},
		{name: "writer has no logical type", old: `{"type":"long","logicalType":"timestamp-micros"}`, new: `"long"`,
			value: func(v map[string]any) { v["received_at"] = payment().ReceivedAt.UnixMicro() }},
		{name: "writer's fields stand in another order", old: `{"name":"account_id","type":"long"},{"name":"display_name","type":"string"}`,
			new: `{"name":"display_name","type":"string"},{"name":"account_id","type":"long"}`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			schema := replace(t, tc.old, tc.new)
			src := written(t, schema, tc.value)
			p, err := plan.NewCache().Plan(schema, payment().AvroSchema())
			if err != nil {
				t.Fatal(err)
			}
			want := payment()
			if tc.want != nil {
				tc.want(want)
			}
			var got events.PaymentReceived
			if err := p.Decode(src, &got); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(*want, got); diff != "" {
				t.Errorf("decoded (-want +got):\n%s", diff)
			}
			for n := range src {
				if err := p.Decode(src[:n], &got); err == nil {
					t.Errorf("no error for the first %d of %d bytes", n, len(src))
				}
			}
			if err := p.Decode(append(src, 0), &got); !errors.Is(err, codec.ErrTrailing) {
				t.Errorf("with a byte more: %v", err)
			}
		})
	}
}

// reader is a hand-written record, for schemas that the reference domain does
// not have.
type reader struct {
	schema *codec.Schema
	got    []byte
}

func (r *reader) AppendAvro(dst []byte) ([]byte, error) { return append(dst, r.got...), nil }
func (r *reader) DecodeAvro(src []byte) ([]byte, error) { r.got = src; return nil, nil }
func (r *reader) UnmarshalAvro(src []byte) error        { r.got = src; return nil }
func (r *reader) AvroSchema() *codec.Schema             { return r.schema }
func record(fields string) string {
	return `{"type":"record","name":"R","namespace":"n","fields":[` + fields + `]}`
}
func schemaOf(text string) *codec.Schema { return codec.NewSchema("n.R", text, codec.Fingerprints{}) }
func field(name, typ string) string      { return `{"name":"` + name + `","type":` + typ + `}` }
func logical(base, name string) string   { return `{"type":"` + base + `","logicalType":"` + name + `"}` }
func decimal(precision, scale int) string {
	return fmt.Sprintf(`{"type":"bytes","logicalType":"decimal","precision":%d,"scale":%d}`, precision, scale)
}

func TestIdentity(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name           string
		writer, reader string
		want           bool
	}{
		{"same text", record(field("a", `"int"`)), record(field("a", `"int"`)), true},
		{"white space and order", `{"fields": [{"type": "int", "name": "a"}], "name": "n.R", "type": "record"}`, record(field("a", `"int"`)), true},
		{"wrapped primitive", record(field("a", `{"type":"int"}`)), record(field("a", `"int"`)), true},
		{"default", record(`{"name":"a","type":"int","default":5}`), record(field("a", `"int"`)), true},
		{"custom attribute", record(`{"name":"a","type":"int","x":5}`), record(field("a", `"int"`)), true},
		{"logical type on one side", record(field("a", `"long"`)), record(field("a", logical("long", "timestamp-micros"))), false},
		{"logical type in an array", record(field("a", `{"type":"array","items":"long"}`)),
			record(field("a", `{"type":"array","items":`+logical("long", "timestamp-micros")+`}`)), false},
		{"logical type in a union", record(field("a", `["null","long"]`)), record(field("a", `["null",`+logical("long", "timestamp-micros")+`]`)), false},
		{"precision of a fixed", record(field("a", `{"type":"fixed","name":"F","size":8}`)),
			record(field("a", `{"type":"fixed","name":"F","size":8,"logicalType":"decimal","precision":9}`)), false},
		{"alias", record(field("a", `"int"`)), record(`{"name":"a","type":"int","aliases":["b"]}`), false},
		{"promotion", record(field("a", `"int"`)), record(field("a", `"long"`)), false},
		{"logical type beside the type", record(`{"name":"a","type":"long","logicalType":"timestamp-micros"}`), record(field("a", `"long"`)), false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			p, err := plan.NewCache().Plan(tc.writer, schemaOf(tc.reader))
			if err != nil {
				t.Fatal(err)
			}
			if p.Identical() != tc.want {
				t.Errorf("identical: %t, want %t", p.Identical(), tc.want)
			}
		})
	}
}

// TestRawValues looks at the bytes that the generated decoder is given: they
// must hold the writer's numbers untouched.
func TestRawValues(t *testing.T) {
	t.Parallel()
	long := func(v int64) []byte { return codec.AppendLong(nil, v) }
	extra := field("z", `["null","int"]`) // makes the schemas differ
	for _, tc := range []struct {
		name           string
		writer, reader string
		src, want      []byte
	}{
		{"timestamp-micros at the end of time", field("a", logical("long", "timestamp-micros")), field("a", logical("long", "timestamp-micros")),
			long(1<<63 - 1), long(1<<63 - 1)},
		{"timestamp-millis at the start of time", field("a", logical("long", "timestamp-millis")), field("a", logical("long", "timestamp-millis")),
			long(-1 << 63), long(-1 << 63)},
		{"local timestamp read as a plain long", field("a", logical("long", "local-timestamp-micros")), field("a", `"long"`), long(12345678), long(12345678)},
		{"decimal with bytes to spare", field("a", decimal(18, 2)), field("a", decimal(18, 2)), []byte{6, 0, 0, 1}, []byte{6, 0, 0, 1}},
		{"decimal of no bytes", field("a", decimal(18, 2)), field("a", decimal(18, 2)), []byte{0}, []byte{0}},
		{"uuid that is none", field("a", logical("string", "uuid")), field("a", logical("string", "uuid")), []byte{2, 'x'}, []byte{2, 'x'}},
		{"double beyond exact integers", field("a", `"double"`), field("a", `"double"`),
			codec.AppendDouble(nil, 1e300), codec.AppendDouble(nil, 1e300)},
		{"long beyond 2^53", field("a", `"long"`), field("a", `"long"`), long(1<<60 + 1), long(1<<60 + 1)},
		{"date", field("a", logical("int", "date")), field("a", logical("int", "date")), long(-719162), long(-719162)},
		{"record in a union that looks like a tag", field("a", `["null",{"type":"record","name":"n.U","fields":[{"name":"U","type":"int"}]}]`),
			field("a", `["null",{"type":"record","name":"n.U","fields":[{"name":"U","type":"int"}]}]`), []byte{2, 8}, []byte{2, 8}},
		{"record in a union whose field is the full name", field("a", `["null",{"type":"record","name":"U","namespace":"","fields":[{"name":"U","type":"int"}]}]`),
			field("a", `["null",{"type":"record","name":"U","namespace":"","fields":[{"name":"U","type":"int"}]}]`), []byte{2, 8}, []byte{2, 8}},
		{"int into a nullable long", field("a", `"int"`), field("a", `["null","long"]`), []byte{8}, []byte{2, 8}},
		{"union of two into a nullable one", field("a", `["null","int","long"]`), field("a", `["null","long"]`), []byte{4, 8}, []byte{2, 8}},
		{"alias", field("old", `"int"`), `{"name":"a","type":"int","aliases":["old"]}`, []byte{8}, []byte{8}},
		{"text that is not UTF-8", field("a", `"string"`), field("a", `"string"`), []byte{2, 0xff}, []byte{2, 0xff}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			r := &reader{schema: schemaOf(record(tc.reader))}
			p, err := plan.NewCache().Plan(record(tc.writer+","+extra), r.schema)
			if err != nil {
				t.Fatal(err)
			}
			if p.Identical() {
				t.Fatal("identical, so nothing is tested")
			}
			if err := p.Decode(append(tc.src, 0), r); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, r.got); diff != "" {
				t.Errorf("bytes (-want +got):\n%s", diff)
			}
		})
	}
}

func TestPlanErrors(t *testing.T) {
	t.Parallel()
	nested := func(typ string) string {
		return field("a", `{"type":"array","items":["null",{"type":"record","name":"E","fields":[`+field("at", typ)+`]}]}`)
	}
	for _, tc := range []struct {
		name           string
		writer, reader string
		is             error
		text           string
	}{
		{"no JSON", `{`, record(""), plan.ErrSchema, "1:2"},
		{"no schema", `{"type":"record","name":"R"}`, record(""), plan.ErrSchema, "n.R"},
		{"union", `["null","string"]`, record(""), plan.ErrSchema, "no name"},
		{"field without a default", record(""), record(field("a", `"int"`)), plan.ErrIncompatible, "n.R"},
		{"other type", record(field("a", `"string"`)), record(field("a", `"int"`)), plan.ErrIncompatible, "a"},
		{"other scale", record(field("a", decimal(9, 2))), record(field("a", decimal(9, 4))), plan.ErrIncompatible, "a"},
		{"other unit of time", record(nested(logical("long", "timestamp-millis"))), record(nested(logical("long", "timestamp-micros"))),
			plan.ErrIncompatible, "a[].at: the writer has timestamp-millis, the reader timestamp-micros"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			p, err := plan.NewCache().Plan(tc.writer, schemaOf(tc.reader))
			if p != nil || !errors.Is(err, tc.is) {
				t.Fatalf("plan %v, error %v", p, err)
			}
			if !strings.Contains(err.Error(), strings.TrimPrefix(tc.text, "n.R")) {
				t.Errorf("error %q does not say %q", err, tc.text)
			}
		})
	}
}

func TestDecodeIntoAnotherType(t *testing.T) {
	t.Parallel()
	p, err := plan.NewCache().Plan(payment().AvroSchema().String(), payment().AvroSchema())
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Decode(nil, &events.MessageDelivered{}); !errors.Is(err, plan.ErrReader) {
		t.Errorf("error %v", err)
	}
	if p.Writer() != "schemactl.events.PaymentReceived" {
		t.Errorf("writer %s", p.Writer())
	}
}

func TestCache(t *testing.T) {
	t.Parallel()
	c := plan.NewCache()
	target := schemaOf(record(field("a", `["null","long"]`)))
	writer := func(i int) string { return record(field("a", `"long"`) + "," + field(fmt.Sprintf("x%d", i), `"int"`)) }
	plans := make([]*plan.Plan, 16)
	var wg sync.WaitGroup
	for i := range plans {
		wg.Go(func() {
			p, err := c.Plan(writer(0), target)
			if err != nil {
				t.Error(err)
			}
			plans[i] = p
		})
	}
	wg.Wait()
	for _, p := range plans {
		if p != plans[0] {
			t.Fatal("callers at once got plans of their own")
		}
	}
	for i := range 600 {
		if _, err := c.Plan(writer(i), target); err != nil {
			t.Fatal(err)
		}
		if i%10 == 0 {
			if p, _ := c.Plan(writer(0), target); p != plans[0] {
				t.Fatalf("plan in use was dropped after %d others", i)
			}
		}
	}
	first, _ := c.Plan(writer(1), target)
	if again, _ := c.Plan(writer(1), target); again != first {
		t.Error("plan was not kept")
	}
	_, err := c.Plan("{", target)
	_, again := c.Plan("{", target)
	if err == nil || err != again { //nolint:errorlint // the very same error is wanted
		t.Errorf("errors %v and %v", err, again)
	}
}

func TestName(t *testing.T) {
	t.Parallel()
	for schema, want := range map[string]string{
		`{"type":"record","name":"R","namespace":"a.b","fields":[]}`:    "a.b.R",
		`{"type":"record","name":"c.R","namespace":"a.b","fields":[]}`:  "c.R",
		`{"type":"enum","name":"E","symbols":["A"]}`:                    "E",
		`{"type":{"type":"fixed","name":"F","namespace":"x","size":1}}`: "x.F",
		`"string"`:                      "string",
		`{"type":"map","values":"int"}`: "map",
	} {
		got, err := plan.Name(schema)
		if err != nil || got != want {
			t.Errorf("%s: %q, %v; want %q", schema, got, err, want)
		}
	}
	for _, bad := range []string{``, `5`, `[]`, `{}`, `{"name":5}`, `""`, strings.Repeat(`{"type":`, 600)} {
		if got, err := plan.Name(bad); !errors.Is(err, plan.ErrSchema) {
			t.Errorf("%.20s: %q, %v", bad, got, err)
		}
	}
}
