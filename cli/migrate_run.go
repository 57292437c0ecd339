package cli

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/spf13/cobra"
	"gorm.io/gorm"

	"github.com/schemactl/schemactl/migrate"
)

func newMigrateUpCommand(env *Env, o *migrateOptions) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "up",
		Short: "Apply what is pending",
		Long: `Apply what is pending, of all sources, by timestamp. What is older than an applied
one of its source runs too. That, applied files that were edited or are gone, and
half-done migrations without a file are said on stderr; with --strict each is exit
code 3, and nothing runs.`,
		Example: `  schemactl migrate up --database-url postgres://app@db/shop
  schemactl migrate up --database-url sqlite:app.db --add-source billing=./migrations`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return o.run(cmd.Context(), env, func(ctx context.Context, m *migrate.Migrator) (*migrate.Result, error) { return m.Up(ctx) })
		},
	}
	cmd.Flags().BoolVar(&o.strict, "strict", false, "refuse when something is edited, missing, unknown, out of order, or half done without a file")
	OutputFlag(cmd, &o.output)
	return cmd
}

func newMigrateDownCommand(env *Env, o *migrateOptions) *cobra.Command {
	var down migrate.DownOptions
	cmd := &cobra.Command{
		Use:     "down",
		Short:   "Undo what was applied last",
		Long:    "Undoes what was applied last, by the history of the database and not by version.",
		Example: "  schemactl migrate down --steps 2 --database-url sqlite:app.db",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if down.Steps < 1 {
				return Usagef("--steps is %d, want 1 or more", down.Steps)
			}
			if err := o.known(env, down.Only); err != nil {
				return err
			}
			return o.run(cmd.Context(), env, func(ctx context.Context, m *migrate.Migrator) (*migrate.Result, error) { return m.Down(ctx, down) })
		},
	}
	cmd.Flags().IntVar(&down.Steps, "steps", 1, "how many migrations to undo")
	cmd.Flags().StringVar(&down.Only, "only", "", "undo only migrations of this source")
	OutputFlag(cmd, &o.output)
	return cmd
}

func newMigrateToCommand(env *Env, o *migrateOptions) *cobra.Command {
	var only string
	cmd := &cobra.Command{
		Use:   "to VERSION",
		Short: "Bring one source to a version, up or down",
		Long: `Undoes what is newer than the version and applied, the last applied first, and
applies what is pending up to and with it, of one source. Version 0 undoes all.`,
		Example: `  schemactl migrate to 20260301120000 --database-url sqlite:app.db
  schemactl migrate to 0 --only billing --add-source billing=./migrations --database-url sqlite:app.db`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			version, err := o.version(env, only, args[0])
			if err != nil {
				return err
			}
			return o.run(cmd.Context(), env, func(ctx context.Context, m *migrate.Migrator) (*migrate.Result, error) {
				return m.To(ctx, only, version)
			})
		},
	}
	cmd.Flags().StringVar(&only, "only", migrate.Shared, "the source")
	OutputFlag(cmd, &o.output)
	return cmd
}

func newMigrateRedoCommand(env *Env, o *migrateOptions) *cobra.Command {
	var redo migrate.RedoOptions
	cmd := &cobra.Command{
		Use:     "redo",
		Short:   "Undo what was applied last and apply it again",
		Long:    "Undoes the migration that was applied last, by the history, and applies it again.",
		Example: "  schemactl migrate redo --only billing --add-source billing=./migrations --database-url sqlite:app.db",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := o.known(env, redo.Only); err != nil {
				return err
			}
			return o.run(cmd.Context(), env, func(ctx context.Context, m *migrate.Migrator) (*migrate.Result, error) { return m.Redo(ctx, redo) })
		},
	}
	cmd.Flags().StringVar(&redo.Only, "only", "", "the last migration of this source")
	OutputFlag(cmd, &o.output)
	return cmd
}

