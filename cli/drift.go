package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/schemactl/schemactl/migrate/drift"
)

// driftOptions are the flags of drift.
type driftOptions struct {
	migrateOptions
	scratch string
}

func newDriftCommand(env *Env) *cobra.Command {
	o := &driftOptions{}
	cmd := &cobra.Command{
		Use:   "drift",
		Short: "Compare models, migrations and a live database",
		Long: `Builds the models and the migrations in scratch databases and compares both with
the live database, which is only read. Each difference says which of the three
is off and what would mend it. Exits with 3 when there are differences; pending
migrations are named, and are none.

The scratch is a temporary database on the same server (on PostgreSQL a schema
where the right to make a database is missing, on SQLite a file), or the empty
database that --scratch-url names, which is left empty.

JSON: dialect; pending: migrations; notes; differences: case, object, kind,
table, name, off (models, migrations, live, all), models, migrations, live (what
each says), mend, sql (empty where it is not certain).`,
		Example: `  schemactl drift --database-url postgres://app@db/shop
  schemactl drift --database-url mysql://app@db/shop --scratch-url mysql://app@db/scratch --output json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return o.run(cmd.Context(), env) },
	}
	o.bind(cmd)
	f := cmd.Flags()
	f.StringVar(&o.scratch, "scratch-url", "", "an empty database of the same kind to build in; it is left empty")
	f.StringVar(&o.schema, "schema", "", "PostgreSQL schema to compare")
	f.StringArrayVar(&o.sources, "source", nil, "NAME=DIR: a folder of migrations instead of those in this binary (repeatable; in a variable, separated by commas or lines)")
	f.StringArrayVar(&o.addSources, "add-source", nil, "NAME=DIR: a folder of migrations beside the others (repeatable; in a variable, separated by commas or lines)")
	OutputFlag(cmd, &o.output)
	return cmd
}

func (o *driftOptions) run(ctx context.Context, env *Env) error {
	if o.url == "" {
		return Usagef("no database: give --database-url or set SCHEMACTL_DATABASE_URL")
	}
	sources, err := o.chosen(env)
	if err != nil {
		return err
	}
	report, err := drift.Compare(ctx, drift.Request{
		URL: o.url, ScratchURL: o.scratch, Schema: o.schema, Sources: sources, Models: env.Project.Models, Application: o.application(env),
	})
	if errors.Is(err, drift.ErrScratchUsed) {
		return &UsageError{err: err}
	}
	if err != nil {
		return err
	}
	if err := o.print(env, report); err != nil {
		return err
	}
	switch n := len(report.Differences); n {
	case 0:
		return nil
	case 1:
		return Foundf("1 difference")
	default:
		return Foundf("%d differences", n)
	}
}

func (o *driftOptions) print(env *Env, r *drift.Report) error {
	if o.output == FormatJSON {
		return PrintJSON(env.Out, r)
	}
	for _, note := range r.Notes {
		fmt.Fprintln(env.Err, "note:", note)
	}
	if len(r.Pending) > 0 {
		fmt.Fprintf(env.Err, "pending, so no difference: %s\n", strings.Join(r.Pending, ", "))
	}
	if len(r.Differences) == 0 {
		_, err := fmt.Fprintln(env.Out, "no differences")
		return err
	}
	for i, d := range r.Differences {
		if i > 0 {
			fmt.Fprintln(env.Out)
		}
		text := fmt.Sprintf("%s: %s (off: %s)\n  models:      %s\n  migrations:  %s\n  live:        %s\n  mend:        %s\n",
			d.Object, d.Case, d.Off, indented(d.Models), indented(d.Migrations), indented(d.Live), d.Mend)
		if d.SQL != "" {
			text += "  SQL:         " + indented(d.SQL) + "\n"
		}
		if _, err := fmt.Fprint(env.Out, text); err != nil {
			return err
		}
	}
	return nil
}

// indented keeps the lines of a definition under its first.
func indented(text string) string { return strings.ReplaceAll(text, "\n", "\n               ") }
