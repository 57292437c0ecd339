package streamtest

import (
	"fmt"
	"time"
)

// Option changes an Env. A bad value ends the test.
type Option interface{ apply(*config) error }

type optionFunc func(*config) error

func (f optionFunc) apply(c *config) error { return f(c) }

type config struct {
	prefix     string
	partitions int
	timeout    time.Duration
	virtual    bool
}

// WithTopicPrefix is the prefix that the application puts in front of its topics.
// Default: none.
func WithTopicPrefix(prefix string) Option {
	return optionFunc(func(c *config) error {
		c.prefix = prefix
		return nil
	})
}

// WithPartitions is how many partitions a topic gets. Default: 4.
func WithPartitions(n int) Option {
	return optionFunc(func(c *config) error {
		if n < 1 {
			return fmt.Errorf("streamtest.WithPartitions: %d: want at least 1", n)
		}
		c.partitions = n
		return nil
	})
}

// WithTimeout bounds everything that an Env waits for. Default: 10 s.
func WithTimeout(d time.Duration) Option {
	return optionFunc(func(c *config) error {
		if d <= 0 {
			return fmt.Errorf("streamtest.WithTimeout: %s: want more than 0", d)
		}
		c.timeout = d
		return nil
	})
}

// WithVirtualTime puts the broker on a network in memory, so that New and all that
// uses the broker can run in a bubble of testing/synctest: there an hour of back-off
// passes as soon as everybody waits. Every client needs Env.KafkaOptions. Databases
// need real time: they stay out of the bubble. Default: real time and a real socket.
func WithVirtualTime() Option {
	return optionFunc(func(c *config) error {
		c.virtual = true
		return nil
	})
}
