package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"

	"github.com/spf13/cobra"
	"github.com/twmb/franz-go/pkg/kgo"
	"gorm.io/gorm"

	"github.com/schemactl/schemactl/database"
	"github.com/schemactl/schemactl/outbox/relay"
)

type relayOptions struct {
	databaseOptions
	kafka  kafkaOptions
	batch  int
	listen string
	shard  string
	output string
}

func newOutboxCommand(env *Env) *cobra.Command {
	o := &relayOptions{}
	cmd := group("outbox", "Move published events from the database to Kafka",
		`Applications publish events inside their database transactions, into the table
outbox_events. A relay moves them to Kafka in order. It may run inside an
application or alone; of several on one database one works and the others take
over when it ends.`,
		append([]*cobra.Command{newOutboxRelayCommand(env, o), newOutboxStatusCommand(env, o), newOutboxDrainCommand(env, o)},
			newOutboxParkedCommands(env, o)...)...)
	o.bind(cmd)
	return cmd
}

func newOutboxRelayCommand(env *Env, o *relayOptions) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "relay",
		Short: "Relay events until SIGINT or SIGTERM",
		Long: `Relays events until it is told to stop; then it waits for what is on its way. Events that
are not acknowledged stay in the table. ` + parkedLong + `

Several relays may run: one works, the others wait until it ends or dies. With --shard
they share the keys; all of a database must agree on how many parts there are.

While the broker or the database is gone it waits and goes on by itself. With --listen it
serves /healthz, /readyz (503 meanwhile) and /metrics for Prometheus; the address is the
first line of standard output.

Brokers that want TLS or a user: see 'help brokers'.`,
		Example: `  schemactl outbox relay --database-url sqlite:app.db --brokers 127.0.0.1:9092
  schemactl outbox relay --brokers "$BROKERS" --listen 127.0.0.1:9400
  schemactl outbox relay --brokers b1:9093,b2:9093 --brokers-tls --brokers-user relay --brokers-password-file /run/secrets/relay`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return o.relay(cmd.Context(), env) },
	}
	o.kafka.bind(cmd)
	cmd.Flags().IntVar(&o.batch, "batch", 1000, "how many rows to read at a time")
	cmd.Flags().StringVar(&o.shard, "shard", "1/1", "the part of the keys to see to, I/N: with 1/2 and 2/2 two relays work at once")
	cmd.Flags().StringVar(&o.listen, "listen", "", "address for health and metrics; port 0 takes a free one (default: none)")
	return cmd
}

func (o *relayOptions) relay(ctx context.Context, env *Env) error {
	settings, err := o.kafka.settings()
	if err != nil {
		return err
	}
	if o.listen != "" {
		if err := checkAddress(o.listen); err != nil {
			return err
		}
	}
	shard, err := parseShard(o.shard)
	if err != nil {
		return err
	}
	return o.with(ctx, func(db *gorm.DB) error {
		client, err := relay.NewClient(o.kafka.brokers, append(settings, kgo.ClientID(env.Project.Name+"-relay"))...)
		if client, err = o.kafka.answered(ctx, client, err); err != nil {
			return err
		}
		defer client.Close()
		queue, err := relay.OpenQueue(db, shard)
		if err != nil {
			return &UsageError{err: err}
		}
		r, err := relay.New(db, queue, client, relay.WithBatch(o.batch), relay.WithApplication(o.application(env)),
			relay.WithLogger(slog.New(slog.NewTextHandler(env.Err, nil))))
		if err != nil {
			return &UsageError{err: err}
		}
		return errors.Join(o.run(ctx, env, db, r), queue.Close())
	}, database.MustExist())
}

// parseShard reads I/N.
func parseShard(text string) (s relay.Shard, err error) {
	var rest string
	if n, err := fmt.Sscanf(text+" end", "%d/%d %s", &s.Index, &s.Count, &rest); err != nil || n != 3 || rest != "end" {
		return s, Usagef("--shard %q: want I/N, such as 2/4", text)
	}
	return s, nil
}

// run relays, and serves health and metrics beside it.
func (o *relayOptions) run(ctx context.Context, env *Env, db *gorm.DB, r *relay.Relay) error {
	if o.listen == "" {
		return r.Run(ctx)
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", o.listen)
	if err != nil {
		return fmt.Errorf("--listen %s: %w", o.listen, err)
	}
	if _, err := fmt.Fprintln(env.Out, "http://"+listener.Addr().String()); err != nil {
		return errors.Join(err, listener.Close())
	}
	serving, stop := context.WithCancel(context.WithoutCancel(ctx))
	served := make(chan error, 1)
	go func() { served <- watchRelay(serving, listener, db, r) }()
	err = r.Run(ctx)
	stop()
	return errors.Join(err, <-served)
}
