package app

import (
	"context"
	"errors"
	"log/slog"

	"gorm.io/gorm"

	"github.com/schemactl/schemactl/migrate"
	"github.com/schemactl/schemactl/outbox"
	"github.com/schemactl/schemactl/outbox/relay"
)

// Config says where an application finds its database, broker and registry.
type Config struct {
	DatabaseURL string
	Brokers     []string
	RegistryURL string
	// TopicPrefix stands before every topic, consumer group and subject.
	TopicPrefix string
	// Listen is the address of the HTTP API. Default: 127.0.0.1:0, a free port.
	Listen string
	// Instance tells instances of one application apart and keeps the name over
	// a restart, so that the consumer group does not rebalance. Default: "1".
	Instance string
	Logger   *slog.Logger
	// OnMigrated is called once the database is ready, OnListening once the API
	// answers. Either may be nil.
	OnMigrated  func(*migrate.Result)
	OnListening func(url string)
	Faults      Faults
}

// Faults let a test break one part on purpose. The zero value breaks nothing.
type Faults struct {
	Queue    func(relay.Queue) relay.Queue
	Producer func(relay.Producer) relay.Producer
	Inbox    Inbox
}

// Inbox runs a handler's writes at most once per event id; see outbox.Once.
type Inbox func(ctx context.Context, db *gorm.DB, consumer, eventID string, fn func(tx *gorm.DB) error) (bool, error)

func (c *Config) fill() error {
	switch {
	case c.DatabaseURL == "":
		return errors.New("no database URL")
	case len(c.Brokers) == 0:
		return errors.New("no brokers")
	case c.RegistryURL == "":
		return errors.New("no registry URL")
	}
	if c.Listen == "" {
		c.Listen = "127.0.0.1:0"
	}
	if c.Instance == "" {
		c.Instance = "1"
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Faults.Inbox == nil {
		c.Faults.Inbox = outbox.Once
	}
	return nil
}
