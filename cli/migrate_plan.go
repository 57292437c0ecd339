package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"
	"gorm.io/gorm"

	"github.com/schemactl/schemactl/database"
	"github.com/schemactl/schemactl/migrate"
)

func newMigratePlanCommand(env *Env, o *migrateOptions) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "plan",
		Short: "Show what up would run, with its SQL",
		Long: `Shows what 'migrate up' would run, in its order, with the statements as they are
read from the files. It takes no lock and writes nothing. It exits with 0 also when
something is pending, and fails where up would refuse to run.`,
		Example: "  schemactl migrate plan --database-url postgres://app@db/shop",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return o.plan(cmd.Context(), env) },
	}
	cmd.Flags().BoolVar(&o.strict, "strict", false, "exit with 3 when something is edited, missing, unknown, out of order, or half done without a file")
	OutputFlag(cmd, &o.output)
	return cmd
}

// plannedLine is the JSON of a migration of `migrate plan`.
type plannedLine struct {
	Source      string   `json:"source"`
	Version     int64    `json:"version"`
	Name        string   `json:"name"`
	File        string   `json:"file"`
	Reason      string   `json:"reason"`
	From        int      `json:"from_statement"`
	Transaction bool     `json:"transaction"`
	Go          bool     `json:"go"`
	Statements  []string `json:"statements"`
}

// planJSON is the JSON of `migrate plan`.
type planJSON struct {
	Migrations []plannedLine `json:"migrations"`
	Findings   []findingLine `json:"findings"`
	Blocked    string        `json:"blocked"`
}

func (o *migrateOptions) plan(ctx context.Context, env *Env) error {
	return o.withMigrator(ctx, env, func(_ *gorm.DB, m *migrate.Migrator) error {
		plan, err := m.Plan(ctx)
		if err != nil {
			return err
		}
		if o.output == FormatJSON {
			err = PrintJSON(env.Out, newPlanJSON(plan))
		} else {
			if !errors.Is(plan.Blocked, migrate.ErrStrict) { // which lists them
				printFindings(env, plan.Findings)
			}
			err = printPlan(env, plan)
		}
		if err != nil {
			return err
		}
		return plan.Blocked
	}, database.MustExist())
}

func newPlanJSON(plan *migrate.Plan) planJSON {
	out := planJSON{Migrations: make([]plannedLine, len(plan.Migrations)), Findings: findingLines(plan.Findings)}
	for i, p := range plan.Migrations {
		out.Migrations[i] = plannedLine{p.Source, p.Version, p.Name, p.File, string(p.Reason), p.From, p.Transaction, p.Go, p.Statements}
	}
	if plan.Blocked != nil {
		out.Blocked = plan.Blocked.Error()
	}
	return out
}

// printPlan writes SQL with comments between.
func printPlan(env *Env, plan *migrate.Plan) error {
	var b bytes.Buffer
	for i, p := range plan.Migrations {
		how := "in one transaction"
		if !p.Transaction {
			how = "statement by statement"
		}
		switch p.Reason {
		case migrate.ReasonOutOfOrder:
			how += ", out of order"
		case migrate.ReasonResume:
			how += fmt.Sprintf(", resumes at statement %d of %d", p.From, len(p.Statements))
		case migrate.ReasonPending:
		}
		fmt.Fprintf(&b, "-- %d of %d: %s, %s\n", i+1, len(plan.Migrations), p.Migration, how)
		if p.Go {
			b.WriteString("-- written in Go\n")
		}
		for _, s := range p.Statements[min(p.From-1, len(p.Statements)):] {
			b.WriteString(s + "\n")
		}
		b.WriteString("\n")
	}
	if len(plan.Migrations) == 0 {
		b.WriteString("nothing to do\n")
	}
	_, err := env.Out.Write(b.Bytes())
	return err
}

func newMigrateSQLCommand(env *Env, o *migrateOptions) *cobra.Command {
	var to string
	cmd := &cobra.Command{
		Use:   "sql",
		Short: "Write what up would run as a script for psql, mariadb, mysql or sqlite3",
		Long: `Writes the pending migrations as a script that a person runs with the database's
own client, with the rows of goose's tables and of the history: 'migrate up' finds
nothing to do after it. The script is for the present state of the database and
stops where that has changed. Values of environment substitution are in it.`,
		Example: `  schemactl migrate sql --to pending.sql --database-url postgres://app@db/shop
  psql -f pending.sql postgres://admin@db/shop`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return o.script(cmd.Context(), env, to) },
	}
	cmd.Flags().StringVar(&to, "to", "", "file to write, for the user alone (default: standard output)")
	OutputFlag(cmd, &o.output)
	return cmd
}

// scriptJSON is the JSON of `migrate sql`.
type scriptJSON struct {
	File   string `json:"file"`
	Script string `json:"script,omitempty"`
}

func (o *migrateOptions) script(ctx context.Context, env *Env, to string) error {
	return o.withMigrator(ctx, env, func(_ *gorm.DB, m *migrate.Migrator) error {
		var b bytes.Buffer
		if o.schema != "" {
			fmt.Fprintf(&b, "CREATE SCHEMA IF NOT EXISTS \"%[1]s\";\nSET search_path = \"%[1]s\";\n", o.schema)
		}
		if err := m.Script(ctx, &b); err != nil {
			return err
		}
		if to == "" && o.output == FormatJSON {
			return PrintJSON(env.Out, scriptJSON{Script: b.String()})
		}
		if to == "" {
			_, err := env.Out.Write(b.Bytes())
			return err
		}
		if err := writeFile(to, b.Bytes(), 0o600); err != nil {
			return err
		}
		if o.output == FormatJSON {
			return PrintJSON(env.Out, scriptJSON{File: to})
		}
		_, err := fmt.Fprintln(env.Out, to)
		return err
	}, database.MustExist())
}
