package stream

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/schemactl/schemactl/codec"
	"github.com/schemactl/schemactl/codec/plan"
	"github.com/schemactl/schemactl/registry"
)

// isPermanent tells an id that the registry does not know, or a text that is no
// schema, from a registry that cannot be reached.
func isPermanent(err error) bool {
	return errors.Is(err, registry.ErrSchemaNotFound) || errors.Is(err, plan.ErrSchema)
}

// schemas remembers writers' schemas and how to read them. It is safe for
// concurrent use. A registry holds a bounded number of schemas and an id never
// changes its meaning, so nothing is forgotten.
type schemas struct {
	source codec.SchemaSource
	cache  *plan.Cache

	mu      sync.RWMutex // guards the maps
	known   map[uint32]*schema
	readers map[readerKey]*reader
}

// schema is a writer's schema.
type schema struct {
	id   uint32
	name string // full name
	text string
}

// reader is how records with a writer's schema are read on one topic.
type reader struct {
	*schema
	route *Route // nil: none wants them
	plan  *codec.Plan
	err   error // why there is no plan
}

type readerKey struct {
	id    uint32
	topic string
}

func newSchemas(source codec.SchemaSource) *schemas {
	return &schemas{
		source: source, cache: plan.NewCache(),
		known: map[uint32]*schema{}, readers: map[readerKey]*reader{},
	}
}

// get returns the schema of an id, from the source when it is new.
func (s *schemas) get(ctx context.Context, id uint32) (*schema, error) {
	s.mu.RLock()
	known := s.known[id]
	s.mu.RUnlock()
	if known != nil {
		return known, nil
	}
	text, err := s.source.Schema(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("schema %d: %w", id, err)
	}
	name, err := plan.Name(text)
	if err != nil {
		return nil, fmt.Errorf("schema %d: %w", id, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.known[id] = &schema{id: id, name: name, text: text}
	return s.known[id], nil
}

// reader returns how a topic's records with a schema are read.
func (s *schemas) reader(topic string, written *schema, route *Route) *reader {
	key := readerKey{written.id, topic}
	s.mu.RLock()
	known := s.readers[key]
	s.mu.RUnlock()
	if known != nil {
		return known
	}
	made := &reader{schema: written, route: route}
	if route != nil {
		made.plan, made.err = s.cache.Plan(written.text, route.schema)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.readers[key] = made
	return made
}
