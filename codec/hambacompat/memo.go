package hambacompat

import (
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/hamba/avro/v2"

	"github.com/schemactl/schemactl/codec"
)

// mostPairs bounds a memo. A program needs one pair for each version of each
// type; only one that parses schemas over and over fills it.
const mostPairs = 1024

// memo remembers how given schemas relate to types' own. It goes by the identity
// of both: hamba's fingerprints are equal for schemas that are not, such as a
// long and a timestamp-nanos.
type memo struct {
	mu    sync.RWMutex // guards the rest
	pairs map[pair]*finding
	own   map[*codec.Schema]avro.Schema
}

type pair struct {
	given avro.Schema
	own   *codec.Schema
}

// finding is what became of a pair. It is immutable but for the plan.
type finding struct {
	err     error  // the given schema cannot be used
	differs string // what differs first; empty when both say the same
	writer  string // the given schema's text, where it differs
	plan    atomic.Pointer[codec.Plan]
}

func (m *memo) find(given avro.Schema, own *codec.Schema) (*finding, error) {
	switch given.(type) {
	case *avro.RecordSchema, *avro.EnumSchema, *avro.FixedSchema, *avro.RefSchema, *avro.UnionSchema,
		*avro.ArraySchema, *avro.MapSchema, *avro.PrimitiveSchema, *avro.NullSchema:
	default:
		return nil, fmt.Errorf("%s: %w: %T is none of hamba's schemas", own.Name(), ErrSchema, given)
	}
	key := pair{given, own}
	m.mu.RLock()
	f := m.pairs[key]
	m.mu.RUnlock()
	if f != nil {
		return f, f.err
	}
	f = m.compare(given, own)
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.pairs == nil || len(m.pairs) >= mostPairs {
		m.pairs = map[pair]*finding{}
	}
	m.pairs[key] = f
	return f, f.err
}

func (m *memo) compare(given avro.Schema, own *codec.Schema) *finding {
	if err := checkUnresolved(given); err != nil {
		return &finding{err: fmt.Errorf("%s: %w", own.Name(), err)}
	}
	mine, err := m.parsed(own)
	if err != nil {
		return &finding{err: fmt.Errorf("%s: %w", own.Name(), err)}
	}
	f := &finding{differs: difference(given, mine)}
	if f.differs != "" {
		if f.writer, f.err = textOf(given); f.err != nil {
			f.err = fmt.Errorf("%s: %w", own.Name(), f.err)
		}
	}
	return f
}

// parsed is a type's own schema as hamba sees it, so that both sides of a
// comparison are seen with the same eyes.
func (m *memo) parsed(own *codec.Schema) (avro.Schema, error) {
	m.mu.RLock()
	s := m.own[own]
	m.mu.RUnlock()
	if s != nil {
		return s, nil
	}
	text, err := bare(own.String())
	if err != nil {
		return nil, err
	}
	if s, err = parse(text); err != nil {
		return nil, fmt.Errorf("hamba cannot read the type's own schema, use AppendAvro and UnmarshalAvro: %w", err)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.own == nil || len(m.own) >= mostPairs {
		m.own = map[*codec.Schema]avro.Schema{}
	}
	m.own[own] = s
	return s, nil
}

// bare is a schema without what decides no bytes and hamba is wrong about: it
// refuses defaults of other branches than the first.
func bare(text string) (string, error) {
	var v any
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		return "", err
	}
	strip(v)
	out, err := json.Marshal(v)
	return string(out), err
}

func strip(v any) {
	switch v := v.(type) {
	case []any:
		for _, item := range v {
			strip(item)
		}
	case map[string]any:
		for _, member := range []string{"default", "aliases", "doc"} {
			delete(v, member)
		}
		for _, item := range v {
			strip(item)
		}
	}
}

// errTwice is of schemas that hamba holds together by pointers and that no text
// can tell.
var errTwice = errors.New("two types have one name")
