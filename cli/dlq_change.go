package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/schemactl/schemactl/stream/deadletter"
)

// dlqChange is which letters are replayed or discarded.
type dlqChange struct {
	*dlqOptions
	all    bool
	dryRun bool
	yes    bool
	wait   time.Duration
}

// dlqChangedJSON is the JSON of `dlq replay` and `dlq discard`.
type dlqChangedJSON struct {
	Topic   string   `json:"topic"`
	Letters []string `json:"letters"`
	// Requests are the letters at which the replays begin; empty for discard.
	Requests []string `json:"requests"`
	DryRun   bool     `json:"dry_run"`
	// Left are those of the letters that are open after --wait; null without.
	Left []string `json:"left"`
}

func newDLQReplayCommand(env *Env, o *dlqOptions) *cobra.Command {
	c := &dlqChange{dlqOptions: o}
	cmd := &cobra.Command{
		Use:   "replay [LETTER...]",
		Short: "Have dead letters handled again",
		Long: `Asks the consumer that owns the partition to handle letters again, in order: for a
letter with a key all letters of the key, from its first on, until one fails. Each is
tried once; what passes is resolved, what fails has its new reason. The consumer does
so while it runs, now or later; --wait looks for the outcome, and letters that are
left are exit code 1.`,
		Example: `  schemactl dlq replay 3-1234 --brokers 127.0.0.1:9092 --topic payments --group delivery
  schemactl dlq replay --key 4711 --topic payments --group delivery --wait 30s
  schemactl dlq replay --all --dry-run --topic payments --group delivery`,
		RunE: func(cmd *cobra.Command, args []string) error { return c.replay(cmd.Context(), env, args) },
	}
	c.bind(cmd)
	cmd.Flags().DurationVar(&c.wait, "wait", 0, "wait up to this long until the letters are replayed")
	return cmd
}

func newDLQDiscardCommand(env *Env, o *dlqOptions) *cobra.Command {
	c := &dlqChange{dlqOptions: o}
	cmd := &cobra.Command{
		Use:   "discard [LETTER...]",
		Short: "Resolve dead letters without handling them",
		Long: `Resolves letters for good; their events are never handled. What waits behind one stays
a letter until it is replayed or discarded, too. It wants --yes where there is no
terminal to ask on.`,
		Example: `  schemactl dlq discard 3-1234 --brokers 127.0.0.1:9092 --topic payments --group delivery --yes
  schemactl dlq discard --key 4711 --dry-run --topic payments --group delivery`,
		RunE: func(cmd *cobra.Command, args []string) error { return c.discard(cmd.Context(), env, args) },
	}
	c.bind(cmd)
	yesFlag(cmd, &c.yes)
	return cmd
}

func (c *dlqChange) bind(cmd *cobra.Command) {
	c.bindKey(cmd)
	cmd.Flags().BoolVar(&c.all, "all", false, "all letters of the topic and group")
	cmd.Flags().BoolVar(&c.dryRun, "dry-run", false, "show what would be done")
	OutputFlag(cmd, &c.output)
}

// letters finds what the arguments name.
func (c *dlqChange) letters(ctx context.Context, args []string) (*deadletter.Box, []deadletter.Letter, error) {
	ways := 0
	for _, given := range []bool{len(args) > 0, c.key != "", c.all} {
		if given {
			ways++
		}
	}
	if ways != 1 {
		return nil, nil, Usagef("want either letters, --key or --all")
	}
	var ids []deadletter.ID
	for _, arg := range args {
		id, err := deadletter.ParseID(arg)
		if err != nil {
			return nil, nil, &UsageError{err: err}
		}
		ids = append(ids, id)
	}
	filter, err := c.filter()
	if err != nil {
		return nil, nil, err
	}
	box, err := c.open(ctx)
	if err != nil {
		return nil, nil, err
	}
	found, err := box.List(ctx, filter)
	if err != nil || len(ids) == 0 {
		if err == nil && c.key != "" && len(found) == 0 {
			err = fmt.Errorf("%w of key %s in %s", deadletter.ErrNoLetter, c.key, box.Topic())
		}
		return box, found, err
	}
	var named []deadletter.Letter
	for _, id := range ids {
		at := slices.IndexFunc(found, func(l deadletter.Letter) bool { return l.ID == id })
		if at < 0 {
			return nil, nil, fmt.Errorf("%w: %s in %s", deadletter.ErrNoLetter, id, box.Topic())
		}
		named = append(named, found[at])
	}
	return box, named, nil
}

