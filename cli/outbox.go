package cli

import (
	"context"
	"errors"
	"log/slog"
	"strings"

	"github.com/spf13/cobra"
	"github.com/twmb/franz-go/pkg/kgo"
	"gorm.io/gorm"

	"github.com/schemactl/schemactl/database"
	"github.com/schemactl/schemactl/outbox/relay"
	"github.com/schemactl/schemactl/stream"
)

type relayOptions struct {
	databaseOptions
	brokers []string
	batch   int
	output  string
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
		Long: `Relays events until it is told to stop; then it waits for what is on its way. The
topics must be there. Events that are not acknowledged stay in the table.`,
		Example: "  schemactl outbox relay --database-url sqlite:app.db --brokers 127.0.0.1:9092",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return o.relay(cmd.Context(), env) },
	}
	cmd.Flags().StringSliceVar(&o.brokers, "brokers", nil, "Kafka brokers, host:port, separated by commas")
	cmd.Flags().IntVar(&o.batch, "batch", 1000, "how many rows to read at a time")
	return cmd
}

func (o *relayOptions) relay(ctx context.Context, env *Env) error {
	if len(o.brokers) == 0 {
		return Usagef("no brokers: give --brokers or set SCHEMACTL_BROKERS")
	}
	return o.with(ctx, func(db *gorm.DB) error {
		client, err := relay.NewClient(o.brokers, kgo.ClientID(env.Project.Name+"-relay"))
		if err != nil {
			return Usagef("brokers %s: %w", strings.Join(o.brokers, ","), err)
		}
		defer client.Close()
		if err := stream.Ping(ctx, client); err != nil {
			return err
		}
		queue, err := relay.OpenQueue(db)
		if err != nil {
			return err
		}
		r, err := relay.New(db, queue, client, relay.WithBatch(o.batch), relay.WithApplication(o.application(env)),
			relay.WithLogger(slog.New(slog.NewTextHandler(env.Err, nil))))
		if err != nil {
			return &UsageError{err: err}
		}
		return errors.Join(r.Run(ctx), queue.Close())
	}, database.MustExist())
}
