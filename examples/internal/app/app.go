package app

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"golang.org/x/sync/errgroup"
	"gorm.io/gorm"

	"github.com/schemactl/schemactl/codec"
	"github.com/schemactl/schemactl/database"
	"github.com/schemactl/schemactl/events"
	"github.com/schemactl/schemactl/migrate"
	"github.com/schemactl/schemactl/migrations"
	"github.com/schemactl/schemactl/outbox"
	"github.com/schemactl/schemactl/outbox/relay"
	"github.com/schemactl/schemactl/registry/client"
	"github.com/schemactl/schemactl/stream"
)

// stopTime bounds how long requests under way may take after a stop.
const stopTime = 5 * time.Second

// Application is what differs between the two examples.
type Application struct {
	// Name is the application's name: in the migration history, as the consumer
	// group, and in the inbox.
	Name string
	// Source holds the application's own migrations. They run in one plan with
	// those of the shared module. The zero value: none.
	Source migrate.Source
	// Routes says which events the application handles and how. Nil: none.
	Routes func(*Runtime) []stream.Route
	// API adds the application's HTTP routes.
	API func(*Runtime, *http.ServeMux)
	// Events are what the application publishes. Nil: the shared module's.
	Events []codec.Event
	// Work runs beside all that until its context ends. Nil: nothing.
	Work func(ctx context.Context, rt *Runtime, schemas *client.Client) error
}

// Runtime is what handlers work with.
type Runtime struct {
	DB  *gorm.DB
	app string
	cfg Config
}

// Once runs fn in a transaction unless this application has already had the
// effect of the event.
func (r *Runtime) Once(ctx context.Context, eventID string, fn func(tx *gorm.DB) error) error {
	_, err := r.cfg.Faults.Inbox(ctx, r.DB, r.app, eventID, fn)
	return err
}

// Sources is what every application that shares this module migrates: the shared
// tables, the outbox, and its own if it has any.
func Sources(own migrate.Source) []migrate.Source {
	all := []migrate.Source{
		migrate.NewSource("shared", migrations.FS),
		migrate.NewSource(outbox.Source()),
	}
	if own.Name() != "" {
		all = append(all, own)
	}
	return all
}

// Run runs an application until ctx ends. It migrates first, whoever else does
// so at the same moment.
func Run(ctx context.Context, cfg Config, a Application) error {
	if err := cfg.fill(); err != nil {
		return fmt.Errorf("%s: %w", a.Name, err)
	}
	db, err := database.Open(ctx, cfg.DatabaseURL)
	if err != nil {
		return fmt.Errorf("%s: %w", a.Name, err)
	}
	err = run(ctx, cfg, a, db)
	if closeErr := database.Close(db); closeErr != nil {
		err = errors.Join(err, closeErr)
	}
	if err != nil && ctx.Err() == nil {
		return fmt.Errorf("%s: %w", a.Name, err)
	}
	return nil
}

func run(ctx context.Context, cfg Config, a Application, db *gorm.DB) error {
	migrator, err := migrate.New(db, Sources(a.Source), migrate.WithApplication(a.Name), migrate.WithLogger(cfg.Logger))
	if err != nil {
		return err
	}
	result, err := migrator.Up(ctx)
	if err != nil {
		return err
	}
	if cfg.OnMigrated != nil {
		cfg.OnMigrated(result)
	}
	schemas, err := client.New(cfg.RegistryURL, client.WithAutoRegister())
	if err != nil {
		return err
	}
	published := a.Events
	if published == nil {
		published = events.AvroEvents()
	}
	box, err := outbox.New(ctx, schemas, published, outbox.WithTopicPrefix(cfg.TopicPrefix),
		outbox.WithSubjectNaming("messages", codec.TopicRecordName))
	if err != nil {
		return err
	}
	if err := db.Use(box); err != nil {
		return err
	}
	rt := &Runtime{DB: db, app: a.Name, cfg: cfg}
	work, ctx := errgroup.WithContext(ctx)
	work.Go(func() error { return serve(ctx, cfg, a, rt) })
	work.Go(func() error { return runRelay(ctx, cfg, a, db, box) })
	if a.Routes != nil {
		work.Go(func() error { return consume(ctx, cfg, a, rt, schemas) })
	}
	if a.Work != nil {
		work.Go(func() error { return a.Work(ctx, rt, schemas) })
	}
	return work.Wait()
}

func serve(ctx context.Context, cfg Config, a Application, rt *Runtime) error {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) })
	a.API(rt, mux)
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", cfg.Listen)
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	server := &http.Server{
		Handler:           http.MaxBytesHandler(mux, 1<<20),
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       10 * time.Second,
		IdleTimeout:       time.Minute,
	}
	if cfg.OnListening != nil {
		cfg.OnListening("http://" + listener.Addr().String())
	}
	stop := context.AfterFunc(ctx, func() {
		limit, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTime)
		defer cancel()
		if err := server.Shutdown(limit); err != nil {
			cfg.Logger.Warn("requests were cut off", "error", err)
		}
	})
	defer stop()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

func runRelay(ctx context.Context, cfg Config, a Application, db *gorm.DB, box *outbox.Outbox) error {
	producer, err := relay.NewClient(cfg.Brokers, kgo.ClientID(a.Name+"-relay"))
	if err != nil {
		return err
	}
	defer producer.Close()
	queue, err := relay.OpenQueue(db)
	if err != nil {
		return err
	}
	var target relay.Producer = producer
	if cfg.Faults.Queue != nil {
		queue = cfg.Faults.Queue(queue)
	}
	if cfg.Faults.Producer != nil {
		target = cfg.Faults.Producer(target)
	}
	r, err := relay.New(db, queue, target, relay.WithApplication(a.Name), relay.WithLogger(cfg.Logger), relay.WithWake(box.OnCommit))
	if err != nil {
		return err
	}
	return r.Run(ctx)
}

func consume(ctx context.Context, cfg Config, a Application, rt *Runtime, schemas codec.SchemaSource) error {
	consumer, err := stream.NewConsumer(stream.ConsumerConfig{
		Brokers:     cfg.Brokers,
		Group:       cfg.TopicPrefix + a.Name,
		Instance:    a.Name + "-" + cfg.Instance,
		TopicPrefix: cfg.TopicPrefix,
		Schemas:     schemas,
		Routes:      a.Routes(rt),
	}, stream.WithLogger(cfg.Logger))
	if err != nil {
		return err
	}
	return consumer.Run(ctx)
}