func newMigrateBaselineCommand(env *Env, o *migrateOptions) *cobra.Command {
	var only string
	var opt migrate.BaselineOptions
	cmd := &cobra.Command{
		Use:   "baseline VERSION",
		Short: "Record migrations as applied without running them",
		Long: `For a database that was made by other means: records the migrations of one source
up to and with the version as applied and runs none of them. It refuses when the
database has no tables, and when what is applied differs from the files.`,
		Example: "  schemactl migrate baseline 20260301120000 --database-url postgres://app@db/shop",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			version, err := o.version(env, only, args[0])
			if err != nil {
				return err
			}
			return o.run(cmd.Context(), env, func(ctx context.Context, m *migrate.Migrator) (*migrate.Result, error) {
				return m.Baseline(ctx, only, version, opt)
			})
		},
	}
	cmd.Flags().StringVar(&only, "only", migrate.Shared, "the source")
	cmd.Flags().BoolVar(&opt.Force, "force", false, "also in an empty database, and where what is applied differs from the files")
	OutputFlag(cmd, &o.output)
	return cmd
}

// version reads a version of a source that has to be there.
func (o *migrateOptions) version(env *Env, source, text string) (int64, error) {
	if err := o.known(env, source); err != nil {
		return 0, err
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 {
		return 0, Usagef("version %q: want a number, as a migration's file name begins with", text)
	}
	return n, nil
}

// run performs what changes the database and prints what was done, also when it
// ended early.
func (o *migrateOptions) run(ctx context.Context, env *Env, do func(context.Context, *migrate.Migrator) (*migrate.Result, error)) error {
	return o.withMigrator(ctx, env, func(db *gorm.DB, m *migrate.Migrator) error {
		if o.schema != "" {
			if err := migrate.MakeSchema(ctx, db, o.schema); err != nil {
				return err
			}
		}
		result, err := do(ctx, m)
		o.progress.end()
		if crash, ok := errors.AsType[*migrate.PanicError](err); ok {
			fmt.Fprintf(env.Err, "%s", crash.Stack)
		}
		if result == nil && o.output == FormatJSON {
			result = &migrate.Result{}
		}
		if result != nil {
			if !errors.Is(err, migrate.ErrStrict) { // which lists them
				printFindings(env, result.Findings)
			}
			if printErr := o.printResult(env, result, err == nil); printErr != nil && err == nil {
				return printErr
			}
		}
		return err
	})
}

// printFindings tells people, on stderr.
func printFindings(env *Env, found []migrate.Finding) {
	for _, f := range found {
		word := "note"
		if f.Kind == migrate.FindingEdited || f.Kind == migrate.FindingHalfDone {
			word = "warning"
		}
		fmt.Fprintf(env.Err, "%s: %s\n", word, f)
	}
}

// appliedLine is the JSON of a migration that ran.
type appliedLine struct {
	Source    string  `json:"source"`
	Version   int64   `json:"version"`
	Name      string  `json:"name"`
	File      string  `json:"file"`
	Direction string  `json:"direction"`
	Millis    float64 `json:"ms"`
}

// findingLine is the JSON of a finding.
type findingLine struct {
	Kind        string `json:"kind"`
	Source      string `json:"source"`
	Version     int64  `json:"version"`
	Name        string `json:"name"`
	File        string `json:"file"`
	Application string `json:"application"`
}

func findingLines(found []migrate.Finding) []findingLine {
	lines := make([]findingLine, len(found))
	for i, f := range found {
		lines[i] = findingLine{string(f.Kind), f.Source, f.Version, f.Name, f.File, f.Application}
	}
	return lines
}

// resultJSON is the JSON of the verbs that change the database.
type resultJSON struct {
	Applied      []appliedLine `json:"applied"`
	WaitedMillis float64       `json:"waited_ms"`
	Complete     bool          `json:"complete"`
	Findings     []findingLine `json:"findings"`
}

func (o *migrateOptions) printResult(env *Env, result *migrate.Result, complete bool) error {
	lines := make([]appliedLine, len(result.Applied))
	rows := make([][]any, len(result.Applied))
	for i, a := range result.Applied {
		lines[i] = appliedLine{a.Source, a.Version, a.Name, a.File, string(a.Direction), millis(a.Duration)}
		rows[i] = []any{a.Version, a.Name, a.Source, a.Direction, fmt.Sprintf("%.1f ms", millis(a.Duration))}
	}
	if o.output == FormatJSON {
		return PrintJSON(env.Out, resultJSON{lines, millis(result.Waited), complete, findingLines(result.Findings)})
	}
	if len(rows) > 0 {
		return PrintTable(env.Out, []string{"Version", "Migration", "Source", "Direction", "Took"}, rows)
	}
	if !complete {
		return nil
	}
	_, err := fmt.Fprintln(env.Out, "nothing to do")
	return err
}

func millis(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
