package cli

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"
	"gorm.io/gorm"

	"github.com/schemactl/schemactl/database"
	"github.com/schemactl/schemactl/migrate/drift"
)

func newMigrateDumpCommand(env *Env, o *migrateOptions) *cobra.Command {
	var out string
	cmd := &cobra.Command{
		Use:   "dump",
		Short: "Write the schema as SQL, with the migrations that are applied",
		Long: `Writes the schema of a database as SQL of its dialect, and last the rows that
record which migrations are applied. A fresh database can start from it with
'migrate load'; what is newer is then applied by 'migrate up'. Databases with the
same schema and migrations give the same text.

Rows of tables are not in it, not even those that migrations put there. On
PostgreSQL comments, privileges and extensions are not written, and partitioned
tables are refused.`,
		Example: "  schemactl migrate dump --database-url postgres://app@db/shop --out snapshot.sql",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return o.dump(cmd.Context(), env, out) },
	}
	cmd.Flags().StringVar(&out, "out", "", "the file to write (default standard output)")
	OutputFlag(cmd, &o.output)
	return cmd
}

func (o *migrateOptions) dump(ctx context.Context, env *Env, out string) error {
	return o.with(ctx, func(db *gorm.DB) error {
		var text bytes.Buffer
		if err := drift.Dump(ctx, &text, db); err != nil {
			return err
		}
		return o.printDump(env, out, text.Bytes())
	}, database.MustExist())
}

// replaceFile writes a file whole or not at all.
func replaceFile(name string, text []byte) error { return writeFile(name, text, 0o644) }

func newMigrateLoadCommand(env *Env, o *migrateOptions) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "load FILE",
		Short: "Let an empty database start from what 'migrate dump' wrote",
		Long: `Runs a file of 'migrate dump' (- is standard input) in an empty database, under
the same lock as migrations. A database that holds anything is refused and left
as it is. On PostgreSQL and SQLite the whole file is loaded or nothing; on MySQL
and MariaDB a load that stops in between leaves tables, which are to be dropped.`,
		Example: `  schemactl migrate load snapshot.sql --database-url postgres://app@db/fresh
  schemactl migrate up --database-url postgres://app@db/fresh`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return o.load(cmd.Context(), env, args[0]) },
	}
	return cmd
}

func (o *migrateOptions) load(ctx context.Context, env *Env, name string) (err error) {
	in := env.In
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return Usagef("snapshot: %w", err)
		}
		defer f.Close() //nolint:errcheck // only read
		in = f
	}
	text, err := io.ReadAll(in)
	if err != nil {
		return fmt.Errorf("read %s: %w", name, err)
	}
	return o.with(ctx, func(db *gorm.DB) error {
		if err := drift.Load(ctx, bytes.NewReader(text), db, drift.LoadOptions{Application: o.application(env), Timeout: o.timeout}); err != nil {
			return err
		}
		_, err := fmt.Fprintln(env.Out, "loaded")
		return err
	})
}
