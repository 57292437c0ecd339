package kafkastore

import (
	"errors"
	"log/slog"

	"github.com/twmb/franz-go/pkg/kgo"
)

// Option changes a Store.
type Option interface{ apply(*options) error }

type options struct {
	logger   *slog.Logger
	client   []kgo.Opt
	copies   int
	writerID string
}

type optionFunc func(*options) error

func (f optionFunc) apply(o *options) error { return f(o) }

// WithLogger hears of a cluster that does not answer, of records that cannot be
// read or applied, and of other programs that write to the topic. The default
// discards it.
func WithLogger(l *slog.Logger) Option {
	return optionFunc(func(o *options) error {
		if l == nil {
			return errors.New("WithLogger: nil logger")
		}
		o.logger = l
		return nil
	})
}

// WithClientOptions adds to the options of the Kafka client: TLS, SASL, dialing,
// its own log. Options of consumers and producers have no effect.
func WithClientOptions(opts ...kgo.Opt) Option {
	return optionFunc(func(o *options) error {
		o.client = append(o.client, opts...)
		return nil
	})
}

// WithReplication is how many brokers keep a topic that [New] makes; a cluster
// that has fewer brokers keeps fewer copies, and the log says so. The default is 3.
func WithReplication(copies int) Option {
	return optionFunc(func(o *options) error {
		if copies < 1 || copies > 1<<15-1 {
			return errors.New("WithReplication: the number of copies has to be from 1 to 32767")
		}
		o.copies = copies
		return nil
	})
}

// WithTransactionalID is the name by which the writers of one topic keep each other
// out. All of them must have the same one, and nobody else in the cluster may. The
// default is "schemactl-registry:" and the topic.
func WithTransactionalID(id string) Option {
	return optionFunc(func(o *options) error {
		if id == "" {
			return errors.New("WithTransactionalID: empty id")
		}
		o.writerID = id
		return nil
	})
}
