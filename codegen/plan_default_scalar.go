package codegen

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/schemactl/schemactl/codec"
	"github.com/schemactl/schemactl/internal/avrojson"
)

// defaultScalar is the Go expression of a default that is one value.
func defaultScalar(t *goType, v *avrojson.Value) string {
	switch t.schema.kind {
	case kindInt, kindLong:
		return defaultInteger(t.schema.logical.name, v.Text)
	case kindFloat, kindDouble:
		return defaultNumber(t.schema.kind, v)
	case kindString:
		return defaultText(t, v)
	default:
		raw, _ := defaultBytes(v)
		return defaultRaw(t, raw)
	}
}

// integers are the expressions of whole numbers by logical type.
var integers = map[string]string{
	"date":                   "codec.DateOf(%s)",
	"time-millis":            "%s * time.Millisecond",
	"time-micros":            "%s * time.Microsecond",
	"timestamp-millis":       "time.UnixMilli(%s).UTC()",
	"timestamp-micros":       "time.UnixMicro(%s).UTC()",
	"timestamp-nanos":        "time.Unix(0, %s).UTC()",
	"local-timestamp-millis": "time.UnixMilli(%s).UTC()",
	"local-timestamp-micros": "time.UnixMicro(%s).UTC()",
	"local-timestamp-nanos":  "time.Unix(0, %s).UTC()",
}

func defaultInteger(logical, digits string) string {
	if format := integers[logical]; format != "" {
		return fmt.Sprintf(format, digits)
	}
	return digits
}

func defaultNumber(k kind, v *avrojson.Value) string {
	bits, expr := 64, "%s"
	if k == kindFloat {
		bits, expr = 32, "float32(%s)"
	}
	f, _ := defaultFloat(k, v)
	switch {
	case math.IsNaN(f):
		return fmt.Sprintf(expr, "math.NaN()")
	case math.IsInf(f, 1):
		return fmt.Sprintf(expr, "math.Inf(1)")
	case math.IsInf(f, -1):
		return fmt.Sprintf(expr, "math.Inf(-1)")
	case f == 0 && math.Signbit(f):
		return fmt.Sprintf(expr, "math.Copysign(0, -1)")
	}
	return strconv.FormatFloat(f, 'g', -1, bits)
}

func defaultText(t *goType, v *avrojson.Value) string {
	if t.expr == "string" {
		return strconv.Quote(v.Text)
	}
	id, _ := codec.ParseUUID(v.Text)
	return literal(t.expr, id[:])
}

func defaultRaw(t *goType, raw []byte) string {
	l := t.schema.logical
	switch {
	case l.name == "decimal" || l.name == "big-decimal":
		return defaultDecimal(t, raw)
	case l.name == "duration":
		d, _, _ := codec.ReadDuration(raw, 0)
		return fmt.Sprintf("codec.Duration{Months: %d, Days: %d, Milliseconds: %d}", d.Months, d.Days, d.Milliseconds)
	case t.schema.kind == kindFixed:
		return literal(t.expr, raw)
	case len(raw) == 0:
		return ""
	default:
		return fmt.Sprintf("[]byte(%q)", raw)
	}
}

// literal writes an array of bytes.
func literal(expr string, raw []byte) string {
	list := make([]string, len(raw))
	for i, b := range raw {
		list[i] = fmt.Sprintf("0x%02x", b)
	}
	return expr + "{" + strings.Join(list, ", ") + "}"
}

func defaultDecimal(t *goType, raw []byte) string {
	l := t.schema.logical
	in := codec.AppendBytes(nil, raw)
	var number codec.BigDecimal
	if l.name == "decimal" {
		number, _, _ = codec.ReadWideDecimal(in, 0, l.precision, l.scale)
	} else {
		number, _, _ = codec.ReadBigDecimal(in, 0)
	}
	switch t.expr {
	case "codec.Decimal":
		return fmt.Sprintf("codec.NewDecimal(%s, %d)", number.Unscaled(), number.Scale())
	case ratType:
		return fmt.Sprintf("codec.MustBigDecimal(%q).Rat()", number.String())
	default:
		return fmt.Sprintf("codec.MustBigDecimal(%q)", number.String())
	}
}
