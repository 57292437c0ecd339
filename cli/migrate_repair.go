package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"
	"gorm.io/gorm"

	"github.com/schemactl/schemactl/database"
	"github.com/schemactl/schemactl/migrate"
)

func newMigrateRepairCommand(env *Env, o *migrateOptions) *cobra.Command {
	var req migrate.RepairRequest
	done := -1
	cmd := &cobra.Command{
		Use:   "repair SOURCE VERSION (--done N | --applied | --undone)",
		Short: "Say what is true of a migration in whose middle a run ended",
		Long: `Ends the doubt about a migration in whose middle a run ended, so that the next run
can go on. It runs nothing and writes down what you have seen in the database:

  --done N    statements 1 to N took effect, those after did not: go on after N
  --applied   all of the file took effect
  --undone    nothing of it did, or it was taken back: it will run again

Of a migration whose file is not here only the last two can be said. The history
keeps who did so and when. 'migrate status' shows what is half done.`,
		Example: "  schemactl migrate repair shared 20260301120000 --done 2 --database-url mysql://app@db/shop",
		Args:    cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			version, err := o.version(env, args[0], args[1])
			if err != nil {
				return err
			}
			given := 0
			for _, name := range []string{"done", "applied", "undone"} {
				if cmd.Flags().Changed(name) {
					given++
				}
			}
			if given != 1 {
				return Usagef("want exactly one of --done N, --applied and --undone")
			}
			if cmd.Flags().Changed("done") {
				if done < 0 {
					return Usagef("--done is %d, want 0 or more", done)
				}
				req.Done = &done
			}
			req.Source, req.Version = args[0], version
			return o.repair(cmd.Context(), env, req)
		},
	}
	cmd.Flags().IntVar(&done, "done", -1, "statements 1 to N took effect, those after did not")
	cmd.Flags().BoolVar(&req.Applied, "applied", false, "all of the file took effect")
	cmd.Flags().BoolVar(&req.Undone, "undone", false, "nothing of the file took effect, or it was taken back")
	OutputFlag(cmd, &o.output)
	return cmd
}

// repair prints the migration's status afterwards.
func (o *migrateOptions) repair(ctx context.Context, env *Env, req migrate.RepairRequest) error {
	return o.withMigrator(ctx, env, func(_ *gorm.DB, m *migrate.Migrator) error {
		if err := m.Repair(ctx, req); err != nil {
			return err
		}
		all, err := m.Status(ctx)
		if err != nil {
			return err
		}
		for _, s := range all {
			if s.Source != req.Source || s.Version != req.Version {
				continue
			}
			if o.output == FormatJSON {
				return PrintJSON(env.Out, newStatusLine(s))
			}
			_, err := fmt.Fprintf(env.Out, "%s: %s\n", s.Migration, stateText(s))
			return err
		}
		// It had no file, and nothing says any more that it is applied.
		if o.output == FormatJSON {
			return PrintJSON(env.Out, statusLine{Source: req.Source, Version: req.Version, State: "gone"})
		}
		_, err = fmt.Fprintf(env.Out, "%d of source %s: gone\n", req.Version, req.Source)
		return err
	}, database.MustExist())
}
