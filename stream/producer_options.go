package stream

import (
	"context"
	"errors"
	"fmt"
	"time"
)

const (
	// DefaultMaxEventBytes is what Kafka's default limit of about 1 MB for a batch
	// of records leaves for key, headers and value of one.
	DefaultMaxEventBytes = 950_000
	// DefaultBufferRecords bounds the events that a Producer has taken and the
	// brokers have not acknowledged (WithBuffer).
	DefaultBufferRecords = 10_000
	// DefaultBufferBytes bounds their bytes.
	DefaultBufferBytes = 64 << 20

	maxInterval = time.Minute
)

// producerSettings are the options of this file.
type producerSettings struct {
	interval    time.Duration
	maxRecords  int
	maxBytes    int64
	refuse      bool
	eventBytes  int // 0: the default
	headersFrom func(context.Context) map[string]string
}

// WithDeliveryInterval lets Send wait up to d for more events, so that they travel
// together: fewer and larger requests for a later delivery. Produce, Flush, Close
// and a full buffer do not wait. Default: 0, events leave at once; at most one
// minute.
func WithDeliveryInterval(d time.Duration) ProducerOption {
	return producerOption(func(c *producerConfig) error {
		if d < 0 || d > maxInterval {
			return fmt.Errorf("stream.WithDeliveryInterval: %s: want 0 to %s", d, maxInterval)
		}
		c.interval = d
		return nil
	})
}

// WithBuffer bounds the events that the producer has taken and the brokers have not
// acknowledged: their number, and the bytes of keys, headers and values. What
// happens when it is full is told at Send. All producers of one client should stay
// below the client's own bound (kgo.MaxBufferedRecords, 50,000). Default:
// DefaultBufferRecords and DefaultBufferBytes; at least 1 each.
func WithBuffer(records int, bytes int64) ProducerOption {
	return producerOption(func(c *producerConfig) error {
		if records < 1 || bytes < 1 {
			return fmt.Errorf("stream.WithBuffer(%d, %d): want at least 1 record and 1 byte", records, bytes)
		}
		c.maxRecords, c.maxBytes = records, bytes
		return nil
	})
}

// WithRefuseWhenFull makes Send answer ErrBufferFull while the buffer is full.
// Default: Send waits for room until its context ends.
func WithRefuseWhenFull() ProducerOption {
	return producerOption(func(c *producerConfig) error {
		c.refuse = true
		return nil
	})
}

// WithMaxEventBytes bounds key, headers and framed value of one event together.
// What is larger is refused with ErrTooLarge and not sent. Set it below the topic's
// max.message.bytes, for a broker refuses a whole batch, and the client's
// kgo.ProducerBatchMaxBytes above it. Default:
// DefaultMaxEventBytes, or what the client's batches can hold where that is less.
func WithMaxEventBytes(n int) ProducerOption {
	return producerOption(func(c *producerConfig) error {
		if n < 1 {
			return fmt.Errorf("stream.WithMaxEventBytes: %d: want at least 1", n)
		}
		c.eventBytes = n
		return nil
	})
}

// WithHeaders adds record headers to each event, taken from the context of the call:
// a trace's parent, a tenant. The names id, type and sequence are taken. headers
// must be safe for concurrent use. Default: none; see also Producer.With.
func WithHeaders(headers func(ctx context.Context) map[string]string) ProducerOption {
	return producerOption(func(c *producerConfig) error {
		if headers == nil {
			return errors.New("stream.WithHeaders: want a function")
		}
		c.headersFrom = headers
		return nil
	})
}
