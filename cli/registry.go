package cli

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/schemactl/schemactl/database"
	"github.com/schemactl/schemactl/registry"
	"github.com/schemactl/schemactl/registry/httpapi"
)

type serveOptions struct {
	listen       string
	store        string
	drain        time.Duration
	startTimeout time.Duration
	users        string
	cert, key    string
	fixedModes   bool
	lenient      bool
	logFormat    string
	logLevel     string
	garbage      int
	clusterName  string
}

func newRegistryCommand(env *Env) *cobra.Command {
	return group("registry", "Serve a schema registry, and measure one",
		"A schema registry that speaks Confluent's REST API, so that clients and\nserializers work by changing a URL.",
		newRegistryServeCommand(env), newRegistryPasswordCommand(env), newRegistryBenchCommand(env))
}

func newRegistryServeCommand(env *Env) *cobra.Command {
	o := &serveOptions{}
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Serve the registry until SIGINT or SIGTERM",
		Long: `Serves the registry's HTTP API. The address it listens on is the first line of
standard output, once it is ready; logs go to standard error.

Stores:
  memory                   forgets everything when it ends
  sqlite:FILE              one file, for one server or several on one machine
  postgres://… mysql://…   any number of servers, none of them a leader
  kafka://BROKERS/TOPIC    the same, in the records of Confluent's _schemas topic;
                           kafka://USER:PASSWORD@BROKERS/TOPIC?tls=true&sasl=plain
                           (or scram-sha-256, scram-sha-512, the default) signs in,
                           ?ca=FILE&cert=FILE&key=FILE shows a client certificate

Every server holds all schemas in memory. What it registers it sees at once, what
another one of the same store registers within 200 ms, unless the store or the
machine is overloaded: it looks every 100 ms.

While the store is gone reads are still answered, from memory; changes wait or are
refused with error_code 50001, and go on by themselves when it is back.

/healthz says that the process lives, /readyz that its store answers, /metrics what
it has done, for Prometheus. With --users all but the first two ask for a name and a
password; 'registry password' makes the file's lines.`,
		Example: `  schemactl registry serve --store sqlite:registry.db
  schemactl registry serve --listen 127.0.0.1:0 --store memory
  schemactl registry serve --listen :8081 --store "$DATABASE_URL" --users users --tls-cert cert.pem --tls-key key.pem`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return o.run(cmd.Context(), env) },
	}
	f := cmd.Flags()
	f.StringVar(&o.listen, "listen", "127.0.0.1:8081", "address to listen on; port 0 takes a free one")
	f.StringVar(&o.store, "store", "", "where schemas are kept: "+storeHelp)
	f.DurationVar(&o.drain, "drain", 10*time.Second, "how long requests under way may take after a stop")
	f.DurationVar(&o.startTimeout, "start-timeout", time.Minute, "how long a store that does not answer yet is waited for")
	f.StringVar(&o.users, "users", "", "file of users: only they may read, and some of them write")
	f.StringVar(&o.cert, "tls-cert", "", "certificate chain in PEM: serve HTTPS (with --tls-key)")
	f.StringVar(&o.key, "tls-key", "", "the certificate's private key in PEM")
	f.BoolVar(&o.fixedModes, "fixed-modes", false, "refuse every change of a mode")
	f.BoolVar(&o.lenient, "lenient-schemas", false, "take new schemas whose defaults or names are not valid")
	f.StringVar(&o.clusterName, "cluster-name", "schema-registry", "name of this registry, the same on all its servers, by which lock files tell it from others")
	EnumFlag(cmd, &o.logFormat, "log-format", "text", "form of the log", "text", "json")
	EnumFlag(cmd, &o.logLevel, "log-level", "info", "least level of the log", "debug", "info", "warn", "error")
	f.IntVar(&o.garbage, "garbage-mb", 48, "how much memory may wait to be used again, beside what the schemas take")
	return cmd
}

func (o *serveOptions) run(ctx context.Context, env *Env) error {
	if err := checkAddress(o.listen); err != nil {
		return err
	}
	if err := checkStore(o.store); err != nil {
		return err
	}
	if (o.cert == "") != (o.key == "") {
		return Usagef("--tls-cert and --tls-key belong together")
	}
	if o.clusterName == "" {
		return Usagef("--cluster-name is empty")
	}
	if o.drain < 0 || o.startTimeout <= 0 {
		return Usagef("--drain %s, --start-timeout %s: the first cannot be negative, the second has to be above 0", o.drain, o.startTimeout)
	}
	if o.garbage < 1 {
		return Usagef("--garbage-mb %d: the least is 1", o.garbage)
	}
	var users httpapi.Users
	if o.users != "" {
		file, err := readUsers(o.users)
		if err != nil {
			return err
		}
		users = file
	}
	bounded, unbound := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		boundGarbage(bounded, o.garbage)
	}()
	defer func() {
		unbound()
		<-done
	}()
	return o.serve(ctx, env, o.logger(env.Err), users)
}

