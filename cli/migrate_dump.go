package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"
	"gorm.io/gorm"

	"github.com/schemactl/schemactl/database"
	"github.com/schemactl/schemactl/migrate"
	"github.com/schemactl/schemactl/migrate/drift"
)

// dumpOptions are the flags of dump.
type dumpOptions struct {
	out        string
	scratch    string
	schemaOnly bool
}

func newMigrateDumpCommand(env *Env, o *migrateOptions) *cobra.Command {
	d := &dumpOptions{}
	cmd := &cobra.Command{
		Use:   "dump",
		Short: "Write what the applied migrations make as SQL, for fresh databases",
		Long: `Runs the migrations that a database has applied in a scratch database and writes
what they made as SQL of its dialect: the schema, the rows that migrations
inserted (at most 50,000, or 32 MB), and last the record of the migrations. A
fresh database that starts from it with 'migrate load' is equal to one that ran
every migration; what is newer is then applied by 'migrate up'. The database
itself is only read. Where it is not what its migrations make, a note says so.

The scratch is a temporary database on the same server (on PostgreSQL a schema
where the right to make a database is missing, on SQLite a file), or the empty
database that --scratch-url names, which is left empty. --schema-only needs none:
it writes the schema of the database as it is, without rows.

On PostgreSQL comments and privileges are not written, and partitioned tables
are refused.`,
		Example: `  schemactl migrate dump --database-url postgres://app@db/shop --out snapshot.sql
  schemactl migrate dump --database-url mysql://app@db/shop --schema-only`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return o.dump(cmd.Context(), env, d) },
	}
	f := cmd.Flags()
	f.StringVar(&d.out, "out", "", "the file to write (default standard output)")
	f.StringVar(&d.scratch, "scratch-url", "", "an empty database of the same kind to build in; it is left empty")
	f.BoolVar(&d.schemaOnly, "schema-only", false, "write the schema of the database as it is, without rows")
	OutputFlag(cmd, &o.output)
	return cmd
}

func (o *migrateOptions) dump(ctx context.Context, env *Env, d *dumpOptions) error {
	target, err := o.target()
	if err != nil {
		return err
	}
	var text bytes.Buffer
	if d.schemaOnly {
		err = target.with(ctx, func(db *gorm.DB) error { return drift.Dump(ctx, &text, db) }, database.MustExist())
	} else {
		err = o.snapshot(ctx, env, target.url, d.scratch, &text)
	}
	if err != nil {
		return err
	}
	return o.printDump(env, d.out, text.Bytes())
}

func (o *migrateOptions) snapshot(ctx context.Context, env *Env, url, scratch string, w io.Writer) error {
	if url == "" {
		return Usagef("no database: give --database-url or set SCHEMACTL_DATABASE_URL")
	}
	sources, err := o.chosen(env)
	if err != nil {
		return err
	}
	notes, err := drift.Snapshot(ctx, w, drift.SnapshotRequest{
		URL: url, ScratchURL: scratch, Sources: sources, Application: o.application(env),
	})
	for _, note := range notes {
		fmt.Fprintln(env.Err, "note:", note)
	}
	if errors.Is(err, drift.ErrScratchUsed) {
		return &UsageError{err: err}
	}
	return err
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
	target, err := o.target()
	if err != nil {
		return err
	}
	return target.with(ctx, func(db *gorm.DB) error {
		if o.schema != "" {
			if err := migrate.MakeSchema(ctx, db, o.schema); err != nil {
				return err
			}
		}
		if err := drift.Load(ctx, bytes.NewReader(text), db, drift.LoadOptions{Application: o.application(env), Timeout: o.timeout}); err != nil {
			return err
		}
		_, err := fmt.Fprintln(env.Out, "loaded")
		return err
	})
}
