package cli

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"
	"gorm.io/gorm"

	"github.com/schemactl/schemactl/database"
	"github.com/schemactl/schemactl/outbox/relay"
)

// parkedOptions choose parked events.
type parkedOptions struct {
	*relayOptions
	id        int64
	topic     string
	key       string
	olderThan time.Duration
	all       bool
	yes       bool
	limit     int
	reason    string
}

const parkedLong = `An event that the broker refuses for good, because it is too large or its topic is not
there, is parked: it moves to the table outbox_parked, and what is published after it
under the same key, or to the same topic, waits there behind it. Everything else goes
on.`

func newOutboxParkedCommands(env *Env, o *relayOptions) []*cobra.Command {
	return []*cobra.Command{
		newOutboxParkedCommand(env, &parkedOptions{relayOptions: o}), newOutboxParkCommand(env, &parkedOptions{relayOptions: o}),
		newOutboxRetryCommand(env, &parkedOptions{relayOptions: o}), newOutboxDiscardCommand(env, &parkedOptions{relayOptions: o}),
	}
}

func (o *parkedOptions) bind(cmd *cobra.Command) {
	cmd.Flags().Int64Var(&o.id, "id", 0, "number of the event's row")
	cmd.Flags().StringVar(&o.topic, "topic", "", "topic, with its prefix")
	cmd.Flags().StringVar(&o.key, "key", "", "key of the events, text or 0x and hex digits")
}

// selection is what the flags choose. A verb that changes something wants one of them,
// or --all.
func (o *parkedOptions) selection(cmd *cobra.Command, changes bool) (relay.Selection, error) {
	s := relay.Selection{ID: o.id, Topic: o.topic}
	chosen := o.id != 0 || o.topic != "" || o.olderThan != 0
	if cmd.Flags().Changed("key") {
		key, err := parseKey(o.key)
		if err != nil {
			return s, err
		}
		s.Key, chosen = key, true
	}
	if o.olderThan < 0 {
		return s, Usagef("--older-than %s: want a positive duration", o.olderThan)
	}
	if o.olderThan > 0 {
		s.Before = time.Now().Add(-o.olderThan)
	}
	switch {
	case changes && !chosen && !o.all:
		return s, Usagef("say which events: --id, --topic, --key or --all")
	case chosen && o.all:
		return s, Usagef("--all and a choice of events exclude each other")
	}
	return s, nil
}

// parkedJSON is the JSON of a parked event.
type parkedJSON struct {
	ID       int64  `json:"id"`
	EventID  string `json:"event_id,omitempty"`
	Type     string `json:"type,omitempty"`
	Topic    string `json:"topic"`
	Key      string `json:"key"`
	Sequence *int64 `json:"sequence,omitempty"`
	// Bytes is the length of the payload; -1 for a tombstone, as of a record on a topic.
	Bytes    int       `json:"bytes"`
	Scope    string    `json:"scope"`
	Reason   string    `json:"reason,omitempty"`
	Attempts int       `json:"attempts"`
	Created  time.Time `json:"created_at"`
}

func newOutboxParkedCommand(env *Env, o *parkedOptions) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "parked",
		Short: "List parked events and why they are",
		Long:  parkedLong,
		Example: `  schemactl outbox parked --database-url sqlite:app.db
  schemactl outbox parked --topic payments.payments --key 42 --output json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, err := o.selection(cmd, false)
			if err != nil {
				return err
			}
			if o.limit < 1 {
				return Usagef("--limit %d: want at least 1", o.limit)
			}
			return o.with(cmd.Context(), func(db *gorm.DB) error { return o.list(cmd.Context(), env, db, s) }, database.MustExist())
		},
	}
	o.bind(cmd)
	cmd.Flags().IntVar(&o.limit, "limit", 100, "how many to list at most")
	OutputFlag(cmd, &o.output)
	return cmd
}

func (o *parkedOptions) list(ctx context.Context, env *Env, db *gorm.DB, s relay.Selection) error {
	rows, err := relay.ListParked(ctx, db, s, o.limit)
	if err != nil {
		return err
	}
	list := make([]parkedJSON, 0, len(rows))
	for i := range rows {
		r := &rows[i]
		one := parkedJSON{
			ID: r.ID, EventID: r.EventID, Type: r.Type, Topic: r.Topic, Key: keyText(r.Key), Bytes: len(r.Payload),
			Scope: r.Scope, Reason: r.Reason, Attempts: r.Attempts, Created: r.CreatedAt.UTC(),
		}
		if r.IsTombstone() && !r.Mark {
			one.Bytes = -1
		}
		if r.Sequence.Valid {
			one.Sequence = &r.Sequence.Int64
		}
		list = append(list, one)
	}
	if o.output == FormatJSON {
		return PrintJSON(env.Out, list)
	}
	if len(list) == 0 {
		_, err := fmt.Fprintln(env.Out, "nothing is parked")
		return err
	}
	table := make([][]any, 0, len(list))
	for _, p := range list {
		size := any(p.Bytes)
		if p.Bytes < 0 {
			size = "tombstone"
		}
		table = append(table, []any{p.ID, p.Topic, p.Key, p.Type, size, p.Scope, p.Attempts, p.Reason})
	}
	return PrintTable(env.Out, []string{"id", "topic", "key", "type", "bytes", "scope", "attempts", "reason"}, table)
}

func newOutboxParkCommand(env *Env, o *parkedOptions) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "park --topic TOPIC [--key KEY]",
		Short: "Hold back the events of a key or a topic",
		Long: `Has the relay hold back the events of a key, or of the whole topic without --key, from
