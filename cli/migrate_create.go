package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/spf13/cobra"

	"github.com/schemactl/schemactl/migrate"
)

// createdFiles is the JSON of `migrate create`.
type createdFiles struct {
	Files []string `json:"files"`
}

func newMigrateCreateCommand(env *Env) *cobra.Command {
	var req migrate.CreateRequest
	var output string
	cmd := &cobra.Command{
		Use:   "create NAME",
		Short: "Start a new migration, one file for each dialect",
		Long: `Writes an empty migration with the present time as its version: one file in each
sub-folder of --dir that is named for a dialect, or one in --dir itself when it
has none. --dialect makes the sub-folders that are named. Nothing is overwritten.`,
		Example: `  schemactl migrate create add_email_to_accounts
  schemactl migrate create "index messages" --dir db/migrations --dialect postgres,sqlite`,
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			req.Name = args[0]
			if info, err := os.Stat(req.Dir); err != nil || !info.IsDir() {
				if len(req.Dialects) == 0 {
					return Usagef("folder %s is not there: make it, name another one by --dir, or give --dialect to have it made", req.Dir)
				}
			}
			files, err := migrate.Create(req)
			if _, disk := errors.AsType[*fs.PathError](err); err != nil && !disk {
				return &UsageError{err: err}
			}
			if err != nil {
				return err
			}
			if output == FormatJSON {
				return PrintJSON(env.Out, createdFiles{files})
			}
			for _, f := range files {
				if _, err := fmt.Fprintln(env.Out, f); err != nil {
					return err
				}
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&req.Dir, "dir", "migrations", "folder of the migrations")
	cmd.Flags().StringSliceVar(&req.Dialects, "dialect", nil, "folders to write to: postgres, mysql, sqlite (default: those that are there)")
	OutputFlag(cmd, &output)
	return cmd
}
