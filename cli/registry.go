package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/schemactl/schemactl/database"
	"github.com/schemactl/schemactl/registry"
	"github.com/schemactl/schemactl/registry/httpapi"
	"github.com/schemactl/schemactl/registry/store/memory"
	sqlstore "github.com/schemactl/schemactl/registry/store/sql"
)

type serveOptions struct {
	listen string
	store  string
	drain  time.Duration
}

func newRegistryCommand(env *Env) *cobra.Command {
	return group("registry", "Serve a schema registry",
		"A schema registry that speaks Confluent's REST API, so that clients and\nserializers work by changing a URL.",
		newRegistryServeCommand(env))
}

func newRegistryServeCommand(env *Env) *cobra.Command {
	o := &serveOptions{}
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Serve the registry until SIGINT or SIGTERM",
		Long: `Serves the registry's HTTP API. The address it listens on is the first line of
standard output; logs go to standard error.

Stores:
  memory         forgets everything when it ends
  sqlite:FILE    keeps them in one file

/healthz says that the process lives, /readyz that its store answers.`,
		Example: `  schemactl registry serve --store sqlite:registry.db
  schemactl registry serve --listen 127.0.0.1:0 --store memory`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return o.run(cmd.Context(), env) },
	}
	f := cmd.Flags()
	f.StringVar(&o.listen, "listen", "127.0.0.1:8081", "address to listen on; port 0 takes a free one")
	f.StringVar(&o.store, "store", "", "where schemas are kept: memory or sqlite:FILE")
	f.DurationVar(&o.drain, "drain", 10*time.Second, "how long requests under way may take after a stop")
	return cmd
}

func (o *serveOptions) run(ctx context.Context, env *Env) error {
	if err := checkAddress(o.listen); err != nil {
		return err
	}
	store, closeStore, err := openStore(ctx, o.store)
	if err != nil {
		return err
	}
	logger := slog.New(slog.NewTextHandler(env.Err, nil))
	return errors.Join(o.serve(ctx, env, logger, store), closeStore())
}

// checkAddress tells a wrong address from one that is in use.
func checkAddress(address string) error {
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		return Usagef("--listen %q: want host:port, such as 127.0.0.1:8081", address)
	}
	if _, err := strconv.ParseUint(port, 10, 16); err != nil {
		return Usagef("--listen %q: %q is no port", address, port)
	}
	return nil
}

// openStore opens the store that --store names.
func openStore(ctx context.Context, name string) (registry.Store, func() error, error) {
	switch {
	case name == "memory":
		return memory.New(), func() error { return nil }, nil
	case strings.HasPrefix(name, "sqlite:"):
		db, err := database.Open(ctx, name)
		if err != nil {
			return nil, nil, err
		}
		store, err := sqlstore.New(ctx, db)
		if err != nil {
			return nil, nil, errors.Join(fmt.Errorf("registry store %s: %w", name, err), database.Close(db))
		}
		return store, func() error { return database.Close(db) }, nil
	case name == "":
		return nil, nil, Usagef("no store: give --store memory or --store sqlite:FILE")
	}
	return nil, nil, Usagef("store %q: want memory or sqlite:FILE", database.Redact(name))
}

func (o *serveOptions) serve(ctx context.Context, env *Env, logger *slog.Logger, store registry.Store) error {
	reg, err := registry.New(store)
	if err != nil {
		return err
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", o.listen)
	if err != nil {
		return fmt.Errorf("listen on %s: %w", o.listen, err)
	}
	server := &http.Server{
		Handler:           httpapi.NewHandler(reg, httpapi.WithLogger(logger)),
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       30 * time.Second,
		WriteTimeout:      60 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          slog.NewLogLogger(logger.Handler(), slog.LevelWarn),
	}
	if _, err := fmt.Fprintf(env.Out, "http://%s\n", listener.Addr()); err != nil {
		return errors.Join(err, listener.Close())
	}
	drained := make(chan error, 1)
	stop := context.AfterFunc(ctx, func() {
		limit, cancel := context.WithTimeout(context.WithoutCancel(ctx), o.drain)
		defer cancel()
		drained <- server.Shutdown(limit)
	})
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		stop()
		return fmt.Errorf("serve on %s: %w", o.listen, err)
	}
	if err := <-drained; err != nil {
		return fmt.Errorf("requests were cut off after %s: %w", o.drain, err)
	}
	return nil
}