about a second on and until 'outbox retry'. They wait in order.`,
		Example: "  schemactl outbox park --topic payments.payments --key 42 --reason 'wrong amounts'",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if o.topic == "" {
				return Usagef("no topic: give --topic")
			}
			var key []byte
			if cmd.Flags().Changed("key") {
				var err error
				if key, err = parseKey(o.key); err != nil {
					return err
				}
			}
			return o.with(cmd.Context(), func(db *gorm.DB) error {
				if err := relay.Park(cmd.Context(), db, o.topic, key, o.reason); err != nil {
					return err
				}
				_, err := fmt.Fprintln(env.Out, "held back until 'outbox retry'")
				return err
			}, database.MustExist())
		},
	}
	cmd.Flags().StringVar(&o.topic, "topic", "", "topic, with its prefix")
	cmd.Flags().StringVar(&o.key, "key", "", "key of the events, text or 0x and hex digits (default: all events of the topic)")
	cmd.Flags().StringVar(&o.reason, "reason", "by hand", "why, for those who list it")
	return cmd
}

func newOutboxRetryCommand(env *Env, o *parkedOptions) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "retry",
		Short: "Have parked events relayed again",
		Long: `Has the relay send parked events again, within about a second, in order and before
anything that comes after them. All that is parked under the same keys goes with them.
What is refused again stays parked.`,
		Example: `  schemactl outbox retry --id 4711
  schemactl outbox retry --topic payments.payments
  schemactl outbox retry --all`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return o.change(cmd, env, relay.Retry, "are told to go on")
		},
	}
	o.bind(cmd)
	cmd.Flags().BoolVar(&o.all, "all", false, "all parked events")
	OutputFlag(cmd, &o.output)
	return cmd
}

func newOutboxDiscardCommand(env *Env, o *parkedOptions) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "discard",
		Short: "Remove parked events for good",
		Long: `Removes parked events: nobody will ever get them. What waits behind nothing any more goes
on by itself. With --older-than only what was parked longer ago than that goes,
so that a schedule can keep the table short. It wants --yes where there is no terminal
to ask on.`,
		Example: `  schemactl outbox discard --id 4711
  schemactl outbox discard --older-than 720h --yes`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return o.change(cmd, env, relay.Discard, "are removed")
		},
	}
	o.bind(cmd)
	cmd.Flags().DurationVar(&o.olderThan, "older-than", 0, "only what was parked longer ago than this")
	cmd.Flags().BoolVar(&o.all, "all", false, "all parked events")
	yesFlag(cmd, &o.yes)
	OutputFlag(cmd, &o.output)
	return cmd
}

// countJSON is the JSON of how many events something was done to.
type countJSON struct {
	Events int64 `json:"events"`
}

func (o *parkedOptions) change(cmd *cobra.Command, env *Env,
	do func(context.Context, *gorm.DB, relay.Selection) (int64, error), done string,
) error {
	s, err := o.selection(cmd, true)
	if err != nil {
		return err
	}
	if cmd.Flags().Lookup("yes") != nil {
		if err := confirm(env, o.yes, "removing parked events"); err != nil {
			return err
		}
	}
	return o.with(cmd.Context(), func(db *gorm.DB) error {
		n, err := do(cmd.Context(), db, s)
		if err != nil {
			return err
		}
		if o.output == FormatJSON {
			return PrintJSON(env.Out, countJSON{n})
		}
		_, err = fmt.Fprintf(env.Out, "%d parked events %s\n", n, done)
		return err
	}, database.MustExist())
}
