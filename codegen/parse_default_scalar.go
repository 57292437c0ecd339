package codegen

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/schemactl/schemactl/codec"
	"github.com/schemactl/schemactl/internal/avrojson"
)

// misfit says what a type without parts wants when a value is something else.
// It is empty when the value fits.
func misfit(t *schemaType, v *avrojson.Value) string {
	switch t.kind {
	case kindNull:
		return wantUnless(v.Kind == avrojson.Null, "null")
	case kindBoolean:
		return wantUnless(v.Kind == avrojson.Bool, "a boolean")
	case kindInt:
		_, ok := wholeNumber(v, 32)
		return wantUnless(ok, "a whole number of 32 bits")
	case kindLong:
		_, ok := wholeNumber(v, 64)
		return wantUnless(ok, "a whole number of 64 bits")
	case kindFloat, kindDouble:
		_, ok := defaultFloat(t.kind, v)
		return wantUnless(ok && v.Kind == avrojson.Number, "a number that a "+string(t.kind)+" holds")
	case kindString:
		return wantUnless(v.Kind == avrojson.String, "a string")
	case kindEnum:
		ok := v.Kind == avrojson.String && slices.Contains(t.named.symbols, v.Text)
		return wantUnless(ok, "a symbol of "+t.named.fullName())
	case kindBytes, kindFixed:
		raw, ok := defaultBytes(v)
		if !ok {
			return `a string of one character per byte, up to \u00ff`
		}
		if t.kind == kindFixed && len(raw) != t.named.size {
			return fmt.Sprintf("%d bytes long", t.named.size)
		}
	case kindRecord, kindArray, kindMap, kindUnion:
	}
	return ""
}

func wantUnless(ok bool, want string) string {
	if ok {
		return ""
	}
	return want
}

func wholeNumber(v *avrojson.Value, bits int) (int64, bool) {
	if v.Kind != avrojson.Number {
		return 0, false
	}
	n, err := strconv.ParseInt(v.Text, 10, bits)
	return n, err == nil
}

// defaultFloat reads the default of a float or a double. Numbers that only an
// infinity comes near are refused. A field's own default may be text, as in
// Avro's own library: a number, NaN, Infinity or -Infinity.
func defaultFloat(k kind, v *avrojson.Value) (float64, bool) {
	bits := 64
	if k == kindFloat {
		bits = 32
	}
	switch {
	case v.Kind == avrojson.String && v.Text == "NaN":
		return math.NaN(), true
	case v.Kind == avrojson.String && v.Text == "Infinity":
		return math.Inf(1), true
	case v.Kind == avrojson.String && v.Text == "-Infinity":
		return math.Inf(-1), true
	case v.Kind != avrojson.Number && v.Kind != avrojson.String:
		return 0, false
	case strings.Trim(v.Text, "+-.eE0123456789") != "":
		return 0, false // words and bases that Go reads, and Avro does not
	}
	f, err := strconv.ParseFloat(v.Text, bits)
	return f, err == nil
}

// defaultBytes reads the default of bytes or a fixed: each character is the
// byte of its number.
func defaultBytes(v *avrojson.Value) ([]byte, bool) {
	if v.Kind != avrojson.String {
		return nil, false
	}
	raw := make([]byte, 0, len(v.Text))
	for _, r := range v.Text {
		if r > math.MaxUint8 {
			return nil, false
		}
		raw = append(raw, byte(r))
	}
	return raw, true
}

const (
	millisPerDay = 24 * 60 * 60 * 1000
	microsPerDay = millisPerDay * 1000
)

// logicalMisfit says what a logical type wants when a value of its base is
// outside its limits.
func logicalMisfit(t *schemaType, v *avrojson.Value) string {
	switch t.logical.name {
	case "time-millis":
		n, _ := wholeNumber(v, 32)
		return wantUnless(n >= 0 && n < millisPerDay, "a time of day: 0 to 86399999 milliseconds")
	case "time-micros":
		n, _ := wholeNumber(v, 64)
		return wantUnless(n >= 0 && n < microsPerDay, "a time of day: 0 to 86399999999 microseconds")
	case "uuid":
		_, err := codec.ParseUUID(v.Text)
		return wantUnless(t.kind == kindFixed || err == nil, "a UUID such as 123e4567-e89b-12d3-a456-426614174000")
	case "decimal":
		raw, _ := defaultBytes(v)
		_, _, err := codec.ReadWideDecimal(codec.AppendBytes(nil, raw), 0, t.logical.precision, t.logical.scale)
		return wantUnless(err == nil,
			fmt.Sprintf("a decimal of at most %d digits, as the bytes of its unscaled value, the highest first", t.logical.precision))
	case "big-decimal":
		raw, _ := defaultBytes(v)
		_, _, err := codec.ReadBigDecimal(codec.AppendBytes(nil, raw), 0)
		return wantUnless(err == nil, "a big-decimal: the unscaled value as Avro bytes, then the scale as an Avro int")
	}
	return ""
}
