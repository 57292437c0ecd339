package database

import (
	"errors"
	"log/slog"
	"time"
)

// Option changes how Open works. A bad value is an error of Open.
type Option interface{ apply(*config) error }

type optionFunc func(*config) error

func (f optionFunc) apply(c *config) error { return f(c) }

type config struct {
	logger    *slog.Logger
	maxOpen   int
	dial      time.Duration
	mustExist bool
}

// WithLogger makes GORM report failed statements to the logger, without the
// values of their parameters.
// Default: nothing is logged; the error is returned to the caller anyway.
func WithLogger(l *slog.Logger) Option {
	return optionFunc(func(c *config) error {
		if l == nil {
			return errors.New("database.WithLogger: nil logger")
		}
		c.logger = l
		return nil
	})
}

// WithMaxOpenConns bounds the pool. Default: 16 connections.
func WithMaxOpenConns(n int) Option {
	return optionFunc(func(c *config) error {
		if n < 2 {
			return errors.New("database.WithMaxOpenConns: at least 2, because a migration keeps one for its lock")
		}
		c.maxOpen = n
		return nil
	})
}

// WithDialTimeout bounds the first connection. Default: 10 seconds.
func WithDialTimeout(d time.Duration) Option {
	return optionFunc(func(c *config) error {
		if d <= 0 {
			return errors.New("database.WithDialTimeout: want a positive duration")
		}
		c.dial = d
		return nil
	})
}

// MustExist makes a missing SQLite file an error instead of a new, empty
// database: for commands that only read. On servers it changes nothing.
func MustExist() Option {
	return optionFunc(func(c *config) error {
		c.mustExist = true
		return nil
	})
}