func (c *dlqChange) replay(ctx context.Context, env *Env, args []string) error {
	box, letters, err := c.letters(ctx, args)
	if err != nil {
		return err
	}
	requests := deadletter.Requests(letters)
	out := c.result(box, letters)
	for _, q := range requests {
		out.Requests = append(out.Requests, q.ID.String())
	}
	if !c.dryRun {
		if err := box.Replay(ctx, requests); err != nil {
			return err
		}
		if c.wait > 0 && len(requests) > 0 {
			if out.Left, err = c.left(ctx, box, letters, requests); err != nil {
				return err
			}
		}
	}
	if err := c.print(env, out, "to replay"); err != nil {
		return err
	}
	if len(out.Left) > 0 {
		return fmt.Errorf("%d of %s left; see 'dlq list'", len(out.Left), counted(len(letters), "letter"))
	}
	return nil
}

// left waits until the requests are answered, and tells what is open then.
func (c *dlqChange) left(ctx context.Context, box *deadletter.Box, letters []deadletter.Letter, requests []deadletter.Request) ([]string, error) {
	ours := func(q deadletter.Request) bool {
		return slices.ContainsFunc(requests, func(r deadletter.Request) bool { return r.ID == q.ID })
	}
	ctx, cancel := context.WithTimeout(ctx, c.wait)
	defer cancel()
	for {
		pending, err := box.Pending(ctx)
		switch {
		case ctx.Err() != nil:
			return nil, fmt.Errorf("no consumer of group %s has answered within %s; it will when it runs", c.group, c.wait)
		case err != nil:
			return nil, err
		case !slices.ContainsFunc(pending, ours):
			return c.stillOpen(ctx, box, letters)
		}
		select {
		case <-time.After(200 * time.Millisecond):
		case <-ctx.Done():
		}
	}
}

// stillOpen gives those of the letters that are still open.
func (c *dlqChange) stillOpen(ctx context.Context, box *deadletter.Box, letters []deadletter.Letter) ([]string, error) {
	found, err := box.List(ctx, deadletter.Filter{})
	if err != nil {
		return nil, err
	}
	left := []string{}
	for i := range found {
		if slices.ContainsFunc(letters, func(l deadletter.Letter) bool { return l.ID == found[i].ID }) {
			left = append(left, found[i].ID.String())
		}
	}
	return left, nil
}

func (c *dlqChange) discard(ctx context.Context, env *Env, args []string) error {
	box, letters, err := c.letters(ctx, args)
	if err != nil {
		return err
	}
	out := c.result(box, letters)
	if !c.dryRun && len(letters) > 0 {
		if err := confirm(env, c.yes, fmt.Sprintf("to discard %s in %s", counted(len(letters), "letter"), box.Topic())); err != nil {
			return err
		}
		if err := box.Discard(ctx, letters); err != nil {
			return err
		}
	}
	return c.print(env, out, "discarded")
}

func (c *dlqChange) result(box *deadletter.Box, letters []deadletter.Letter) *dlqChangedJSON {
	out := &dlqChangedJSON{Topic: box.Topic(), Letters: []string{}, Requests: []string{}, DryRun: c.dryRun}
	for i := range letters {
		out.Letters = append(out.Letters, letters[i].ID.String())
	}
	return out
}

func (c *dlqChange) print(env *Env, out *dlqChangedJSON, verb string) error {
	if c.output == FormatJSON {
		return PrintJSON(env.Out, out)
	}
	if out.DryRun {
		verb += " (dry run)"
	}
	text := fmt.Sprintf("%s %s in %s", counted(len(out.Letters), "letter"), verb, out.Topic)
	if len(out.Letters) > 0 {
		text += ": " + strings.Join(out.Letters, " ")
	}
	if out.Left != nil {
		text += "\n" + counted(len(out.Left), "letter") + " left"
	}
	_, err := fmt.Fprintln(env.Out, text)
	return err
}
