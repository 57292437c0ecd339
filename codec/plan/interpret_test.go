package plan

import (
	"fmt"
	"strconv"

	"github.com/schemactl/schemactl/codec"
	"github.com/schemactl/schemactl/internal/avrojson"
)

// interpret reads a value by a plan into what twmb/avro decodes into an any: it
// is a slow decoder that does what generated code does.
func interpret(p *codec.Plan, r *schemaType, src []byte) (any, error) {
	in := interpreter{src: src, d: codec.NewDecoder(len(src))}
	v, at, err := in.read(p.Root, r, 0)
	if err == nil && at != len(src) {
		err = fmt.Errorf("%d bytes follow", len(src)-at)
	}
	return v, err
}

type interpreter struct {
	src []byte
	d   codec.Decoder
}

func (in *interpreter) read(at *codec.Node, r *schemaType, p int) (v any, q int, err error) {
	if at.Kind == codec.KindUnion {
		if at, p, err = codec.EnterUnion(in.src, p, at); err != nil {
			return nil, p, err
		}
	}
	if r.kind == codec.KindUnion {
		r = r.branches[at.Branch]
	} else if at.Branch != 0 {
		return nil, p, fmt.Errorf("branch %d where the reader has no union", at.Branch)
	}
	switch r.kind {
	case codec.KindNull:
		return nil, p, nil
	case codec.KindBoolean:
		return boxed(codec.ReadBool(in.src, p))
	case codec.KindInt:
		return boxed(codec.ReadInt(in.src, p))
	case codec.KindLong:
		return boxed(codec.ReadLong(in.src, p))
	case codec.KindFloat:
		return boxed(codec.PromoteFloat(in.src, p, at.Kind))
	case codec.KindDouble:
		return boxed(codec.PromoteDouble(in.src, p, at.Kind))
	case codec.KindString:
		return boxed(codec.ReadString(in.src, "", p))
	case codec.KindBytes:
		b, q, err := codec.ReadBytes(in.src, "", p)
		return append([]byte{}, b...), q, err
	case codec.KindFixed:
		b := make([]byte, at.Size)
		q, err := codec.ReadFixed(b, in.src, p)
		return b, q, err
	case codec.KindEnum:
		i, q, err := codec.ResolveEnum[int](in.src, p, at)
		if err != nil {
			return nil, q, err
		}
		return r.symbols[i], q, nil
	case codec.KindRecord:
		return in.record(at, r, p)
	case codec.KindArray, codec.KindMap:
		return in.blocks(at, r, p)
	case codec.KindUnion:
	}
	return nil, p, fmt.Errorf("a %s", r.kind)
}

func boxed[T any](v T, q int, err error) (any, int, error) { return v, q, err }

func (in *interpreter) record(at *codec.Node, r *schemaType, p int) (any, int, error) {
	if at.Recursive {
		if err := in.d.Descend(p); err != nil {
			return nil, p, err
		}
		defer in.d.Ascend()
	}
	out := map[string]any{}
	for _, s := range at.Steps {
		var v any
		var err error
		if s.Field < 0 {
			if p, err = codec.Skip(in.src, p, s.Node, &in.d); err != nil {
				return nil, p, err
			}
			continue
		}
		f := r.fields[s.Field]
		if v, p, err = in.read(s.Node, f.typ, p); err != nil {
			return nil, p, err
		}
		if _, twice := out[f.name]; twice {
			return nil, p, fmt.Errorf("field %s read twice", f.name)
		}
		out[f.name] = v
	}
	for _, j := range at.Defaults {
		f := r.fields[j]
		if _, twice := out[f.name]; twice {
			return nil, p, fmt.Errorf("field %s read and defaulted", f.name)
		}
		out[f.name] = defaultOf(f.typ, f.deflt)
	}
	if len(out) != len(r.fields) {
		return nil, p, fmt.Errorf("%d of %d fields of %s", len(out), len(r.fields), r.name)
	}
	return out, p, nil
}

func (in *interpreter) blocks(at *codec.Node, r *schemaType, p int) (any, int, error) {
	items, entries := []any{}, map[string]any{}
	least := at.Item.Least
	if at.Kind == codec.KindMap {
		least++
	}
	for have := 0; ; {
		n, q, err := in.d.Block(in.src, p, least)
		if p = q; err != nil || n == 0 {
			if at.Kind == codec.KindMap {
				return entries, p, err
			}
			return items, p, err
		}
		for range n {
			var key string
			if at.Kind == codec.KindMap {
				if key, p, err = codec.ReadString(in.src, "", p); err != nil {
					return nil, p, err
				}
			}
			var v any
			if v, p, err = in.read(at.Item, r.item, p); err != nil {
				return nil, p, err
			}
			items = append(items, v)
			entries[key] = v
		}
		have += n
	}
}

// defaultOf is the value of a default: of a union it is one of the first branch
// whose kind of JSON it is.
func defaultOf(t *schemaType, v *avrojson.Value) any {
	switch t.kind {
	case codec.KindNull:
		return nil
	case codec.KindBoolean:
		return v.Bool
	case codec.KindInt:
		n, _ := strconv.ParseInt(v.Text, 10, 32)
		return int32(n)
	case codec.KindLong:
		n, _ := strconv.ParseInt(v.Text, 10, 64)
		return n
	case codec.KindFloat:
		n, _ := strconv.ParseFloat(v.Text, 32)
		return float32(n)
	case codec.KindDouble:
		n, _ := strconv.ParseFloat(v.Text, 64)
		return n
	case codec.KindString, codec.KindEnum:
		return v.Text
	case codec.KindBytes, codec.KindFixed:
		return []byte(v.Text)
	case codec.KindArray:
		return []any{}
	case codec.KindMap:
		return map[string]any{}
	case codec.KindRecord:
		out := map[string]any{}
		for _, f := range t.fields {
			d := v.Get(f.name)
			if d == nil {
				d = f.deflt
			}
			out[f.name] = defaultOf(f.typ, d)
		}
		return out
	default:
		return defaultOf(t.branches[0], v)
	}
}
