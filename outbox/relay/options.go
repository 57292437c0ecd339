package relay

import (
	"errors"
	"fmt"
	"log/slog"
	"time"
)

// Option changes how a Relay works. A bad value is an error of New.
type Option interface{ apply(*config) error }

type optionFunc func(*config) error

func (f optionFunc) apply(c *config) error { return f(c) }

type config struct {
	logger             *slog.Logger
	application        string
	batch              int
	minIdle, maxIdle   time.Duration
	minRetry, maxRetry time.Duration
	takeover           time.Duration
	drain              time.Duration
	onRelayed          func(n int)
	wake               func(committed func() bool) (stop func())
	keepParked         time.Duration
	topicPatience      time.Duration
}

func defaults() config {
	return config{
		logger:      slog.New(slog.DiscardHandler),
		application: "relay",
		batch:       1000,
		minIdle:     5 * time.Millisecond, maxIdle: 100 * time.Millisecond,
		minRetry: 50 * time.Millisecond, maxRetry: 5 * time.Second,
		takeover: 250 * time.Millisecond,
		drain:    5 * time.Second,

		topicPatience: 30 * time.Second,
	}
}

// WithLogger gives the logger for take-overs, failures and retries. Default:
// nothing is logged.
func WithLogger(l *slog.Logger) Option {
	return optionFunc(func(c *config) error {
		if l == nil {
			return errors.New("relay.WithLogger: nil logger")
		}
		c.logger = l
		return nil
	})
}

// WithApplication names the owner for those who wait for it and for Status.
// Default: "relay".
func WithApplication(name string) Option {
	return optionFunc(func(c *config) error {
		if name == "" {
			return errors.New("relay.WithApplication: want a name")
		}
		c.application = name
		return nil
	})
}

// WithBatch bounds the rows that one read takes, and that are on their way at a time. A
// read also ends with the row that brings it to 16 MiB, and what is on its way with
// about 900 kB, which a Kafka client sends a partition in one batch. So at most about
// 33 MiB of events are in memory. Default: 1000.
func WithBatch(rows int) Option {
	return optionFunc(func(c *config) error {
		if rows < 1 || rows > 10_000 {
			return fmt.Errorf("relay.WithBatch: %d: want 1 to 10000", rows)
		}
		c.batch = rows
		return nil
	})
}

// WithIdle sets how long the relay waits before it reads again after a batch
// that was not full. The wait starts at least and doubles up to most while there
// is nothing. A least wait under 2 ms takes speed from the writers. Default: 5 ms
// and 100 ms.
func WithIdle(least, most time.Duration) Option {
	return optionFunc(func(c *config) error {
		if least <= 0 || most < least {
			return fmt.Errorf("relay.WithIdle(%s, %s): want 0 < least <= most", least, most)
		}
		c.minIdle, c.maxIdle = least, most
		return nil
	})
}

// WithRetry sets how long the relay waits after a failure of the broker or the
// database; the wait doubles from least up to most until something is relayed
// again. Default: 50 ms and 5 s.
func WithRetry(least, most time.Duration) Option {
	return optionFunc(func(c *config) error {
		if least <= 0 || most < least {
			return fmt.Errorf("relay.WithRetry(%s, %s): want 0 < least <= most", least, most)
		}
		c.minRetry, c.maxRetry = least, most
		return nil
	})
}

// WithTakeover sets how often a waiting relay asks whether the owner is gone, and
// how long one that has lost the ownership waits before it asks for it again.
// Default: 250 ms.
func WithTakeover(every time.Duration) Option {
	return optionFunc(func(c *config) error {
		if every <= 0 {
			return fmt.Errorf("relay.WithTakeover: %s: want a positive duration", every)
		}
		c.takeover = every
		return nil
	})
}

// WithDrain bounds how long a stop waits for acknowledgements of what has been
// handed to the producer. What is not acknowledged stays in the table. Default: 5 s.
func WithDrain(d time.Duration) Option {
	return optionFunc(func(c *config) error {
		if d <= 0 {
			return fmt.Errorf("relay.WithDrain: %s: want a positive duration", d)
		}
		c.drain = d
		return nil
	})
}

// WithOnRelayed calls f with the number of events each time some have been
// acknowledged and deleted. f runs in the relay's loop, so it must be quick.
// Default: none.
func WithOnRelayed(f func(n int)) Option {
	return optionFunc(func(c *config) error {
		if f == nil {
			return errors.New("relay.WithOnRelayed: want a function")
		}
		c.onRelayed = f
		return nil
	})
}

// WithWake has the relay look for events at once when there are some: outbox.Outbox's
// OnCommit, of the Outbox that this process publishes with. Events of other processes
// are told by PostgreSQL without this option; elsewhere, and when that fails, they are
// found by WithIdle. Default: none.
func WithWake(onCommit func(committed func() bool) (stop func())) Option {
	return optionFunc(func(c *config) error {
		if onCommit == nil {
			return errors.New("relay.WithWake: want a function, such as an Outbox's OnCommit")
		}
		c.wake = onCommit
		return nil
	})
}

// WithParkedRetention removes parked events for good that were parked longer ago than
// this, as Discard does; the owner looks once a minute, on one more connection of the
// pool. Default: they stay until somebody decides.
func WithParkedRetention(d time.Duration) Option {
	return optionFunc(func(c *config) error {
		if d < time.Minute {
			return fmt.Errorf("relay.WithParkedRetention: %s: want a minute or more", d)
		}
		c.keepParked = d
		return nil
	})
}

// WithTopicPatience sets how long a topic that is not there, or must not be written to,
// is tried before its events are parked. Meanwhile other topics go on. Default: 30 s.
func WithTopicPatience(d time.Duration) Option {
	return optionFunc(func(c *config) error {
		if d <= 0 {
			return fmt.Errorf("relay.WithTopicPatience: %s: want a positive duration", d)
		}
		c.topicPatience = d
		return nil
	})
}
