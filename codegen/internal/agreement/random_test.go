package agreement_test

import (
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"

	"github.com/schemactl/schemactl/internal/avrojson"
)

// values makes random values of a schema, in the form that twmb/avro takes for
// schemas whose logical types are dropped: what is on the wire, nothing else.
// Values other than null of a union are tagged with their branch.
type values struct {
	*rand.Rand
	named map[string]*avrojson.Value
	most  int // items of an array
	// tame keeps to what JSON can say: years of four digits, and no empty arrays,
	// maps and bytes beside null.
	tame bool
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
	if full, ok := fullName(s, namespace); ok {
		v.named[full] = s
		namespace = full[:max(0, strings.LastIndexByte(full, '.'))]
	}
	for _, member := range []string{"fields", "type", "items", "values"} {
		if m := s.Get(member); m != nil {
			v.collect(m, namespace)
		}
	}
}

// fullName is the name of a definition, where s is one.
func fullName(s *avrojson.Value, namespace string) (string, bool) {
	name := s.Get("name")
	if name == nil || (s.Get("fields") == nil && s.Get("symbols") == nil && s.Get("size") == nil) {
		return "", false
	}
	if ns := s.Get("namespace"); ns != nil {
		namespace = ns.Text
	}
	if strings.Contains(name.Text, ".") || namespace == "" {
		return name.Text, true
	}
	return namespace + "." + name.Text, true
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
	if l := s.Get("logicalType"); l != nil && slices.Contains(logicalBases[l.Text], typ.Text) {
		if out := v.logical(l.Text, s); out != nil {
			return out
		}
	}
	switch typ.Text {
	case "record", "error":
		out := map[string]any{}
		for _, f := range s.Get("fields").Elements {
			out[f.Get("name").Text] = v.value(f.Get("type"), depth+1)
		}
		return out
	case "enum":
		symbols := s.Get("symbols").Elements
		return symbols[v.IntN(len(symbols))].Text
	case "fixed":
		return v.bytes(number(s.Get("size")))
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

// deepest is where recursive types end.
const deepest = 6

// count keeps recursive types finite.
func (v *values) count(depth int) int {
	if depth > deepest {
		return 0
	}
	return v.IntN(v.most)
}

// union takes any branch; far down it takes null, or else one that holds
// nothing more.
func (v *values) union(s *avrojson.Value, depth int) any {
	branch := s.Elements[v.IntN(len(s.Elements))]
	if depth > deepest {
		for _, e := range s.Elements {
			if e.Kind == avrojson.String && v.named[e.Text] == nil {
				branch = e
			}
			if e.Text == "null" {
				break
			}
		}
	}
	name := v.branchName(branch)
	if name == "null" {
		return nil
	}
	out := v.value(branch, depth+1)
	if v.tame && empty(out) && len(s.Elements) == 2 {
		return nil
	}
	return map[string]any{name: out}
}

// empty tells what JSON does not keep apart from null.
func empty(v any) bool {
	switch v := v.(type) {
	case []any:
		return len(v) == 0
	case []byte:
		return len(v) == 0
	case map[string]any:
		return len(v) == 0
	}
	return false
}

// branchName is how a branch is tagged.
func (v *values) branchName(s *avrojson.Value) string {
	if s.Kind == avrojson.String {
		return s.Text
	}
	for name, named := range v.named {
		if named == s {
			return name
		}
	}
	return v.branchName(s.Get("type"))
}

func number(n *avrojson.Value) int {
	if n == nil {
		return 0
	}
	out, err := strconv.Atoi(n.Text)
	if err != nil {
		panic(err)
	}
	return out
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
		return v.bytes(v.IntN(60))
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
	out := make([]rune, v.IntN(40))
	for i := range out {
		out[i] = letters[v.IntN(len(letters))]
	}
	return string(out)
}
