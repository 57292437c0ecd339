package plan

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/schemactl/schemactl/codec"
	"github.com/schemactl/schemactl/internal/avrojson"
)

// logicalType is what annotates a type; its name is empty where there is none,
// or none that Avro 1.12 knows for the type: readers ignore the others.
type logicalType struct {
	name             string
	precision, scale int // of decimal
}

func (l logicalType) String() string {
	if l.name == "decimal" {
		return fmt.Sprintf("decimal(%d,%d)", l.precision, l.scale)
	}
	return l.name
}

// temporal tells the logical types that count from an origin in some unit.
func (l logicalType) temporal() bool {
	return l.name == "date" || strings.HasPrefix(l.name, "time-") ||
		strings.HasPrefix(l.name, "timestamp-") || strings.HasPrefix(l.name, "local-timestamp-")
}

// logicalOf reads the annotation of a type from the object that v is.
func logicalOf(v *avrojson.Value, kind codec.Kind, size int) logicalType {
	m := v.Get("logicalType")
	if m == nil || m.Kind != avrojson.String {
		return logicalType{}
	}
	if m.Text == "decimal" {
		return decimalOf(v, kind, size)
	}
	if !annotates(m.Text, kind, size) {
		return logicalType{}
	}
	return logicalType{name: m.Text}
}

func annotates(name string, kind codec.Kind, size int) bool {
	switch name {
	case "date", "time-millis":
		return kind == codec.KindInt
	case "time-micros", "timestamp-millis", "timestamp-micros", "timestamp-nanos",
		"local-timestamp-millis", "local-timestamp-micros", "local-timestamp-nanos":
		return kind == codec.KindLong
	case "big-decimal":
		return kind == codec.KindBytes
	case "uuid":
		const uuidSize = 16
		return kind == codec.KindString || kind == codec.KindFixed && size == uuidSize
	case "duration":
		const durationSize = 12
		return kind == codec.KindFixed && size == durationSize
	}
	return false
}

// decimalOf ignores decimals whose parameters make no sense, as Avro demands.
func decimalOf(v *avrojson.Value, kind codec.Kind, size int) logicalType {
	l := logicalType{name: "decimal"}
	var ok bool
	if l.precision, ok = whole(v.Get("precision")); !ok || l.precision == 0 {
		return logicalType{}
	}
	if s := v.Get("scale"); s != nil {
		if l.scale, ok = whole(s); !ok || l.scale > l.precision {
			return logicalType{}
		}
	}
	switch kind {
	case codec.KindBytes:
		return l
	case codec.KindFixed:
		// A fixed of n bytes holds floor(log10(2^(8n-1))) digits.
		if digits := (8*float64(size) - 1) * math.Log10(2); float64(l.precision) <= digits {
			return l
		}
	default:
	}
	return logicalType{}
}

// whole reads a number of at least 0 and at most 2^31-1.
func whole(v *avrojson.Value) (int, bool) {
	if v == nil || v.Kind != avrojson.Number {
		return 0, false
	}
	n, err := strconv.ParseInt(v.Text, 10, 32)
	return int(n), err == nil && n >= 0
}

// clash says why values of one logical type must not be read as another; it is
// empty where they may. Avro's reference reads the bare number: an amount or an
// instant that is wrong.
func clash(w, r logicalType) string {
	if w.name == "" || r.name == "" || w == r {
		return ""
	}
	text := fmt.Sprintf("the writer has %s, the reader %s", w, r)
	switch {
	case w.temporal() && r.temporal():
		return text + ", so times would be wrong"
	case w.name == "decimal" && r.name == "decimal":
		return text + ", so amounts would be wrong"
	}
	return text + ", which means something else"
}
