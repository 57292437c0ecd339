package cli

import (
	"context"
	"fmt"
	"io"
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
	output      string
}

func newMigrateCommand(env *Env) *cobra.Command {
	o := &migrateOptions{}
	cmd := group("migrate", "Bring a database up to date, once, whoever comes first",
		`Runs the migrations that this binary carries, or those of --source, against a
database. 'migrate up' may be called by any number of processes at the same
time: one runs what is pending, the others wait and find nothing to do.

See also 'help migrations' and 'help database-url'.`,
		newMigrateUpCommand(env, o), newMigrateDownCommand(env, o), newMigrateStatusCommand(env, o), newMigrateCreateCommand(env))
	o.bind(cmd)
	f := cmd.PersistentFlags()
	f.StringArrayVar(&o.sources, "source", nil, "NAME=DIR: a folder of migrations instead of those in this binary (repeatable)")
	f.StringArrayVar(&o.addSources, "add-source", nil, "NAME=DIR: a folder of migrations beside the others (repeatable)")
	f.DurationVar(&o.lockTimeout, "lock-timeout", 5*time.Second, "how long a statement waits for a table's lock before it is tried again; 0 waits for ever")
	f.DurationVar(&o.statement, "statement-timeout", 0, "how long one statement may run; 0 is without limit")
	f.DurationVar(&o.timeout, "timeout", 0, "how long to wait for another process that migrates; 0 waits as long as it takes")
	return cmd
}

func newMigrateUpCommand(env *Env, o *migrateOptions) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "up",
		Short: "Apply what is pending",
		Example: `  schemactl migrate up --database-url postgres://app@db/shop
  schemactl migrate up --database-url sqlite:app.db --add-source billing=./migrations`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return o.run(cmd.Context(), env, func(ctx context.Context, m *migrate.Migrator) (*migrate.Result, error) { return m.Up(ctx) })
		},
	}
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

func newMigrateStatusCommand(env *Env, o *migrateOptions) *cobra.Command {
	var check bool
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Show what is applied, by whom, and what is pending",
		Long: `Shows every migration and where it stands. It takes no lock and writes nothing,
so it works while others migrate. With --check it exits with 3 when something is
pending.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return o.status(cmd.Context(), env, check) },
	}
	cmd.Flags().BoolVar(&check, "check", false, "exit with 3 when something is pending")
	OutputFlag(cmd, &o.output)
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
	m, err := migrate.New(db, sources,
		migrate.WithApplication(o.application(env)),
		migrate.WithLockTimeout(o.lockTimeout),
		migrate.WithStatementTimeout(o.statement),
		migrate.WithWaitTimeout(o.timeout),
		migrate.WithProgress(progressPrinter(env.Err)))
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

// run performs up or down and prints what was done, also when it ended early.
func (o *migrateOptions) run(ctx context.Context, env *Env, do func(context.Context, *migrate.Migrator) (*migrate.Result, error)) error {
	return o.with(ctx, func(db *gorm.DB) error {
		m, err := o.migrator(env, db)
		if err != nil {
			return err
		}
		result, err := do(ctx, m)
		if result != nil {
			if printErr := o.printResult(env, result, err == nil); printErr != nil && err == nil {
				return printErr
			}
		}
		return err
	})
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

// resultJSON is the JSON of `migrate up` and `migrate down`.
type resultJSON struct {
	Applied      []appliedLine `json:"applied"`
	WaitedMillis float64       `json:"waited_ms"`
	Complete     bool          `json:"complete"`
}

func (o *migrateOptions) printResult(env *Env, result *migrate.Result, complete bool) error {
	lines := make([]appliedLine, len(result.Applied))
	rows := make([][]any, len(result.Applied))
	for i, a := range result.Applied {
		lines[i] = appliedLine{a.Source, a.Version, a.Name, a.File, string(a.Direction), millis(a.Duration)}
		rows[i] = []any{a.Version, a.Name, a.Source, a.Direction, fmt.Sprintf("%.1f ms", millis(a.Duration))}
	}
	if o.output == FormatJSON {
		return PrintJSON(env.Out, resultJSON{lines, millis(result.Waited), complete})
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

// statusLine is the JSON of a line of `migrate status`.
type statusLine struct {
	Source        string     `json:"source"`
	Version       int64      `json:"version"`
	Name          string     `json:"name"`
	File          string     `json:"file"`
	State         string     `json:"state"`
	AppliedAt     *time.Time `json:"applied_at"`
	Application   string     `json:"application"`
	ModuleVersion string     `json:"module_version"`
	Host          string     `json:"host"`
	Millis        float64    `json:"ms"`
}

func (o *migrateOptions) status(ctx context.Context, env *Env, check bool) error {
	return o.with(ctx, func(db *gorm.DB) error {
		m, err := o.migrator(env, db)
		if err != nil {
			return err
		}
		all, err := m.Status(ctx)
		if err != nil {
			return err
		}
		if err := o.printStatus(env, all); err != nil {
			return err
		}
		waiting := 0
		for _, s := range all {
			if s.State == migrate.StatePending || s.State == migrate.StatePartial {
				waiting++
			}
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
		lines[i] = statusLine{s.Source, s.Version, s.Name, s.File, string(s.State), nil, s.Application, s.ModuleVersion, s.Host, millis(s.Duration)}
		at := ""
		if !s.AppliedAt.IsZero() {
			lines[i].AppliedAt = &all[i].AppliedAt
			at = s.AppliedAt.UTC().Format("2006-01-02 15:04:05")
		}
		rows[i] = []any{s.Version, s.Name, s.Source, s.State, at, s.Application}
	}
	if o.output == FormatJSON {
		return PrintJSON(env.Out, lines)
	}
	return PrintTable(env.Out, []string{"Version", "Migration", "Source", "State", "Applied (UTC)", "By"}, rows)
}

// progressPrinter tells on stderr who is waited for and what is running, but
// nothing of a run that is over at once.
func progressPrinter(w io.Writer) func(migrate.Progress) {
	return func(p migrate.Progress) {
		switch p.Phase {
		case migrate.PhaseWaiting:
			fmt.Fprintf(w, "waiting for %s (%.0f s)\n", holder(p.Holder), p.Elapsed.Seconds())
		case migrate.PhaseStatement:
			if p.Statement == 1 {
				fmt.Fprintf(w, "%s %s (%d of %d)\n", p.Direction, p.Migration, p.Index, p.Total)
			}
		case migrate.PhaseDone:
		}
	}
}

func holder(h migrate.Holder) string {
	if h.Application == "" && h.PID == 0 {
		return "another process that migrates"
	}
	text := fmt.Sprintf("%s on %s (pid %d)", h.Application, h.Host, h.PID)
	if h.Doing != "" {
		text += ", " + h.Doing
	}
	if !h.Since.IsZero() {
		text += ", since " + h.Since.UTC().Format(time.TimeOnly) + " UTC"
	}
	return text
}
