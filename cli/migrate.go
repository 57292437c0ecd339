package cli

import (
	"context"
	"errors"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"gorm.io/gorm"

	"github.com/schemactl/schemactl/database"
	"github.com/schemactl/schemactl/migrate"
)

// migrateOptions are the flags that the verbs of migrate share.
type migrateOptions struct {
	databaseOptions
	sources     []string
	addSources  []string
	lockTimeout time.Duration
	statement   time.Duration
	timeout     time.Duration
	schema      string
	strict      bool
	output      string
	progress    *runProgress // of the run in hand
}

func newMigrateCommand(env *Env) *cobra.Command {
	o := &migrateOptions{}
	cmd := group("migrate", "Bring a database up to date, once, whoever comes first",
		`Runs the migrations that this binary carries, or those of --source, against a
database. 'migrate up' may be called by any number of processes at the same
time: one runs what is pending, the others wait and find nothing to do.

See also 'help migrations', 'help migrate-json' and 'help database-url'.`,
		newMigrateUpCommand(env, o), newMigrateDownCommand(env, o), newMigrateToCommand(env, o), newMigrateRedoCommand(env, o),
		newMigrateStatusCommand(env, o), newMigratePlanCommand(env, o), newMigrateSQLCommand(env, o),
		newMigrateVerifyCommand(env, o), newMigrateValidateCommand(env, o),
		newMigrateBaselineCommand(env, o), newMigrateRepairCommand(env, o), newMigrateCreateCommand(env),
		newMigrateTestCommand(env, o), newMigrateDumpCommand(env, o), newMigrateLoadCommand(env, o))
	o.bind(cmd)
	f := cmd.PersistentFlags()
	f.StringArrayVar(&o.sources, "source", nil, "NAME=DIR: a folder of migrations instead of those in this binary (repeatable; in a variable, separated by commas or lines)")
	f.StringArrayVar(&o.addSources, "add-source", nil, "NAME=DIR: a folder of migrations beside the others (repeatable; in a variable, separated by commas or lines)")
	f.DurationVar(&o.lockTimeout, "lock-timeout", 5*time.Second, "how long a statement waits for a table's lock before it is tried again; 0 waits for ever")
	f.DurationVar(&o.statement, "statement-timeout", 0, "how long one statement may run, on PostgreSQL and MariaDB (MySQL and SQLite have no such limit); 0 is without limit")
	f.DurationVar(&o.timeout, "timeout", 0, "how long to wait for another process that migrates; 0 waits as long as it takes")
	f.StringVar(&o.schema, "schema", "", "PostgreSQL schema to migrate; made when it is missing by the verbs that change something")
	return cmd
}

// known checks that a source of that name is there; "" is all of them.
func (o *migrateOptions) known(env *Env, name string) error {
	sources, err := o.chosen(env)
	if err != nil || name == "" {
		return err
	}
	names := make([]string, len(sources))
	for i, s := range sources {
		names[i] = s.Name()
	}
	if !slices.Contains(names, name) {
		return Usagef("no source %q: there are %s", name, strings.Join(names, ", "))
	}
	return nil
}

// chosen are the sources that the flags ask for.
func (o *migrateOptions) chosen(env *Env) ([]migrate.Source, error) {
	sources := env.Project.Sources
	if len(o.sources) > 0 {
		sources = nil
	}
	for _, text := range slices.Concat(o.sources, o.addSources) {
		source, err := folderSource(text)
		if err != nil {
			return nil, err
		}
		sources = append(slices.Clip(sources), source)
	}
	return sources, nil
}

func (o *migrateOptions) migrator(env *Env, db *gorm.DB) (*migrate.Migrator, error) {
	sources, err := o.chosen(env)
	if err != nil {
		return nil, err
	}
	opts := []migrate.Option{
		migrate.WithApplication(o.application(env)),
		migrate.WithLockTimeout(o.lockTimeout),
		migrate.WithStatementTimeout(o.statement),
		migrate.WithWaitTimeout(o.timeout),
		migrate.WithProgress(o.progress.tell),
	}
	if o.strict {
		opts = append(opts, migrate.WithStrict())
	}
	m, err := migrate.New(db, sources, opts...)
	if err != nil {
		return nil, &UsageError{err: err}
	}
	return m, nil
}

// folderSource reads NAME=DIR.
func folderSource(text string) (migrate.Source, error) {
	name, dir, ok := strings.Cut(text, "=")
	if !ok || name == "" || dir == "" {
		return migrate.Source{}, Usagef("source %q: want NAME=DIR", text)
	}
	info, err := os.Stat(dir)
	if err != nil {
		return migrate.Source{}, Usagef("source %s: folder %s cannot be read: %w", name, dir, err)
	}
	if !info.IsDir() {
		return migrate.Source{}, Usagef("source %s: %s is not a folder", name, dir)
	}
	return migrate.NewSource(name, os.DirFS(dir)), nil
}

// withMigrator opens the database, in the schema that is asked for.
func (o *migrateOptions) withMigrator(ctx context.Context, env *Env, do func(*gorm.DB, *migrate.Migrator) error, opts ...database.Option) error {
	target, err := o.target()
	if err != nil {
		return err
	}
	o.progress = newRunProgress(env.Err)
	return target.with(ctx, func(db *gorm.DB) error {
		m, err := o.migrator(env, db)
		if err != nil {
			return err
		}
		return exitOf(do(db, m))
	}, opts...)
}

// target is the database, in the schema that is asked for.
func (o *migrateOptions) target() (databaseOptions, error) {
	target := o.databaseOptions
	if o.schema == "" {
		return target, nil
	}
	var err error
	target.url, err = inSchema(o.url, o.schema)
	return target, err
}

// inSchema makes a URL whose sessions work in a schema.
func inSchema(raw, schema string) (string, error) {
	if err := migrate.CheckSchema(schema); err != nil {
		return "", &UsageError{err: err}
	}
	if raw == "" {
		return "", nil // which is complained about where it is opened
	}
	if !strings.HasPrefix(raw, "postgres://") && !strings.HasPrefix(raw, "postgresql://") {
		return "", Usagef("--schema is for PostgreSQL only")
	}
	head, query, _ := strings.Cut(raw, "?")
	values, err := url.ParseQuery(query)
	if err != nil {
		return "", Usagef("database URL: its parameters cannot be read")
	}
	values.Set("search_path", schema)
	return head + "?" + values.Encode(), nil
}

// exitOf gives the package's errors their exit codes.
func exitOf(err error) error {
	switch {
	case errors.Is(err, migrate.ErrStrict):
		return Foundf("%v", err)
	case errors.Is(err, migrate.ErrNoVersion):
		return &UsageError{err: err}
	}
	return err
}
