package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"

	"github.com/schemactl/schemactl/database"
	"github.com/schemactl/schemactl/registry"
	kafkastore "github.com/schemactl/schemactl/registry/store/kafka"
	"github.com/schemactl/schemactl/registry/store/memory"
	sqlstore "github.com/schemactl/schemactl/registry/store/sql"
)

const storeHelp = "memory, sqlite:FILE, postgres://…, mysql://… or kafka://BROKERS/TOPIC"

// openStore opens the store that --store names. What it answers second ends it.
func openStore(ctx context.Context, name string, log *slog.Logger) (registry.Store, func() error, error) {
	scheme, _, _ := strings.Cut(name, ":")
	switch {
	case name == "":
		return nil, nil, Usagef("no store: give --store %s", storeHelp)
	case name == "memory":
		return memory.New(), func() error { return nil }, nil
	case scheme == "sqlite", scheme == "postgres", scheme == "postgresql", scheme == "mysql":
		return openSQLStore(ctx, name, log)
	case scheme == "kafka":
		return openKafkaStore(ctx, name, log)
	}
	return nil, nil, Usagef("store %q: want %s", database.Redact(name), storeHelp)
}

func openSQLStore(ctx context.Context, url string, log *slog.Logger) (registry.Store, func() error, error) {
	db, err := database.Open(ctx, url)
	if err != nil {
		return nil, nil, err
	}
	store, err := sqlstore.New(ctx, db, sqlstore.WithLogger(log))
	if err != nil {
		return nil, nil, errors.Join(fmt.Errorf("registry store %s: %w", database.Redact(url), err), database.Close(db))
	}
	return store, func() error { return errors.Join(store.Close(), database.Close(db)) }, nil
}

// defaultTopic is where other registries keep their records too.
const defaultTopic = "_schemas"

// openKafkaStore opens kafka://BROKER,BROKER/TOPIC.
func openKafkaStore(ctx context.Context, url string, log *slog.Logger) (registry.Store, func() error, error) {
	rest := strings.TrimPrefix(url, "kafka://")
	brokers, topic, _ := strings.Cut(rest, "/")
	if topic == "" {
		topic = defaultTopic
	}
	if rest == url || brokers == "" || strings.ContainsAny(brokers, "@ ") {
		return nil, nil, Usagef("store %q: want kafka://BROKER:PORT,BROKER:PORT/TOPIC", database.Redact(url))
	}
	store, err := kafkastore.New(ctx, strings.Split(brokers, ","), topic, kafkastore.WithLogger(log))
	if err != nil {
		return nil, nil, fmt.Errorf("registry store %s: %w", url, err)
	}
	return store, store.Close, nil
}
