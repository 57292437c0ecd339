package stream

import (
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/schemactl/schemactl/codec"
)

// ConsumerOption changes how a Consumer works. A bad value is an error of
// NewConsumer.
type ConsumerOption interface{ applyConsumer(*consumerConfig) error }

type consumerOption func(*consumerConfig) error

func (f consumerOption) applyConsumer(c *consumerConfig) error { return f(c) }

type consumerConfig struct {
	logger             *slog.Logger
	maxAttempts        int
	minRetry, maxRetry time.Duration
	commitEvery        time.Duration
	stop               time.Duration
	kafka              []kgo.Opt
}

// WithLogger gives the logger for retries and for partitions that come and go.
// Default: nothing is logged.
func WithLogger(l *slog.Logger) ConsumerOption {
	return consumerOption(func(c *consumerConfig) error {
		if l == nil {
			return errors.New("stream.WithLogger: nil logger")
		}
		c.logger = l
		return nil
	})
}

// WithMaxAttempts makes Run return a *HandlerError once a handler has failed n
// times for one delivery. Default: 0, which retries until it passes or Run ends.
func WithMaxAttempts(n int) ConsumerOption {
	return consumerOption(func(c *consumerConfig) error {
		if n < 0 {
			return fmt.Errorf("stream.WithMaxAttempts: %d: want 0 (no limit) or more", n)
		}
		c.maxAttempts = n
		return nil
	})
}

// WithRetry sets the wait after a failed attempt; it doubles from least up to
// most. The partition waits meanwhile, so that its order is kept. Default: 100 ms
// and 10 s.
func WithRetry(least, most time.Duration) ConsumerOption {
	return consumerOption(func(c *consumerConfig) error {
		if least <= 0 || most < least {
			return fmt.Errorf("stream.WithRetry(%s, %s): want 0 < least <= most", least, most)
		}
		c.minRetry, c.maxRetry = least, most
		return nil
	})
}

// WithCommitEvery sets how often finished offsets are committed. What was finished
// since is handled again after a crash. They are also committed when partitions
// move and when Run ends. Default: 1 s; at least 100 ms.
func WithCommitEvery(d time.Duration) ConsumerOption {
	return consumerOption(func(c *consumerConfig) error {
		if d < 100*time.Millisecond {
			return fmt.Errorf("stream.WithCommitEvery: %s: want at least 100ms", d)
		}
		c.commitEvery = d
		return nil
	})
}

// WithStopTimeout bounds how long a running handler may take to finish when Run
// ends or its partition moves to another member. Then its context is cancelled.
// It must stay below the group's rebalance time-out of 60 s. Default: 10 s.
func WithStopTimeout(d time.Duration) ConsumerOption {
	return consumerOption(func(c *consumerConfig) error {
		if d <= 0 || d > 50*time.Second {
			return fmt.Errorf("stream.WithStopTimeout: %s: want more than 0 and at most 50s", d)
		}
		c.stop = d
		return nil
	})
}

// WithKafkaOptions adds client options, such as TLS or SASL, after this package's
// own. Default: none.
func WithKafkaOptions(opts ...kgo.Opt) ConsumerOption {
	return consumerOption(func(c *consumerConfig) error {
		c.kafka = append(c.kafka, opts...)
		return nil
	})
}

// ProducerOption changes how a Producer works. A bad value is an error of
// NewProducer.
type ProducerOption interface{ applyProducer(*producerConfig) error }

type producerOption func(*producerConfig) error

func (f producerOption) applyProducer(c *producerConfig) error { return f(c) }

type producerConfig struct {
	prefix string
	naming codec.SubjectNaming
	producerSettings
}

// WithTopicPrefix puts prefix in front of the topic, and so of a subject that is
// named by the topic, as package outbox does. Default: none.
func WithTopicPrefix(prefix string) ProducerOption {
	return producerOption(func(c *producerConfig) error {
		c.prefix = prefix
		return nil
	})
}

// WithSubjectNaming chooses how the schema's subject is named. Default:
// codec.TopicName.
func WithSubjectNaming(naming codec.SubjectNaming) ProducerOption {
	return producerOption(func(c *producerConfig) error {
		if naming == nil {
			return errors.New("stream.WithSubjectNaming: want a naming strategy")
		}
		c.naming = naming
		return nil
	})
}
