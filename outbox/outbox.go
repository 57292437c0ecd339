package outbox

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"gorm.io/gorm"

	"github.com/schemactl/schemactl/codec"
)

// pluginName is the key under which GORM keeps the Outbox of a database.
const pluginName = "schemactl:outbox"

// Outbox knows the event types of an application: their topics and the ids of
// their schemas. It is a gorm.Plugin, immutable, safe for concurrent use, and may
// be installed on several databases.
type Outbox struct {
	types    map[string]*eventType // by full name of the schema
	maxBytes int
	headers  func(context.Context) map[string]string

	mu           sync.RWMutex // guards what follows
	listeners    map[int]func() bool
	nextListener int
}

// eventType is what Publish needs to know of one event type.
type eventType struct {
	schema  *codec.Schema
	topic   string // with the prefix
	subject string
	id      uint32
}

var _ gorm.Plugin = (*Outbox)(nil)

// New resolves the schema id of every event type through ids, so that no
// registry is asked while a transaction is open. events are zero values of the
// types that will be published, such as the generated AvroEvents() gives.
//
// Two types whose schemas would share a subject are an error, because they would
// be versions of one another.
func New(ctx context.Context, ids codec.IDSource, events []codec.Event, opts ...Option) (*Outbox, error) {
	cfg := config{naming: codec.TopicName, perTopic: map[string]codec.SubjectNaming{}, maxBytes: DefaultMaxEventBytes}
	for _, o := range opts {
		if err := o.apply(&cfg); err != nil {
			return nil, err
		}
	}
	if ids == nil {
		return nil, errors.New("outbox.New: want an IDSource, such as registry/client")
	}
	ob := &Outbox{types: make(map[string]*eventType, len(events)), maxBytes: cfg.maxBytes, headers: cfg.headers}
	subjects := make(map[string]string, len(events))
	for _, e := range events {
		t, err := cfg.describe(e)
		if err != nil {
			return nil, err
		}
		name := t.schema.Name()
		if _, ok := ob.types[name]; ok {
			return nil, fmt.Errorf("outbox.New: event type %s is given twice", name)
		}
		if other, ok := subjects[t.subject]; ok {
			return nil, fmt.Errorf("outbox.New: %s and %s would share the subject %q: name the subjects of topic %q by codec.TopicRecordName (WithSubjectNaming)",
				other, name, t.subject, e.EventTopic())
		}
		subjects[t.subject] = name
		if t.id, err = ids.ID(ctx, t.subject, t.schema); err != nil {
			return nil, fmt.Errorf("schema id of %s (subject %q): %w", name, t.subject, err)
		}
		ob.types[name] = t
	}
	return ob, nil
}

func (c *config) describe(e codec.Event) (*eventType, error) {
	if e == nil || e.AvroSchema() == nil {
		return nil, errors.New("outbox.New: an event without a schema: give generated types")
	}
	s, topic := e.AvroSchema(), e.EventTopic()
	full := c.prefix + topic
	if topic == "" || !isTopicName(full) {
		return nil, fmt.Errorf("outbox.New: %s: topic %q cannot be used: it needs 1 to 249 letters, digits, dots, dashes and underscores", s.Name(), full)
	}
	naming, ok := c.perTopic[topic]
	if !ok {
		naming = c.naming
	}
	return &eventType{schema: s, topic: full, subject: naming(full, s)}, nil
}

// Name is the plugin's name for GORM.
func (ob *Outbox) Name() string { return pluginName }

// Initialize is called by db.Use. It refuses a dialect that the outbox has no
// tables for. From then on the handle's transactions tell when published events are
// committed (OnCommit); db.DB() and tx.DB() answer as before, and a transaction's
// Statement.ConnPool is a gorm.Tx, not a *sql.Tx.
func (ob *Outbox) Initialize(db *gorm.DB) error {
	if _, err := dialectOf(db); err != nil {
		return err
	}
	return ob.watch(db)
}

// lookup finds the description of an event. Two generated packages may hold the
// same name in different versions: the wrong one is refused, because its id is
// not known.
func (ob *Outbox) lookup(e codec.Event) (*eventType, error) {
	if e == nil {
		return nil, errors.New("nil event")
	}
	s := e.AvroSchema()
	t, ok := ob.types[s.Name()]
	if !ok {
		return nil, fmt.Errorf("%w: %s", ErrUnknownEvent, s.Name())
	}
	if t.schema != s && t.schema.String() != s.String() {
		return nil, fmt.Errorf("%w: %s is known with another version of its schema", ErrUnknownEvent, s.Name())
	}
	return t, nil
}
