package codegen

import (
	"math"
	"slices"
	"strconv"

	"github.com/schemactl/schemactl/codec"
	"github.com/schemactl/schemactl/internal/avrojson"
)

// logicalBases are the logical types of Avro and what they may annotate.
var logicalBases = map[string][]kind{
	"decimal":                {kindBytes, kindFixed},
	"big-decimal":            {kindBytes},
	"uuid":                   {kindString, kindFixed},
	"date":                   {kindInt},
	"time-millis":            {kindInt},
	"time-micros":            {kindLong},
	"timestamp-millis":       {kindLong},
	"timestamp-micros":       {kindLong},
	"timestamp-nanos":        {kindLong},
	"local-timestamp-millis": {kindLong},
	"local-timestamp-micros": {kindLong},
	"local-timestamp-nanos":  {kindLong},
	"duration":               {kindFixed},
}

// logicalSizes are the sizes that logical types ask of a fixed.
var logicalSizes = map[string]int{"uuid": 16, "duration": 12}

// logicalType reads the annotations of a type. What is unknown, or stands on
// another base than its own, is ignored, as Avro demands.
func (p *parser) logicalType(v *avrojson.Value, k kind, size int, at string) logicalType {
	m := v.Get("logicalType")
	if m == nil || m.Kind != avrojson.String || !slices.Contains(logicalBases[m.Text], k) {
		return logicalType{}
	}
	if want := logicalSizes[m.Text]; k == kindFixed && want > 0 && size != want {
		return logicalType{}
	}
	if m.Text == "decimal" {
		return p.decimal(v, k, size, at)
	}
	return logicalType{name: m.Text}
}

// decimal reads a decimal's parameters. Those that make no sense are a problem
// here, though Avro lets readers ignore the decimal: whoever wrote it wanted
// one.
func (p *parser) decimal(v *avrojson.Value, k kind, size int, at string) logicalType {
	m := v.Get("logicalType")
	l := logicalType{name: "decimal"}
	var ok bool
	if l.precision, ok = whole(v.Get("precision"), 1, math.MaxInt32); !ok {
		p.fail(m, at, `decimal needs the member "precision", a whole number above 0`)
		return logicalType{}
	}
	if l.precision > codec.MaxBigScale {
		p.fail(v.Get("precision"), at, "decimal of precision %d is beyond the limit of %d digits", l.precision, codec.MaxBigScale)
		return logicalType{}
	}
	if s := v.Get("scale"); s != nil {
		if l.scale, ok = whole(s, 0, l.precision); !ok {
			p.fail(s, at, "decimal scale %s is outside 0 to the precision %d", clip(s), l.precision)
			return logicalType{}
		}
	}
	// A fixed of n bytes holds floor(log10(2^(8n-1))) digits.
	if most := int(float64(8*size-1) * math.Log10(2)); k == kindFixed && l.precision > most {
		p.fail(m, at, "a fixed of %d bytes holds decimals of at most %d digits, not %d", size, most, l.precision)
		return logicalType{}
	}
	return l
}

// whole reads a whole number within low to high.
func whole(v *avrojson.Value, low, high int) (int, bool) {
	if v == nil || v.Kind != avrojson.Number {
		return 0, false
	}
	n, err := strconv.Atoi(v.Text)
	return n, err == nil && n >= low && n <= high
}
