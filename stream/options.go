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
	deadLetters        bool
	maxLetters         int
	parallel           int
	manual             bool
	middleware         []Middleware
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

// WithMaxAttempts bounds how often a handler may fail for one delivery. Then its
// record becomes a dead letter (WithDeadLetters), or Run returns a *HandlerError.
// Errors marked by Retryable do not count. Default: 0, which retries until it passes
// or Run ends; with dead letters 10, which is about half a minute.
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

// WithDeadLetters puts records aside that cannot be read, or whose handler has failed
// as often as it may, and goes on: they become letters in the topic
// SOURCE.GROUP.dlq, which Run makes when it is missing (see package deadletter and
// `schemactl dlq`). While a key has a letter, its later records become letters behind
// it, in order, until the key is replayed or discarded.
//
// A group that has letters must keep the option: without it nobody knows which keys
// wait.
//
// Each partition may have up to most open letters, 0 stands for 100,000; they take
// about 150 bytes and the key each, on the member that owns it. A partition with so
// many stands still until some are resolved.
//
// Default: no dead letters, Run ends at such a record. It is so because letters are
// worth nothing when nobody looks for them, and they need a topic that the
// application may write; a consumer that ends is seen, and loses nothing either.
func WithDeadLetters(most int) ConsumerOption {
	return consumerOption(func(c *consumerConfig) error {
		if most < 0 {
			return fmt.Errorf("stream.WithDeadLetters: %d: want 0 (100,000) or more", most)
		}
		c.deadLetters, c.maxLetters = true, most
		if most == 0 {
			c.maxLetters = 100_000
		}
		return nil
	})
}

// WithParallelism lets up to n handlers run at once on each partition, for different
// keys. Those of one key run one after another in their order, and what has no key in
// any order. Offsets are committed only up to the first record that is not finished.
// A partition takes at most 100 n records beyond it. Topics with OnBatch are not
// affected. Default: 1; at most 1000.
func WithParallelism(n int) ConsumerOption {
	return consumerOption(func(c *consumerConfig) error {
		if n < 1 || n > 1000 {
			return fmt.Errorf("stream.WithParallelism: %d: want 1 to 1000", n)
		}
		c.parallel = n
		return nil
	})
}

// WithManualCommit commits only what handlers say by Message.Commit. It cannot be
// combined with WithParallelism. Default: what is finished is committed.
func WithManualCommit() ConsumerOption {
	return consumerOption(func(c *consumerConfig) error {
		c.manual = true
		return nil
	})
}

// WithMiddleware puts functions around all handlers, the first outermost. Default:
// none.
func WithMiddleware(ms ...Middleware) ConsumerOption {
	return consumerOption(func(c *consumerConfig) error {
		for _, m := range ms {
			if m == nil {
				return errors.New("stream.WithMiddleware: nil middleware")
			}
		}
		c.middleware = append(c.middleware, ms...)
		return nil
	})
}

// WithServerGroups joins by the protocol of KIP-848, in which the brokers assign the
// partitions one by one and set the time-outs. It needs Apache Kafka 4.0. Default: the
// classic protocol.
func WithServerGroups() ConsumerOption {
	return consumerOption(func(c *consumerConfig) error {
		c.kafka = append(c.kafka, kgo.ServerSideBalancer())
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
