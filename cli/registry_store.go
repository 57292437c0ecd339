package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"

	"github.com/schemactl/schemactl/database"
	"github.com/schemactl/schemactl/registry"
	"github.com/schemactl/schemactl/registry/store/memory"
	sqlstore "github.com/schemactl/schemactl/registry/store/sql"
)

const storeHelp = "memory, sqlite:FILE, postgres://…, mysql://… or kafka://BROKERS/TOPIC"

// checkStore tells a name that is no store's, before anything is opened.
func checkStore(name string) error {
	scheme, _, _ := strings.Cut(name, ":")
	switch {
	case name == "":
		return Usagef("no store: give --store %s", storeHelp)
	case name == "memory":
		return nil
	case scheme == "sqlite", scheme == "postgres", scheme == "postgresql", scheme == "mysql":
		return nil // the rest of the URL is checked when it is opened
	case scheme == "kafka":
		_, err := parseKafkaURL(name)
		return err
	}
	return Usagef("store %q: want %s", database.Redact(name), storeHelp)
}

// openStore opens the store that --store names, which [checkStore] let pass. What it answers second ends it.
func openStore(ctx context.Context, name string, log *slog.Logger) (registry.Store, func() error, error) {
	switch {
	case name == "memory":
		return memory.New(), func() error { return nil }, nil
	case strings.HasPrefix(name, "kafka:"):
		return openKafkaStore(ctx, name, log)
	}
	return openSQLStore(ctx, name, log)
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
