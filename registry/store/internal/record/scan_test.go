package record

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/schemactl/schemactl/registry"
)

// What is read by hand is what encoding/json reads.
func FuzzScan(f *testing.F) {
	for _, name := range []string{"confluent-8.5", "karapace-2026-06"} {
		text, err := os.ReadFile("../../kafka/testdata/" + name + ".jsonl")
		if err != nil {
			f.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			var r struct{ Key, Value string }
			if err := json.Unmarshal([]byte(line), &r); err != nil {
				f.Fatal(err)
			}
			f.Add([]byte(r.Key))
			f.Add([]byte(r.Value))
		}
	}
	for _, text := range []string{
		`{"id":007}`, `{"id":1,}`, `{"ID":1}`, `{"id":4294967296}`, `{"id":-1}`, `{"id":1e2}`, `{"schema":"\ud83d\ude9a"}`, `{"schema":"\ud83d"}`,
		"{\"schema\":\"a\nb\"}", "{\"schema\":\"\xff\"}", `{"schema":"\x"}`, `{"schema":"\`, `{"deleted":truefalse}`, `{"references":[}]}`,
		`{"references":null,"deleted":true}`, ` { "id" : 1 , "deleted" : false } `, `{"subject":null}`, `{"subject":@}`, `{"schema":"a""b"}`, `{}x`, `[]`, `{"s\u0063hema":"a"}`,
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var key, wantKey parsedKey
		if scanKey(b, &key) {
			if err := json.Unmarshal(b, &wantKey); err != nil || key != wantKey {
				t.Errorf("key %q is %+v, not %+v (%v)", b, key, wantKey, err)
			}
		}
		var value, wantValue parsedValue
		if scanSchema(b, &value) {
			err := json.Unmarshal(b, &wantValue)
			if diff := cmp.Diff(wantValue, value, cmp.AllowUnexported(parsedValue{})); err != nil || diff != "" {
				t.Errorf("value %q (%v), -want +got:\n%s", b, err, diff)
			}
		}
	})
}

// The usual records are read by hand, not by the way that is slower.
func TestUsualRecordsAreScanned(t *testing.T) {
	t.Parallel()
	r := typical(1)
	r.Content.References = []registry.Reference{{Name: "a", Subject: "b", Version: 1}}
	if !scanKey(Key(r), new(parsedKey)) {
		t.Errorf("key %s", Key(r))
	}
	if !scanSchema(Value(r), new(parsedValue)) {
		t.Errorf("value %s", Value(r))
	}
}

// typical is a record of 20 fields.
func typical(n int) Record {
	var b strings.Builder
	fmt.Fprintf(&b, `{"type":"record","name":"Event%d","namespace":"shop","fields":[`, n)
	for i := range 20 {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"name":"field%d","type":["null","string"],"doc":"what it means","default":null}`, i)
	}
	b.WriteString("]}")
	return Record{
		Kind: Schema, Subject: fmt.Sprintf("subject-%d-value", n), Version: 1, ID: uint32(n + 1), Time: time.UnixMilli(1),
		Content: registry.Schema{Type: registry.Avro, Text: b.String()},
	}
}

func BenchmarkParse(b *testing.B) {
	key, value := Key(typical(1)), Value(typical(1))
	b.SetBytes(int64(len(value)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Parse(key, value, time.Time{}); err != nil {
			b.Fatal(err)
		}
	}
}
