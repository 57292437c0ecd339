package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/schemactl/schemactl/migrate/drift"
)

func newMigrateTestCommand(env *Env, o *migrateOptions) *cobra.Command {
	var scratch string
	cmd := &cobra.Command{
		Use:   "test",
		Short: "Try every migration up, down and up again",
		Long: `Takes every migration up, down and up again in a scratch database with generated
rows in its tables, and compares the schema after down with the one before up.
Exits with 3 when one cannot be taken back.

The database of --database-url is not touched: it says on which server the
scratch is made. Without it the SQLite migrations are tried in a temporary file.
--scratch-url names an empty database to use instead; it is left empty.

JSON: a list of migration, reversible, problem, left (what differs), rows, empty
(tables for which no row could be made, and why), skipped.`,
		Example: `  schemactl migrate test
  schemactl migrate test --database-url postgres://app@db/shop --add-source billing=./migrations`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return o.try(cmd.Context(), env, scratch) },
	}
	cmd.Flags().StringVar(&scratch, "scratch-url", "", "an empty database of the same kind to build in; it is left empty")
	OutputFlag(cmd, &o.output)
	return cmd
}

func (o *migrateOptions) try(ctx context.Context, env *Env, scratch string) error {
	sources, err := o.chosen(env)
	if err != nil {
		return err
	}
	target, err := o.target()
	if err != nil {
		return err
	}
	trials, err := drift.Try(ctx, drift.TryRequest{URL: target.url, ScratchURL: scratch, Sources: sources, Application: o.application(env)})
	if errors.Is(err, drift.ErrScratchUsed) {
		return &UsageError{err: err}
	}
	if err != nil {
		return err
	}
	if err := o.printTrials(env, trials); err != nil {
		return err
	}
	failed := 0
	for _, t := range trials {
		if !t.Reversible {
			failed++
		}
	}
	if failed > 0 {
		return Foundf("%s not shown to be reversible", someOf(failed, len(trials)))
	}
	return nil
}

// someOf is "1 of 1 migration is", "1 of 2 migrations is" or "2 of 2 migrations are".
func someOf(n, all int) string {
	noun, verb := "migrations", "are"
	if all == 1 {
		noun = "migration"
	}
	if n == 1 {
		verb = "is"
	}
	return fmt.Sprintf("%d of %d %s %s", n, all, noun, verb)
}

func (o *migrateOptions) printTrials(env *Env, trials []drift.Trial) error {
	if o.output == FormatJSON {
		if trials == nil {
			trials = []drift.Trial{}
		}
		return PrintJSON(env.Out, trials)
	}
	rows := make([][]any, len(trials))
	for i, t := range trials {
		result, detail := "reversible", strings.Join(append(t.Left, t.Problem), "; ")
		switch {
		case t.Skipped:
			result = "not tried"
		case !t.Reversible:
			result = "NOT reversible"
		}
		rows[i] = []any{t.Migration, result, t.Rows, strings.Trim(detail, "; ")}
		for _, e := range t.Empty {
			fmt.Fprintf(env.Err, "note: %s ran without rows in %s\n", t.Migration, e)
		}
	}
	return PrintTable(env.Out, []string{"Migration", "Result", "Rows", "What is wrong"}, rows)
}
