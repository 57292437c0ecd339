package agreement_test

import (
	"math"
	"math/rand/v2"
	"strconv"
	"strings"

	"github.com/schemactl/schemactl/internal/avrojson"
)

// values makes random values of a schema, in the form that twmb/avro takes for
// schemas whose logical types are dropped: what is on the wire, nothing else.
type values struct {
	*rand.Rand
	named map[string]*avrojson.Value
	most  int // items of an array
}

func newValues(seed uint64, schema *avrojson.Value) *values {
	v := &values{Rand: rand.New(rand.NewPCG(seed, 1)), named: map[string]*avrojson.Value{}, most: 4}
	v.collect(schema, "")
	return v
}

// collect finds the named types of a schema that is complete in itself.
func (v *values) collect(s *avrojson.Value, namespace string) {
	for _, e := range s.Elements {
		v.collect(e, namespace)
	}
	if ns := s.Get("namespace"); ns != nil {
		namespace = ns.Text
	}
	if name := s.Get("name"); name != nil && (s.Get("fields") != nil || s.Get("symbols") != nil || s.Get("size") != nil) {
		full := name.Text
		if i := strings.LastIndexByte(full, '.'); i >= 0 {
			namespace = full[:i]
		} else if namespace != "" {
			full = namespace + "." + full
		}
		v.named[full], v.named[full[strings.LastIndexByte(full, '.')+1:]] = s, s
	}
	for _, member := range []string{"fields", "type", "items", "values"} {
		if m := s.Get(member); m != nil {
			v.collect(m, namespace)
		}
	}
}

func (v *values) value(s *avrojson.Value, depth int) any {
	switch s.Kind {
	case avrojson.Array:
		return v.union(s, depth)
	case avrojson.String:
		if named := v.named[s.Text]; named != nil {
			return v.value(named, depth)
		}
		return v.primitive(s.Text)
	default:
	}
	typ := s.Get("type")
	if typ.Kind != avrojson.String {
		return v.value(typ, depth)
	}
	if l := s.Get("logicalType"); l != nil {
		if out := v.logical(l.Text, s); out != nil {
			return out
		}
	}
	switch typ.Text {
	case "record":
		out := map[string]any{}
		for _, f := range s.Get("fields").Elements {
			out[f.Get("name").Text] = v.value(f.Get("type"), depth+1)
		}
		return out
	case "enum":
		symbols := s.Get("symbols").Elements
		return symbols[v.IntN(len(symbols))].Text
	case "fixed":
		return v.bytes(v.number(s.Get("size")))
	case "array":
		out := []any{}
		for range v.count(depth) {
			out = append(out, v.value(s.Get("items"), depth+1))
		}
		return out
	case "map":
		// One entry at most: the order of more is not defined.
		out := map[string]any{}
		if v.count(depth) > 0 {
			out[v.text()] = v.value(s.Get("values"), depth+1)
		}
		return out
	}
	return v.primitive(typ.Text)
}

// count keeps recursive types finite.
func (v *values) count(depth int) int {
	const deepest = 6
	if depth > deepest {
		return 0
	}
	return v.IntN(v.most)
}

func (v *values) union(s *avrojson.Value, depth int) any {
	if v.count(depth) == 0 {
		return nil
	}
	for _, e := range s.Elements {
		if e.Text != "null" {
			return v.value(e, depth)
		}
	}
	return nil
}

func (v *values) number(n *avrojson.Value) int {
	if n == nil {
		return 0
	}
	out, err := strconv.Atoi(n.Text)
	if err != nil {
		panic(err)
	}
	return out
}

// logical makes what not every value of the base type is.
func (v *values) logical(name string, s *avrojson.Value) any {
	if name != "decimal" {
		return nil
	}
	limit := int64(math.Pow10(v.number(s.Get("precision")))) - 1
	n := v.long()%limit | 1 // odd, so never of needless bytes by chance
	size := v.number(s.Get("size"))
	if size == 0 {
		size = 1
		for size < 8 && n != n<<(64-8*size)>>(64-8*size) {
			size++
		}
	}
	b := make([]byte, size)
	for i := range b {
		b[i] = byte(n >> min(63, 8*(size-1-i)))
	}
	return b
}

func (v *values) primitive(name string) any {
	switch name {
	case "boolean":
		return v.IntN(2) == 1
	case "int":
		return int32(v.long() >> 32)
	case "long":
		return v.long()
	case "float":
		return float32(v.NormFloat64())
	case "double":
		return v.NormFloat64() * 1e100
	case "bytes":
		return v.bytes(v.IntN(100))
	case "string":
		return v.text()
	}
	return nil
}

// long has all magnitudes alike.
func (v *values) long() int64 { return int64(v.Uint64()) >> v.IntN(64) }

func (v *values) bytes(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(v.Uint32())
	}
	return b
}

func (v *values) text() string {
	letters := []rune("abcdefghijklmnopqrstuvwxyz äöü€😀")
	out := make([]rune, v.IntN(80))
	for i := range out {
		out[i] = letters[v.IntN(len(letters))]
	}
	return string(out)
}
