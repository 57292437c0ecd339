package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"gorm.io/gorm"

	"github.com/schemactl/schemactl/database"
	"github.com/schemactl/schemactl/migrate"
)

func newMigrateVerifyCommand(env *Env, o *migrateOptions) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "verify",
		Short: "Say whether the database is ready for this build",
		Long: `Looks whether everything that this binary carries is applied, as it was written,
whether all files parse, and, on PostgreSQL, whether there are invalid indexes. It
takes no lock and writes nothing. It exits with 3 when something is wrong. What a
newer build has applied beyond this one is not wrong.`,
		Example: "  schemactl migrate verify --database-url postgres://app@db/shop",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return o.verify(cmd.Context(), env) },
	}
	OutputFlag(cmd, &o.output)
	return cmd
}

// migrationLine is the JSON of a migration.
type migrationLine struct {
	Source  string `json:"source"`
	Version int64  `json:"version"`
	Name    string `json:"name"`
	File    string `json:"file"`
}

// verifyJSON is the JSON of `migrate verify`.
type verifyJSON struct {
	OK             bool            `json:"ok"`
	Ready          bool            `json:"ready"`
	Pending        []migrationLine `json:"pending"`
	HalfDone       []statusLine    `json:"half_done"`
	Holder         *migrate.Holder `json:"holder"`
	Findings       []findingLine   `json:"findings"`
	Problems       []string        `json:"problems"`
	InvalidIndexes []string        `json:"invalid_indexes"`
}

func (o *migrateOptions) verify(ctx context.Context, env *Env) error {
	return o.withMigrator(ctx, env, func(_ *gorm.DB, m *migrate.Migrator) error {
		v, err := m.Verify(ctx)
		if err != nil {
			return err
		}
		if err := o.printVerification(env, v); err != nil {
			return err
		}
		if v.OK() {
			return nil
		}
		if v.NotReady != nil {
			return Foundf("%v", v.NotReady)
		}
		return Foundf("the database does not fit this build")
	}, database.MustExist())
}

func (o *migrateOptions) printVerification(env *Env, v *migrate.Verification) error {
	out := verifyJSON{
		OK: v.OK(), Ready: v.NotReady == nil, Pending: []migrationLine{}, HalfDone: []statusLine{},
		Findings: findingLines(v.Findings), Problems: v.Problems, InvalidIndexes: v.InvalidIndexes,
	}
	var rows [][]any
	if n := v.NotReady; n != nil {
		out.Holder = n.Holder
		for _, p := range n.Pending {
			out.Pending = append(out.Pending, migrationLine{p.Source, p.Version, p.Name, p.File})
			rows = append(rows, []any{"pending", p.String()})
		}
		for _, s := range n.HalfDone {
			out.HalfDone = append(out.HalfDone, newStatusLine(s))
			rows = append(rows, []any{"half done", fmt.Sprintf("%s: %s", s.Migration, stateText(s))})
		}
		if n.Holder != nil {
			rows = append(rows, []any{"running", n.Holder.String()})
		}
	}
	for _, f := range v.Findings {
		rows = append(rows, []any{strings.ReplaceAll(string(f.Kind), "_", " "), f.String()})
	}
	for _, p := range v.Problems {
		rows = append(rows, []any{"file", p})
	}
	for _, i := range v.InvalidIndexes {
		rows = append(rows, []any{"invalid index", i})
	}
	if o.output == FormatJSON {
		return PrintJSON(env.Out, out)
	}
	if len(rows) == 0 {
		_, err := fmt.Fprintln(env.Out, "ready")
		return err
	}
	return PrintTable(env.Out, []string{"Found", "What"}, rows)
}

func newMigrateValidateCommand(env *Env, o *migrateOptions) *cobra.Command {
	var wanted []string
	cmd := &cobra.Command{
		Use:   "validate",
		Short: "Parse all migration files, without a database",
		Long: `Parses every file of all sources in both directions, for each dialect that a source
has, and lists what is wrong. It needs no database, and exits with 3 when something
is wrong.`,
		Example: "  schemactl migrate validate --source shared=./migrations --dialect postgres",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return o.validate(cmd.Context(), env, wanted) },
	}
	cmd.Flags().StringSliceVar(&wanted, "dialect", nil, "parse for postgres, mysql or sqlite only (default: those that the sources have)")
	OutputFlag(cmd, &o.output)
	return cmd
}

// validateLine is the JSON of a line of `migrate validate`.
type validateLine struct {
	Dialect string `json:"dialect"`
	Problem string `json:"problem"`
}

func (o *migrateOptions) validate(ctx context.Context, env *Env, wanted []string) error {
	sources, err := o.chosen(env)
	if err != nil {
		return err
	}
	all := []string{"mysql", "postgres", "sqlite"}
	for _, d := range wanted {
		if !slices.Contains(all, d) {
			return Usagef("dialect %q: want mysql, postgres or sqlite", d)
		}
	}
	problems, rows := []validateLine{}, [][]any{}
	for _, d := range all {
		chosen := sources
		if len(wanted) == 0 {
			chosen = slices.DeleteFunc(slices.Clone(sources), func(s migrate.Source) bool { return !slices.Contains(s.Dialects(), d) })
		} else if !slices.Contains(wanted, d) {
			continue
		}
		err := migrate.ValidateSources(ctx, chosen, d)
		bad, ok := errors.AsType[*migrate.SourceError](err)
		if err != nil && !ok {
			return err
		}
		if bad == nil {
			continue
		}
		for _, p := range bad.Problems {
			problems = append(problems, validateLine{d, p})
			rows = append(rows, []any{d, p})
		}
	}
	switch {
	case o.output == FormatJSON:
		err = PrintJSON(env.Out, problems)
	case len(rows) == 0:
		_, err = fmt.Fprintln(env.Out, "all files parse")
	default:
		err = PrintTable(env.Out, []string{"Dialect", "Problem"}, rows)
	}
	if err == nil && len(problems) > 0 {
		err = Foundf("%d problems in migration files", len(problems))
	}
	return err
}
