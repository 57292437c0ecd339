package outbox

import (
	"context"
	"fmt"

	"github.com/schemactl/schemactl/codec"
)

// DefaultMaxEventBytes is what Kafka's default limit of about 1 MB for a batch
// of records leaves for key, headers and value of one.
const DefaultMaxEventBytes = 950_000

// Option changes how an Outbox works. A bad value is an error of New.
type Option interface{ apply(*config) error }

type optionFunc func(*config) error

func (f optionFunc) apply(c *config) error { return f(c) }

type config struct {
	prefix   string
	naming   codec.SubjectNaming
	perTopic map[string]codec.SubjectNaming
	maxBytes int
	headers  func(context.Context) map[string]string
}

// WithTopicPrefix puts prefix in front of every topic, so that several
// deployments can share a broker. Subjects of the registry that are named by the
// topic have it too, as other tools expect. Default: none.
func WithTopicPrefix(prefix string) Option {
	return optionFunc(func(c *config) error {
		if !isTopicName(prefix) && prefix != "" {
			return fmt.Errorf("outbox.WithTopicPrefix: %q: a topic has at most 249 letters, digits, dots, dashes and underscores", prefix)
		}
		c.prefix = prefix
		return nil
	})
}

// WithSubjectNaming chooses how the subjects of one topic are named; topic is the
// name in the schema, without a prefix. A topic that carries several event types
// needs codec.TopicRecordName or codec.RecordName. Default: codec.TopicName, or
// what WithDefaultSubjectNaming says.
func WithSubjectNaming(topic string, naming codec.SubjectNaming) Option {
	return optionFunc(func(c *config) error {
		if topic == "" || naming == nil {
			return fmt.Errorf("outbox.WithSubjectNaming(%q): want a topic and a naming strategy", topic)
		}
		c.perTopic[topic] = naming
		return nil
	})
}

// WithDefaultSubjectNaming chooses how subjects are named on topics that
// WithSubjectNaming does not mention. Default: codec.TopicName.
func WithDefaultSubjectNaming(naming codec.SubjectNaming) Option {
	return optionFunc(func(c *config) error {
		if naming == nil {
			return fmt.Errorf("outbox.WithDefaultSubjectNaming: want a naming strategy")
		}
		c.naming = naming
		return nil
	})
}

// WithMaxEventBytes bounds key, headers and framed value of one event together,
// because one that the broker refuses would hold up all that follow it. Set it
// below the topics' max.message.bytes. Default: DefaultMaxEventBytes.
func WithMaxEventBytes(n int) Option {
	return optionFunc(func(c *config) error {
		if n < 1 {
			return fmt.Errorf("outbox.WithMaxEventBytes: %d: want at least 1", n)
		}
		c.maxBytes = n
		return nil
	})
}

// WithHeaders adds record headers to each event, taken from the context of the
// transaction that publishes it: a trace's parent, a tenant. The names id, type
// and sequence are taken. headers must be safe for concurrent use. Default: none.
func WithHeaders(headers func(ctx context.Context) map[string]string) Option {
	return optionFunc(func(c *config) error {
		if headers == nil {
			return fmt.Errorf("outbox.WithHeaders: want a function")
		}
		c.headers = headers
		return nil
	})
}

// isTopicName reports whether s is made of what Kafka allows in a topic's name.
func isTopicName(s string) bool {
	if s == "" || len(s) > 249 || s == "." || s == ".." {
		return false
	}
	for _, r := range s {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '.', r == '_', r == '-':
		default:
			return false
		}
	}
	return true
}
