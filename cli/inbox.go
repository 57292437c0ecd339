package cli

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"
	"gorm.io/gorm"

	"github.com/schemactl/schemactl/database"
	"github.com/schemactl/schemactl/outbox"
)

const (
	// inboxAge is a day more than Kafka keeps events by default.
	inboxAge = 8 * 24 * time.Hour
	// leastInboxAge is the youngest age that needs no --force.
	leastInboxAge = 24 * time.Hour
)

type inboxOptions struct {
	databaseOptions
	olderThan time.Duration
	force     bool
	batch     int
	output    string
}

func newInboxCommand(env *Env) *cobra.Command {
	o := &inboxOptions{}
	cmd := group("inbox", "Remove what the inbox need not remember any more",
		`Consumers note in the table outbox_inbox which events have had their effect, so
that an event that is delivered again has none. A note may go once its event can
not come again: when it is older than the retention of the topics, and than
whatever the outbox of a publisher that stood still may hold.`,
		newInboxStatusCommand(env, o), newInboxPruneCommand(env, o))
	o.bind(cmd)
	return cmd
}

func (o *inboxOptions) bindAge(cmd *cobra.Command) {
	cmd.Flags().DurationVar(&o.olderThan, "older-than", inboxAge, "the age from which on notes may go, such as 168h")
}

// inboxConsumerJSON is a line of the JSON of `inbox status`.
type inboxConsumerJSON struct {
	Consumer      string  `json:"consumer"`
	Notes         int64   `json:"notes"`
	Older         int64   `json:"older"`
	OldestSeconds float64 `json:"oldest_seconds"`
}

func newInboxStatusCommand(env *Env, o *inboxOptions) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "status",
		Short:   "Show how many events each consumer has noted, and how many are old",
		Example: "  schemactl inbox status --older-than 168h --database-url sqlite:app.db",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return o.status(cmd.Context(), env) },
	}
	o.bindAge(cmd)
	OutputFlag(cmd, &o.output)
	return cmd
}

func (o *inboxOptions) status(ctx context.Context, env *Env) error {
	if o.olderThan <= 0 {
		return Usagef("--older-than %s: want more than 0", o.olderThan)
	}
	return o.with(ctx, func(db *gorm.DB) error {
		consumers, err := outbox.InboxStatus(ctx, db, o.olderThan)
		if err != nil {
			return err
		}
		lines := make([]inboxConsumerJSON, len(consumers))
		rows := make([][]any, len(consumers))
		for i, c := range consumers {
			lines[i] = inboxConsumerJSON{c.Consumer, c.Notes, c.Older, c.Oldest.Seconds()}
			rows[i] = []any{c.Consumer, c.Notes, c.Older, c.Oldest.Round(time.Second)}
		}
		if o.output == FormatJSON {
			return PrintJSON(env.Out, lines)
		}
		return PrintTable(env.Out, []string{"consumer", "notes", "older than " + o.olderThan.String(), "oldest"}, rows)
	}, database.MustExist())
}

// prunedJSON is the JSON of `inbox prune`.
type prunedJSON struct {
	Removed int64 `json:"removed"`
}

func newInboxPruneCommand(env *Env, o *inboxOptions) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "prune",
		Short: "Remove notes of events that cannot be delivered again",
		Long: `Removes notes in small batches, beside running consumers. Several may run at once,
and one that is stopped has lost nothing. An event whose note is gone is applied
again when it comes again: an age below 24h needs --force.`,
		Example: "  schemactl inbox prune --older-than 168h --database-url sqlite:app.db",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return o.prune(cmd.Context(), env) },
	}
	o.bindAge(cmd)
	cmd.Flags().BoolVar(&o.force, "force", false, "accept an age below 24h")
	cmd.Flags().IntVar(&o.batch, "batch", outbox.DefaultPruneBatch, "how many notes to remove at a time")
	OutputFlag(cmd, &o.output)
	return cmd
}

func (o *inboxOptions) prune(ctx context.Context, env *Env) error {
	switch {
	case o.olderThan <= 0:
		return Usagef("--older-than %s: want more than 0", o.olderThan)
	case o.olderThan < leastInboxAge && !o.force:
		return Usagef("--older-than %s: events that young may be delivered again and would be applied twice; if that cannot be, give --force", o.olderThan)
	case o.batch < 1:
		return Usagef("--batch %d: want at least 1", o.batch)
	}
	return o.with(ctx, func(db *gorm.DB) error {
		removed, err := outbox.PruneInbox(ctx, db, o.olderThan, &outbox.PruneOptions{Batch: o.batch})
		if err != nil {
			if removed > 0 {
				return fmt.Errorf("%d notes were removed: %w", removed, err)
			}
			return err
		}
		if o.output == FormatJSON {
			return PrintJSON(env.Out, prunedJSON{removed})
		}
		_, err = fmt.Fprintf(env.Out, "%d notes removed\n", removed)
		return err
	}, database.MustExist())
}
