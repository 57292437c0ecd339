package plan_test

import (
	"errors"
	"math/big"
	"strings"
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

func TestDecodeIntoAnotherType(t *testing.T) {
	t.Parallel()
	p, err := plan.NewCache().Plan(payment().AvroSchema().String(), payment().AvroSchema())
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Decode(nil, &events.MessageDelivered{}); !errors.Is(err, codec.ErrReader) {
		t.Errorf("error %v", err)
	}
	if p.Writer != "schemactl.events.PaymentReceived" {
		t.Errorf("writer %s", p.Writer)
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
