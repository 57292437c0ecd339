package hambacompat

import (
	"fmt"
	"io"
	"sync"

	"github.com/hamba/avro/v2"

	"github.com/schemactl/schemactl/codec"
)

// defaultMaxValue is what Config.MaxValue stands for when it is 0.
const defaultMaxValue = 1 << 20

// Plans resolves a writer's schema to a type's own. *plan.Cache of package
// codec/plan is one. Implementations are safe for concurrent use and give equal
// plans for equal arguments.
type Plans interface {
	// Plan gives the plan that reads values of the writer's schema, which is Avro
	// JSON, complete in itself, without defaults and aliases.
	Plan(writer string, reader *codec.Schema) (*codec.Plan, error)
}

// Config customises an [API]. The zero value is what the functions of the
// package use.
type Config struct {
	// Plans resolves writers' schemas that are not the type's own. Without it
	// Unmarshal refuses them with ErrSchema.
	Plans Plans
	// Mode says where decoded strings and bytes live. A Decoder always copies.
	Mode codec.Mode
	// MaxValue is how many bytes a Decoder holds while it looks for the end of one
	// value; 0 means 1 MiB.
	MaxValue int
}

// Freeze makes an API of the configuration.
func (c Config) Freeze() *API {
	if c.MaxValue <= 0 {
		c.MaxValue = defaultMaxValue
	}
	return &API{config: c}
}

// API has the calls of hamba's API for generated types. It is safe for
// concurrent use. It remembers up to 1024 pairs of an avro.Schema and a type, so
// a schema should be parsed once and kept, as with hamba.
type API struct {
	config Config
	known  memo
}

// shared serves the functions of the package. All it holds is what can be found
// out again.
var shared = Config{}.Freeze()

// buffers are for encoding into: their room is used again, values are copied out
// at their exact length.
var buffers = sync.Pool{New: func() any { return new([]byte) }}

// mostKept is the largest buffer that goes back into the pool, in bytes.
const mostKept = 64 << 10

// Marshal encodes v, a generated type or a pointer to one, whose own schema must
// say the same as the given one: else it is ErrSchema, and ErrForeign when v is
// no generated type.
func Marshal(schema avro.Schema, v any) ([]byte, error) { return shared.Marshal(schema, v) }

// Unmarshal decodes data, exactly one value that was written with the given
// schema, into v, a pointer to a generated type. A schema that is not the type's
// own is ErrSchema: [Config.Plans] resolves those. On an error v is undefined.
func Unmarshal(schema avro.Schema, data []byte, v any) error {
	return shared.Unmarshal(schema, data, v)
}

// NewEncoder parses the schema and makes an Encoder that writes to w.
func NewEncoder(schema string, w io.Writer) (*Encoder, error) {
	s, err := parse(schema)
	if err != nil {
		return nil, err
	}
	return shared.NewEncoder(s, w), nil
}

// NewEncoderForSchema makes an Encoder that writes to w.
func NewEncoderForSchema(schema avro.Schema, w io.Writer) *Encoder {
	return shared.NewEncoder(schema, w)
}

// NewDecoder parses the schema and makes a Decoder that reads from r.
func NewDecoder(schema string, r io.Reader) (*Decoder, error) {
	s, err := parse(schema)
	if err != nil {
		return nil, err
	}
	return shared.NewDecoder(s, r), nil
}

// NewDecoderForSchema makes a Decoder that reads from r.
func NewDecoderForSchema(schema avro.Schema, r io.Reader) *Decoder {
	return shared.NewDecoder(schema, r)
}

// Marshal is the function [Marshal].
func (a *API) Marshal(schema avro.Schema, v any) ([]byte, error) {
	r, err := a.source(schema, v)
	if err != nil {
		return nil, err
	}
	buf, _ := buffers.Get().(*[]byte)
	out, err := r.AppendAvro((*buf)[:0])
	if err != nil {
		return nil, err
	}
	data := append(make([]byte, 0, len(out)), out...)
	if cap(out) <= mostKept {
		*buf = out
		buffers.Put(buf)
	}
	return data, nil
}

// Unmarshal is the function [Unmarshal]; with Config.Plans the schema may be any
// that the type's own can read, and what has no plan is Plans' error.
func (a *API) Unmarshal(schema avro.Schema, data []byte, v any) error {
	t, err := targetOf(v)
	if err != nil {
		return err
	}
	p, err := a.plan(schema, t.record.AvroSchema())
	if err != nil {
		return err
	}
	if _, err = t.record.ReadAvro(data, codec.ReadOptions{Plan: p, Mode: a.config.Mode, Whole: true}); err != nil {
		return err
	}
	t.done()
	return nil
}

// NewEncoder makes an Encoder that writes to w.
func (a *API) NewEncoder(schema avro.Schema, w io.Writer) *Encoder {
	return &Encoder{api: a, schema: schema, w: w}
}

// NewDecoder makes a Decoder that reads from r.
func (a *API) NewDecoder(schema avro.Schema, r io.Reader) *Decoder {
	return &Decoder{api: a, schema: schema, r: r}
}

// source is the value to encode, once the schema is known to be its own.
func (a *API) source(schema avro.Schema, v any) (codec.Record, error) {
	r, err := sourceOf(v)
	if err != nil {
		return nil, err
	}
	own := r.AvroSchema()
	f, err := a.known.find(schema, own)
	if err != nil {
		return nil, err
	}
	if f.differs != "" {
		return nil, fmt.Errorf("encode %s: %w: %s; generate the type from that schema to write it", own.Name(), ErrSchema, f.differs)
	}
	return r, nil
}

// plan is how values of the schema are read as own; nil when the schema is own.
func (a *API) plan(schema avro.Schema, own *codec.Schema) (*codec.Plan, error) {
	f, err := a.known.find(schema, own)
	if err != nil || f.differs == "" {
		return nil, err
	}
	if p := f.plan.Load(); p != nil {
		return p, nil
	}
	if a.config.Plans == nil {
		return nil, fmt.Errorf("decode %s: %w: %s; Config.Plans resolves it", own.Name(), ErrSchema, f.differs)
	}
	p, err := a.config.Plans.Plan(f.writer, own)
	if err != nil {
		return nil, fmt.Errorf("decode %s: %w", own.Name(), err)
	}
	f.plan.Store(p)
	return p, nil
}

// parse keeps the schema's types to itself: hamba.Parse would put them into a
// cache of the whole process, where later schemas find them by name.
func parse(schema string) (avro.Schema, error) {
	return avro.ParseWithCache(schema, "", &avro.SchemaCache{})
}
