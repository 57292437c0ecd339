package cli

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"
	"gorm.io/gorm"

	"github.com/schemactl/schemactl/database"
	"github.com/schemactl/schemactl/migrate"
)

func newMigrateStatusCommand(env *Env, o *migrateOptions) *cobra.Command {
	var check bool
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Show what is applied, by whom, and what is pending",
		Long: `Shows every migration and where it stands: pending, applied, edited (the file is
not what was applied), missing (applied, and without a file), unknown (applied by
a newer release), partial (a run ended in its middle; listed without a file, too).
It takes no lock and writes nothing, so it works while others migrate. With --check
it exits with 3 when something is pending; with --strict when something is edited,
missing, unknown, out of order, or half done without a file.`,
		Example: "  schemactl migrate status --check --database-url sqlite:app.db",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return o.status(cmd.Context(), env, check) },
	}
	cmd.Flags().BoolVar(&check, "check", false, "exit with 3 when something is pending")
	cmd.Flags().BoolVar(&o.strict, "strict", false, "exit with 3 when something is edited, missing, unknown, out of order, or half done without a file")
	OutputFlag(cmd, &o.output)
	return cmd
}

// statusLine is the JSON of a line of `migrate status`.
type statusLine struct {
	Source            string     `json:"source"`
	Version           int64      `json:"version"`
	Name              string     `json:"name"`
	File              string     `json:"file"`
	State             string     `json:"state"`
	AppliedAt         *time.Time `json:"applied_at"`
	Application       string     `json:"application"`
	ModuleVersion     string     `json:"module_version"`
	Host              string     `json:"host"`
	Millis            float64    `json:"ms"`
	OutOfOrder        bool       `json:"out_of_order"`
	Direction         string     `json:"direction"`
	StatementsDone    int        `json:"statements_done"`
	StatementsInDoubt int        `json:"statement_in_doubt"`
	Statements        int        `json:"statements"`
	Note              string     `json:"note"`
}

func (o *migrateOptions) status(ctx context.Context, env *Env, check bool) error {
	return o.withMigrator(ctx, env, func(_ *gorm.DB, m *migrate.Migrator) error {
		all, err := m.Status(ctx)
		if err != nil {
			return err
		}
		if err := o.printStatus(env, all); err != nil {
			return err
		}
		invalid, err := m.InvalidIndexes(ctx)
		if err != nil {
			return err
		}
		for _, name := range invalid {
			fmt.Fprintf(env.Err, "warning: invalid index %s: drop it, or build it again by REINDEX INDEX CONCURRENTLY\n", name)
		}
		printFindings(env, slices.DeleteFunc(migrate.Findings(all), func(f migrate.Finding) bool { return f.Kind != migrate.FindingHalfDone }))
		waiting := 0
		for _, s := range all {
			if s.State == migrate.StatePending || s.State == migrate.StatePartial && !s.NoFile {
				waiting++
			}
			if s.State == migrate.StatePartial && s.Note != "" {
				fmt.Fprintf(env.Err, "note: %s stopped: %s\n", s.Migration, s.Note)
			}
		}
		if found := migrate.Findings(all); o.strict && len(found) > 0 {
			return &migrate.StrictError{Findings: found}
		}
		if check && waiting > 0 {
			return Foundf("%d migrations are pending: run '%s migrate up'", waiting, env.Project.Name)
		}
		return nil
	}, database.MustExist())
}

func (o *migrateOptions) printStatus(env *Env, all []migrate.Status) error {
	lines := make([]statusLine, len(all))
	rows := make([][]any, len(all))
	for i, s := range all {
		lines[i] = newStatusLine(s)
		at := ""
		if !s.AppliedAt.IsZero() {
			at = s.AppliedAt.UTC().Format("2006-01-02 15:04:05")
		}
		rows[i] = []any{s.Version, s.Name, s.Source, stateText(s), at, s.Application}
	}
	if o.output == FormatJSON {
		return PrintJSON(env.Out, lines)
	}
	return PrintTable(env.Out, []string{"Version", "Migration", "Source", "State", "Applied (UTC)", "By"}, rows)
}

func newStatusLine(s migrate.Status) statusLine {
	line := statusLine{
		Source: s.Source, Version: s.Version, Name: s.Name, File: s.File, State: string(s.State),
		Application: s.Application, ModuleVersion: s.ModuleVersion, Host: s.Host, Millis: millis(s.Duration),
		OutOfOrder: s.OutOfOrder, Direction: string(s.Direction), StatementsDone: s.Done, StatementsInDoubt: s.InDoubt,
		Statements: s.Statements, Note: s.Note,
	}
	if !s.AppliedAt.IsZero() {
		line.AppliedAt = &s.AppliedAt
	}
	return line
}

// stateText is a state with what belongs to it.
func stateText(s migrate.Status) string {
	text := string(s.State)
	switch {
	case s.State == migrate.StatePartial:
		text += fmt.Sprintf(" (%s, %d of %d done", s.Direction, s.Done, s.Statements)
		if s.NoFile {
			text += ", no file"
		}
		text += ")"
	case s.OutOfOrder:
		text += " (out of order)"
	case s.Note != "":
		text += " (" + s.Note + ")"
	}
	return text
}
