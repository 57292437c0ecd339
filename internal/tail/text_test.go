package tail_test

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/schemactl/schemactl/codec"
	"github.com/schemactl/schemactl/internal/tail"
)

// texts is a registry of one schema.
type texts string

var errGone = errors.New("gone")

func (s texts) Schema(context.Context, uint32) (string, error) {
	if s == "" {
		return "", errGone
	}
	return string(s), nil
}

func shown(t *testing.T, schema string, value []byte, limit int) tail.Record {
	t.Helper()
	r := &kgo.Record{Topic: "t", Key: []byte("a\x1b[2J"), Value: append(codec.AppendFrame(nil, 3), value...), Timestamp: time.Unix(1, 0)}
	return tail.NewDecoder(texts(schema), limit).Record(t.Context(), r)
}

func TestDecode(t *testing.T) {
	t.Parallel()
	const union = `{"type":"record","name":"n.A","fields":[{"name":"s","type":["null","string"]}]}`
	for _, tt := range []struct {
		name, schema string
		value        []byte
		want, reason string
	}{
		{"a union", union, []byte("\x02\x04hi"), `{"s":{"string":"hi"}}`, ""},
		{"null", union, []byte{0}, `{"s":null}`, ""},
		{"cut off", union, []byte("\x02\x08hi"), "", "do not fit schema 3"},
		{"left over", union, []byte{0, 0}, "", "1 are left over"},
		{"no schema", "{", nil, "", "schema 3 is no Avro schema"},
		{"no registry", "", nil, "", "gone"},
		{"control characters", `"string"`, []byte("\x06\xc2\x9b\x1b"), `"\u009b\u001b"`, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := shown(t, tt.schema, tt.value, 1000)
			if string(r.Value) != tt.want || !strings.Contains(r.Error, tt.reason) || tt.reason == "" && r.Error != "" {
				t.Errorf("value %s, error %q: want %s, %q", r.Value, r.Error, tt.want, tt.reason)
			}
			if tt.want != "" && !json.Valid(r.Value) {
				t.Errorf("%s is no JSON", r.Value)
			}
			if (r.Hex == "") == (r.Error != "") {
				t.Errorf("hex %q beside error %q", r.Hex, r.Error)
			}
			if strings.ContainsAny(r.String(), "\x1b\u009b") {
				t.Errorf("a terminal would take this for a command: %q", r.String())
			}
		})
	}
}

// What is shown of a record is bounded, whatever it holds.
func TestDecodeIsBounded(t *testing.T) {
	t.Parallel()
	long := binary.AppendVarint(nil, 100_000)
	long = append(long, strings.Repeat("ä", 50_000)...)
	r := shown(t, `"string"`, long, 101)
	if len(r.Value) > 0 || len(r.Beginning) > 101 || !strings.HasSuffix(r.Beginning, "ä") {
		t.Errorf("value of %d bytes, beginning %d", len(r.Value), len(r.Beginning))
	}
	if text := r.String(); len(text) > 400 || !strings.Contains(text, "100008 bytes, cut") {
		t.Errorf("%d bytes of text: %s", len(text), text[:100])
	}

	// An array of very many empty values in a few bytes.
	bomb := append(binary.AppendVarint(nil, 1<<40), 0)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	r = shown(t, `{"type":"array","items":"null"}`, bomb, 100)
	runtime.ReadMemStats(&after)
	if r.Error == "" {
		t.Errorf("taken: %s", r.Beginning)
	}
	if n := after.TotalAlloc - before.TotalAlloc; n > 64<<20 {
		t.Errorf("%d MB were allocated", n>>20)
	}
}

func TestParseFrom(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"now", "start", "0", "17", "-3", "2026-11-30T12:00:00Z", "15m"} {
		if f, err := tail.ParseFrom(text, time.Now()); err != nil || f.IsNow() != (text == "now") {
			t.Errorf("%s: %+v, %v", text, f, err)
		}
	}
	for _, text := range []string{"", "yesterday", "-15m", "1.5", "2026-11-30"} {
		if _, err := tail.ParseFrom(text, time.Now()); err == nil || !strings.Contains(err.Error(), "want now, start") {
			t.Errorf("%q: %v", text, err)
		}
	}
}
