package httpapi

import (
	"errors"
	"log/slog"
	"time"
)

// DefaultMaxBodyBytes bounds a request's body where nothing else is said. A text of
// [registry.DefaultMaxSchemaBytes] goes into it in any spelling: escaped, a character
// takes at most three times its bytes.
const DefaultMaxBodyBytes = 4 << 20

// maxBeside bounds what a body has beside a schema's text: small members take more
// work than a long text.
const maxBeside = 1 << 20

// Option changes how the handler works.
type Option interface{ apply(*config) error }

type config struct {
	maxBody         int64
	log             *slog.Logger
	version, commit string
	// cluster and kafkaCluster name the registry and what it keeps schemas in.
	cluster, kafkaCluster string
	observe               func(Observation)
}

func newConfig(opts []Option) config {
	c := config{
		maxBody: DefaultMaxBodyBytes,
		cluster: "schema-registry",
		log:     slog.New(slog.DiscardHandler),
		observe: func(Observation) {},
	}
	for _, opt := range opts {
		if err := opt.apply(&c); err != nil {
			panic("httpapi: " + err.Error())
		}
	}
	return c
}

type optionFunc func(*config) error

func (f optionFunc) apply(c *config) error { return f(c) }

// Observation is what an observer learns of a request.
type Observation struct {
	// Route is the pattern that was matched, with its method: one of a fixed
	// set, "" for none.
	Route    string
	Status   int
	Duration time.Duration
}

// WithMaxBodyBytes bounds a request's body. The default is [DefaultMaxBodyBytes]; what
// is beside a schema's text may have 1 MiB of it.
// A body that is longer is refused with error_code 42209.
func WithMaxBodyBytes(n int64) Option {
	return optionFunc(func(c *config) error {
		if n <= 0 {
			return errors.New("WithMaxBodyBytes: the bound has to be above 0")
		}
		c.maxBody = n
		return nil
	})
}

// WithLogger takes the log of requests (debug) and of what the registry could
// not do (error). The default discards both.
func WithLogger(log *slog.Logger) Option {
	return optionFunc(func(c *config) error {
		if log == nil {
			return errors.New("WithLogger: the logger is nil")
		}
		c.log = log
		return nil
	})
}

// WithVersion sets what /v1/metadata/version answers. The default is empty.
func WithVersion(version, commit string) Option {
	return optionFunc(func(c *config) error {
		c.version, c.commit = version, commit
		return nil
	})
}

// WithCluster sets what /v1/metadata/id answers: the names of the registry and of
// the Kafka cluster that it belongs to, which may be empty. The default is
// "schema-registry" and no Kafka cluster.
func WithCluster(name, kafka string) Option {
	return optionFunc(func(c *config) error {
		if name == "" {
			return errors.New("WithCluster: the name is empty")
		}
		c.cluster, c.kafkaCluster = name, kafka
		return nil
	})
}

// WithObserver calls f after each request, from the request's goroutine: a
// place for metrics. The default is none.
func WithObserver(f func(Observation)) Option {
	return optionFunc(func(c *config) error {
		if f == nil {
			return errors.New("WithObserver: the function is nil")
		}
		c.observe = f
		return nil
	})
}