func (o *serveOptions) logger(w io.Writer) *slog.Logger {
	var level slog.Level
	if err := level.UnmarshalText([]byte(o.logLevel)); err != nil {
		level = slog.LevelInfo // the flag takes no other words
	}
	opts := &slog.HandlerOptions{Level: level}
	if o.logFormat == "json" {
		return slog.New(slog.NewJSONHandler(w, opts))
	}
	return slog.New(slog.NewTextHandler(w, opts))
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

// serve listens before it opens the store, so that it can be asked whether it is
// ready.
func (o *serveOptions) serve(ctx context.Context, env *Env, logger *slog.Logger, users httpapi.Users) (err error) {
	scheme, listener, err := o.listener(ctx)
	if err != nil {
		return err
	}
	gate := &gate{}
	server := &http.Server{
		Handler:           gate,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       30 * time.Second,
		WriteTimeout:      60 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          slog.NewLogLogger(logger.Handler(), slog.LevelWarn),
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	store, closeStore, err := o.open(ctx, logger)
	if err != nil {
		return errors.Join(err, server.Close(), ended(<-served))
	}
	defer func() { err = errors.Join(err, closeStore()) }()
	handler, err := o.handler(logger, store, users)
	if err != nil {
		return errors.Join(err, server.Close(), ended(<-served))
	}
	debug.FreeOSMemory() // what reading the store has left
	gate.open(handler)
	if _, err := fmt.Fprintf(env.Out, "%s://%s\n", scheme, listener.Addr()); err != nil {
		return errors.Join(err, server.Close(), ended(<-served))
	}
	logger.InfoContext(ctx, "ready", "store", database.Redact(o.store))
	select {
	case err := <-served:
		return fmt.Errorf("serve on %s: %w", o.listen, err)
	case <-ctx.Done():
	}
	limit, cancel := context.WithTimeout(context.WithoutCancel(ctx), o.drain)
	defer cancel()
	if err := server.Shutdown(limit); err != nil {
		return errors.Join(fmt.Errorf("requests were cut off after %s: %w", o.drain, err), server.Close(), ended(<-served))
	}
	return ended(<-served)
}

// ended is nil for the way a server ends when it is told to.
func ended(err error) error {
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

func (o *serveOptions) listener(ctx context.Context) (scheme string, l net.Listener, err error) {
	var config *tls.Config
	if o.cert != "" {
		pair, err := tls.LoadX509KeyPair(o.cert, o.key)
		if err != nil {
			return "", nil, Usagef("--tls-cert %s, --tls-key %s: %w", o.cert, o.key, err)
		}
		config = &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12, NextProtos: []string{"h2", "http/1.1"}}
	}
	if l, err = new(net.ListenConfig).Listen(ctx, "tcp", o.listen); err != nil {
		return "", nil, fmt.Errorf("listen on %s: %w", o.listen, err)
	}
	if config != nil {
		return "https", tls.NewListener(l, config), nil
	}
	return "http", l, nil
}

// open opens the store, and tries again for a while when it does not answer: whoever
// starts everything at once need not see to the order.
func (o *serveOptions) open(ctx context.Context, logger *slog.Logger) (registry.Store, func() error, error) {
	limit, cancel := context.WithTimeout(ctx, o.startTimeout)
	defer cancel()
	for pause := 250 * time.Millisecond; ; pause = min(2*pause, 5*time.Second) {
		store, closeStore, err := openStore(limit, o.store, logger)
		if err == nil || ExitCode(err) == ExitUsage || limit.Err() != nil || strings.HasPrefix(o.store, "sqlite:") {
			return store, closeStore, err
		}
		logger.WarnContext(ctx, "the store cannot be opened yet", "error", err)
		select {
		case <-time.After(pause):
		case <-limit.Done():
			return nil, nil, err
		}
	}
}

func (o *serveOptions) handler(logger *slog.Logger, store registry.Store, users httpapi.Users) (http.Handler, error) {
	var opts []registry.Option
	if o.fixedModes {
		opts = append(opts, registry.WithFixedModes())
	}
	if o.lenient {
		opts = append(opts, registry.WithLenientSchemas())
	}
	reg, err := registry.New(store, opts...)
	if err != nil {
		return nil, err
	}
	metrics, build := newRegistryMetrics(reg), readVersion()
	handler := metrics.beside(httpapi.NewHandler(reg, httpapi.WithLogger(logger), httpapi.WithObserver(metrics.observe),
		httpapi.WithCluster(o.clusterName, ""), httpapi.WithVersion(build.Version, build.Revision)))
	if users != nil {
		handler = httpapi.WithUsers(handler, users, httpapi.WithObserver(metrics.observe))
	}
	return handler, nil
}
