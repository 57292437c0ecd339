package cli

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"gorm.io/gorm"

	"github.com/schemactl/schemactl/database"
	"github.com/schemactl/schemactl/outbox/relay"
)

// backlogJSON is the JSON of `outbox status`.
type backlogJSON struct {
	Waiting       int64        `json:"waiting"`
	OldestSeconds float64      `json:"oldest_seconds"`
	Parked        int64        `json:"parked"`
	ParkedKeys    int64        `json:"parked_keys"`
	Owners        []string     `json:"owners"`
	DeadRows      *int64       `json:"dead_rows,omitempty"`
	Horizon       *horizonJSON `json:"horizon,omitempty"`
}

// horizonJSON is the session that keeps dead rows.
type horizonJSON struct {
	PID         int64   `json:"pid"`
	Application string  `json:"application,omitempty"`
	Seconds     float64 `json:"seconds"`
}

func newOutboxStatusCommand(env *Env, o *relayOptions) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Show how many events wait and since when, who relays, and what is parked",
		Long: `Shows how many events wait and since when, who relays them, and how many are parked. On
PostgreSQL also the deleted rows that the table still holds, and the session whose
snapshot keeps them if one does so for over a second.`,
		Example: "  schemactl outbox status --database-url sqlite:app.db --output json",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return o.with(cmd.Context(), func(db *gorm.DB) error {
				b, err := relay.Status(cmd.Context(), db)
				if err != nil {
					return err
				}
				if o.output == FormatJSON {
					return PrintJSON(env.Out, backlogOf(b))
				}
				_, err = fmt.Fprintln(env.Out, backlogText(b))
				return err
			}, database.MustExist())
		},
	}
	OutputFlag(cmd, &o.output)
	return cmd
}

func backlogOf(b relay.Backlog) backlogJSON {
	out := backlogJSON{Waiting: b.Waiting, OldestSeconds: b.Oldest.Seconds(), Parked: b.Parked, ParkedKeys: b.ParkedKeys, Owners: b.Owners}
	if p := b.Postgres; p != nil {
		out.DeadRows = &p.DeadRows
		if p.HorizonPID != 0 {
			out.Horizon = &horizonJSON{p.HorizonPID, p.HorizonApplication, p.HorizonAge.Seconds()}
		}
	}
	return out
}

func backlogText(b relay.Backlog) string {
	text := fmt.Sprintf("%d events wait", b.Waiting)
	if b.Waiting > 0 {
		text += ", the oldest for " + b.Oldest.Round(time.Millisecond).String()
	}
	lines := []string{text}
	if b.Parked > 0 || b.ParkedKeys > 0 {
		lines = append(lines, fmt.Sprintf("%d events of %d keys are parked: see 'outbox parked'", b.Parked, b.ParkedKeys))
	}
	for i, owner := range b.Owners {
		if owner != "" {
			lines = append(lines, "relayed by "+owner)
			continue
		}
		text := "nobody relays: start 'outbox relay', or an application that does"
		if n := len(b.Owners); n > 1 {
			text = fmt.Sprintf("nobody relays shard %d of %d: start 'outbox relay --shard %d/%d'", i+1, n, i+1, n)
		}
		lines = append(lines, text)
	}
	if p := b.Postgres; p != nil {
		lines = append(lines, fmt.Sprintf("%d deleted rows are not vacuumed yet", p.DeadRows))
		if p.HorizonPID != 0 {
			lines = append(lines, fmt.Sprintf("session %d (%s) has kept them for %s", p.HorizonPID, p.HorizonApplication, p.HorizonAge.Round(time.Second)))
		}
	}
	return strings.Join(lines, "\n")
}

func newOutboxDrainCommand(env *Env, o *relayOptions) *cobra.Command {
	var timeout time.Duration
	cmd := &cobra.Command{
		Use:   "drain",
		Short: "Wait until all events are relayed",
		Long: `Waits until no event waits, such as before the last relay of a database is stopped. It
moves nothing itself. When events are parked, or --timeout is over, it fails: nobody
relays those without a hand.`,
		Example: "  schemactl outbox drain --database-url sqlite:app.db --timeout 1m",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if timeout <= 0 {
				return Usagef("--timeout %s: want a positive duration", timeout)
			}
			return o.with(cmd.Context(), func(db *gorm.DB) error { return drain(cmd.Context(), env, db, timeout) }, database.MustExist())
		},
	}
	cmd.Flags().DurationVar(&timeout, "timeout", 5*time.Minute, "how long to wait at most")
	return cmd
}

const drainPoll = 200 * time.Millisecond

func drain(ctx context.Context, env *Env, db *gorm.DB, timeout time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	ticker := time.NewTicker(drainPoll)
	defer ticker.Stop()
	for {
		b, err := relay.Status(ctx, db)
		switch {
		case err != nil && ctx.Err() == nil:
			return err
		case err == nil && b.Waiting == 0 && b.Held > 0:
			return fmt.Errorf("%d events are parked: see 'outbox parked', then 'outbox retry' or 'outbox discard'", b.Held)
		case err == nil && b.Waiting == 0 && b.Parked == 0:
			_, err := fmt.Fprintln(env.Out, "no event waits")
			return err
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return fmt.Errorf("after %s: %s: %w", timeout, strings.ReplaceAll(backlogText(b), "\n", "; "), ctx.Err())
		}
	}
}
